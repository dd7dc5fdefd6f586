"""The embedding API over HTTP."""
