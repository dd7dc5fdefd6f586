"""What is typed after `search`: terms, signs, weights, files."""

from pathlib import Path

import pytest

from aggregate_service.cli.expression import BadExpression, Expression, Term, parse, split_glued
from aggregate_service.cli.question import asked, region_of
from aggregate_service.client import Weighted


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "b.png", "2:1.jpg", "no suffix", "-odd.jpg", "+"):
        (tmp_path / name).touch()
    (tmp_path / "holiday").mkdir()
    return tmp_path


def picture(value: str, weight: float = 1) -> Term:
    return Term("picture", value, weight)


def words(value: str, weight: float = 1) -> Term:
    return Term("words", value, weight)


def link(value: str, weight: float = 1) -> Term:
    return Term("link", value, weight)


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        (["red bus"], [words("red bus")]),
        (["red", "bus", "in", "rain"], [words("red bus in rain")]),
        (["a.jpg"], [picture("a.jpg")]),
        (["a.jpg", "b.png"], [picture("a.jpg"), picture("b.png")]),
        (["no suffix"], [picture("no suffix")]),
        (["2:1.jpg"], [picture("2:1.jpg")]),
        (["2:a.jpg"], [picture("a.jpg", 2)]),
        (["holiday"], [words("holiday")]),
        (["black/white"], [words("black/white")]),
        (["http://x.org/a.jpg"], [link("http://x.org/a.jpg")]),
        (["night - city"], [words("night - city")]),
        (["at 10:30"], [words("at 10:30")]),
        (["x" * 5000], [words("x" * 5000)]),
        (["ночь"], [words("ночь")]),
        (["+snow"], [words("+snow")]),
        ([], []),
    ],
)
def test_without_signs(typed: list[str], terms: list[Term]) -> None:
    assert parse(typed) == Expression(tuple(terms), combined=False)


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        (["a.jpg", "+", "snow", "-", "0.5:people"], [picture("a.jpg"), words("snow"), words("people", -0.5)]),
        (["a.jpg", "+", "red", "bus"], [picture("a.jpg"), words("red bus")]),
        (["0.5:red", "bus", "-", "a.jpg"], [words("red bus", 0.5), picture("a.jpg", -1)]),
        (["-", "people"], [words("people", -1)]),
        (["+", "a.jpg"], [picture("a.jpg")]),
        (["-", "-0.5:people"], [words("people", 0.5)]),
        (["+", ".5:people"], [words("people", 0.5)]),
        (["+", "2.:people"], [words("people", 2)]),
        (["+", "10:people"], [words("people", 10)]),
        (["a.jpg", "-", "https://x.org/b"], [picture("a.jpg"), link("https://x.org/b", -1)]),
        (["a", "-", "b:c"], [words("a"), words("b:c", -1)]),
    ],
)
def test_with_signs(typed: list[str], terms: list[Term]) -> None:
    assert parse(typed) == Expression(tuple(terms), combined=True)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (["x.jpg"], "x.jpg: there is no such file"),
        (["deep/x.JPEG"], "no such file"),
        (["0.5:x.jpg"], "x.jpg: there is no such file"),
        (["a.jpg", "snow"], r"Put \+ or - between 'a.jpg' and 'snow'"),
        (["snow", "a.jpg"], r"Put \+ or - between"),
        (["http://x.org/1", "http://x.org/2"], r"Put \+ or - between"),
        (["a.jpg", "+"], "stands at the end"),
        (["-"], "stands at the end"),
        (["a.jpg", "+", "-", "snow"], "Two signs in a row"),
        (["0:people"], "must be between -10 and 10, and not 0"),
        (["11:people"], "must be between"),
        (["16:9"], "--text '16:9'"),
        ([""], "empty"),
        (["  "], "empty"),
        (["2: "], "nothing after the weight"),
        (["red", "2:bus"], r"put \+ or - in front"),
        (["./holiday"], "is a folder"),
        (["holiday/"], "is a folder"),
    ],
)
def test_what_cannot_be_understood(typed: list[str], says: str) -> None:
    with pytest.raises(BadExpression, match=says):
        parse(typed)


def test_weights_in_an_expression_may_follow_pictures_side_by_side() -> None:
    assert parse(["a.jpg", "b.png", "+", "snow"]).terms == (
        picture("a.jpg"),
        picture("b.png"),
        words("snow"),
    )


def test_glued_signs_are_parted() -> None:
    assert split_glued(["a.jpg", "-0.5:people", "+2:x", "-k", "3", "-0", "--id", "-odd.jpg"]) == [
        *("a.jpg", "-", "0.5:people", "+", "2:x", "-k", "3", "-0", "--id", "-odd.jpg")
    ]


def test_the_question_of_an_expression() -> None:
    found = asked(parse(["a.jpg", "+", "snow", "-", "0.5:http://x.org/b"]), ["+"], ["-2:17"], ["u"])
    assert found.combine == "average"
    assert found.parts == {
        "pictures": [Weighted("a.jpg")],
        "text": [Weighted("snow"), Weighted("+")],
        "url": [Weighted("http://x.org/b", -0.5), Weighted("u")],
        "id": [Weighted(17, -2.0)],
    }


def test_pictures_side_by_side_are_a_query_each() -> None:
    assert asked(parse(["a.jpg", "b.png"]), [], [], []).combine is None
    assert asked(parse(["a.jpg"]), ["snow"], [], []).combine is None
    assert asked(parse(["a.jpg"]), [], ["3"], []).combine == "average"
    assert asked(parse(["red"]), [], ["3"], []).combine is None


def test_a_question_needs_something() -> None:
    with pytest.raises(BadExpression, match="Say what to search for"):
        asked(parse([]), [], [], [])
    with pytest.raises(BadExpression, match="--id takes a picture's number"):
        asked(parse([]), [], ["x"], [])


def test_a_box_is_a_region_of_one_picture() -> None:
    one = asked(parse(["a.jpg"]), [], [], [])
    assert region_of("0,0.25,1,.75", one) == (0, 0.25, 1, 0.75)
    assert region_of(None, one) is None
    for text, says in (
        ("1,2,3", "fractions"),
        ("a,b,c,d", "fractions"),
        ("0,0,1.1,1", "inside"),
        ("0.5,0,0.6,1", "inside"),
        ("0,0,0,1", "inside"),
        ("nan,0,1,1", "inside"),
    ):
        with pytest.raises(BadExpression, match=says):
            region_of(text, one)
    for typed in (["a.jpg", "b.png"], ["red"]):
        with pytest.raises(BadExpression, match="exactly one picture"):
            region_of("0,0,1,1", asked(parse(typed), [], [], []))
