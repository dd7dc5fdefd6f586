"""Files as phones and cameras write them: HEIC by pillow-heif, and a DNG, which is a TIFF, by hand."""

import struct
from functools import cache
from typing import Any

from PIL import Image

import picture_files.heic  # noqa: F401 - Pillow writes it from here on
from tests.embedding_service.drawn import encoded, quadrants

_FAST = {"enc_params": {"preset": "ultrafast"}}
Entry = tuple[int, int, tuple[int, ...]]
BYTE, ASCII, SHORT, LONG = 1, 2, 3, 4
_LETTERS = {BYTE: "B", ASCII: "B", SHORT: "H", LONG: "I"}


def heic(image: Image.Image, **options: Any) -> bytes:
    return encoded(image, "HEIF", **_FAST, **options)


@cache
def small_heic() -> bytes:
    """80 × 40 quadrants; made once, since the encoder takes its time to start."""
    return heic(quadrants(80, 40))


def dng(preview: Image.Image | None = None, orientation: int = 1, *more: Entry) -> bytes:
    """A sensor's 64 × 48 values with the JPEG of a preview before them, as cameras write it.

    `more` are further entries of its first directory.
    """
    shown = b"" if preview is None else encoded(preview, "JPEG")
    shown += b"\0" * (len(shown) % 2)
    values = struct.pack("<H", 1_000) * (64 * 48)
    first = [
        _entry(254, LONG, 1),
        _entry(271, ASCII, *b"Tester\0"),
        _entry(272, ASCII, *b"Camera 1\0"),
        _entry(274, SHORT, orientation),
        _entry(330, LONG, 0),
        _entry(50706, BYTE, 1, 4, 0, 0),
        *more,
    ]
    if preview is not None:
        first += [
            _entry(256, LONG, preview.width),
            _entry(257, LONG, preview.height),
            _entry(258, SHORT, 8, 8, 8),
            _entry(259, SHORT, 7),
            _entry(262, SHORT, 6),
            _entry(273, LONG, 0),
            _entry(277, SHORT, 3),
            _entry(279, LONG, len(shown)),
        ]
    sensor_at = 8 + len(_directory(first, 8))
    sensor = [
        _entry(254, LONG, 0),
        _entry(256, LONG, 64),
        _entry(257, LONG, 48),
        _entry(258, SHORT, 16),
        _entry(259, SHORT, 1),
        _entry(262, SHORT, 32803),
        _entry(273, LONG, 0),
        _entry(277, SHORT, 1),
        _entry(278, LONG, 48),
        _entry(279, LONG, len(values)),
        _entry(33421, SHORT, 2, 2),
        _entry(33422, BYTE, 0, 1, 1, 2),
    ]
    shown_at = sensor_at + len(_directory(sensor, sensor_at))
    known = {330: sensor_at, 273: shown_at}
    first = [_entry(tag, kind, known.get(tag, values[0]), *values[1:]) for tag, kind, values in first]
    known = {273: shown_at + len(shown)}
    sensor = [_entry(tag, kind, known.get(tag, values[0]), *values[1:]) for tag, kind, values in sensor]
    return b"II*\0\x08\0\0\0" + _directory(first, 8) + _directory(sensor, sensor_at) + shown + values


def _entry(tag: int, kind: int, *values: int) -> Entry:
    return tag, kind, values


def _directory(entries: list[Entry], at: int) -> bytes:
    """Its entries, then what is too long for them; `at` is where it begins in the file."""
    listed, beyond = struct.pack("<H", len(entries)), b""
    room = at + 2 + 12 * len(entries) + 4
    for tag, kind, values in sorted(entries):
        data = struct.pack(f"<{len(values)}{_LETTERS[kind]}", *values)
        listed += struct.pack("<HHI", tag, kind, len(values))
        if len(data) <= 4:
            listed += data.ljust(4, b"\0")
        else:
            listed += struct.pack("<I", room + len(beyond))
            beyond += data + b"\0" * (len(data) % 2)
    return listed + bytes(4) + beyond
