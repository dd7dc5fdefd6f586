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


class FolderRules:
    """What the settings leave out below a root, and the lists of the folders that were entered."""

    def __init__(self, root: Path, exclusions: Exclusions) -> None:
        self._root, self._exclusions = root, exclusions
        self._lists: list[tuple[str, ListedExclusions | None]] = []

    def enter(self, folder: str) -> None:
        """From here on its list holds too, if it has one; paths are relative to the root, `""` is itself."""
        self._lists.append((f"{folder}/" if folder else "", listed_in(self._root / folder)))

    def leave(self) -> None:
        self._lists.pop()

    def leave_out(self, path: str) -> bool:
        return self._exclusions.leaves_out(path) or any(
            listed.leaves_out(path.removeprefix(above)) for above, listed in self._lists if listed
        )

    def left_out_on_the_way(self, path: str) -> str | None:
        """Enter each folder above it and no other. This path or the first of those, if it is left out."""
        self._lists.clear()
        here = ""
        for name in path.split("/") if path else ():
            self.enter(here)
            here = f"{here}/{name}" if here else name
            if self.leave_out(here):
                return here
        return None


def listed_in(folder: Path) -> ListedExclusions | None:
    """What the folder's own list leaves out; None without one that can be read."""
    try:
        return ListedExclusions((folder / FILE).read_text("utf-8", "replace").splitlines())
    except OSError:
        return None


def _matcher(globs: Iterable[str]) -> re.Pattern[str]:
    patterns = [fnmatch.translate(glob.strip("/")) for glob in globs]
    return re.compile("|".join(patterns) if patterns else r"(?!)", re.DOTALL)
