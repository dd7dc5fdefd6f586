"""What a filter means in one database: sets of pictures, each with the index that answers it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, and_, exists, false, func, select, true

from aggregate_service.catalogue.filters import PictureFilter
from aggregate_service.catalogue.tables import hidden, picture_folders, picture_labels, pictures, roots
from service_kit.messages.message import Message, message

FEW = 10_000  # so many are sorted in a moment
_SAMPLE = 1_000
_ALL = true()
_ANY_HIDDEN = select(hidden.c.picture_id).where(hidden.c.since >= 0).limit(1)


@dataclass(frozen=True)
class PictureSet:
    """The pictures that one condition means, in an index that has them in the order of their ids.

    One with a `span` is a part of another order, that of a column: from this value on and before that.
    """

    table: FromClause
    id: ColumnElement[int]
    condition: ColumnElement[bool]
    span: tuple[str, int | None, int | None] | None = None
    size: int | None = None
    """How many there are, where they are few."""

    @property
    def in_order(self) -> bool:
        return self.span is None

    def between(self, since: int | None, until: int | None) -> tuple[ColumnElement[bool], ...]:
        """In the set, from the id `since` on and before `until`."""
        return (self.condition, *_bounds(self.id, since, until))

    @property
    def is_everything(self) -> bool:
        return self.table is pictures and self.condition is _ALL


def _bounds(
    value: ColumnElement[int], since: int | None, until: int | None
) -> tuple[ColumnElement[bool], ...]:
    """From `since` on and before `until`, where they are given."""
    lower = () if since is None else (value >= since,)
    upper = () if until is None else (value < until,)
    return (*lower, *upper)


@dataclass(frozen=True)
class Chosen:
    """The filter for one database: the newest of its pictures have the highest ids.

    The `walked` set is read, from `since` on and before `until`, in the order of ids if it has that; whether
    a picture is in the `others` too is looked up.
    """

    walked: PictureSet
    since: int | None = None
    until: int | None = None
    others: tuple[PictureSet, ...] = ()
    without_hidden: bool = False
    """Some pictures are hidden, and not meant."""

    @property
    def id(self) -> ColumnElement[int]:
        return self.walked.id

    @property
    def order(self) -> ColumnElement[int]:
        """By id. What no index has in that order is sorted: to read all pictures in it would take longer."""
        return self.id if self.walked.in_order else self.id + 0

    @property
    def shortest(self) -> "Chosen":
        """The same pictures; what is walked is the range that one index has together, if there is one."""
        first = next((one for one in self.sets if not one.in_order), self.walked)
        rest = tuple(one for one in self.sets if one is not first)
        return replace(self, walked=first, others=rest)

    @property
    def own(self) -> tuple[ColumnElement[bool], ...]:
        """What one index answers in the order of ids."""
        return self.walked.between(self.since, self.until)

    @property
    def conditions(self) -> tuple[ColumnElement[bool], ...]:
        """The bounds of the others are said too: PostgreSQL, which may merge the sets, doesn't infer them."""
        return (*self.own, *self.looked_up(self.id))

    @property
    def is_everything(self) -> bool:
        """But for what is hidden."""
        return self.walked.is_everything and not self.others and self.since is None and self.until is None

    def spans(self, column: ColumnElement[Any]) -> tuple[ColumnElement[bool], ...]:
        """What is asked of this column itself."""
        found = (one.span for one in self.sets if one.span and one.span[0] == column.key)
        return tuple(bound for span in found for bound in _bounds(column, *span[1:]))

    def along(self, column: ColumnElement[Any]) -> tuple[ColumnElement[bool], ...]:
        """What else is, of a picture that is met in the order of this column."""
        rest = tuple(one for one in self.sets if one.span is None or one.span[0] != column.key)
        return replace(self, walked=_everything(), others=rest).conditions

    @property
    def sets(self) -> tuple[PictureSet, ...]:
        """All that say something."""
        return tuple(one for one in (self.walked, *self.others) if not one.is_everything)

    def looked_up(self, id_: ColumnElement[int]) -> tuple[ColumnElement[bool], ...]:
        """Whether the picture with this id is in the others."""
        shown = (~exists().where(hidden.c.picture_id == id_),) if self.without_hidden else ()
        others = (exists().where(one.id == id_, *one.between(self.since, self.until)) for one in self.others)
        return (*others, *shown)

    def narrowed(self, since: int | None = None, until: int | None = None) -> "Chosen":
        """Within these bounds too. Of two lower ones SQLite would jump to the first, and read on from it."""
        lower = [bound for bound in (self.since, since) if bound is not None]
        upper = [bound for bound in (self.until, until) if bound is not None]
        return replace(self, since=max(lower, default=None), until=min(upper, default=None))


def choose(db: Connection, wanted: PictureFilter) -> Chosen:
    """The set that the fewest pictures are in is the one to walk."""
    walked, *others = _fewest_first(db, [_sized(db, one) for one in _sets(db, wanted)])
    since, until = (
        None if moment is None else _first_since(db, moment) for moment in (wanted.after, wanted.before)
    )
    some_hidden = not wanted.missing and db.scalar(_ANY_HIDDEN) is not None
    return Chosen(walked, since, until, tuple(others), some_hidden)


def without_pictures(db: Connection, wanted: PictureFilter) -> list[Message]:
    """Which of these labels and this folder no picture has: mistyped, most likely."""
    labels = {label: PictureFilter(labels=(label,)) for label in wanted.labels}
    said = [message("no-such-label", label=label) for label, alone in labels.items() if not _any(db, alone)]
    if wanted.folder and not _any(db, PictureFilter(folder=wanted.folder)):
        said.append(message("no-picture-in-folder", folder=wanted.folder))
    return said


def _any(db: Connection, wanted: PictureFilter) -> bool:
    chosen = choose(db, wanted)
    some = select(chosen.id).select_from(chosen.walked.table).where(*chosen.conditions).limit(1)
    return db.execute(some).first() is not None


def _sets(db: Connection, wanted: PictureFilter) -> list[PictureSet]:
    sets = [_labelled(label) for label in wanted.labels]
    if wanted.folder:
        sets.append(_in_folders(folder_keys(db, wanted.folder)))
    if wanted.missing:
        sets.append(PictureSet(hidden, hidden.c.picture_id, true()))
    alike = ((pictures.c.camera, wanted.camera), (pictures.c.shape, wanted.orientation))
    for column, value in (*alike, (pictures.c.media_type, wanted.type)):
        if value is not None:
            row = pictures.alias()
            sets.append(PictureSet(row, row.c.id, row.c[column.name] == value))
    least, until = wanted.taken_after, wanted.taken_before
    if least is not None or until is not None:
        sets.append(_within(pictures.c.taken, least, until))
    if wanted.min_side is not None:
        sets.append(_within(pictures.c.short_side, wanted.min_side, None))
    return sets


def _within(column: ColumnElement[int], least: int | None, until: int | None) -> PictureSet:
    """From `least` on and before `until`."""
    row, name = pictures.alias(), column.key or ""
    return PictureSet(row, row.c.id, and_(true(), *_bounds(row.c[name], least, until)), (name, least, until))


def _sized(db: Connection, found: PictureSet) -> PictureSet:
    """With its size, if that is small: to count more takes the longer, the more there are."""
    some = select(found.id).select_from(found.table).where(found.condition).limit(FEW + 1).subquery("counted")
    size = db.scalar(select(func.count()).select_from(some)) or 0
    return found if size > FEW else replace(found, size=size)


def _labelled(label: str) -> PictureSet:
    row = picture_labels.alias()
    return PictureSet(row, row.c.picture_id, row.c.label == label)


def _in_folders(listed: list[str]) -> PictureSet:
    row = picture_folders.alias()
    match listed:
        case []:
            return PictureSet(row, row.c.picture_id, false())
        case [folder]:
            return PictureSet(row, row.c.picture_id, row.c.folder == folder)
    picture = pictures.alias()
    inside = exists().where(
        picture_folders.c.picture_id == picture.c.id, picture_folders.c.folder.in_(listed)
    )
    return PictureSet(picture, picture.c.id, inside)


def _everything() -> PictureSet:
    return PictureSet(pictures, pictures.c.id, _ALL)


def _fewest_first(db: Connection, sets: list[PictureSet]) -> list[PictureSet]:
    few = sorted((one for one in sets if one.size is not None), key=lambda one: one.size or 0)
    many = [one for one in sets if one.size is None and one.in_order]
    spans = [one for one in sets if one.size is None and not one.in_order]
    listed = [*few, *(_sparsest_first(db, many) if len(many) > 1 and not few else many)]
    return [*(listed or [_everything()]), *spans]


def _sparsest_first(db: Connection, sets: list[PictureSet]) -> list[PictureSet]:
    """By where the newest thousand of each end: they reach the further back, the fewer there are."""
    reach = []
    for each in sets:
        query = select(each.id).select_from(each.table).where(each.condition)
        reach.append(db.scalar(query.order_by(each.id.desc()).offset(_SAMPLE).limit(1)) or 0)
    return [sets[place] for place in sorted(range(len(sets)), key=reach.__getitem__)]


def folder_keys(db: Connection, folder: str) -> list[str]:
    """As `picture_folders` lists it; several where it lies above several roots."""
    folder = folder.rstrip("/") or "/"
    if not folder.startswith("/"):
        return [folder.removeprefix("./")]
    served = select(roots.c.id, roots.c.path).where(~roots.c.forgotten, roots.c.path != "")
    known = [(id_, path) for id_, path in db.execute(served)]
    for id_, path in known:
        if folder.startswith(f"{path}/"):
            return [f"/{id_}/{folder.removeprefix(f'{path}/')}"]
    return [f"/{id_}" for id_, path in known if folder in ("/", path) or path.startswith(f"{folder}/")]


def _first_since(db: Connection, moment: datetime) -> int:
    """Dates rise with ids, so a range of dates is one of ids."""
    since = pictures.c.added_at >= moment.timestamp()
    order = (pictures.c.added_at, pictures.c.id)
    found: Any = db.scalar(select(pictures.c.id).where(since).order_by(*order).limit(1))
    if found is None:
        found = (db.scalar(select(func.max(pictures.c.id))) or 0) + 1
    return int(found)
