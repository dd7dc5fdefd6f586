"""Every filter, order, month and group of ten thousand pictures, compared with what plain Python says."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from aggregate_service.catalogue.catalog import Catalog, PictureFilter
from aggregate_service.catalogue.database import Database
from aggregate_service.catalogue.orders import SORTS, Sort
from aggregate_service.catalogue.paging import MOST_LOOKED_UP
from tests.aggregate_service.catalogue.ten_thousand import (
    BATCH,
    COLLECTION,
    COUNT,
    FOLDER,
    Generated,
    fill,
    generated,
    groups,
    pairs,
)
from tests.aggregate_service.databases import empty_sqlite

Meant = Callable[[Generated], bool]
ORDERS: dict[Sort, Callable[[Generated], Any]] = {
    "added": lambda one: -one.id,
    "taken": lambda one: (-one.taken.timestamp(), -one.id),
    "name": lambda one: (one.name.casefold(), one.id),
    "size": lambda one: (-one.size, -one.id),
}
FILTERS: dict[str, tuple[dict[str, Any], Meant]] = {
    "everything": ({}, lambda one: True),
    "half of them": ({"labels": ["even"]}, lambda one: "even" in one.labels),
    "two labels": (
        {"labels": ["even", "every seventh"]},
        lambda one: {"even", "every seventh"} <= one.labels,
    ),
    "rare": ({"labels": ["rare"]}, lambda one: "rare" in one.labels),
    "folder": ({"folder": "2023"}, lambda one: one.folder.startswith("2023/")),
    "folder by its path": (
        {"folder": f"{FOLDER}/2021/winter"},
        lambda one: one.folder == "2021/winter",
    ),
    "taken from": ({"taken_after": "2020-07"}, lambda one: one.taken >= datetime(2020, 7, 1)),
    "taken before": (
        {"taken_before": "2000-03-01T00:00:01"},
        lambda one: one.taken < datetime(2000, 3, 1, 0, 0, 1),
    ),
    "leap day": (
        {"taken_after": "2024-02-29", "taken_before": "2024-03-01"},
        lambda one: one.taken.date().isoformat() == "2024-02-29",
    ),
    "camera": ({"camera": "Ä-1 🐕"}, lambda one: one.camera == "Ä-1 🐕"),
    "side": ({"min_side": "1080"}, lambda one: one.short_side >= 1080),
    "portrait": ({"orientation": "portrait"}, lambda one: one.width < one.height),
    "square": ({"orientation": "square"}, lambda one: one.width == one.height),
    "HEIC": ({"type": "heic"}, lambda one: one.type == "image/heic"),
    "all at once": (
        {
            "labels": ["even"],
            "folder": "2022",
            "taken_after": "2005",
            "taken_before": "2021-12",
            "camera": "Pixel 9",
            "min_side": "480",
            "orientation": "landscape",
            "type": "jpeg",
        },
        lambda one: (
            "even" in one.labels
            and one.folder.startswith("2022/")
            and datetime(2005, 1, 1) <= one.taken < datetime(2021, 12, 1)
            and one.camera == "Pixel 9"
            and one.short_side >= 480
            and one.width > one.height
            and one.type == "image/jpeg"
        ),
    ),
    "nothing": ({"camera": "Pixel 9", "taken_after": "2099"}, lambda one: False),
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def catalog(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    if request.param == "sqlite":
        url = empty_sqlite(tmp_path_factory.mktemp("many"))
    else:
        url = request.getfixturevalue("postgres").database("ten_thousand")
    catalog = Catalog(Database(url))
    fill(catalog)
    yield catalog
    catalog.close()


def expected(is_meant: Meant, sort: Sort = "added") -> list[int]:
    shown = (one for one in generated() if not one.lost and is_meant(one))
    return [one.id for one in sorted(shown, key=ORDERS[sort])]


def walked(catalog: Catalog, wanted: PictureFilter, sort: Sort) -> list[int]:
    found, cursor = list[int](), None
    while True:
        page = catalog.page(wanted, cursor, BATCH, sort)
        found += [picture.id for picture in page.pictures]
        if (cursor := page.next) is None:
            return found


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_means_exactly_these_in_every_order(catalog: Catalog, name: str) -> None:
    asked, is_meant = FILTERS[name]
    wanted = PictureFilter.of(**asked)
    assert catalog.matching_ids(wanted) == sorted(expected(is_meant))
    assert catalog.matching_ids(wanted, COLLECTION) == sorted(expected(is_meant))
    assert catalog.page(wanted, limit=1).total_is_exact or len(expected(is_meant)) > MOST_LOOKED_UP
    for sort in SORTS if name == "everything" or len(expected(is_meant)) < 2_200 else ("taken",):
        assert walked(catalog, wanted, sort) == expected(is_meant, sort)


def test_when_they_were_added(catalog: Catalog) -> None:
    """Whole batches came in together, so that a moment between two of them splits the pictures."""
    third, fourth = (catalog.pictures([number * BATCH])[number * BATCH].added_at for number in (3, 4))
    moment = datetime.fromtimestamp((third + fourth) / 2, UTC).isoformat()
    later = catalog.matching_ids(PictureFilter.of(after=moment))
    assert later == sorted(expected(lambda one: one.batch >= 4))
    assert catalog.matching_ids(PictureFilter.of(before=moment)) == sorted(
        expected(lambda one: one.batch < 4)
    )


def test_those_that_are_missing(catalog: Catalog) -> None:
    lost = [one.id for one in generated() if one.lost]
    assert catalog.matching_ids(PictureFilter(missing=True)) == lost


def test_months(catalog: Catalog) -> None:
    shown = [one for one in generated() if not one.lost]
    counted = Counter((one.taken.year, one.taken.month) for one in shown)
    months = catalog.months()
    assert [(month.year, month.month) for month in months] == sorted(counted, reverse=True)
    assert {(month.year, month.month): month.count for month in months} == counted
    ordered, at = expected(lambda one: True, "taken"), 0
    for month in months:
        page = catalog.page(PictureFilter(), month.cursor, 3, "taken")
        assert [picture.id for picture in page.pictures] == ordered[at : at + 3]
        at += month.count
    assert at == len(ordered)


def test_groups_of_duplicates(catalog: Catalog) -> None:
    """As they are found: with some pictures at a time, in no order of the pairs."""
    for start in range(0, COUNT, 250):
        compared = range(start, start + 250)
        found = [pair for pair in pairs() if max(pair) in compared]
        catalog.note_duplicates(COLLECTION, compared, found)
    listed, before = list[list[int]](), None
    while True:
        page = catalog.duplicates(COLLECTION, before, 100)
        listed += [[picture.id for picture in group] for group in page.groups]
        if (before := page.next) is None:
            break
    assert listed == groups()
    assert (page.compared, page.total) == (COUNT, COUNT)
