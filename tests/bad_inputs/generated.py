"""A hundred hostile and odd picture files, made here: the same ones each time."""

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

KINDS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")


def files() -> dict[str, bytes]:
    """By name; the name says what is wrong with it."""
    return dict(_all())


def _all() -> Iterator[tuple[str, bytes]]:
    for kind in KINDS:
        whole = _picture(kind)
        yield from _cut(kind, whole)
        yield from _flipped(kind, whole)
        yield f"{kind} twice", whole * 2
        yield f"{kind} after spaces", b"  " + whole
        yield f"{kind}'s start before another's rest", whole[:40] + _picture("PNG")[40:]
    yield from _claimed()
    yield from _odd()


def _picture(kind: str, mode: str = "RGB", size: tuple[int, int] = (40, 30)) -> bytes:
    noise = np.random.default_rng(5).integers(0, 256, (size[1], size[0], 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).convert(mode).save(file, kind)
    return file.getvalue()


def _cut(kind: str, whole: bytes) -> Iterator[tuple[str, bytes]]:
    for part in (0.02, 0.1, 0.5, 0.95):
        yield f"{kind} cut at {part:.0%}", whole[: int(len(whole) * part)]


def _flipped(kind: str, whole: bytes) -> Iterator[tuple[str, bytes]]:
    random = np.random.default_rng(len(whole))
    for number in range(4):
        data = bytearray(whole)
        for at in random.integers(2, len(data) if number else min(len(data), 60), 2 + 6 * number):
            data[at] ^= 1 << int(random.integers(8))
        yield f"{kind} with {2 + 6 * number} bits flipped", bytes(data)


def _png(width: int, height: int, data: bytes, *more: tuple[bytes, bytes]) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), *more, (b"IDAT", data), (b"IEND", b"")]
    packed = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def _claimed() -> Iterator[tuple[str, bytes]]:
    rows = zlib.compress(bytes(1000))
    yield "PNG of 0 x 0", _png(0, 0, rows)
    yield "PNG of 2**31 pixels a side", _png(2**31 - 1, 2**31 - 1, rows)
    yield "PNG of 100 megapixels", _png(10_000, 10_000, rows)
    yield (
        "PNG with a text of 50 MB when unpacked",
        _png(9, 9, rows, (b"zTXt", b"a\0\0" + zlib.compress(bytes(50_000_000)))),
    )
    yield "PNG with a thousand texts", _png(9, 9, rows, *[(b"tEXt", b"a\0b")] * 1_000)
    yield "PNG with a broken profile", _png(9, 9, rows, (b"iCCP", b"a\0\0xxxx"))
    yield "GIF of 65,535 pixels a side", b"GIF89a\xff\xff\xff\xff\0\0\0;"
    yield (
        "BMP of a negative size",
        b"BM" + bytes(12) + struct.pack("<IiiHHI", 40, -5, -5, 1, 24, 0) + bytes(20),
    )
    yield (
        "TIFF whose directory is itself",
        b"II*\0\x08\0\0\0" + b"\x01\0\0\x01\x04\0\x01\0\0\0\x08\0\0\0\x08\0\0\0",
    )
    yield "TIFF of 2**32 entries", b"II*\0\x08\0\0\0\xff\xff" + bytes(30)
    yield "RIFF without an end", b"RIFF\xff\xff\xff\xffWEBPVP8 \xff\xff\xff\xff" + bytes(30)


def _odd() -> Iterator[tuple[str, bytes]]:
    for mode in ("1", "L", "LA", "P", "RGBA", "I;16"):
        yield f"PNG in mode {mode}", _picture("PNG", mode)
    for mode in ("CMYK", "L"):
        yield f"JPEG in mode {mode}", _picture("JPEG", mode)
    yield "PNG of one pixel", _picture("PNG", size=(1, 1))
    yield "PNG of one row", _picture("PNG", size=(3_000, 1))
    yield "SVG", b"<svg xmlns='http://www.w3.org/2000/svg'/>"
    yield "HTML", b"<!doctype html><script>alert(1)</script>"
    yield "EPS", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"
    yield "a zip", b"PK\x03\x04" + bytes(60)
    yield "zeros", bytes(5_000)
    yield "nothing", b""
