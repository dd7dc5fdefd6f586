"""Large JSON bodies give what `json.loads` gives, without its long pauses for everybody else."""

import json
from typing import Any

import pytest

from embedding_service.web.long_strings import LONG, MOST_BESIDE, loads
from service_kit.problems import TooLarge
from tests.decoding import decoded_in_one_go

URI = "data:image/jpeg;base64," + "Ab/+" * (LONG // 2)


@pytest.mark.parametrize(
    "value",
    [
        {"input": URI},
        {"input": [URI, "short", URI[:-1], URI], "modality": "image", "n": None},
        {"input": "é" * LONG, "model": URI},
        {"input": "a text with spaces, [brackets] and: colons " * 3000},
        {"input": 'escaped "quotes" and \\ ' * 9000},
        {"input": [URI, 'ends with a backslash\\"' + "x" * 3 * LONG, URI]},
        {"input": " begins with a space" + "x" * 2 * LONG, "x": "y"},
        {"input": [1] * LONG, "b": [[2, 3]] * LONG},
        {"a": "", "input": "", "b": [], "c": "x" * 2 * LONG},
        {URI: "a long name", "nested": {"deep": ["x"]}},
        [URI, URI],
        URI,
        "x" * (LONG - 2),
        None,
    ],
)
@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("indent", [None, 2])
def test_as_json_loads(value: Any, ascii_only: bool, indent: int | None) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    assert loads(body) == json.loads(body)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32-be"])
def test_other_encodings(encoding: str) -> None:
    assert loads(json.dumps({"input": URI}).encode(encoding)) == {"input": URI}


@pytest.mark.parametrize(
    "body",
    [
        '{"input": "' + "x" * 3 * LONG,
        '{"input" ' + "x" * 3 * LONG + '"}',
        '{"input": "short"' + "x" * 3 * LONG + '"}',
        "x" * 3 * LONG,
        '{"input": "' + "x" * 3 * LONG + '" "more"}',
        '"' + "[" * 3 * LONG,
        '{"a": "' + "x" * 3 * LONG + '"}}',
    ],
)
def test_broken_json_is_broken(body: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        loads(body.encode())


def test_what_is_no_utf_8() -> None:
    with pytest.raises(UnicodeDecodeError):
        loads(b'{"input": "' + b"\xff" * 3 * LONG + b'"}')


def test_megabytes_of_short_values_are_refused() -> None:
    with pytest.raises(TooLarge, match="20 MB beside"):
        loads(b'{"input": [' + b"1," * (MOST_BESIDE // 2) + b"1]}")


def test_others_get_their_turn_meanwhile() -> None:
    body = json.dumps({"input": [URI] * 5}).encode()
    assert max(decoded_in_one_go(lambda: json.loads(body))) == len(body)
    assert max(decoded_in_one_go(lambda: loads(body))) < LONG / 100
