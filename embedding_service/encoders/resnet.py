"""ResNet checkpoints in transformers' format: pictures only."""

from pathlib import Path

import torch
from transformers import ResNetModel

from embedding_service.encoders.geometry import read_geometry
from embedding_service.encoders.pretrained import load_model
from embedding_service.encoders.specs import EncoderSpec
from embedding_service.encoders.torch_encoder import TorchEncoder, check_dimension


class ResNetEncoder(TorchEncoder):
    def __init__(self, spec: EncoderSpec, folder: Path) -> None:
        model = load_model(ResNetModel, folder)
        check_dimension(spec, model.config.hidden_sizes[-1], folder)
        super().__init__(spec, model, read_geometry(folder / "preprocessor_config.json"))

    def _image_features(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """The last stage averaged over the picture: what the classifier, which is left out, would read."""
        features: torch.Tensor = self._model(pixel_values=pixel_values).pooler_output.flatten(1)
        return features
