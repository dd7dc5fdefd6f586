"""What a file is by its first bytes."""

import pytest

from picture_files.formats import FORMATS, HEAD_BYTES, MEDIA_TYPES, SUFFIXES, is_heic, suffix_of
from tests.embedding_service.drawn import encoded, quadrants


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_is_known_by_its_first_bytes(kind: str) -> None:
    assert suffix_of(encoded(quadrants(), kind)[:HEAD_BYTES]) == SUFFIXES[MEDIA_TYPES[kind]]


@pytest.mark.parametrize("head", [b"", b"<!doctype html>", b"RIFF1234WAVE", b"GIF80a"])
def test_anything_else_is_none(head: bytes) -> None:
    assert suffix_of(head) is None


def test_heic_is_told_from_avif() -> None:
    assert is_heic(b"\0\0\0\x18ftypheic")
    assert not is_heic(b"\0\0\0\x18ftypavif")
