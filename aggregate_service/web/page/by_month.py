"""Pictures in the order in which they were taken, under a heading for each month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from aggregate_service.web.page.messages import Messages

_MONTH = len("2026-05")
Shown = Mapping[str, Any]


@dataclass(frozen=True)
class MonthGroup:
    """`name` is `2026-05`, and empty where pictures aren't grouped or nobody knows when they were taken."""

    name: str
    heading: str
    pictures: Sequence[Shown]


def by_month(pictures: Sequence[Shown], t: Messages) -> list[MonthGroup]:
    """Neighbours of one month together; the order stays."""
    months = groupby(pictures, lambda picture: str(picture.get("taken") or "")[:_MONTH])
    return [MonthGroup(name, _heading(name, t), list(group)) for name, group in months]


def ungrouped(pictures: Sequence[Shown]) -> list[MonthGroup]:
    return [MonthGroup("", "", pictures)] if pictures else []


def _heading(name: str, t: Messages) -> str:
    if not name:
        return t("timeline.undated")
    year, month = name.split("-")
    return t.month(int(year), int(month))
