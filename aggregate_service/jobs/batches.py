"""The write path of jobs: a batch of prepared pictures → vectors → rows, finished in one transaction."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic

import numpy as np
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.catalog import Catalog, NewPicture
from aggregate_service.clients.embedding import EmbeddingClient, Encoder
from aggregate_service.clients.search import SearchClient
from aggregate_service.errors import ServiceDown
from aggregate_service.improvement.improved_vectors import ImprovedVectors
from aggregate_service.jobs.leases import Item, Leases, Outcome
from aggregate_service.jobs.patience import Abandoned, Patience, steadily
from aggregate_service.jobs.results import ADDED, CHANGED, EMBEDDED, KEPT, MERGED
from aggregate_service.jobs.sources.base import Prepared
from aggregate_service.jobs.vectors_stored import StoredVectors
from service_kit.collection_name import collection_name
from service_kit.messages.message import message

log = logging.getLogger("aggregate.worker")
_ENCODER_SECONDS = 5.0
Vector = NDArray[np.float32]


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
        self,
        catalog: Catalog,
        embedding: EmbeddingClient,
        search: SearchClient,
        leases: Leases,
        bytes_at_once: int = 64_000_000,
        improved: ImprovedVectors | None = None,
    ) -> None:
        """`bytes_at_once` of files are in memory and in one request, far under MAX_REQUEST_MB."""
        self._improved = improved
        self._catalog, self._embedding, self._search, self._leases = catalog, embedding, search, leases
        self._stored = StoredVectors(catalog, search)
        self._bytes_at_once = bytes_at_once
        self._encoder: tuple[float, Encoder] | None = None
        self._used: set[str] = set()
        self._under_way: dict[str, asyncio.Event] = {}

    async def index(self, batch: Sequence[Prepared], is_active: Callable[[str], bool]) -> None:
        """Embed → rows → upsert → mark and finish. Every step may be repeated: a crash loses nothing.

        Problems that pass are waited for as long as it takes; `Problem` for those that don't.
        """
        async with self._alone({prepared.facts.sha256 for prepared in batch}):
            await self._index(batch, is_active)

    @asynccontextmanager
    async def _alone(self, contents: set[str]) -> AsyncIterator[None]:
        """One content is in one batch at a time: the next one finds its vector there."""
        while others := [self._under_way[content] for content in contents & self._under_way.keys()]:
            await others[0].wait()
        ended = asyncio.Event()
        self._under_way |= dict.fromkeys(contents, ended)
        try:
            yield
        finally:
            for content in contents:
                del self._under_way[content]
            ended.set()

    async def _index(self, batch: Sequence[Prepared], is_active: Callable[[str], bool]) -> None:
        reach = self._patience(batch, is_active)
        encoder = await reach(self._current_encoder)
        collection = collection_name(encoder.fingerprint)
        searchable = await steadily(lambda: self._searchable(batch, collection))
        made = await self._vectors(batch, searchable, encoder, reach)
        wanted = await steadily(lambda: self._still_wanted(batch))
        batch, made = [batch[place] for place in wanted], made.of(wanted)
        ids, created = await steadily(lambda: self._record(batch, made))
        there = await reach(lambda: run_in_threadpool(_files_there, batch, ids))
        outcomes = _outcomes(batch, made, ids, created, there)
        vectors = {ids[place]: vector for place, vector in made.vectors.items()}
        await self._upsert(vectors, encoder.fingerprint, reach)
        gone = await steadily(lambda: self._finish(outcomes, collection, list(vectors)))
        self._leases.wake()
        # Deleted between their row and their vector; or changed into what can't be embedded.
        gone |= {known for place in made.failed if isinstance(known := batch[place].picture, int)}
        if gone:
            await reach(lambda: self._search.delete(collection, sorted(gone)))
            await self._improve(lambda improved: improved.forget(sorted(gone)), reach)

    def _patience(self, batch: Sequence[Prepared], is_active: Callable[[str], bool]) -> Patience:
        """While a service is away the batch's jobs say so, and wait."""
        jobs = sorted({prepared.item.job_id for prepared in batch})

        async def wanted() -> bool:
            return any(is_active(job_id) for job_id in jobs)

        say = partial(self._leases.say_waiting, jobs)
        return Patience(say, wanted, (self._embedding.encoder, self._search.collections))

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

    async def _vectors(
        self, batch: Sequence[Prepared], searchable: set[str], encoder: Encoder, reach: Patience
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
        first = {batch[place].facts.sha256: place for place in reversed(wanted)}
        if first:
            await self._embed(batch, sorted(first.values()), made, reach)
        for place in wanted:  # the same content once more
            if (bad := made.failed.get(first[batch[place].facts.sha256])) is not None:
                made.failed[place] = replace(bad, item=batch[place].item)
        return made

    async def _embed(
        self, batch: Sequence[Prepared], wanted: Sequence[int], made: _Made, reach: Patience
    ) -> None:
        for together in _by_size(batch, wanted, self._bytes_at_once):
            await self._embed_together(batch, together, made, reach)

    async def _embed_together(
        self, batch: Sequence[Prepared], wanted: Sequence[int], made: _Made, reach: Patience
    ) -> None:
        contents = await reach(
            lambda: run_in_threadpool(lambda: [_content(batch[place]) for place in wanted])
        )
        read = [(place, c) for place, c in zip(wanted, contents, strict=True) if isinstance(c, bytes)]
        made.failed |= {p: c for p, c in zip(wanted, contents, strict=True) if isinstance(c, Outcome)}
        if not read:
            return
        files = [(batch[place].item.name, content) for place, content in read]
        embedded = await reach(lambda: self._embedding.embed_images(files))
        if embedded.fingerprint not in ("", made.fingerprint):
            self._encoder = None
            raise ServiceDown(message("encoder-changed-midway"))
        for row, (place, _) in enumerate(read):
            error = embedded.errors.get(row)
            if error is None:
                made.vectors[place] = embedded.vectors[row]
            else:
                made.failed[place] = Outcome(batch[place].item, status=error.status, error=error.detail)

    def _searchable(self, batch: Sequence[Prepared], collection: str) -> set[str]:
        """Contents whose vector is there already, also of a listed picture that an imported index holds."""
        contents = {prepared.facts.sha256 for prepared in batch}
        rows = {prepared.picture: prepared.facts.sha256 for prepared in batch if prepared.new}
        there = self._catalog.searchable((id_ for id_ in rows if isinstance(id_, int)), collection)
        return self._catalog.searchable_contents(contents, collection) | {rows[id_] for id_ in there}

    def _record(self, batch: Sequence[Prepared], made: _Made) -> tuple[dict[int, int], set[int]]:
        """Ids by the place in the batch, and the places whose rows are new."""
        good = [place for place in range(len(batch)) if place not in made.failed]
        new = {place: batch[place].picture for place in good}
        with self._catalog.transaction():
            ids = self._describe(batch)
            added = self._catalog.add_contents([p for p in new.values() if isinstance(p, NewPicture)])
        created: set[int] = set()
        for place in good:
            known = batch[place].picture
            if isinstance(known, int):
                ids.setdefault(place, known)
            else:
                ids[place], is_new = next(added)
                created |= {place} if is_new else set()
        return ids, created

    def _describe(self, batch: Sequence[Prepared]) -> dict[int, int]:
        """What was read of listed files, also of those that can't be embedded; their ids by the place."""
        listed = {p: prepared.picture for p, prepared in enumerate(batch) if prepared.new}
        read = [(known, batch[place].facts) for place, known in listed.items() if isinstance(known, int)]
        return dict(zip(listed, self._catalog.describe_all(read), strict=True))

    async def _upsert(self, vectors: dict[int, Vector], fingerprint: str, reach: Patience) -> None:
        """The collection is noted before its first vector: a deletion reaches it from then on."""
        if not vectors:
            return
        collection = collection_name(fingerprint)
        if first := collection not in self._used:
            await reach(lambda: self._stored.claim(collection))
        await reach(lambda: self._search.upsert(fingerprint, list(vectors), np.stack(list(vectors.values()))))
        if first:
            await reach(lambda: self._search.make_default(collection))
            self._used.add(collection)
        await self._improve(lambda improved: improved.follow(fingerprint, vectors), reach)

    async def _improve(self, work: Callable[[ImprovedVectors], Awaitable[None]], reach: Patience) -> None:
        if (improved := self._improved) is not None:
            await reach(lambda: work(improved))

    def _finish(self, outcomes: Sequence[Outcome], collection: str, upserted: Sequence[int]) -> set[int]:
        """Mark the pictures and finish their items, both or neither; the ids that are no more."""
        with self._catalog.transaction():
            marked = self._catalog.mark_indexed(collection, upserted)
            self._leases.finish(outcomes)
        return set(upserted) - marked


def _files_there(batch: Sequence[Prepared], ids: dict[int, int]) -> set[int]:
    """Of the places that have an id, those whose file wasn't deleted before its row was there."""
    return {place for place in ids if isinstance(batch[place].picture, int) or batch[place].content.is_file()}


def _outcomes(
    batch: Sequence[Prepared], made: _Made, ids: dict[int, int], created: set[int], there: set[int]
) -> list[Outcome]:
    """How each item ends."""
    outcomes = list(made.failed.values())
    for place in (place for place in range(len(batch)) if place not in made.failed):
        prepared, has_vector = batch[place], place in made.vectors
        if (place in created and not has_vector) or place not in there:
            error = message("deleted-meanwhile")
            outcomes.append(Outcome(prepared.item, ids[place], 409, error, again=True))
        else:
            result = _result(prepared, place in created, has_vector)
            outcomes.append(Outcome(prepared.item, ids[place], result=result))
    return outcomes


def _result(prepared: Prepared, created: bool, has_vector: bool) -> str:
    if created or (prepared.new and has_vector):
        return ADDED
    if prepared.changed:
        return CHANGED if has_vector else MERGED
    return EMBEDDED if has_vector else KEPT


def _by_size(batch: Sequence[Prepared], wanted: Sequence[int], most: int) -> Iterator[list[int]]:
    """These places in parts of files that come to `most` bytes; a part has at least one."""
    together: list[int] = []
    size = 0
    for place in wanted:
        size += batch[place].facts.size
        if together and size > most:
            yield together
            together, size = [], batch[place].facts.size
        together.append(place)
    if together:
        yield together


def _content(prepared: Prepared) -> bytes | Outcome:
    try:
        return prepared.content.read_bytes()
    except OSError as error:
        detail = message("file-unreadable-now", error=str(error.strerror or error))
        return Outcome(prepared.item, status=404, error=detail)


def _take_given(made: _Made, place: int, item: Item, vector: Vector, dimension: int) -> None:
    """A vector made elsewhere has to be of the encoder in use, which may have changed since it came."""
    if len(vector) != dimension:
        detail = message("vector-of-another-size", count=len(vector), dimension=dimension)
        made.failed[place] = Outcome(item, status=422, error=detail)
    else:
        made.vectors[place] = vector
