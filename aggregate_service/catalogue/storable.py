"""Text that both databases can hold: no zero byte, which PostgreSQL refuses, and no half of a character."""

import re

STORABLE = r"^[^\x00]*$"
"""For what is JSON, where pydantic refuses half a character by itself."""
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def is_storable(text: str) -> bool:
    return _UNSTORABLE.search(text) is None


def shown(text: str) -> str:
    """What an older version took in, as text that can be sent."""
    return text.encode(errors="backslashreplace").decode()
