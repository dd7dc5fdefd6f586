"""VGG's state dict from a file or a folder: only tensors, and only the ones that its name promises."""

import hashlib
import threading
from pathlib import Path

import pytest
import torch

from embedding_service.config import Settings
from embedding_service.encoders.checkpoint import BrokenCheckpoint, local_spec
from embedding_service.encoders.load import load_encoder
from embedding_service.encoders.specs import BY_NAME
from embedding_service.weights.choice import choose
from embedding_service.weights.hub import Hub
from tests.embedding_service.checkpoints import lay_in_cache
from tests.embedding_service.drawn import photo
from tests.embedding_service.families import vgg_state


@pytest.fixture
def state(tmp_path: Path) -> Path:
    torch.save(vgg_state(), tmp_path / "vgg.pth")
    return tmp_path / "vgg.pth"


def fails(path: Path) -> str:
    with pytest.raises(BrokenCheckpoint) as raised:
        load_encoder(local_spec(path, None), path)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_from_a_file_or_its_folder(state: Path) -> None:
    revision = hashlib.sha256(state.read_bytes()).hexdigest()[:12]
    from_file = local_spec(state, None)
    assert from_file.fingerprint == f"vgg@{revision}:512"
    assert local_spec(state.parent, "vgg") == from_file
    vectors = [load_encoder(from_file, path).embed_images([photo(64, 64)]) for path in (state, state.parent)]
    assert (vectors[0] == vectors[1]).all()


def test_a_name_that_promises_a_checksum_must_keep_it(state: Path) -> None:
    digest = hashlib.sha256(state.read_bytes()).hexdigest()
    right, wrong = state.with_name(f"vgg16-{digest[:8]}.pth"), state.with_name("vgg16-397923af.pth")
    right.write_bytes(state.read_bytes())
    wrong.write_bytes(state.read_bytes())
    assert local_spec(right, None).name == right.stem
    assert "397923af" in fails(wrong)
    assert "3 .pth files" in fails(state.parent)


def test_from_the_hubs_cache(state: Path, tmp_path: Path) -> None:
    spec, hub = BY_NAME["torchvision/vgg16"], Hub(tmp_path / "hub", "http://127.0.0.1:9", True, 1)
    state.rename(state.with_name(spec.files[0]))
    lay_in_cache(tmp_path, hub.cache, spec)
    settings = Settings(_env_file=None, model=spec.name, model_path=None)
    encoder = choose(settings, hub, lambda _: None, threading.Event()).encoder
    assert encoder.spec == spec
    assert encoder.embed_images([photo(64, 64)]).shape == (1, 512)


class Code:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("this ran",)


def test_code_is_never_unpickled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "vgg.pth"
    torch.save({"features.0.weight": Code()}, path)
    assert str(path) in fails(path)
    assert "this ran" not in capsys.readouterr().out


def test_cut_short(state: Path) -> None:
    state.write_bytes(state.read_bytes()[:5000])
    assert str(state) in fails(state)


@pytest.mark.parametrize("content", [{}, {"weight": torch.zeros(1)}, [1, 2], torch.zeros(3)])
def test_other_contents(tmp_path: Path, content: object) -> None:
    path = tmp_path / "vgg.pth"
    torch.save(content, path)
    assert str(path) in fails(path)


@pytest.mark.parametrize("name", ["features.0.bias", "features.28.weight", "features.7.weight"])
def test_lacking_tensors(state: Path, name: str) -> None:
    content = vgg_state()
    del content[name]
    torch.save(content, state)
    assert str(state) in fails(state)
