"""From what was typed to what the client asks: terms and options of `image-search search`."""

from dataclasses import dataclass
from typing import Any

from aggregate_service.cli.expression import BadExpression, Expression, Term, parse_weighted
from aggregate_service.client import Weighted


@dataclass(frozen=True)
class Asked:
    """`parts` are the client's `pictures`, `text`, `id` and `url`, each with its weights."""

    parts: dict[str, list[Weighted[Any]]]
    combine: str | None

    @property
    def count(self) -> int:
        return sum(map(len, self.parts.values()))


def asked(expression: Expression, texts: list[str], ids: list[str], urls: list[str]) -> Asked:
    """All parts together; `BadExpression` when there are none, or when an id is no number."""
    parts: dict[str, list[Weighted[Any]]] = {
        "pictures": [_weighted(term) for term in expression.terms if term.kind == "picture"],
        "text": [_weighted(term) for term in expression.terms if term.kind == "words"],
        "url": [_weighted(term) for term in expression.terms if term.kind == "link"],
        "id": [_id(text) for text in ids],
    }
    parts["text"] += [Weighted(text) for text in texts]
    parts["url"] += [_link(text) for text in urls]
    found = Asked(parts, _combination(expression, parts))
    if not found.count:
        raise BadExpression("Say what to search for: a picture, words, --id or --url.")
    return found


def region_of(text: str | None, asked_for: Asked) -> tuple[float, float, float, float] | None:
    """`x,y,w,h` as fractions of the one picture, id or link that is searched with."""
    if text is None:
        return None
    try:
        x, y, width, height = (float(number) for number in text.split(","))
    except ValueError:
        raise BadExpression(f"--box takes x,y,width,height as fractions from 0 to 1, not {text!r}.") from None
    if not (0 <= x < 1 and 0 <= y < 1 and 0 < width <= 1 - x + 1e-9 and 0 < height <= 1 - y + 1e-9):
        raise BadExpression(f"--box {text}: the region must lie inside the picture, 0 to 1 on each side.")
    if sum(len(asked_for.parts[kind]) for kind in ("pictures", "id", "url")) != 1:
        raise BadExpression("--box is a region of one picture: give exactly one picture, id or link.")
    return x, y, width, height


def _combination(expression: Expression, parts: dict[str, list[Weighted[Any]]]) -> str | None:
    """With a sign, or beside ids and links, all is one query; else each picture is one."""
    one_query = expression.combined or parts["id"] or parts["url"]
    return "average" if one_query and parts["pictures"] else None


def _weighted(term: Term) -> Weighted[str]:
    return Weighted(term.value, term.weight)


def _id(text: str) -> Weighted[int]:
    weight, value = parse_weighted(text)
    if not value.isdecimal():
        raise BadExpression(f"--id takes a picture's number, not {text!r}.")
    return Weighted(int(value), weight)


def _link(text: str) -> Weighted[str]:
    weight, value = parse_weighted(text)
    return Weighted(value, weight)
