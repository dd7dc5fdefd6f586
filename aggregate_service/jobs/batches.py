"""The write path of jobs: a batch of prepared pictures → vectors → rows, finished in one transaction."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.clients.embedding import EmbeddingClient, Encoder
from aggregate_service.clients.patience import asked_wait
from aggregate_service.clients.search import SearchClient
from aggregate_service.clients.steadiness import steadily
from aggregate_service.errors import ServiceDown
from aggregate_service.jobs.leases import Item, Leases, Outcome
from aggregate_service.jobs.sources.base import Prepared
from service_kit.collection_name import collection_name
from service_kit.problems import Problem

log = logging.getLogger("aggregate.worker")
_ENCODER_SECONDS = 5.0
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 10.0
_PROBE_SECONDS = 2.0
_BUSY, _BROKEN, _DOWN = 429, 502, 503
Vector = NDArray[np.float32]
T = TypeVar("T")


class Abandoned(Exception):
    """Every job of the batch was cancelled before its pictures were recorded."""


@dataclass
class _Made:
    """Vectors, and errors of those that can't have one, by the place in the batch."""

    fingerprint: str
    vectors: dict[int, Vector] = field(default_factory=dict)
    failed: dict[int, Outcome] = field(default_factory=dict)

    def of(self, places: Sequence[int]) -> "_Made":
        """For a batch of these places alone, in this order."""
        vectors = {new: self.vectors[old] for new, old in enumerate(places) if old in self.vectors}
        failed = {new: self.failed[old] for new, old in enumerate(places) if old in self.failed}
        return _Made(self.fingerprint, vectors, failed)


class Batches:
    def __init__(
        self, catalog: Catalog, embedding: EmbeddingClient, search: SearchClient, leases: Leases
    ) -> None:
        self._catalog, self._embedding, self._search, self._leases = catalog, embedding, search, leases
        self._encoder: tuple[float, Encoder] | None = None
        self._used: set[str] = set()

    async def index(self, batch: Sequence[Prepared], is_active: Callable[[str], bool]) -> None:
        """Embed → rows → upsert → mark and finish. Every step may be repeated: a crash loses nothing.

        Problems that pass are waited for as long as it takes; `Problem` for those that don't.
        """
        reach = _Reach(self._leases, (self._embedding.encoder, self._search.collections), batch, is_active)
        encoder = await reach(self._current_encoder)
        collection = collection_name(encoder.fingerprint)
        searchable = await steadily(lambda: self._searchable(batch, collection))
        made = await self._vectors(batch, searchable, encoder, reach)
        wanted = await steadily(lambda: self._still_wanted(batch))
        batch, made = [batch[place] for place in wanted], made.of(wanted)
        ids, outcomes = await steadily(lambda: self._record(batch, made))
        vectors = {ids[place]: vector for place, vector in made.vectors.items()}
        await self._upsert(vectors, encoder.fingerprint, reach)
        gone = await steadily(lambda: self._finish(outcomes, collection, list(vectors)))
        # Deleted between their row and their vector; or changed into what can't be embedded.
        gone |= {known for place in made.failed if isinstance(known := batch[place].picture, int)}
        if gone:
            await reach(lambda: self._search.delete(collection, sorted(gone)))

    async def _current_encoder(self) -> Encoder:
        if self._encoder is None or monotonic() - self._encoder[0] > _ENCODER_SECONDS:
            self._encoder = monotonic(), await self._embedding.encoder()
        return self._encoder[1]

    def _still_wanted(self, batch: Sequence[Prepared]) -> list[int]:
        """Embedding takes the longest: what was cancelled meanwhile isn't brought in any more."""
        ended = self._leases.ended({prepared.item.job_id for prepared in batch})
        wanted = [place for place, prepared in enumerate(batch) if prepared.item.job_id not in ended]
        if not wanted:
            raise Abandoned
        return wanted

    def _searchable(self, batch: Sequence[Prepared], collection: str) -> set[str]:
        """The contents, by SHA-256, that have their vector already: they aren't embedded again."""
        found = {sha256: self._catalog.by_sha256(sha256) for sha256 in {p.facts.sha256 for p in batch}}
        known = {picture.id: sha256 for sha256, picture in found.items() if picture is not None}
        return {known[id_] for id_ in self._catalog.searchable(known, collection)}

    async def _vectors(
        self, batch: Sequence[Prepared], searchable: set[str], encoder: Encoder, reach: "_Reach"
    ) -> _Made:
        made = _Made(encoder.fingerprint)
        for place, prepared in enumerate(batch):
            if prepared.vector is not None:
                _take_given(made, place, prepared.item, prepared.vector, encoder.dimension)
        wanted = [
            place
            for place, prepared in enumerate(batch)
            if prepared.vector is None and prepared.facts.sha256 not in searchable
        ]
        if wanted:
            await self._embed(batch, wanted, made, reach)
        return made

    async def _embed(
        self, batch: Sequence[Prepared], wanted: Sequence[int], made: _Made, reach: "_Reach"
    ) -> None:
        contents = await asyncio.to_thread(lambda: [_content(batch[place]) for place in wanted])
        read = [(place, c) for place, c in zip(wanted, contents, strict=True) if isinstance(c, bytes)]
        made.failed |= {p: c for p, c in zip(wanted, contents, strict=True) if isinstance(c, Outcome)}
        if not read:
            return
        files = [(batch[place].item.name, content) for place, content in read]
        embedded = await reach(lambda: self._embedding.embed_images(files))
        if embedded.fingerprint not in ("", made.fingerprint):
            self._encoder = None
            raise ServiceDown("The encoder changed in the middle; the pictures are embedded again.")
        for row, (place, _) in enumerate(read):
            error = embedded.errors.get(row)
            if error is None:
                made.vectors[place] = embedded.vectors[row]
            else:
                made.failed[place] = Outcome(batch[place].item, status=error.status, error=error.detail)

    def _record(self, batch: Sequence[Prepared], made: _Made) -> tuple[dict[int, int], list[Outcome]]:
        """Ids by the place in the batch, and how each item ends."""
        ids: dict[int, int] = {}
        outcomes = list(made.failed.values())
        with self._catalog.transaction():
            for place, prepared in enumerate(batch):
                if place not in made.failed:
                    ids[place], again = self._row(prepared, has_vector=place in made.vectors)
                    error = "It was deleted at this very moment; it is taken in again." if again else None
                    status = 409 if again else 0
                    outcomes.append(Outcome(prepared.item, ids[place], status, error, again))
        return ids, outcomes

    def _row(self, prepared: Prepared, *, has_vector: bool) -> tuple[int, bool]:
        """The picture's id; True when a deletion came between, and the item has to be done again."""
        if isinstance(prepared.picture, int):
            return prepared.picture, False
        picture, created = self._catalog.add_content(prepared.picture)
        return picture.id, (created and not has_vector) or not prepared.path.is_file()

    async def _upsert(self, vectors: dict[int, Vector], fingerprint: str, reach: "_Reach") -> None:
        """The collection is noted before its first vector: a deletion reaches it from then on."""
        if not vectors:
            return
        collection = collection_name(fingerprint)
        if first := collection not in self._used:
            await steadily(lambda: self._catalog.use_collection(collection))
        await reach(lambda: self._search.upsert(fingerprint, list(vectors), np.stack(list(vectors.values()))))
        if first:
            await reach(lambda: self._search.make_default(collection))
            self._used.add(collection)

    def _finish(self, outcomes: Sequence[Outcome], collection: str, upserted: Sequence[int]) -> set[int]:
        """Mark the pictures and finish their items, both or neither; the ids that are no more."""
        with self._catalog.transaction():
            marked = self._catalog.mark_indexed(collection, upserted)
            self._leases.finish(outcomes)
        return set(upserted) - marked


class _Reach:
    """Calls to another service for one batch; while it is down the batch's jobs say so, and wait."""

    def __init__(
        self,
        leases: Leases,
        probes: Sequence[Callable[[float], Awaitable[object]]],
        batch: Sequence[Prepared],
        is_active: Callable[[str], bool],
    ) -> None:
        self._leases, self._probes, self._is_active = leases, probes, is_active
        self._jobs = sorted({prepared.item.job_id for prepared in batch})

    async def __call__(self, call: Callable[[], Awaitable[T]]) -> T:
        wait = _FIRST_WAIT
        while True:
            try:
                return await call()
            except Problem as problem:
                if not await self._passes(problem):
                    raise
                passing = problem
            if not any(self._is_active(job_id) for job_id in self._jobs):
                raise Abandoned
            if passing.status == _BUSY:  # somebody is there and works: no reason to wait ever longer
                await asyncio.sleep(asked_wait(passing) or _FIRST_WAIT)
                continue
            await steadily(partial(self._leases.say_waiting, self._jobs, passing.detail))
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _passes(self, problem: Problem) -> bool:
        """Busy and down pass. A broken answer passes only while a service says itself that it isn't ready."""
        if problem.status in (_BUSY, _DOWN):
            return True
        if problem.status != _BROKEN:
            return False
        try:
            for probe in self._probes:
                await probe(_PROBE_SECONDS)
        except Problem:
            return True
        return False


def _content(prepared: Prepared) -> bytes | Outcome:
    try:
        return prepared.path.read_bytes()
    except OSError as error:
        detail = f"The file can't be read any more: {error.strerror or error}."
        return Outcome(prepared.item, status=404, error=detail)


def _take_given(made: _Made, place: int, item: Item, vector: Vector, dimension: int) -> None:
    """A vector made elsewhere has to be of the encoder in use, which may have changed since it came."""
    if len(vector) != dimension:
        detail = f"The vector has {len(vector)} numbers; the encoder in use makes {dimension}."
        made.failed[place] = Outcome(item, status=422, error=detail)
    else:
        made.vectors[place] = vector
