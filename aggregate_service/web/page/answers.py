"""Answers as the page shows them: hits with their closeness in words, names and links."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import PurePosixPath
from typing import Any, Protocol

from aggregate_service.search.calibration import UNMEASURED, Curve, Kind, calibration_of
from aggregate_service.web.page.likeness import likeness, uncertain
from aggregate_service.web.page.query_links import Address


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
    """A picture found; `closeness` is the key of the message that says how near; `bar` is a percentage."""

    index: int
    name: str
    url: str
    thumbnail_url: str
    page_url: str
    search_url: str
    closeness: str
    score: float
    bar: str
    duplicates: int


@dataclass(frozen=True)
class Answer:
    """One query and its matches; `matches` is None when `problem` says why there are none."""

    query: str
    preview: str | None
    in_words: bool
    nothing_close: bool
    matches: list[Match] | None
    problem: dict[str, Any] | None


def answers_of(
    results: Sequence[ShownResult], previews: Sequence[str | None], asked: AnsweredQuestion
) -> list[Answer]:
    """`previews` are data URIs in the order of `results`, or None."""
    pairs = zip_longest(results, previews[: len(results)])
    return [_answer(result, preview, asked) for result, preview in pairs]


def _answer(result: ShownResult, preview: str | None, asked: AnsweredQuestion) -> Answer:
    matches = None
    nothing_close = bool(getattr(result, "nothing_close", False))
    if result.similar is not None:
        matches = [_match(similar, asked, nothing_close) for similar in result.similar]
    nothing_close = nothing_close and not _some_close(matches or [])
    in_words = asked.kind == "words" and not preview
    return Answer(result.filename, preview, in_words, nothing_close, matches, result.problem)


def _some_close(matches: Sequence[Match]) -> bool:
    """Where the cosine finds likeness and the relevance doesn't, nobody knows: then nothing is said."""
    return any(match.closeness in ("picture.very", "picture.close") for match in matches)


def _match(similar: Similar, asked: AnsweredQuestion, nothing_close: bool) -> Match:
    near = likeness(similar.score, similar.relevance, asked.kind, asked.curve)
    if nothing_close and asked.kind == "words":
        near = uncertain(near)
    scale = "same" if near.word == "same" else f"{asked.scale}.{near.word}"
    return Match(
        index=similar.index,
        name=name_of(similar),
        url=similar.url,
        thumbnail_url=similar.thumbnail_url,
        page_url=str(asked.address.only("model").at(f"/images/{similar.index}")),
        search_url=str(_about(similar.index, asked.address)),
        closeness=scale,
        score=similar.score,
        bar=f"{100 * near.bar:.1f}",
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
