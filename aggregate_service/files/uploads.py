"""Where what people add is kept, as UPLOAD_DIR says: chosen here, and nowhere else."""

from pathlib import Path
from urllib.parse import urlsplit

from aggregate_service.errors import StorageNotInstalled
from aggregate_service.files.content_store import ContentStore
from aggregate_service.files.storage import Folder, Storage

_SCHEMES = ("s3", "gs")


def is_bucket(place: str) -> bool:
    return "://" in place


def check_bucket(place: str) -> None:
    """`ValueError` where it is no address of a bucket."""
    parts = urlsplit(place)
    if (
        parts.scheme not in _SCHEMES
        or not parts.netloc
        or "@" in parts.netloc
        or parts.query
        or parts.fragment
    ):
        raise ValueError("write a folder, s3://bucket/prefix or gs://bucket/prefix")


def content_store(bucket: str | None, folder: Path) -> ContentStore:
    """`folder` receives what comes in; without a bucket it is kept there, too."""
    return ContentStore(folder, Folder(folder) if bucket is None else _bucket(bucket))


def _bucket(url: str) -> Storage:
    try:
        from aggregate_service.files.bucket import Bucket
    except ModuleNotFoundError as error:
        raise StorageNotInstalled(url) from error
    return Bucket(url)
