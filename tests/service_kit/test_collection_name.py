"""What the services agree on for the name of an encoder's collection."""

import pytest

from service_kit.collection_name import collection_name


@pytest.mark.parametrize(
    ("fingerprint", "name"),
    [
        ("openai/clip-vit-base-patch32@c237dc49a33f:512", "openai-clip-vit-base-patch32-c237dc49a33f-512"),
        ("color-layout@1:64", "color-layout-1-64"),
        ("A  B/é.v1@x", "a-b-.v1-x"),
    ],
)
def test_collection_name(fingerprint: str, name: str) -> None:
    assert collection_name(fingerprint) == name
