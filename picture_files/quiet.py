"""Silences what Pillow and libtiff say about odd files: they name no file, and flood the log."""

import ctypes
import logging
import warnings
from contextlib import suppress

from PIL import Image, _imaging

# Ours is lower and is checked before any pixel is decoded; Pillow's own would only warn.
Image.MAX_IMAGE_PIXELS = None


def quieten_pillow() -> None:
    """Called at each picture, since a test runner may reset the filters in between."""
    warnings.filterwarnings("ignore", module=r"PIL\.")
    logging.getLogger("PIL").setLevel(logging.CRITICAL)


def _quieten_libtiff() -> None:
    """It writes to the process's stderr, past Python: tell the very library that Pillow has loaded."""
    with suppress(OSError, AttributeError):  # it is built into Pillow, and hidden there
        library = ctypes.CDLL(_imaging.__file__)
        for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
            handler = getattr(library, name)
            handler.argtypes, handler.restype = [ctypes.c_void_p], ctypes.c_void_p
            handler(None)


_quieten_libtiff()
