"""A question as an address: what GET /search was asked, and the links that ask it a little differently."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from aggregate_service.filter_fields import NAMES
from aggregate_service.search.question import split_weight

_ASKED_BY = ("id", "url", "photo", "text", "search")
_DATES = ("after", "before", "taken_after", "taken_before")
_PLACE = ("offset", "cursor")
"""Where one is in what was found: another question begins at its beginning."""
FILTERS = (*NAMES, "missing")


@dataclass(frozen=True)
class Chip:
    """One part of the question: words, a picture of the catalogue by `id` or `url`, or a `photo` that the
    browser keeps under this name."""

    name: str
    value: str
    weight: float
    without: str
    """The address of the same question without this part."""
    label: str | None = None
    """What a picture is called, where that is known."""
    thumbnail_url: str | None = None
    width: int | None = None
    height: int | None = None

    @property
    def is_date(self) -> bool:
        return self.name in _DATES

    @property
    def in_words(self) -> bool:
        return self.name in ("text", "search")


@dataclass(frozen=True)
class Address:
    """Names and values in the order in which they were asked."""

    items: tuple[tuple[str, str], ...] = ()
    path: str = "/search"

    @classmethod
    def of(cls, items: Iterable[tuple[str, str]], path: str = "/search") -> "Address":
        return cls(tuple((name, value) for name, value in items if value), path)

    def __str__(self) -> str:
        return f"{self.path}?{urlencode(self.items)}" if self.items else self.path

    def get(self, name: str) -> str | None:
        return next((value for key, value in self.items if key == name), None)

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.items if key == name]

    def only_photos(self, keys: Iterable[str]) -> "Address":
        """The same asked about these photos alone."""
        others = tuple(item for item in self.items if item[0] not in ("photo", "combine", "box"))
        return Address((*(("photo", key) for key in keys), *others), self.path)

    def only_box(self, box: str) -> "Address":
        """The same asked about this region alone."""
        return self.put("box", box)

    def put(self, name: str, value: str | None) -> "Address":
        """Another value, or none; the picture of the page starts again at its beginning."""
        kept = tuple(item for item in self.items if item[0] not in (name, "offset"))
        return Address(kept + (((name, value),) if value else ()), self.path)

    def only(self, *names: str) -> "Address":
        return Address(tuple(item for item in self.items if item[0] in names), self.path)

    def at(self, path: str) -> "Address":
        """The same said to another path."""
        return Address(self.items, path)

    def plus(self, name: str, value: str) -> "Address":
        return Address((*self.items, (name, value)), self.path)

    def less(self, place: int) -> "Address":
        """Without the item at `place`; a region goes with its picture."""
        gone = self.items[place][0]
        kept = [item for number, item in enumerate(self.items) if number != place]
        return Address(
            tuple(item for item in kept if gone not in ("id", "url", "photo") or item[0] != "box"), self.path
        )

    def page(self, offset: int) -> str:
        """The same question's hits from that place on."""
        return str(self.put("offset", str(offset) if offset > 0 else None))

    @property
    def offset(self) -> int:
        given = self.get("offset") or ""
        return int(given) if given.isdecimal() else 0

    @property
    def own(self) -> frozenset[int]:
        """The pictures that are asked about: nobody needs to be told that they look like themselves."""
        ids = (split_weight(value) for name, value in self.items if name == "id")
        return frozenset(int(id_) for id_, weight in ids if id_.isdecimal() and float(weight or 1) > 0)

    def filters(self) -> list[Chip]:
        """What narrows the answers, each with the address of the question without it."""
        return [
            Chip(name, value, 1.0, str(self._without(place)))
            for place, (name, value) in enumerate(self.items)
            if name in FILTERS
        ]

    def _without(self, place: int) -> "Address":
        kept = (item for number, item in enumerate(self.items) if number != place and item[0] not in _PLACE)
        return Address(tuple(kept), self.path)

    @property
    def unfiltered(self) -> "Address":
        left_out = (*FILTERS, *_PLACE)
        return Address(tuple(item for item in self.items if item[0] not in left_out), self.path)

    def parts(self) -> list[Chip]:
        """What was asked for, piece by piece; an address that asks nothing else leads to the start."""
        found = []
        for place, (name, value) in enumerate(self.items):
            if name in _ASKED_BY:
                rest = self.less(place)
                asked, weight = split_weight(value)
                without = str(rest) if any(key in _ASKED_BY for key, _ in rest.items) else "/"
                found.append(Chip(name, asked, float(weight or 1), without))
        return found
