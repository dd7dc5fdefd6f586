"""The JSON that the search API speaks, as OpenAPI shows it; answers are checked against it in the tests."""

from typing import Any

from pydantic import BaseModel, Field

from service_kit.arrays import NPY, NPZ

_FINGERPRINT = "openai/clip-vit-base-patch32@c237dc49a33f:512"
_NAME = "openai-clip-vit-base-patch32-c237dc49a33f-512"
_CATALOGUE = "6f1c0d2e9b7a4c58a3e2f0b1d4c5a697"


class SearchBody(BaseModel):
    embeddings: list[list[float]] = Field(description="Query vectors; any length but zero.", min_length=1)
    k: int = Field(5, ge=1, description="Most neighbours for each query.")
    collection: str | None = Field(None, description="Left out: the default collection.")
    encoder: str | None = Field(None, description="Fingerprint; 409 when the collection holds another's.")
    allow: list[int] | None = Field(None, description="Only these ids may be found; left out: any.")
    deny: list[int] | None = Field(None, description="These ids are never found.")
    moments: bool = Field(False, description="Answer with `spread` too.")


class SpreadAnswer(BaseModel):
    """Mean and standard deviation of a query's cosine over the whole collection.

    Computed from moments that are kept, without a scan: of every vector (backend faiss), or of a sample of up
    to 20,000 that is taken anew now and then (pgvector, milvus).
    """

    mean: float = Field(examples=[0.19])
    deviation: float = Field(examples=[0.04])


class SearchAnswer(BaseModel):
    collection: str = Field(examples=[_NAME])
    indexes: list[list[int]] = Field(description="For each query, ids, best first.", examples=[[[17, 4]]])
    scores: list[list[float]] = Field(
        description="Cosine similarities, -1 to 1; higher is nearer.", examples=[[[0.91, 0.74]]]
    )
    spread: list[SpreadAnswer | None] | None = Field(
        None,
        description="With `moments`, for each query; null for one while it isn't known, or under 8 vectors.",
    )


class UpsertBody(BaseModel):
    collection: str = Field(description="Created when there's none of this name.")
    encoder: str = Field(description="Fingerprint of the encoder that made the vectors.")
    ids: list[int] = Field(description="One for each vector, from 0 up, unique.")
    vectors: list[list[float]]
    catalogue: str | None = Field(None, description="The catalogue that writes them.", max_length=100)


class UpsertAnswer(BaseModel):
    collection: str = Field(examples=[_NAME])
    upserted: int = Field(examples=[128])
    count: int = Field(description="Vectors in the collection now.", examples=[128])


class DeleteBody(BaseModel):
    collection: str
    ids: list[int] = Field(description="Unknown ones are ignored.")
    catalogue: str | None = Field(None, description="The catalogue that deletes them.", max_length=100)


class DeleteAnswer(BaseModel):
    removed: int = Field(examples=[2])
    count: int = Field(examples=[126])


class GetBody(BaseModel):
    collection: str
    ids: list[int] = Field(description="Unknown ones are left out of the answer.")


class GetAnswer(BaseModel):
    ids: list[int] = Field(description="Those that are stored, ascending.", examples=[[0]])
    vectors: list[list[float]] = Field(
        description="Of unit length, in the same order.", examples=[[[0.13, 0.95, -0.27]]]
    )


class CollectionAnswer(BaseModel):
    name: str = Field(examples=[_NAME])
    encoder: str = Field(examples=[_FINGERPRINT])
    catalogue: str | None = Field(
        description="The catalogue that it belongs to, which alone writes to it; null: none.",
        examples=[_CATALOGUE],
    )
    dimension: int = Field(examples=[512])
    count: int = Field(examples=[128])
    kind: str = Field(description="How it is searched; `flat` is exact.", examples=["flat"])
    bytes: int = Field(description="Memory that the index takes.", examples=[263168])
    generation: int = Field(description="Grows with every write.", examples=[3])
    recall_at_10: float | None = Field(
        description="Measured against an exact search, for the kind of queries that find least; null before "
        "the first measurement.",
        examples=[0.981],
    )
    recall: dict[str, float] | None = Field(
        description="recall@10 by kind of query: `stored` vectors, those `held_out` of the training, "
        "`perturbed` ones as a new picture is, synthetic ones far from all as `words` are; null where exact.",
        examples=[{"stored": 0.993, "held_out": 0.988, "perturbed": 0.985, "words": 0.981}],
    )
    effort: dict[str, int] | None = Field(
        description="How hard an approximate index searches, tuned by itself; null where exact.",
        examples=[{"lists": 4096, "probed": 160, "candidates": 100}],
    )


class AdoptBody(BaseModel):
    catalogue: str = Field(description="The catalogue that it is to belong to.", min_length=1, max_length=100)
    expected: str | None = Field(None, description="The one that it belongs to now; null: none.")


class CollectionsAnswer(BaseModel):
    default: str | None = Field(examples=[_NAME])
    collections: list[CollectionAnswer]


class DefaultCollection(BaseModel):
    collection: str = Field(examples=[_NAME])


class IdsAnswer(BaseModel):
    ids: list[int] = Field(examples=[[0, 1, 2]])


class ExportAnswer(BaseModel):
    path: str = Field(examples=["data/index.faiss"])
    sha256: str = Field(examples=["61e5e302…"])
    count: int = Field(examples=[128])


def request_body(model: type[BaseModel], example: dict[str, Any], binary: str = "") -> dict[str, Any]:
    """`openapi_extra` of a route that reads its body itself."""
    content: dict[str, Any] = {"application/json": {"schema": model.model_json_schema(), "example": example}}
    if binary:
        content[binary] = {"schema": {"type": "string", "format": "binary", "description": _BINARY[binary]}}
    return {"requestBody": {"required": True, "content": content}}


_BINARY = {
    NPY: "A float32 array (n, dimension); the rest goes into the query.",
    NPZ: "Arrays `ids` (int64) and `vectors` (float32), uncompressed; the rest goes into the query.",
}
SEARCH_EXAMPLE = {"embeddings": [[0.1, 0.7, -0.2]], "k": 5}
UPSERT_EXAMPLE = {"collection": "demo", "encoder": "demo@1:3", "ids": [0], "vectors": [[0.1, 0.7, -0.2]]}
IDS_EXAMPLE = {"collection": "demo", "ids": [0]}
ADOPT_EXAMPLE = {"catalogue": _CATALOGUE, "expected": None}
DEFAULT_EXAMPLE = {"collection": "demo"}
