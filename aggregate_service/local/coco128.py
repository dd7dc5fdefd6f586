"""COCO128 (128 photos of COCO train2017 with labels): downloaded or taken from a zip, checked, laid out."""

import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import httpx2

# The public release's facts: github.com/ultralytics/assets, release v0.0.0, file coco128.zip.
SHA256 = "61e5e3028863d8ffc3b81d6a514603954889f0edd5e4b44c4ce60b2da99aeb8e"
BYTES = 6_983_030
PICTURES = 128
_UNPACKED_BYTES_AT_MOST = 200_000_000

Progress = Callable[[int, int], None]


class Coco128Unavailable(Exception):
    """COCO128 can't be had from there; the message says why in one line."""


def download(url: str, target: Path, progress: Progress, *, sha256: str = SHA256) -> None:
    """Fetch the archive to `target`, or raise `Coco128Unavailable` within seconds of a silent network."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    try:
        digest = _stream(url, part, progress)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        part.unlink(missing_ok=True)
        raise Coco128Unavailable(f"{url} can't be reached ({error or type(error).__name__})") from error
    if digest != sha256:
        part.unlink()
        raise Coco128Unavailable(f"{url} sent something else than COCO128 (SHA-256 {digest[:12]}…)")
    part.replace(target)


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


def unpack(archive: Path, folder: Path) -> None:
    """Lay the archive out as `folder/train/*.jpg` and `folder/labels/*.txt`, whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".coco-128-"))
    try:
        with zipfile.ZipFile(archive) as bundle:
            _unpack_members(bundle, scratch)
        found = len(list((scratch / "train").glob("*.jpg")))
        if found != PICTURES:
            raise ValueError(f"it holds {found} pictures in images/train2017, not {PICTURES}")
        scratch.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        scratch.replace(folder)
    except (zipfile.BadZipFile, OSError, ValueError, EOFError) as error:
        raise Coco128Unavailable(f"{archive} isn't a readable COCO128 archive ({error})") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _unpack_members(bundle: zipfile.ZipFile, scratch: Path) -> None:
    (scratch / "train").mkdir()
    (scratch / "labels").mkdir()
    if sum(member.file_size for member in bundle.infolist()) > _UNPACKED_BYTES_AT_MOST:
        raise ValueError("it unpacks to more than 200 MB")
    for member in bundle.infolist():
        path = PurePosixPath(member.filename)  # only the file's own name is used: nothing lands elsewhere
        if path.parent.match("images/train2017") and path.suffix == ".jpg":
            (scratch / "train" / path.name).write_bytes(bundle.read(member))
        elif path.parent.match("labels/train2017") and path.suffix == ".txt":
            (scratch / "labels" / path.name).write_bytes(bundle.read(member))
