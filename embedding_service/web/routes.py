"""The routes: pictures or texts in, vectors out, as JSON for people and `.npy` for programs."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response, UploadFile

from embedding_service.config import Settings
from embedding_service.embedder import Embedded, Embedder
from embedding_service.encoders.arrays import Vectors
from embedding_service.encoders.specs import EncoderSpec
from embedding_service.errors import (
    NoPictureReadable,
    NoTextSide,
    NothingEncoded,
    PictureNotEncoded,
    TooManyFiles,
    TooManyTexts,
)
from embedding_service.models import Models
from embedding_service.web.deadline import answer_in_time
from embedding_service.web.json_requests import JsonRoute
from embedding_service.web.schemas import Embeddings, FileProblem, KnownModels, ModelFacts, TextsToEmbed
from service_kit.arrays import NPY, to_npy
from service_kit.messages.message import members, message, notice_members
from service_kit.problems import Problem, documented

router = APIRouter(tags=["embedding"], route_class=JsonRoute)

_NPY_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": f"Vectors. With `Accept: {NPY}`: float32 `(n, dimension)`, bad files' rows NaN, "
        "and the rest in `X-Embedding-Model`, `X-Embedding-Fingerprint` and `X-Embedding-Errors` (JSON).",
        "content": {NPY: {"schema": {"type": "string", "format": "binary"}}},
    }
}


async def get_models(request: Request) -> Models:
    models: Models = request.app.state.models
    return models


async def get_settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


TheModels = Annotated[Models, Depends(get_models)]
TheSettings = Annotated[Settings, Depends(get_settings)]


@router.post(
    "/embed-image",
    summary="Pictures to vectors",
    response_model=Embeddings,
    responses=_NPY_ANSWER | documented(400, 404, 408, 413, 422, 429, 500, 503),
)
async def embed_image(
    request: Request,
    files: list[UploadFile],
    models: TheModels,
    settings: TheSettings,
    model: Annotated[str | None, Form(examples=["openai/clip-vit-base-patch32"])] = None,
) -> Response:
    """JPEG, PNG, WebP, GIF, BMP, TIFF and AVIF files (first frame, upright, transparency on white).

    A file that can't be embedded stands in `errors` and never spoils the others. When none can be: 422.
    """
    if len(files) > settings.max_files:
        raise TooManyFiles(message("too-many-files-sent", count=len(files), most=settings.max_files))
    embedder = models.get(model)
    work = embedder.embed_images([upload.file for upload in files])
    embedded = await answer_in_time(request, work, settings.request_seconds)
    problems = _file_problems(embedded, [upload.filename or "" for upload in files])
    if all(isinstance(bad, PictureNotEncoded) for bad in embedded.bad.values()) and len(problems) == len(
        files
    ):
        raise NothingEncoded(problems[0].detail, errors=[p.model_dump() for p in problems])
    if len(problems) == len(files):
        raise NoPictureReadable(_none_readable(problems), errors=[p.model_dump() for p in problems])
    with embedder.measures.step("write"):
        return _answer(request, embedder.encoder.spec, embedded.vectors, problems)


@router.post(
    "/embed-text",
    summary="Texts to vectors",
    response_model=Embeddings,
    responses=_NPY_ANSWER | documented(400, 404, 408, 413, 422, 429, 500, 503),
)
async def embed_text(
    request: Request, body: TextsToEmbed, models: TheModels, settings: TheSettings
) -> Response:
    """Vectors in the same space as the pictures', by an encoder with a text side.

    Of a text longer than the encoder reads, the beginning counts, as its tokenizer cuts it: `truncated`
    (`X-Embedding-Truncated` beside `.npy`) has the positions of these.
    """
    if len(body.texts) > settings.max_texts:
        raise TooManyTexts(message("too-many-texts-sent", count=len(body.texts), most=settings.max_texts))
    embedder = models.get(body.model)
    spec = embedder.encoder.spec
    if "text" not in spec.modalities:
        raise NoTextSide(message("no-text-side", encoder=spec.name))
    work = _embed_texts(embedder, body.texts)
    vectors, truncated = await answer_in_time(request, work, settings.request_seconds)
    with embedder.measures.step("write"):
        return _answer(request, spec, vectors, [], truncated)


async def _embed_texts(embedder: Embedder, texts: list[str]) -> tuple[Vectors, list[int]]:
    vectors = await embedder.embed_texts(texts)
    return vectors, await embedder.truncated(texts)


@router.get("/models", summary="The encoders: what is known, what is loaded")
async def list_models(models: TheModels) -> KnownModels:
    served, loaded = models.served(), models.loaded()
    return KnownModels(
        default=served.name if served else None,
        **notice_members(models.notice),
        models=[_facts(spec, spec == served, loaded.get(spec.name)) for spec in models.known()],
    )


def _facts(spec: EncoderSpec, default: bool, embedder: Embedder | None) -> ModelFacts:
    if embedder is None:
        return ModelFacts.of(spec, default)
    return ModelFacts.of(spec, default, embedder.runtime, embedder.runtime_why)


def _file_problems(embedded: Embedded, filenames: list[str]) -> list[FileProblem]:
    return [_file_problem(index, filenames[index], bad) for index, bad in sorted(embedded.bad.items())]


def _file_problem(index: int, filename: str, bad: Problem) -> FileProblem:
    title = HTTPStatus(bad.status_code).phrase
    return FileProblem(
        **members(bad.detail), index=index, filename=filename, status=bad.status_code, title=title
    )


def _none_readable(problems: list[FileProblem]) -> str:
    shown = " ".join(f"{p.filename or 'A file without a name'}: {p.detail}" for p in problems[:3])
    return f"No picture could be embedded. {shown}"


def _answer(
    request: Request,
    spec: EncoderSpec,
    vectors: Vectors,
    problems: list[FileProblem],
    truncated: Sequence[int] = (),
) -> Response:
    if NPY in request.headers.get("accept", ""):
        errors = json.dumps([problem.model_dump(exclude={"filename"}) for problem in problems])
        return Response(
            to_npy(vectors),
            media_type=NPY,
            headers={
                "X-Embedding-Model": spec.name,
                "X-Embedding-Fingerprint": spec.fingerprint,
                "X-Embedding-Errors": errors,
                "X-Embedding-Truncated": json.dumps(truncated),
            },
        )
    bad = {problem.index for problem in problems}
    body = Embeddings(
        model=spec.name,
        fingerprint=spec.fingerprint,
        dimension=spec.dimension,
        embeddings=[None if i in bad else row for i, row in enumerate(vectors.tolist())],
        errors=problems,
        truncated=list(truncated),
    )
    return Response(body.model_dump_json(), media_type="application/json")
