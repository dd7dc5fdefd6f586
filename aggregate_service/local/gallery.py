"""Which pictures are served: the user's own folder, else COCO128, else the gallery that we draw ourselves."""

import hashlib
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from aggregate_service.local import coco128
from aggregate_service.local.config import LocalSettings
from aggregate_service.sample_gallery import draw_sample_gallery

SAMPLE_NOTICE = (
    "COCO128 couldn't be downloaded, so this is a sample gallery of drawn pictures. "
    "Start again with COCO128_ARCHIVE=/path/to/coco128.zip for COCO128, "
    "or with IMAGES=/path/to/folder for your own pictures."
)

ProgressBar = Callable[[str], AbstractContextManager[coco128.Progress]]
Say = Callable[[str], None]


class NoPictures(Exception):
    """What the user asked to serve can't be; the message says why and what to do."""


@dataclass(frozen=True)
class Gallery:
    """Pictures to serve, and the folder of what we derive from them (catalogue, index, thumbnails)."""

    folder: Path
    state: Path
    label: str
    notice: str = ""


def find_gallery(settings: LocalSettings, bar: ProgressBar, say: Say) -> Gallery:
    """Choose and fetch the pictures; `NoPictures` when the ones asked for can't be had."""
    if settings.images is not None:
        own = _own_folder(settings.images, settings.data_dir)
        if not own.folder.is_dir():
            raise NoPictures(f"IMAGES={settings.images}: there is no such folder.")
        return own
    coco = _coco128(settings.data_dir)
    if settings.coco128_archive is not None and not coco.folder.is_dir():
        _unpack_given(settings.coco128_archive, coco.folder.parent)
    elif not coco.folder.is_dir():
        try:
            _download_coco128(settings, coco.folder.parent, bar)
        except coco128.Coco128Unavailable as error:
            say(f"COCO128: {error}.")
            return _draw_sample_gallery(settings.data_dir, bar)
    return coco


def gallery_here(settings: LocalSettings) -> Gallery | None:
    """What `find_gallery` has found before, as far as it is still here."""
    if settings.images is not None:
        return _own_folder(settings.images, settings.data_dir)
    known = (_coco128(settings.data_dir), _sample_gallery(settings.data_dir))
    return next((gallery for gallery in known if gallery.folder.is_dir()), None)


def _coco128(data_dir: Path) -> Gallery:
    return Gallery(data_dir / "coco-128" / "train", data_dir, "COCO128")


def _sample_gallery(data_dir: Path) -> Gallery:
    state = data_dir / "sample-gallery"
    return Gallery(state / "pictures", state, "the sample gallery", SAMPLE_NOTICE)


def _own_folder(images: Path, data_dir: Path) -> Gallery:
    folder = images.expanduser().resolve()
    slug = re.sub(r"[^a-z0-9]+", "-", folder.name.lower()).strip("-")[:40]
    key = hashlib.sha256(str(folder).encode()).hexdigest()[:8]
    return Gallery(folder, data_dir / "folders" / f"{slug}-{key}", folder.name or str(folder))


def _unpack_given(archive: Path, folder: Path) -> None:
    try:
        coco128.unpack(archive.expanduser(), folder)
    except coco128.Coco128Unavailable as error:
        raise NoPictures(f"COCO128_ARCHIVE: {error}.") from error


def _download_coco128(settings: LocalSettings, folder: Path, bar: ProgressBar) -> None:
    archive = settings.data_dir / "coco128.zip"
    with bar("Downloading COCO128") as progress:
        coco128.download(settings.coco128_url, archive, progress)
    coco128.unpack(archive, folder)
    archive.unlink()


def _draw_sample_gallery(data_dir: Path, bar: ProgressBar) -> Gallery:
    sample = _sample_gallery(data_dir)
    if not sample.folder.is_dir():
        unfinished = sample.state / "unfinished"
        with bar("Drawing the sample gallery") as progress:
            draw_sample_gallery(unfinished, progress)
        unfinished.replace(sample.folder)
    return sample
