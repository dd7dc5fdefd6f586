"""The embedding service as the read path sees it: where a projection is in use, its vectors are projected."""

from collections.abc import Awaitable, Sequence
from dataclasses import replace

from aggregate_service.clients.embedding import Embedded, EmbeddingClient, Encoder, KnownModels
from aggregate_service.improvement.projection import Projection, plain_fingerprint
from aggregate_service.improvement.projections import Projections

_MODELS_SECONDS = 5.0


class ImprovedEmbedding(EmbeddingClient):
    """The write path works with the plain one: its collection stays whole, and the truth."""

    def __init__(self, plain: EmbeddingClient, projections: Projections) -> None:
        self._plain, self._projections = plain, projections

    async def close(self) -> None:
        await self._plain.close()

    async def encoder(self, seconds: float | None = None) -> Encoder:
        encoder = await self._plain.encoder(seconds)
        projection = await self._for(encoder.fingerprint)
        return encoder.model_copy(update={"fingerprint": projection.fingerprint}) if projection else encoder

    async def notice_of(self, fingerprint: str) -> str | None:
        return await self._plain.notice_of(plain_fingerprint(fingerprint))

    async def models(self, seconds: float = _MODELS_SECONDS) -> KnownModels:
        known = await self._plain.models(seconds)
        models = []
        for model in known.models:
            projection = await self._for(model.fingerprint)
            models.append(
                model.model_copy(update={"fingerprint": projection.fingerprint}) if projection else model
            )
        return known.model_copy(update={"models": models})

    async def embed_images(self, files: Sequence[tuple[str, bytes]], model: str | None = None) -> Embedded:
        return await self._projected(self._plain.embed_images(files, model))

    async def embed_texts(self, texts: Sequence[str], model: str | None = None) -> Embedded:
        return await self._projected(self._plain.embed_texts(texts, model))

    async def _projected(self, work: Awaitable[Embedded]) -> Embedded:
        embedded = await work
        projection = await self._for(embedded.fingerprint)
        if projection is None:
            return embedded
        vectors = projection.apply(embedded.vectors)
        return replace(embedded, vectors=vectors, fingerprint=projection.fingerprint)

    async def _for(self, fingerprint: str) -> Projection | None:
        projection = await self._projections.current()
        return projection if projection is not None and projection.plain == fingerprint else None
