"""Which encoder a local folder is: a known one by its weights alone, else one of its own."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from embedding_service.encoders.checkpoint import local_spec, sha256_of
from embedding_service.encoders.specs import DEFAULT, SPECS, EncoderSpec


@pytest.fixture
def rows(checkpoint: Path) -> tuple[EncoderSpec, ...]:
    """The rows of facts, as if the default encoder's weights were the small checkpoint's."""
    digest = sha256_of(checkpoint / "model.safetensors")
    return (dataclasses.replace(DEFAULT, weights_sha256=digest), *SPECS[1:])


@pytest.fixture
def folder(checkpoint: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(checkpoint, tmp_path / "my-download"))


@pytest.mark.parametrize("name", [None, DEFAULT.name])
def test_known_weights_are_that_encoder_whatever_the_folder_is_called(
    folder: Path, rows: tuple[EncoderSpec, ...], name: str | None
) -> None:
    found = local_spec(folder, name, rows)
    assert (found.name, found.fingerprint) == (DEFAULT.name, DEFAULT.fingerprint)


def test_another_config_beside_known_weights_changes_nothing(
    folder: Path, rows: tuple[EncoderSpec, ...]
) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"_name_or_path": "somebody/else"}))
    assert local_spec(folder, None, rows).name == DEFAULT.name


def test_a_name_of_ones_own_is_kept(folder: Path, rows: tuple[EncoderSpec, ...]) -> None:
    assert local_spec(folder, "my/clip", rows).name == "my/clip"


def test_the_same_config_with_other_weights_is_another_encoder(
    folder: Path, rows: tuple[EncoderSpec, ...]
) -> None:
    with (folder / "model.safetensors").open("ab") as weights:
        weights.write(b"\0")
    found = local_spec(folder, None, rows)
    assert found.name == "my-download"
    assert found.fingerprint != DEFAULT.fingerprint
