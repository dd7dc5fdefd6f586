"""Works on the items of an evaluation: each is one encoder, asked with pictures or with words."""

import asyncio
from dataclasses import dataclass
from functools import partial

from aggregate_service.clients.embedding import EmbeddingClient
from aggregate_service.clients.search import SearchClient
from aggregate_service.errors import NotIndexed
from aggregate_service.evaluation.errors import TooFewIndexed
from aggregate_service.evaluation.findings import Findings, Gallery, by_pictures, by_words, words_to_ask
from aggregate_service.evaluation.kept_truth import kept_truth
from aggregate_service.evaluation.label_words import label_vectors
from aggregate_service.evaluation.report import kept
from aggregate_service.evaluation.truth import Truth
from aggregate_service.files.content_store import ContentStore
from aggregate_service.jobs.jobs import Jobs, Payload
from aggregate_service.jobs.leases import Item, Outcome
from aggregate_service.jobs.patience import steadily

PICTURES, WORDS = "pictures", "words"
BY = (PICTURES, WORDS)


@dataclass(frozen=True)
class Wanted:
    """What is asked of an evaluation; `words` has a `{}` where the label goes."""

    k: int = 5
    words: str = "{}"
    ignore: tuple[str, ...] = ()
    seed: int = 0

    @classmethod
    def of(cls, params: Payload) -> "Wanted":
        return cls(params["k"], params["words"], tuple(params["ignore"]), params["seed"])


class Evaluator:
    """Payload: `model` (None: the one that answers) and `by`; the findings are written beside them."""

    quick = False

    def __init__(
        self, jobs: Jobs, contents: ContentStore, embedding: EmbeddingClient, search: SearchClient
    ) -> None:
        self._jobs, self._contents, self._embedding, self._search = jobs, contents, embedding, search

    async def prepare(self, item: Item) -> Outcome:
        """Measure, and end the item; a `Problem` says why that encoder can't be had here."""
        wanted = Wanted.of(item.params)
        truth = await asyncio.to_thread(kept_truth, self._contents, item.params["list"])
        model, fingerprint = await self._embedding.named(item.payload["model"])
        gallery = await self._gallery(model, fingerprint, truth.without(wanted.ignore))
        if item.payload["by"] == PICTURES:
            found = await asyncio.to_thread(by_pictures, gallery, wanted.k, wanted.seed)
        else:
            found = await self._by_words(gallery, model, wanted)
        facts = {"model": model, "fingerprint": fingerprint, "found": kept(found)}
        await steadily(partial(self._jobs.note, item.job_id, item.number, facts))
        return Outcome(item)

    async def _gallery(self, model: str, fingerprint: str, truth: Truth) -> Gallery:
        stored = await self._search.vectors(fingerprint, list(truth.labels))
        if not stored:
            raise NotIndexed(fingerprint)
        if len(stored) < 2:
            raise TooFewIndexed(model, len(stored))
        return await asyncio.to_thread(Gallery.of, stored, truth.labels)

    async def _by_words(self, gallery: Gallery, model: str, wanted: Wanted) -> Findings:
        labels = words_to_ask(gallery, wanted.seed)
        vectors = await label_vectors(self._embedding, labels, wanted.words, model)
        return await asyncio.to_thread(by_words, gallery, labels, vectors, wanted.k, wanted.seed)
