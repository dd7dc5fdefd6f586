"""A collection: an index bound to one encoder and one catalogue, and the gates that let no other's in."""

import re
from dataclasses import dataclass

from search_service.engines.arrays import Ids, Vectors
from search_service.engines.base import ANY_ID, Hits, IdFilter, VectorIndex
from search_service.errors import EncoderMismatch, ForeignCollection, InvalidField
from search_service.moments import Spread
from search_service.vectors import require_dimension

_NAME = re.compile(r"(?!\.)[A-Za-z0-9._-]{1,200}")


@dataclass(frozen=True)
class Collection:
    name: str
    encoder: str
    index: VectorIndex
    catalogue: str | None = None
    """The id of the catalogue that it belongs to, which alone writes to it."""

    @property
    def dimension(self) -> int:
        return self.index.dimension

    def search(
        self, queries: Vectors, k: int, encoder: str | None = None, only: IdFilter = ANY_ID
    ) -> list[Hits]:
        self.require_fit(queries, encoder, "embeddings")
        return self.index.search(queries, k, only)

    def spreads(self, queries: Vectors) -> list[Spread | None]:
        """What each query scores over the whole collection; None while that isn't known."""
        moments = self.index.moments()
        spreads = None if moments is None else moments.spreads(queries)
        return [None] * len(queries) if spreads is None else [*spreads]

    def upsert(self, encoder: str, ids: Ids, vectors: Vectors, catalogue: str | None = None) -> None:
        self.require_owner(catalogue)
        self.require_fit(vectors, encoder, "vectors")
        self.index.upsert(ids, vectors)

    def remove(self, ids: Ids, catalogue: str | None = None) -> int:
        if not self.awaits_owner(catalogue):
            self.require_owner(catalogue)
        return self.index.remove(ids)

    def awaits_owner(self, catalogue: str | None) -> bool:
        """Whether it becomes this catalogue's by its first vectors."""
        return catalogue is not None and self.catalogue is None and not self.index.stats().count

    def require_owner(self, catalogue: str | None) -> None:
        """Only who names no catalogue changes what belongs to none."""
        if catalogue != self.catalogue:
            raise ForeignCollection(self.name, self.catalogue, catalogue)

    def require_fit(self, vectors: Vectors, encoder: str | None, field: str) -> None:
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


def checked_catalogue(catalogue: str) -> str:
    if not 1 <= len(catalogue) <= 100 or not catalogue.isprintable():
        raise InvalidField("catalogue must be an id of 1 to 100 printable characters.")
    return catalogue
