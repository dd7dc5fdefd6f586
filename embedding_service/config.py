"""The embedding service's settings, read from the environment by `main()` only."""

from pathlib import Path

from pydantic import Field, field_validator

from embedding_service.batcher import BatchLimits
from embedding_service.runtimes.choose import Wanted
from picture_files.formats import ALL, formats_named
from picture_files.reader import PictureLimits
from service_kit.settings import ServiceSettings

_IN_THE_QUEUE = 0.8
"""The part of a request's time that it may wait for the model: it is read and decoded before."""


class Settings(ServiceSettings):
    host: str = Field(
        "127.0.0.1", validation_alias="EMBEDDING_FASTAPI_HOST", description="Address to listen on."
    )
    port: int = Field(8002, validation_alias="EMBEDDING_FASTAPI_PORT", description="Port to listen on.")
    model: str | None = Field(
        None,
        validation_alias="EMBEDDING_MODEL",
        description="The encoder. Set: exactly this one, or not ready. Unset: CLIP ViT-B/32 where its "
        "weights can be had within seconds, else an encoder that needs none, and every answer says so.",
    )
    models: str = Field(
        "",
        validation_alias="EMBEDDING_MODELS",
        description="More encoders to load at the start, comma-separated; any other whose weights are here "
        "is loaded when a request first names it.",
    )
    memory_mb: float = Field(
        4000,
        gt=0,
        validation_alias="EMBEDDING_MEMORY_MB",
        description="Megabytes of weights that may be loaded at once; the encoder that was used least "
        "recently goes first, the default one never.",
    )
    runtime: Wanted = Field(
        "auto",
        validation_alias="EMBEDDING_RUNTIME",
        description="What runs the encoders' picture side: `auto` (the fastest installed that gives the "
        "reference's vectors), `torch`, `openvino` (this one or not ready), `reference` (torch, float32).",
    )
    model_path: Path | None = Field(
        None,
        validation_alias="EMBEDDING_MODEL_PATH",
        description="Weights of your own: a folder in transformers' format with safetensors (CLIP, OpenCLIP, "
        "SigLIP, DINOv2, ResNet: its config.json says which), or torchvision's VGG state dict (.pth).",
    )
    hub_seconds: float = Field(
        4.0,
        gt=0,
        validation_alias="EMBEDDING_HUB_SECONDS",
        description="How long the model hub may take to answer before it counts as unreachable.",
    )
    retry_seconds: float = Field(
        15.0,
        gt=0,
        validation_alias="EMBEDDING_RETRY_SECONDS",
        description="While the chosen encoder has no weights: how often to look for them again.",
    )
    decode_threads: int = Field(
        2,
        ge=1,
        validation_alias="EMBEDDING_DECODE_THREADS",
        description="Pictures decoded at the same time; each may need 200 MB for a moment.",
    )
    batch_size: int = Field(
        32,
        ge=1,
        le=256,
        validation_alias="EMBEDDING_BATCH_SIZE",
        description="Most pictures or texts, of all requests together, that go through the model at once.",
    )
    queue_size: int = Field(
        512,
        ge=1,
        validation_alias="EMBEDDING_QUEUE_SIZE",
        description="Most pictures, and most texts, that wait for the model; more get 429, and so does what "
        "would wait longer than four fifths of EMBEDDING_REQUEST_SECONDS.",
    )
    request_seconds: float = Field(
        30.0,
        gt=0,
        validation_alias="EMBEDDING_REQUEST_SECONDS",
        description="Longest time that an answer may take once the request has arrived; then 503.",
    )
    max_files: int = Field(32, ge=1, validation_alias="MAX_FILES", description="Pictures a request.")
    max_texts: int = Field(256, ge=1, validation_alias="MAX_TEXTS", description="Texts a request.")
    max_file_mb: float = Field(
        50, gt=0, validation_alias="MAX_ADDED_MB", description="Megabytes a picture file."
    )
    max_request_mb: float = Field(
        128, gt=0, validation_alias="MAX_REQUEST_MB", description="Megabytes a request."
    )
    max_megapixels: float = Field(
        50, gt=0, validation_alias="MAX_MEGAPIXELS", description="Million pixels a picture."
    )
    max_jpeg_megapixels: float = Field(
        150, gt=0, validation_alias="MAX_JPEG_MEGAPIXELS", description="Million pixels a JPEG."
    )
    max_side: int = Field(
        16_384, ge=1, validation_alias="MAX_SIDE", description="Pixels along a picture's longer side."
    )
    picture_formats: str = Field(
        ALL, validation_alias="PICTURE_FORMATS", description="Formats that are read."
    )

    @field_validator("picture_formats")
    @classmethod
    def _are_formats(cls, value: str) -> str:
        formats_named(value)
        return value

    @property
    def other_models(self) -> tuple[str, ...]:
        return tuple(name.strip() for name in self.models.split(",") if name.strip())

    @property
    def batches(self) -> BatchLimits:
        return BatchLimits(
            self.batch_size, self.queue_size, most_seconds=self.request_seconds * _IN_THE_QUEUE
        )

    @property
    def picture_limits(self) -> PictureLimits:
        return PictureLimits.of(
            self.max_megapixels, self.max_jpeg_megapixels, self.max_side, self.picture_formats
        )
