"""The search API over HTTP."""
