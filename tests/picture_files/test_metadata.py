"""When and with what: as far as a picture says it; lies and damage cost that and nothing else."""

import io
import struct
from datetime import datetime
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import IFDRational

from picture_files.metadata import NOTHING_SAID, Metadata, Taken
from picture_files.reader import PictureLimits, read_about, read_picture
from tests.embedding_service.drawn import encoded, quadrants
from tests.picture_files.cameras import ASCII, dng, heic

LIMITS = PictureLimits()
NOON = datetime(2026, 3, 1, 12, 30, 5)
SAID = "2026:03:01 12:30:05"


def about(data: bytes) -> Metadata:
    assert read_picture(io.BytesIO(data), LIMITS).width > 0, "the picture is never lost for its metadata"
    return read_about(io.BytesIO(data), LIMITS)[1]


def exif(
    taken: Any = None,
    offset: Any = None,
    make: Any = None,
    model: Any = None,
    gps: dict[int, Any] | None = None,
) -> Image.Exif:
    made = Image.Exif()
    said = {0x010F: make, 0x0110: model}
    made.update({tag: value for tag, value in said.items() if value is not None})
    inner = {0x9003: taken, 0x9011: offset}
    for tag, said_there in ((0x8769, inner), (0x8825, gps or {})):
        listed = {inner_tag: value for inner_tag, value in said_there.items() if value is not None}
        if listed:
            made.get_ifd(tag).update(listed)
            made[tag] = listed  # what a TIFF is saved with
    return made


def with_exif(kind: str = "JPEG", **said: Any) -> bytes:
    return encoded(quadrants(), kind, exif=exif(**said))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_date_with_its_offset_and_camera(kind: str) -> None:
    said = about(with_exif(kind, taken=SAID, offset="+05:30", make="Canon", model="Canon EOS 5D"))
    assert said == Metadata(Taken(NOON, 330), "Canon EOS 5D", False)


def test_heic_says_it_in_its_exif() -> None:
    made = exif(taken=SAID, offset="-08:00", make="Apple", model="iPhone 15 Pro")
    assert about(heic(quadrants(64, 64), exif=made.tobytes())) == Metadata(
        Taken(NOON, -480), "Apple iPhone 15 Pro", False
    )


def test_raw_says_it_in_its_own_tags() -> None:
    data = dng(quadrants(80, 40), 1, (0x9003, ASCII, tuple(SAID.encode() + b"\0")))
    assert about(data).camera == "Tester Camera 1"


def utc(hours: int, minutes: int, date: str = "2026:03:01") -> dict[int, Any]:
    return {7: (IFDRational(hours), IFDRational(minutes), IFDRational(5)), 29: date}


def test_the_satellites_time_tells_the_offset() -> None:
    assert about(with_exif(taken=SAID, gps=utc(11, 28))).taken == Taken(NOON, 60)
    assert about(with_exif(taken=SAID, gps=utc(11, 28, "2026:01:09"))).taken == Taken(NOON, None)
    assert about(with_exif(gps=utc(12, 30))).taken == Taken(NOON, 0)


def test_a_position_is_said_to_be_there() -> None:
    place = {1: "N", 2: (IFDRational(52), IFDRational(31), IFDRational(0)), 3: "E"}
    place[4] = (IFDRational(13), IFDRational(24), IFDRational(0))
    assert about(with_exif(gps=place)).has_position
    assert not about(with_exif(gps=utc(12, 0))).has_position


XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description
 exif:DateTimeOriginal="2026-03-01T12:30:05+01:00" tiff:Make="SONY" exif:GPSLatitude="52,31N">
 <tiff:Model>ILCE-7M3</tiff:Model></rdf:Description></rdf:RDF></x:xmpmeta>"""


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_xmp_says_it_where_exif_does_not(kind: str) -> None:
    said = Metadata(Taken(NOON, 60), "SONY ILCE-7M3", True)
    assert about(encoded(quadrants(), kind, xmp=XMP.encode())) == said
    both = encoded(quadrants(), kind, xmp=XMP.encode(), exif=exif(taken="2020:01:01 00:00:00"))
    assert about(both).taken == Taken(datetime(2020, 1, 1))


@pytest.mark.parametrize(
    "text", ["Sun, 01 Mar 2026 12:30:05 +0100", "2026-03-01T12:30:05+01:00", "2026:03:01 12:30:05+01:00"]
)
def test_png_has_words_of_its_own(text: str) -> None:
    words = PngInfo()
    words.add_text("Creation Time", text)
    assert about(encoded(quadrants(), "PNG", pnginfo=words)).taken == Taken(NOON, 60)


@pytest.mark.parametrize(
    "lie",
    [
        {"taken": "0000:00:00 00:00:00"},
        {"taken": "0000:01:01 00:00:00"},
        {"taken": "2026:13:01 12:00:00"},
        {"taken": "2026:02:30 12:00:00"},
        {"taken": "2026:03:01 25:00:00"},
        {"taken": "2999:03:01 12:00:00"},
        {"taken": "    :  :     :  :  "},
        {"taken": "yesterday"},
        {"taken": "\0" * 20},
        {"make": "\0\0", "model": " "},
        {"gps": {7: (IFDRational(99), IFDRational(1), IFDRational(0)), 29: "2026:03:01"}},
        {"gps": {7: (IFDRational(1, 0), IFDRational(1), IFDRational(0)), 29: "2026:03:01"}},
        {"gps": {29: "2026:03:01"}},
    ],
)
def test_what_cannot_be_is_not_said(lie: dict[str, Any]) -> None:
    assert about(with_exif(**lie)) == NOTHING_SAID


@pytest.mark.parametrize("offset", ["+99:00", "+14:30", "here", ""])
def test_an_offset_of_no_place_on_earth_is_left_out(offset: str) -> None:
    assert about(with_exif(taken=SAID, offset=offset)).taken == Taken(NOON, None)


def test_a_camera_is_called_something_that_can_be_shown() -> None:
    assert about(with_exif(make="NIKON CORPORATION", model="NIKON D850")).camera == "NIKON D850"
    assert about(with_exif(model="X" * 500)).camera == "X" * 100
    assert about(with_exif(make="A\nB\0", model="\x1b[31mC")).camera == "A B [31mC"


def test_a_huge_maker_note_costs_only_its_bytes() -> None:
    """More than a JPEG's segment can hold: in a TIFF."""
    made = exif(taken=SAID)
    made.get_ifd(0x8769)[0x927C] = made[0x8769][0x927C] = b"\x55" * 10_000_000
    assert about(encoded(quadrants(), "TIFF", exif=made)).taken == Taken(NOON)


def test_directories_that_lead_in_a_circle_end() -> None:
    """Exif, GPS and the next directory all point to the first one."""
    tags = [
        (0x0110, 2, 4, b"abc\0"),
        *((tag, 4, 1, struct.pack("<I", 8)) for tag in (0x8769, 0x8825, 0xA005)),
    ]
    listed = b"".join(struct.pack("<HHI", *entry[:3]) + entry[3] for entry in tags)
    loop = b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + listed + struct.pack("<I", 8)
    assert about(encoded(quadrants(), "JPEG", exif=b"Exif\0\0" + loop)).camera == "abc"


def test_damaged_exif_says_nothing() -> None:
    assert about(encoded(quadrants(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")) == NOTHING_SAID
