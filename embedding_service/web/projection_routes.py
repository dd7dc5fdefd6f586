"""Learning a projection: labelled vectors in, a matrix out. Nothing of it stays here."""

import asyncio
import threading
from concurrent.futures import Future
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request, Response
from numpy.typing import NDArray

from embedding_service.encoders.arrays import Vectors
from embedding_service.errors import TooBusy, UnusableLesson
from embedding_service.projections.thread import training_thread
from embedding_service.projections.training import Kind, Lesson, train
from embedding_service.web.deadline import answer_in_time
from embedding_service.web.json_requests import JsonRoute
from service_kit.arrays import NPY, NPZ, from_npz, to_npy
from service_kit.messages.message import message
from service_kit.problems import documented

router = APIRouter(prefix="/projections", tags=["projections"], route_class=JsonRoute)
MOST_PICTURES, MOST_LABELS, MOST_DIMENSIONS = 20_000, 1_000, 2_048
_LONGEST_SECONDS = 280.0
_ARRAYS = (
    f"Uncompressed arrays: `vectors` (n, d) of up to {MOST_PICTURES:,} pictures, `labels` (n, labels) of 0 "
    "and 1, `words` (labels, d) the vectors of the labels' words, or (0, d)."
)
_BODY = {"required": True, "content": {NPZ: {"schema": {"type": "string", "format": "binary"}}}}
_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "float32 (d, d).",
        "content": {NPY: {"schema": {"type": "string", "format": "binary"}}},
    }
}
_busy = threading.Lock()  # one at a time: it takes the cores that pictures are embedded with
_training = training_thread()


@router.post(
    "/train",
    summary="Labelled vectors to a projection",
    description="A matrix that vectors are multiplied with, from the right, and made unit length again: "
    "`siamese` brings pictures and words of one label nearer, `autoencoder` looks at no labels. " + _ARRAYS,
    response_class=Response,
    responses=_ANSWER | documented(400, 408, 413, 422, 429, 503),
    openapi_extra={"requestBody": _BODY},
)
async def train_projection(
    request: Request, kind: Kind = "siamese", seed: Annotated[int, Query(ge=0, lt=2**32)] = 0
) -> Response:
    lesson = await asyncio.to_thread(_lesson, await request.body())
    if not _busy.acquire(blocking=False):
        raise TooBusy(message("training-busy"), headers={"Retry-After": "5"})
    ended = threading.Event()
    trained = _training.submit(train, kind, lesson, seed, lambda: not ended.is_set())
    trained.add_done_callback(lambda _: _busy.release())
    try:
        matrix = await answer_in_time(request, _result(trained), _LONGEST_SECONDS)
        return Response(to_npy(matrix), media_type=NPY)
    finally:
        ended.set()


async def _result(trained: Future[Vectors]) -> Vectors:
    return await asyncio.wrap_future(trained)


def _lesson(body: bytes) -> Lesson:
    vectors, labels, words = from_npz(body, "vectors", "labels", "words")
    if not all(array.ndim == 2 for array in (vectors, labels, words)):
        raise UnusableLesson("vectors, labels and words must have two axes each.")
    count, dimension = vectors.shape
    if not (2 <= count <= MOST_PICTURES and 2 <= dimension <= MOST_DIMENSIONS):
        raise UnusableLesson(
            f"{count:,} vectors of {dimension:,} numbers: 2 to {MOST_PICTURES:,} of up to "
            f"{MOST_DIMENSIONS:,} can be learned from."
        )
    if len(labels) != count or not 1 <= labels.shape[1] <= MOST_LABELS:
        raise UnusableLesson(
            f"labels is {labels.shape}: it must have {count:,} rows, and 1 to {MOST_LABELS:,} columns."
        )
    if words.shape[1] != dimension or len(words) not in (0, labels.shape[1]):
        raise UnusableLesson(
            f"words is {words.shape}: it must have {dimension:,} columns, and a row for each label or none."
        )
    return Lesson(_unit(vectors), labels != 0, _unit(words))


def _unit(rows: NDArray[np.generic]) -> Vectors:
    unit = np.asarray(rows, np.float32)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or (lengths == 0).any():
        raise UnusableLesson("Each vector must hold finite numbers that aren't all 0.")
    return np.asarray(unit / lengths, np.float32)
