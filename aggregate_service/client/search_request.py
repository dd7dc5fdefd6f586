"""How the Python client asks: pictures, words, ids and links with weights, as a query string or a form."""

import re
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
PictureFile = Path | str | bytes
"""A file on this machine, by its path, or a picture's bytes."""
_LOOKS_WEIGHTED = re.compile(r"\^\s*[-+]?[\d.]+\s*$")


@dataclass(frozen=True)
class Weighted(Generic[T_co]):
    """A part of a query and what it counts: -10 to 10, not 0; below 0 it is taken away."""

    value: T_co
    weight: float = 1.0


Parts: TypeAlias = Weighted[T] | T | Sequence[Weighted[T] | T]
"""One part of a query, or several, each with a weight or without."""


@dataclass(frozen=True)
class SearchRequest:
    """A search as it is sent. `options` has what isn't a part of the query: `k`, `min_score`, filters, …"""

    pictures: Sequence[Weighted[PictureFile]] = ()
    text: Sequence[Weighted[str]] = ()
    id: Sequence[Weighted[int]] = ()
    url: Sequence[Weighted[str]] = ()
    options: dict[str, Any] = field(default_factory=dict)

    def fields(self) -> dict[str, Any]:
        """Everything but the pictures."""
        parts = {
            "text": [_written(part) for part in self.text],
            "id": [_written(part) for part in self.id],
            "url": [_written(part) for part in self.url],
        }
        given = {name: values for name, values in parts.items() if values}
        if any(part.weight != 1 for part in self.pictures):
            given["weights"] = [",".join(_number(part.weight) for part in self.pictures)]
        return given | {name: _option(value) for name, value in self.options.items() if _is_given(value)}

    def files(self, opened: ExitStack) -> list[tuple[str, tuple[str, Any, str]]]:
        """The pictures as parts of a form; the files stay open until `opened` is left."""
        return [("files", _file(part.value, opened)) for part in self.pictures]


def weighted(parts: Any) -> list[Weighted[Any]]:
    """`Parts` of any kind as a list, each part with its weight."""
    if parts is None:
        return []
    several = isinstance(parts, Iterable) and not isinstance(parts, str | bytes)
    return [
        part if isinstance(part, Weighted) else Weighted(part) for part in (parts if several else [parts])
    ]


def file_part(path: Path, opened: ExitStack) -> tuple[str, Any, str]:
    name = path.name.encode(errors="backslashreplace").decode()  # not every name is UTF-8
    return name, opened.enter_context(path.open("rb")), "application/octet-stream"


def _file(picture: PictureFile, opened: ExitStack) -> tuple[str, Any, str]:
    if isinstance(picture, bytes):
        return "picture", picture, "application/octet-stream"
    return file_part(Path(picture), opened)


def _written(part: Weighted[Any]) -> str:
    """`value^weight`; the weight is left out where it is 1 and the value can't be mistaken for one."""
    value = str(part.value)
    plain = part.weight == 1 and not _LOOKS_WEIGHTED.search(value)
    return value if plain else f"{value}^{_number(part.weight)}"


def _number(value: float) -> str:
    """Without an exponent, which the service doesn't take for a number."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _is_given(value: object) -> bool:
    return value is not None and value is not False and value != []


def _option(value: object) -> Any:
    if value is True:
        return "true"
    if isinstance(value, tuple):  # a box
        return ",".join(map(_number, value))
    return value
