"""Questions as addresses."""

import pytest

from aggregate_service.search.question import Words, parts_of
from aggregate_service.web.page.query_links import Address


def test_an_address_keeps_the_order_in_which_it_was_asked() -> None:
    address = Address.of([("text", "a red car"), ("id", "17"), ("text", "night^-0.5"), ("label", "")])
    assert str(address) == "/search?text=a+red+car&id=17&text=night%5E-0.5"
    assert [(part.name, part.value, part.weight) for part in address.parts()] == [
        ("text", "a red car", 1.0),
        ("id", "17", 1.0),
        ("text", "night", -0.5),
    ]


def test_each_part_can_be_taken_away() -> None:
    first, second = Address.of([("id", "17"), ("box", "0,0,1,0.5"), ("text", "snow")]).parts()
    assert first.without == "/search?text=snow"
    assert second.without == "/search?id=17&box=0%2C0%2C1%2C0.5"
    assert Address.of([("id", "17"), ("k", "5")]).parts()[0].without == "/"


def test_another_value_starts_at_the_first_page() -> None:
    address = Address.of([("id", "17"), ("k", "10"), ("offset", "10")])
    assert str(address.put("collapse", "true")) == "/search?id=17&k=10&collapse=true"
    assert str(address.put("k", None)) == "/search?id=17"


def test_pages_follow_each_other() -> None:
    first = Address.of([("id", "17"), ("k", "10")])
    assert first.page(10) == "/search?id=17&k=10&offset=10"
    assert Address.of([("id", "17"), ("offset", "10")]).page(0) == "/search?id=17"
    assert (first.offset, Address.of([("offset", "30")]).offset) == (0, 30)


def test_filters_are_shown_and_can_be_left() -> None:
    asked = Address.of([("text", "a"), ("label", "dog"), ("folder", "2024")])
    assert [(each.name, each.value, each.without) for each in asked.filters()] == [
        ("label", "dog", "/search?text=a&folder=2024"),
        ("folder", "2024", "/search?text=a&label=dog"),
    ]
    assert str(asked.unfiltered) == "/search?text=a"


def test_photos_that_the_browser_keeps_are_parts_of_the_question() -> None:
    asked = Address.of([("photo", "a1"), ("photo", "b2"), ("combine", "all"), ("text", "x")], "/")
    assert [part.without for part in asked.parts()] == [
        "/?photo=b2&combine=all&text=x",
        "/?photo=a1&combine=all&text=x",
        "/?photo=a1&photo=b2&combine=all",
    ]
    assert str(asked.only_photos(["b2"])) == "/?photo=b2&text=x"


@pytest.mark.parametrize("value", ["night^-0.5", "night", "2^8", "a^b", "a^b^2", "night^1e1", "x^nan"])
def test_parts_are_weighed_as_the_search_weighs_them(value: str) -> None:
    (part,) = Address.of([("text", value)]).parts()
    (words,) = parts_of([value], [], [])
    assert Words(part.value, part.weight) == words
