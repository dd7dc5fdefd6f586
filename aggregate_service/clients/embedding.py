"""Calls to the embedding service: pictures and words in, float32 vectors out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import httpx2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from aggregate_service.clients.multipart import Multipart
from aggregate_service.clients.service import ALIVE_CHECK, AliveCheck, ServiceClient
from aggregate_service.errors import NoSuchModel, ServiceRefused
from service_kit.arrays import NPY, NPZ, from_npy, to_npz
from service_kit.messages.message import message, received
from service_kit.messages.sentence import Sentence
from service_kit.problems import BadRequest, Problem


class Encoder(BaseModel):
    """Who answers at the embedding service when no model is asked for."""

    model: str
    fingerprint: str = Field(pattern=r":\d+$")
    notice: str | None = None
    notice_type: str | None = Field(None, description="The notice's stable name.")
    notice_parameters: dict[str, Any] = {}

    @model_validator(mode="after")
    def _with_its_name(self) -> Self:
        if self.notice is not None:
            named = {"type": self.notice_type, "parameters": self.notice_parameters}
            self.notice = received(named | {"detail": self.notice})
        return self

    @property
    def dimension(self) -> int:
        """The fingerprint ends with it."""
        return int(self.fingerprint.rpartition(":")[2])


class KnownModel(BaseModel):
    """One encoder, as the embedding service describes it; what else it says is passed on too."""

    model_config = ConfigDict(extra="allow")

    name: str
    fingerprint: str
    dimension: int
    modalities: list[str]
    licence: str = ""
    source: str = ""
    loaded: bool = False
    default: bool = Field(False, description="Answers when no model is asked for.")


class KnownModels(BaseModel):
    default: str | None = None
    notice: str | None = Field(None, description="What to know about the encoder that answers, if anything.")
    models: list[KnownModel]


class PictureError(Sentence):
    """Why one picture has no vector; `index` is its place in the request."""

    index: int
    status: int
    title: str = ""


@dataclass(frozen=True)
class Embedded:
    """Row i belongs to input i; rows of inputs in `errors` are NaN. No encoder is named if all failed."""

    vectors: NDArray[np.float32]
    model: str = ""
    fingerprint: str = ""
    errors: dict[int, PictureError] = field(default_factory=dict)
    truncated: frozenset[int] = frozenset()
    """The texts of which only the beginning was read."""


_ERRORS = TypeAdapter(list[PictureError])
_PLACES = TypeAdapter(frozenset[int])
_MODELS_SECONDS = 5.0
_AS_NPY: dict[str, Any] = {"headers": {"accept": NPY}}


class EmbeddingClient:
    def __init__(
        self,
        addresses: Sequence[str],
        *,
        seconds: float = 30.0,
        connect_seconds: float = 0.5,
        alive_check: AliveCheck = ALIVE_CHECK,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._service = ServiceClient(
            message("embedding-service"),
            "EMBEDDING_API_URL",
            addresses,
            seconds=seconds,
            connect_seconds=connect_seconds,
            alive_check=alive_check,
            transport=transport,
        )
        self._notices: dict[str, str | None] = {}

    async def close(self) -> None:
        await self._service.close()

    async def encoder(self, seconds: float | None = None) -> Encoder:
        """The encoder that is ready to answer; a 503 problem while there is none."""
        response = await self._service.request("GET", "/readyz", seconds=seconds)
        try:
            encoder = Encoder.model_validate_json(response.content)
        except ValidationError as error:
            raise self._service.broken(error) from error
        self._notices[encoder.fingerprint] = encoder.notice
        return encoder

    async def notice_of(self, fingerprint: str) -> str | None:
        """What people must know about this encoder ("no weights could be had: …"); asked for once."""
        if fingerprint not in self._notices:
            try:
                await self.encoder(seconds=1.0)
            except Problem:
                return None  # the answer itself is there: it doesn't fail for its footnote
            self._notices.setdefault(fingerprint, None)
        return self._notices[fingerprint]

    async def models(self, seconds: float = _MODELS_SECONDS) -> KnownModels:
        """Every encoder that it knows, loaded or not."""
        response = await self._service.request("GET", "/models", seconds=seconds)
        try:
            return KnownModels.model_validate_json(response.content)
        except ValidationError as error:
            raise self._service.broken(error) from error

    async def named(self, model: str | None) -> tuple[str, str]:
        """Name and fingerprint of a model, without embedding anything; of the one that answers for None."""
        if model is None:
            encoder = await self.encoder()
            return encoder.model, encoder.fingerprint
        known = {each.name: each for each in (await self.models()).models}
        if model not in known:
            raise NoSuchModel(model, list(known))
        return known[model].name, known[model].fingerprint

    async def embed_images(self, files: Sequence[tuple[str, bytes]], model: str | None = None) -> Embedded:
        """`files` are names and bytes; a bad one gets an entry in `errors` and spoils no other."""
        form = {"model": model} if model else {}
        body = Multipart("files", [(name or "upload", data) for name, data in files], form)
        headers = body.headers | {"accept": NPY}
        try:
            response = await self._service.request("POST", "/embed-image", content=body, headers=headers)
        except ServiceRefused as refused:
            errors = _all_bad(refused, len(files))
            if errors is None:
                raise
            return Embedded(np.full((len(files), 1), np.nan, np.float32), errors=errors)
        return self._read(response, len(files))

    async def embed_texts(self, texts: Sequence[str], model: str | None = None) -> Embedded:
        body: dict[str, Any] = {"texts": list(texts)} | ({"model": model} if model else {})
        response = await self._service.request("POST", "/embed-text", json=body, **_AS_NPY)
        return self._read(response, len(texts))

    async def train(
        self,
        kind: str,
        vectors: NDArray[np.float32],
        labels: NDArray[np.bool_],
        words: NDArray[np.float32],
        seed: int,
    ) -> NDArray[np.float32]:
        """A matrix (d, d), learned from pictures' vectors (n, d), their labels (n, labels) and the labels'
        words (labels, d), or none of them."""
        response = await self._service.request(
            "POST",
            "/projections/train",
            params={"kind": kind, "seed": seed},
            content=to_npz(vectors=vectors, labels=labels.astype(np.uint8), words=words),
            headers={"content-type": NPZ, "accept": NPY},
        )
        try:
            matrix = np.asarray(from_npy(response.content), np.float32)
            if matrix.shape != (vectors.shape[1], vectors.shape[1]) or not np.isfinite(matrix).all():
                raise ValueError(f"a matrix {matrix.shape} for {vectors.shape[1]} dimensions")
        except (ValueError, BadRequest) as error:
            raise self._service.broken(error) from error
        return matrix

    def _read(self, response: httpx2.Response, count: int) -> Embedded:
        try:
            vectors = np.asarray(from_npy(response.content), np.float32)
            if vectors.ndim != 2 or len(vectors) != count:
                raise ValueError(f"{vectors.shape} vectors for {count} inputs")
            errors = _ERRORS.validate_json(response.headers["x-embedding-errors"])
            truncated = _PLACES.validate_json(response.headers.get("x-embedding-truncated", "[]"))
            model, fingerprint = (
                response.headers[f"x-embedding-{part}"] for part in ("model", "fingerprint")
            )
        except (ValueError, KeyError, BadRequest) as error:
            raise self._service.broken(error) from error
        return Embedded(vectors, model, fingerprint, {error.index: error for error in errors}, truncated)


def _all_bad(refused: ServiceRefused, count: int) -> dict[int, PictureError] | None:
    """A 422 that says of every picture why it is bad isn't a refusal of the request."""
    if refused.status != 422:
        return None
    try:
        errors = _ERRORS.validate_python(refused.errors)
    except ValidationError:
        return None
    by_index = {error.index: error for error in errors}
    return by_index if set(by_index) == set(range(count)) else None
