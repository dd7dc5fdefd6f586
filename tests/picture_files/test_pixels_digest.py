"""What of an edit changes the pixels, what changes how they look, and what neither."""

from io import BytesIO

from PIL import Image

from picture_files.pixels_digest import look_digest, pixels_digest


def picture(format_: str, **said: object) -> bytes:
    file = BytesIO()
    Image.new("RGB", (8, 8), (200, 10, 10)).save(file, format_, **said)
    return file.getvalue()


def test_a_comment_changes_nothing() -> None:
    plain, commented = picture("JPEG"), picture("JPEG", comment=b"hello")
    assert plain != commented
    assert pixels_digest(plain) == pixels_digest(commented)
    assert look_digest(plain, 1) == look_digest(commented, 1)


def test_a_turn_and_a_colour_profile_change_the_look_alone() -> None:
    for format_ in ("JPEG", "WEBP"):
        plain, profiled = picture(format_), picture(format_, icc_profile=b"profile" * 20)
        assert pixels_digest(plain) == pixels_digest(profiled)
        assert look_digest(plain, 1) != look_digest(profiled, 1)
        assert look_digest(plain, 1) != look_digest(plain, 6)
