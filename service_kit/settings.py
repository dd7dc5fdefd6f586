"""What every service's settings share; each service adds its own fields. Nothing is read at import."""

import os
import sys
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import AliasGenerator, Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from service_kit.forwarded import Proxies
from service_kit.hosts import HostRules, is_address
from service_kit.logs import LogFormat

S = TypeVar("S", bound="ServiceSettings")


class ServiceSettings(BaseSettings):
    """Read from the environment, then from the installation's `.env`; an empty variable counts as unset.

    There each field has one name, case and all: its alias, or else its own name in capitals. A bare HOST or
    PORT is another program's. Python code may also use the field's own name. A relative path starts at the
    installation.
    """

    model_config = SettingsConfigDict(
        alias_generator=AliasGenerator(validation_alias=str.upper),
        validate_by_name=True,
        case_sensitive=True,
        dotenv_filtering="only_existing",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    log_format: LogFormat = Field("text", description="`text` for people, `json` for log collectors.")
    body_seconds: float = Field(
        60.0, gt=0, description="Longest time that a request's body may take to arrive."
    )

    max_connections: int = Field(
        500,
        gt=0,
        description="Most connections at once to a service; with more, those that do nothing are closed.",
    )
    allowed_hosts: str = Field(
        "",
        description="Names that the services answer to, comma-separated (`photos.example.org`, "
        "`*.example.org`), beside IP addresses, localhost, names without a dot and .local, .lan, .internal, "
        ".home.arpa.",
    )
    public_url: str = Field(
        "",
        description="The address that people open, such as https://photos.example.org; for a proxy that "
        "changes the Host header.",
    )

    trusted_proxies: str = Field(
        "",
        description="Proxies whose X-Forwarded-For, -Proto and -Prefix are believed: addresses or networks, "
        "comma-separated. Those of this machine always are.",
    )
    root_path: str = Field(
        "",
        pattern=r"^((/[A-Za-z0-9._~-]+)+/?)?$",
        description="The path before ours, such as /photos, where a proxy serves the service below one.",
    )

    def __init__(self, **values: Any) -> None:
        super().__init__(**{"_env_file": home() / ".env"} | values)

    @field_validator("*")
    @classmethod
    def _belongs_to_the_installation(cls, value: Any) -> Any:
        return from_home(value) if isinstance(value, Path) else value

    @field_validator("public_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if value and not is_address(value):
            raise ValueError("it must start with http:// or https:// and name a host")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        Proxies.of(value)
        return value

    @property
    def proxies(self) -> Proxies:
        return Proxies.of(self.trusted_proxies)

    @property
    def hosts(self) -> HostRules:
        return HostRules.of(self.allowed_hosts, self.public_url)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        for source in (env_settings, dotenv_settings):
            source.config = SettingsConfigDict(**{**source.config, "validate_by_name": False})
        return init_settings, env_settings, dotenv_settings


def from_environment(settings: type[S]) -> S:
    """What an entry point reads; settings that can't be used end it with a line for each."""
    try:
        return settings()
    except ValidationError as error:
        secret = _secrets(settings)
        sys.exit("\n".join(_complaint(each, secret) for each in error.errors()))


def _complaint(error: ErrorDetails, secret: set[str]) -> str:
    wrong = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return f"{wrong}."
    name = str(error["loc"][0])
    return f"{name if name in secret else name + '=' + str(error['input'])} can't be used: {wrong}."


def _secrets(settings: type["ServiceSettings"]) -> set[str]:
    """The settings whose values nobody prints."""
    fields = settings.model_fields.values()
    return {str(field.validation_alias) for field in fields if _is_secret(field.annotation)}


def _is_secret(annotation: Any) -> bool:
    return SecretStr in (annotation, *get_args(annotation))


def home() -> Path:
    """The installation: `IMAGE_SEARCH_HOME`, or the folder that holds our packages.

    Where pip has copied them to site-packages, a folder in the person's home: data outlives environments.
    """
    if given := os.environ.get("IMAGE_SEARCH_HOME"):
        return Path(given).expanduser().absolute()
    packages = Path(__file__).resolve().parents[1]
    if packages.name in ("site-packages", "dist-packages"):
        return Path.home() / ".local" / "share" / "image-search"
    return packages


def from_home(path: Path) -> Path:
    """A path of the settings, absolute; `~` is expanded, and an unknown `~name` is a name like any other."""
    return home() / os.path.expanduser(path)  # noqa: PTH111 - Path's raises for an unknown name
