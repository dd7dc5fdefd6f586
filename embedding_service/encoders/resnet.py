"""ResNet checkpoints in transformers' format: pictures only."""

from pathlib import Path

from transformers import ResNetModel

from embedding_service.encoders.geometry import read_geometry
from embedding_service.encoders.pretrained import load_model
from embedding_service.encoders.specs import EncoderSpec
from embedding_service.encoders.torch_encoder import Pooled, TorchEncoder, check_dimension


class ResNetEncoder(TorchEncoder):
    """The last stage averaged over the picture: what the classifier, which is left out, would read."""

    def __init__(self, spec: EncoderSpec, folder: Path) -> None:
        model = load_model(ResNetModel, folder)
        check_dimension(spec, model.config.hidden_sizes[-1], folder)
        super().__init__(spec, Pooled(model), read_geometry(folder / "preprocessor_config.json"))
