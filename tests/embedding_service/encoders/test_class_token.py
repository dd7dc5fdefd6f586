"""The last layer computes its class token only: the number that the whole layer gives it."""

import pytest
import torch
from transformers import CLIPVisionConfig, CLIPVisionModel

from embedding_service.encoders.class_token import ClassTokenLayer


@pytest.mark.parametrize("count", [1, 3])
@torch.inference_mode()
def test_the_very_token_of_the_whole_layer(count: int) -> None:
    torch.manual_seed(5)
    config = CLIPVisionConfig(
        hidden_size=48, intermediate_size=96, num_hidden_layers=2, num_attention_heads=3, patch_size=16
    )
    model = CLIPVisionModel(config)
    model.train(False)
    pictures = torch.randn(count, 3, 224, 224)
    whole = model(pictures)
    layers = model.encoder.layers
    layers[1] = ClassTokenLayer(layers[1])
    reduced = model(pictures)
    assert reduced.last_hidden_state.shape == (count, 1, 48)
    torch.testing.assert_close(reduced.pooler_output, whole.pooler_output, atol=1e-6, rtol=1e-5)
