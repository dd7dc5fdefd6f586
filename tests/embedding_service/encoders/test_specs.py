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
    assert re.fullmatch("[0-9a-f]{40}", spec.revision)
    assert spec.pin_seen
    assert all(name.endswith((".json", ".safetensors")) for name in spec.files)
