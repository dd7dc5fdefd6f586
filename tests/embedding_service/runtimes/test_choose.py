"""The fastest that is right is chosen, whatever its name promises; fakes stand for what isn't here."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from embedding_service.encoders.arrays import Pixels
from embedding_service.encoders.base import Encoder, Runtime
from embedding_service.runtimes.base import RuntimeFailed, prove_parity
from embedding_service.runtimes.choose import Selection, Trial, candidates, fastest_runtime
from embedding_service.runtimes.race import Encode, race
from tests.embedding_service.fakes import AverageColour

REFERENCE_RATE = 30.0


class Fake:
    """Gives the reference's vectors, or others; `rate`: what it reaches in `fake_race`."""

    device = "cpu"

    def __init__(self, name: str, rate: float, right: bool = True) -> None:
        self.name, self.rate, self._right = name, rate, right

    def __call__(self, pixels: Pixels) -> NDArray[Any]:
        return AverageColour().reference(pixels) if self._right else np.full((len(pixels), 3), np.nan)

    def adopted(self) -> None: ...


def fake_race(first: Encode, second: Encode, _pixels: Pixels) -> tuple[float, float]:
    rates = [getattr(encode, "rate", REFERENCE_RATE) for encode in (first, second)]
    return rates[0], rates[1]


def had(name: str, rate: float, settles: bool = False, right: bool = True) -> Trial:
    return Trial(name, lambda _encoder, _kept: Fake(name, rate, right), settles)


def lacking(name: str, reason: str, settles: bool = False) -> Trial:
    def make(_encoder: Encoder, _kept: Path) -> Runtime:
        raise RuntimeFailed(reason)

    return Trial(name, make, settles)


def selected(tried: Sequence[Trial], must_replace: bool = False) -> Selection:
    selection = Selection(AverageColour(), must_replace, fake_race)
    selection.try_all(tried, Path())
    return selection


def name(selection: Selection) -> str | None:
    return selection.best.name if selection.best else None


def test_the_fastest_wins_wherever_it_stands() -> None:
    tried = [had("f32", 52), had("bf16", 123), had("torch bf16", 95)]
    for order in (tried, tried[::-1]):
        assert name(selected(order)) == "bf16"


def test_slower_than_the_reference_is_not_used() -> None:
    """As torch's bfloat16 on processors that have its instructions, but no matrix unit."""
    selection = selected([had("torch bfloat16", 22)])
    assert name(selection) is None
    assert (
        "built in" in selection.why.split(",")[0]
    )  # how this fake calls its reference, and the fastest first
    assert "torch bfloat16" in selection.why


def test_a_hair_faster_is_no_reason() -> None:
    assert name(selected([had("as fast", REFERENCE_RATE * 1.02)])) is None


def test_wrong_is_never_chosen_however_fast() -> None:
    selection = selected([had("wrong", 999, right=False), had("right", 40)])
    assert name(selection) == "right"
    assert "not wrong: its vectors differ" in selection.why


def test_what_can_not_be_had_is_said_in_one_line() -> None:
    selection = selected([lacking("OpenVINO f32", "it isn't installed\nat all"), had("torch bfloat16", 95)])
    assert name(selection) == "torch bfloat16"
    assert "not OpenVINO f32: it isn't installed" in selection.why
    assert "\n" not in selection.why


def test_a_gpu_settles_it() -> None:
    tried: list[str] = []

    def counted(_encoder: Encoder, _kept: Path) -> Runtime:
        tried.append("OpenVINO")
        return Fake("OpenVINO", 999)

    cuda = had("CUDA float16", 900, settles=True)
    assert name(selection := selected([cuda, Trial("OpenVINO", counted)])) == "CUDA float16"
    assert not tried
    assert selection.why == "CUDA float16 can be had, so nothing else was tried"


@pytest.mark.parametrize("first", ["wrong", "out of memory"])
def test_a_gpu_that_float16_overflows_on_takes_bfloat16(first: str) -> None:
    overflows = {
        "wrong": had("CUDA float16", 900, settles=True, right=False),
        "out of memory": lacking("CUDA float16", "CUDA out of memory", settles=True),
    }[first]
    selection = selected([overflows, had("CUDA bfloat16", 900, settles=True), had("OpenVINO", 52)])
    assert name(selection) == "CUDA bfloat16"
    assert "not CUDA float16: " in selection.why


def test_the_order_in_which_they_are_tried() -> None:
    names = {wanted: [c.name for c in candidates(wanted)] for wanted in ("auto", "torch", "openvino")}
    cuda, openvino = ["CUDA float16", "CUDA bfloat16"], ["OpenVINO f32", "OpenVINO bf16"]
    assert names["auto"] == [*cuda, *openvino, "torch bfloat16"]
    assert names["torch"] == [*cuda, "torch bfloat16"]
    assert names["openvino"] == openvino
    assert candidates("reference") == []
    assert [c.name for c in candidates("auto") if c.settles] == cuda


def test_a_runtime_that_is_named_replaces_the_reference_however_slow() -> None:
    assert name(selected([had("OpenVINO f32", 20)], must_replace=True)) == "OpenVINO f32"
    tried = [had("OpenVINO f32", 20), had("OpenVINO bf16", 25)]
    assert name(selected(tried, must_replace=True)) == "OpenVINO bf16"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_no_gpu_is_said(tmp_path: Path) -> None:
    for candidate in candidates("auto")[:2]:
        with pytest.raises(RuntimeFailed, match="no CUDA device"):
            candidate.make(AverageColour(), tmp_path)


def test_what_is_never_raced_says_why(tmp_path: Path) -> None:
    encoder = AverageColour()
    assert "no other runtime" in fastest_runtime(encoder, "auto", tmp_path).why


class Clock:
    """Stands still but for what is encoded by it: each time takes the next of `seconds`."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def encoder(self, seconds: Iterable[float]) -> Encode:
        left = iter(seconds)

        def encode(_pixels: Pixels) -> None:
            self.now += next(left)

        return encode


EIGHT = np.zeros((8, 4, 4, 3), np.uint8)


def test_a_race_takes_each_ones_best_round() -> None:
    """One slow round, because something else ran meanwhile, doesn't decide it."""
    clock = Clock()
    hindered = clock.encoder([0.5, 0.01, 0.02, 0.02, 0.02])
    steady = clock.encoder([0.04] * 5)
    assert race(hindered, steady, EIGHT, clock) == pytest.approx((800, 200))


def test_a_slow_model_is_raced_once() -> None:
    clock = Clock()
    slow, slower = clock.encoder([0.8]), clock.encoder([1.6])
    assert race(slow, slower, EIGHT, clock) == pytest.approx((10, 5))


def test_parity_is_proven_before_any_race() -> None:
    with pytest.raises(RuntimeFailed):
        prove_parity(AverageColour(), Fake("wrong", 0, right=False))
