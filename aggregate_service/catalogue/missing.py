"""Pictures that are hidden since no file of them is there: which, since when, how many."""

from sqlalchemy import Connection, exists, func, select

from aggregate_service.catalogue.tables import hidden, places


def hidden_ids(db: Connection) -> list[int]:
    return list(db.scalars(select(hidden.c.picture_id).order_by(hidden.c.picture_id)))


def missing(db: Connection, before: float | None, unreachable: bool) -> list[int]:
    """Those that have been so for longest first."""
    query = select(hidden.c.picture_id).where(hidden.c.unreachable == unreachable)
    if before is not None:
        query = query.where(hidden.c.since < before)
    return list(db.scalars(query.order_by(hidden.c.since, hidden.c.picture_id)))


def first(db: Connection) -> float | None:
    since: float | None = db.scalar(select(func.min(hidden.c.since)).where(~hidden.c.unreachable))
    return since


def count_since(db: Connection, moment: float) -> int:
    lost = exists().where(places.c.picture_id == hidden.c.picture_id, places.c.lost_since >= moment)
    counted = select(func.count()).where(hidden.c.since >= moment, ~hidden.c.unreachable, lost)
    return int(db.scalar(counted) or 0)


def counts(db: Connection) -> tuple[int, int]:
    """Missing, and out of reach."""
    counted = select(hidden.c.unreachable, func.count()).group_by(hidden.c.unreachable)
    found = {bool(row[0]): int(row[1]) for row in db.execute(counted)}
    return found.get(False, 0), found.get(True, 0)
