"""End of the read path for people: turns an answer into HTML that needs no JavaScript."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import PurePosixPath
from typing import Any, Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from frontend import STATIC, TEMPLATES

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)

# Cosines between two pictures crowd near 1; between words and a picture they rarely pass 0.35.
_PICTURE_STEPS = ((0.995, "Nearly identical"), (0.9, "Very close"), (0.8, "Close"), (0.65, "Related"))
_WORD_STEPS = ((0.3, "Very close"), (0.26, "Close"), (0.22, "Related"))
_HEADINGS = {404: "There is nothing here", 413: "That is too large", 503: "Search can’t answer right now"}
_COUNTS = (5, 10, 20, 50)


class Similar(Protocol):
    """One picture found."""

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
    """What one upload (or one line of words) found, or the problem with it."""

    @property
    def filename(self) -> str: ...
    @property
    def similar(self) -> Sequence[Similar] | None: ...
    @property
    def problem(self) -> dict[str, Any] | None: ...


@dataclass(frozen=True)
class PageStatus:
    """What answers: `encoder` and `count` are None while unknown, `problem` says why."""

    encoder: str | None
    notice: str | None
    gallery: str
    gallery_notice: str | None
    count: int | None
    problem: dict[str, Any] | None


@dataclass(frozen=True)
class Match:
    """A picture found, as the page words it."""

    name: str
    url: str
    thumbnail_url: str
    closeness: str
    score: str
    bar: str


@dataclass(frozen=True)
class Answer:
    """One query and its matches; `matches` is None when `problem` says why there are none."""

    query: str
    preview: str | None
    in_words: bool
    matches: list[Match] | None
    problem: dict[str, Any] | None


def closeness(score: float, *, in_words: bool = False) -> str:
    """Cosine similarity in plain words; `in_words` says that the query was words, not a picture."""
    steps = _WORD_STEPS if in_words else _PICTURE_STEPS
    return next((name for least, name in steps if score >= least), "Distant")


class Page:
    """Renders the one page, in each of its states."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["asset"] = _asset
        self._template = self._environment.get_template("page.html")

    def render(
        self,
        status: PageStatus,
        *,
        k: int,
        results: Sequence[UploadResult] | None = None,
        previews: Sequence[str | None] = (),
        text: str | None = None,
        problem: dict[str, Any] | None = None,
    ) -> str:
        """The whole document. `previews` are data URIs in the order of `results`, or None."""
        shown = problem or status.problem
        return self._template.render(
            status=status,
            k=k,
            counts=sorted({*_COUNTS, k}),
            text=text or "",
            answers=None if results is None else _answers(results, previews, text),
            problem=shown,
            heading=_HEADINGS.get(shown.get("status", 0), "That didn’t work") if shown else "",
        )


def _answers(
    results: Sequence[UploadResult], previews: Sequence[str | None], text: str | None
) -> list[Answer]:
    pairs = zip_longest(results, previews[: len(results)])
    return [_answer(result, preview, in_words=bool(text) and not preview) for result, preview in pairs]


def _answer(result: UploadResult, preview: str | None, *, in_words: bool) -> Answer:
    matches = None
    if result.similar is not None:
        matches = [_match(similar, in_words=in_words) for similar in result.similar]
    return Answer(result.filename, preview, in_words, matches, result.problem)


def _match(similar: Similar, *, in_words: bool) -> Match:
    return Match(
        name=PurePosixPath(similar.path).name,
        url=similar.url,
        thumbnail_url=similar.thumbnail_url,
        closeness=closeness(similar.score, in_words=in_words),
        score=f"{similar.score:.3f}",
        bar=f"{100 * min(max(similar.score, 0.0), 1.0):.1f}",
    )


def _asset(name: str) -> str:
    """Address of a static file, with its content's hash so that browsers may keep it for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()
    return f"/static/{name}?v={digest[:10]}"
