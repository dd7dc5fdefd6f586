"""The one place that chooses an encoder's class; each branch imports only what its family needs."""

from pathlib import Path

from embedding_service.encoders.base import Encoder
from embedding_service.encoders.specs import EncoderSpec


def load_encoder(spec: EncoderSpec, folder: Path | None = None) -> Encoder:
    """Build the encoder of a row; `folder` holds the row's `files`, where it has any.

    Raises `BrokenCheckpoint` when the folder's files can't be what the row says.
    """
    match spec.family:
        case "color-layout":
            from embedding_service.encoders.color_layout import ColorLayoutEncoder

            return ColorLayoutEncoder(spec)
        case "mini":
            from embedding_service.encoders.mini import WEIGHTS, MiniEncoder

            return MiniEncoder(spec, folder or WEIGHTS)
        case "clip":
            from embedding_service.encoders.clip import ClipEncoder

            if folder is None:
                raise ValueError(f"{spec.name} needs a folder with its checkpoint")
            return ClipEncoder(spec, folder)
