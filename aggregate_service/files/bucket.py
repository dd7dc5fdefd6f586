"""A bucket of an object storage (Amazon S3 and what speaks its protocol, Google Cloud Storage) as a storage.

Credentials come from the variables that the provider's own tools read, or from the machine's role; none is
ever in an address, a message or a log.
"""

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import GCSStore, S3Store

from aggregate_service.errors import StorageAway
from aggregate_service.files.durable import write_atomically
from aggregate_service.files.object_reader import ObjectReader
from aggregate_service.files.storage import FileStatus
from service_kit.messages.message import message

if TYPE_CHECKING:
    from obstore.store import BackoffConfig, ClientConfig, RetryConfig

log = logging.getLogger("aggregate.bucket")
_CONNECT, _SILENCE, _LONGEST = "2s", "20s", "300s"
_FIRST = 1_000_000
"""Bytes that opening a file reads with it: most pictures are no longer, and need no other request."""
_DELETED_AT_ONCE = 1_000
_REFUSED = (PermissionDeniedError, UnauthenticatedError)


class Bucket:
    def __init__(self, url: str) -> None:
        """`url`: s3://bucket/prefix or gs://bucket/prefix. Nothing is asked for yet."""
        self.url = url.rstrip("/")
        self.name = urlsplit(url).netloc
        with self.troubles_named():
            self.store = _store(self.url)

    def __str__(self) -> str:
        return self.url

    def locate(self, name: str) -> "BucketFile":
        return BucketFile(self, name)

    def keep(self, file: Path, name: str) -> None:
        with self.troubles_named():
            try:
                obstore.put(self.store, name, file)
            except FileNotFoundError:
                raise self._no_bucket() from None
        file.unlink(missing_ok=True)

    def delete(self, names: Iterable[str]) -> None:
        rest = iter(names)
        with self.troubles_named():
            while some := list(islice(rest, _DELETED_AT_ONCE)):
                obstore.delete(self.store, some)

    def listed(self, below: str) -> Iterator[tuple[str, float]]:
        with self.troubles_named():
            for some in obstore.list(self.store, prefix=f"{below}/"):
                for each in some:
                    yield each["path"].rpartition("/")[2], each["last_modified"].timestamp()

    def fetch(self, name: str, folder: Path) -> Path:
        copy = folder / name
        if not copy.is_file() and (kept := self.locate(name)).is_file():
            write_atomically(copy, kept.read_bytes())
        return copy

    def seen_from(self, folder: Path, name: str) -> str:  # noqa: ARG002 - it is nowhere near
        return f"{self.url}/{name}"

    def check(self) -> None:
        """By reading no more than a list that is short or empty; a bucket that isn't there has none."""
        for _ in islice(self.listed("lists"), 1):
            return

    @contextmanager
    def troubles_named(self) -> Iterator[None]:
        """`StorageAway` in place of the library's errors, which may quote what the storage knows of a key."""
        try:
            yield
        except _REFUSED as error:
            log.warning("%s: %s", self, _briefly(error))
            raise StorageAway(message("bucket-refused", bucket=self.url)) from None
        except BaseError as error:
            log.warning("%s: %s", self, _briefly(error))
            if "NoSuchBucket" in str(error):
                raise self._no_bucket() from None
            raise StorageAway(message("bucket-away", bucket=self.url)) from None

    def _no_bucket(self) -> StorageAway:
        return StorageAway(message("no-such-bucket", bucket=self.url, name=self.name))


@dataclass(frozen=True)
class BucketFile:
    bucket: Bucket
    name: str

    def is_file(self) -> bool:
        with self.bucket.troubles_named():
            try:
                obstore.head(self.bucket.store, self.name)
            except FileNotFoundError:
                return False
        return True

    def open(self, mode: Literal["rb"]) -> BufferedReader:  # noqa: ARG002 - as a path's
        with self._found():
            found = obstore.get(self.bucket.store, self.name, options={"range": (0, _FIRST)})
            changed = int(found.meta["last_modified"].timestamp() * 1e9)
            status = FileStatus(found.meta["size"], changed, changed)
            first = bytes(found.bytes())
        return BufferedReader(ObjectReader(self.part, status, first), _FIRST)

    def read_bytes(self) -> bytes:
        with self._found():
            return bytes(obstore.get(self.bucket.store, self.name).bytes())

    def part(self, start: int, length: int) -> bytes:
        with self._found():
            return bytes(obstore.get_range(self.bucket.store, self.name, start=start, length=length))

    @contextmanager
    def _found(self) -> Iterator[None]:
        """A bucket that is gone isn't a picture that is gone: only the bucket's own word counts."""
        with self.bucket.troubles_named():
            try:
                yield
            except FileNotFoundError:
                self.bucket.check()
                raise FileNotFoundError(f"{self.bucket}/{self.name}") from None


def _store(url: str) -> S3Store | GCSStore:
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
    client: ClientConfig = {
        "allow_http": endpoint.startswith("http://"),
        "connect_timeout": _CONNECT,
        "read_timeout": _SILENCE,
        "timeout": _LONGEST,
    }
    backoff: BackoffConfig = {
        "init_backoff": timedelta(seconds=0.1),
        "max_backoff": timedelta(seconds=1),
        "base": 2,
    }
    retry: RetryConfig = {"max_retries": 2, "retry_timeout": timedelta(seconds=2), "backoff": backoff}
    if url.startswith("gs://"):
        return GCSStore.from_url(url, client_options=client, retry_config=retry)
    return S3Store.from_url(url, client_options=client, retry_config=retry)


def _briefly(error: BaseError) -> str:
    """Its first line, without what the storage has answered."""
    return str(error).partition("\n")[0].partition("<")[0].strip()
