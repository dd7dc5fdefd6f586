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
        near = self._hashes[start : start + _NEAR].tolist()  # for so few, faster than numpy's own ways
        if hash_ in near:
            return int(self._rows[start + near.index(hash_)])
        slot = start + (near.index(0) if 0 in near else row % _NEAR)
        self._hashes[slot], self._rows[slot] = hash_, row
        return None
