"""OpenVINO on the CPU: converted from the loaded torch model, kept on disk beside the weights."""

import logging
import shutil
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from embedding_service.encoders.arrays import Pixels
from embedding_service.runtimes.base import RuntimeFailed
from embedding_service.runtimes.heap import return_large_blocks
from embedding_service.runtimes.mapped_file import let_go

# OpenVINO would report each conversion to Google Analytics, from dozens of forked processes. It goes on
# without where the package that does so can't be imported.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]

log = logging.getLogger(__name__)
_MODEL = "pictures.xml"


class OpenVinoRuntime:
    device = "cpu"

    def __init__(self, model: Any, precision: str) -> None:
        """`model` is OpenVINO's own; `precision`: "f32" or "bf16"."""
        import openvino as ov

        options = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision}
        self.name = f"OpenVINO {precision}"
        self._request = ov.Core().compile_model(model, "CPU", options).create_infer_request()

    def __call__(self, pixels: Pixels) -> NDArray[np.float32]:
        outputs = self._request.infer([pixels], share_inputs=True)
        return np.array(outputs[0], np.float32)

    def adopted(self) -> None:
        """It keeps its buffers from call to call, and makes them anew for a batch larger than any before."""
        return_large_blocks()


def openvino_version() -> str:
    """`RuntimeFailed` when it isn't installed."""
    try:
        import openvino as ov
    except ImportError as error:
        raise RuntimeFailed("the package openvino isn't installed") from error
    return str(ov.__version__).split("-")[0]


def check_precision(precision: str) -> None:
    """`RuntimeFailed` where the processor has no instructions for it."""
    import openvino as ov

    if precision == "bf16" and "BF16" not in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise RuntimeFailed("this processor doesn't multiply bfloat16 numbers")


def read_kept(folder: Path, precision: str) -> OpenVinoRuntime:
    """The model that `convert` kept; `RuntimeFailed` when there is none, or it is damaged."""
    import openvino as ov

    if not (folder / _MODEL).is_file():
        raise RuntimeFailed("not converted yet")
    try:
        model = ov.Core().read_model(folder / _MODEL)
        runtime = OpenVinoRuntime(model, precision)
        _, height, width, channels = model.input(0).partial_shape.get_max_shape()
        runtime(np.zeros((1, height, width, channels), np.uint8))  # the first makes a copy of the weights
        let_go((folder / _MODEL).with_suffix(".bin"))
        return runtime
    except RuntimeError as error:
        raise RuntimeFailed(f"{folder} can't be read: {str(error).splitlines()[0]}") from error


def convert(
    module: torch.nn.Module, height: int, width: int, folder: Path, precision: str
) -> OpenVinoRuntime:
    """Trace the torch model for batches of any size; takes seconds. Kept in `folder`, if it can be."""
    import openvino as ov

    example = torch.zeros(2, height, width, 3, dtype=torch.uint8)
    shape = ov.PartialShape([-1, height, width, 3])
    try:
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # tracing warns of every branch in Python code
            model = ov.convert_model(module, example_input=example, input=[shape])
    except (RuntimeError, TypeError, ValueError) as error:
        raise RuntimeFailed(f"it can't convert this model: {str(error).splitlines()[0]}") from error
    try:
        _keep(model, folder)
    except OSError as error:
        log.warning("the converted model isn't kept, the next start converts it again: %s", error)
        return OpenVinoRuntime(model, precision)
    del model  # it shares the torch model's weights, and would hold them as long as it runs
    return read_kept(folder, precision)


def _keep(model: Any, folder: Path) -> None:
    """Written aside, then put in place whole: a start that is killed leaves nothing half-written."""
    import openvino as ov

    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=folder.parent))
    ov.save_model(model, aside / _MODEL, compress_to_fp16=False)
    shutil.rmtree(folder, ignore_errors=True)
    aside.replace(folder)
