"""JSON bodies whose strings hold whole files, read in small steps so that other threads get their turn.

`json.loads` keeps Python's lock for a whole body: 0.2 s for 93 MB of base64, even in a thread, in which
nobody else is answered. Here every long string is cut out of the body first, each by itself.
"""

import json
import secrets
from collections.abc import Iterator
from typing import Any

from service_kit.problems import TooLarge

LONG = 65_536
"""Bytes from which on a string is cut out; a body that is shorter is read at once."""

MOST_BESIDE = 20_000_000
"""Bytes that a body may have beside its long strings: what `json.loads` reads at once."""

_AFTER_A_STRING = b" \t\r\n:,]}"


def loads(body: bytes) -> Any:
    """As `json.loads`; raises what that raises, and `TooLarge` for megabytes of short values."""
    if len(body) < LONG or b"\0" in body[:4]:  # the latter: UTF-16 or UTF-32
        return _loads(body)
    mark = secrets.token_hex(8)
    taken: list[str] = []
    pieces: list[bytes] = []
    done = 0
    for start, end in _long_strings(body):
        pieces += [body[done:start], f"{mark}{len(taken)}".encode()]
        taken.append(body[start:end].decode())
        done = end
    pieces.append(body[done:])
    value = _loads(b"".join(pieces))
    return _with_strings(value, {f"{mark}{i}": text for i, text in enumerate(taken)}) if taken else value


def _loads(body: bytes) -> Any:
    if len(body) > MOST_BESIDE:
        raise TooLarge(f"The JSON has more than {MOST_BESIDE / 1e6:g} MB beside its long strings.")
    return json.loads(body)


def _with_strings(value: Any, taken: dict[str, str]) -> Any:
    if isinstance(value, str):
        return taken.get(value, value)
    if isinstance(value, list):
        return [_with_strings(item, taken) for item in value]
    if isinstance(value, dict):
        return {taken.get(name, name): _with_strings(member, taken) for name, member in value.items()}
    return value


def _long_strings(body: bytes) -> Iterator[tuple[int, int]]:
    """Where the long strings without escapes begin and end, their quotes left out.

    A window without a quote lies between two quotes. What they enclose is a string, unless it goes on as what
    stands between strings does, or the first quote is escaped: that is left where it is.
    """
    at = 0
    while at < len(body):
        if body.find(b'"', at, at + LONG) >= 0:
            at += LONG
            continue
        start, end = body.rfind(b'"', 0, at) + 1, body.find(b'"', at)
        if end < 0:
            return
        within = body[start] not in _AFTER_A_STRING and body[start - 2 : start - 1] != b"\\"
        if start and within and body.find(b"\\", start, end) < 0:
            yield start, end
        at = end + 1
