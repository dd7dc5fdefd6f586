"""The formats that are read, what their files are called, and how they begin."""

HEAD_BYTES = 32
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
"""As Pillow names them; a multi-picture JPEG (MPO) is opened as JPEG, and then says that it is MPO."""
SPOKEN = "JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF"
MEDIA_TYPES = {"MPO": "image/jpeg"} | {name: f"image/{name.lower()}" for name in FORMATS}
SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/bmp": ".bmp",
    "image/tiff": ".tif",
    "image/avif": ".avif",
}
_AVIF = (b"avif", b"avis", b"mif1", b"msf1")
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_STARTS = (
    (b"\xff\xd8\xff", ".jpg"),
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"GIF87a", ".gif"),
    (b"GIF89a", ".gif"),
    (b"BM", ".bmp"),
    (b"II*\0", ".tif"),
    (b"MM\0*", ".tif"),
    (b"II+\0", ".tif"),
    (b"MM\0+", ".tif"),
)


def suffix_of(head: bytes) -> str | None:
    """The suffix of the kind of picture that starts like this; None when none does."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ".webp"
    if head[4:8] == b"ftyp" and head[8:12] in _AVIF:
        return ".avif"
    return next((suffix for start, suffix in _STARTS if head.startswith(start)), None)


def is_heic(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in _HEIC
