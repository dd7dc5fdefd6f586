"""A sentence that knows its name and parameters, so that whoever shows it can say it in another language."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Self

Parameter = str | int | float
_URN = "urn:image-search:"


class Message(str):
    """The English text. Wherever a `str` will do, so does this; a parameter may be a message itself."""

    name: str
    parameters: Mapping[str, Parameter]

    def __new__(cls, text: str, name: str = "", parameters: Mapping[str, Parameter] | None = None) -> Self:
        made = super().__new__(cls, text)
        made.name, made.parameters = name, parameters or {}
        return made

    def __str__(self) -> str:
        """Itself: `str()` is no reason to forget the name."""
        return self


def message(name: str, /, **parameters: Parameter) -> Message:
    """`KeyError` for a name that `english.json` lacks, and for a parameter that its sentence needs."""
    return Message(_english()[name].format_map(parameters), name, parameters)


def type_of(name: str) -> str:
    """A problem's `type` (RFC 9457): its name as a URI."""
    return _URN + name


def members(text: str) -> dict[str, Any]:
    """What is sent of a sentence: `detail`, and of a message `type` and `parameters` beside it."""
    if not isinstance(text, Message):
        return {"detail": text}
    parameters = {
        name: members(value) if isinstance(value, Message) else value
        for name, value in text.parameters.items()
    }
    named = {"type": type_of(text.name), "detail": text}
    return named | {"parameters": parameters} if parameters else named


def notice_members(notice: str | None) -> dict[str, Any]:
    """The same of a notice that stands among other facts: `notice`, `notice_type`, `notice_parameters`."""
    said = {"detail": None} if notice is None else members(notice)
    return {"notice": said.pop("detail")} | {f"notice_{name}": value for name, value in said.items()}


def received(said: Mapping[str, Any]) -> str:
    """The sentence that somebody sent as `members`; whatever doesn't look like it is plain English."""
    text, type_, parameters = said.get("detail", ""), said.get("type"), said.get("parameters") or {}
    if isinstance(text, Message):
        return text
    if not (isinstance(type_, str) and type_.startswith(_URN) and isinstance(parameters, Mapping)):
        return str(text)
    named = {name: _parameter(value) for name, value in parameters.items()}
    return Message(str(text), type_.removeprefix(_URN), named)


def recognised(text: str) -> str:
    """A sentence without parameters that was kept as plain text, with its name."""
    name = next((name for name, english in _english().items() if english == text), None)
    return text if name is None else message(name)


def _parameter(value: Any) -> Parameter:
    if isinstance(value, Mapping):
        return received(value)
    return value if isinstance(value, Parameter) else str(value)


@cache
def _english() -> dict[str, str]:
    sentences: dict[str, str] = json.loads(Path(__file__).with_name("english.json").read_text("utf-8"))
    return sentences
