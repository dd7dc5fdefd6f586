"""A checkpoint in a local folder: is it whole, what is it, and which row of facts describes it."""

import hashlib
import json
from pathlib import Path
from typing import Any

from embedding_service.encoders.specs import CHECKPOINT_FILES, SPECS, EncoderSpec

WEIGHTS = "model.safetensors"


class BrokenCheckpoint(Exception):
    """A checkpoint that can't be loaded; the message is one line that says which file is wrong and how."""


def local_spec(folder: Path, name: str | None) -> EncoderSpec:
    """The row of a folder given by EMBEDDING_MODEL_PATH, named `name` or else after the folder.

    The weights of a known row are that row, whatever the folder's name, unless `name` says otherwise;
    any others get their SHA-256 as revision.
    """
    _check_whole(folder)
    digest = sha256_of(folder / WEIGHTS)
    for spec in SPECS:
        if spec.weights_sha256 == digest and name in (None, spec.name):
            return spec
    config = read_config(folder)
    if config.get("model_type") != "clip" or not isinstance(config.get("projection_dim"), int):
        raise BrokenCheckpoint(
            f"{folder}/config.json: a {config.get('model_type', 'nameless')} model; only CLIP can be run"
        )
    return EncoderSpec(
        name=name or folder.resolve().name,
        family="clip",
        revision=digest[:12],
        dimension=config["projection_dim"],
        modalities=("image", "text"),
        licence="unknown",
        source="local folder",
    )


def read_config(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BrokenCheckpoint(f"{folder}/config.json can't be read: {error}") from error
    if not isinstance(config, dict):
        raise BrokenCheckpoint(f"{folder}/config.json isn't a JSON object")
    return config


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_whole(folder: Path) -> None:
    missing = [name for name in CHECKPOINT_FILES if not (folder / name).is_file()]
    if missing:
        raise BrokenCheckpoint(f"{folder} has no {' and no '.join(missing)}")
