"""DINOv2 checkpoints in transformers' format: pictures only, strong at finding the same thing again."""

from pathlib import Path

from transformers import Dinov2Model

from embedding_service.encoders.geometry import read_geometry
from embedding_service.encoders.pretrained import load_model
from embedding_service.encoders.specs import EncoderSpec
from embedding_service.encoders.torch_encoder import Pooled, TorchEncoder, check_dimension


class Dinov2Encoder(TorchEncoder):
    """The class token after the last normalisation, which its authors use for retrieval."""

    def __init__(self, spec: EncoderSpec, folder: Path) -> None:
        model = load_model(Dinov2Model, folder)
        check_dimension(spec, model.config.hidden_size, folder)
        super().__init__(spec, Pooled(model), read_geometry(folder / "preprocessor_config.json"))
