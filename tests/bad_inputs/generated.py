"""More than a hundred hostile and odd picture files, made here: the same ones each time."""

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

KINDS = ("JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")


def files() -> dict[str, dict[str, bytes]]:
    """By kind and name; the name says what is wrong with it."""
    damaged = {kind: dict(_damaged(kind)) for kind in KINDS}
    return damaged | {"claims": dict(_claimed()), "tags": dict(_tagged()), "odd": dict(_odd())}


def _damaged(kind: str) -> Iterator[tuple[str, bytes]]:
    whole = _picture(kind)
    yield from _cut(kind, whole)
    yield from _flipped(kind, whole)
    yield f"{kind} twice", whole * 2
    yield f"{kind} after spaces", b"  " + whole
    yield f"{kind}'s start before another's rest", whole[:40] + _picture("PNG")[40:]
    yield f"{kind} of zeros after its start", whole[:40] + bytes(len(whole))


def _picture(kind: str, mode: str = "RGB", size: tuple[int, int] = (40, 30)) -> bytes:
    noise = np.random.default_rng(5).integers(0, 256, (size[1], size[0], 3), np.uint8)
    file = io.BytesIO()
    picture = Image.fromarray(noise).convert(mode)
    more = {"save_all": True, "append_images": [picture] * 2} if kind == "MPO" else {}
    picture.save(file, kind, **more)
    return file.getvalue()


def _saved(kind: str, **options: object) -> bytes:
    """With three frames, where there can be several."""
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "lime", "blue")]
    file = io.BytesIO()
    if kind != "JPEG":
        options |= {"save_all": True, "append_images": frames[1:]}
    frames[0].save(file, kind, **options)
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


def _tagged() -> Iterator[tuple[str, bytes]]:
    whole, little = _picture("JPEG"), b"Exif\0\0II*\0"
    one = struct.pack("<H", 1)
    exif = {
        "an orientation of 99": little + b"\x08\0\0\0" + one + struct.pack("<HHIII", 0x112, 3, 1, 99, 0),
        "an orientation in words": little + b"\x08\0\0\0" + one + struct.pack("<HHIII", 0x112, 2, 9, 99, 0),
        "2**32 orientations": little + b"\x08\0\0\0" + one + struct.pack("<HHIII", 0x112, 3, 2**32 - 1, 0, 0),
        "tags behind its end": little + b"\xff\xff\xff\xff",
        "65,535 tags": little + b"\x08\0\0\0\xff\xff",
        "tags that lead to themselves": little + b"\x08\0\0\0" + struct.pack("<HI", 0, 8),
        "half a head of tags": b"Exif\0\0II",
    }
    for name, data in exif.items():
        yield f"JPEG with {name}", _with_segment(whole, 0xE1, data)
    yield (
        "JPEG with a profile of noise",
        _with_segment(whole, 0xE2, b"ICC_PROFILE\0\x01\x01" + bytes(range(200))),
    )
    yield (
        "JPEG with part 9 of 3 of a profile",
        _with_segment(whole, 0xE2, b"ICC_PROFILE\0\x09\x03" + b"x" * 90),
    )
    yield "JPEG with Adobe's own of nothing", _with_segment(whole, 0xEE, b"Adobe")
    yield (
        "JPEG with other pictures behind its end",
        _with_segment(
            whole, 0xE2, b"MPF\0II*\0\x08\0\0\0" + struct.pack("<HHHIIII", 1, 0xB001, 4, 1, 2**31, 0, 0)
        ),
    )
    yield "JPEG with 500 comments", _with_segment(whole, 0xFE, b"x" * 10, 500)


def _with_segment(jpeg: bytes, marker: int, data: bytes, times: int = 1) -> bytes:
    return jpeg[:2] + (bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data) * times + jpeg[2:]


def _odd() -> Iterator[tuple[str, bytes]]:
    for mode in ("1", "L", "LA", "P", "RGBA", "I;16"):
        yield f"PNG in mode {mode}", _picture("PNG", mode)
    for mode in ("CMYK", "L"):
        yield f"JPEG in mode {mode}", _picture("JPEG", mode)
    for kind, options in (
        ("JPEG", {"progressive": True}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("GIF", {}),
    ):
        whole = _saved(kind, **options)
        yield f"{kind} of three frames or scans", whole
        yield f"{kind} of three frames or scans, cut in the last", whole[: len(whole) * 9 // 10]
    for kind in ("WEBP", "PNG", "AVIF"):
        yield f"{kind} of three frames", _saved(kind)
    yield "PNG of one pixel", _picture("PNG", size=(1, 1))
    yield "PNG of one row", _picture("PNG", size=(3_000, 1))
    yield "SVG", b"<svg xmlns='http://www.w3.org/2000/svg'/>"
    yield "HTML", b"<!doctype html><script>alert(1)</script>"
    yield "EPS", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"
    yield "a zip", b"PK\x03\x04" + bytes(60)
    yield "zeros", bytes(5_000)
    yield "nothing", b""
