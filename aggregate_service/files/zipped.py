"""Pictures as one ZIP file that is written while it is sent: memory holds a part of one picture."""

import io
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import PurePosixPath
from typing import BinaryIO
from zipfile import ZipInfo

from aggregate_service.catalogue.records import Picture, moment_of
from aggregate_service.errors import PictureIsMissing
from aggregate_service.files.image_store import ImageStore
from aggregate_service.files.zip_stream import ZipStream
from picture_files.errors import UnreadablePicture
from picture_files.formats import BY_MEDIA_TYPE

_MISSING = "missing.txt"
_EARLIEST = 1980  # what a ZIP file can say


def zipped(pictures: Iterable[Picture], store: ImageStore, *, metadata: bool) -> Iterator[bytes]:
    """Each under its name; those whose files can't be read are listed in `missing.txt`."""
    stream, names, missing = ZipStream(), set[str](), list[str]()
    for picture in pictures:
        name = _free(_name(picture), names)
        try:
            yield from _added(stream, picture, name, store, metadata)
        except (PictureIsMissing, UnreadablePicture, OSError):
            missing.append(f"{name} ({picture.path})")
    if missing:
        stream.file.writestr(_MISSING, "\n".join(missing))
    yield stream.finish()


def _added(
    stream: ZipStream, picture: Picture, name: str, store: ImageStore, metadata: bool
) -> Iterator[bytes]:
    with store.open_picture(picture) as file:
        source: BinaryIO = file
        if not metadata:
            data, media_type = store.stripped(file)
            source, name = io.BytesIO(data), _with_suffix(name, media_type)
        entry = ZipInfo(name, _date(picture))
        entry.external_attr = 0o644 << 16
        yield from stream.add(entry, source)
    yield stream.take()


def _name(picture: Picture) -> str:
    """What people call it, with the suffix of its format; no folder in it, nor what a system can't write."""
    called = PurePosixPath((picture.title or picture.path).replace("\\", "/")).name
    plain = "".join(letter if letter.isprintable() and letter not in '<>:"|?*' else "_" for letter in called)
    return _with_suffix(plain.strip(". ")[:150] or str(picture.id), picture.media_type)


def _with_suffix(name: str, media_type: str | None) -> str:
    format_ = BY_MEDIA_TYPE.get(media_type or "")
    if format_ is None or PurePosixPath(name.lower()).suffix in format_.suffixes:
        return name
    return name + format_.suffixes[0]


def _free(name: str, taken: set[str]) -> str:
    """`beach (2).jpg` where another is called `beach.jpg`, in whatever letters."""
    path, number, free = PurePosixPath(name), 2, name
    while free.casefold() in taken:
        free, number = f"{path.stem} ({number}){path.suffix}", number + 1
    taken.add(free.casefold())
    return free


def _date(picture: Picture) -> tuple[int, int, int, int, int, int]:
    moment = None
    with suppress(ValueError):
        moment = moment_of(picture.taken)
    if moment is None or moment.year < _EARLIEST:
        moment = datetime(_EARLIEST, 1, 1)
    return moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second
