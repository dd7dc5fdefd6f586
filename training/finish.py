"""What happens to what was trained: top-1 on the photos held out, and the folder that the encoder loads."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from embedding_service.encoders.mini_model import ImageTower, MiniModel
from training.augment import MEAN, STD, normalise
from training.captions import Concepts
from training.data import Photos
from training.labels import Learner
from training.run import faster_arithmetic

LABELS = "labels.safetensors"  # beside an encoder's weights: the vectors that its pictures were taught by


@torch.inference_mode()
def top1(model: MiniModel, photos: Photos, concepts: Concepts, tokenizer: Tokenizer, side: int) -> float:
    """Share of `val/` nearest to its own label, each label known only by `a photo of a <first name>`."""
    labels = plain_labels(photos)
    captions = [f"a photo of a {concepts.names[label][0]}" for label in labels]
    ids = torch.tensor([tokenizer.encode(caption).ids for caption in captions])
    device = next(model.parameters()).device
    return share_nearest(model.image, photos, model.train(False).text(ids.to(device)), side)


@torch.inference_mode()
def label_top1(image: ImageTower, answers: Tensor, photos: Photos, concepts: Concepts, side: int) -> float:
    """Share of `val/` nearest to its own label's vector, of those `(labels, dimension)` it was taught by."""
    numbers = [concepts.leaves.index(concepts.leaf_of[label]) for label in plain_labels(photos)]
    return share_nearest(image.train(False), photos, answers[torch.tensor(numbers)], side)


def plain_labels(photos: Photos) -> list[str]:
    """The labels of `val/`: all but Caltech's."""
    return [label for label in photos.labels if not label.startswith("caltech/")]


@torch.inference_mode()
def share_nearest(image: ImageTower, photos: Photos, answers: Tensor, side: int) -> float:
    """Share of `val/` whose nearest of `answers`, one for each of `plain_labels`, is its own."""
    halves = faster_arithmetic(answers.device) == torch.bfloat16
    number = {photos.labels.index(label): place for place, label in enumerate(plain_labels(photos))}
    kept = [row for row, target in enumerate(photos.targets) if target in number]
    right = 0
    for start in range(0, len(kept), 500):
        rows = kept[start : start + 500]
        pixels = normalise(torch.from_numpy(photos.pixels[rows]).to(answers.device))
        pixels = functional.interpolate(pixels, size=(side, side), mode="bicubic", antialias=True)
        with torch.autocast(answers.device.type, torch.bfloat16, enabled=halves):
            vectors = image(pixels.contiguous(memory_format=torch.channels_last))
        wanted = torch.tensor([number[photos.targets[row]] for row in rows])
        right += int(((vectors @ answers.T).argmax(dim=1).cpu() == wanted).sum())
    return right / len(kept)


def finished(learner: Learner) -> MiniModel:
    """An encoder that sees what the learner sees, and whose text tower knows nothing yet."""
    model = MiniModel(learner.config)
    model.image.load_state_dict(learner.image.state_dict())
    model.log_scale.data.copy_(learner.log_scale)
    return model


def save_labels(answers: Tensor, folder: Path) -> None:
    """Keep the vectors of labels and wider concepts, for the text tower to learn."""
    save_file({"labels": answers.detach().cpu().contiguous()}, folder / LABELS)


def read_labels(folder: Path) -> Tensor:
    """Vectors of labels and then of wider concepts, `(labels, dimension)`. Raises `FileNotFoundError`."""
    return load_file(folder / LABELS)["labels"]


def export(model: MiniModel, tokenizer: Tokenizer, folder: Path, sides: list[int]) -> None:
    """Write the folder that `MiniEncoder.load` reads; weights as float16."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: value.cpu().contiguous() for name, value in model.state_dict().items()}
    halves = {name: value.half() for name, value in weights.items() if value.is_floating_point()}
    save_file(halves, folder / "model.safetensors")
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    write_json(folder / "config.json", {"model_type": "mini", **asdict(model.config)})
    write_json(folder / "preprocessor_config.json", {"sizes": sides, "image_mean": MEAN, "image_std": STD})


def write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n")
