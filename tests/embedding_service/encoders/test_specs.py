"""The rows of facts are complete enough to be trusted, and to be fetched."""

import re

import pytest

from embedding_service.encoders.specs import BY_NAME, DEFAULT, SPECS, EncoderSpec


def test_names_are_unique() -> None:
    assert len(BY_NAME) == len(SPECS)


def test_fingerprint() -> None:
    assert DEFAULT.fingerprint == "openai/clip-vit-base-patch32@c237dc49a33f:512"
    assert BY_NAME["color-layout"].fingerprint == "color-layout@1:788"


@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec.files], ids=lambda spec: spec.name)
def test_what_is_fetched_is_pinned_and_safe(spec: EncoderSpec) -> None:
    assert spec.pin_seen
    assert re.fullmatch("[0-9a-f]{64}|", spec.weights_sha256)
    if spec.address:
        assert spec.weights_sha256.startswith(spec.revision)
        assert spec.files == (f"vgg16-{spec.revision}.pth",)
        return
    assert re.fullmatch("[0-9a-f]{40}", spec.revision)
    assert all(name.endswith((".json", ".safetensors")) for name in spec.files)
    assert ("tokenizer.json" in spec.files) == ("text" in spec.modalities)


def test_no_two_rows_share_weights_or_revisions() -> None:
    digests = [spec.weights_sha256 for spec in SPECS if spec.weights_sha256]
    revisions = [spec.revision for spec in SPECS if spec.files]
    assert len(set(digests)) == len(digests)
    assert len(set(revisions)) == len(revisions)
