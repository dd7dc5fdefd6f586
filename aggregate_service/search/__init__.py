"""The read path: a question becomes vectors, ranked hits, and why they were found."""
