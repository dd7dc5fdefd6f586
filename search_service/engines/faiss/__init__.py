"""FAISS in this process, over a store in SQLite: the default."""
