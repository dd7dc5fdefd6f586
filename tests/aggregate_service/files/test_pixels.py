"""Small copies of every kind of picture; limits before pixels."""

import io

import pytest
from PIL import Image

from aggregate_service.errors import UnreadablePicture
from aggregate_service.files.pixels import PixelLimits, data_uri, read_header, shrink

LIMITS = PixelLimits(1_000_000, 2_000)


def encoded(image: Image.Image, format_: str, **options: object) -> io.BytesIO:
    buffer = io.BytesIO()
    image.save(buffer, format_, **options)
    buffer.seek(0)
    return buffer


def middle(data: bytes) -> tuple[int, ...]:
    with Image.open(io.BytesIO(data)) as image:
        rgb = image.convert("RGB").getpixel((image.width // 2, image.height // 2))
        assert isinstance(rgb, tuple)
        return tuple(round(value / 16) * 16 for value in rgb)


@pytest.mark.parametrize(
    ("format_", "media_type"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
        ("BMP", "image/bmp"),
        ("TIFF", "image/tiff"),
        ("AVIF", "image/avif"),
    ],
)
def test_every_format(format_: str, media_type: str) -> None:
    file = encoded(Image.new("RGB", (300, 200), (128, 128, 128)), format_)
    assert read_header(file, LIMITS).media_type == media_type
    assert middle(shrink(file, 64, LIMITS)) == (128, 128, 128)


def test_transparency_is_on_white_and_16_bits_are_scaled() -> None:
    clear = encoded(Image.new("RGBA", (50, 50), (0, 0, 0, 0)), "PNG")
    assert middle(shrink(clear, 64, LIMITS)) == (256, 256, 256)
    palette = Image.new("P", (50, 50), 0)
    assert middle(shrink(encoded(palette, "PNG", transparency=0), 64, LIMITS)) == (256, 256, 256)
    grey = encoded(Image.new("I;16", (50, 50), 128 * 256), "PNG")
    assert middle(shrink(grey, 64, LIMITS)) == (128, 128, 128)
    ink = encoded(Image.new("CMYK", (50, 50), (0, 0, 0, 128)), "JPEG")
    assert middle(shrink(ink, 64, LIMITS)) == (128, 128, 128)


def test_small_pictures_are_not_enlarged() -> None:
    with Image.open(io.BytesIO(shrink(encoded(Image.new("L", (10, 5)), "PNG"), 64, LIMITS))) as image:
        assert image.size == (10, 5)


@pytest.mark.parametrize("size", [(1001, 1000), (2001, 1)])
def test_too_many_pixels(size: tuple[int, int]) -> None:
    file = encoded(Image.new("1", size), "PNG")
    with pytest.raises(UnreadablePicture, match="pixels"):
        read_header(file, LIMITS)
    assert data_uri(file.getvalue(), 64, LIMITS) is None


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "isn't a picture"), (b"<html>", "isn't a picture"), (b"\xff\xd8\xff\xe0\0\x10JFIF", "cut short")],
)
def test_what_cannot_be_opened_is_no_picture_or_a_damaged_one(data: bytes, said: str) -> None:
    with pytest.raises(UnreadablePicture) as caught:
        read_header(io.BytesIO(data), LIMITS)
    assert said in caught.value.detail


def test_data_uri() -> None:
    uri = data_uri(encoded(Image.new("RGB", (300, 200)), "PNG").getvalue(), 64, LIMITS)
    assert uri is not None
    assert uri.startswith("data:image/jpeg;base64,")
    assert len(uri) < 2_000


@pytest.mark.parametrize("damage", range(0, 700, 7))
def test_damaged_files_are_unreadable_or_fine_never_an_error(damage: int) -> None:
    data = bytearray(encoded(Image.effect_noise((40, 40), 50).convert("P"), "GIF").getvalue())
    data[damage % len(data)] ^= 0x5A
    for damaged in (bytes(data), bytes(data[: damage + 1])):
        uri = data_uri(damaged, 64, LIMITS)
        assert uri is None or uri.startswith("data:image/jpeg;base64,")
