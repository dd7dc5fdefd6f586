"""Which pictures are meant: by label, folder and date. Every condition is one that an index answers."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, exists, func, select

from aggregate_service.errors import InvalidRequest
from aggregate_service.tables import picture_folders, picture_labels, pictures, roots


@dataclass(frozen=True)
class PictureFilter:
    """All conditions hold. `folder` is one of a root (`2024/summer`) or absolute, with all below it.

    `after` is included, `before` is not; a date without a time is its midnight, a time without a zone is UTC.
    """

    labels: tuple[str, ...] = ()
    folder: str | None = None
    after: datetime | None = None
    before: datetime | None = None

    @classmethod
    def of(
        cls,
        labels: tuple[str, ...] | list[str] = (),
        folder: str | None = None,
        after: str | None = None,
        before: str | None = None,
    ) -> "PictureFilter":
        """From what was asked over HTTP; empty means not asked. `InvalidRequest` for what is no date."""
        if any("\0" in text for text in (*labels, folder or "")):
            raise InvalidRequest("No label and no folder has a zero byte in its name.")
        wanted = (label.strip() for label in labels)
        return cls(
            tuple(dict.fromkeys(label for label in wanted if label)),
            folder or None,
            _moment("after", after),
            _moment("before", before),
        )

    def __bool__(self) -> bool:
        return bool(self.labels or self.folder or self.after or self.before)


@dataclass(frozen=True)
class Chosen:
    """The filter for one database: which rows, by which id; the newest have the highest ids."""

    table: FromClause
    id: ColumnElement[int]
    conditions: tuple[ColumnElement[bool], ...]


def choose(db: Connection, wanted: PictureFilter) -> Chosen:
    """A table that can be walked in the order of ids; other conditions are looked up row by row."""
    folder, root_conditions = _folder(db, wanted.folder)
    if wanted.labels:
        first, *others = wanted.labels
        table, id_ = picture_labels, picture_labels.c.picture_id
        conditions: list[ColumnElement[bool]] = [table.c.label == first]
    elif folder:
        table, id_, others = picture_folders, picture_folders.c.picture_id, []
        conditions = [table.c.folder == folder]
    else:
        table, id_, others, conditions = pictures, pictures.c.id, [], []
    for label in others:
        other = picture_labels.alias()
        conditions.append(exists().where(other.c.label == label, other.c.picture_id == id_))
    if folder and table is not picture_folders:
        inside = picture_folders.c.folder == folder
        conditions.append(exists().where(inside, picture_folders.c.picture_id == id_))
    if root_conditions is not None:
        row = pictures.alias()
        conditions.append(exists().where(row.c.id == id_, row.c.root_id.in_(root_conditions)))
    return Chosen(table, id_, (*conditions, *_dates(db, id_, wanted)))


def _folder(db: Connection, folder: str | None) -> tuple[str, list[int] | None]:
    """The folder in its root, and which roots; None for all of them."""
    folder = (folder or "").rstrip("/") or ("/" if folder else "")
    if not folder.startswith("/"):
        return folder.removeprefix("./"), None
    known = [(id_, path) for id_, path in db.execute(select(roots.c.id, roots.c.path)) if path]
    below = [id_ for id_, path in known if folder in ("/", path) or path.startswith(f"{folder}/")]
    for id_, path in known:
        if folder.startswith(f"{path}/"):
            return folder.removeprefix(f"{path}/"), [id_]
    return "", below


def _dates(db: Connection, id_: ColumnElement[int], wanted: PictureFilter) -> list[ColumnElement[bool]]:
    """Dates rise with ids, so a range of dates is one of ids."""
    conditions = []
    if wanted.after is not None:
        conditions.append(id_ >= _first_since(db, wanted.after))
    if wanted.before is not None:
        conditions.append(id_ < _first_since(db, wanted.before))
    return conditions


def _first_since(db: Connection, moment: datetime) -> int:
    since = pictures.c.added_at >= moment.timestamp()
    order = (pictures.c.added_at, pictures.c.id)
    found: Any = db.scalar(select(pictures.c.id).where(since).order_by(*order).limit(1))
    if found is None:
        found = (db.scalar(select(func.max(pictures.c.id))) or 0) + 1
    return int(found)


def _moment(name: str, given: str | None) -> datetime | None:
    if not given:
        return None
    try:
        moment = datetime.combine(date.fromisoformat(given), datetime.min.time())
    except ValueError:
        try:
            moment = datetime.fromisoformat(given)
        except ValueError:
            raise InvalidRequest(
                f"`{name}` must be a date, like 2026-03-01 or 2026-03-01T12:00:00Z; it was {given!r}."
            ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
