"""What somebody's labels teach: labels → projection → trial → a collection of its own."""
