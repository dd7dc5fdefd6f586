"""What the mini encoder can do: COCO128 and the drawn gallery by example and by words; how fast it is."""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

from aggregate_service.sample_gallery import draw_sample_gallery
from benchmarks.retrieval import (
    TOP,
    Coco,
    Flags,
    colour_histograms,
    images_to_images,
    open_rgb,
    random_vectors,
    read_coco,
    texts_to_images,
    tiny_pixels,
)
from embedding_service.encoders.arrays import Pixels
from embedding_service.encoders.base import Encoder
from embedding_service.encoders.efficientnet_lite import geometry, trunk
from embedding_service.encoders.geometry import Geometry
from embedding_service.encoders.load import load_encoder
from embedding_service.encoders.mini import CLASSIFIER, SIDE, WEIGHTS, MiniEncoder, read_classifier
from embedding_service.encoders.specs import BY_NAME
from embedding_service.encoders.torch_encoder import ImageSide, TorchEncoder
from embedding_service.runtimes.choose import fastest_runtime
from training.class_names import class_names
from training.photos import val

Row = dict[str, float]
BATCHES = (1, 8, 32)
VIT_SIDE = 224


def compare_images(encoder: Encoder, coco: Coco) -> dict[str, Row]:
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
        "perfect": perfect(sharing),
    }


def perfect(relevant: Flags) -> Row:
    """What an order with every right one before every wrong one reaches."""
    there = relevant.sum(1)[relevant.any(1)]
    return {"precision@5": float(np.minimum(there, TOP).mean() / TOP), "map": 1.0}


def compare_texts(encoder: Encoder, coco: Coco) -> dict[str, Row]:
    """Text → image over the category names that occur, beside chance and what a perfect order would reach."""
    numbers = coco.occurring()
    shown = coco.shown(numbers)
    texts = encoder.embed_texts([f"a photo of a {coco.names[number]}" for number in numbers])
    found = texts_to_images(texts, encoder.embed_images(coco.images), shown)
    chance = {
        "precision@5": float(shown.mean()),
        "recall@5": 5 / len(coco.images),
        "map": float(shown.mean()),
    }
    best = {"precision@5": float(np.minimum(shown.sum(1), TOP).mean() / TOP), "recall@5": 1.0, "map": 1.0}
    times = {key: found[key] / chance[key] for key in found}
    return {"chance": chance, "mini": found, "times chance": times, "perfect": best}


def compare_gallery(encoder: Encoder) -> dict[str, Row]:
    """The drawn sample gallery: its families by their names, and by each picture."""
    with tempfile.TemporaryDirectory() as folder:
        draw_sample_gallery(Path(folder))
        paths = sorted(Path(folder).iterdir())
        images = [open_rgb(path.read_bytes()) for path in paths]
    families = np.array([path.stem.rpartition("-")[0] for path in paths])
    vectors, names = encoder.embed_images(images), sorted(set(families))
    same = families[:, np.newaxis] == families
    shown = np.array([families == name for name in names])
    words = texts_to_images(encoder.embed_texts(names), vectors, shown)
    pictures = images_to_images(vectors, same & ~np.eye(len(families), dtype=bool))
    return {
        "words": {key: words[key] for key in ("precision@5", "map")},
        "pictures": {key: pictures[key] for key in ("precision@5", "map")},
    }


def top_1(archives: Path, count: int = 500) -> float:
    """How often the classifier is right about small photos of classes that it was trained on, enlarged."""
    state = read_classifier(CLASSIFIER.find())
    side, prepare = ImageSide(trunk(state, SIDE), geometry(SIDE)).eval(), geometry(SIDE)
    numbers = {name.lower(): number for number, names in enumerate(class_names()) for name in reversed(names)}
    right = asked = 0
    with torch.inference_mode():
        for photo in val(archives, count):
            number = numbers.get(next(iter(photo.labels)))
            if number is None:
                continue
            features = side(torch.from_numpy(prepare(photo.image)[np.newaxis]))
            found = (features @ state["_fc.weight"].T + state["_fc.bias"]).argmax()
            asked, right = asked + 1, right + int(found == number)
    return right / asked


class Vit(TorchEncoder):
    """ViT-B/32's picture side with random weights: as fast as with the real ones."""

    def __init__(self, config: Path) -> None:
        geometry = Geometry(
            VIT_SIDE, VIT_SIDE, VIT_SIDE, Image.Resampling.BICUBIC, 1 / 255, (0.5,) * 3, (0.5,) * 3
        )
        tower = CLIPVisionModelWithProjection(CLIPVisionConfig.from_pretrained(config))
        tower.train(False)
        super().__init__(BY_NAME["openai/clip-vit-base-patch32"], _Projected(tower), geometry)


class _Projected(nn.Module):
    def __init__(self, tower: nn.Module) -> None:
        super().__init__()
        self.tower = tower

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        vectors: torch.Tensor = self.tower(pixel_values=pictures).image_embeds
        return vectors


def compare_speed(encoder: MiniEncoder, vit_config: Path) -> dict[str, Row]:
    """Pictures a second through each picture side, already resized, by size of batch."""
    vit = Vit(vit_config)
    rows: dict[str, Row] = {}
    for name in ("torch float32", "best runtime"):
        if name == "best runtime":
            for each in (vit, encoder):
                adopt_fastest(each)
        large, small = speeds(vit), speeds(encoder)
        rows[f"ViT-B/32, {name}: {vit.runtime}"], rows[f"mini, {name}: {encoder.runtime}"] = large, small
        rows[f"times as fast, {name}"] = {key: small[key] / large[key] for key in large}
    return rows


def adopt_fastest(encoder: Encoder) -> None:
    with tempfile.TemporaryDirectory() as kept:
        selected = fastest_runtime(encoder, "auto", Path(kept))
        if selected.runtime is not None:
            encoder.adopt(selected.runtime)


def speeds(encoder: TorchEncoder) -> Row:
    """Pictures a second by size of batch."""
    pixels = encoder.prepare(Image.linear_gradient("L").convert("RGB"))
    return {f"batch {count}": throughput(encoder.embed_pixels, [pixels] * count) for count in BATCHES}


def throughput(encode: Callable[[list[Pixels]], Any], pixels: list[Pixels], seconds: float = 0.6) -> float:
    """The best of five runs: what the machine does when it's left alone."""
    encode(pixels)
    best = 0.0
    for _ in range(5):
        started, done = time.perf_counter(), 0
        while time.perf_counter() - started < seconds:
            encode(pixels)
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
    result["sample gallery"] = compare_gallery(encoder)
    show("sample gallery", result["sample gallery"])
    if arguments.photos:
        result["top-1 of val/"] = top_1(arguments.photos)
        print(f"\nclassifier, top-1 of 500 photos of val/: {result['top-1 of val/']:.3f}")
    if arguments.vit:
        result["pictures a second"] = compare_speed(encoder, arguments.vit)
        show("pictures a second", result["pictures a second"])
    if arguments.output:
        arguments.output.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
