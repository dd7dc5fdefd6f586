"""Every table of the catalogue and of the jobs. A change here needs a migration; a test compares the two."""

import json

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    false,
    true,
)
from sqlalchemy.engine import Dialect

from service_kit.messages.message import Message, members, received, type_of

_MESSAGE = f'{{"type": "{type_of("")}'


class MessageText(TypeDecorator[str]):
    """A message as JSON, with its name and parameters; any other text as it is, as older rows have it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        return json.dumps(members(value)) if isinstance(value, Message) else value

    def process_result_value(self, value: str | None, _dialect: Dialect) -> str | None:
        if value is None or not value.startswith(_MESSAGE):
            return value
        return received(json.loads(value))


_In_its_bytes = Text().with_variant(Text(collation="C"), "postgresql")
"""Sorted by code points in both databases, so that an index answers what begins with something."""

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_unique",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)
Id = BigInteger().with_variant(Integer, "sqlite")  # in SQLite only INTEGER is the row's own key


def _belongs_to(name: str, to: str, *, primary_key: bool = False) -> Column[int]:
    """Goes when the other row goes."""
    key = ForeignKey(f"{to}.id", ondelete="CASCADE")
    return Column(name, Id, key, primary_key=primary_key, nullable=False, autoincrement=False)


roots = Table(
    "roots",
    metadata,
    Column("id", Id, primary_key=True),
    Column("path", Text, nullable=False, unique=True),
    Column("label", Text, nullable=False),
    Column("notice", Text, nullable=False),
    Column("forgotten", Boolean, nullable=False, server_default=false()),
    sqlite_autoincrement=True,  # an id is never given to another folder
)
"""Folders indexed in place. The path is empty for IMAGES_DIR before anything was indexed.

`forgotten`: not served any more; what lay in it is missing, and there again when the folder is added again.
"""

pictures = Table(
    "pictures",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("root_id", Id, ForeignKey("roots.id")),
    Column("path", Text, nullable=False),
    Column("sha256", Text, unique=True),
    Column("size", BigInteger),
    Column("mtime_ns", BigInteger),
    Column("width", Integer),
    Column("height", Integer),
    Column("pixels", Text),
    Column("title", Text),
    Column("source_url", Text),
    Column("folder", Text, nullable=False),
    Column("added_at", Double, nullable=False),
    Column("name", _In_its_bytes, nullable=False, server_default=""),
    Column("media_type", Text),
    Column("taken", BigInteger, nullable=False, server_default="0"),
    Column("taken_offset", Integer),
    Column("taken_guessed", Boolean, nullable=False, server_default=true()),
    Column("camera", _In_its_bytes),
    Column("has_position", Boolean, nullable=False, server_default=false()),
    Column("short_side", Integer),
    Column("shape", Text),
    Index(None, "added_at", "id"),
    Index(None, "root_id", "id"),
    Index(None, "name", "id"),
    Index(None, "taken", "id"),
    Index(None, "size", "id"),
    Index(None, "camera", "id"),
    Index(None, "media_type", "id"),
    Index(None, "shape", "id"),
    Index(None, "short_side", "id"),
)
"""One row for each content. `root_id` NULL: below UPLOAD_DIR. `added_at` never falls as ids rise.

`pixels` is the hash of the picture's data without its tags, where its format tells the two apart, and behind
a dot that of what turns and colours it (not there where an older version read it). `name` is
what it is sorted by. `taken` is the local time as digits (20260301123005), so that it sorts, and its first
six are the month; guessed from the file where the picture doesn't say it. What was read by versions without
them has no `media_type` yet (`jobs/describing.py`).
"""

places = Table(
    "places",
    metadata,
    Column("place", Text, primary_key=True),
    _belongs_to("picture_id", "pictures"),
    Column("root_id", Id, ForeignKey("roots.id")),
    Column("path", Text),
    Column("mtime_ns", BigInteger),
    Column("ctime_ns", BigInteger),
    Column("lost_since", Double),
    Column("unreachable", Boolean, nullable=False, server_default=false()),
    Index(None, "picture_id"),
    Index(None, "root_id", "path"),
    Index(None, "lost_since"),
    sqlite_with_rowid=False,
)
"""Everywhere that a content is: `<root id>:<path>`, `store:<path>`, or a link (then `path` is NULL).

A place is lost `since` a scan didn't find its file; `unreachable` when it couldn't look.
"""

hidden = Table(
    "hidden",
    metadata,
    _belongs_to("picture_id", "pictures", primary_key=True),
    Column("since", Double, nullable=False),
    Column("unreachable", Boolean, nullable=False),
    Index(None, "since"),
)
"""Pictures none of whose places has a file now: missing since then, or `unreachable`, where no clock runs."""

mounts = Table(
    "mounts",
    metadata,
    _belongs_to("root_id", "roots", primary_key=True),
    Column("path", Text, primary_key=True),
    Column("device", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""On which device a root is, and each folder below it that is on another one than the folder above."""

kept_out = Table(
    "kept_out",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("below", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Index(None, "size"),
    sqlite_with_rowid=False,
)
"""Contents that people deleted: scans leave them out below a folder (`/<root id>/a/b`; empty: anywhere)."""

picture_labels = Table(
    "picture_labels",
    metadata,
    Column("label", _In_its_bytes, primary_key=True),
    _belongs_to("picture_id", "pictures", primary_key=True),
    Index(None, "picture_id"),
    sqlite_with_rowid=False,
)

picture_folders = Table(
    "picture_folders",
    metadata,
    Column("folder", _In_its_bytes, primary_key=True),
    _belongs_to("picture_id", "pictures", primary_key=True),
    Index(None, "picture_id"),
    sqlite_with_rowid=False,
)
"""Each folder that has the picture in it, at any depth, so that a page of one needs no sorting: `a/b`,
and with its root `/<root id>/a/b`.
"""

collections = Table(
    "collections",
    metadata,
    Column("name", Text, primary_key=True),
    sqlite_with_rowid=False,
)
"""Every collection that vectors of these pictures were ever sent to: a deletion reaches all of them."""

indexed = Table(
    "indexed",
    metadata,
    Column("collection", Text, primary_key=True),
    _belongs_to("picture_id", "pictures", primary_key=True),
    Column("compared", Boolean, nullable=False, server_default=false()),
    Index(None, "picture_id"),
    Index(None, "collection", "compared", "picture_id"),
    sqlite_with_rowid=False,
)
"""`compared`: its duplicates were looked for (`duplicates`)."""

duplicates = Table(
    "duplicates",
    metadata,
    Column("collection", Text, primary_key=True),
    _belongs_to("picture_id", "pictures", primary_key=True),
    Column("first", Id, nullable=False),
    Index(None, "picture_id"),
    Index(None, "collection", "first"),
    sqlite_with_rowid=False,
)
"""Pictures that are nearly the same to an encoder: those of one group have its lowest id as their `first`."""

excluded = Table(
    "excluded",
    metadata,
    _belongs_to("root_id", "roots", primary_key=True),
    Column("path", Text, primary_key=True),
    sqlite_with_rowid=False,
)
"""Files that people deleted before contents were noted (`kept_out`), until a scan reads them once more."""

deleted = Table(
    "deleted",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("content", Text),
    Column("until", Double, nullable=False),
    Index(None, "until"),
)
"""Deletions under way, and those that may be undone `until` then. `content` NULL: nothing to bring back."""

settings = Table(
    "settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("rights", Text, nullable=False),
    Column("hash", Text, nullable=False, unique=True),
    Column("created_at", Double, nullable=False),
    Column("used_at", Double),
    sqlite_autoincrement=True,  # an id in the audit log is never another key's
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("params", Text, nullable=False),
    Column("total", Integer, nullable=False, server_default="0"),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("failed", Integer, nullable=False, server_default="0"),
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("finished_at", Double),
    Column("lease_owner", Text),
    Column("lease_until", Double),
    Column("waiting", Text),
    Index(None, "state", "created_at"),
    Index(None, "created_at"),
)

job_items = Table(
    "job_items",
    metadata,
    Column("job_id", Text, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("payload", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("error", MessageText),
    Column("status", Integer),
    Column("picture_id", Id),
    Column("result", Text),
    Column("lease_owner", Text),
    Column("lease_until", Double),
    Index(None, "job_id", "state", "number"),
    Index(None, "lease_owner"),
    sqlite_with_rowid=False,
)
