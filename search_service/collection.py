"""A collection: an index bound to one encoder's vectors, and the gate that lets no other's in."""

import re
from dataclasses import dataclass

from search_service.engines.arrays import Ids, Vectors
from search_service.engines.base import ANY_ID, Hits, IdFilter, VectorIndex
from search_service.errors import EncoderMismatch, InvalidField
from search_service.moments import Spread
from search_service.vectors import require_dimension

_NAME = re.compile(r"(?!\.)[A-Za-z0-9._-]{1,200}")


@dataclass(frozen=True)
class Collection:
    name: str
    encoder: str
    index: VectorIndex

    @property
    def dimension(self) -> int:
        return self.index.dimension

    def search(
        self, queries: Vectors, k: int, encoder: str | None = None, only: IdFilter = ANY_ID
    ) -> list[Hits]:
        self._gate(queries, encoder, "embeddings")
        return self.index.search(queries, k, only)

    def spreads(self, queries: Vectors) -> list[Spread | None]:
        """What each query scores over the whole collection; None while that isn't known."""
        moments = self.index.moments()
        spreads = None if moments is None else moments.spreads(queries)
        return [None] * len(queries) if spreads is None else [*spreads]

    def upsert(self, encoder: str, ids: Ids, vectors: Vectors) -> None:
        self._gate(vectors, encoder, "vectors")
        self.index.upsert(ids, vectors)

    def _gate(self, vectors: Vectors, encoder: str | None, field: str) -> None:
        if encoder is not None and encoder != self.encoder:
            raise EncoderMismatch(self.name, self.encoder, encoder)
        require_dimension(vectors, self.dimension, field)


def checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise InvalidField(
            "collection must be 1 to 200 letters, digits, dots, dashes or underscores, with no dot in front."
        )
    return name


def checked_encoder(encoder: str) -> str:
    if not 1 <= len(encoder) <= 300 or not encoder.isprintable():
        raise InvalidField("encoder must be a fingerprint of 1 to 300 printable characters.")
    return encoder
