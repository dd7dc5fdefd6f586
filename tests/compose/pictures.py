"""Photos to upload: drawn, so that the tests need no files."""

import io

from PIL import Image, ImageDraw


def jpeg(red: int, green: int, blue: int) -> bytes:
    """A coloured sky over a dark ground with a bright disc."""
    picture = Image.new("RGB", (320, 240), (red, green, blue))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 160, 320, 240), fill=(red // 3, green // 3, blue // 3))
    draw.ellipse((200, 40, 260, 100), fill=(255, 240, 180))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=90)
    return file.getvalue()
