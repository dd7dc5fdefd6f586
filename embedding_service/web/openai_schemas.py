"""The JSON of `POST /v1/embeddings`, as OpenAI-style clients send and read it."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, field_validator

from embedding_service.web.schemas import FINGERPRINT_EXAMPLE


class EmbeddingsRequest(BaseModel):
    input: Annotated[str, Field(min_length=1)] | list[Annotated[str, Field(min_length=1)]] = Field(
        description="A text or several; with `modality` image, pictures as data URIs.",
        examples=["a red bus in the rain", ["data:image/jpeg;base64,/9j/4AAQSkZJRg…"]],
    )
    model: str | None = Field(
        None, description="An encoder's name from `/models`; the default one if absent."
    )
    modality: Literal["text", "image"] = Field("text", description="What the inputs are.")
    encoding_format: Literal["float", "base64"] = Field(
        "float", description="`base64`: little-endian float32, four bytes a number."
    )
    dimensions: int | None = Field(
        None, ge=1, description="May only be the encoder's own: its vectors aren't made to be shortened."
    )
    user: str | None = Field(None, description="Ignored.")

    @field_validator("input", mode="before")
    @classmethod
    def _no_tokens(cls, value: Any) -> Any:
        first = value[0] if isinstance(value, list) and value else value
        if value == []:
            raise ValueError("there is nothing to embed")
        if isinstance(first, int | list):
            raise ValueError("token numbers aren't read, since each encoder has its own; send text")
        return value


class OneEmbedding(BaseModel):
    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str = Field(
        description="Unit length: numbers, or base64.", examples=[[0.0123, -0.0456, 0.0789]]
    )


class Usage(BaseModel):
    prompt_tokens: int = Field(description="Tokens that the encoder read; 0 for pictures.", examples=[7])
    total_tokens: int = Field(examples=[7])


class EmbeddingsList(BaseModel):
    object: Literal["list"] = "list"
    model: str = Field(examples=["openai/clip-vit-base-patch32"])
    data: list[OneEmbedding]
    usage: Usage
    fingerprint: str = Field(
        description="Encoder, revision and dimension: compare vectors of one fingerprint only.",
        examples=[FINGERPRINT_EXAMPLE],
    )
    truncated: list[int] = Field(
        description="Positions of the texts that the encoder reads the beginning of only."
    )
