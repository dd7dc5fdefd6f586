"""What the page says, in each language that it speaks; one file of messages for each."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from frontend import MESSAGES
from service_kit.messages.message import Message, received

_FOR_SCRIPTS = "script."
_UNITS = ("B", "kB", "MB", "GB", "TB")


class AtLeast(int):
    """A number that wasn't counted to its end: people read 10,000+."""


@dataclass(frozen=True)
class Translation:
    """`language` is English where there is no other."""

    text: str
    language: str


@dataclass(frozen=True)
class Messages:
    """One language. Messages have `{names}` to be filled; with `n` there are two: `.one` and `.other`."""

    language: str
    texts: dict[str, str] = field(repr=False)
    problems: dict[str, str] = field(repr=False, default_factory=dict)
    """What services say, by its name; English only where the page says it in another way."""

    def __call__(self, key: str, **values: Any) -> str:
        """The message; `KeyError` for one that isn't there, so that a test finds it before a person does."""
        if "n" in values:
            key = f"{key}.{'one' if values['n'] == 1 else 'other'}"
            values["n"] = self.number(values["n"])
        return self.texts[key].format_map(values) if values else self.texts[key]

    def said(self, sentence: str | Mapping[str, Any]) -> Translation:
        """What a service said, a message or a problem, in this language where it is known."""
        if not isinstance(sentence, str):
            sentence = received(sentence) or str(sentence.get("title", ""))
        translated = self._translated(sentence)
        return Translation(sentence, "en") if translated is None else Translation(translated, self.language)

    def _translated(self, english: object) -> str | None:
        """Names of files and the like stay as they are; None where there is no translation."""
        template = self.problems.get(english.name) if isinstance(english, Message) else None
        if template is None or not isinstance(english, Message):
            return None
        values = {name: self._translated(value) or value for name, value in english.parameters.items()}
        try:
            return template.format_map(values)
        except (KeyError, ValueError):  # another version of the service has other parameters
            return None

    def number(self, value: float, decimals: int = 0) -> str:
        """1,234.5 in English, 1.234,5 in German."""
        more = "+" if isinstance(value, AtLeast) else ""
        signs = str.maketrans(",.-", self.texts["separators"] + "−")
        return f"{value:,.{decimals}f}".translate(signs) + more

    def size(self, count: int) -> str:
        """Bytes as people say them: 1.2 MB."""
        value, unit = float(count), 0
        while value >= 999.5 and unit < len(_UNITS) - 1:
            value, unit = value / 1000, unit + 1
        return f"{self.number(value, 1 if unit > 1 and value < 100 else 0)} {_UNITS[unit]}"

    def date(self, moment: str) -> str:
        """The day of an ISO timestamp."""
        read = datetime.fromisoformat(moment)
        month = self.texts["months"].split()[read.month - 1]
        return self.texts["date"].format(read, month=month)

    def day(self, written: str) -> str:
        """A date as somebody wrote it; anything else stays as it is."""
        try:
            return self.date(date.fromisoformat(written).isoformat())
        except ValueError:
            return written

    def month(self, year: int, month: int) -> str:
        """May 2026."""
        return f"{self.texts['months'].split()[month - 1]} {year}"

    def for_scripts(self) -> str:
        """What the ES modules say, as JSON."""
        own = {key[len(_FOR_SCRIPTS) :]: text for key, text in self.texts.items() if _is_for_scripts(key)}
        return json.dumps(own, ensure_ascii=False)


def _is_for_scripts(key: str) -> bool:
    return key.startswith(_FOR_SCRIPTS)


def languages_in(folder: Path) -> tuple[str, ...]:
    """Each file of messages is a language; English first, where nothing else is wished for."""
    found = {path.stem for path in folder.glob("*.json") if "." not in path.stem}
    return ("en", *sorted(found - {"en"}))


def read_messages(language: str, folder: Path) -> Messages:
    """What services say stays English where a language has no file for it."""
    problems = folder / f"problems.{language}.json"
    texts = json.loads((folder / f"{language}.json").read_text("utf-8"))
    return Messages(language, texts, json.loads(problems.read_text("utf-8")) if problems.exists() else {})


LANGUAGES = languages_in(MESSAGES)


@cache
def messages(language: str) -> Messages:
    return read_messages(language, MESSAGES)


def preferred(accept_language: str) -> str:
    """The language that `Accept-Language` likes best among ours; English when it likes none."""
    return max(_wishes(accept_language), default=(0.0, 0, "en"))[2]


def _wishes(accept_language: str) -> Iterator[tuple[float, int, str]]:
    for place, entry in enumerate(accept_language.lower().split(",")):
        tag, _, parameter = entry.strip().partition(";")
        language = tag.strip().split("-")[0]
        quality = _quality(parameter)
        if language in LANGUAGES and quality > 0:
            yield quality, -place, language


def _quality(parameter: str) -> float:
    try:
        return float(parameter.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0
