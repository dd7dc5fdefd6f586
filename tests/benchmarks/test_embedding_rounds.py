"""What the embedding benchmark compares is measured in turn, and each measure's median round is kept."""

from collections.abc import Iterator
from typing import Any

from benchmarks.embedding import in_turn


def test_measured_in_turn_and_the_median_kept() -> None:
    order: list[str] = []
    rates: Iterator[float] = iter([30.0, 1.0, 10.0, 3.0, 20.0, 2.0])

    def measured(name: str, figure: str) -> dict[str, Any]:
        order.append(name)
        return {figure: next(rates), "round": len(order)}

    found = in_turn(
        {
            "b_engine": lambda: measured("engine", "photos_a_second"),
            "d_steps": lambda: measured("steps", "limit_photos_a_second"),
        },
        rounds=3,
    )
    assert order == ["engine", "steps"] * 3
    assert found["b_engine"] == {"photos_a_second": 20.0, "round": 5, "rounds": [30.0, 10.0, 20.0]}
    assert found["d_steps"] == {"limit_photos_a_second": 2.0, "round": 6, "rounds": [1.0, 3.0, 2.0]}


def test_nothing_to_compare() -> None:
    assert in_turn({}, rounds=3) == {}
