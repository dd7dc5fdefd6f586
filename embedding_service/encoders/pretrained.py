"""A model and its tokenizer out of a local folder: safetensors only, float32, no code of the checkpoint's."""

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoTokenizer
from transformers.utils import logging as transformers_logging

from embedding_service.encoders.checkpoint import WEIGHTS, BrokenCheckpoint

DAMAGE = (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError)
"""What damaged files make transformers and torch raise."""


def load_model(model_class: Any, folder: Path) -> Any:
    """The model of transformers' `model_class`, ready to infer; `BrokenCheckpoint` when it isn't whole."""
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model, report = model_class.from_pretrained(
            folder,
            dtype=torch.float32,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    except (*DAMAGE, SafetensorError) as error:
        raise broken(folder, error) from error
    absent = sorted(report["missing_keys"])
    if absent:  # transformers would fill them with random numbers
        raise BrokenCheckpoint(f"{folder}: {WEIGHTS} lacks {len(absent)} tensors ({absent[0]}, …)")
    return model.eval()


def load_tokenizer(folder: Path) -> Any:
    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except DAMAGE as error:
        raise broken(folder, error) from error


def broken(path: Path, error: Exception) -> BrokenCheckpoint:
    return BrokenCheckpoint(f"{path} can't be loaded: {' '.join(str(error).split())[:300]}")
