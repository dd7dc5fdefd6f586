"""The facts of every encoder as frozen data, one row each; `load.py` picks the class that runs a row."""

from dataclasses import dataclass
from typing import Literal

Family = Literal["clip", "color-layout", "mini"]
Modality = Literal["image", "text"]

CHECKPOINT_FILES = (
    "config.json",
    "preprocessor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "model.safetensors",
)


@dataclass(frozen=True)
class EncoderSpec:
    """One encoder. `files` are what must be fetched from `source` at `revision`; none for our own encoders.

    `pin_seen` names a public repository that uses this very revision; `weights_sha256` recognises the same
    weights in somebody's local folder.
    """

    name: str
    family: Family
    revision: str
    dimension: int
    modalities: tuple[Modality, ...]
    licence: str
    source: str
    files: tuple[str, ...] = ()
    weights_sha256: str = ""
    pin_seen: str = ""

    @property
    def fingerprint(self) -> str:
        """What a collection of vectors belongs to: vectors of two fingerprints can't be compared."""
        return f"{self.name}@{self.revision[:12]}:{self.dimension}"


SPECS = (
    EncoderSpec(
        name="openai/clip-vit-base-patch32",
        family="clip",
        revision="c237dc49a33fc61debc9276459120b7eac67e7ef",
        dimension=512,
        modalities=("image", "text"),
        licence="MIT",
        source="https://huggingface.co/openai/clip-vit-base-patch32",
        files=CHECKPOINT_FILES,
        weights_sha256="99d28a652e6ec46629ab7047a0ac82c69b1fe11e0ce672c43af65d3a9a3fc05d",
        pin_seen="github.com/turhancan97/krasnal-id",
    ),
    EncoderSpec(
        name="mini",
        family="mini",
        revision="1",
        dimension=256,
        modalities=("image", "text"),
        licence="Apache-2.0",
        source="embedding_service/encoders/mini_weights",
    ),
    EncoderSpec(
        name="color-layout",
        family="color-layout",
        revision="1",
        dimension=788,
        modalities=("image",),
        licence="Apache-2.0",
        source="embedding_service/encoders/color_layout.py",
    ),
)

BY_NAME = {spec.name: spec for spec in SPECS}
DEFAULT = BY_NAME["openai/clip-vit-base-patch32"]
FALLBACK = BY_NAME["color-layout"]  # what answers where no weights can be had: an encoder that needs none
