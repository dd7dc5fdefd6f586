"""The search service's settings; every name is an environment variable."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from service_kit.settings import ServiceSettings, from_home

BackendName = Literal["faiss", "pgvector", "milvus"]


class Settings(ServiceSettings):
    host: str = Field(
        "127.0.0.1", validation_alias="SEARCH_FASTAPI_HOST", description="Address that the search API binds."
    )
    port: int = Field(
        8001, ge=0, le=65535, validation_alias="SEARCH_FASTAPI_PORT", description="Port of the search API."
    )
    index_save_path: Path = Field(
        Path("data/index.faiss"),
        validation_alias="INDEX_SAVE_PATH",
        description="The portable index: imported when the store is empty, written by export.",
    )
    data_dir: Path = Field(
        Path("data/search"),
        validation_alias="SEARCH_DATA_DIR",
        description="Folder of the vector store and of the index snapshots.",
    )
    backend: BackendName = Field(
        "faiss", validation_alias="SEARCH_BACKEND", description="The engine that holds the vectors."
    )
    database_url: SecretStr | None = Field(
        None,
        validation_alias="SEARCH_DATABASE_URL",
        description="PostgreSQL with pgvector, as postgresql://user:password@host/database; for `pgvector`.",
    )
    hnsw_from: int = Field(
        10_000,
        ge=0,
        validation_alias="SEARCH_HNSW_FROM",
        description="pgvector searches exactly below this many vectors and builds an HNSW index from there.",
    )
    milvus_uri: str | None = Field(
        None,
        validation_alias="MILVUS_URI",
        description="Milvus Lite, standalone or cluster, as http://host:19530, or a file.db; for `milvus`.",
    )
    milvus_token: SecretStr | None = Field(
        None, validation_alias="MILVUS_TOKEN", description="Milvus credentials, user:password or an API key."
    )
    max_k: int = Field(
        1000,
        ge=1,
        validation_alias="SEARCH_MAX_K",
        description="Most neighbours that one search may ask for.",
    )
    max_queries: int = Field(
        1024, ge=1, validation_alias="SEARCH_MAX_QUERIES", description="Most query vectors in one request."
    )
    max_upsert: int = Field(
        10_000, ge=1, validation_alias="SEARCH_MAX_UPSERT", description="Most vectors or ids in one write."
    )
    max_filter_ids: int = Field(
        100_000,
        ge=1,
        validation_alias="SEARCH_MAX_FILTER_IDS",
        description="Most ids that one search may allow, and most that it may deny.",
    )
    max_request_mb: int = Field(
        128, ge=1, validation_alias="SEARCH_MAX_REQUEST_MB", description="Largest request body, in MB."
    )
    max_json_mb: int = Field(
        32,
        ge=1,
        validation_alias="SEARCH_MAX_JSON_MB",
        description="Largest JSON body, in MB; bigger batches travel as .npy or .npz.",
    )
    exact_up_to: int = Field(
        50_000,
        ge=0,
        validation_alias="SEARCH_EXACT_UP_TO",
        description="Vectors up to which search is exact; with more it is approximate (backend faiss).",
    )
    recall_target: float = Field(
        0.98,
        gt=0,
        lt=1,
        validation_alias="SEARCH_RECALL_TARGET",
        description="recall@10 under which an approximate index searches harder (backend faiss).",
    )
    build_threads: int = Field(
        1,
        ge=1,
        validation_alias="SEARCH_BUILD_THREADS",
        description="Threads that build an approximate index in the background (backend faiss).",
    )
    snapshot_seconds: float = Field(
        30.0,
        gt=0,
        validation_alias="SEARCH_SNAPSHOT_SECONDS",
        description="How often indexes are looked after and written to disk; no vector depends on it.",
    )
    search_threads: int = Field(
        4,
        ge=1,
        validation_alias="SEARCH_THREADS",
        description="Searches that run at the same time; more wait their turn.",
    )

    @field_validator("milvus_uri")
    @classmethod
    def _lite_file_belongs_to_the_installation(cls, uri: str | None) -> str | None:
        return str(from_home(Path(uri))) if uri and uri.endswith(".db") and "://" not in uri else uri

    @model_validator(mode="after")
    def _backend_has_its_address(self) -> "Settings":
        if self.backend == "pgvector" and self.database_url is None:
            raise ValueError("SEARCH_BACKEND=pgvector needs SEARCH_DATABASE_URL")
        if self.backend == "milvus" and self.milvus_uri is None:
            raise ValueError("SEARCH_BACKEND=milvus needs MILVUS_URI")
        return self
