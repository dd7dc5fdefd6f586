"""The arithmetic of a calibration: logistic regression, the area under a curve, how near copies are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from aggregate_service.clients.search import Spread
from aggregate_service.search.calibration import Curve, Floor, expected_best
from benchmarks.relevance_queries import Hits
from embedding_service.encoders.base import Encoder

Floats = npt.NDArray[np.floating[Any]]
Flags = npt.NDArray[np.bool_]
_RIDGE = 1e-3
DENIED = 0.03
"""Of the questions whose best hit is right, so many may be told that nothing is close, by the floor alone."""

GROWTH = 0.12
"""Somewhat less than `growth` gives for `mini`: wrongly said, "nothing close" is worse than left out."""


def fitted(standing: Floats, scores: Floats, right: Flags, spreads: Sequence[Spread]) -> Curve:
    """The curve by which hits are most likely as right as they are. No weight is negative: a higher score is
    never less relevant."""
    rows = np.stack([standing.ravel(), scores.ravel(), np.ones(standing.size)], axis=1)
    flags = right.ravel().astype(float)
    weights = _logistic(rows, flags)
    for feature in (0, 1):
        if weights[feature] < 0:
            rows[:, feature] = 0
            weights = _logistic(rows, flags)
    slope, cosine, offset = weights.tolist()
    mean = float(np.mean([spread.mean for spread in spreads]))
    deviation = float(np.mean([spread.deviation for spread in spreads]))
    return Curve(slope, cosine, offset, mean, deviation)


def floor_under(parts: Sequence[Hits]) -> Floor:
    """Where `DENIED` of the best hits that are right lie below."""
    right = [part.scores[part.right[:, 0], 0] for part in parts]
    return Floor(float(np.quantile(np.concatenate(right), DENIED)), GROWTH)


def growth(best: Mapping[int, float]) -> float:
    """Of the best score of questions that nothing answers, for each deviation that it is expected to rise by;
    `best` has it by the number of pictures."""
    fewest, most = min(best), max(best)
    return (best[most] - best[fewest]) / (expected_best(most) - expected_best(fewest))


def _logistic(rows: Floats, flags: Floats) -> Floats:
    """Weights of the likeliest logistic regression, by Newton's steps."""
    weights = np.zeros(rows.shape[1])
    for _ in range(50):
        likely = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (flags - likely) - _RIDGE * weights
        curvature = (rows * (likely * (1 - likely))[:, np.newaxis]).T @ rows + _RIDGE * np.eye(len(weights))
        weights = weights + np.linalg.solve(curvature, slope)
    return weights


def area_under_curve(values: Floats, flags: Flags) -> float:
    """How often a right one has the higher value than a wrong one; half for equal values."""
    values, flags = np.asarray(values).ravel(), np.asarray(flags).ravel()
    if flags.all() or not flags.any():
        return float("nan")
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    right = int(flags.sum())
    wrong = len(flags) - right
    return float((ranks[flags].sum() - right * (right + 1) / 2) / (right * wrong))


def near_copies(encoder: Encoder, images: Sequence[Image.Image]) -> dict[str, float]:
    """Cosines between photos and their copies, beside those between different photos."""
    plain = encoder.embed_images(list(images))
    copies = {
        "half the size": [image.resize((image.width // 2, image.height // 2)) for image in images],
        "JPEG quality 50": [_saved_again(image, 50) for image in images],
        "5 % cut off": [_cut(image, 0.05) for image in images],
        "a tenth brighter": [image.point(lambda value: min(255, int(value * 1.1))) for image in images],
    }
    found = {}
    for name, changed in copies.items():
        scores = (plain * encoder.embed_images(changed)).sum(axis=1)
        found[f"{name}: lowest tenth"] = float(np.quantile(scores, 0.1))
    different = plain @ plain.T
    np.fill_diagonal(different, -1)
    found["nearest other photo: median"] = float(np.median(different.max(axis=1)))
    found["nearest other photo: largest"] = float(different.max())
    return found


def _saved_again(image: Image.Image, quality: int) -> Image.Image:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def _cut(image: Image.Image, part: float) -> Image.Image:
    width, height = image.size
    return image.crop(
        (int(width * part), int(height * part), int(width * (1 - part)), int(height * (1 - part)))
    )
