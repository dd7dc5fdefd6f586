"""Every runtime that is installed gives the reference's vectors, or isn't used and says why."""

import logging
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from embedding_service.encoders.arrays import Pixels
from embedding_service.encoders.base import Encoder
from embedding_service.encoders.checkpoint import local_spec
from embedding_service.encoders.load import load_encoder
from embedding_service.runtimes.base import RuntimeFailed, prove_parity
from embedding_service.runtimes.choose import Wanted, fastest_runtime
from embedding_service.runtimes.torch_runtime import TorchRuntime
from tests.embedding_service.drawn import photo
from tests.embedding_service.fakes import AverageColour
from tests.embedding_service.families import write_family

PHOTOS = [photo(120, 90, seed) for seed in range(5)]


@pytest.fixture
def encoder(checkpoint: Path) -> Encoder:
    return load_encoder(local_spec(checkpoint, None), checkpoint)


def agrees(encoder: Encoder, reference: Encoder) -> bool:
    cosines = (encoder.embed_images(PHOTOS) * reference.embed_images(PHOTOS)).sum(1)
    return bool(cosines.min() >= 0.999)


def test_torch_in_bfloat16(encoder: Encoder, checkpoint: Path) -> None:
    assert encoder.runtime == "torch float32"
    assert encoder.image_side is not None
    texts = encoder.embed_texts(["a red bus"])
    runtime = TorchRuntime(encoder.image_side, torch.bfloat16)
    prove_parity(encoder, runtime)
    encoder.adopt(runtime)
    assert encoder.runtime == "torch bfloat16 on cpu"
    assert agrees(encoder, load_encoder(local_spec(checkpoint, None), checkpoint))
    np.testing.assert_array_equal(encoder.embed_texts(["a red bus"]), texts)
    with pytest.raises(RuntimeError, match="another runtime"):
        encoder.reference(np.zeros((1, 32, 32, 3), np.uint8))


@pytest.mark.parametrize("family", ["clip", "siglip", "siglip2", "dinov2", "resnet", "vgg"])
@pytest.mark.parametrize("wanted", ["auto", "torch"])
def test_whatever_is_chosen_agrees(tmp_path: Path, family: str, wanted: Wanted) -> None:
    folder = write_family(family, tmp_path / family)
    encoder, reference = (load_encoder(local_spec(folder, None), folder) for _ in range(2))
    runtime = fastest_runtime(encoder, wanted, tmp_path).runtime
    if runtime is not None:
        encoder.adopt(runtime)
    assert agrees(encoder, reference)
    assert encoder.embed_images(PHOTOS[:2]).shape == (2, encoder.spec.dimension)


def test_reference_stays_the_reference(encoder: Encoder, tmp_path: Path) -> None:
    assert fastest_runtime(encoder, "reference", tmp_path).runtime is None


def test_an_encoder_without_torch_has_no_other_runtime(tmp_path: Path) -> None:
    assert fastest_runtime(AverageColour(), "auto", tmp_path).runtime is None


class Wrong:
    name, device = "wrong", "cpu"

    def __init__(self, value: float) -> None:
        self.value = value

    def __call__(self, pixels: Pixels) -> NDArray[np.float32]:
        return np.full((len(pixels), 512), self.value, np.float32)

    def adopted(self) -> None: ...


@pytest.mark.parametrize("value", [1.0, float("nan")])
def test_a_runtime_that_is_wrong_is_found_out(encoder: Encoder, value: float) -> None:
    with pytest.raises(RuntimeFailed, match="differ from the reference"):
        prove_parity(encoder, Wrong(value))


class TestOpenVino:
    @pytest.fixture(autouse=True)
    def installed(self) -> None:
        pytest.importorskip("openvino")

    def test_converted_once_then_read(
        self, encoder: Encoder, checkpoint: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        assert fastest_runtime(encoder, "openvino", tmp_path).runtime is not None
        assert "converting" in caplog.text
        caplog.clear()
        runtime = fastest_runtime(encoder, "openvino", tmp_path).runtime
        assert runtime is not None
        assert "converting" not in caplog.text
        assert runtime.name.startswith("OpenVINO")
        encoder.adopt(runtime)
        assert agrees(encoder, load_encoder(local_spec(checkpoint, None), checkpoint))
        for size in (1, 3, 2):
            assert encoder.embed_images(PHOTOS[:size]).shape == (size, 512)

    def test_a_conversion_is_reported_to_nobody(self, encoder: Encoder, tmp_path: Path) -> None:
        assert fastest_runtime(encoder, "openvino", tmp_path).runtime is not None
        assert sys.modules.get("openvino_telemetry") is None

    @pytest.mark.parametrize("name", ["pictures.xml", "pictures.bin"])
    def test_a_damaged_conversion_is_made_again(
        self, encoder: Encoder, tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
    ) -> None:
        caplog.set_level(logging.INFO)
        fastest_runtime(encoder, "openvino", tmp_path)
        kept = next(tmp_path.rglob(name))
        kept.write_bytes(bytes(len(kept.read_bytes())))
        caplog.clear()
        assert fastest_runtime(encoder, "openvino", tmp_path).runtime is not None
        assert "converting" in caplog.text

    def test_a_folder_that_can_not_be_written(
        self, encoder: Encoder, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / "file").write_text("in the way")
        assert fastest_runtime(encoder, "openvino", tmp_path / "file").runtime is not None
        assert "isn't kept" in caplog.text


def test_openvino_that_is_not_installed(
    encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(RuntimeFailed, match="EMBEDDING_RUNTIME=openvino"):
        fastest_runtime(encoder, "openvino", tmp_path)
    runtime = fastest_runtime(encoder, "auto", tmp_path).runtime
    assert runtime is None or runtime.name.startswith("torch")
