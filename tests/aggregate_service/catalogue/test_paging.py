"""Pages of the catalogue: newest first, there and back, filtered; never dearer than what they show."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, event, text

from aggregate_service.catalogue import chosen as picture_filter
from aggregate_service.catalogue import paging
from aggregate_service.catalogue.catalog import Catalog, PictureFilter, Place
from aggregate_service.catalogue.database import Database, sqlite_url
from aggregate_service.catalogue.paging import Cursor, Page
from aggregate_service.errors import InvalidRequest
from tests.aggregate_service.samples import add, add_files, all_pictures

NOW = datetime.now(UTC)


def ids(page: Page) -> list[int]:
    return [picture.id for picture in page.pictures]


def all_pages(catalog: Catalog, wanted: PictureFilter, limit: int) -> list[Page]:
    pages = [catalog.page(wanted, None, limit)]
    while pages[-1].next:
        pages.append(catalog.page(wanted, pages[-1].next, limit))
    return pages


def test_newest_first_there_and_back(catalog: Catalog) -> None:
    add_files(catalog, *"abcdefg")
    catalog.remove([3])
    pages = all_pages(catalog, PictureFilter(), 2)
    assert [ids(page) for page in pages] == [[6, 5], [4, 2], [1, 0]]
    assert {page.total for page in pages} == {6}
    back = [pages[-1]]
    while back[-1].previous:
        back.append(catalog.page(PictureFilter(), back[-1].previous, 2))
    assert [ids(page) for page in back] == [[1, 0], [4, 2], [6, 5]]
    assert back[-1].previous is None
    assert back[-1].next == pages[0].next


def test_a_page_stays_where_it_is_when_pictures_come_and_go(catalog: Catalog) -> None:
    add_files(catalog, *"abcd")
    first = catalog.page(limit=2)
    catalog.remove([2, 1])
    add_files(catalog, "new")
    assert ids(catalog.page(cursor=first.next, limit=2)) == [0]
    catalog.remove([0])
    empty = catalog.page(cursor=first.next, limit=2)
    assert (ids(empty), empty.next) == ([], None)
    assert ids(catalog.page(cursor=empty.previous, limit=2)) == [4, 3]


def test_an_empty_catalogue_is_an_empty_page(catalog: Catalog) -> None:
    assert catalog.page() == Page(0, [], None, None)
    assert catalog.page(cursor=str(Cursor(0))) == Page(0, [], None, None)
    assert catalog.page(cursor=str(Cursor(7, newer=True))) == Page(0, [], None, None)
    assert catalog.page(PictureFilter(after=NOW)) == Page(0, [], None, None)


@pytest.mark.parametrize("cursor", ["x", "bz", "ö", "bzE=x", "eDE", "b-1", "bzk5OTk5OTk5OTk5OTk5OTk5OTk5OTk"])
def test_a_cursor_that_no_page_gave_is_refused(catalog: Catalog, cursor: str) -> None:
    with pytest.raises(InvalidRequest, match="cursor"):
        catalog.page(cursor=cursor)


def test_filters_can_be_combined(catalog: Catalog) -> None:
    add(catalog, "0", "a/x.jpg", labels=["dog"])
    add(catalog, "1", "a/b/x.jpg", labels=["dog", "sun"])
    add(catalog, "2", "ab/x.jpg", labels=["sun"])
    add(catalog, "3", labels=["dog", "sun"])

    def found(**wanted: object) -> list[int]:
        chosen = PictureFilter(**wanted)  # type: ignore[arg-type]
        page = catalog.page(chosen)
        assert sorted(ids(page)) == catalog.matching_ids(chosen)
        assert page.total == len(page.pictures)
        return ids(page)

    assert found(labels=("dog",)) == [3, 1, 0]
    assert found(labels=("dog", "sun")) == [3, 1]
    assert found(labels=("cat",)) == []
    assert found(folder="a") == [1, 0]
    assert found(folder="a/") == [1, 0]
    assert found(folder="a/b") == [1]
    assert found(folder="b") == []
    assert found(folder="a", labels=("sun",)) == [1]
    assert found(after=NOW - timedelta(hours=1)) == [3, 2, 1, 0]
    assert found(after=NOW + timedelta(hours=1)) == []
    assert found(before=NOW - timedelta(hours=1), labels=("dog",)) == []
    assert found(before=NOW + timedelta(hours=1), folder="a", labels=("dog", "sun")) == [1]


def test_of_many_that_fit_some_are_counted(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MOST_COUNTED", 3)
    monkeypatch.setattr(paging, "MOST_LOOKED_UP", 3)
    monkeypatch.setattr(picture_filter, "_SAMPLE", 1)
    for number in range(6):
        add(catalog, str(number), f"a/{number}", labels=["odd" if number % 2 else "even", "any"])

    def total(limit: int = 1, **wanted: object) -> tuple[int, bool]:
        page = catalog.page(PictureFilter(**wanted), limit=limit)  # type: ignore[arg-type]
        return page.total, page.total_is_exact

    assert total() == (6, True)  # kept beside the rows
    assert total(labels=("odd",)) == (3, True)
    assert total(labels=("any",)) == (3, False)
    assert total(labels=("any",), limit=5) == (5, False)
    assert total(labels=("any",), limit=6) == (6, True)
    assert total(labels=("any",), folder="a") == (3, False)
    assert total(labels=("any", "odd")) == (3, True)
    assert total(labels=("any",), before=NOW - timedelta(hours=1)) == (0, True)


def test_the_condition_that_the_fewest_fit_is_walked(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_filter, "_SAMPLE", 2)
    for number in range(9):
        add(catalog, str(number), f"all/{number // 4}/{number}", labels=["most"] if number > 2 else ["few"])
    walked = {
        ("most", "all/0"): "picture_folders",
        ("most", "all/1"): "picture_folders",
        ("most", "all"): "picture_labels",
        ("few", "all"): "picture_labels",
        ("few", "all/0"): "picture_labels",
    }
    with catalog.database.reading() as db:
        for (label, folder), table in walked.items():
            chosen = picture_filter.choose(db, PictureFilter(labels=(label,), folder=folder))
            assert str(chosen.walked.table.element.name) == table, (label, folder)  # type: ignore[attr-defined]


def test_a_folder_by_its_absolute_path(catalog: Catalog) -> None:
    one, two = (catalog.roots.add(path, "", "") for path in ("/data/one", "/data/two"))
    catalog.add([Place(one.id, "s/a"), Place(two.id, "s/b"), Place(two.id, "c"), Place(None, "d")])

    def found(folder: str) -> list[int]:
        return ids(catalog.page(PictureFilter(folder=folder)))

    assert found("s") == [1, 0]
    assert found("/data/two/s") == [1]
    assert found("/data/two") == [2, 1]
    assert found("/data") == [2, 1, 0]
    assert found("/data/tw") == []
    assert found("/") == [2, 1, 0]
    assert found("/elsewhere") == []


def test_dates_are_bounds_of_ids_because_both_rise(catalog: Catalog) -> None:
    add_files(catalog, *"abcd")
    days = [datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2, 2, 3)]
    with catalog.transaction() as db:
        for id_, day in enumerate(days):
            db.execute(
                text("UPDATE pictures SET added_at = :at WHERE id = :id"), {"at": day.timestamp(), "id": id_}
            )

    def found(after: str | None, before: str | None) -> list[int]:
        return ids(catalog.page(PictureFilter.of([], None, after, before)))

    assert found("2026-03-02", None) == [3, 2, 1]
    assert found(None, "2026-03-02") == [0]
    assert found("2026-03-02T00:00:00Z", "2026-03-03T00:00") == [2, 1]
    assert found("2026-03-02T01:00:00+01:00", None) == [3, 2, 1]
    assert found("2026-03-04", None) == []
    assert found("2026-03-03", "2026-03-01") == []


@pytest.mark.parametrize("given", ["yesterday", "2026-13-01", "2026-03-01T25:00", "0", "2026-03-01\0"])
def test_what_is_no_date_is_refused(given: str) -> None:
    with pytest.raises(InvalidRequest, match="`after` must be a date"):
        PictureFilter.of([], None, given)


def test_dates_rise_with_ids_also_when_a_clock_is_put_back(catalog: Catalog) -> None:
    add_files(catalog, "a")
    future = (NOW + timedelta(days=1)).timestamp()
    with catalog.transaction() as db:
        db.execute(text("UPDATE pictures SET added_at = :at"), {"at": future})
    add_files(catalog, "b")
    assert [picture.added_at for picture in all_pictures(catalog)] == [future, future]


def test_what_a_collection_holds_of_a_filter(catalog: Catalog) -> None:
    for number in range(4):
        add(catalog, str(number), f"a/{number}", labels=["even"] if number % 2 == 0 else [])
    catalog.mark_indexed("one", [0, 1, 2])
    catalog.mark_indexed("two", [3])
    assert catalog.matching_ids(PictureFilter(labels=("even",)), "one") == [0, 2]
    assert catalog.matching_ids(PictureFilter(folder="a"), "two") == [3]
    assert catalog.matching_ids(PictureFilter(), "one") == [0, 1, 2]
    assert catalog.matching_ids(PictureFilter(folder="a"), "none") == []


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """20,000 rows and what the database counts of them to plan its queries; only read."""
    catalog = Catalog(Database(sqlite_url(tmp_path_factory.mktemp("large") / "large.db")))
    add_files(catalog, *(f"{n % 7}/{n % 50}/{n}.jpg" for n in range(20_000)))
    with catalog.transaction() as db:
        db.execute(
            text(
                "INSERT INTO picture_labels (label, picture_id) SELECT 'l' || (id % 80), id FROM pictures "
                "UNION ALL SELECT 'all', id FROM pictures"
            )
        )
        db.execute(text("ANALYZE"))
    yield catalog
    catalog.close()


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(PictureFilter(), id="all"),
        pytest.param(PictureFilter(labels=("l7",)), id="label"),
        pytest.param(PictureFilter(labels=("all", "l7")), id="labels"),
        pytest.param(PictureFilter(folder="3"), id="folder"),
        pytest.param(PictureFilter(folder="3/17"), id="deep folder"),
        pytest.param(PictureFilter(labels=("all",), folder="3"), id="label and folder"),
        pytest.param(PictureFilter(after=NOW - timedelta(days=1)), id="after"),
        pytest.param(PictureFilter(labels=("l7",), before=NOW + timedelta(days=1)), id="label and before"),
    ],
)
def test_no_page_scans_or_sorts(large: Catalog, wanted: PictureFilter) -> None:
    pages = [large.page(wanted, limit=16)]
    pages.append(large.page(wanted, pages[0].next, 16))
    seen = Statements(large)
    large.page(wanted, pages[1].next, 16)
    large.page(wanted, pages[1].previous, 16)
    assert len(seen.plans) >= 6
    for statement, plan in seen.plans:
        assert "TEMP B-TREE" not in plan, (statement, plan)
        unbounded = plan.replace("SCAN counted", "")  # which has no more rows than are counted at most
        assert "SCAN" not in unbounded, (statement, plan)


class Statements:
    """The plan of every query that a catalogue makes from here on."""

    def __init__(self, catalog: Catalog) -> None:
        self.plans: list[tuple[str, str]] = []

        def note(
            connection: Connection, cursor: object, statement: str, parameters: tuple[object, ...], *_: object
        ) -> None:
            if statement.startswith("SELECT"):
                raw = connection.connection.driver_connection
                assert raw is not None
                rows = raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
                self.plans.append((statement, "\n".join(row[3] for row in rows)))

        event.listen(catalog.database._engine, "before_cursor_execute", note)
