"""One process owns a catalogue in SQLite: a second one says whose it is, and stops."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from aggregate_service.errors import CatalogueInUse, DatabaseUnfit
from service_kit.disk import why_not_written

_LONGEST = 200


@contextmanager
def sole_owner(catalog_path: Path, who: str) -> Iterator[None]:
    """Hold the catalogue as `who`; `CatalogueInUse` names the process that has it already, and
    `DatabaseUnfit` says why its folder can't be written to.

    The lock is the file's, so it goes with the process, however that ends. A file system without locks
    (some network shares) lets everybody in.
    """
    try:
        catalog_path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(f"{catalog_path}.owner", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        reason = why_not_written(catalog_path.parent, error)
        raise DatabaseUnfit(f"{reason}: CATALOG_PATH=/another/folder/catalog.db") from error
    try:
        _lock(descriptor, catalog_path)
        os.ftruncate(descriptor, 0)
        with suppress(OSError):  # a full disk: only the name of the owner is missing
            os.pwrite(descriptor, who.encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, catalog_path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.pread(descriptor, _LONGEST, 0).decode(errors="replace")
        raise CatalogueInUse(catalog_path, owner or "another process") from None
    except OSError:
        return
