"""The name that both the one who writes vectors and the one who keeps them derive from an encoder."""

import re


def collection_name(fingerprint: str) -> str:
    """The collection that an encoder's vectors go to when nobody names another."""
    return re.sub(r"[^a-z0-9.]+", "-", fingerprint.lower())
