"""The command line's few settings: where the services are, and where an imported list of pictures goes."""

from pathlib import Path

from pydantic import Field, SecretStr

from aggregate_service.client import DEFAULT_URL
from service_kit.settings import ServiceSettings


class CommandLineSettings(ServiceSettings):
    server: str = Field(
        DEFAULT_URL,
        validation_alias="IMAGE_SEARCH_URL",
        description="The aggregate service that the command line `image-search` talks to.",
    )
    search_api_url: str = Field("http://127.0.0.1:8001", validation_alias="SEARCH_API_URL")
    images_path_file: Path = Field(Path("data/image_paths.json"), validation_alias="IMAGES_PATH_FILE")
    key: SecretStr = Field(
        SecretStr(""),
        validation_alias="IMAGE_SEARCH_KEY",
        description="The API key that it sends, where the service asks for one.",
    )
