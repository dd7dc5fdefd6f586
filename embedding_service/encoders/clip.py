"""CLIP checkpoints in transformers' format (OpenAI's, OpenCLIP's), both sides."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import CLIPModel

from embedding_service.encoders.class_token import ClassTokenLayer
from embedding_service.encoders.geometry import read_geometry
from embedding_service.encoders.pretrained import load_model, load_tokenizer
from embedding_service.encoders.specs import EncoderSpec
from embedding_service.encoders.torch_encoder import Pooled, TorchEncoder, check_dimension


class ClipEncoder(TorchEncoder):
    def __init__(self, spec: EncoderSpec, folder: Path) -> None:
        model = load_model(CLIPModel, folder)
        check_dimension(spec, model.config.projection_dim, folder)
        layers = model.vision_model.encoder.layers
        layers[len(layers) - 1] = ClassTokenLayer(layers[len(layers) - 1])
        pictures = torch.nn.Sequential(Pooled(model.vision_model), model.visual_projection)
        super().__init__(spec, pictures, read_geometry(folder / "preprocessor_config.json"))
        model.vision_model = None
        self._text_side = model
        self._longest_text = int(model.text_model.config.max_position_embeddings)
        self._tokenizer = load_tokenizer(folder)

    def too_long(self, text: str) -> bool:
        if len(text.encode()) + 2 <= self._longest_text:  # a token has at least one byte, and two frame them
            return False
        return len(self._tokenizer(text, verbose=False)["input_ids"]) > self._longest_text

    def count_tokens(self, text: str) -> int:
        return min(len(self._tokenizer(text, verbose=False)["input_ids"]), self._longest_text)

    @torch.inference_mode()
    def _encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        tokens = self._tokenizer(
            list(texts),
            padding=True,
            truncation=True,
            max_length=self._longest_text,
            return_tensors="pt",
        )
        features = self._text_side.get_text_features(
            input_ids=tokens["input_ids"].to(self._text_device),
            attention_mask=tokens["attention_mask"].to(self._text_device),
        )
        return np.asarray(features.pooler_output.cpu().numpy(), np.float32)
