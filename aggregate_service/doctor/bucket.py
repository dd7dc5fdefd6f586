"""The bucket of UPLOAD_DIR: whether pictures can be kept in it, read, listed and deleted."""

import tempfile
from pathlib import Path
from uuid import uuid4

from aggregate_service.doctor.finding import Finding, bad, ok
from aggregate_service.errors import StorageAway, StorageNotInstalled
from aggregate_service.files.storage import Storage
from aggregate_service.files.uploads import content_store

_PROBE = b"image-search doctor"


def bucket(url: str) -> Finding:
    with tempfile.TemporaryDirectory() as folder:
        try:
            _try(content_store(url, Path(folder)).storage, Path(folder))
        except (StorageAway, StorageNotInstalled) as problem:
            return bad("UPLOAD_DIR", problem.detail, "docs/object-storage.md has the rights that it needs.")
        except FileNotFoundError:
            return bad("UPLOAD_DIR", f"{url} lost what was written to it", "Ask whoever runs that storage.")
    return ok("UPLOAD_DIR", f"{url} can be written and read")


def _try(storage: Storage, folder: Path) -> None:
    """A small file that is gone afterwards."""
    name, file = f"doctor/{uuid4().hex}", folder / "probe"
    file.write_bytes(_PROBE)
    storage.keep(file, name)
    try:
        if storage.locate(name).read_bytes() != _PROBE:
            raise FileNotFoundError(name)
        list(storage.listed("doctor"))
    finally:
        storage.delete([name])
