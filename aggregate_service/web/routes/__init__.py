"""What the aggregate service answers over HTTP: the page and searches, pictures, older names."""
