"""Implementations of the `VectorIndex` contract."""
