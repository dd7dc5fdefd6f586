"""How many pictures there are of each month, by their own clocks, and where each begins in that order."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select

from aggregate_service.catalogue.chosen import choose
from aggregate_service.catalogue.filters import PictureFilter
from aggregate_service.catalogue.paging import Cursor, slice_of
from aggregate_service.catalogue.pictures import taken
from aggregate_service.catalogue.tables import hidden, pictures

_MONTH = 10**8  # digits of a local time after its month


@dataclass(frozen=True)
class Month:
    year: int
    month: int
    count: int

    @property
    def cursor(self) -> str:
        """Of the page in the order of `taken` that begins with its newest picture."""
        last = (self.year * 100 + self.month + 1) * _MONTH
        return str(Cursor(0, sort="taken", key=last))


def newest(db: Connection, most_months: int, most: int) -> list[int]:
    """The newest pictures of the newest months, newest first: at most `most` of them, shared out evenly."""
    chosen = choose(db, PictureFilter())
    cursor: str | None = None
    found: list[list[int]] = []
    while len(found) < most_months and (ids := slice_of(db, chosen, cursor, most, "taken").ids):
        when = taken(db, ids)
        month = when[ids[0]] // _MONTH
        found.append([id_ for id_ in ids if when[id_] // _MONTH == month])
        cursor = str(Cursor(0, sort="taken", key=month * _MONTH))
    each = most // max(1, len(found))
    return [id_ for ids in found for id_ in ids[:each]]


def months(db: Connection) -> list[Month]:
    """Newest first. What is hidden isn't counted."""
    rows = {row[0]: row[1] for row in db.execute(_COUNTED)}
    for number, count in db.execute(_UNSEEN):
        rows[number] -= count
    return [
        Month(number // 100, number % 100, rows[number])
        for number in sorted(rows, reverse=True)
        if rows[number]
    ]


def _counted() -> Select[Any]:
    """The index is jumped through, month by month: to group all rows takes five times as long."""
    taken = pictures.c.taken
    month = select((func.max(taken) // _MONTH).label("number")).cte("month", recursive=True)
    older = select(func.max(taken)).where(taken < month.c.number * _MONTH).scalar_subquery()
    month = month.union_all(select(older // _MONTH).where(month.c.number.is_not(None)))
    within = (taken >= month.c.number * _MONTH, taken < (month.c.number + 1) * _MONTH)
    count = select(func.count()).select_from(pictures).where(*within).scalar_subquery()
    return select(month.c.number, count).where(month.c.number.is_not(None))


def _unseen() -> Select[Any]:
    month = (pictures.c.taken // _MONTH).label("month")
    among = pictures.join(hidden, hidden.c.picture_id == pictures.c.id)
    return select(month, func.count()).select_from(among).group_by(month)


_COUNTED, _UNSEEN = _counted(), _unseen()
