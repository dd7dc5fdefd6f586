"""The search service: vectors and their integer ids in, the nearest ids and scores out. Knows no pictures."""
