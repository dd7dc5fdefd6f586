"""A picture without what its file says beside the pixels: place, time, camera, names, previews.

JPEG, PNG and WebP lose their metadata and keep every pixel as it is; of other formats a WebP is made. Which
way up it is and its colour profile stay: without them it would look different.
"""

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO
from zlib import crc32

from PIL import Image

from picture_files.damage import DAMAGE
from picture_files.errors import DamagedPicture
from picture_files.orientation import orientation_of
from picture_files.pixels_digest import jpeg_segments, png_chunks, webp_chunks
from picture_files.reader import PictureLimits, read_header, read_picture
from service_kit.messages.message import message

_PNG_KEPT = frozenset((b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP"))
_PNG_KEPT_TOO = frozenset((b"acTL", b"fcTL", b"fdAT", b"bKGD", b"sBIT", b"pHYs", b"cICP"))
_WEBP_TAGS = frozenset((b"EXIF", b"XMP "))
_WEBP_SAYS_TAGS = 0x08 | 0x04  # flags of VP8X
_MOST_WEBP_SIDE = 16_383


def stripped(file: BinaryIO, limits: PictureLimits) -> tuple[bytes, str]:
    """The picture and its media type; `UnreadablePicture` when it isn't one."""
    media_type = read_header(file, limits).media_type
    turned = _turned(file)
    file.seek(0)
    try:
        match media_type:
            case "image/jpeg":
                return b"\xff\xd8" + turned.jpeg + b"".join(_jpeg(file.read())), media_type
            case "image/png":
                return _png(file.read(), turned), media_type
            case "image/webp":
                return _webp(file.read(), turned), media_type
    except (struct.error, IndexError) as error:
        raise DamagedPicture(message("damaged-header")) from error
    return _drawn(file, limits), "image/webp"


class _Orientation:
    """The one thing that is said again, as each format has it; nothing for a picture that is upright."""

    def __init__(self, value: int) -> None:
        self.exif = (
            struct.pack("<2sHIHHHIHHI", b"II", 42, 8, 1, 0x0112, 3, 1, value, 0, 0) if value > 1 else b""
        )

    @property
    def jpeg(self) -> bytes:
        data = b"Exif\0\0" + self.exif
        return b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data if self.exif else b""


def _turned(file: BinaryIO) -> _Orientation:
    file.seek(0)
    try:
        with Image.open(file, formats=["JPEG", "PNG", "WEBP"]) as image:
            return _Orientation(orientation_of(image))
    except DAMAGE:  # of another format, which is drawn upright
        return _Orientation(1)


def _jpeg(data: bytes) -> Iterator[bytes | memoryview]:
    """JFIF's own segment, colour profiles, and how Adobe's programs wrote colours; no other application's."""
    for marker, segment in jpeg_segments(data):
        is_said = marker == 0xFE or 0xE0 <= marker <= 0xEF
        if (
            not is_said
            or marker in (0xE0, 0xEE)
            or (marker == 0xE2 and bytes(segment[4:16]) == b"ICC_PROFILE\0")
        ):
            yield segment


def _png(data: bytes, turned: _Orientation) -> bytes:
    parts: list[bytes | memoryview] = [data[:8]]
    for kind, chunk in png_chunks(data):
        if kind in _PNG_KEPT or kind in _PNG_KEPT_TOO:
            parts.append(chunk)
        if kind == b"IHDR" and turned.exif:
            parts.append(_png_chunk(b"eXIf", turned.exif))
    return b"".join(parts)


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc32(kind + body))


def _webp(data: bytes, turned: _Orientation) -> bytes:
    parts: list[bytes] = []
    for kind, chunk in webp_chunks(data):
        if kind == b"VP8X":
            flags = chunk[8] & ~_WEBP_SAYS_TAGS | (0x08 if turned.exif else 0)
            parts.append(bytes(chunk[:8]) + bytes((flags,)) + bytes(chunk[9:]))
        elif kind not in _WEBP_TAGS:
            parts.append(bytes(chunk))
    if turned.exif:
        parts.append(struct.pack("<4sI", b"EXIF", len(turned.exif)) + turned.exif)
    body = b"WEBP" + b"".join(part + b"\0" * (len(part) % 2) for part in parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _drawn(file: BinaryIO, limits: PictureLimits) -> bytes:
    picture = read_picture(file, limits)
    if max(picture.size) > _MOST_WEBP_SIDE:
        picture.thumbnail((_MOST_WEBP_SIDE, _MOST_WEBP_SIDE))
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=90)
    return buffer.getvalue()
