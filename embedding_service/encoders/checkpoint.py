"""A checkpoint in a local folder: is it whole, what is it, and which row of facts describes it."""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedding_service.encoders.specs import (
    CHECKPOINT_FILES,
    IMAGE_FILES,
    SPECS,
    EncoderSpec,
    Family,
    Modality,
)

WEIGHTS = "model.safetensors"


class BrokenCheckpoint(Exception):
    """A checkpoint that can't be loaded; the message is one line that says which file is wrong and how."""


@dataclass(frozen=True)
class LocalFamily:
    """What a folder of this family holds. Numbers that a config leaves out are transformers' own defaults."""

    family: Family
    modalities: tuple[Modality, ...]
    files: tuple[str, ...]
    dimension: Callable[[dict[str, Any]], Any]


def _siglip_width(config: dict[str, Any]) -> Any:
    return config.get("vision_config", {}).get("hidden_size", 768)


_BOTH: tuple[Modality, ...] = ("image", "text")
BY_MODEL_TYPE = {
    "clip": LocalFamily("clip", _BOTH, CHECKPOINT_FILES, lambda config: config["projection_dim"]),
    "siglip": LocalFamily("siglip", _BOTH, CHECKPOINT_FILES, _siglip_width),
    "dinov2": LocalFamily("dinov2", ("image",), IMAGE_FILES, lambda config: config.get("hidden_size", 768)),
    "resnet": LocalFamily(
        "resnet", ("image",), IMAGE_FILES, lambda config: config.get("hidden_sizes", [2048])[-1]
    ),
}
VGG_DIMENSION = 512


def local_spec(path: Path, name: str | None, rows: Sequence[EncoderSpec] = SPECS) -> EncoderSpec:
    """The row of a folder (or VGG-16 file) given by EMBEDDING_MODEL_PATH, named `name` or else after it.

    The weights of a known row are that row, whatever the folder's name, unless `name` says otherwise;
    any others get their SHA-256 as revision. The family is what `config.json` says.
    """
    if path.suffix == ".pth" or (path.is_dir() and not (path / "config.json").exists() and _states(path)):
        return _local_vgg(state_file(path), name, rows)
    config = read_json(path / "config.json")
    local = BY_MODEL_TYPE.get(str(config.get("model_type")))
    if local is None:
        known = ", ".join(BY_MODEL_TYPE)
        raise BrokenCheckpoint(f"{path}/config.json: a {_type(config)} model; only {known} can be run")
    _check_whole(path, local.files)
    digest = sha256_of(path / WEIGHTS)
    return _known(digest, name, rows) or EncoderSpec(
        name=name or path.resolve().name,
        family=local.family,
        revision=digest[:12],
        dimension=_dimension(path, config, local),
        modalities=local.modalities,
        licence="unknown",
        source="local folder",
    )


def state_file(path: Path) -> Path:
    """The one PyTorch state dict of a folder, or `path` itself; `BrokenCheckpoint` if it isn't clear."""
    found = [path] if path.is_file() else _states(path)
    if len(found) != 1:
        raise BrokenCheckpoint(f"{path} has {len(found)} .pth files; one is needed")
    return found[0]


def read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BrokenCheckpoint(f"{path} can't be read: {error}") from error
    if not isinstance(content, dict):
        raise BrokenCheckpoint(f"{path} isn't a JSON object")
    return content


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _local_vgg(path: Path, name: str | None, rows: Sequence[EncoderSpec]) -> EncoderSpec:
    """A file named as torchvision names them, `vgg16-397923af.pth`, must begin with that SHA-256."""
    digest = sha256_of(path)
    named = re.search(r"-([0-9a-f]{8})$", path.stem)
    if named and not digest.startswith(named[1]):
        raise BrokenCheckpoint(f"{path} is damaged: its SHA-256 begins with {digest[:8]}, not {named[1]}")
    return _known(digest, name, rows) or EncoderSpec(
        name=name or path.stem,
        family="vgg",
        revision=digest[:12],
        dimension=VGG_DIMENSION,
        modalities=("image",),
        licence="unknown",
        source="local file",
    )


def _known(digest: str, name: str | None, rows: Sequence[EncoderSpec]) -> EncoderSpec | None:
    same = (spec for spec in rows if spec.weights_sha256 == digest and name in (None, spec.name))
    return next(same, None)


def _dimension(folder: Path, config: dict[str, Any], local: LocalFamily) -> int:
    try:
        return int(local.dimension(config))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise BrokenCheckpoint(f"{folder}/config.json doesn't say how many dimensions it has") from error


def _type(config: dict[str, Any]) -> str:
    return str(config.get("model_type") or "nameless")


def _states(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.pth"))


def _check_whole(folder: Path, files: tuple[str, ...]) -> None:
    missing = [name for name in files if not (folder / name).is_file()]
    if missing:
        raise BrokenCheckpoint(f"{folder} has no {' and no '.join(missing)}")
