"""What to search for, as it is typed: `a.jpg + snow - 0.5:people` → pictures, words and links with weights.

Each argument of the shell is `+`, `-`, or a term with an optional weight (`0.5:people`). A term is a picture
when there is a file of that name, a link when it begins with http:// or https://, and words otherwise.
Words side by side are one phrase; pictures side by side are one search each. With a `+` or a `-` anywhere
everything together is one query.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["picture", "words", "link"]
MOST = 10.0
_WEIGHT = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)):(.+)", re.DOTALL)
_GLUED = re.compile(r"([-+])((?:\d+\.?\d*|\.\d+):.+)", re.DOTALL)
_PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic")
_LINK = re.compile(r"https?://\S+", re.IGNORECASE)


class BadExpression(ValueError):
    """What was typed can't be understood; the message says what, and how to write it."""


@dataclass(frozen=True)
class Term:
    kind: Kind
    value: str
    weight: float = 1.0


@dataclass(frozen=True)
class Expression:
    """`combined`: one query of all the terms. Otherwise each picture is a query of its own."""

    terms: tuple[Term, ...] = ()
    combined: bool = False


def parse(arguments: Sequence[str]) -> Expression:
    """`BadExpression` for a file that isn't there, a sign without a term, a weight that can't be."""
    terms: list[Term] = []
    sign: float | None = None
    for argument in arguments:
        if argument in ("+", "-"):
            if sign is not None:
                raise BadExpression(f"Two signs in a row before {argument!r}: a term must stand between.")
            sign = 1.0 if argument == "+" else -1.0
            continue
        _add(terms, _term(argument), argument, sign)
        sign = None
    if sign is not None:
        raise BadExpression("A + or - stands at the end, with nothing after it.")
    expression = Expression(tuple(terms), any(argument in ("+", "-") for argument in arguments))
    _require_signs(expression)
    return expression


def split_glued(arguments: Sequence[str]) -> list[str]:
    """`-0.5:people` → `-`, `0.5:people`: otherwise it would be taken for an option."""
    parted: list[str] = []
    for argument in arguments:
        glued = _GLUED.fullmatch(argument)
        parted += [glued[1], glued[2]] if glued and not Path(argument).exists() else [argument]
    return parted


def parse_weighted(text: str) -> tuple[float, str]:
    """`0.5:people` → 0.5 and `people`; without a weight in front, 1."""
    found = _WEIGHT.fullmatch(text)
    if not found:
        return 1.0, text
    weight = float(found[1])
    if weight == 0 or abs(weight) > MOST:
        raise BadExpression(
            f"{text!r}: the weight {found[1]} must be between -{MOST:g} and {MOST:g}, and not 0. "
            f"For these very words, write --text {text!r}."
        )
    return weight, found[2]


def _term(argument: str) -> Term:
    if not argument.strip():
        raise BadExpression("An empty term: there's nothing to search for in ''.")
    if _is_file(argument):
        return Term("picture", argument)
    weight, value = parse_weighted(argument)
    if not value.strip():
        raise BadExpression(f"{argument!r}: there's nothing after the weight.")
    if _LINK.fullmatch(value):
        return Term("link", value, weight)
    if _is_file(value):
        return Term("picture", value, weight)
    if value.lower().endswith(_PICTURES):
        raise BadExpression(f"{value}: there is no such file. For these very words, write --text {value!r}.")
    return Term("words", value, weight)


def _is_file(name: str) -> bool:
    """`BadExpression` for a folder: a folder's name is hardly what somebody searches for."""
    try:
        path = Path(name)
        if path.is_dir() and "/" in name:
            raise BadExpression(f"{name} is a folder; name a picture in it, or `image-search index` it.")
        return path.is_file()
    except OSError:  # words that are too long for a name
        return False


def _add(terms: list[Term], term: Term, argument: str, sign: float | None) -> None:
    """With no sign between them, words join the words before them; unless they have a weight of their own."""
    before = terms[-1] if terms else None
    joins = sign is None and before is not None and before.kind == term.kind == "words"
    if joins and before is not None:
        if argument != term.value:
            raise BadExpression(f"{argument!r} has a weight of its own: put + or - in front of it.")
        terms[-1] = Term("words", f"{before.value} {term.value}", before.weight)
    else:
        terms.append(Term(term.kind, term.value, term.weight * (1.0 if sign is None else sign)))


def _require_signs(expression: Expression) -> None:
    """Side by side without a sign: pictures only, or one term."""
    if expression.combined or all(term.kind == "picture" for term in expression.terms):
        return
    if len(expression.terms) > 1:
        first, second = expression.terms[:2]
        raise BadExpression(
            f"Put + or - between {first.value!r} and {second.value!r}, to search for both together."
        )
