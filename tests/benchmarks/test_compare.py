"""Comparing encoders, runtimes and indexes: figures where they can be had, and reasons where they can't."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from benchmarks.compare import table
from benchmarks.compare_measures import (
    REFERENCE,
    EncoderSource,
    Photos,
    index_rows,
    reference_vectors,
    runtime_names,
    runtime_row,
)
from benchmarks.labelled_photos import LabelledPhotos

COLOURS = {"red": (200, 30, 30), "green": (20, 180, 40)}


@pytest.fixture
def photos(tmp_path: Path) -> Photos:
    """A folder of each colour, three shades in it."""
    for name, colour in COLOURS.items():
        (tmp_path / "photos" / name).mkdir(parents=True)
        for shade in range(3):
            picture = Image.new("RGB", (80, 60), tuple(min(255, part + 20 * shade) for part in colour))
            picture.save(tmp_path / "photos" / name / f"{shade}.png")
    return tmp_path / "photos", frozenset(), 100


def test_a_folder_has_its_subfolders_as_labels(photos: Photos) -> None:
    labelled = LabelledPhotos.read(*photos)
    assert labelled.labels == [frozenset({"green"})] * 3 + [frozenset({"red"})] * 3
    fewer = LabelledPhotos.read(photos[0], frozenset({"red"}), 4)
    assert len(fewer.images) == len(fewer.labels) <= 4
    assert set(fewer.labels) == {frozenset({"green"}), frozenset()}


def test_an_encoder_by_its_runtimes_and_indexes(photos: Photos, tmp_path: Path) -> None:
    source, kept = EncoderSource("color-layout"), tmp_path / "kept.npz"
    assert reference_vectors(source, photos, kept) == {}
    row = runtime_row(source, REFERENCE, photos, kept)
    assert row["pictures_map"][0] == 1
    assert (row["overlap_at_5"], row["least_cosine"]) == (1, pytest.approx(1))
    assert row["photos_a_second"] > 0
    assert "words_map" not in row
    assert runtime_row(source, "OpenVINO f32", photos, kept) == {"why": "no other runtime knows this encoder"}
    exact, approximate, *others = index_rows(photos, kept)["rows"]
    assert (exact["recall_at_10"], exact["overlap_at_5"]) == (1, 1)
    assert approximate["overlap_at_5"] > 0.5
    assert all("bench-search" in each["why"] for each in others)


def test_what_cant_be_had_says_so(photos: Photos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    clip = EncoderSource("openai/clip-vit-base-patch32")
    assert "its weights aren't here" in reference_vectors(clip, photos, tmp_path / "k.npz")["why"]
    assert "no such encoder" in reference_vectors(EncoderSource("x"), photos, tmp_path / "k.npz")["why"]
    assert EncoderSource.of("a/b=/w") == EncoderSource("a/b", Path("/w"))


def test_every_runtime_of_the_engine_has_a_row() -> None:
    assert runtime_names()[0] == REFERENCE
    assert {"OpenVINO f32", "OpenVINO bf16", "torch bfloat16"} <= set(runtime_names())


def test_the_table_has_figures_or_reasons() -> None:
    rows: list[dict[str, Any]] = [
        {"encoder": "a", "runtime": "b", "map": [0.5, 0.4, 0.6], "ms": 12.5, "share": np.float64(0.25)},
        {"encoder": "a", "runtime": "c", "why": "not here"},
    ]
    lines = table(("encoder", "runtime", "map", "ms", "share"), rows).splitlines()
    assert lines[2] == "| a | b | 0.500 (0.400 to 0.600) | 12.5 | 0.2500 |"
    assert lines[3] == "| a | c | not here |  |  |"
