"""Labelled photos of COCO128 and the measures of a ranking over them."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt
import yaml
from PIL import Image, ImageOps

PERSON = 0
TOP = 5

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Coco:
    """Photos, the categories seen in each, and the name of every category."""

    images: list[Image.Image]
    categories: list[set[int]]
    names: dict[int, str]

    def sharing(self) -> Flags:
        """Whether two different photos share a category other than person, `(photos, photos)`."""
        shown = self.shown([number for number in self.names if number != PERSON]).astype(int)
        shared: Flags = (shown.T @ shown) > 0
        np.fill_diagonal(shared, False)
        return shared

    def shown(self, numbers: list[int]) -> Flags:
        """Whether each category is in each photo, `(categories, photos)`."""
        return np.array([[number in found for found in self.categories] for number in numbers])

    def occurring(self) -> list[int]:
        """The categories that are in at least one photo."""
        return sorted(set().union(*self.categories))


def read_coco(archive: Path) -> Coco:
    """Open the zip: `images/*/*.jpg`, `labels/*/*.txt` (YOLO), and a yaml that names the categories."""
    with zipfile.ZipFile(archive) as opened:
        files = {PurePosixPath(name): name for name in opened.namelist()}
        labels = {path.stem: opened.read(name) for path, name in files.items() if path.suffix == ".txt"}
        settings = next(opened.read(name) for path, name in files.items() if path.suffix in (".yaml", ".yml"))
        photos = sorted(path for path in files if path.suffix == ".jpg")
        images = [ImageOps.exif_transpose(open_rgb(opened.read(files[path]))) for path in photos]
    found = [{int(line.split()[0]) for line in labels.get(path.stem, b"").splitlines()} for path in photos]
    return Coco(images, found, dict(yaml.safe_load(settings)["names"]))


def open_rgb(encoded: bytes) -> Image.Image:
    return Image.open(BytesIO(encoded)).convert("RGB")


def images_to_images(vectors: Floats, sharing: Flags) -> dict[str, float]:
    """Precision@5 and mAP of each photo as a query over the others, if it shares anything with any."""
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -np.inf)
    hits = np.take_along_axis(sharing, np.argsort(-scores, axis=1, kind="stable"), axis=1)
    hits = hits[sharing.any(axis=1)]
    return {"precision@5": float(hits[:, :TOP].mean()), "map": average_precision(hits)}


def average_precision(hits: Flags) -> float:
    """Mean over the rows of a ranked table of hits `(queries, photos)`."""
    precision = hits.cumsum(axis=1) / np.arange(1, hits.shape[1] + 1)
    return float(((precision * hits).sum(axis=1) / hits.sum(axis=1)).mean())


def texts_to_images(texts: Floats, images: Floats, shown: Flags) -> dict[str, float]:
    """Precision@5, recall@5 and mAP of texts `(texts, d)` over the photos, by the flags `(texts, photos)`."""
    order = np.argsort(-(texts @ images.T), axis=1, kind="stable")
    hits = np.take_along_axis(shown, order, axis=1)
    best = hits[:, :TOP]
    recall = best.sum(axis=1) / shown.sum(axis=1)
    return {
        "precision@5": float(best.mean()),
        "recall@5": float(recall.mean()),
        "map": average_precision(hits),
    }


def tiny_pixels(images: list[Image.Image], side: int = 16) -> Floats:
    """Each photo as its own thumbnail, less the mean of all: the plainest baseline."""
    vectors = np.stack([np.asarray(image.resize((side, side)), np.float64).ravel() for image in images])
    return unit(vectors - vectors.mean(axis=0))


def colour_histograms(images: list[Image.Image], levels: int = 4) -> Floats:
    """Square roots of the shares of `levels`³ colours."""
    rows = []
    for image in images:
        coarse = (np.asarray(image.resize((64, 64))).astype(int) * levels) // 256
        colours = (coarse * [levels * levels, levels, 1]).sum(axis=-1).ravel()
        rows.append(np.sqrt(np.bincount(colours, minlength=levels**3)))
    return unit(np.stack(rows))


def random_vectors(count: int, seed: int) -> Floats:
    return unit(np.random.default_rng(seed).normal(size=(count, 256)))


def unit(vectors: Floats) -> Floats:
    normed: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return normed
