"""Calls to the search service: vectors in, ids and scores out; vectors kept and removed by id."""

from collections.abc import Callable, Container, Iterable, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

import httpx2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from aggregate_service.clients.service import ALIVE_CHECK, AliveCheck, ServiceClient
from aggregate_service.errors import ForeignCollection, NotIndexed, ServiceRefused
from service_kit.arrays import NPY, NPZ, from_npz, to_npy, to_npz
from service_kit.collection_name import collection_name
from service_kit.messages.message import message
from service_kit.problems import BadRequest

_IDS_AT_ONCE = 10_000
Model = TypeVar("Model", bound=BaseModel)


class Spread(BaseModel):
    """Mean and standard deviation of a query's score over the whole collection."""

    mean: float
    deviation: float


class Found(BaseModel):
    """For each query its ids and scores, best first, and where it was asked for, its spread."""

    indexes: list[list[int]]
    scores: list[list[float]]
    spread: list[Spread | None] | None = None

    def spread_of(self, query: int) -> Spread | None:
        return None if self.spread is None else self.spread[query]

    def part(self, start: int, stop: int) -> "Found":
        """The answers to some of the queries."""
        spread = None if self.spread is None else self.spread[start:stop]
        return Found(indexes=self.indexes[start:stop], scores=self.scores[start:stop], spread=spread)

    def only(self, allowed: Container[int]) -> "Found":
        """Without the ids that aren't among these."""
        return self._kept(lambda id_: id_ in allowed)

    def without(self, denied: Container[int]) -> "Found":
        return self._kept(lambda id_: id_ not in denied)

    def _kept(self, is_meant: Callable[[int], bool]) -> "Found":
        kept = [[place for place, id_ in enumerate(ids) if is_meant(id_)] for ids in self.indexes]
        return Found(
            indexes=[
                [ids[place] for place in places] for ids, places in zip(self.indexes, kept, strict=True)
            ],
            scores=[[row[place] for place in places] for row, places in zip(self.scores, kept, strict=True)],
            spread=self.spread,
        )


class Collection(BaseModel):
    name: str
    encoder: str
    count: int
    dimension: int = 0
    catalogue: str | None = None
    """The catalogue that it belongs to."""
    kind: str | None = None
    bytes: int | None = None
    recall_at_10: float | None = None
    recall: dict[str, float] | None = None

    @property
    def model(self) -> str:
        """The encoder's name out of its fingerprint, `name@revision:dimension`."""
        return self.encoder.rpartition("@")[0] or self.encoder


class Collections(BaseModel):
    default: str | None = None
    collections: list[Collection]


class Ids(BaseModel):
    ids: list[int]


class SearchClient:
    def __init__(
        self,
        address: str,
        *,
        seconds: float = 10.0,
        connect_seconds: float = 0.5,
        alive_check: AliveCheck = ALIVE_CHECK,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._catalogue: Callable[[], str] | None = None
        self._service = ServiceClient(
            message("search-service"),
            "SEARCH_API_URL",
            [address],
            seconds=seconds,
            connect_seconds=connect_seconds,
            alive_check=alive_check,
            transport=transport,
        )

    def write_for(self, catalogue: Callable[[], str]) -> None:
        """All writes are this catalogue's from now on, which tells its id."""
        self._catalogue = catalogue

    async def close(self) -> None:
        await self._service.close()

    async def search(
        self,
        vectors: NDArray[np.float32],
        k: int,
        fingerprint: str,
        *,
        allow: Sequence[int] | None = None,
        deny: Sequence[int] = (),
        moments: bool = False,
    ) -> Found:
        """The nearest of each row of `vectors` (n, d), with `allow` among these ids, none of `deny` (at most
        100,000 each).

        `NotIndexed` when the encoder has no vectors there.
        """
        asked: dict[str, Any] = {
            "k": k,
            "collection": collection_name(fingerprint),
            "encoder": fingerprint,
            "moments": moments,
        }
        if allow is None and not deny:
            body = to_npy(np.ascontiguousarray(vectors, np.float32))
            sent: dict[str, Any] = {"params": asked, "content": body, "headers": {"content-type": NPY}}
        else:
            only = {"deny": list(deny)} if allow is None else {"allow": list(allow), "deny": list(deny)}
            sent = {"json": asked | {"embeddings": vectors.tolist()} | only}
        try:
            response = await self._service.request("POST", "/search", **sent)
        except ServiceRefused as refused:
            if refused.status in (404, 409):
                raise NotIndexed(fingerprint) from refused
            raise
        found = self._read(Found, response)
        lengths = {len(part) for part in (found.indexes, found.scores, found.spread) if part is not None}
        if lengths != {len(vectors)}:
            raise self._service.broken(ValueError(f"{len(found.indexes)} answers to {len(vectors)} queries"))
        return found

    async def vectors(self, fingerprint: str, ids: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """Stored vectors by their ids; those that aren't there are left out. `NotIndexed` as above."""
        wanted, found = list(dict.fromkeys(ids)), dict[int, NDArray[np.float32]]()
        for start in range(0, len(wanted), _IDS_AT_ONCE):
            found |= await self._vectors(fingerprint, wanted[start : start + _IDS_AT_ONCE])
        return found

    async def collections(self, seconds: float | None = None) -> dict[str, Collection]:
        response = await self._service.request("GET", "/collections", seconds=seconds)
        return {c.name: c for c in self._read(Collections, response).collections}

    async def default_collection(self) -> Collection | None:
        """That of the encoder which was last indexed with."""
        listed = self._read(Collections, await self._service.request("GET", "/collections"))
        return next((each for each in listed.collections if each.name == listed.default), None)

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
        """`ForeignCollection` when the encoder's vectors there are another catalogue's."""
        collection = collection_name(fingerprint)
        await self._owned(
            collection,
            "PUT",
            "/vectors",
            params={"collection": collection, "encoder": fingerprint} | self._as_owner(),
            content=to_npz(ids=np.asarray(ids, np.int64), vectors=np.ascontiguousarray(vectors, np.float32)),
            headers={"content-type": NPZ},
        )

    async def delete(self, collection: str, ids: Iterable[int]) -> None:
        """Remove vectors; ids and collections that aren't there are gone already. `ForeignCollection` as for
        `upsert`."""
        listed = list(ids)
        for start in range(0, len(listed), _IDS_AT_ONCE):
            body = {"collection": collection, "ids": listed[start : start + _IDS_AT_ONCE]}
            try:
                await self._owned(collection, "DELETE", "/vectors", params=self._as_owner(), json=body)
            except ServiceRefused as refused:
                if refused.status != 404:
                    raise

    async def adopt(self, collection: str, expected: str | None) -> None:
        """Make it this catalogue's, if it belongs to `expected` (`None`: to nobody), or already to this one.

        `ForeignCollection` if it doesn't.
        """
        body = self._as_owner() | {"expected": expected}
        await self._owned(collection, "PUT", _path(collection, "/catalogue"), json=body)

    async def make_default(self, collection: str) -> None:
        """People who call the search API without naming a collection get this one."""
        await self._service.request("PUT", "/default-collection", json={"collection": collection})

    async def export(self, collection: str) -> None:
        """Have the portable `index.faiss` written."""
        await self._service.request("POST", _path(collection, "/export"))

    async def _vectors(self, fingerprint: str, ids: list[int]) -> dict[int, NDArray[np.float32]]:
        body = {"collection": collection_name(fingerprint), "ids": ids}
        try:
            response = await self._service.request("POST", "/vectors/get", json=body, headers={"accept": NPZ})
        except ServiceRefused as refused:
            if refused.status == 404:
                raise NotIndexed(fingerprint) from refused
            raise
        try:
            there, rows = from_npz(response.content, "ids", "vectors")
            return {int(id_): row for id_, row in zip(there, rows.astype(np.float32), strict=True)}
        except (BadRequest, ValueError) as error:
            raise self._service.broken(error) from error

    async def _owned(self, collection: str, method: str, path: str, **content: Any) -> None:
        """What only its owner may do. A 409 may have other reasons, so the owner is looked up."""
        try:
            await self._service.request(method, path, **content)
        except ServiceRefused as refused:
            if refused.status == 409:
                there = (await self.collections()).get(collection)
                if there is not None and there.catalogue != self._as_owner().get("catalogue"):
                    raise ForeignCollection(collection, there.catalogue) from refused
            raise

    def _as_owner(self) -> dict[str, str]:
        return {} if self._catalogue is None else {"catalogue": self._catalogue()}

    def _read(self, model: type[Model], response: httpx2.Response) -> Model:
        try:
            return model.model_validate_json(response.content)
        except ValidationError as error:
            raise self._service.broken(error) from error


def _path(collection: str, rest: str) -> str:
    return f"/collections/{quote(collection, safe='')}{rest}"
