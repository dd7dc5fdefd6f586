"""Clients that never find an app of this process late: on a busy machine its answers may take long."""

import httpx2
from starlette.applications import Starlette

from aggregate_service.clients.embedding import EmbeddingClient, Encoder, KnownModels
from aggregate_service.clients.search import Collection, SearchClient
from aggregate_service.clients.service import AliveCheck

LONG = 600.0
PATIENT = AliveCheck(LONG, LONG, LONG)


class PatientEmbedding(EmbeddingClient):
    def __init__(self, app: Starlette) -> None:
        super().__init__(["http://e"], seconds=LONG, alive_check=PATIENT, transport=httpx2.ASGITransport(app))

    async def encoder(self, seconds: float | None = None) -> Encoder:
        return await super().encoder(LONG)

    async def models(self, seconds: float = LONG) -> KnownModels:
        return await super().models(LONG)


class PatientSearch(SearchClient):
    def __init__(self, app: Starlette) -> None:
        super().__init__("http://s", seconds=LONG, alive_check=PATIENT, transport=httpx2.ASGITransport(app))

    async def collections(self, seconds: float | None = None) -> dict[str, Collection]:
        return await super().collections(LONG)
