"""What the catalogue's rows say, as the rest of the service handles them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

_LONGEST_KEY = 600  # characters; PostgreSQL indexes up to 2,700 bytes


@dataclass(frozen=True)
class Place:
    """Where a file lies: in a folder that is indexed, or (`root_id` None) below UPLOAD_DIR."""

    root_id: int | None
    path: str

    @property
    def key(self) -> str:
        """What `by_place` is asked with."""
        return f"{'store' if self.root_id is None else self.root_id}:{self.path}"

    @property
    def folder(self) -> str:
        """`a/b` for `a/b/c.jpg` in a root; empty at its top, and for what isn't in a folder of the user's."""
        return "" if self.root_id is None else self.path.rpartition("/")[0]


@dataclass(frozen=True)
class Root:
    """A folder indexed in place; its path is empty while it is IMAGES_DIR, never indexed until now."""

    id: int
    path: str
    label: str
    notice: str
    forgotten: bool = False


@dataclass(frozen=True)
class Picture:
    """One content; what is None isn't known yet: it is filled in when the picture is first read."""

    id: int
    path: str
    size: int | None = None
    mtime_ns: int | None = None
    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    root_id: int | None = None
    title: str | None = None
    source_url: str | None = None
    folder: str = ""
    added_at: float = 0.0
    labels: tuple[str, ...] = ()
    pixels: str | None = None
    missing_since: float | None = None
    """None while a file of it is there; in seconds since 1970."""
    unreachable: bool = False
    """Missing, because nobody could look."""

    @property
    def place(self) -> Place:
        """The main one; further ones are only known to the catalogue."""
        return Place(self.root_id, self.path)


@dataclass(frozen=True)
class Facts:
    """What reading a picture tells about it; width and height as displayed (EXIF applied).

    `pixels`: the hash of its data without tags, where that can be told.
    """

    size: int
    mtime_ns: int
    sha256: str
    width: int
    height: int
    pixels: str | None = None
    ctime_ns: int | None = None

    COLUMNS: ClassVar = ("size", "mtime_ns", "sha256", "width", "height", "pixels")

    @property
    def columns(self) -> dict[str, Any]:
        """What the row of the picture keeps of it."""
        return {name: getattr(self, name) for name in self.COLUMNS}


@dataclass(frozen=True)
class NewPicture:
    """Content to add, with the file that holds it, and the link that it came from."""

    place: Place
    facts: Facts
    title: str | None = None
    source_url: str | None = None
    labels: Sequence[str] = ()
    first_title: str | None = None
    """What it is called where nobody says how, and only if it is new: the name of an uploaded file."""

    @property
    def title_if_new(self) -> str | None:
        return self.title or self.first_title


@dataclass(frozen=True)
class Known:
    """What the catalogue knows of one file of a root: its picture, and the content when it was last read."""

    path: str
    picture_id: int
    size: int | None
    mtime_ns: int | None
    ctime_ns: int | None
    sha256: str | None
    pixels: str | None
    lost_since: float | None
    """Its file wasn't there, or was out of reach (`unreachable`), whenever it was looked for since then."""
    unreachable: bool
    shared: bool
    """The picture has other places too, with files that are there."""


@dataclass(frozen=True)
class Restorable:
    """A deleted picture that can still be brought back: as it was, and where its content was."""

    picture: Picture
    places: tuple[Place, ...]
    links: tuple[str, ...]
    until: float


def link_key(url: str) -> str:
    """What `places` knows a link by: itself, or the hash of one that is too long for an index."""
    if len(url) <= _LONGEST_KEY:
        return url
    return f"link:{hashlib.sha256(url.encode()).hexdigest()}"
