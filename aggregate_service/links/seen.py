"""Which links a file has had already, in memory that doesn't grow with the file."""

from hashlib import blake2b

import numpy as np

_SLOTS = 1 << 22  # 50 MB when all are in use
_NEAR = 16


class SeenLinks:
    """Remembers some four million links; of a longer file, the latest ones."""

    def __init__(self, slots: int = _SLOTS) -> None:
        self._hashes = np.zeros(slots, np.uint64)
        self._rows = np.zeros(slots, np.uint32)

    def first_row(self, url: str, row: int) -> int | None:
        """The row that had this link before; None if none had, and then it's remembered for `row`."""
        hash_ = int.from_bytes(blake2b(url.encode(), digest_size=8).digest()) or 1
        start = hash_ % (len(self._hashes) - _NEAR)
        near = self._hashes[start : start + _NEAR]
        same = np.flatnonzero(near == np.uint64(hash_))
        if len(same):
            return int(self._rows[start + same[0]])
        free = np.flatnonzero(near == 0)
        slot = start + int(free[0] if len(free) else row % _NEAR)
        self._hashes[slot], self._rows[slot] = hash_, row
        return None
