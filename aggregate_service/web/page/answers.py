"""Answers as the page shows them: hits with their closeness in words, names and links."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import PurePosixPath
from typing import Any, Protocol

from aggregate_service.search.calibration import UNMEASURED, Curve, Kind, calibration_of
from aggregate_service.web.page.likeness import likeness
from aggregate_service.web.page.query_links import Address

_GOOD = ("same", "very", "close")


class Named(Protocol):
    """A picture with a place, and perhaps a `title` that somebody gave it."""

    @property
    def path(self) -> str: ...


class Similar(Named, Protocol):
    """One picture found; it may also have `duplicates`."""

    @property
    def index(self) -> int: ...
    @property
    def score(self) -> float: ...
    @property
    def relevance(self) -> float: ...
    @property
    def url(self) -> str: ...
    @property
    def thumbnail_url(self) -> str: ...
    @property
    def width(self) -> int | None: ...
    @property
    def height(self) -> int | None: ...


@dataclass(frozen=True)
class AnsweredQuestion:
    """The question behind the answers: what it was made of, which encoder answered, and its address."""

    kind: Kind = "picture"
    encoder: str = ""
    address: Address = field(default_factory=Address)

    @property
    def curve(self) -> Curve:
        return calibration_of(self.encoder).curve(self.kind)

    @property
    def scale(self) -> str:
        """Pictures are similar to pictures; to words alone, they are a match."""
        return "words" if self.kind == "words" else "picture"

    @property
    def usual(self) -> float | None:
        """The score of what has nothing to do with the question; None where it wasn't measured."""
        return self.curve.mean if calibration_of(self.encoder) is not UNMEASURED else None


class ShownResult(Protocol):
    """What one upload (or one question) found, or the problem with it; it may also have `nothing_close`."""

    @property
    def filename(self) -> str: ...
    @property
    def similar(self) -> Sequence[Similar] | None: ...
    @property
    def problem(self) -> dict[str, Any] | None: ...


@dataclass(frozen=True)
class Match:
    """A picture found; `closeness` is the key of the message that says how near."""

    id: int
    name: str
    url: str
    thumbnail_url: str
    width: int | None
    height: int | None
    page_url: str
    search_url: str
    closeness: str
    score: float
    duplicates: int

    @property
    def is_good(self) -> bool:
        return self.closeness.removeprefix("picture.").removeprefix("words.") in _GOOD


@dataclass(frozen=True)
class Group:
    """Hits under one heading: `best`, `possible` where there are no better ones, or `less`."""

    name: str
    matches: list[Match]


@dataclass(frozen=True)
class Answer:
    """One query and its hits in groups; `problem` says why there are none, if something went wrong.

    `found` counts the hits, also those that aren't shown because they are part of the question.
    """

    query: str
    preview: str | None
    nothing_close: bool
    groups: list[Group]
    found: int
    problem: dict[str, Any] | None


def answers_of(
    results: Sequence[ShownResult], previews: Sequence[str | None], asked: AnsweredQuestion
) -> list[Answer]:
    """`previews` are data URIs in the order of `results`, or None."""
    pairs = zip_longest(results, previews[: len(results)])
    return [_answer(result, preview, asked) for result, preview in pairs]


def _answer(result: ShownResult, preview: str | None, asked: AnsweredQuestion) -> Answer:
    similar = result.similar or ()
    own = asked.address.own
    said = bool(getattr(result, "nothing_close", False))
    matches = [_match(each, asked, said) for each in similar if each.index not in own]
    # Where the cosine finds likeness and the relevance doesn't, nobody knows: then nothing is said.
    alike = asked.kind != "words" and any(match.is_good for match in matches)
    nothing_close = said and not alike
    good = [match for match in matches if match.is_good and not nothing_close]
    others = [match for match in matches if match not in good]
    possible = not good and not nothing_close and not asked.address.offset
    named = (("best", good), ("possible" if possible else "less", others))
    groups = [Group(name, listed) for name, listed in named if listed]
    return Answer(result.filename, preview, nothing_close, groups, len(similar), result.problem)


def _match(similar: Similar, asked: AnsweredQuestion, nothing_close: bool) -> Match:
    near = likeness(similar.score, similar.relevance, asked.kind, asked.curve)
    if nothing_close and asked.kind == "words":
        near = "distant"  # no hit is called a match where nothing is close
    scale = near if near == "same" else f"{asked.scale}.{near}"
    return Match(
        id=similar.index,
        name=name_of(similar),
        url=similar.url,
        thumbnail_url=similar.thumbnail_url,
        width=similar.width,
        height=similar.height,
        page_url=str(asked.address.only("model").at(f"/images/{similar.index}")),
        search_url=str(_about(similar.index, asked.address)),
        closeness=scale,
        score=similar.score,
        duplicates=getattr(similar, "duplicates", None) or 0,
    )


def name_of(picture: Named) -> str:
    """What people call it."""
    return getattr(picture, "title", None) or PurePosixPath(picture.path).name or picture.path


def _about(index: int, address: Address) -> Address:
    """The question "what looks like this one", with the same number of answers, filters and encoder."""
    asked_anew = ("id", "url", "text", "search", "box", "offset", "min_score")
    kept = tuple(item for item in address.items if item[0] not in asked_anew)
    return Address((("id", str(index)), *kept))
