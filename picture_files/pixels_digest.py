"""A hash of a picture's data without its tags: whether an edit changed the picture, or only what it says."""

import hashlib
import struct
from collections.abc import Iterator

_JPEG, _PNG, _RIFF = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF"
_ALONE = frozenset(range(0xD0, 0xD8)) | {0x01}  # markers of a JPEG without a length
_SCAN, _COMMENT, _END = 0xDA, 0xFE, 0xD9
_JPEG_COLOURS = frozenset((0xE0, 0xE2, 0xEE))  # JFIF, ICC profile, Adobe's transform
_PNG_TAGS = frozenset((b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME"))
_WEBP_DATA = frozenset((b"VP8 ", b"VP8L", b"ALPH", b"ANMF", b"ANIM"))


def pixels_digest(data: bytes) -> str | None:
    """SHA-256 of what draws the picture; None where tags can't be told apart, or the file is damaged."""
    try:
        if data.startswith(_JPEG):
            parts = _jpeg(data)
        elif data.startswith(_PNG):
            parts = _png(data)
        elif data.startswith(_RIFF) and data[8:12] == b"WEBP":
            parts = _webp(data)
        else:
            return None
        digest = hashlib.sha256()
        for part in parts:
            digest.update(part)
        return digest.hexdigest()
    except (struct.error, IndexError):
        return None


def look_digest(data: bytes, orientation: int) -> str:
    """What else decides how the same pixels look: which way up they are, and what their colours mean."""
    digest = hashlib.sha256(bytes([orientation]))
    parts: Iterator[memoryview]
    if data.startswith(_JPEG):
        parts = (segment for marker, segment in jpeg_segments(data) if marker in _JPEG_COLOURS)
    elif data.startswith(_RIFF):
        parts = (chunk for kind, chunk in webp_chunks(data) if kind == b"ICCP")
    else:  # in a PNG these are among the pixels' own chunks
        parts = iter(())
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:16]


def jpeg_segments(data: bytes) -> Iterator[tuple[int, memoryview]]:
    """Each with its marker; the last one has everything from the first scan on."""
    view, at = memoryview(data), 2
    while True:
        while data[at] == 0xFF and data[at + 1] == 0xFF:  # padding
            at += 1
        marker = data[at + 1]
        if marker in _ALONE:
            at += 2
            continue
        if marker in (_SCAN, _END):
            yield marker, view[at:]
            return
        (length,) = struct.unpack_from(">H", data, at + 2)
        yield marker, view[at : at + 2 + length]
        at += 2 + length


def png_chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    view, at = memoryview(data), len(_PNG)
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        yield kind, view[at : at + 12 + length]
        at += 12 + length


def webp_chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Without the byte that fills an odd one up."""
    view, at = memoryview(data), 12
    while at < len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        yield kind, view[at : at + 8 + length]
        at += 8 + length + length % 2


def _jpeg(data: bytes) -> Iterator[memoryview]:
    """All segments but those of applications and comments; from the first scan on, everything."""
    for marker, segment in jpeg_segments(data):
        if not 0xE0 <= marker <= 0xEF and marker != _COMMENT:
            yield segment


def _png(data: bytes) -> Iterator[memoryview]:
    return (chunk for kind, chunk in png_chunks(data) if kind not in _PNG_TAGS)


def _webp(data: bytes) -> Iterator[memoryview]:
    return (chunk for kind, chunk in webp_chunks(data) if kind in _WEBP_DATA)
