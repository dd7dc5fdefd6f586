"""The one place that chooses an encoder's class; each branch imports only what its family needs."""

from pathlib import Path

from embedding_service.encoders.base import Encoder
from embedding_service.encoders.specs import EncoderSpec


def load_encoder(spec: EncoderSpec, folder: Path | None = None) -> Encoder:
    """Build the encoder of a row; `folder` holds the row's `files`, where it has any.

    Raises `BrokenCheckpoint` when the folder's files can't be what the row says.
    """
    if spec.family == "color-layout":
        from embedding_service.encoders.color_layout import ColorLayoutEncoder

        return ColorLayoutEncoder(spec)
    if spec.family == "mini":
        from embedding_service.encoders.mini import WEIGHTS, MiniEncoder

        return MiniEncoder(spec, folder or WEIGHTS)
    if folder is None:
        raise ValueError(f"{spec.name} needs a folder with its checkpoint")
    match spec.family:
        case "clip":
            from embedding_service.encoders.clip import ClipEncoder

            return ClipEncoder(spec, folder)
        case "siglip":
            from embedding_service.encoders.siglip import SiglipEncoder

            return SiglipEncoder(spec, folder)
        case "dinov2":
            from embedding_service.encoders.dinov2 import Dinov2Encoder

            return Dinov2Encoder(spec, folder)
        case "resnet":
            from embedding_service.encoders.resnet import ResNetEncoder

            return ResNetEncoder(spec, folder)
        case "vgg":
            from embedding_service.encoders.vgg import VggEncoder

            return VggEncoder(spec, folder)
