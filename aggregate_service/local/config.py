"""Settings of the local launcher and of Compose's `prepare` step."""

from pathlib import Path

from pydantic import Field

from service_kit.settings import ServiceSettings


class LocalSettings(ServiceSettings):
    data_dir: Path = Field(
        Path("data"), validation_alias="DATA_DIR", description="Where pictures, catalogue and index are kept."
    )
    images: Path | None = Field(
        None,
        validation_alias="IMAGES",
        description="A folder of your own pictures to serve instead of COCO128 (in place, never modified).",
    )
    restore_from: Path | None = Field(
        None,
        description="A backup, as `image-search backup` writes it, that an empty installation starts from.",
    )
    uploads: str = Field(
        "data/uploads",
        validation_alias="UPLOAD_DIR",
        description="A bucket for what people add; a folder lies in DATA_DIR here.",
    )
    coco128_archive: Path | None = Field(
        None,
        validation_alias="COCO128_ARCHIVE",
        description="A coco128.zip to use instead of downloading one.",
    )
    coco128_url: str = Field(
        "https://github.com/ultralytics/assets/releases/download/v0.0.0/coco128.zip",
        validation_alias="COCO128_URL",
        description="Where COCO128 is downloaded from; what arrives must have the public release's SHA-256.",
    )
    start_seconds: float = Field(
        180.0,
        gt=0,
        validation_alias="START_SECONDS",
        description="Longest time that `make run` waits for a service to be ready.",
    )
