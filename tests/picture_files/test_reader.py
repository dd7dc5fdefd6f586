"""Every kind of picture becomes upright RGB; everything else is named in a problem, quickly."""

import io
import struct
import sys
import zlib
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

import numpy as np
import pytest
from PIL import Image

from picture_files.errors import DamagedPicture, EmptyFile, NotAPicture, TooManyPixels, UnreadablePicture
from picture_files.formats import formats_named
from picture_files.reader import PictureLimits, read_header, read_picture, read_small_picture
from tests.embedding_service.drawn import encoded, photo, quadrants
from tests.picture_files.cameras import dng, heic, small_heic

LIMITS = PictureLimits()
KINDS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")


def read(data: bytes) -> Image.Image:
    image = read_picture(io.BytesIO(data), LIMITS)
    assert image.mode == "RGB"
    return image


def colour(image: Image.Image, x: float, y: float) -> tuple[int, ...]:
    """The colour at a place given as shares of width and height."""
    pixel = image.getpixel((int(x * image.width), int(y * image.height)))
    assert isinstance(pixel, tuple)
    return pixel


def near(image: Image.Image, x: float, y: float, expected: tuple[int, ...], tolerance: int = 12) -> bool:
    return max(abs(a - b) for a, b in zip(colour(image, x, y), expected, strict=True)) <= tolerance


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_shows_the_same_picture(kind: str) -> None:
    image = read(encoded(quadrants(80, 40), kind))
    assert image.size == (80, 40)
    assert near(image, 0.2, 0.2, (255, 0, 0), 40)
    assert near(image, 0.8, 0.2, (0, 255, 0), 40)
    assert near(image, 0.2, 0.8, (0, 0, 255), 40)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_orientation_is_applied(kind: str, orientation: int) -> None:
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = quadrants(80, 40)
    if orientation in undo:
        stored = stored.transpose(undo[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = read(encoded(stored, kind, exif=exif))
    assert image.size == (80, 40)
    assert near(image, 0.2, 0.2, (255, 0, 0), 40)
    assert near(image, 0.8, 0.2, (0, 255, 0), 40)
    assert near(image, 0.2, 0.8, (0, 0, 255), 40)


def test_damaged_exif_does_not_spoil_the_picture() -> None:
    data = encoded(quadrants(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")
    assert read(data).size == (40, 20)


def test_transparency_is_white_whatever_colour_hides_there() -> None:
    image = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    image.paste((0, 0, 255, 128), (0, 0, 4, 8))
    for kind in ("PNG", "WEBP", "TIFF"):
        result = read(encoded(image, kind, **({"lossless": True} if kind == "WEBP" else {})))
        assert colour(result, 0.9, 0.5) == (255, 255, 255)
        assert near(result, 0.1, 0.5, (127, 127, 255), 1)


def test_palette_with_a_transparent_colour() -> None:
    image = Image.new("P", (8, 8), 0)
    image.putpalette([200, 0, 0, 0, 0, 200])
    image.paste(1, (0, 0, 4, 8))
    for kind in ("GIF", "PNG"):
        result = read(encoded(image, kind, transparency=0))
        assert colour(result, 0.9, 0.5) == (255, 255, 255)
        assert colour(result, 0.1, 0.5) == (0, 0, 200)


def test_palette_with_graded_transparency() -> None:
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, 0, 0, 0])
    assert near(read(encoded(image, "PNG", transparency=b"\xff\x80")), 0.5, 0.5, (127, 127, 127), 1)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk(kind: str) -> None:
    image = read(encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), kind))
    assert near(image, 0.5, 0.5, (255, 0, 0))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_grey_is_scaled_and_not_clipped(kind: str) -> None:
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (4, 1))
    values = np.asarray(read(encoded(Image.fromarray(ramp), kind)))[0, :, 0]
    assert np.abs(values.astype(int) - np.arange(256)).max() <= 1


@pytest.mark.parametrize(("brightest", "seen"), [(1.0, 255), (200.0, 200), (5000.0, 255)])
def test_float_grey(brightest: float, seen: int) -> None:
    pixels = np.full((4, 4), brightest, np.float32)
    pixels[0, 0] = np.nan
    assert colour(read(encoded(Image.fromarray(pixels), "TIFF")), 0.9, 0.9) == (seen, seen, seen)


@pytest.mark.parametrize("mode", ["1", "L", "LA"])
def test_one_pixel(mode: str) -> None:
    assert read(encoded(Image.new(mode, (1, 1)), "PNG")).size == (1, 1)


def test_only_the_first_frame_counts() -> None:
    frames = [Image.new("RGB", (16, 16), c) for c in ("red", "blue", "lime")]
    for kind in ("GIF", "WEBP", "PNG", "TIFF"):
        image = read(encoded(frames[0], kind, save_all=True, append_images=frames[1:]))
        assert near(image, 0.5, 0.5, (255, 0, 0), 10)


def test_multi_picture_jpeg_is_read_as_jpeg() -> None:
    frames = [Image.new("RGB", (16, 16), c) for c in ("red", "blue")]
    image = read(encoded(frames[0], "MPO", save_all=True, append_images=frames[1:]))
    assert near(image, 0.5, 0.5, (255, 0, 0))


@pytest.mark.parametrize(("kind", "media_type"), [(kind, f"image/{kind.lower()}") for kind in KINDS])
def test_the_header_says_format_and_size(kind: str, media_type: str) -> None:
    header = read_header(io.BytesIO(encoded(quadrants(80, 40), kind)), LIMITS)
    assert (header.media_type, header.width, header.height) == (media_type, 80, 40)


@pytest.mark.parametrize(
    ("orientation", "size"), [(1, (80, 40)), (3, (80, 40)), (6, (40, 80)), (7, (40, 80))]
)
def test_the_header_has_the_size_as_displayed(orientation: int, size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    header = read_header(io.BytesIO(encoded(quadrants(80, 40), "JPEG", exif=exif)), LIMITS)
    assert (header.width, header.height) == size


def small(data: bytes, side: int) -> Image.Image:
    image = read_small_picture(io.BytesIO(data), LIMITS, side)
    assert image.mode == "RGB"
    return image


def test_a_small_copy_is_upright_and_never_enlarged() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = quadrants(800, 400).transpose(Image.Transpose.ROTATE_90)
    for kind in ("JPEG", "PNG", "TIFF"):
        image = small(encoded(turned, kind, exif=exif), 64)
        assert image.size == (64, 32)
        assert near(image, 0.2, 0.2, (255, 0, 0), 40)
    assert small(encoded(quadrants(10, 5), "PNG"), 64).size == (10, 5)


def test_a_small_copy_of_transparency_is_on_white() -> None:
    image = Image.new("RGBA", (300, 300), (255, 0, 0, 0))
    assert colour(small(encoded(image, "PNG"), 64), 0.5, 0.5) == (255, 255, 255)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("lacking", [1, 2])
def test_a_jpeg_that_lacks_only_its_end_is_taken(lacking: int, progressive: bool) -> None:
    data = encoded(photo(200, 150), "JPEG", progressive=progressive)
    assert read(data[:-lacking]).tobytes() == read(data).tobytes()


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("lacking", [12, 100, 1000])
def test_a_jpeg_that_lacks_pixels_is_not(lacking: int, progressive: bool) -> None:
    data = encoded(photo(200, 150), "JPEG", progressive=progressive)
    with pytest.raises(DamagedPicture):
        read(data[:-lacking])


def test_large_jpeg_is_decoded_smaller_but_not_too_small() -> None:
    data = encoded(photo(1600, 1200), "JPEG", quality=90)
    assert read_picture(io.BytesIO(data), LIMITS, least_side=448).size == (800, 600)
    assert read_picture(io.BytesIO(data), LIMITS, least_side=0).size == (1600, 1200)


def whole(kind: str) -> bytes:
    return small_heic() if kind == "HEIF" else encoded(photo(64, 48), kind)


@pytest.mark.parametrize("kind", [*KINDS, "HEIF"])
def test_cut_short(kind: str) -> None:
    data = whole(kind)
    with pytest.raises(DamagedPicture):
        read(data[: len(data) // 2])


def png_header(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(50_000, 50_000), (20_000, 10), (9_000, 9_000), (12_000, 8_000)])
def test_too_many_pixels_are_refused_before_decoding(size: tuple[int, int]) -> None:
    """There is nothing to decode: who tried would find the picture damaged."""
    with pytest.raises(TooManyPixels):
        read(png_header(*size))


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 64
SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.mark.parametrize(
    ("data", "problem", "words"),
    [
        (b"", EmptyFile, "empty"),
        (b"just some text, named .jpg", NotAPicture, "JPEG, PNG"),
        (HEIC, DamagedPicture, "damaged"),
        (SVG, NotAPicture, "SVG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", NotAPicture, "isn't a picture"),
        (b"\xff\xd8\xff\xe0", DamagedPicture, "damaged"),
        (b"\x89PNG\r\n\x1a\nrubbish", DamagedPicture, "damaged"),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, problem: type[UnreadablePicture], words: str) -> None:
    with pytest.raises(problem) as raised:
        read(data)
    assert words in raised.value.detail


@pytest.mark.parametrize("kind", [*KINDS, "HEIF"])
def test_damage_is_a_problem_and_nothing_else(kind: str) -> None:
    """A few hundred damaged files of each kind: a picture or an `UnreadablePicture`, nothing else."""
    random = np.random.default_rng(5)
    undamaged = whole(kind)
    for _ in range(150):
        data = np.frombuffer(undamaged, np.uint8).copy()
        places = random.integers(0, min(len(data), 400), random.integers(1, 6))
        data[places] = random.integers(0, 256, len(places), np.uint8)
        with suppress(UnreadablePicture):
            assert read_picture(io.BytesIO(data.tobytes()), PictureLimits(1_000_000, 2_000)).mode == "RGB"


def calls_while(work: Callable[[], object]) -> int:
    """How many functions are called meanwhile: the same work, on every machine."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


def test_a_thousand_frames_cost_no_more_than_two() -> None:
    frames = [Image.new("L", (8, 8), i % 250) for i in range(1000)]
    few, many = (encoded(frames[0], "GIF", save_all=True, append_images=frames[1:n]) for n in (2, 1000))
    read(few)  # the first time, Pillow has more to do
    assert calls_while(lambda: read(many)) <= 1.1 * calls_while(lambda: read(few))


def test_heic_is_read_as_any_picture() -> None:
    image = read(small_heic())
    assert image.size == (80, 40)
    assert near(image, 0.2, 0.2, (255, 0, 0), 40)
    assert near(image, 0.2, 0.8, (0, 0, 255), 40)
    header = read_header(io.BytesIO(small_heic()), LIMITS)
    assert (header.media_type, header.width, header.height) == ("image/heic", 80, 40)


def test_heic_is_turned_once() -> None:
    """Its orientation is in the container and in its EXIF."""
    exif = Image.Exif()
    exif[0x0112] = 6
    image = read(heic(quadrants(80, 40).transpose(Image.Transpose.ROTATE_90), exif=exif.tobytes()))
    assert image.size == (80, 40)
    assert near(image, 0.2, 0.2, (255, 0, 0), 40)


def test_heic_shows_its_first_picture_alone() -> None:
    image = read(heic(Image.new("RGB", (64, 64), "red"), save_all=True, append_images=[quadrants(64, 64)]))
    assert near(image, 0.9, 0.1, (255, 0, 0), 40)


def test_heic_has_limits_before_it_is_decoded() -> None:
    with pytest.raises(TooManyPixels):
        read_picture(io.BytesIO(small_heic()), PictureLimits(max_pixels=1_000))


def test_heic_that_says_a_wrong_size_is_damaged() -> None:
    """What its header says bounds the memory; the stream in it may want far more."""
    at = small_heic().find(b"ispe") + 8
    lying = small_heic()[:at] + struct.pack(">II", 32, 32) + small_heic()[at + 8 :]
    with pytest.raises(DamagedPicture):
        read(lying)


def test_formats_can_be_left_out() -> None:
    some = PictureLimits(formats=formats_named("JPEG,TIFF"))
    for data, name in (
        (small_heic(), "HEIC"),
        (encoded(quadrants(), "PNG"), "PNG"),
        (dng(quadrants()), "RAW"),
    ):
        with pytest.raises(NotAPicture, match=rf"{name} isn't allowed .* JPEG, TIFF\."):
            read_picture(io.BytesIO(data), some)
    assert read_picture(io.BytesIO(encoded(quadrants(), "TIFF")), some).size == (40, 20)


def test_raw_is_read_by_its_preview_upright() -> None:
    data = dng(quadrants(80, 40).transpose(Image.Transpose.ROTATE_90), 6)
    image = read(data)
    assert image.size == (80, 40)
    assert near(image, 0.2, 0.2, (255, 0, 0), 40)
    header = read_header(io.BytesIO(data), LIMITS)
    assert (header.media_type, header.width, header.height) == ("image/x-raw", 80, 40)


def test_raw_without_a_preview_is_no_picture() -> None:
    with pytest.raises(UnreadablePicture, match="no preview"):
        read(dng())


def test_damaged_raw_is_a_problem_and_nothing_else() -> None:
    random = np.random.default_rng(7)
    undamaged = dng(quadrants(80, 40))
    for _ in range(150):
        data = np.frombuffer(undamaged, np.uint8).copy()
        places = random.integers(0, 700, random.integers(1, 6))
        data[places] = random.integers(0, 256, len(places), np.uint8)
        with suppress(UnreadablePicture):
            read_picture(io.BytesIO(data.tobytes()), PictureLimits(1_000_000, 2_000))


def test_without_rawpy_raw_says_how_to_get_it_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rawpy", None)
    with pytest.raises(NotAPicture, match=r"image-search\[raw\]"):
        read(dng(quadrants()))
    assert ".dng" not in LIMITS.suffixes
    assert ".heic" in LIMITS.suffixes


def jpeg_header(width: int, height: int, progressive: bool = False) -> bytes:
    """A JPEG that says to be so large; there is nothing behind its frame."""
    data = encoded(Image.new("L", (8, 8)), "JPEG", progressive=progressive)
    at = data.find(b"\xff\xc2" if progressive else b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def test_a_jpeg_may_have_more_pixels_for_it_is_decoded_smaller() -> None:
    assert read_header(io.BytesIO(jpeg_header(15_000, 9_000)), LIMITS).width == 15_000
    for too_large in (jpeg_header(15_000, 11_000), jpeg_header(9_000, 6_000, progressive=True)):
        with pytest.raises(TooManyPixels):
            read_header(io.BytesIO(too_large), LIMITS)


def test_a_huge_jpeg_is_never_decoded_in_full() -> None:
    huge = PictureLimits(max_pixels=60_000, max_jpeg_pixels=10**6)
    data = encoded(quadrants(400, 300), "JPEG")
    for least_side, size in ((0, (200, 150)), (300, (200, 150)), (50, (100, 75))):
        image = read_picture(io.BytesIO(data), huge, least_side)
        assert image.size == size
