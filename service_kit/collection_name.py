"""The name that the services agree on for the collection of an encoder's vectors."""

import re


def collection_name(fingerprint: str) -> str:
    """Where the vectors of an encoder are when nobody named a collection."""
    return re.sub(r"[^a-z0-9.]+", "-", fingerprint.lower())
