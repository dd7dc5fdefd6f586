"""The sentence encoder that the word side learns from: texts to unit vectors `(n, 384)`, kept on disk."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional
from transformers import AutoModel, AutoTokenizer

from training.packages import TEACHER

Vectors = NDArray[np.float32]
_TOGETHER = 64
_LONGEST = 64


class Teacher:
    """`work` gets the unpacked model, and every vector that was asked for."""

    def __init__(self, work: Path) -> None:
        self._folder, self._kept = work / "teacher", work / "teacher.npz"
        self._vectors: dict[str, Vectors] = {}
        if self._kept.exists():
            with np.load(self._kept) as kept:
                self._vectors = dict(zip(kept["texts"].tolist(), kept["vectors"], strict=True))

    def __call__(self, texts: Sequence[str]) -> Vectors:
        new = sorted(
            {text for text in texts if text not in self._vectors}, key=lambda text: (len(text), text)
        )
        if new:
            self._vectors |= zip(new, self._embed(new), strict=True)
            np.savez(
                self._kept,
                texts=np.array(list(self._vectors)),
                vectors=np.stack(list(self._vectors.values())),
            )
        return np.stack([self._vectors[text] for text in texts])

    @torch.inference_mode()
    def _embed(self, texts: list[str]) -> Vectors:
        if not self._folder.exists():
            with zipfile.ZipFile(TEACHER.find()) as packed:
                packed.extractall(self._folder)
        tokenizer = AutoTokenizer.from_pretrained(self._folder, local_files_only=True)
        model = AutoModel.from_pretrained(self._folder, local_files_only=True, use_safetensors=True).eval()
        found = []
        for start in range(0, len(texts), _TOGETHER):
            tokens = tokenizer(
                texts[start : start + _TOGETHER],
                padding=True,
                truncation=True,
                max_length=_LONGEST,
                return_tensors="pt",
            )
            states = model(**tokens).last_hidden_state
            present = tokens["attention_mask"].unsqueeze(-1).float()
            found.append(functional.normalize((states * present).sum(1) / present.sum(1), dim=-1).numpy())
        return np.concatenate(found)
