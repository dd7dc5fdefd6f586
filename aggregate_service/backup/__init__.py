"""A whole installation in one file: taken while it runs, checked anywhere, restored into an empty one."""
