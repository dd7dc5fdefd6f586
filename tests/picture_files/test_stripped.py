"""Without metadata a picture says nothing of place, time and camera, and looks the same."""

import io
from typing import Any

import pytest
from PIL import Image, ImageCms

from picture_files.metadata import NOTHING_SAID
from picture_files.reader import PictureLimits, read_about, read_picture
from picture_files.stripped import stripped
from tests.embedding_service.drawn import encoded, quadrants
from tests.picture_files.cameras import small_heic
from tests.picture_files.test_metadata import SAID, XMP, exif, with_exif

LIMITS = PictureLimits()


def bare(data: bytes) -> tuple[bytes, str]:
    return stripped(io.BytesIO(data), LIMITS)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_pixel_stays_and_nothing_is_said(kind: str) -> None:
    made = exif(taken=SAID, make="Canon", model="EOS")
    made[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    more: dict[str, Any] = {} if kind == "PNG" else {"xmp": XMP.encode()}
    data = encoded(quadrants(), kind, exif=made, icc_profile=profile, **more)
    found, media_type = bare(data)
    assert media_type == f"image/{kind.lower()}"
    assert read_about(io.BytesIO(found), LIMITS)[1] == NOTHING_SAID
    assert b"Canon" not in found
    assert b"xmpmeta" not in found
    before, after = (read_picture(io.BytesIO(one), LIMITS) for one in (data, found))
    assert (after.size, after.tobytes()) == (before.size, before.tobytes())
    assert Image.open(io.BytesIO(found)).info["icc_profile"] == profile


def test_a_comment_goes_too() -> None:
    assert b"my house" not in bare(encoded(quadrants(), "JPEG", comment=b"my house"))[0]


@pytest.mark.parametrize("data", [small_heic, lambda: with_exif("TIFF", make="Canon", model="EOS")])
def test_of_other_formats_a_webp_is_made(data: Any) -> None:
    found, media_type = bare(data())
    assert media_type == "image/webp"
    assert read_about(io.BytesIO(found), LIMITS)[1] == NOTHING_SAID
