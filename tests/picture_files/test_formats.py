"""What a file is by its first bytes."""

import pytest

from picture_files.formats import ALL, FORMATS, HEAD_BYTES, KNOWN, Format, formats_named, suffix_of
from tests.embedding_service.drawn import encoded, quadrants
from tests.picture_files.cameras import small_heic


@pytest.mark.parametrize("kind", KNOWN, ids=lambda kind: kind.name)
def test_a_picture_is_known_by_its_first_bytes(kind: Format) -> None:
    data = small_heic() if kind.name == "HEIC" else encoded(quadrants(), kind.pillow)
    assert suffix_of(data[:HEAD_BYTES]) == kind.suffixes[0]


@pytest.mark.parametrize("head", [b"", b"<!doctype html>", b"RIFF1234WAVE", b"GIF80a"])
def test_anything_else_is_none(head: bytes) -> None:
    assert suffix_of(head) is None


def test_heic_is_told_from_avif() -> None:
    assert suffix_of(b"\0\0\0\x18ftypheic") == ".heic"
    assert suffix_of(b"\0\0\0\x18ftypavif") == ".avif"


def test_formats_are_named_in_any_case() -> None:
    assert [one.name for one in formats_named(" png, jpeg,HEIC ")] == ["JPEG", "PNG", "HEIC"]
    assert formats_named(ALL) == FORMATS


@pytest.mark.parametrize("listed", ["", " , ", "JPEG,PSD"])
def test_a_list_of_formats_that_names_none_or_an_unknown_one_is_refused(listed: str) -> None:
    with pytest.raises(ValueError, match="there are JPEG"):
        formats_named(listed)
