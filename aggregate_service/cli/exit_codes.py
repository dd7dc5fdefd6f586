"""What the command line's exit codes mean, so that scripts can rely on them."""

DONE = 0
FAILED = 1  # the service refused or can't be reached, or nothing came of it
USAGE = 2  # it was typed wrongly; nothing was done
NOTHING_CLOSE = 3  # the search was answered, and nothing in the collection is close (not with --json)
INTERRUPTED = 130
