"""CLIP checkpoints in transformers' format, run by torch in float32: the reference for every runtime."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors import SafetensorError
from transformers import AutoTokenizer, CLIPModel
from transformers.utils import logging as transformers_logging

from embedding_service.encoders.base import Encoder, Pixels
from embedding_service.encoders.checkpoint import BrokenCheckpoint
from embedding_service.encoders.geometry import read_geometry
from embedding_service.encoders.specs import EncoderSpec


class ClipEncoder(Encoder):
    def __init__(self, spec: EncoderSpec, folder: Path) -> None:
        """Load from a folder only, safetensors only, without running any code of the checkpoint's."""
        super().__init__(spec)
        self.geometry = read_geometry(folder / "preprocessor_config.json")
        self.least_side = 2 * min(self.geometry.height, self.geometry.width)
        self._model = _load_model(folder)
        if self._model.config.projection_dim != spec.dimension:
            raise BrokenCheckpoint(
                f"{folder}: {self._model.config.projection_dim} dimensions, not {spec.dimension}"
            )
        self._longest_text = int(self._model.text_model.config.max_position_embeddings)
        self._tokenizer = _load_tokenizer(folder)
        scale, mean, std = self.geometry.scale, self.geometry.mean, self.geometry.std
        self._factor = torch.tensor([scale / s for s in std]).view(1, 3, 1, 1)
        self._offset = torch.tensor([m / s for m, s in zip(mean, std, strict=True)]).view(1, 3, 1, 1)

    def prepare(self, image: Image.Image) -> Pixels:
        return self.geometry(image)

    @torch.inference_mode()
    def _encode_pixels(self, pixels: Pixels) -> NDArray[np.float32]:
        channels_first = torch.from_numpy(pixels).permute(0, 3, 1, 2).float()
        features = self._model.get_image_features(pixel_values=channels_first * self._factor - self._offset)
        return np.asarray(features.pooler_output.numpy(), np.float32)

    @torch.inference_mode()
    def _encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        tokens = self._tokenizer(
            list(texts),
            padding=True,
            truncation=True,
            max_length=self._longest_text,
            return_tensors="pt",
        )
        features = self._model.get_text_features(
            input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"]
        )
        return np.asarray(features.pooler_output.numpy(), np.float32)


_DAMAGE = (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError)


def _broken(folder: Path, error: Exception) -> BrokenCheckpoint:
    return BrokenCheckpoint(f"{folder} can't be loaded: {' '.join(str(error).split())[:300]}")


def _load_tokenizer(folder: Path) -> Any:
    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except _DAMAGE as error:
        raise _broken(folder, error) from error


def _load_model(folder: Path) -> Any:
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        from_pretrained: Any = CLIPModel.from_pretrained
        model, report = from_pretrained(
            folder,
            dtype=torch.float32,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    except (*_DAMAGE, SafetensorError) as error:
        raise _broken(folder, error) from error
    absent = sorted(report["missing_keys"])
    if absent:  # transformers would fill them with random numbers
        raise BrokenCheckpoint(f"{folder}: model.safetensors lacks {len(absent)} tensors ({absent[0]}, …)")
    return model.eval()
