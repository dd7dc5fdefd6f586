"""Which way up a picture is, as its EXIF metadata has it."""

from PIL import Image

from picture_files.damage import DAMAGE

_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def upright_turn(image: Image.Image) -> Image.Transpose | None:
    """What turns it upright; None where it is, or where the metadata is damaged, which doesn't spoil it."""
    return _UPRIGHT.get(orientation_of(image))


def orientation_of(image: Image.Image) -> int:
    """1 to 8, as EXIF numbers them; 1 is upright, and where nothing is said."""
    try:
        value = image.getexif().get(_TAG)
    except DAMAGE:
        return 1
    return value if isinstance(value, int) and value in _UPRIGHT else 1


def lies_on_its_side(image: Image.Image) -> bool:
    turn = upright_turn(image)
    return turn is not None and turn not in (
        Image.Transpose.FLIP_LEFT_RIGHT,
        Image.Transpose.ROTATE_180,
        Image.Transpose.FLIP_TOP_BOTTOM,
    )
