"""The JSON that this service takes and gives."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from embedding_service.encoders.specs import EncoderSpec, Modality
from embedding_service.web.data_uris import is_data_uri
from service_kit.messages.sentence import Sentence

MAX_TEXT = 100_000


def _no_picture(value: Any) -> Any:
    if isinstance(value, str) and is_data_uri(value.lstrip()):
        raise ValueError("this is a picture, not a text; send its file to /embed-image")
    return value


Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT),
    BeforeValidator(_no_picture),
]

FINGERPRINT_EXAMPLE = "openai/clip-vit-base-patch32@c237dc49a33f:512"


class TextsToEmbed(BaseModel):
    texts: list[Text] = Field(min_length=1, examples=[["a red bus in the rain", "two dogs"]])
    model: str | None = Field(
        None, description="An encoder's name from `/models`; the default one if absent."
    )


class FileProblem(Sentence):
    """One file that gave no vector."""

    index: int = Field(description="The file's position in the request, from 0.", examples=[1])
    filename: str = Field(examples=["holiday.heic"])
    status: int = Field(examples=[415])
    title: str = Field(examples=["Unsupported Media Type"])


class Embeddings(BaseModel):
    """Unit-length vectors in the order of the request; `null` where `errors` says why."""

    model: str = Field(examples=["openai/clip-vit-base-patch32"])
    fingerprint: str = Field(
        description="Encoder, revision and dimension: compare vectors of one fingerprint only.",
        examples=[FINGERPRINT_EXAMPLE],
    )
    dimension: int = Field(examples=[512])
    embeddings: list[list[float] | None] = Field(examples=[[[0.0123, -0.0456, 0.0789], None]])
    errors: list[FileProblem]
    truncated: list[int] = Field(
        [], description="Positions of the texts that the encoder reads the beginning of only."
    )


class ModelFacts(BaseModel):
    name: str = Field(examples=["openai/clip-vit-base-patch32"])
    fingerprint: str = Field(examples=[FINGERPRINT_EXAMPLE])
    dimension: int = Field(examples=[512])
    modalities: list[Modality]
    licence: str = Field(examples=["MIT"])
    source: str = Field(examples=["https://huggingface.co/openai/clip-vit-base-patch32"])
    loaded: bool
    default: bool
    runtime: str | None = Field(description="What encodes pictures, once loaded.", examples=["OpenVINO bf16"])
    runtime_why: str | None = Field(
        description="Why that one: what was measured when it was loaded, and what can't be had here.",
        examples=[
            "pictures a second: OpenVINO bf16 123, OpenVINO f32 33, torch float32 25; "
            "not CUDA float16: there is no CUDA device"
        ],
    )

    @classmethod
    def of(
        cls, spec: EncoderSpec, default: bool, runtime: str | None = None, why: str | None = None
    ) -> "ModelFacts":
        """`runtime` None: not loaded."""
        return cls(
            name=spec.name,
            fingerprint=spec.fingerprint,
            dimension=spec.dimension,
            modalities=list(spec.modalities),
            licence=spec.licence,
            source=spec.source,
            loaded=runtime is not None,
            default=default,
            runtime=runtime,
            runtime_why=why,
        )


class KnownModels(BaseModel):
    default: str | None = Field(description="The encoder that answers; null while it is loading.")
    notice: str | None = Field(
        description="What is special about the encoder that answers, for people to read."
    )
    notice_type: str | None = Field(None, description="The notice's stable name.")
    notice_parameters: dict[str, Any] = Field({}, description="What the notice was made of.")
    models: list[ModelFacts]
