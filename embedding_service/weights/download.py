"""Files from the hub into its cache: resumed where they broke off, verified by checksum, put in place."""

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from filelock import FileLock, Timeout
from huggingface_hub import get_token
from huggingface_hub.file_download import HfFileMetadata

from embedding_service.encoders.checkpoint import sha256_of
from embedding_service.encoders.specs import EncoderSpec
from embedding_service.weights.hub import Hub, first_line
from service_kit.disk import why_not_written

Report = Callable[[str, int, int], None]
"""Called with a file's name, the bytes that are there, and its size."""

CHUNK = 1 << 20
ATTEMPTS = 4
_TIMEOUT = httpx2.Timeout(15, connect=5)


class DownloadFailed(Exception):
    """The file didn't arrive whole; the message is one line. Trying again goes on where it broke off."""


class Stopped(Exception):
    """The process is ending."""


def download(hub: Hub, spec: EncoderSpec, report: Report, stop: threading.Event) -> Path:
    """Bring every missing file of a row into the hub's cache; the folder that then holds them all.

    Raises `HubUnavailable` within the hub's seconds if it can't be asked, `DownloadFailed` later.
    """
    names = hub.missing_files(spec)
    described = hub.describe(spec, names) if names else {}
    for name, metadata in described.items():
        try:
            _bring(hub, spec, name, metadata, report, stop)
        except OSError as error:
            why = why_not_written(hub.cache, error, int(metadata.size or 0))
            raise DownloadFailed(f"{name} can't be written: {why}: HF_HOME=/another/folder") from error
    return hub.snapshot_folder(spec)


def _bring(
    hub: Hub, spec: EncoderSpec, name: str, metadata: HfFileMetadata, report: Report, stop: threading.Event
) -> None:
    etag, size = str(metadata.etag), int(metadata.size or 0)
    blob = hub.repository_folder(spec) / "blobs" / etag
    blob.parent.mkdir(parents=True, exist_ok=True)
    partial = blob.with_name(f"{etag}.partial")
    with _alone(hub.lock_file(spec, etag), stop):
        if not blob.exists():
            headers = _headers(hub, metadata.location)
            _fill(partial, metadata, headers, lambda done: report(name, done, size), stop)
            if not matches(partial, etag):
                partial.unlink()
                raise DownloadFailed(f"{name} arrived damaged: its checksum isn't {etag[:12]}…")
            partial.replace(blob)
    _link(hub.snapshot_folder(spec) / name, blob)


def _fill(
    partial: Path,
    metadata: HfFileMetadata,
    headers: dict[str, str],
    report: Callable[[int], None],
    stop: threading.Event,
) -> None:
    """Append to `partial` until it has the file's size; each attempt asks only for what is missing."""
    size = int(metadata.size or 0)
    cause = ""
    for attempt in range(ATTEMPTS):
        if attempt and stop.wait(attempt):
            raise Stopped
        try:
            _stream(partial, metadata, headers, report, stop)
            cause = "the connection closed early"
        except httpx2.HTTPError as error:
            cause = first_line(error)
        if partial.exists() and partial.stat().st_size >= size:
            return
    done = partial.stat().st_size if partial.exists() else 0
    raise DownloadFailed(
        f"the download broke off at {done / 1e6:.0f} of {size / 1e6:.0f} MB ({cause}); "
        "trying again goes on from there"
    )


def _stream(
    partial: Path,
    metadata: HfFileMetadata,
    headers: dict[str, str],
    report: Callable[[int], None],
    stop: threading.Event,
) -> None:
    done = partial.stat().st_size if partial.exists() else 0
    if done >= int(metadata.size or 0) > 0:
        return
    headers = headers | ({"Range": f"bytes={done}-"} if done else {})
    with (
        httpx2.Client(timeout=_TIMEOUT, follow_redirects=True) as client,
        client.stream("GET", metadata.location, headers=headers) as answer,
    ):
        answer.raise_for_status()
        resumed = answer.status_code == httpx2.codes.PARTIAL_CONTENT
        done = done if resumed else 0
        with partial.open("ab" if resumed else "wb") as file:
            for chunk in answer.iter_raw(CHUNK):
                file.write(chunk)
                done += len(chunk)
                report(done)
                if stop.is_set():
                    raise Stopped
            file.flush()
            os.fsync(file.fileno())


def _headers(hub: Hub, location: str) -> dict[str, str]:
    """The user's token goes to the hub only, never to where it redirects."""
    token = get_token() if httpx2.URL(location).host == hub.host else None
    authorization = {"Authorization": f"Bearer {token}"} if token else {}
    return authorization | {"Accept-Encoding": "identity"}  # the very bytes that the checksum is of


def matches(path: Path, etag: str) -> bool:
    """The hub's etag is the SHA-256 of a large file, or the git object id (a SHA-1) of a small one."""
    if len(etag) == 64:
        return sha256_of(path) == etag
    content = path.read_bytes()
    git_object = b"blob %d\0" % len(content) + content
    return hashlib.sha1(git_object, usedforsecurity=False).hexdigest() == etag


def damaged_files(spec: EncoderSpec, folder: Path) -> list[str]:
    """The files whose content isn't what their name in the cache, the checksum, says."""
    blobs = {name: (folder / name).resolve() for name in spec.files}
    return [name for name, blob in blobs.items() if not matches(blob, blob.name)]


def delete_files(folder: Path, names: list[str]) -> None:
    for name in names:
        (folder / name).resolve().unlink()


def _link(path: Path, blob: Path) -> None:
    """The cache's own layout: a snapshot's files are relative links into `blobs`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(os.path.relpath(blob, path.parent))


@contextmanager
def _alone(lock: Path, stop: threading.Event) -> Iterator[None]:
    """Wait while another process downloads the same file (two services may share one cache)."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    waiting = FileLock(lock)
    while True:
        try:
            waiting.acquire(timeout=0.5)
            break
        except Timeout:
            if stop.is_set():
                raise Stopped from None
    try:
        yield
    finally:
        waiting.release()
