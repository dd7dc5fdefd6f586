"""COCO128 (128 photos of COCO train2017 with labels): downloaded or taken from a zip, checked, laid out.

What is wrong with the source is `Coco128Unavailable`; what is wrong with where it goes stays an `OSError`.
"""

import hashlib
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import httpx2

# The public release's facts: github.com/ultralytics/assets, release v0.0.0, file coco128.zip.
SHA256 = "61e5e3028863d8ffc3b81d6a514603954889f0edd5e4b44c4ce60b2da99aeb8e"
BYTES = 6_983_030
PICTURES = 128
_UNPACKED_BYTES_AT_MOST = 200_000_000
_PARTS = ("labels", "train")  # in the order they are put in place: `train` says that all is there

Progress = Callable[[int, int], None]


class Coco128Unavailable(Exception):
    """COCO128 can't be had from there; the message says why in one line."""


def download(url: str, target: Path, progress: Progress, *, sha256: str = SHA256) -> None:
    """Fetch the archive to `target`, or raise `Coco128Unavailable` within seconds of a silent network."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    try:
        digest = _stream(url, part, progress)
        if digest != sha256:
            raise Coco128Unavailable(f"{url} sent something else than COCO128 (SHA-256 {digest[:12]}…)")
        part.replace(target)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise Coco128Unavailable(f"{url} can't be reached ({error or type(error).__name__})") from error
    finally:
        part.unlink(missing_ok=True)


def _stream(url: str, part: Path, progress: Progress) -> str:
    digest, done = hashlib.sha256(), 0
    timeout = httpx2.Timeout(5.0, connect=3.0)
    with httpx2.stream("GET", url, follow_redirects=True, timeout=timeout) as answer, part.open("wb") as file:
        answer.raise_for_status()
        total = int(answer.headers.get("content-length", BYTES))
        for chunk in answer.iter_bytes():
            file.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            progress(done, total)
    return digest.hexdigest()


def unpack(archive: Path, folder: Path, scratch: Path) -> None:
    """Lay the archive out as `folder/train/*.jpg` and `folder/labels/*.txt`, whole or not at all.

    `scratch`, on the same file system, is where it is laid out first; it is gone afterwards.
    """
    try:
        for place, content in _files(archive):
            path = scratch / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        folder.mkdir(parents=True, exist_ok=True)
        for part in _PARTS:
            shutil.rmtree(folder / part, ignore_errors=True)
            (scratch / part).replace(folder / part)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _files(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Each file's place below the folder, and its content."""
    try:
        with zipfile.ZipFile(archive) as bundle:
            for place, member in _members(bundle).items():
                yield place, bundle.read(member)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError) as error:
        raise Coco128Unavailable(f"{archive} isn't a readable COCO128 archive ({error})") from error


def _members(bundle: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    members = {}
    for member in bundle.infolist():
        path = PurePosixPath(member.filename)  # only the file's own name is used: nothing lands elsewhere
        if path.parent.match("images/train2017") and path.suffix == ".jpg":
            members[f"train/{path.name}"] = member
        elif path.parent.match("labels/train2017") and path.suffix == ".txt":
            members[f"labels/{path.name}"] = member
    found = sum(place.startswith("train/") for place in members)
    if found != PICTURES:
        raise ValueError(f"it holds {found} pictures in images/train2017, not {PICTURES}")
    if sum(member.file_size for member in members.values()) > _UNPACKED_BYTES_AT_MOST:
        raise ValueError("it unpacks to more than 200 MB")
    return members
