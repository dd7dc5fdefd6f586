"""Archives of labelled photos become arrays, the caltech part split between training and validation."""

import io
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image

from training.data import HELD_OUT, PARTS, decode, load


def write(archive: Path, names: list[str]) -> None:
    with tarfile.open(archive, "w:gz") as tar:
        for place, name in enumerate(names):
            content = io.BytesIO()
            Image.new("RGB", (80, 60), (place, 100, 200)).save(content, "WEBP", lossless=True)
            member = tarfile.TarInfo(name)
            member.size = content.tell()
            content.seek(0)
            tar.addfile(member, content)


def write_all(folder: Path) -> None:
    """Every archive: bees to train on and one held out, and ants of the caltech part."""
    for part in PARTS:
        names = {"val": ["val/bee/0.webp"], "caltech": [f"caltech/ant/{n}.webp" for n in range(HELD_OUT + 2)]}
        write(folder / f"photos-{part}.tar.gz", names.get(part, [f"train/bee/{part}.webp"]))


def test_every_photo_ends_in_one_split(tmp_path: Path) -> None:
    write_all(tmp_path)
    decode(tmp_path, tmp_path / "cache")
    train, val = load(tmp_path / "cache", "train"), load(tmp_path / "cache", "val")
    assert train.labels == ["bee", "caltech/ant"]
    assert train.pixels.shape == (3 + 2, 64, 64, 3)
    assert np.bincount(train.targets).tolist() == [3, 2]
    assert np.bincount(val.targets).tolist() == [1, HELD_OUT]
