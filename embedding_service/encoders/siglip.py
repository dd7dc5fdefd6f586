"""SigLIP and SigLIP2 checkpoints of one fixed resolution, in transformers' format, both sides."""

import re
import string
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import SiglipModel

from embedding_service.encoders.checkpoint import BrokenCheckpoint, read_json
from embedding_service.encoders.geometry import read_geometry
from embedding_service.encoders.pretrained import broken, load_model
from embedding_service.encoders.specs import EncoderSpec
from embedding_service.encoders.torch_encoder import Pooled, TorchEncoder, check_dimension

_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


class SiglipEncoder(TorchEncoder):
    def __init__(self, spec: EncoderSpec, folder: Path) -> None:
        model = load_model(SiglipModel, folder)
        check_dimension(spec, model.config.vision_config.hidden_size, folder)
        super().__init__(spec, Pooled(model.vision_model), read_geometry(folder / "preprocessor_config.json"))
        model.vision_model = None
        self._text_side = model
        self._tokenizer = SiglipTokenizer(folder, int(model.config.text_config.max_position_embeddings))

    def too_long(self, text: str) -> bool:
        return self._tokenizer.count(text) > self._tokenizer.length

    def count_tokens(self, text: str) -> int:
        return min(self._tokenizer.count(text), self._tokenizer.length)

    @torch.inference_mode()
    def _encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        tokens = torch.tensor(self._tokenizer(texts), device=self._text_device)
        features = self._text_side.get_text_features(input_ids=tokens)
        return np.asarray(features.pooler_output.cpu().numpy(), np.float32)


class SiglipTokenizer:
    """Texts to token ids as the models were trained on them (big_vision's `tok` with `eos="sticky"`).

    Every text gets exactly `length` ids: cut so that the end token stays, then filled up on the right; the
    model reads its answer off the last place, and no mask hides the filling. SigLIP reads no capitals and no
    punctuation (as transformers' SiglipTokenizer); SigLIP2, with Gemma's tokenizer, no capitals.
    """

    def __init__(self, folder: Path, length: int) -> None:
        self.length = length
        self._tokenizer = _load(folder / "tokenizer.json")
        config = read_json(folder / "tokenizer_config.json")
        self._end, self._filling = self._id_of(config, "eos_token"), self._id_of(config, "pad_token")
        self._keeps_punctuation = self._filling != self._end  # SigLIP fills with its end token, Gemma doesn't

    def __call__(self, texts: Sequence[str]) -> list[list[int]]:
        return [self._fixed_length(ids) for ids in self._ids(texts)]

    def count(self, text: str) -> int:
        """How many tokens the whole text has, with its end."""
        return len(self._ids([text])[0]) + 1

    def _fixed_length(self, ids: list[int]) -> list[int]:
        kept = [*ids[: self.length - 1], self._end]
        return kept + [self._filling] * (self.length - len(kept))

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        canonical = [self._canonical(text) for text in texts]
        return [found.ids for found in self._tokenizer.encode_batch(canonical, add_special_tokens=False)]

    def _canonical(self, text: str) -> str:
        if self._keeps_punctuation:
            return text.lower()
        return re.sub(r"\s+", " ", text.lower().translate(_NO_PUNCTUATION)).strip()

    def _id_of(self, config: dict[str, Any], name: str) -> int:
        token = config.get(name)
        token = token.get("content") if isinstance(token, dict) else token
        found = self._tokenizer.token_to_id(str(token))
        if found is None:
            raise BrokenCheckpoint(f"tokenizer_config.json: the {name} {token!r} isn't in tokenizer.json")
        return int(found)


def _load(path: Path) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises nothing narrower
        raise broken(path, error) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
