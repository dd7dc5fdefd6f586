"""Groups of near-duplicates: they grow and merge as pairs are found, and the best picture comes first."""

from aggregate_service.catalogue.catalog import Catalog, Facts, NewPicture, Place
from aggregate_service.catalogue.duplicates import best_first, removable
from aggregate_service.catalogue.records import Picture

COLLECTION = "mini-5-384"


def filled(catalog: Catalog, count: int = 8) -> None:
    for number in range(count):
        facts = Facts(100 - number, 1, f"{number:064x}", 10 + number, 10)
        catalog.add_content(NewPicture(Place(None, f"{number}.jpg"), facts))
    catalog.mark_indexed(COLLECTION, range(count))


def groups(catalog: Catalog) -> list[list[int]]:
    page = catalog.duplicates(COLLECTION)
    return [[picture.id for picture in group] for group in page.groups]


def test_groups_grow_and_merge(catalog: Catalog) -> None:
    filled(catalog)
    assert catalog.uncompared(COLLECTION, 100) == list(range(8))
    catalog.note_duplicates(COLLECTION, [0, 1, 2, 3], [(0, 1), (1, 0), (3, 2)])
    assert groups(catalog) == [[3, 2], [1, 0]]
    catalog.note_duplicates(COLLECTION, [4], [(4, 2)])
    assert groups(catalog) == [[4, 3, 2], [1, 0]]
    catalog.note_duplicates(COLLECTION, [5], [(5, 0), (5, 4)])
    assert groups(catalog) == [[5, 4, 3, 2, 1, 0]]
    page = catalog.duplicates(COLLECTION)
    assert (page.compared, page.total, page.next) == (6, 8, None)
    assert catalog.uncompared(COLLECTION, 100) == [6, 7]


def test_what_is_gone_is_in_no_group(catalog: Catalog) -> None:
    filled(catalog)
    catalog.note_duplicates(COLLECTION, range(8), [(0, 1), (2, 3), (2, 99), (98, 97)])
    catalog.remove([1])
    assert groups(catalog) == [[3, 2]]
    catalog.note_duplicates("another", [0], [(0, 2)])
    assert groups(catalog) == [[3, 2]]


def test_pages_of_groups(catalog: Catalog) -> None:
    filled(catalog)
    catalog.note_duplicates(COLLECTION, range(8), [(0, 1), (2, 3), (4, 5), (6, 7)])
    first = catalog.duplicates(COLLECTION, limit=3)
    assert [group[0].id for group in first.groups] == [7, 5, 3]
    rest = catalog.duplicates(COLLECTION, first.next, 3)
    assert ([group[0].id for group in rest.groups], rest.next) == ([1], None)


def test_what_somebody_labelled_or_named_is_kept() -> None:
    best = Picture(1, "best.jpg")
    uploaded = Picture(2, "ab/cd/abcd.heic", title="IMG_0815.HEIC")
    named = Picture(3, "ab/cd/abce.heic", title="Our dog, 2.5 years")
    labelled = Picture(4, "4.jpg", labels=("♥",))
    assert removable([best, uploaded, named, labelled, Picture(5, "5.jpg")]) == [2, 5]
    assert removable([labelled, best]) == [1]


def test_the_best_is_the_largest_and_then_the_oldest() -> None:
    def picture(id_: int, width: int, size: int, taken: int) -> Picture:
        return Picture(id_, "", size=size, width=width, height=10, taken=taken)

    listed = [picture(1, 10, 5, 7), picture(2, 20, 1, 7), picture(3, 10, 9, 7), picture(4, 10, 9, 6)]
    assert [each.id for each in best_first(listed)] == [2, 4, 3, 1]
