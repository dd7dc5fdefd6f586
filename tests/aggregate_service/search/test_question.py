"""What is asked, read from text: weights, boxes, ids, and a question in words."""

import pytest

from aggregate_service.errors import InvalidRequest
from aggregate_service.search.question import (
    Box,
    ById,
    ByUrl,
    Question,
    Upload,
    Words,
    box_of,
    checked,
    parts_of,
    weighted,
    weights_of,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("night", ("night", 1.0)),
        (" night ^-0.5 ", ("night", -0.5)),
        ("a red car^2", ("a red car", 2.0)),
        ("x^y", ("x^y", 1.0)),
        ("x^", ("x^", 1.0)),
        ("2^3^.5", ("2^3", 0.5)),
        ("two\nlines^+1.", ("two\nlines", 1.0)),
        ("a^1e3", ("a^1e3", 1.0)),
    ],
)
def test_weighted(value: str, expected: tuple[str, float]) -> None:
    assert weighted(value) == expected


@pytest.mark.parametrize("value", ["a^0", "a^0.0", "a^10.1", "a^-11", "a^999999999999999999999"])
def test_weights_out_of_range(value: str) -> None:
    with pytest.raises(InvalidRequest, match="between -10 and 10"):
        weighted(value)


def test_parts_in_their_order_without_the_empty_ones() -> None:
    parts = parts_of(["red^2", "", "  "], ["17^-1"], ["https://x.test/a.jpg?a^b"])
    assert parts == (Words("red", 2.0), ById(17, -1.0), ByUrl("https://x.test/a.jpg?a^b"))


def test_box() -> None:
    assert box_of("") is None
    assert box_of("0.25, 0.5,0.75,0.5") == Box(0.25, 0.5, 0.75, 0.5)
    assert box_of("0.3,0,0.7000001,1") == Box(0.3, 0, 0.7, 1)


def test_weights_of_uploads() -> None:
    assert weights_of("", 2) == [1.0, 1.0]
    assert weights_of("1, -0.5", 2) == [1.0, -0.5]


def test_in_words() -> None:
    parts = (Words("a red car"), ById(17), Words("night", -0.5))
    assert Question(parts).in_words == "a red car + picture 17 − 0.5 × night"
    assert Question((Words("night", -1.0),)).in_words == "− night"
    uploads = (Upload("a.jpg", b""), Upload("b.jpg", b""))
    assert Question(uploads=uploads, combine="all").in_words == "all of: a.jpg, b.jpg"


def test_k_and_offset_reach_the_last_hit_and_no_further() -> None:
    assert checked(Question((Words("a"),), k=10, offset=990), 1_000).offset == 990
    with pytest.raises(InvalidRequest, match="offset"):
        checked(Question((Words("a"),), k=10, offset=991), 1_000)
