"""What is wrong with this machine, in plain words: small checks, each with what to do about what it finds."""
