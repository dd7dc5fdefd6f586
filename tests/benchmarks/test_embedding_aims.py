"""The embedding benchmark's verdicts: each aim apart, at its very edge, and only where it was measured."""

from typing import Any

from benchmarks.embedding_aims import reached

GOOD: dict[str, Any] = {
    "a_naive": {"photos_a_second": 20.0},
    "b_engine": {"photos_a_second": 100.0, "one_photo_ms": 20.0},
    "d_steps": {"limit_photos_a_second": 110.0},
    "c_f_http": {
        "clients_32": {"photos_a_second": 85.0},
        "one_client": {"median_ms": 26.0},
        "resident_mb": [1000, 1049],
        "deep_1000": {"statuses": {200: 500, 429: 500}},
    },
}
BAD: dict[str, Any] = {
    "a_naive": {"photos_a_second": 20.1},
    "b_engine": {"photos_a_second": 100.0, "one_photo_ms": 20.0},
    "d_steps": {"limit_photos_a_second": 118.0},
    "c_f_http": {
        "clients_32": {"photos_a_second": 84.9},
        "one_client": {"median_ms": 26.1},
        "resident_mb": [1430, 1502],
        "deep_1000": {"statuses": {200: 500, 503: 500}},
    },
}


def test_all_reached() -> None:
    verdicts = reached(GOOD)
    assert len(verdicts) == 7
    assert all(verdict.endswith(": reached") for verdict in verdicts.values()), verdicts


def test_all_missed() -> None:
    assert all(verdict.endswith(": missed") for verdict in reached(BAD).values()), reached(BAD)


def test_what_was_measured_stands_beside_what_was_wanted() -> None:
    assert reached(GOOD)["engine, times the naive way"] == "5 (wanted ≥ 5): reached"
    assert reached(BAD)["1,000 at once"] == "statuses 200, 503 (wanted 200 and 429 only): missed"


def test_of_the_bundled_encoder_the_whole_path_is_wanted_near_its_limit() -> None:
    def verdict(photos_a_second: float) -> str:
        clients = GOOD["c_f_http"] | {"clients_32": {"photos_a_second": photos_a_second}}
        return reached(GOOD | {"c_f_http": clients, "setup": {"encoder": "mini"}})[
            "32 clients, as a part of the limit"
        ]

    assert verdict(88.0) == "0.8 (wanted ≥ 0.8): reached"
    assert verdict(87.9).endswith(": missed")


def test_what_was_not_measured_has_no_verdict() -> None:
    assert reached({"b_engine": GOOD["b_engine"]}) == {}
    assert list(reached({"a_naive": GOOD["a_naive"], "b_engine": GOOD["b_engine"]})) == [
        "engine, times the naive way"
    ]
