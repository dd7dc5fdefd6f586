"""Works on an improvement: learn and try each projection, and switch to the one that gains, if one does."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from aggregate_service.clients.embedding import EmbeddingClient
from aggregate_service.clients.search import SearchClient
from aggregate_service.errors import NotIndexed
from aggregate_service.evaluation.evaluator import Wanted
from aggregate_service.evaluation.findings import Findings
from aggregate_service.evaluation.kept_truth import kept_truth
from aggregate_service.evaluation.label_words import label_vectors
from aggregate_service.evaluation.measures import Vectors
from aggregate_service.evaluation.report import EncoderRow, Measures, encoder_row, kept
from aggregate_service.files.content_store import ContentStore
from aggregate_service.improvement.improved_vectors import ImprovedVectors
from aggregate_service.improvement.lesson import Flags, Lesson
from aggregate_service.improvement.projection import Projection
from aggregate_service.improvement.projections import Projections
from aggregate_service.improvement.trial import PICTURES, UNSEEN, WORDS, Learned, Part, gains, parts, tried
from aggregate_service.jobs.jobs import Jobs
from aggregate_service.jobs.leases import Item, Outcome
from aggregate_service.jobs.patience import Abandoned, steadily

SIAMESE, AUTOENCODER = "siamese", "autoencoder"
KINDS = (SIAMESE, AUTOENCODER)
ON, NO_GAIN, ONLY_TRIED = "on", "no-gain", "only-tried"


class Improver:
    """One item does it all; the rows of the comparison are noted beside it as they are found."""

    quick = False

    def __init__(
        self,
        jobs: Jobs,
        contents: ContentStore,
        embedding: EmbeddingClient,
        search: SearchClient,
        projections: Projections,
        vectors: ImprovedVectors,
    ) -> None:
        """`embedding` gives the encoder's own vectors."""
        self._jobs, self._contents, self._embedding, self._search = jobs, contents, embedding, search
        self._projections, self._vectors = projections, vectors
        self._taught: dict[tuple[str, str, bytes, bytes], Vectors] = {}

    async def prepare(self, item: Item) -> Outcome:
        wanted = Wanted.of(item.params)
        model, plain = await self._embedding.named(None)
        lesson = await self._lesson(item, wanted, model, plain)
        rows = await self._compare(item, wanted, model, plain, lesson)
        best = _best(rows)
        result = ONLY_TRIED if item.params["try_only"] else ON if best else NO_GAIN
        facts = {"result": result, "best": best}
        if best is not None and result == ON:
            facts["fingerprint"] = await self._switch(item, lesson, plain, best, wanted.seed)
        self._taught.clear()
        await steadily(partial(self._jobs.note, item.job_id, item.number, facts))
        return Outcome(item)

    async def _lesson(self, item: Item, wanted: Wanted, model: str, plain: str) -> Lesson:
        kept_labels = await asyncio.to_thread(kept_truth, self._contents, item.params["list"])
        truth = kept_labels.without(wanted.ignore)
        stored = await self._search.vectors(plain, list(truth.labels))
        if not stored:
            raise NotIndexed(plain)
        lesson = await asyncio.to_thread(Lesson.of, stored, truth.labels, wanted.seed)
        if not await self._reads_words(model):
            return lesson
        words = await label_vectors(self._embedding, lesson.labels, wanted.words, model)
        return replace(lesson, words=words)

    async def _reads_words(self, model: str) -> bool:
        known = (await self._embedding.models()).models
        return any(each.name == model and "text" in each.modalities for each in known)

    async def _compare(
        self, item: Item, wanted: Wanted, model: str, plain: str, lesson: Lesson
    ) -> list[EncoderRow]:
        """Rows of the encoder alone, then of each kind of projection."""
        held_out = parts(lesson, wanted.seed)
        first: Mapping[str, Findings] = {}
        rows: list[EncoderRow] = []
        for kind in (None, *KINDS):
            learned = (
                [await self._learned(item, kind, lesson, part, wanted.seed) for part in held_out]
                if kind
                else None
            )
            found = await asyncio.to_thread(tried, lesson, held_out, learned, wanted.k, wanted.seed)
            rows += _rows(kind or model, plain, found, first, wanted.seed)
            first = first or found
            noted = {"rows": [row.model_dump(mode="json") for row in rows]}
            await steadily(partial(self._jobs.note, item.job_id, item.number, noted))
        return rows

    async def _learned(self, item: Item, kind: str, lesson: Lesson, part: Part, seed: int) -> Learned:
        every = np.ones(len(lesson.labels), bool)
        taught = await self._train(item, kind, lesson, part.taught, every, seed)
        if kind == AUTOENCODER or not len(lesson.words) or part.labels.all():
            return Learned(taught, taught)
        return Learned(taught, await self._train(item, kind, lesson, part.taught, ~part.labels, seed))

    async def _train(
        self, item: Item, kind: str, lesson: Lesson, pictures: Flags, labels: Flags, seed: int
    ) -> Vectors:
        """Once: after a wait, what was learned before needn't be learned again."""
        await self._go_on(item)
        key = (item.job_id, kind, pictures.tobytes(), labels.tobytes())
        if (known := self._taught.get(key)) is not None:
            return known
        words = lesson.words[labels] if len(lesson.words) else lesson.words
        has = lesson.has[pictures][:, labels]
        matrix = await self._embedding.train(kind, lesson.vectors[pictures], has, words, seed)
        others = [each for each in self._taught if each[0] != item.job_id]
        for each in others:
            del self._taught[each]
        self._taught[key] = matrix
        return matrix

    async def _switch(self, item: Item, lesson: Lesson, plain: str, kind: str, seed: int) -> str:
        """Learned from everything; used once its collection is there. What came meanwhile follows."""
        every = np.ones(len(lesson.ids), bool)
        matrix = await self._train(item, kind, lesson, every, np.ones(len(lesson.labels), bool), seed)
        projection = Projection.of(plain, kind, matrix)
        await self._vectors.catch_up(projection, partial(self._go_on, item))
        await self._go_on(item)
        await steadily(partial(self._projections.turn_on, projection, item.job_id))
        await self._vectors.catch_up(projection)
        return projection.fingerprint

    async def _go_on(self, item: Item) -> None:
        """`Abandoned` once the job was cancelled."""
        job = await steadily(partial(self._jobs.get, item.job_id))
        if job.ended:
            raise Abandoned


def _rows(
    name: str, plain: str, found: Mapping[str, Findings], first: Mapping[str, Findings], seed: int
) -> list[EncoderRow]:
    rows = []
    for by, findings in found.items():
        payload = {"model": name, "fingerprint": plain, "by": by, "found": kept(findings)}
        before = kept(first[by]) if by in first else None
        rows.append(encoder_row(payload, None, before, seed))
    return rows


def _best(rows: Sequence[EncoderRow]) -> str | None:
    """The kind that gains most, asked with pictures, of those that gain."""
    gained = {kind: {row.by: row.gain for row in rows if row.model == kind and row.gain} for kind in KINDS}
    better = {kind: each[PICTURES].map.value for kind, each in gained.items() if _gains(each)}
    return max(better, key=lambda kind: better[kind], default=None)


def _gains(found: Mapping[str, Measures]) -> bool:
    return PICTURES in found and gains(found[PICTURES], [found[by] for by in (WORDS, UNSEEN) if by in found])
