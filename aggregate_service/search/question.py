"""A question as it was asked: pictures, words, ids and links with weights, and what limits the answer."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from aggregate_service.catalogue.filters import PictureFilter
from aggregate_service.errors import InvalidRequest
from service_kit.messages.message import message

Combine = Literal["each", "average", "all", "any"]
Sort = Literal["relevance", "taken"]
MOST_WEIGHT = 10.0
MOST_PARTS = 32
MOST_BOXES = 8
LONGEST_TEXT = 2_000
_WEIGHTED = re.compile(r"(?s)(.*)\^\s*([-+]?(?:\d+\.?\d*|\.\d+))\s*")


@dataclass(frozen=True)
class Upload:
    """A picture to search with; `data` is None when it is larger than a picture may be."""

    filename: str
    data: bytes | None
    weight: float = 1.0


@dataclass(frozen=True)
class Words:
    text: str
    weight: float = 1.0


@dataclass(frozen=True)
class ById:
    """A picture of the catalogue."""

    id: int
    weight: float = 1.0


@dataclass(frozen=True)
class ByUrl:
    """A picture of the catalogue, by the link that it came from."""

    url: str
    weight: float = 1.0


Part = Words | ById | ByUrl


@dataclass(frozen=True)
class Box:
    """A region as fractions of the upright picture, from its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """Left, upper, right and lower."""
        return self.x, self.y, self.x + self.width, self.y + self.height


@dataclass(frozen=True)
class Question:
    """`combine` says what several pictures are: a query each, one query of all, or queries of which all
    or any must fit. `box` is a region of the first upload, or of the one picture of the catalogue; of that
    picture there may be `more_boxes`, each asked about by itself."""

    parts: tuple[Part, ...] = ()
    uploads: tuple[Upload, ...] = ()
    combine: Combine = "each"
    box: Box | None = None
    more_boxes: tuple[Box, ...] = ()
    k: int = 5
    offset: int = 0
    min_score: float | None = None
    collapse: bool = False
    filter: PictureFilter = field(default_factory=PictureFilter)
    model: str | None = None
    sort: Sort = "relevance"

    @property
    def by_region(self) -> "list[Question]":
        """The question about each region; itself where there is at most one."""
        boxes = (self.box, *self.more_boxes)
        return [replace(self, box=box, more_boxes=()) for box in boxes]

    @property
    def in_words(self) -> str:
        """The question as people would say it: `a red car + picture 17 − 0.5 × night`."""
        said = [_said(part) for part in (*self.uploads, *self.parts)]
        if self.combine in ("all", "any") and len(said) > 1:
            return f"{self.combine} of: " + ", ".join(name for _, name in said)
        signs = [("− " if weight < 0 else "+ ") + _times(weight) + name for weight, name in said]
        return " ".join(signs).removeprefix("+ ")


def parts_of(texts: Iterable[str], ids: Iterable[str], urls: Iterable[str]) -> tuple[Part, ...]:
    """Each value may end in `^weight`; empty ones are left out, as forms send them."""
    words = [Words(_text(value), weight) for value, weight in map(weighted, texts) if value]
    known = [ById(_id(value), weight) for value, weight in map(weighted, ids) if value]
    linked = [ByUrl(value, weight) for value, weight in map(weighted, urls) if value]
    parts: tuple[Part, ...] = (*words, *known, *linked)
    if len(parts) > MOST_PARTS:
        raise InvalidRequest(message("too-many-parts", most=MOST_PARTS, count=len(parts)))
    return parts


def weighted(value: str) -> tuple[str, float]:
    """`night^-0.5` is `night` with the weight -0.5; without a number at its end, the weight is 1."""
    asked, weight = split_weight(value)
    return asked, 1.0 if weight is None else weight_of(weight)


def split_weight(value: str) -> tuple[str, str | None]:
    """What is asked, and its weight as it is written, if any: a plain number, without an exponent."""
    found = _WEIGHTED.fullmatch(value)
    return (value.strip(), None) if found is None else (found[1].strip(), found[2])


def weight_of(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if not 0 < abs(weight) <= MOST_WEIGHT:
        raise InvalidRequest(message("weight-out-of-range", most=f"{MOST_WEIGHT:g}", given=repr(text[:50])))
    return weight


def weights_of(text: str, count: int) -> list[float]:
    """`weights` of the uploads, comma-separated; all 1 where nothing is given."""
    listed = [weight_of(each.strip()) for each in text.split(",")] if text.strip() else [1.0] * count
    if len(listed) != count:
        raise InvalidRequest(message("weights-miscounted", count=len(listed), files=count))
    return listed


def box_of(text: str) -> Box | None:
    """`x,y,w,h`; None for an empty text."""
    if not text.strip():
        return None
    try:
        x, y, width, height = (float(number) for number in text.split(","))
    except ValueError:
        raise InvalidRequest(message("box-unreadable", given=repr(text))) from None
    inside = 0 <= x < 1 and 0 <= y < 1 and 0 < width <= 1 - x + 1e-6 and 0 < height <= 1 - y + 1e-6
    if not inside:
        raise InvalidRequest(message("box-outside-picture", given=repr(text)))
    return Box(x, y, min(width, 1 - x), min(height, 1 - y))


def boxes_of(texts: Iterable[str]) -> tuple[Box, ...]:
    boxes = tuple(box for box in map(box_of, texts) if box)
    if len(boxes) > MOST_BOXES:
        raise InvalidRequest(message("too-many-boxes", most=MOST_BOXES, count=len(boxes)))
    return boxes


def combine_of(text: str) -> Combine:
    known: Sequence[Combine] = get_args(Combine)
    for combine in known:
        if text == combine:
            return combine
    raise InvalidRequest(message("combine-unknown", known=", ".join(known), given=repr(text[:50])))


def sort_of(text: str) -> Sort:
    """Empty is what forms send where nothing was chosen."""
    known: Sequence[Sort] = get_args(Sort)
    for sort in known:
        if (text or "relevance") == sort:
            return sort
    raise InvalidRequest(
        message("choice-unknown", name="sort", known=", ".join(known), given=repr(text[:50]))
    )


def checked(question: Question, most: int) -> Question:
    """The question, where it can be asked; `most` is the largest k, and the last hit that can be reached."""
    pictures = [part for part in question.parts if not isinstance(part, Words)]
    weighed = any(part.weight != 1 for part in (*question.uploads, *question.parts))
    if not 1 <= question.k <= most:
        raise InvalidRequest(message("k-out-of-range", most=most, given=question.k))
    if not 0 <= question.offset <= most - question.k:
        raise InvalidRequest(message("offset-out-of-range", most=most))
    if question.min_score is not None and not -1 <= question.min_score <= 1:
        raise InvalidRequest(message("min-score-out-of-range", given=question.min_score))
    several = len(pictures) + len(question.uploads) != 1
    if (question.box and not question.uploads and len(pictures) != 1) or (question.more_boxes and several):
        raise InvalidRequest(message("box-of-several-pictures"))
    if question.combine in ("all", "any") and weighed:
        raise InvalidRequest(message("weights-unused"))
    return question


def _text(value: str) -> str:
    if len(value) > LONGEST_TEXT:
        raise InvalidRequest(message("text-length", most=LONGEST_TEXT))
    return value


def _id(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) < 20):
        raise InvalidRequest(message("id-not-a-number", given=repr(value[:50])))
    return int(value)


def _said(part: Upload | Part) -> tuple[float, str]:
    match part:
        case Upload(filename, _, weight):
            return weight, filename
        case Words(text, weight):
            return weight, text
        case ById(id_, weight):
            return weight, f"picture {id_}"
        case ByUrl(url, weight):
            return weight, url


def _times(weight: float) -> str:
    return "" if abs(weight) == 1 else f"{abs(weight):g} × "
