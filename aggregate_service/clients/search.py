"""Calls to the search service: vectors in, ids and scores out; vectors kept and removed by id."""

import re
from collections.abc import Iterable, Sequence
from typing import TypeVar
from urllib.parse import quote

import httpx2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from aggregate_service.clients.service import ServiceClient
from aggregate_service.errors import NotIndexed, ServiceRefused
from service_kit.arrays import NPY, NPZ, to_npy, to_npz

_IDS_AT_ONCE = 10_000
Model = TypeVar("Model", bound=BaseModel)


class Found(BaseModel):
    """For each query its ids and scores, best first."""

    indexes: list[list[int]]
    scores: list[list[float]]


class Collection(BaseModel):
    name: str
    encoder: str
    count: int


class Collections(BaseModel):
    collections: list[Collection]


class Ids(BaseModel):
    ids: list[int]


def collection_name(fingerprint: str) -> str:
    """The collection that holds an encoder's vectors."""
    return re.sub(r"[^a-z0-9.]+", "-", fingerprint.lower())


class SearchClient:
    def __init__(
        self,
        address: str,
        *,
        seconds: float = 10.0,
        connect_seconds: float = 0.5,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._service = ServiceClient(
            "search service",
            "SEARCH_API_URL",
            [address],
            seconds=seconds,
            connect_seconds=connect_seconds,
            transport=transport,
        )

    async def close(self) -> None:
        await self._service.close()

    async def search(self, vectors: NDArray[np.float32], k: int, fingerprint: str) -> Found:
        """The nearest of each row of `vectors` (n, d); `NotIndexed` when the encoder has no vectors there."""
        try:
            response = await self._service.request(
                "POST",
                "/search",
                params={"k": k, "collection": collection_name(fingerprint), "encoder": fingerprint},
                content=to_npy(np.ascontiguousarray(vectors, np.float32)),
                headers={"content-type": NPY},
            )
        except ServiceRefused as refused:
            if refused.status in (404, 409):
                raise NotIndexed(fingerprint) from refused
            raise
        found = self._read(Found, response)
        if not len(found.indexes) == len(found.scores) == len(vectors):
            raise self._service.broken(ValueError(f"{len(found.indexes)} answers to {len(vectors)} queries"))
        return found

    async def collections(self, seconds: float | None = None) -> dict[str, Collection]:
        response = await self._service.request("GET", "/collections", seconds=seconds)
        return {c.name: c for c in self._read(Collections, response).collections}

    async def ids(self, collection: str) -> set[int]:
        """Every id in the collection; empty when there is no such collection."""
        ids: set[int] = set()
        after: dict[str, int] = {}
        while True:
            try:
                response = await self._service.request(
                    "GET", _path(collection, "/ids"), params={"limit": _IDS_AT_ONCE} | after
                )
            except ServiceRefused as refused:
                if refused.status == 404:
                    return set()
                raise
            page = self._read(Ids, response).ids
            if not page:
                return ids
            ids.update(page)
            after = {"after": page[-1]}

    async def upsert(self, fingerprint: str, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        await self._service.request(
            "PUT",
            "/vectors",
            params={"collection": collection_name(fingerprint), "encoder": fingerprint},
            content=to_npz(ids=np.asarray(ids, np.int64), vectors=np.ascontiguousarray(vectors, np.float32)),
            headers={"content-type": NPZ},
        )

    async def delete(self, collection: str, ids: Iterable[int]) -> None:
        """Remove vectors; ids and collections that aren't there are gone already."""
        listed = list(ids)
        for start in range(0, len(listed), _IDS_AT_ONCE):
            body = {"collection": collection, "ids": listed[start : start + _IDS_AT_ONCE]}
            try:
                await self._service.request("DELETE", "/vectors", json=body)
            except ServiceRefused as refused:
                if refused.status != 404:
                    raise

    async def make_default(self, collection: str) -> None:
        """People who call the search API without naming a collection get this one."""
        await self._service.request("PUT", "/default-collection", json={"collection": collection})

    async def export(self, collection: str) -> None:
        """Have the portable `index.faiss` written."""
        await self._service.request("POST", _path(collection, "/export"))

    def _read(self, model: type[Model], response: httpx2.Response) -> Model:
        try:
            return model.model_validate_json(response.content)
        except ValidationError as error:
            raise self._service.broken(error) from error


def _path(collection: str, rest: str) -> str:
    return f"/collections/{quote(collection, safe='')}{rest}"
