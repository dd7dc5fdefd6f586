"""The one place that chooses a runtime: the fastest that is installed and gives the reference's vectors."""

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from embedding_service.encoders.base import Encoder, Runtime
from embedding_service.runtimes.base import RuntimeFailed, prove_parity

log = logging.getLogger(__name__)
Wanted = Literal["auto", "torch", "openvino", "reference"]
Make = Callable[[Encoder, Path], Runtime]


def fastest_runtime(encoder: Encoder, wanted: Wanted, kept: Path) -> Runtime | None:
    """A proven runtime for the encoder's pictures; None: its own float32 reference runs them.

    `kept` is the folder of converted models. `RuntimeFailed` when "openvino" was asked for and can't be had;
    with "auto" and "torch" each runtime that is passed over is named in the log.
    """
    if encoder.image_side is None:
        return None
    for name, make in _candidates(wanted):
        try:
            return make(encoder, kept)
        except RuntimeError as error:  # ours, or what the runtime itself raises
            if wanted == "openvino":
                raise RuntimeFailed(f"EMBEDDING_RUNTIME=openvino can't be had: {error}") from error
            log.info("%s isn't used for %s: %s", name, encoder.spec.name, error)
    return None


def _candidates(wanted: Wanted) -> list[tuple[str, Make]]:
    match wanted:
        case "reference":
            return []
        case "torch":
            return [("CUDA", _cuda), ("torch bfloat16", _bfloat16)]
        case "openvino":
            return [("OpenVINO", _openvino)]
        case "auto":
            return [("CUDA", _cuda), ("OpenVINO", _openvino), ("torch bfloat16", _bfloat16)]


def _cuda(encoder: Encoder, _kept: Path) -> Runtime:
    from embedding_service.runtimes.torch_runtime import cuda_runtime

    return _proven(encoder, cuda_runtime(_module(encoder)))


def _bfloat16(encoder: Encoder, _kept: Path) -> Runtime:
    from embedding_service.runtimes.torch_runtime import bfloat16_runtime

    return _proven(encoder, bfloat16_runtime(_module(encoder)))


def _openvino(encoder: Encoder, kept: Path) -> Runtime:
    from embedding_service.runtimes.openvino_runtime import convert, forget, openvino_version, read_kept

    slug = re.sub(r"[^\w.-]+", "-", f"{encoder.spec.fingerprint}-openvino-{openvino_version()}")
    folder = kept / slug
    try:
        return _proven(encoder, read_kept(folder))
    except RuntimeFailed as error:
        log.info("converting %s for OpenVINO: %s", encoder.spec.name, error)
    height, width, _ = encoder.prepare(Image.new("RGB", (64, 64))).shape
    try:
        return _proven(encoder, convert(_module(encoder), height, width, folder))
    except RuntimeFailed:
        forget(folder)
        raise


def _module(encoder: Encoder) -> Any:
    return encoder.image_side


def _proven(encoder: Encoder, runtime: Runtime) -> Runtime:
    prove_parity(encoder, runtime)
    return runtime
