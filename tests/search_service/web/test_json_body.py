"""Reading JSON in small steps gives what `json` gives, or a refusal; and other threads get their turn."""

import json
from typing import Any

import numpy as np
import pytest

from search_service.web.json_body import read_fields
from service_kit.problems import Problem
from tests.decoding import decoded_in_one_go

READERS: dict[str, Any] = {
    "m": lambda body, field: body.matrix(field, 1000),
    "ids": lambda body, field: body.whole_numbers(field, 100_000),
    "s": lambda body, _field: body.scalar(),
}


def read(text: str | bytes) -> dict[str, Any]:
    return read_fields(text.encode() if isinstance(text, str) else text, READERS)


@pytest.mark.parametrize("indent", [None, 1])
def test_reads_what_json_writes(indent: int | None) -> None:
    rows = np.random.default_rng(0).normal(size=(7, 9000))  # several steps a row
    numbers = list(range(0, 10**7, 97))[:90_000]
    body = json.dumps({"s": 'é\n"]', "m": rows.tolist(), "ids": numbers}, indent=indent)
    found = read(f" {body}\n")
    assert found["s"] == 'é\n"]'
    assert np.array_equal(found["m"], rows)
    assert found["ids"].tolist() == numbers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", {}),
        ('{"s":null}', {"s": None}),
        ('{"s":5,"ids":[ ]}', {"s": 5, "ids": []}),
        ('{"s":1,"s":2}', {"s": 2}),
        ('{"m":[[1,-2.5e3],[0,7]]}', {"m": [[1, -2500], [0, 7]]}),
    ],
)
def test_small_bodies(text: str, expected: dict[str, Any]) -> None:
    found = read(text)
    assert {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in found.items()} == expected


BROKEN = [
    *("", " ", "[]", "5", "null", '"s"', "{", '{"s"', '{"s":', '{"s":}', '{"s":1', '{"s":1,}', '{"s":1}x'),
    *(
        "{s:1}",
        "{1:1}",
        '{"s":1 "m":[[1]]}',
        '{"s":01}',
        '{"s":tru}',
        "{'s':1}",
        '{"s":"' + "x" * 5000 + '"}',
    ),
    *(
        '{"m":[[1,]]}',
        '{"m":[[,1]]}',
        '{"m":[[1,,2]]}',
        '{"m":[[1 2]]}',
        '{"m":[[1]',
        '{"m":[[1',
    ),
    *(
        '{"m":[[1][2]]}',
        '{"m":[[0x1]]}',
        '{"m":[[.5]]}',
        '{"m":[[+1]]}',
        '{"ids":[1',
        '{"ids":[1,]}',
        '{"ids":[-]}',
    ),
    '{"m":[[' + "[" * 100_000,
    '{"s":' + "[" * 100_000,
    '{"s":' + "9" * 5000 + "}",
    '{"ids":[' + "9" * 5000 + "]}",
    '{"ids":[' + "9" * 100_000 + "]}",
    '{"ids":[' + "1," * 40_000 + "]}",
    b'{"s":"\xff"}',
    b"\x00",
]
REFUSED = [
    *(
        '{"x":1}',
        '{"m":5}',
        '{"m":[]}',
        '{"m":[1]}',
        '{"m":[[]]}',
        '{"m":[[1],]}',
        '{"m":[[1],[]]}',
        '{"m":[[1,2],[3]]}',
    ),
    *(
        '{"m":[["1"]]}',
        '{"m":[["NaN"]]}',
        '{"m":[[true]]}',
        '{"m":[[null]]}',
        '{"m":[[{}]]}',
        '{"m":{"0":[1]}}',
    ),
    *(
        '{"m":[[1e400,true]]}',
        '{"ids":5}',
        '{"ids":[1.5]}',
        '{"ids":[1.0]}',
        '{"ids":[true]}',
        '{"ids":["1"]}',
    ),
    *(
        '{"ids":[-1]}',
        f'{{"ids":[{2**63}]}}',
        f'{{"ids":[{10**400}]}}',
        f'{{"m":[[{10**400}]]}}',
        '{"ids":[NaN]}',
    ),
    '{"m":[[' + "1," * 10_000_000 + "1]]}",
    '{"m":[' + ",".join(["[1]"] * 1001) + "]}",
    '{"ids":[' + ",".join(["1"] * 100_001) + "]}",
    '{"m":[' + "[]," * 1_000_000 + "[]]}",
]


@pytest.mark.parametrize("text", BROKEN, ids=lambda text: repr(text[:20]))
def test_broken_json_is_a_400(text: str | bytes) -> None:
    with pytest.raises(Problem) as refusal:
        read(text)
    assert refusal.value.status == 400


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:20])
def test_wrong_values_are_a_422(text: str) -> None:
    with pytest.raises(Problem) as refusal:
        read(text)
    assert refusal.value.status == 422


def test_nested_lists_in_numbers_are_refused() -> None:
    with pytest.raises(Problem):
        read('{"m":[[[1]]]}')


def test_not_a_number_comes_through_for_the_caller_to_place() -> None:
    assert np.isnan(read('{"m":[[NaN,1]]}')["m"]).any()
    assert np.isinf(read('{"m":[[Infinity,-Infinity,1e999]]}')["m"]).all()


def test_fields_that_nobody_reads_are_named() -> None:
    with pytest.raises(Problem) as refusal:
        read('{"emb":1}')
    assert refusal.value.detail == "There's no field 'emb'; the fields are: m, ids, s."


def test_other_threads_get_their_turn_while_a_large_body_is_read() -> None:
    body = json.dumps({"m": np.random.default_rng(0).normal(size=(500, 1024)).tolist()}).encode()
    assert max(decoded_in_one_go(lambda: json.loads(body))) == len(body)
    assert max(decoded_in_one_go(lambda: read(body))) < 70_000


@pytest.mark.parametrize("text", [*BROKEN, *REFUSED], ids=lambda text: repr(text[:20]))
def test_what_is_refused_is_read_once_at_most(text: str | bytes) -> None:
    def refused() -> None:
        with pytest.raises(Problem):
            read(text)

    assert sum(decoded_in_one_go(refused)) <= len(text) + 10_000
