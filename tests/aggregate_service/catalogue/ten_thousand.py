"""Ten thousand pictures whose every fact follows from their number, and what plain Python says of them."""

import itertools
import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from aggregate_service.catalogue.catalog import Catalog, Facts, NewPicture, Place
from picture_files.metadata import Metadata, Taken

COUNT, BATCH = 10_000, 1_000
FOLDER = "/pictures"
COLLECTION = "mini-5-384"
LABELS = ("even", "every seventh", "rare")
_CAMERAS = ("Canon EOS 5D", "Pixel 9", "iPhone 17 Pro", "Ä-1 🐕", None)
_SIDES = ((4000, 3000), (3000, 4000), (640, 480), (1080, 1080), (1920, 1080), (99, 100))
_TYPES = ("image/jpeg", "image/heic", "image/png", "image/jpeg", "image/tiff")


@dataclass(frozen=True)
class Generated:
    """What is known of one picture, without asking the catalogue."""

    id: int
    name: str
    folder: str
    size: int
    width: int
    height: int
    type: str
    camera: str | None
    taken: datetime
    guessed: bool
    labels: frozenset[str]
    lost: bool

    @property
    def place(self) -> str:
        return f"{self.folder}/{self.name}"

    @property
    def short_side(self) -> int:
        return min(self.width, self.height)

    @property
    def batch(self) -> int:
        return self.id // BATCH


@cache
def generated() -> tuple[Generated, ...]:
    return tuple(_generated(number, random.Random(number)) for number in range(COUNT))


def _generated(number: int, dice: random.Random) -> Generated:
    width, height = dice.choice(_SIDES)
    day = datetime(1999, 12, 30) + timedelta(days=dice.randrange(9_000), seconds=dice.choice((0, 1, 86_399)))
    labels = {name for name, each in zip(LABELS, (2, 7, 1_111), strict=True) if number % each == 0}
    return Generated(
        id=number,
        name=f"{dice.choice(('IMG', 'img', 'Übung', '東京'))}_{number:05}.jpg",
        folder=f"{2020 + number % 5}/{('summer', 'winter')[number % 2]}",
        size=1_000 + dice.randrange(700),
        width=width,
        height=height,
        type=dice.choice(_TYPES),
        camera=dice.choice(_CAMERAS),
        taken=datetime(2024, 2, 29, 12) if number % 20 == 3 else day,
        guessed=number % 11 == 0,
        labels=frozenset(labels),
        lost=number % 97 == 5,
    )


def fill(catalog: Catalog) -> None:
    """In batches, as a folder comes in; then what people say of them, and files that went."""
    root = catalog.roots.add(FOLDER, "Pictures", "").id
    for start in range(0, COUNT, BATCH):
        some = generated()[start : start + BATCH]
        list(catalog.add_contents([NewPicture(Place(root, one.place), _facts(one)) for one in some]))
    for label in LABELS:
        catalog.change_labels([one.id for one in generated() if label in one.labels], [label], [])
    catalog.roots.lose([Place(root, one.place) for one in generated() if one.lost])
    catalog.mark_indexed(COLLECTION, range(COUNT))


def _facts(one: Generated) -> Facts:
    said = None if one.guessed else Taken(one.taken, 60)
    return Facts(
        size=one.size,
        mtime_ns=int(one.taken.replace(tzinfo=UTC).timestamp()) * 10**9,
        sha256=f"{one.id:064x}",
        width=one.width,
        height=one.height,
        media_type=one.type,
        metadata=Metadata(said, one.camera),
    )


@cache
def pairs() -> tuple[tuple[int, int], ...]:
    """Copies: chains of two to five that lie far apart, in no order."""
    dice, ids, found = random.Random(22), list(range(COUNT)), list[tuple[int, int]]()
    dice.shuffle(ids)
    for at in range(0, COUNT // 4, 5):
        chain = ids[at : at + dice.randrange(2, 6)]
        found += itertools.pairwise(chain)
    dice.shuffle(found)
    return tuple(found)


def groups() -> list[list[int]]:
    """Newest first, of each the largest in pixels and bytes first, then the oldest; without what is lost."""
    near: defaultdict[int, set[int]] = defaultdict(set)
    for one, other in pairs():
        near[one].add(other)
        near[other].add(one)
    seen, found = set[int](), list[tuple[int, list[int]]]()
    for start in sorted(near):
        if start not in seen:
            group = _reached(start, near)
            seen |= group
            found.append((min(group), _best_first(group)))
    return [group for _, group in sorted(found, reverse=True) if len(group) > 1]


def _reached(start: int, near: dict[int, set[int]]) -> set[int]:
    group, todo = {start}, [start]
    while todo:
        new = near[todo.pop()] - group
        group |= new
        todo += new
    return group


def _best_first(group: Iterable[int]) -> list[int]:
    shown = [generated()[id_] for id_ in group if not generated()[id_].lost]
    shown.sort(key=lambda one: (-one.width * one.height, -one.size, one.taken, one.id))
    return [one.id for one in shown]
