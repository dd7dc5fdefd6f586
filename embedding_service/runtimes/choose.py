"""The one place that chooses a runtime: the fastest that is installed and gives the reference's vectors."""

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from embedding_service.encoders.arrays import Pixels
from embedding_service.encoders.base import Encoder, Runtime
from embedding_service.runtimes.base import RuntimeFailed, probe_pixels, prove_parity
from embedding_service.runtimes.race import Encode, race

log = logging.getLogger(__name__)
Wanted = Literal["auto", "torch", "openvino", "reference"]
Make = Callable[[Encoder, Path], Runtime]

CLEARLY = 1.03
"""How many times as fast a runtime must be as the one before it, which is nearer to the reference."""
_RACED_WITH = 8
_GRAPH = "2"
"""Raised when `encoders` makes another graph of the same weights, so that kept conversions are made again."""


@dataclass(frozen=True)
class Trial:
    """`make` raises a `RuntimeError`, or a `RuntimeFailed`, where the runtime can't be had or isn't right.

    `settles`: nothing after it is tried where it can be had.
    """

    name: str
    make: Make
    settles: bool = False


@dataclass(frozen=True)
class Selected:
    """`runtime` None: the encoder's own float32 reference. `why`: one line for people."""

    runtime: Runtime | None
    why: str


def fastest_runtime(encoder: Encoder, wanted: Wanted, kept: Path) -> Selected:
    """The fastest proven runtime for the encoder's pictures, by a race on this very processor.

    `kept` is the folder of converted models. `RuntimeFailed` when "openvino" was asked for and can't be had.
    """
    if encoder.image_side is None:
        return Selected(None, "no other runtime knows this encoder")
    if wanted == "reference":
        return Selected(None, "as EMBEDDING_RUNTIME=reference asks")
    selection = Selection(encoder, must_replace=wanted == "openvino")
    selection.try_all(candidates(wanted), kept)
    if wanted == "openvino" and selection.best is None:
        raise RuntimeFailed(f"EMBEDDING_RUNTIME=openvino can't be had: {'; '.join(selection.passed_over)}")
    return Selected(selection.best, selection.why)


@dataclass
class Selection:
    """The best so far, and what is to be said about the others."""

    encoder: Encoder
    must_replace: bool = False
    """Whether the first that can be had replaces the reference, however slow."""

    race: Callable[[Encode, Encode, Pixels], tuple[float, float]] = race
    best: Runtime | None = None
    passed_over: list[str] = field(default_factory=list)
    rates: dict[str, float] = field(default_factory=dict)
    settled: str = ""

    @property
    def why(self) -> str:
        """For example `pictures a second: OpenVINO f32 52, torch float32 31; not CUDA: there is none`."""
        fastest = sorted(self.rates.items(), key=lambda rate: -rate[1])
        raced = "pictures a second: " + ", ".join(f"{name} {_round(rate)}" for name, rate in fastest)
        chosen = self.settled or (raced if fastest else "the only one there is")
        return "; ".join([chosen, *(f"not {said}" for said in self.passed_over)])

    def try_all(self, candidates: Sequence[Trial], kept: Path) -> None:
        for candidate in candidates:
            try:
                runtime = candidate.make(self.encoder, kept)
                prove_parity(self.encoder, runtime)
            except RuntimeError as error:  # ours, or what the runtime itself raises
                self.passed_over.append(f"{candidate.name}: {str(error).splitlines()[0]}")
                continue
            if candidate.settles:
                self.best, self.settled = runtime, f"{candidate.name} can be had, so nothing else was tried"
                return
            self._race(runtime)

    def _race(self, runtime: Runtime) -> None:
        if self.best is None and self.must_replace:
            self.best = runtime
            return
        probes = probe_pixels(self.encoder)
        pixels = np.resize(probes, (_RACED_WITH, *probes.shape[1:]))
        old, new = self.race(self.best or self.encoder.reference, runtime, pixels)
        self.rates[self.best.name if self.best else self.encoder.runtime] = old
        self.rates[runtime.name] = new
        if new > old * CLEARLY:
            self.best = runtime


def candidates(wanted: Wanted) -> list[Trial]:
    """In the order that they are tried: where there is a CUDA device, no processor comes near it."""
    cuda = [Trial(f"CUDA {name}", _cuda(name), settles=True) for name in ("float16", "bfloat16")]
    # float32 first: it proves the conversion itself, which is then only compiled once more
    openvino = [Trial(f"OpenVINO {precision}", _openvino(precision)) for precision in ("f32", "bf16")]
    match wanted:
        case "reference":
            return []
        case "torch":
            return [*cuda, Trial("torch bfloat16", _bfloat16)]
        case "openvino":
            return openvino
        case "auto":
            return [*cuda, *openvino, Trial("torch bfloat16", _bfloat16)]


def _cuda(number_type: str) -> Make:
    def make(encoder: Encoder, _kept: Path) -> Runtime:
        from embedding_service.runtimes.torch_runtime import cuda_runtime

        return cuda_runtime(_module(encoder), number_type)

    return make


def _bfloat16(encoder: Encoder, _kept: Path) -> Runtime:
    from embedding_service.runtimes.torch_runtime import bfloat16_runtime

    return bfloat16_runtime(_module(encoder))


def _openvino(precision: str) -> Make:
    def make(encoder: Encoder, kept: Path) -> Runtime:
        from embedding_service.runtimes.openvino_runtime import check_precision, openvino_version

        version = openvino_version()
        check_precision(precision)
        slug = f"{encoder.spec.fingerprint}-openvino-{version}-graph-{_GRAPH}"
        return _converted(encoder, kept / re.sub(r"[^\w.-]+", "-", slug), precision)

    return make


def _converted(encoder: Encoder, folder: Path, precision: str) -> Runtime:
    """Read from `folder` if float32 gives the right vectors from there, else converted anew."""
    from embedding_service.runtimes.openvino_runtime import convert, read_kept

    try:
        runtime = read_kept(folder, precision)
        if precision == "f32":
            prove_parity(encoder, runtime)
        return runtime
    except RuntimeFailed as error:
        log.info("converting %s for OpenVINO: %s", encoder.spec.name, error)
    height, width, _ = encoder.prepare(Image.new("RGB", (64, 64))).shape
    return convert(_module(encoder), height, width, folder, precision)


def _module(encoder: Encoder) -> Any:
    return encoder.image_side


def _round(rate: float) -> str:
    return f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}"
