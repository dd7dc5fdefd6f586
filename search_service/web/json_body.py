"""Reads JSON bodies that hold many numbers in small steps, so that other threads get their turn.

`json.loads` keeps Python's lock for a whole body, about 0.2 s for 10 MB of floats, and takes true, NaN
and nested lists for what they are; here each step is 64 kB at most, and numbers must be numbers.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search_service.errors import InvalidField, InvalidVectors
from search_service.vectors import MAX_DIMENSION
from service_kit.problems import BadRequest

_STEP = 65_536  # characters decoded at once
_SCALAR = 4096  # longest scalar, in characters
_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


class JsonBody:
    """Walks one JSON object; `fields` yields each name, and its value must be read before the next."""

    def __init__(self, body: bytes) -> None:
        try:
            self._text = body.decode()
        except UnicodeDecodeError as error:
            raise BadRequest("The body isn't UTF-8.") from error
        self._at = 0

    def fields(self) -> Iterator[str]:
        self._expect("{")
        more = not self._take("}")
        while more:
            name = self.scalar()
            if not isinstance(name, str):
                raise self._broken()
            self._expect(":")
            yield name
            more = not self._take("}")
            if more:
                self._expect(",")
        self._skip_space()
        if self._at != len(self._text):
            raise self._broken()

    def null(self) -> bool:
        """Whether the value is null; if so, it has been read."""
        return self._take("null")

    def scalar(self) -> Any:
        """A string, a number, true, false or null; short lists and objects pass: the caller refuses them."""
        self._skip_space()
        window = self._text[self._at : self._at + _SCALAR]
        try:
            value, length = _DECODER.raw_decode(window)
        except (ValueError, RecursionError) as error:
            raise self._broken() from error
        self._at += length
        return value

    def matrix(self, field: str, max_rows: int) -> NDArray[np.float64]:
        """A list of equally long lists of numbers; whether they are finite is the caller's to check."""
        rows: list[NDArray[np.float64]] = []
        self._open_list(field, "a list of lists of numbers")
        more = not self._take("]")
        while more:
            row = self._row(f"{field}[{len(rows)}]")
            if rows and len(row) != len(rows[0]):
                raise InvalidVectors(
                    f"{field}[{len(rows)}] has {len(row)} numbers, {field}[0] has {len(rows[0])}."
                )
            rows.append(row)
            if len(rows) > max_rows:
                raise InvalidVectors(
                    f"{field} holds more than {max_rows} rows; send them in several requests."
                )
            more = not self._take("]")
            if more:
                self._expect(",")
        if not rows:
            raise InvalidVectors(f"{field} is empty.")
        return np.stack(rows)

    def whole_numbers(self, field: str, at_most: int) -> NDArray[Any]:
        numbers: list[int] = []
        self._open_list(field, "a list of whole numbers")
        for step in self._steps(field, {int}):
            numbers += step
            if len(numbers) > at_most:
                raise InvalidVectors(f"{field} holds more than {at_most}; send them in several requests.")
        if any(not 0 <= number < 2**63 for number in numbers):
            raise InvalidVectors(f"{field} must be from 0 to 9223372036854775807.")
        return np.array(numbers, np.int64)

    def _row(self, field: str) -> NDArray[np.float64]:
        self._open_list(field, "a list of numbers")
        steps: list[NDArray[np.float64]] = []
        try:
            for step in self._steps(field, {int, float}):
                steps.append(np.array(step, np.float64))
                if sum(map(len, steps)) > MAX_DIMENSION:
                    raise InvalidVectors(f"{field} holds more than {MAX_DIMENSION} numbers.")
        except OverflowError as error:
            raise InvalidVectors(f"{field} holds a number beyond float32.") from error
        if not steps:
            raise InvalidVectors(f"{field} is empty.")
        return np.concatenate(steps)

    def _steps(self, field: str, types: set[type]) -> Iterator[list[Any]]:
        """The numbers of a list whose bracket has been read, some thousands at a time."""
        end = self._text.find("]", self._at)
        start = self._at
        if end >= 0 and not self._text[start:end].strip(" \t\n\r"):
            self._at = end + 1
            return
        while start <= end:
            stop = end if end - start <= _STEP else self._text.rfind(",", start, start + _STEP)
            values = self._decode_list(start, stop)
            _require_numbers(field, values, types)
            yield values
            start = stop + 1
            self._at = start
        if end < 0:
            raise self._broken()

    def _decode_list(self, start: int, stop: int) -> list[Any]:
        if stop <= start:
            raise self._broken()
        try:
            values: list[Any] = json.loads(f"[{self._text[start:stop]}]")
        except (ValueError, RecursionError) as error:
            raise self._broken() from error
        if not values:
            raise self._broken()
        return values

    def _open_list(self, field: str, what: str) -> None:
        if not self._take("["):
            raise InvalidField(f"{field} must be {what}.")

    def _skip_space(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _take(self, token: str) -> bool:
        self._skip_space()
        taken = self._text.startswith(token, self._at)
        self._at += len(token) if taken else 0
        return taken

    def _expect(self, character: str) -> None:
        if not self._take(character):
            raise self._broken()

    def _broken(self) -> BadRequest:
        return BadRequest(f"The body isn't the JSON object it should be, near character {self._at}.")


_JSON_NAMES = {
    int: "a number",
    float: "a number with a fraction",
    bool: "true or false",
    str: "a string",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


def _require_numbers(field: str, values: list[Any], types: set[type]) -> None:
    strange = set(map(type, values)) - types
    if strange:
        found = ", ".join(sorted(_JSON_NAMES[kind] for kind in strange))
        wanted = "numbers" if float in types else "whole numbers"
        raise InvalidVectors(f"{field} must hold only {wanted}, not {found}.")


def read_fields(body: bytes, readers: dict[str, Callable[[JsonBody, str], Any]]) -> dict[str, Any]:
    """Every field by its reader; a field that nobody asked for is refused, as it may be a misspelt one."""
    cursor, found = JsonBody(body), dict[str, Any]()
    for field in cursor.fields():
        if field not in readers:
            raise InvalidField(f"There's no field {field[:50]!r}; the fields are: {', '.join(readers)}.")
        found[field] = readers[field](cursor, field)
    return found
