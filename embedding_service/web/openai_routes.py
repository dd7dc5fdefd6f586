"""`POST /v1/embeddings`: the route that OpenAI-style clients call, over the same encoders."""

import asyncio
import base64
import io
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response

from embedding_service.config import Settings
from embedding_service.embedder import Embedder
from embedding_service.encoders.arrays import Vectors
from embedding_service.encoders.base import Encoder
from embedding_service.encoders.specs import EncoderSpec
from embedding_service.errors import (
    NoPictureReadable,
    NoTextSide,
    NothingEncoded,
    OtherDimension,
    PictureForText,
    PictureNotEncoded,
    TooManyFiles,
    TooManyTexts,
)
from embedding_service.web.data_uris import is_data_uri, read_data_uri
from embedding_service.web.deadline import answer_in_time
from embedding_service.web.openai_problems import OpenAiStyleRoute
from embedding_service.web.openai_schemas import EmbeddingsList, EmbeddingsRequest, OneEmbedding, Usage
from embedding_service.web.routes import TheModels, TheSettings
from embedding_service.web.schemas import MAX_TEXT
from picture_files.errors import UnreadablePicture
from service_kit.messages.message import members, message
from service_kit.problems import Problem, Unprocessable, documented

router = APIRouter(tags=["OpenAI-style"], route_class=OpenAiStyleRoute)


@router.post(
    "/v1/embeddings",
    summary="Texts or pictures to vectors, as OpenAI-style clients ask for them",
    response_model=EmbeddingsList,
    responses=documented(400, 404, 408, 413, 422, 429, 500, 503),
)
async def create_embeddings(
    request: Request, body: EmbeddingsRequest, models: TheModels, settings: TheSettings
) -> Response:
    """Clients for OpenAI's embeddings work unchanged with `base_url` `http://…:8002/v1` and any key.

    `"modality": "image"` (in the Python client: `extra_body`) says that the inputs are pictures, as data
    URIs; URLs aren't fetched. One input that can't be embedded makes the whole request a 422 naming it.
    """
    embedder = models.get(body.model)
    _check_dimensions(body.dimensions, embedder)
    inputs = [body.input] if isinstance(body.input, str) else body.input
    embed = _embed_pictures if body.modality == "image" else _embed_texts
    work = embed(embedder, inputs, settings)
    embedded = await answer_in_time(request, work, settings.request_seconds)
    with embedder.measures.step("write"):
        answer = EmbeddingsList(
            model=embedder.encoder.spec.name,
            data=_data(embedded.vectors, body.encoding_format == "base64"),
            usage=Usage(prompt_tokens=embedded.tokens, total_tokens=embedded.tokens),
            fingerprint=embedder.encoder.spec.fingerprint,
            truncated=embedded.truncated,
        )
        return Response(answer.model_dump_json(), media_type="application/json")


@dataclass(frozen=True)
class _Embedded:
    """`tokens`: how many were read; `truncated`: positions of the texts that weren't read to their end."""

    vectors: Vectors
    tokens: int = 0
    truncated: list[int] = field(default_factory=list)


async def _embed_texts(embedder: Embedder, texts: list[str], settings: Settings) -> _Embedded:
    if len(texts) > settings.max_texts:
        raise TooManyTexts(message("too-many-texts-sent", count=len(texts), most=settings.max_texts))
    texts = [text.strip() for text in texts]
    _check_texts(texts, embedder.encoder.spec)
    vectors = await embedder.embed_texts(texts)
    return await asyncio.to_thread(_measured, vectors, embedder.encoder, texts)


async def _embed_pictures(embedder: Embedder, uris: list[str], settings: Settings) -> _Embedded:
    """Raises `NoPictureReadable`, or `NothingEncoded` where the model failed, with one error a bad input."""
    if len(uris) > settings.max_files:
        raise TooManyFiles(f"{len(uris)} pictures were sent; a request may have {settings.max_files}.")
    read = await asyncio.to_thread(_read_all, uris, int(settings.max_file_mb * 1e6))
    bad: dict[int, Problem] = {i: item for i, item in enumerate(read) if isinstance(item, Problem)}
    files = [item for item in read if not isinstance(item, Problem)]
    if not bad:
        embedded = await embedder.embed_images(files)
        bad = embedded.bad
    if bad:
        detail, errors = f"Input {min(bad)}: {bad[min(bad)].detail}", [_error(i, bad[i]) for i in sorted(bad)]
        ours = all(isinstance(problem, PictureNotEncoded) for problem in bad.values())
        raise NothingEncoded(detail, errors=errors) if ours else NoPictureReadable(detail, errors=errors)
    return _Embedded(embedded.vectors)


def _check_dimensions(asked: int | None, embedder: Embedder) -> None:
    spec = embedder.encoder.spec
    if asked not in (None, spec.dimension):
        raise OtherDimension(
            f"{spec.name} gives {spec.dimension} dimensions, which can't be shortened to {asked}; "
            "leave `dimensions` out."
        )


def _check_texts(texts: list[str], spec: EncoderSpec) -> None:
    if "text" not in spec.modalities:
        raise NoTextSide(
            f"{spec.name} embeds pictures only, no text. Choose a model whose modalities have text, "
            'or send data URIs with "modality": "image".'
        )
    for index, text in enumerate(texts):
        if is_data_uri(text):
            raise PictureForText(f'Input {index} is a picture; send it with "modality": "image".')
        if not text:
            raise Unprocessable(f"Input {index} is empty: there is nothing to embed.")
        if len(text) > MAX_TEXT:
            raise Unprocessable(f"Input {index} has {len(text):,} characters; {MAX_TEXT:,} are allowed.")


def _measured(vectors: Vectors, encoder: Encoder, texts: list[str]) -> _Embedded:
    tokens = sum(encoder.count_tokens(text) for text in texts)
    return _Embedded(vectors, tokens, [i for i, text in enumerate(texts) if encoder.too_long(text)])


def _read_all(uris: list[str], max_bytes: int) -> list[io.BytesIO | UnreadablePicture]:
    return [_read(uri, max_bytes) for uri in uris]


def _read(uri: str, max_bytes: int) -> io.BytesIO | UnreadablePicture:
    try:
        return read_data_uri(uri, max_bytes)
    except UnreadablePicture as problem:
        return problem


def _error(index: int, bad: Problem) -> dict[str, Any]:
    title = HTTPStatus(bad.status_code).phrase
    return members(bad.detail) | {"index": index, "status": bad.status_code, "title": title}


def _data(vectors: Vectors, in_base64: bool) -> list[OneEmbedding]:
    if in_base64:
        rows: list[str] = [base64.b64encode(row.astype("<f4").tobytes()).decode() for row in vectors]
        return [OneEmbedding(index=i, embedding=row) for i, row in enumerate(rows)]
    return [OneEmbedding(index=i, embedding=row) for i, row in enumerate(vectors.tolist())]
