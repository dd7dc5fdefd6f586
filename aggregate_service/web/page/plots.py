"""An evaluation as plots: where bars, their intervals and marks lie, for templates to draw as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from aggregate_service.evaluation.report import EncoderRow, Measured

WIDTH = 640
_LEFT, _RIGHT = 220, 56
_ROW, _TOP, _BOTTOM = 26, 8, 26
_LABELS_SHOWN = 30
_LONGEST_NAME = 30


@dataclass(frozen=True)
class Bar:
    """Coordinates in the plot; `low` to `high` is the interval, where it is known."""

    name: str
    title: str
    value: float
    y: float
    x: float
    low: float | None
    high: float | None
    marks: dict[str, float] = field(default_factory=dict)
    """Where chance, and where the best possible is."""


@dataclass(frozen=True)
class Plot:
    bars: list[Bar]
    width: int = WIDTH
    left: int = _LEFT
    row: int = _ROW

    @property
    def floor(self) -> float:
        return _TOP + len(self.bars) * _ROW

    @property
    def height(self) -> float:
        return self.floor + _BOTTOM

    @property
    def ticks(self) -> list[tuple[float, float]]:
        """Where the lines are, and what they stand for."""
        return [(_across(value), value) for value in (0.0, 0.25, 0.5, 0.75, 1.0)]


def precision_plot(rows: Sequence[EncoderRow]) -> Plot:
    """precision@k of each encoder, between chance and the best that is possible."""
    bars: list[Bar] = []
    for row in rows:
        if row.measures is not None:
            marks = {"chance": _across(row.chance), "best": _across(row.best_possible)}
            bars.append(_bar(len(bars), row.model or "", row.measures.precision, marks))
    return Plot(bars)


def label_plot(row: EncoderRow) -> Plot:
    """mAP of the commonest labels, the best found first."""
    shown = sorted(row.labels[:_LABELS_SHOWN], key=lambda each: (-each.measures.map.value, each.label))
    return Plot([_bar(place, each.label, each.measures.map, {}) for place, each in enumerate(shown)])


def _bar(place: int, name: str, mean: Measured, marks: dict[str, float]) -> Bar:
    low, high = (None if edge is None else _across(edge) for edge in (mean.low, mean.high))
    short = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
    return Bar(short, name, mean.value, _TOP + place * _ROW, _across(mean.value), low, high, marks)


def _across(value: float) -> float:
    return round(_LEFT + value * (WIDTH - _LEFT - _RIGHT), 1)
