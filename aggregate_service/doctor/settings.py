"""The few settings of the other two services that matter to a look at this machine, under their own names."""

from pathlib import Path

from pydantic import Field

from service_kit.settings import ServiceSettings


class OtherServices(ServiceSettings):
    embedding_host: str = Field("127.0.0.1", validation_alias="EMBEDDING_FASTAPI_HOST")
    embedding_port: int = Field(8002, validation_alias="EMBEDDING_FASTAPI_PORT")
    search_host: str = Field("127.0.0.1", validation_alias="SEARCH_FASTAPI_HOST")
    search_port: int = Field(8001, validation_alias="SEARCH_FASTAPI_PORT")
    search_data_dir: Path = Field(Path("data/search"), validation_alias="SEARCH_DATA_DIR")
    data_dir: Path = Field(Path("data"), validation_alias="DATA_DIR")
    backend: str = Field("faiss", validation_alias="SEARCH_BACKEND")
