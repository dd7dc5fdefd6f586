"""What the catalogue's rows say, as the rest of the service handles them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from picture_files.metadata import NOTHING_SAID, Metadata

_LATEST = 4e9  # seconds since 1970
_LONGEST_NAME = 200
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
    name: str = ""
    """What it is sorted by."""
    media_type: str | None = None
    taken: int = 0
    """The local time as digits (`moment_of`)."""
    taken_offset: int | None = None
    taken_guessed: bool = True
    camera: str | None = None
    has_position: bool = False
    short_side: int | None = None
    shape: str | None = None

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
    media_type: str | None = None
    metadata: Metadata = NOTHING_SAID

    SAID: ClassVar = ("media_type", "taken", "taken_offset", "taken_guessed", "camera", "has_position")
    """What a file says of itself, its tags included."""
    COLUMNS: ClassVar = (
        *("size", "mtime_ns", "sha256", "width", "height", "pixels", "short_side", "shape"),
        *SAID,
    )

    @property
    def columns(self) -> dict[str, Any]:
        """What the row of the picture keeps of it."""
        return {name: getattr(self, name) for name in self.COLUMNS}

    @property
    def taken(self) -> int:
        said = self.metadata.taken
        return digits_of(said.at) if said else digits_of_time(self.mtime_ns / 1e9)

    @property
    def taken_offset(self) -> int | None:
        return self.metadata.taken.offset if self.metadata.taken else None

    @property
    def taken_guessed(self) -> bool:
        return self.metadata.taken is None

    @property
    def camera(self) -> str | None:
        return self.metadata.camera

    @property
    def has_position(self) -> bool:
        return self.metadata.has_position

    @property
    def short_side(self) -> int:
        return min(self.width, self.height)

    @property
    def shape(self) -> str:
        if self.width == self.height:
            return "square"
        return "landscape" if self.width > self.height else "portrait"


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


@dataclass(frozen=True, slots=True)  # a scan holds one for each file of a folder
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


def digits_of(moment: datetime) -> int:
    """A local time as a number that sorts as it does: 20260301123005."""
    return int(moment.strftime("%Y%m%d%H%M%S"))


def digits_of_time(seconds: float) -> int:
    """The same of seconds since 1970, in UTC; of a file's strange time the nearest that can be said."""
    return digits_of(datetime.fromtimestamp(min(max(seconds, 0.0), _LATEST), UTC))


def moment_of(digits: int) -> datetime | None:
    """None for what is no time."""
    try:
        return datetime.strptime(str(digits), "%Y%m%d%H%M%S")
    except ValueError:
        return None


def sort_name(title: str | None, path: str) -> str:
    """What a picture is sorted by: its title, else its file's name, without regard to capitals."""
    return (title or path.rpartition("/")[2]).casefold()[:_LONGEST_NAME]


def link_key(url: str) -> str:
    """What `places` knows a link by: itself, or the hash of one that is too long for an index."""
    if len(url) <= _LONGEST_KEY:
        return url
    return f"link:{hashlib.sha256(url.encode()).hexdigest()}"


FAVOURITE = "♥"
"""The label of the pictures that somebody likes best."""
