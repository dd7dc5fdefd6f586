"""When something is done again and again: each day at a time, or every so many hours."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

PATTERN = r"^(([01]\d|2[0-3]):[0-5]\d|[1-9]\d{0,2}h)?$"


@dataclass(frozen=True)
class Schedule:
    """Once a day at a local time (`03:00`), or every so many hours (`6h`)."""

    daily: tuple[int, int] | None
    every: timedelta

    @classmethod
    def of(cls, said: str) -> Self | None:
        """None for nothing."""
        if not said:
            return None
        if hours := re.fullmatch(r"(\d+)h", said):
            return cls(None, timedelta(hours=int(hours[1])))
        hour, minute = said.split(":")
        return cls((int(hour), int(minute)), timedelta(days=1))

    def after(self, moment: datetime) -> datetime:
        """The next time; both are local."""
        if self.daily is None:
            return moment + self.every
        hour, minute = self.daily
        today = moment.replace(hour=hour, minute=minute, second=0, microsecond=0)
        return today if today > moment else today + self.every
