"""What every service's settings share; each service adds its own fields. Nothing is read at import."""

from pydantic import AliasGenerator, Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from service_kit.logs import LogFormat


class ServiceSettings(BaseSettings):
    """Read from the environment, then `.env`; an empty variable counts as unset.

    There each field has one name, case and all: its alias, or else its own name in capitals. A bare HOST or
    PORT is another program's. Python code may also use the field's own name.
    """

    model_config = SettingsConfigDict(
        env_file=".env",
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
