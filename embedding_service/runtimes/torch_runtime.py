"""Torch in half the precision: bfloat16 on processors that multiply it, or float16 on a CUDA device."""

import copy
import warnings

import numpy as np
import torch
from numpy.typing import NDArray

from embedding_service.encoders.arrays import Pixels
from embedding_service.runtimes.base import RuntimeFailed


class TorchRuntime:
    def __init__(self, module: torch.nn.Module, dtype: torch.dtype, device: str = "cpu") -> None:
        self.name = f"torch {str(dtype).removeprefix('torch.')} on {device}"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # transformers' own, about its own attributes
            self._module = copy.deepcopy(module).to(device)
        self._module.model.to(dtype)
        self.device = device

    @torch.inference_mode()
    def __call__(self, pixels: Pixels) -> NDArray[np.float32]:
        batch = torch.from_numpy(pixels)
        if self.device != "cpu":
            batch = batch.pin_memory().to(self.device, non_blocking=True)
        return np.asarray(self._module(batch).float().cpu().numpy())

    def adopted(self) -> None:
        """Nothing is to be done."""


def bfloat16_runtime(module: torch.nn.Module) -> TorchRuntime:
    if not torch.cpu._is_avx512_bf16_supported():
        raise RuntimeFailed("this processor doesn't multiply bfloat16 numbers")
    return TorchRuntime(module, torch.bfloat16)


def cuda_runtime(module: torch.nn.Module, number_type: str) -> TorchRuntime:
    """`number_type`: "float16", or "bfloat16" for models whose numbers are too large for that.

    Not run by this project's tests, which have no such device; the parity check guards it.
    """
    if not torch.cuda.is_available():
        raise RuntimeFailed("there is no CUDA device")
    return TorchRuntime(module, getattr(torch, number_type), "cuda")
