"""A collection in one file, carried from one search service to another."""
