"""Large blocks that are freed leave the process, in a process of its own: the setting can't be undone."""

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

HOLES = """
import sys
from pathlib import Path

import numpy as np

from embedding_service.runtimes.heap import return_large_blocks

MIB = 1 << 20


def resident_mib():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 // MIB


if sys.argv[1] == "returned":
    assert return_large_blocks()
np.ones(30 * MIB, np.uint8)  # freed at once: from here on glibc keeps blocks of this size
before = resident_mib()
pinned, freed = [], []
for _ in range(50):
    freed.append(np.ones(4 * MIB, np.uint8))
    pinned.append(np.ones(1000, np.uint8))
freed.clear()
print(resident_mib() - before)
"""


def kept_mib(way: str) -> int:
    run = subprocess.run([sys.executable, "-c", HOLES, way], capture_output=True, text=True, check=True)
    return int(run.stdout)


@pytest.mark.skipif(
    not (Path("/proc/self/statm").exists() and hasattr(ctypes.CDLL(None), "mallopt")), reason="needs glibc"
)
def test_freed_blocks_leave_no_holes() -> None:
    assert kept_mib("as it is") > 100
    assert kept_mib("returned") < 20
