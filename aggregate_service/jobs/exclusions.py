"""What a scan leaves out by its name: other programs' folders, hidden files, what people list."""

import fnmatch
import re
from collections.abc import Iterable
from pathlib import Path

FILE = ".imagesearchignore"
# Of Synology, QNAP, desktops' thumbnails and waste bins, version control.
DEFAULTS = (
    "@eaDir",
    "@Recycle",
    "@Recently-Snapshot",
    "#recycle",
    "#snapshot",
    "$RECYCLE.BIN",
    "System Volume Information",
    "lost+found",
    "__MACOSX",
    "Thumbs.db",
    ".*",
)


class Exclusions:
    """Globs: one without a `/` means a name at any depth, one with it a path from where it is listed."""

    def __init__(self, globs: Iterable[str] = ()) -> None:
        self._names = _matcher(glob for glob in (*DEFAULTS, *globs) if "/" not in glob.strip("/"))
        self._paths = _matcher(glob.strip("/") for glob in globs if "/" in glob.strip("/"))

    def leaves_out(self, path: str) -> bool:
        """`path` is relative to the folder that is scanned, or that the list lies in."""
        name = path.rpartition("/")[2]
        return bool(self._names.fullmatch(name) or self._paths.fullmatch(path))


class ListedExclusions(Exclusions):
    """Those of one `.imagesearchignore`, for what lies beside and below it."""

    def __init__(self, globs: Iterable[str]) -> None:
        listed = [glob for glob in (line.strip() for line in globs) if glob and not glob.startswith("#")]
        self._names = _matcher(glob.strip("/") for glob in listed if "/" not in glob.strip("/"))
        self._paths = _matcher(glob.strip("/") for glob in listed if "/" in glob.strip("/"))


def listed_in(folder: Path) -> ListedExclusions | None:
    """What the folder's own list leaves out; None without one that can be read."""
    try:
        return ListedExclusions((folder / FILE).read_text("utf-8", "replace").splitlines())
    except OSError:
        return None


def _matcher(globs: Iterable[str]) -> re.Pattern[str]:
    patterns = [fnmatch.translate(glob.strip("/")) for glob in globs]
    return re.compile("|".join(patterns) if patterns else r"(?!)", re.DOTALL)
