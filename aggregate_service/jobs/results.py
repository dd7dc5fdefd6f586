"""What came of a job's items: how many ended with which result, and why the others failed, by reason."""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Text, case, func, select, type_coerce

from aggregate_service.catalogue.storable import shown
from aggregate_service.catalogue.tables import job_items

ADDED, CHANGED, EMBEDDED, MERGED, KEPT = "added", "changed", "embedded", "merged", "kept"
_FAILED = "failed"
_SHOWN, _REASONS = 100, 100
_NAME_STARTS = len('{"type": "') + 1
_LONGEST_REASON = 300


@dataclass(frozen=True)
class ItemError:
    item: str
    status: int
    detail: str


@dataclass(frozen=True)
class Reason:
    """Why `count` items failed: as the first of them says it, and some of them."""

    status: int
    detail: str
    count: int
    items: tuple[str, ...]


def count_results(db: Connection, job_id: str) -> dict[str, int]:
    """`embedded` counts every vector that was made, as for a picture that is new."""
    query = select(job_items.c.result, func.count()).where(job_items.c.job_id == job_id)
    found = {str(name): int(count) for name, count in db.execute(query.group_by(job_items.c.result))}
    return {
        "added": found.get(ADDED, 0),
        "changed": found.get(CHANGED, 0) + found.get(MERGED, 0),
        "kept": found.get(KEPT, 0),
        "embedded": sum(found.get(name, 0) for name in (ADDED, CHANGED, EMBEDDED)),
    }


def errors_of(db: Connection, job_id: str) -> tuple[list[ItemError], list[Reason]]:
    """The first of each reason, then the second of each, up to 100, as they come in the job; and all reasons,
    the commonest first."""
    reason = _reason(db).label("reason")
    failed = (
        select(
            job_items.c.number,
            job_items.c.status,
            reason,
            func.row_number()
            .over(partition_by=(reason, job_items.c.status), order_by=job_items.c.number)
            .label("place"),
            func.count().over(partition_by=(reason, job_items.c.status)).label("count"),
        )
        .where(job_items.c.job_id == job_id, job_items.c.state == _FAILED)
        .subquery()
    )
    some = (
        select(failed, job_items.c.payload, job_items.c.error)
        .join(job_items, (job_items.c.job_id == job_id) & (job_items.c.number == failed.c.number))
        .where(failed.c.place <= _SHOWN)
        .order_by(failed.c.place, failed.c.count.desc(), failed.c.number)
        .limit(_SHOWN)
    )
    rows = db.execute(some).all()
    told = [_error(row) for row in sorted(rows, key=lambda row: row.number)]
    return told, _reasons(rows)


def _reasons(rows: Any) -> list[Reason]:
    alike: dict[tuple[str, int | None], list[Any]] = {}
    for row in rows:
        alike.setdefault((row.reason, row.status), []).append(row)
    return [
        Reason(first.status, first.detail, same[0].count, tuple(_error(row).item for row in same))
        for same in alike.values()
        if (first := _error(same[0]))
    ]


def _error(row: Any) -> ItemError:
    return ItemError(shown(json.loads(row.payload)["name"]), row.status or 500, row.error or "")


def _reason(db: Connection) -> Any:
    """The name of a message, whatever its parameters; of other text, the text."""
    text = type_coerce(job_items.c.error, Text)
    find = func.instr if db.dialect.name == "sqlite" else func.strpos
    name = func.substr(text, 1, _NAME_STARTS + find(func.substr(text, _NAME_STARTS), '"'))
    return case((text.like('{"type": "%'), name), else_=func.substr(text, 1, _LONGEST_REASON))
