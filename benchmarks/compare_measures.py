"""What `benchmarks.compare` measures of one encoder, each in a process of its own."""

import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregate_service.evaluation.findings import Findings, Gallery, by_pictures, by_words, gain, words_to_ask
from aggregate_service.evaluation.measures import Mean, ranked
from benchmarks.labelled_photos import LabelledPhotos
from benchmarks.machine import memory_bytes
from embedding_service.encoders.base import Encoder
from embedding_service.encoders.load import load_encoder
from embedding_service.encoders.specs import BY_NAME
from embedding_service.runtimes.choose import candidates
from embedding_service.weights.commands import fetch_command
from embedding_service.weights.hub import Hub
from search_service.config import Settings
from search_service.engines.open import open_backend
from service_kit.problems import Problem

REFERENCE = "torch float32"
K = 5
_BATCH, _SINGLES, _ROUNDS = 32, 10, 3
_EXACT, _APPROXIMATE = "exact (flat)", "approximate (ivf)"
Row = dict[str, Any]
Vectors = NDArray[np.float32]
Photos = tuple[Path, frozenset[str], int]


class NotHere(Exception):
    """The encoder, or its runtime, can't be had on this machine; the message says why."""


@dataclass(frozen=True)
class EncoderSource:
    """An encoder's name, and the folder of its weights where they aren't in the hub's cache."""

    name: str
    folder: Path | None = None

    @classmethod
    def of(cls, text: str) -> "EncoderSource":
        name, _, folder = text.partition("=")
        return cls(name, Path(folder) if folder else None)

    @property
    def slug(self) -> str:
        return re.sub(r"[^\w.-]+", "-", self.name)

    def load(self) -> Encoder:
        if (spec := BY_NAME.get(self.name)) is None:
            raise NotHere(f"there is no such encoder; known are {', '.join(BY_NAME)}")
        folder = self.folder or (Hub.from_environment(4).cached_folder(spec) if spec.files else None)
        if spec.files and folder is None:
            raise NotHere(f"its weights aren't here; `{fetch_command(self.name)}` gets them")
        return load_encoder(spec, folder)


def runtime_names() -> list[str]:
    """The reference, and every other that the engine knows, whether or not it can be had here."""
    return [REFERENCE, *(candidate.name for candidate in candidates("auto"))]


def reference_vectors(source: EncoderSource, photos: Photos, kept: Path) -> Row:
    """In float32, by torch, kept for the others: vectors of photos and of the labels' words."""
    try:
        encoder = source.load()
    except (NotHere, OSError, RuntimeError) as error:
        return {"why": str(error).splitlines()[0]}
    labelled = LabelledPhotos.read(*photos)
    pictures = encoder.embed_images(labelled.images)
    gallery = _gallery(pictures, labelled)
    words = words_to_ask(gallery, 0)
    texts = [word.replace("_", " ") for word in words]
    spoken = encoder.embed_texts(texts) if "text" in encoder.spec.modalities else np.empty((0, 1), np.float32)
    np.savez(kept, pictures=pictures, words=np.array(words), spoken=spoken)
    return {}


def runtime_row(source: EncoderSource, runtime: str, photos: Photos, kept: Path) -> Row:
    """Quality, agreement with float32, and what it costs; or `why` not."""
    encoder, labelled = source.load(), LabelledPhotos.read(*photos)
    reference = np.load(kept)
    prepared = [encoder.prepare(image) for image in labelled.images]
    try:
        _run_by(encoder, runtime)
    except (NotHere, RuntimeError) as error:
        return {"why": str(error).splitlines()[0]}
    vectors = encoder.embed_pixels(prepared)
    gallery, expected = _gallery(vectors, labelled), _gallery(reference["pictures"], labelled)
    found, before = by_pictures(gallery, K, 0), by_pictures(expected, K, 0)
    row = _quality("pictures", found) | _agreement(vectors, reference["pictures"])
    if runtime != REFERENCE:
        row["map_gain"] = _mean(gain(before.values, found.values, 0)["map"])
    if len(reference["spoken"]):
        words = reference["words"].tolist()
        row |= _quality("words", by_words(gallery, words, reference["spoken"], K, 0))
    return row | _cost(encoder, prepared) | {"bytes_a_vector": vectors.shape[1] * 4}


def index_rows(photos: Photos, kept: Path) -> Row:
    """The float32 vectors in each kind of index that the search service has for this many and for more."""
    labelled, pictures = LabelledPhotos.read(*photos), np.load(kept)["pictures"]
    gallery = _gallery(pictures, labelled)
    rows = [_index_row(_EXACT, gallery, len(pictures)), _index_row(_APPROXIMATE, gallery, 1)]
    for engine in ("pgvector (hnsw)", "milvus (hnsw)"):
        rows.append({"index": engine, "why": "a server of its own: `make bench-search` measures it"})
    return {"rows": rows}


def _index_row(name: str, gallery: Gallery, exact_up_to: int) -> Row:
    vectors = gallery.vectors
    with tempfile.TemporaryDirectory() as folder:
        backend = open_backend(Settings(data_dir=Path(folder), exact_up_to=max(1, exact_up_to)))
        try:
            backend.upsert("compared", "compared@1:1", np.arange(len(vectors)), vectors)
            backend.maintain(Event())
            index = backend.collection("compared").index
            seconds, hits = _timed(lambda: index.search(vectors, len(vectors)))
            stats = index.stats()
        except Problem as problem:
            return {"index": name, "why": problem.detail}
        finally:
            backend.close()
    order = [each.ids[each.ids != own] for own, each in enumerate(hits)]
    exact = ranked(vectors, vectors, own=range(len(vectors)))
    return {
        "index": name,
        "recall_at_10": stats.recall_at_10,
        "overlap_at_5": _overlap(order, exact),
        "map": _mean(by_pictures(gallery, K, 0).means["map"]) if name == _EXACT else None,
        "one_search_ms": round(seconds / len(vectors) * 1e3, 3),
        "bytes_a_vector": round(stats.bytes / len(vectors)),
    }


def _run_by(encoder: Encoder, runtime: str) -> None:
    if runtime == REFERENCE:
        return
    if encoder.image_side is None:
        raise NotHere("no other runtime knows this encoder")
    (candidate,) = (each for each in candidates("auto") if each.name == runtime)
    with tempfile.TemporaryDirectory() as kept:
        encoder.adopt(candidate.make(encoder, Path(kept)))


def _gallery(vectors: Vectors, labelled: LabelledPhotos) -> Gallery:
    return Gallery.of(dict(enumerate(vectors)), dict(enumerate(labelled.labels)))


def _quality(by: str, found: Findings) -> Row:
    means = found.means
    return {f"{by}_precision": _mean(means["precision"]), f"{by}_map": _mean(means["map"])}


def _agreement(vectors: Vectors, expected: Vectors) -> Row:
    mine, theirs = (ranked(each, each, own=range(len(each))) for each in (vectors, expected))
    cosines = (vectors * expected).sum(axis=1)
    return {"least_cosine": round(float(cosines.min()), 5), "overlap_at_5": _overlap(list(mine), theirs)}


def _overlap(mine: list[NDArray[Any]], theirs: NDArray[Any]) -> float:
    """What part of the five nearest is the same."""
    same = [len(np.intersect1d(a[:K], b[:K])) / K for a, b in zip(mine, theirs, strict=True)]
    return round(float(np.mean(same)), 4)


def _cost(encoder: Encoder, prepared: list[Any]) -> Row:
    """Of the model alone, on pictures that are decoded: the best of some rounds."""
    batch = prepared[:_BATCH]
    encoder.embed_pixels(batch)
    seconds = min(_timed(lambda: encoder.embed_pixels(batch))[0] for _ in range(_ROUNDS))
    singles = [_timed(lambda: encoder.embed_pixels(prepared[:1]))[0] for _ in range(_SINGLES)]
    return {
        "one_photo_ms": round(median(singles) * 1e3, 1),
        "photos_a_second": round(len(batch) / seconds, 1),
        "memory_mb": round(memory_bytes() / 1e6),
    }


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def _mean(mean: Mean) -> list[float | None]:
    return [None if each is None else round(each, 4) for each in (mean.value, mean.low, mean.high)]
