"""The facts of every encoder as frozen data, one row each; `load.py` picks the class that runs a row."""

from dataclasses import dataclass
from typing import Literal

Family = Literal["clip", "siglip", "dinov2", "resnet", "vgg", "mini", "color-layout"]
Modality = Literal["image", "text"]

IMAGE_FILES = ("config.json", "preprocessor_config.json", "model.safetensors")
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
    weights in somebody's local folder. `address` is where the one file of `files` lies, if not on the hub;
    what arrives from there must have `weights_sha256`.
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
    address: str = ""

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
        name="openai/clip-vit-base-patch16",
        family="clip",
        # Like B/32: the main revision holds pickled weights only; this is its conversion (refs/pr/17).
        revision="5ef227a78de3f75873f373246dac80def63b0003",
        dimension=512,
        modalities=("image", "text"),
        licence="MIT",
        source="https://huggingface.co/openai/clip-vit-base-patch16",
        files=CHECKPOINT_FILES,
        pin_seen="github.com/Tiensinh98/kat-vad",
    ),
    EncoderSpec(
        name="openai/clip-vit-large-patch14",
        family="clip",
        revision="32bd64288804d66eefd0ccbe215aa642df71cc41",
        dimension=768,
        modalities=("image", "text"),
        licence="MIT",
        source="https://huggingface.co/openai/clip-vit-large-patch14",
        files=CHECKPOINT_FILES,
        weights_sha256="a2bf730a0c7debf160f7a6b50b3aaf3703e7e88ac73de7a314903141db026dcb",
        pin_seen="github.com/embeddings-benchmark/mteb",
    ),
    EncoderSpec(
        name="laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
        family="clip",
        revision="1a25a446712ba5ee05982a381eed697ef9b435cf",
        dimension=512,
        modalities=("image", "text"),
        licence="MIT",
        source="https://huggingface.co/laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
        files=CHECKPOINT_FILES,
        weights_sha256="74813fbcdc750f235c9784c367ca1394d2a5c25eb0aac92761752ac239db7cff",
        pin_seen="github.com/kurtvalcorza/pixart-sigma-generation-pipeline",
    ),
    EncoderSpec(
        name="wkcn/TinyCLIP-ViT-8M-16-Text-3M-YFCC15M",
        family="clip",
        revision="a2a8c6eaa2549ad66eb7c31b85022bf58273a26c",
        dimension=512,
        modalities=("image", "text"),
        licence="MIT",
        source="https://huggingface.co/wkcn/TinyCLIP-ViT-8M-16-Text-3M-YFCC15M",
        files=CHECKPOINT_FILES,
        weights_sha256="9339ee3d736344d0ddcaa6c03edc9f89688f08caaea5401220885233da726fcc",
        pin_seen="several public repositories, found by this revision",
    ),
    EncoderSpec(
        name="google/siglip-base-patch16-224",
        family="siglip",
        revision="7fd15f0689c79d79e38b1c2e2e2370a7bf2761ed",
        dimension=768,
        modalities=("image", "text"),
        licence="Apache-2.0",
        source="https://huggingface.co/google/siglip-base-patch16-224",
        files=CHECKPOINT_FILES,
        weights_sha256="2c63cb7d1f2e95ba501893cbb8faeb4ea9a3af295498d35097126228659c2af8",
        pin_seen="github.com/embeddings-benchmark/mteb",
    ),
    EncoderSpec(
        name="google/siglip2-base-patch16-224",
        family="siglip",
        revision="75de2d55ec2d0b4efc50b3e9ad70dba96a7b2fa2",
        dimension=768,
        modalities=("image", "text"),
        licence="Apache-2.0",
        source="https://huggingface.co/google/siglip2-base-patch16-224",
        files=CHECKPOINT_FILES,
        weights_sha256="612923381c76ec5a9bed335d1c48827e3f2e506ac31b044b63b2031fadee6a0b",
        pin_seen="github.com/hariomahlawat/MAVI",
    ),
    EncoderSpec(
        name="google/siglip2-base-patch32-256",
        family="siglip",
        revision="94dffa8cb1179de3e03f091dbc3917e5d5a9ae84",
        dimension=768,
        modalities=("image", "text"),
        licence="Apache-2.0",
        source="https://huggingface.co/google/siglip2-base-patch32-256",
        files=CHECKPOINT_FILES,
        weights_sha256="7d241bb3becad218f211f480487f491df4f8c0a472ecf7afdec5615815a301f1",
        pin_seen="several public repositories, found by this revision",
    ),
    EncoderSpec(
        name="facebook/dinov2-small",
        family="dinov2",
        revision="ed25f3a31f01632728cabb09d1542f84ab7b0056",
        dimension=384,
        modalities=("image",),
        licence="Apache-2.0",
        source="https://huggingface.co/facebook/dinov2-small",
        files=IMAGE_FILES,
        weights_sha256="ae1e99fcefd534ed978cdeb8326f08030c96e28b7a81ffcbc98a857c84d14be1",
        pin_seen="github.com/hariomahlawat/MAVI",
    ),
    EncoderSpec(
        name="facebook/dinov2-base",
        family="dinov2",
        revision="f9e44c814b77203eaa57a6bdbbd535f21ede1415",
        dimension=768,
        modalities=("image",),
        licence="Apache-2.0",
        source="https://huggingface.co/facebook/dinov2-base",
        files=IMAGE_FILES,
        weights_sha256="d73036b56966966d07975d696bde331762f37297e2f095de8cea0040c3aa0841",
        pin_seen="github.com/gnaservicesinc/Texture_Studio",
    ),
    EncoderSpec(
        name="microsoft/resnet-50",
        family="resnet",
        revision="34c2154c194f829b11125337b98c8f5f9965ff19",
        dimension=2048,
        modalities=("image",),
        licence="Apache-2.0",
        source="https://huggingface.co/microsoft/resnet-50",
        files=IMAGE_FILES,
        pin_seen="github.com/smolix/d2l-neu",
    ),
    EncoderSpec(
        name="torchvision/vgg16",
        family="vgg",
        revision="397923af",
        dimension=512,
        modalities=("image",),
        licence="BSD-3-Clause",
        source="https://github.com/pytorch/vision",
        files=("vgg16-397923af.pth",),
        weights_sha256="397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
        pin_seen="the file's own name",
        address="https://download.pytorch.org/models/vgg16-397923af.pth",
    ),
    EncoderSpec(
        name="mini",
        family="mini",
        revision="587b1ff8afab",  # of the SHA-256 of its model.safetensors: other weights are another encoder
        dimension=640,
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
FALLBACK = BY_NAME["mini"]  # what answers where no hub can be reached: its weights come with the installation
LAST_RESORT = BY_NAME["color-layout"]  # what answers where even those are missing
