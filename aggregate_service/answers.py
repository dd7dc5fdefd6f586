"""Answers as the page shows them: hits with their closeness in words, names and links."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import PurePosixPath
from typing import Any, Protocol

from aggregate_service.address import Address

# Where an answer says how far its hits stand out, that decides. Else the cosine: those between two pictures
# crowd near 1, those between words and a picture rarely pass 0.35.
_RELEVANCE_STEPS = ((0.6, "very"), (0.4, "close"), (0.2, "related"))
_PICTURE_STEPS = ((0.9, "very"), (0.8, "close"), (0.65, "related"))
_WORD_STEPS = ((0.3, "very"), (0.26, "close"), (0.22, "related"))
_SAME_PICTURE = 0.995


class Similar(Protocol):
    """One picture found; it may also have `relevance` and `duplicates`."""

    @property
    def index(self) -> int: ...
    @property
    def score(self) -> float: ...
    @property
    def path(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def thumbnail_url(self) -> str: ...


class UploadResult(Protocol):
    """What one upload (or one question) found, or the problem with it; it may also have `nothing_close`."""

    @property
    def filename(self) -> str: ...
    @property
    def similar(self) -> Sequence[Similar] | None: ...
    @property
    def problem(self) -> dict[str, Any] | None: ...


@dataclass(frozen=True)
class Match:
    """A picture found; `closeness` is one of same, very, close, related, distant; `bar` a percentage."""

    index: int
    name: str
    url: str
    thumbnail_url: str
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


def closeness(score: float, relevance: float | None = None, *, in_words: bool = False) -> str:
    """How near a hit is, as a word; `in_words` says that the query was words, not a picture."""
    if score >= _SAME_PICTURE and not in_words:
        return "same"
    if relevance is not None:
        return _step(relevance, _RELEVANCE_STEPS)
    return _step(score, _WORD_STEPS if in_words else _PICTURE_STEPS)


def answers_of(
    results: Sequence[UploadResult], previews: Sequence[str | None], *, in_words: bool, address: Address
) -> list[Answer]:
    """`previews` are data URIs in the order of `results`, or None; links ask on as `address` does."""
    pairs = zip_longest(results, previews[: len(results)])
    return [_answer(result, preview, in_words and not preview, address) for result, preview in pairs]


def _answer(result: UploadResult, preview: str | None, in_words: bool, address: Address) -> Answer:
    matches = None
    if result.similar is not None:
        matches = [_match(similar, in_words, address) for similar in result.similar]
    nothing_close = bool(getattr(result, "nothing_close", False))
    return Answer(result.filename, preview, in_words, nothing_close, matches, result.problem)


def _match(similar: Similar, in_words: bool, address: Address) -> Match:
    relevance: float | None = getattr(similar, "relevance", None)
    level = similar.score if relevance is None else relevance
    return Match(
        index=similar.index,
        name=PurePosixPath(similar.path).name or similar.path,
        url=similar.url,
        thumbnail_url=similar.thumbnail_url,
        search_url=str(_about(similar.index, address)),
        closeness=closeness(similar.score, relevance, in_words=in_words),
        score=similar.score,
        bar=f"{100 * min(max(level, 0.0), 1.0):.1f}",
        duplicates=getattr(similar, "duplicates", None) or 0,
    )


def _about(index: int, address: Address) -> Address:
    """The question "what looks like this one", with the same number of answers, filters and encoder."""
    asked_anew = ("id", "url", "text", "search", "box", "offset", "min_score")
    kept = tuple(item for item in address.items if item[0] not in asked_anew)
    return Address((("id", str(index)), *kept))


def _step(value: float, steps: Sequence[tuple[float, str]]) -> str:
    return next((name for least, name in steps if value >= least), "distant")
