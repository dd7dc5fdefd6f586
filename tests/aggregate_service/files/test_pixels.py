"""Small copies, regions and previews: read as the embedding service reads pictures."""

import io

import numpy as np
import pytest
from PIL import Image

from aggregate_service.files.pixels import crop, data_uri, shrink
from picture_files.errors import UnreadablePicture
from picture_files.reader import PictureLimits, read_picture

LIMITS = PictureLimits(1_000_000, 2_000)
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")  # HEIC: as any, in test_reader.py


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


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format(format_: str) -> None:
    assert middle(shrink(encoded(Image.new("RGB", (300, 200), (128, 128, 128)), format_), 64, LIMITS)) == (
        128,
        128,
        128,
    )


def test_transparency_is_on_white_and_ink_is_colour() -> None:
    clear = encoded(Image.new("RGBA", (50, 50), (0, 0, 0, 0)), "PNG")
    assert middle(shrink(clear, 64, LIMITS)) == (256, 256, 256)
    palette = Image.new("P", (50, 50), 0)
    assert middle(shrink(encoded(palette, "PNG", transparency=0), 64, LIMITS)) == (256, 256, 256)
    ink = encoded(Image.new("CMYK", (50, 50), (0, 0, 0, 128)), "JPEG")
    assert middle(shrink(ink, 64, LIMITS)) == (128, 128, 128)


@pytest.mark.parametrize(
    "pixels",
    [
        np.full((50, 50), 128 * 256, np.uint16),
        np.full((50, 50), 65535, np.int32),
        np.full((50, 50), 0.5, np.float32),
        np.full((50, 50), 200.0, np.float32),
    ],
    ids=["16-bit", "32-bit", "float to 1", "float to 255"],
)
def test_grey_is_shown_as_it_is_embedded(pixels: np.ndarray) -> None:
    file = encoded(Image.fromarray(pixels), "TIFF")
    embedded = read_picture(file, LIMITS).getpixel((25, 25))
    assert isinstance(embedded, tuple)
    assert middle(shrink(file, 64, LIMITS)) == tuple(round(value / 16) * 16 for value in embedded)


def test_small_pictures_are_not_enlarged() -> None:
    with Image.open(io.BytesIO(shrink(encoded(Image.new("L", (10, 5)), "PNG"), 64, LIMITS))) as image:
        assert image.size == (10, 5)


def test_a_region_is_cut_from_the_upright_picture() -> None:
    stored = Image.new("RGB", (200, 100), "blue")
    stored.paste("red", (0, 50, 100, 100))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned right: the red corner comes to the upper left
    region = crop(encoded(stored, "PNG", exif=exif).getvalue(), (0, 0, 0.4, 0.4), LIMITS)
    assert middle(region) == (256, 0, 0)


@pytest.mark.parametrize("size", [(1001, 1000), (2001, 1)])
def test_too_many_pixels(size: tuple[int, int]) -> None:
    file = encoded(Image.new("1", size), "PNG")
    with pytest.raises(UnreadablePicture, match="pixels"):
        shrink(file, 64, LIMITS)
    assert data_uri(file.getvalue(), 64, LIMITS) is None


def test_data_uri() -> None:
    uri = data_uri(encoded(Image.new("RGB", (300, 200)), "PNG").getvalue(), 64, LIMITS)
    assert uri is not None
    assert uri.startswith("data:image/jpeg;base64,")
    assert len(uri) < 2_000


@pytest.mark.parametrize("format_", FORMATS)
def test_damaged_files_are_unreadable_or_fine_never_an_error(format_: str) -> None:
    random = np.random.default_rng(5)
    whole = encoded(Image.effect_noise((40, 40), 50).convert("RGB"), format_).getvalue()
    for _ in range(100):
        data = np.frombuffer(whole, np.uint8).copy()
        places = random.integers(0, min(len(data), 500), 4)
        data[places] = random.integers(0, 256, 4, np.uint8)
        uri = data_uri(data.tobytes(), 64, LIMITS)
        assert uri is None or uri.startswith("data:image/jpeg;base64,")
