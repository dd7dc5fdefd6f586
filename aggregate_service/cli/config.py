"""The command line's one setting of its own: where the service is."""

from pydantic import Field

from aggregate_service.client import DEFAULT_URL
from service_kit.settings import ServiceSettings


class CommandLineSettings(ServiceSettings):
    server: str = Field(
        DEFAULT_URL,
        validation_alias="IMAGE_SEARCH_URL",
        description="The aggregate service that the command line `image-search` talks to.",
    )
