"""Pictures in the order in which they were taken, under a heading for each month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from aggregate_service.catalogue.timeline import Month
from aggregate_service.web.page.messages import Messages
from aggregate_service.web.page.query_links import Address

_MONTH = len("2026-05")
Shown = Mapping[str, Any]


@dataclass(frozen=True)
class MonthGroup:
    """`name` is `2026-05`, and empty where pictures aren't grouped or nobody knows when they were taken."""

    name: str
    heading: str
    pictures: Sequence[Shown]

    @property
    def address(self) -> str:
        """Where all pictures of the month are."""
        if not self.name:
            return "/images?sort=taken"
        year, month = map(int, self.name.split("-"))
        return str(Address.of([("sort", "taken"), ("cursor", Month(year, month, 0).cursor)], "/images"))


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
