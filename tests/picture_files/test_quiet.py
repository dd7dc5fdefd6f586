"""Odd files fill no log: neither Pillow's warnings and log lines, nor what libtiff writes past Python."""

import io
import logging
import subprocess
import sys
from contextlib import suppress

import numpy as np
import pytest

from picture_files.errors import UnreadablePicture
from picture_files.reader import PictureLimits, read_picture
from tests.embedding_service.drawn import encoded, photo


def read_damaged_tiffs() -> None:
    random = np.random.default_rng(5)
    for compression in ("tiff_lzw", "tiff_deflate", "packbits"):
        whole = encoded(photo(64, 48), "TIFF", compression=compression)
        for _ in range(40):
            data = np.frombuffer(whole, np.uint8).copy()
            places = random.integers(0, len(data), 4)
            data[places] = random.integers(0, 256, 4, np.uint8)
            with suppress(UnreadablePicture):
                read_picture(io.BytesIO(data.tobytes()), PictureLimits(1_000_000, 2_000))


def test_damaged_tiffs_leave_stderr_empty(capfd: pytest.CaptureFixture[str]) -> None:
    read_damaged_tiffs()
    assert capfd.readouterr() == ("", "")


def test_and_so_they_do_in_a_process_with_logging_and_pythons_own_filters() -> None:
    code = "from tests.picture_files.test_quiet import in_a_service; in_a_service()"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (ended.stdout, ended.stderr) == ("", "")


def in_a_service() -> None:
    logging.basicConfig(level=logging.INFO)
    read_damaged_tiffs()
