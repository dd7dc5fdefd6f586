"""Which pictures are served: the user's own folder, else what a backup holds, else COCO128, else the gallery
that we draw ourselves."""

import fcntl
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from aggregate_service.jobs.scan import escaped, is_unicode
from aggregate_service.local import coco128
from aggregate_service.local.config import LocalSettings
from aggregate_service.sample_gallery import SAMPLE_BYTES, draw_sample_gallery
from service_kit.disk import why_not_written

SAMPLE_NOTICE = (
    "COCO128 couldn't be downloaded, so this is a sample gallery of drawn pictures. "
    "Start again with COCO128_ARCHIVE=/path/to/coco128.zip for COCO128, "
    "or with IMAGES=/path/to/folder for your own pictures."
)

ProgressBar = Callable[[str], AbstractContextManager[coco128.Progress]]
Say = Callable[[str], None]
Draw = Callable[[Path, coco128.Progress], None]


class NoPictures(Exception):
    """What the user asked to serve can't be; the message says why and what to do."""


@dataclass(frozen=True)
class LocalState:
    """The folder of what we keep (catalogue, index, thumbnails), and what people are told of the pictures."""

    state: Path
    label: str
    notice: str = ""

    def places(self) -> dict[str, Path]:
        """The settings that put it there: what belongs to different pictures never mixes."""
        return {
            "CATALOG_PATH": self.state / "catalog.db",
            "IMAGES_PATH_FILE": self.state / "image_paths.json",
            "INDEX_SAVE_PATH": self.state / "index.faiss",
            "SEARCH_DATA_DIR": self.state / "search",
            "THUMBNAILS_DIR": self.state / "thumbnails",
            "UPLOAD_DIR": self.state / "uploads",
            "INCOMING_DIR": self.state / "incoming",
        }


@dataclass(frozen=True)
class LocalGallery(LocalState):
    """A folder of pictures to serve."""

    folder: Path = field(kw_only=True)

    def places(self) -> dict[str, Path]:
        return super().places() | {"IMAGES_DIR": self.folder}


def is_restored(settings: LocalSettings) -> bool:
    """Whether a backup is served, which is restored now or was by an earlier start."""
    return settings.images is None and bool(settings.restore_from or _note_of(settings.data_dir).exists())


def note_restored(settings: LocalSettings) -> None:
    """Later starts serve what was restored, without RESTORE_FROM too."""
    if is_restored(settings):
        _note_of(settings.data_dir).touch()


def _note_of(data_dir: Path) -> Path:
    return data_dir / "restored"


def find_gallery(
    settings: LocalSettings, bar: ProgressBar, say: Say, draw: Draw = draw_sample_gallery
) -> LocalState:
    """Choose and fetch the pictures; `NoPictures` when the ones asked for can't be had or kept.

    What comes from a backup knows its folders itself: nothing is fetched.
    """
    with _written_below(settings.data_dir):
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=settings.data_dir).close()
    unfinished = settings.data_dir / ".unfinished"  # all that a killed start can leave behind
    with _locked(settings.data_dir):
        shutil.rmtree(unfinished, ignore_errors=True)
        try:
            return _choose(settings, unfinished, bar, say, draw)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


def state_here(settings: LocalSettings) -> LocalState | None:
    """Where an earlier start has put what it derived, if there was one."""
    return _restored(settings.data_dir) if is_restored(settings) else gallery_here(settings)


def gallery_here(settings: LocalSettings) -> LocalGallery | None:
    """What `find_gallery` has found before, as far as it is still here."""
    if settings.images is not None:
        return _own_folder(settings.images, settings.data_dir)
    known = (_coco128(settings.data_dir), _sample_gallery(settings.data_dir))
    return next((gallery for gallery in known if gallery.folder.is_dir()), None)


def _choose(settings: LocalSettings, unfinished: Path, bar: ProgressBar, say: Say, draw: Draw) -> LocalState:
    if settings.images is not None:
        check_own_folder(settings.images)
        return _own_folder(settings.images, settings.data_dir)
    if is_restored(settings):
        return _restored(settings.data_dir)
    coco = _coco128(settings.data_dir)
    try:
        if not coco.folder.is_dir():
            _get_coco128(settings, coco.folder.parent, unfinished, bar)
    except coco128.Coco128Unavailable as error:
        if settings.coco128_archive is not None:
            raise NoPictures(f"COCO128_ARCHIVE: {error}.") from error
        say(f"COCO128: {error}.")
        sample = _sample_gallery(settings.data_dir)
        if not sample.folder.is_dir():
            with (
                bar("Drawing the sample gallery") as progress,
                _written_below(settings.data_dir, SAMPLE_BYTES),
            ):
                draw(unfinished / "pictures", progress)
                sample.state.mkdir(parents=True, exist_ok=True)
                (unfinished / "pictures").replace(sample.folder)
        return sample
    return coco


def _restored(data_dir: Path) -> LocalState:
    return LocalState(data_dir, "as restored")


def _coco128(data_dir: Path) -> LocalGallery:
    return LocalGallery(data_dir, "COCO128", folder=data_dir / "coco-128" / "train")


def _sample_gallery(data_dir: Path) -> LocalGallery:
    state = data_dir / "sample-gallery"
    return LocalGallery(state, "the sample gallery", SAMPLE_NOTICE, folder=state / "pictures")


def _own_folder(images: Path, data_dir: Path) -> LocalGallery:
    folder = images.resolve()
    slug = re.sub(r"[^a-z0-9]+", "-", folder.name.lower()).strip("-")[:40]
    key = hashlib.sha256(os.fsencode(folder)).hexdigest()[:8]
    state = data_dir / "folders" / f"{slug}-{key}"
    return LocalGallery(state, folder.name or str(folder), folder=folder)


def check_own_folder(images: Path) -> None:
    """`NoPictures` when it can't be served."""
    folder = images.resolve()
    if not is_unicode(str(folder)):
        raise NoPictures(f"IMAGES={escaped(str(images))}: its name isn't valid UTF-8; rename it.")
    if not os.path.isdir(folder):  # noqa: PTH112 - Path's own raises where a folder above is closed to us
        raise NoPictures(f"IMAGES={images}: there is no such folder, or this user may not see it.")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise NoPictures(f"IMAGES={images}: this user has no right to read that folder.")


def _get_coco128(settings: LocalSettings, folder: Path, unfinished: Path, bar: ProgressBar) -> None:
    archive = settings.coco128_archive or unfinished / "coco128.zip"
    if settings.coco128_archive is None:
        with bar("Downloading COCO128") as progress, _written_below(settings.data_dir, 2 * coco128.BYTES):
            coco128.download(settings.coco128_url, archive, progress)
    # Photos don't shrink in a zip: what comes out takes as much room as the archive.
    size = archive.stat().st_size if archive.is_file() else 0
    with bar("Unpacking COCO128"), _written_below(settings.data_dir, size):
        coco128.unpack(archive, folder, unfinished / folder.name)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """A start that fetches at the same time is waited for: what it fetches needn't be fetched again."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _written_below(data_dir: Path, needed: int = 0) -> Iterator[None]:
    """What fails in here failed for the sake of our own folder: that is said, and what to do."""
    try:
        yield
    except OSError as error:
        raise NoPictures(f"{why_not_written(data_dir, error, needed)}: DATA_DIR=/another/folder.") from error
