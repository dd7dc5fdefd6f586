"""What every service's settings share; each service adds its own fields. Nothing is read at import."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from service_kit.logs import LogFormat


class ServiceSettings(BaseSettings):
    """Read from the environment, then `.env`; an empty variable counts as unset."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", env_ignore_empty=True, populate_by_name=True, frozen=True
    )

    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    log_format: LogFormat = Field("text", description="`text` for people, `json` for log collectors.")
    body_seconds: float = Field(
        60.0, gt=0, description="Longest time that a request's body may take to arrive."
    )
