"""A mapped file's pages leave memory, and its content stays."""

import mmap
from pathlib import Path

import pytest

from embedding_service.runtimes.mapped_file import let_go

SIZE = 8 << 20


def resident_bytes(path: Path) -> int:
    found, size = False, 0
    for line in Path("/proc/self/smaps").read_text().splitlines():
        words = line.split()
        if not words[0].endswith(":"):
            found = line.endswith(str(path))
        elif found and words[0] == "Rss:":
            size += int(words[1]) * 1024
    return size


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="only Linux lets go")
def test_pages_leave_and_come_back(tmp_path: Path) -> None:
    path = tmp_path / "weights of a model.bin"
    content = bytes(range(256)) * (SIZE // 256)
    path.write_bytes(content)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert bytes(mapped) == content
        assert resident_bytes(path) == SIZE
        assert let_go(path) == SIZE
        assert resident_bytes(path) == 0
        assert bytes(mapped) == content


def test_what_could_have_been_changed_is_left(tmp_path: Path) -> None:
    path = tmp_path / "changed.bin"
    path.write_bytes(bytes(4096))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as mapped:
        mapped[0] = 7
        assert let_go(path) == 0
        assert mapped[0] == 7


def test_what_is_not_mapped(tmp_path: Path) -> None:
    assert let_go(tmp_path / "none.bin") == 0
