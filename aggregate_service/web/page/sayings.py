"""What the services say in English (problems, notices), as the page tells them to its reader."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from frontend import MESSAGES

_FIELD = re.compile(r"\{(\w+)\}")
_LONGEST = 2_000
"""Characters; what is longer isn't a sentence of ours."""
_DEEPEST = 3
"""A sentence may hold another, as a problem that is passed on does."""


@dataclass(frozen=True)
class Saying:
    """`language` is English where there is no translation."""

    text: str
    language: str


@dataclass(frozen=True)
class Template:
    """An English sentence with `{names}` for what changes, and the same in another language."""

    names: tuple[str, ...]
    between: tuple[str, ...]
    """The fixed parts: one more than there are names; the first and the last may be empty."""
    translation: str

    @property
    def fixed(self) -> int:
        return sum(map(len, self.between))

    def values(self, text: str) -> dict[str, str] | None:
        """What stands in the names' places; None if the text isn't this sentence.

        Each name gets as little as possible, found from left to right: in linear time, whatever is sent.
        """
        first, *rest = self.between
        if not rest:
            return {} if text == first else None
        *inner, last = rest
        if not (text.startswith(first) and text.endswith(last)):
            return None
        place, end, found = len(first), len(text) - len(last), []
        for fixed in inner:
            until = text.find(fixed, place + 1, end)
            if until < 0:
                return None
            found.append(text[place:until])
            place = until + len(fixed)
        if place >= end:
            return None
        return dict(zip(self.names, (*found, text[place:end]), strict=True))


def said(text: str, language: str) -> Saying:
    """The same in `language`; names of files and the like stay as they are."""
    translated = _translated(text, templates(language), _DEEPEST)
    return Saying(text, "en") if translated is None else Saying(translated, language)


def _translated(text: str, known: Sequence[Template], depth: int) -> str | None:
    if depth == 0 or len(text) > _LONGEST:
        return None
    for template in known:
        values = template.values(text)
        if values is None:
            continue
        inner = {name: _translated(value, known, depth - 1) or value for name, value in values.items()}
        return template.translation.format_map(inner)
    return None


@cache
def templates(language: str) -> tuple[Template, ...]:
    """Those with the most fixed words first: the one that fits best decides."""
    texts: dict[str, str] = json.loads((MESSAGES / f"said.{language}.json").read_text("utf-8"))
    read = [template(english, translation) for english, translation in texts.items()]
    return tuple(sorted(read, key=lambda each: -each.fixed))


def template(english: str, translation: str) -> Template:
    """Split where the names stand."""
    between = _FIELD.split(english)
    return Template(tuple(between[1::2]), tuple(between[::2]), translation)
