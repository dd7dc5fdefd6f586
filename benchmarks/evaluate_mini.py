"""What the mini encoder can do: COCO128 by example and by words, labels of `val/`, speed beside ViT-B/32."""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

from benchmarks.retrieval import (
    Coco,
    colour_histograms,
    images_to_images,
    open_rgb,
    random_vectors,
    read_coco,
    texts_to_images,
    tiny_pixels,
)
from embedding_service.encoders.load import load_encoder
from embedding_service.encoders.mini import WEIGHTS, MiniEncoder
from embedding_service.encoders.specs import BY_NAME
from training.captions import read_concepts
from training.data import read_files

Row = dict[str, float]
BATCHES = (1, 8, 32)
VIT_SIDE = 224


def compare_images(encoder: MiniEncoder, coco: Coco) -> dict[str, Row]:
    """Image → image, the encoder beside what needs no learning."""
    sharing, count = coco.sharing(), len(coco.images)
    colours = load_encoder(BY_NAME["color-layout"])
    chances = [images_to_images(random_vectors(count, seed), sharing) for seed in range(20)]
    return {
        "random": {measure: float(np.mean([row[measure] for row in chances])) for measure in chances[0]},
        "tiny pixels": images_to_images(tiny_pixels(coco.images), sharing),
        "colour histogram": images_to_images(colour_histograms(coco.images), sharing),
        "color-layout": images_to_images(colours.embed_images(coco.images), sharing),
        "mini": images_to_images(encoder.embed_images(coco.images), sharing),
    }


def compare_texts(encoder: MiniEncoder, coco: Coco) -> dict[str, Row]:
    """Text → image over the category names that occur, beside chance (the share of photos that show it)."""
    numbers = coco.occurring()
    shown = coco.shown(numbers)
    texts = encoder.embed_texts([f"a photo of a {coco.names[number]}" for number in numbers])
    found = texts_to_images(texts, encoder.embed_images(coco.images), shown)
    chance = {"precision@5": float(shown.mean()), "recall@5": 5 / len(coco.images)}
    return {"chance": chance, "mini": found, "times chance": {key: found[key] / chance[key] for key in found}}


def label_accuracy(encoder: MiniEncoder, archive: Path) -> float:
    """Top-1 over the pictures of `val/`: the nearest of the captions `a photo of a <label>`."""
    concepts = read_concepts()
    pictures = [(path.split("/")[-2], open_rgb(content)) for path, content in read_files(archive)]
    labels = sorted({label for label, _ in pictures})
    texts = encoder.embed_texts([f"a photo of a {concepts.names[label][0]}" for label in labels])
    right = 0
    for start in range(0, len(pictures), 100):
        some = pictures[start : start + 100]
        nearest = (encoder.embed_images([image for _, image in some]) @ texts.T).argmax(axis=1)
        right += sum(labels[best] == label for best, (label, _) in zip(nearest, some, strict=True))
    return right / len(pictures)


def compare_speed(encoder: MiniEncoder, vit_config: Path) -> dict[str, Row]:
    """Pictures a second through each image side, already resized, by size of batch and type of number."""
    vit: nn.Module = CLIPVisionModelWithProjection(CLIPVisionConfig.from_pretrained(vit_config))
    vit.train(False)
    rows: dict[str, Row] = {}
    for dtype in (torch.float32, torch.bfloat16):
        name = str(dtype).removeprefix("torch.")
        encoder.model.image.to(dtype)
        large = speeds(vit.to(dtype), VIT_SIDE, dtype)
        small = speeds(encoder.look, encoder.size, dtype)
        rows[f"ViT-B/32 {name}"], rows[f"mini {name}"] = large, small
        rows[f"times as fast {name}"] = {key: small[key] / large[key] for key in large}
    encoder.model.image.float()
    return rows


def speeds(tower: Callable[[torch.Tensor], Any], side: int, dtype: torch.dtype) -> Row:
    """Pictures a second by size of batch."""
    return {f"batch {n}": throughput(tower, torch.randn(n, 3, side, side, dtype=dtype)) for n in BATCHES}


@torch.inference_mode()
def throughput(tower: Callable[[torch.Tensor], Any], pixels: torch.Tensor, seconds: float = 0.6) -> float:
    """The best of five runs: what the machine does when it's left alone."""
    tower(pixels)
    best = 0.0
    for _ in range(5):
        started, done = time.perf_counter(), 0
        while time.perf_counter() - started < seconds:
            tower(pixels)
            done += len(pixels)
        best = max(best, done / (time.perf_counter() - started))
    return best


def describe_machine() -> dict[str, Any]:
    """What the speeds were measured on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.split(": ")[1] for line in lines if line.startswith("model name")]
    flags = next((line for line in lines if line.startswith("flags")), "")
    return {
        "processor": models[0] if models else platform.processor(),
        "cores": torch.get_num_threads(),
        "amx": "amx_bf16" in flags,
        "system": platform.system(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def show(title: str, rows: dict[str, Row]) -> None:
    """Print one table."""
    columns = list(next(iter(rows.values())))
    print(f"\n{title:28}" + "".join(f"{column:>14}" for column in columns))
    for name, row in rows.items():
        print(f"{name:28}" + "".join(f"{row[column]:14.3f}" for column in columns))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--coco", type=Path, required=True, help="coco128.zip")
    parser.add_argument("--photos", type=Path, help="folder with photos-val.tar.gz")
    parser.add_argument("--vit", type=Path, help="folder with the config.json of clip-vit-base-patch32")
    parser.add_argument("--encoder", type=Path, default=WEIGHTS)
    parser.add_argument("--output", type=Path, help="where to write the figures as JSON")
    arguments = parser.parse_args()
    encoder, coco = MiniEncoder(BY_NAME["mini"], arguments.encoder), read_coco(arguments.coco)
    result: dict[str, Any] = {"machine": describe_machine(), "photos": len(coco.images)}
    result["image to image"] = compare_images(encoder, coco)
    show("image → image", result["image to image"])
    result["text to image"] = compare_texts(encoder, coco)
    show("text → image", result["text to image"])
    if arguments.photos:
        result["val top-1"] = label_accuracy(encoder, arguments.photos / "photos-val.tar.gz")
        print(f"\nval top-1: {result['val top-1']:.4f}")
    if arguments.vit:
        result["pictures a second"] = compare_speed(encoder, arguments.vit)
        show("pictures a second", result["pictures a second"])
    if arguments.output:
        arguments.output.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
