"""Why a file couldn't be written, and what to do, in one line."""

import errno
from pathlib import Path

import pytest

from service_kit.disk import why_not_written


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "there is no room in {folder}: 7.0 MB are needed, "),
        (errno.EDQUOT, "there is no room in {folder}: 7.0 MB are needed, "),
        (errno.EACCES, "has no right to write into {folder}"),
        (errno.EPERM, "has no right to write into {folder}"),
        (errno.EROFS, "{folder} is on a read-only file system"),
        (errno.EIO, "{folder}: Input/output error"),
    ],
)
def test_each_reason_has_its_words(tmp_path: Path, number: int, words: str) -> None:
    folder = tmp_path / "not" / "there"
    why = why_not_written(folder, OSError(number, "Input/output error"), 7_000_000)
    assert words.format(folder=folder) in why
    assert "\n" not in why


def test_another_file_in_the_way_is_named(tmp_path: Path) -> None:
    error = FileExistsError(errno.EEXIST, "File exists", str(tmp_path / "data"))
    assert why_not_written(tmp_path / "data/a", error).startswith(f"{tmp_path / 'data'}: File exists")
