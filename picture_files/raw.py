"""Cameras' own files (RAW): told by their structure, and read by the preview that is in them.

They are read where the `raw` extra (rawpy) is installed.
"""

import io
import struct
from typing import BinaryIO

from PIL import Image

from picture_files.damage import DAMAGE

_TIFF = {b"II*\0": "<", b"MM\0*": ">"}
_STARTS = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0")  # RAF, ORF, RW2
_REDUCED, _SUB_PICTURES, _DNG_VERSION = 254, 330, 50706  # tags of a TIFF
_MOST_TAGS = 512


def can_be_read() -> bool:
    try:
        import rawpy  # noqa: F401
    except ImportError:
        return False
    return True


def is_raw(file: BinaryIO) -> bool:
    """A TIFF counts when it says so, or when it shows a small copy first and has the picture below it."""
    file.seek(0)
    head = file.read(16)
    if head.startswith(_STARTS) or head[4:12] == b"ftypcrx " or head[8:11] == b"CR\x02":
        return True
    tags = _first_tags(file, head)
    return _DNG_VERSION in tags or (tags.get(_REDUCED) == 1 and _SUB_PICTURES in tags)


def preview(file: BinaryIO) -> BinaryIO | None:
    """The largest picture in it, upright by its EXIF; None without one. Raises what LibRaw does."""
    import rawpy

    file.seek(0)
    with rawpy.imread(file) as raw:
        try:
            found = raw.extract_thumb()
        except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError):
            return None
    if isinstance(found.data, bytes):
        return io.BytesIO(found.data)
    bitmap = io.BytesIO()
    Image.fromarray(found.data).save(bitmap, "BMP")
    return bitmap


def exif_of(file: BinaryIO) -> Image.Exif | None:
    """What is said in a RAW file that is a TIFF; None in another, whose preview has it."""
    file.seek(0)
    if file.read(4) not in _TIFF:
        return None
    exif = Image.Exif()
    try:
        file.seek(0)
        exif.load_from_fp(file)
    except DAMAGE:
        return None
    return exif


def _first_tags(file: BinaryIO, head: bytes) -> dict[int, int]:
    """Each tag of a TIFF's first directory with its first value; empty for anything else."""
    order = _TIFF.get(head[:4])
    if order is None:
        return {}
    try:
        (at,) = struct.unpack_from(f"{order}I", head, 4)
        file.seek(at)
        (count,) = struct.unpack(f"{order}H", file.read(2))
        entries = file.read(12 * min(count, _MOST_TAGS))
        return {
            tag: value if kind == 4 else value & 0xFFFF if order == "<" else value >> 16
            for tag, kind, _, value in struct.iter_unpack(f"{order}HHII", entries)
        }
    except struct.error:
        return {}
