"""The embedding service: pictures and texts in, unit-length vectors out. It keeps no state."""
