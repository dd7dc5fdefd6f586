"""The last layer of a vision transformer, where only its first token is read: the others aren't computed."""

from typing import Any

import torch
from torch.nn import functional


class ClassTokenLayer(torch.nn.Module):
    """In place of a CLIP encoder's last layer: gives `(n, 1, width)`, the class token, the very same numbers.

    The picture's vector is made from that token alone. The others are needed for its keys and values; their
    own queries, projections and two large matrices are a fourteenth of ViT-B/32's work, for nothing.
    """

    def __init__(self, layer: Any) -> None:
        """`layer`: transformers' `CLIPEncoderLayer`."""
        super().__init__()
        self.layer = layer

    def forward(self, hidden_states: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
        layer, first = self.layer, hidden_states[:, :1]
        attended: torch.Tensor = first + self._attend(layer.layer_norm1(hidden_states))
        answer: torch.Tensor = attended + layer.mlp(layer.layer_norm2(attended))
        return answer

    def _attend(self, tokens: torch.Tensor) -> torch.Tensor:
        """What the first of the tokens `(n, count, width)` draws from all of them, `(n, 1, width)`."""
        attention = self.layer.self_attn
        queries = self._heads(attention.q_proj(tokens[:, :1]))
        keys, values = self._heads(attention.k_proj(tokens)), self._heads(attention.v_proj(tokens))
        drawn = functional.scaled_dot_product_attention(queries, keys, values, scale=attention.scale)
        projected: torch.Tensor = attention.out_proj(drawn.transpose(1, 2).flatten(2))
        return projected

    def _heads(self, tokens: torch.Tensor) -> torch.Tensor:
        """`(n, count, width)` to `(n, heads, count, width of a head)`."""
        attention = self.layer.self_attn
        split = tokens.view(*tokens.shape[:2], attention.num_heads, attention.head_dim)
        return split.transpose(1, 2)
