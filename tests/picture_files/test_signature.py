"""Copies are told from likenesses by their greys."""

import io

from PIL import Image, ImageDraw, ImageOps

from picture_files.reader import PictureLimits
from picture_files.signature import SAME, Signature, are_copies, signature_of
from tests.embedding_service.drawn import photo


def signature(image: Image.Image, quality: int = 90) -> Signature:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    found = signature_of(file, PictureLimits())
    assert found is not None
    return found


def facing_left() -> Image.Image:
    """Nearly symmetrical: a face that looks to one side."""
    image = Image.new("RGB", (320, 320), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((40, 40, 280, 280), fill="gray")
    draw.ellipse((84, 120, 124, 160), fill="#505050")
    return image


def test_saved_again_or_smaller_is_a_copy() -> None:
    for image in (photo(200, 150), facing_left()):
        assert are_copies(signature(image), signature(image, 40))
        assert are_copies(signature(image), signature(image.resize((100, 75))))


def test_another_picture_is_none() -> None:
    assert not are_copies(signature(photo(200, 150)), signature(facing_left()))


def test_a_mirrored_one_is_none_though_it_has_nearly_the_same_greys() -> None:
    one, other = signature(facing_left()), signature(ImageOps.mirror(facing_left()))
    assert float(one @ other) >= SAME
    assert not are_copies(one, other)
    assert not are_copies(signature(photo(200, 150)), signature(ImageOps.mirror(photo(200, 150))))


def test_a_picture_of_one_colour_has_no_greys() -> None:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(file, "PNG")
    assert signature_of(file, PictureLimits()) is None
