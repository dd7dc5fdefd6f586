"""Labels as words to search for, and their vectors."""

from collections.abc import Sequence

import numpy as np

from aggregate_service.clients.embedding import EmbeddingClient
from aggregate_service.evaluation.measures import Vectors

_TEXTS_AT_ONCE = 64


async def label_vectors(embedding: EmbeddingClient, labels: Sequence[str], words: str, model: str) -> Vectors:
    """Vectors (labels, d); `words` has a `{}` where the label goes."""
    texts = [words.replace("{}", label.replace("_", " ")) for label in labels]
    parts = [
        (await embedding.embed_texts(texts[start : start + _TEXTS_AT_ONCE], model)).vectors
        for start in range(0, len(texts), _TEXTS_AT_ONCE)
    ]
    return np.concatenate(parts)
