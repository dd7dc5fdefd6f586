"""The write path: whatever brings pictures in, and what deletes them."""
