"""What a file is by its first bytes: enough to turn away a web page before all of it is downloaded."""

HEAD_BYTES = 32
_AVIF = (b"avif", b"avis", b"mif1", b"msf1")
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
