"""By date taken, name and size: every picture once, there and back, filtered or not; months; filters."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from aggregate_service.catalogue import chosen, orders
from aggregate_service.catalogue.catalog import Catalog, Facts, NewPicture, PictureFilter, Place
from aggregate_service.catalogue.orders import SORTS, Sort
from aggregate_service.catalogue.paging import Cursor
from aggregate_service.catalogue.records import Picture
from aggregate_service.errors import InvalidRequest
from picture_files.metadata import Metadata, Taken
from tests.aggregate_service.samples import all_pictures

COUNT = 120
START = datetime(2024, 11, 20, 8, 0)
KEYS: dict[Sort, Callable[[Picture], Any]] = {
    "added": lambda picture: -picture.id,
    "taken": lambda picture: (-picture.taken, -picture.id),
    "name": lambda picture: (picture.name, picture.id),
    "size": lambda picture: (-(picture.size or 0), -picture.id),
}


def generated(number: int) -> NewPicture:
    """Known dates (three pictures each), cameras, sizes, shapes and formats."""
    day = START + timedelta(days=number * 7 % COUNT // 3)
    width, height = ((40, 30), (30, 40), (30, 30))[number % 3]
    facts = Facts(
        size=1_000 + number * 37 % 50,
        mtime_ns=10**9 * (number + 1),
        sha256=f"{number:064x}",
        width=width * (1 + number % 4),
        height=height * (1 + number % 4),
        media_type=("image/jpeg", "image/heic")[number % 2],
        metadata=Metadata(Taken(day, 60) if number % 10 else None, ("Canon EOS", "Pixel 9")[number % 5 == 0]),
    )
    labels = ["even"] if number % 2 == 0 else ["rare"] if number in (5, 77) else []
    return NewPicture(Place(None, f"{number}.jpg"), facts, f"Photo {number * 31 % COUNT}", labels=labels)


@pytest.fixture(scope="module")
def module_catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    from aggregate_service.catalogue.database import Database
    from tests.aggregate_service.databases import empty_sqlite

    catalog = Catalog(Database(empty_sqlite(tmp_path_factory.mktemp("sorted"))))
    list(catalog.add_contents([generated(number) for number in range(COUNT)]))
    yield catalog
    catalog.close()


@pytest.fixture
def filled(catalog: Catalog) -> Catalog:
    list(catalog.add_contents([generated(number) for number in range(COUNT)]))
    return catalog


def walked(catalog: Catalog, wanted: PictureFilter, sort: Sort, limit: int = 17) -> list[int]:
    """All pages there, and all of them back, which must be the same."""
    page = catalog.page(wanted, None, limit, sort)
    pages = [page]
    while page.next:
        page = catalog.page(wanted, page.next, limit, sort)
        pages.append(page)
    there = [picture.id for each in pages for picture in each.pictures]
    back = [[picture.id for picture in page.pictures]]
    while page.previous:
        page = catalog.page(wanted, page.previous, limit, sort)
        back.append([picture.id for picture in page.pictures])
    assert [id_ for ids in reversed(back) for id_ in ids] == there
    return there


@pytest.mark.parametrize("sort", KEYS)
def test_every_picture_once_in_its_order(filled: Catalog, sort: Sort) -> None:
    expected = [picture.id for picture in sorted(all_pictures(filled), key=KEYS[sort])]
    assert walked(filled, PictureFilter(), sort) == expected


@pytest.mark.parametrize("far", [0, 10, 10_000], ids=["far off", "in between", "near"])
@pytest.mark.parametrize("few", [0, 10, 10_000], ids=["many", "some", "few"])
@pytest.mark.parametrize("sort", SORTS)
def test_filtered_and_sorted(
    module_catalog: Catalog, sort: Sort, few: int, far: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few pictures are sorted, many are found along the index unless they are far off: all say the same."""
    monkeypatch.setattr(chosen, "FEW", few)
    monkeypatch.setattr(orders, "FAR", far)
    everything = sorted(all_pictures(module_catalog), key=KEYS[sort])

    def check(is_meant: Callable[[Picture], bool], **wanted: Any) -> None:
        filtered = PictureFilter.of(**wanted)
        expected = [picture.id for picture in everything if is_meant(picture)]
        assert expected
        assert walked(module_catalog, filtered, sort) == expected
        assert module_catalog.matching_ids(filtered) == sorted(expected)
        assert module_catalog.page(filtered).total == len(expected)

    check(lambda picture: "even" in picture.labels, labels=["even"])
    check(lambda picture: "rare" in picture.labels, labels=["rare"])
    check(lambda picture: picture.camera == "Pixel 9", camera="Pixel 9")
    check(lambda picture: picture.shape == "square", orientation="square")
    check(lambda picture: picture.media_type == "image/heic", type="HEIC")
    check(lambda picture: (picture.short_side or 0) >= 90, min_side="90")
    check(
        lambda picture: 2024_12_01 <= picture.taken // 10**6 < 2024_12_11,
        taken_after="2024-12",
        taken_before="2024-12-11",
    )
    check(
        lambda picture: (
            picture.camera == "Canon EOS" and picture.shape == "portrait" and picture.taken >= 20241201000000
        ),
        camera="Canon EOS",
        orientation="portrait",
        taken_after="2024-12",
    )


def test_an_order_of_one_date_skips_and_repeats_nothing(catalog: Catalog) -> None:
    one = [
        NewPicture(Place(None, f"{n}.jpg"), Facts(1, 5, f"{n:064x}", 4, 3, metadata=Metadata(Taken(START))))
        for n in range(50)
    ]
    list(catalog.add_contents(one))
    assert walked(catalog, PictureFilter(), "taken", 7) == list(range(49, -1, -1))


def test_pictures_that_come_and_go_move_no_other(filled: Catalog) -> None:
    first = filled.page(PictureFilter(), None, 10, "taken")
    rest = [picture.id for picture in filled.page(PictureFilter(), first.next, 10, "taken").pictures]
    filled.remove([first.pictures[-1].id, first.pictures[0].id])
    filled.add_content(generated(COUNT))
    assert [picture.id for picture in filled.page(PictureFilter(), first.next, 10, "taken").pictures] == rest


def test_what_is_hidden_is_in_no_order(filled: Catalog) -> None:
    place = Place(filled.roots.first().id, "in/folder.jpg")
    hidden = filled.add_content(NewPicture(place, Facts(9, 9, "f" * 64, 4, 3)))[0]
    months = {(month.year, month.month): month.count for month in filled.months()}
    assert months.pop((1970, 1)) == 13  # as guessed, and twelve others
    filled.roots.lose([place])
    for sort in KEYS:
        assert hidden.id not in walked(filled, PictureFilter(), sort)
    assert sum(month.count for month in filled.months()) == COUNT


def test_months_are_counted_and_can_be_jumped_to(filled: Catalog) -> None:
    pictures = all_pictures(filled)
    for month in filled.months():
        number = month.year * 100 + month.month
        assert month.count == sum(picture.taken // 10**8 == number for picture in pictures)
        page = filled.page(PictureFilter(), month.cursor, 5, "taken")
        older = sorted((p for p in pictures if p.taken // 10**8 <= number), key=KEYS["taken"])
        assert [picture.id for picture in page.pictures] == [picture.id for picture in older[:5]]
    newest = filled.months()[0]
    assert filled.page(PictureFilter(), newest.cursor, 5, "taken").previous is None
    assert filled.page(PictureFilter(), filled.months()[1].cursor, 5, "taken").previous is not None


@pytest.mark.parametrize("cursor", [str(Cursor(3)), str(Cursor(3, sort="size", key=7)), "bzMsdGFrZW4seA"])
def test_a_cursor_of_another_order_is_refused(module_catalog: Catalog, cursor: str) -> None:
    with pytest.raises(InvalidRequest, match="cursor"):
        module_catalog.page(PictureFilter(), cursor, 5, "taken")


@pytest.mark.parametrize(
    "bad",
    [
        {"taken_after": "yesterday"},
        {"taken_before": "2026-13"},
        {"taken_after": "0000"},
        {"min_side": "-1"},
        {"min_side": "many"},
        {"orientation": "round"},
        {"type": "psd"},
        {"camera": "a\0b"},
    ],
)
def test_a_filter_that_cannot_be_is_refused(bad: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest):
        PictureFilter.of(**bad)  # type: ignore[arg-type]


def test_a_title_is_what_a_picture_is_sorted_by(catalog: Catalog) -> None:
    for number, title in enumerate(("b", "C", "a", "Ä", "🐕 dog")):
        catalog.add_content(NewPicture(Place(None, f"{number}"), Facts(1, 1, f"{number:064x}", 1, 1), title))
    assert walked(catalog, PictureFilter(), "name", 2) == [2, 0, 1, 3, 4]
    catalog.set_title(1, None)
    assert walked(catalog, PictureFilter(), "name", 2) == [1, 2, 0, 3, 4]


def test_the_newest_of_the_newest_months_share_the_room(filled: Catalog) -> None:
    shown = filled.newest(3, 12)
    months = [picture.taken // 10**8 for picture in shown]
    assert shown == sorted(shown, key=lambda picture: (-picture.taken, -picture.id))
    newest = [month.year * 100 + month.month for month in filled.months()[:3]]
    assert months == [month for month in newest for _ in range(4)]
    assert [picture.id for picture in filled.newest(1, 5)] == [
        picture.id for picture in filled.page(PictureFilter(), None, 5, "taken").pictures
    ]
