"""Why a file of ours couldn't be written, in one line that says what to do."""

import errno
import shutil
from pathlib import Path


def why_not_written(folder: Path, error: OSError, needed: int = 0) -> str:
    """`needed`: the bytes that were to be written below `folder`, if that is known."""
    place = folder.absolute()
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            about = f": {_megabytes(needed)} are needed, {_free(place)} are free" if needed else ""
            return f"there is no room in {place}{about}. Make room, or choose another folder"
        case errno.EACCES | errno.EPERM:
            return (
                f"this user has no right to write into {place}. Give it that right, or choose another folder"
            )
        case errno.EROFS:
            return f"{place} is on a read-only file system. Choose another folder"
        case _:
            return (
                f"{error.filename or place}: {error.strerror or error}. Mend that, or choose another folder"
            )


def _free(place: Path) -> str:
    there = next(parent for parent in (place, *place.parents) if parent.exists())
    return _megabytes(shutil.disk_usage(there).free)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
