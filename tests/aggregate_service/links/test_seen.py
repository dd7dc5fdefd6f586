"""Duplicates are found while memory stays the same, however many links come by."""

from aggregate_service.links.seen import SeenLinks


def test_the_row_that_had_it_first() -> None:
    seen = SeenLinks(1024)
    assert seen.first_row("http://h/1", 1) is None
    assert seen.first_row("http://h/2", 2) is None
    assert seen.first_row("http://h/1", 3) == 1


def test_more_links_than_places() -> None:
    seen = SeenLinks(1024)
    assert [seen.first_row(f"http://h/{n}", n) for n in range(5000)] == [None] * 5000
    assert seen.first_row("http://h/4999", 5000) == 4999
