"""The aggregate service's settings: where the other two services, the pictures and the catalogue are."""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from aggregate_service.access.passwords import Password
from aggregate_service.access.rates import Budget
from aggregate_service.files.links import LinkRules
from aggregate_service.files.uploads import check_bucket, is_bucket
from aggregate_service.jobs.exclusions import Exclusions
from aggregate_service.jobs.schedule import PATTERN
from aggregate_service.links.addresses import AddressRules
from aggregate_service.links.limits import DownloadLimits
from picture_files.formats import ALL, formats_named
from picture_files.reader import PictureLimits
from service_kit.settings import ServiceSettings, from_home


class Settings(ServiceSettings):
    host: str = Field(
        "127.0.0.1", validation_alias="AGG_FASTAPI_HOST", description="Address that the page listens on."
    )
    port: int = Field(8000, validation_alias="AGG_FASTAPI_PORT", description="Port that the page listens on.")
    embedding_api_url: str = Field(
        "http://127.0.0.1:8002",
        validation_alias="EMBEDDING_API_URL",
        description="The embedding service; several addresses, comma-separated, take turns.",
    )
    search_api_url: str = Field(
        "http://127.0.0.1:8001", validation_alias="SEARCH_API_URL", description="The search service."
    )
    agg_publish: str = Field(
        "",
        description="Address on which Compose publishes the page; wider than 127.0.0.1 takes a password.",
    )
    access_password: SecretStr | None = Field(
        None,
        description="The password that lets people in, as it is or as `image-search keys hash` writes it; "
        "without one the page is open to everybody on this machine, and to nobody else.",
    )
    access_open: bool = Field(
        False, description="`yes` lets everybody in who reaches the page, without a password."
    )
    access_token: SecretStr | None = Field(
        None,
        description="Secret of the link that signs in where there is no password; `make run` makes one.",
    )
    access_proxy_header: str = Field(
        "",
        description="Header in which a proxy of TRUSTED_PROXIES names the user that it signed in.",
    )
    access_proxy_rights: Literal["read", "write", "admin"] = Field(
        "write", description="What such users may do."
    )
    client_requests: int = Field(
        3_000, ge=0, description="Most requests of one client in a minute (this machine excepted); 0: any."
    )
    client_mb: int = Field(
        6_000, ge=0, description="Most megabytes that one client may send in a minute; 0: any."
    )
    client_embeddings: int = Field(
        600, ge=0, description="Most pictures and texts that one client may search with in a minute; 0: any."
    )
    session_days: float = Field(30.0, gt=0, description="How long people stay signed in.")
    images_dir: Path = Field(
        Path("data/coco-128/train"),
        validation_alias="IMAGES_DIR",
        description="The folder of pictures that is searched; read, never written.",
    )
    catalog_path: Path = Field(
        Path("data/catalog.db"),
        validation_alias="CATALOG_PATH",
        description="The catalogue of pictures (SQLite), unless `DATABASE_URL` says another.",
    )
    database_url: SecretStr | None = Field(
        None,
        validation_alias="DATABASE_URL",
        description="PostgreSQL for the catalogue and the jobs, as postgresql://user:password@host/database.",
    )
    restore_from: Path | None = Field(
        None,
        description="A backup, as `image-search backup` writes it, that an empty installation starts from.",
    )
    images_path_file: Path = Field(
        Path("data/image_paths.json"),
        validation_alias="IMAGES_PATH_FILE",
        description="The portable list of pictures: the position in it is the picture's id in the index.",
    )
    thumbnails_dir: Path = Field(
        Path("data/thumbnails"),
        validation_alias="THUMBNAILS_DIR",
        description="Where thumbnails are kept once made; may be emptied at any time.",
    )
    uploads: str = Field(
        "data/uploads",
        validation_alias="UPLOAD_DIR",
        description="Where pictures that people add are kept: a folder, or a bucket as s3://bucket/prefix "
        "or gs://bucket/prefix; searching never writes there.",
    )
    incoming_dir: Path = Field(
        Path("data/incoming"),
        description="Where uploads are received before a bucket of UPLOAD_DIR gets them.",
    )
    max_files: int = Field(32, gt=0, description="Most pictures in one request.")
    max_file_mb: float = Field(20, gt=0, description="Largest picture file to search with, in MB.")
    max_added_mb: float = Field(50, gt=0, description="Largest picture file that can be added, in MB.")
    max_request_mb: float = Field(128, gt=0, description="Largest request, in MB.")
    max_upload_files: int = Field(1_000, gt=0, description="Most files brought in by one request.")
    max_upload_mb: float = Field(
        2_000, gt=0, description="Largest request that brings in pictures, links or vectors, in MB."
    )
    upload_seconds: float = Field(
        1_800.0, gt=0, description="Longest time that such a request's body may take to arrive."
    )
    max_megapixels: float = Field(50, gt=0, description="Most pixels in one picture, in millions.")
    max_jpeg_megapixels: float = Field(
        150,
        gt=0,
        description="The same for JPEG (unless progressive), which can be decoded at a reduced size.",
    )
    max_side: int = Field(16_384, gt=0, description="Longest side of a picture, in pixels.")
    picture_formats: str = Field(
        ALL,
        description="Formats that are read, comma-separated; RAW also takes the `raw` extra.",
    )
    strip_metadata: bool = Field(
        False, description="Downloads are without metadata: no place, time or camera."
    )
    max_searches: int = Field(
        100, gt=0, description="Most searches at once; who asks beyond that gets a 429 and may try again."
    )
    max_k: int = Field(1_000, gt=0, description="Most answers for one query.")
    undo_seconds: float = Field(
        600.0,
        ge=0,
        description="How long a deleted picture can be brought back; then its copy is deleted too.",
    )
    connect_seconds: float = Field(
        0.5, gt=0, description="Longest time to connect to another service, DNS included."
    )
    embedding_seconds: float = Field(
        30.0, gt=0, description="Longest time that the embedding service may take to answer a search."
    )
    search_seconds: float = Field(
        10.0, gt=0, description="Longest time that the search service may take to answer a search."
    )
    index_batch: int = Field(32, gt=0, description="Pictures in one embedding request while indexing.")
    index_in_flight: int = Field(4, gt=0, description="Embedding requests under way at once while indexing.")

    job_lease_seconds: float = Field(
        20.0,
        gt=0,
        description="After so long without a sign of life, a process's share of a job goes to another.",
    )
    watch_folders: str = Field(
        "",
        description="Folders to index and to follow as they change; several are separated by `:`.",
    )
    folders_under: str = Field(
        "",
        description="Folders below which clients on other machines, too, may add folders of pictures; "
        "several are separated by `:`. Clients on this machine may add any that the service can read.",
    )
    index_exclude: str = Field(
        "",
        description="Names (`*.tmp`) or paths (`trips/raw`) that scans leave out, separated by `:`; beside "
        "hidden files, waste bins and other programs' folders.",
    )
    follow_links: bool = Field(
        True,
        description="Whether scans go on into folders that symbolic links lead to: into each once, and with "
        "FOLDERS_UNDER no further than there.",
    )
    rescan_at: str = Field(
        "",
        pattern=PATTERN,
        description="When all folders are scanned anew, for shares that send no word of changes: each day at "
        "a local time (`03:00`), or every so many hours (`6h`).",
    )
    missing_days: float = Field(
        30.0,
        gt=0,
        le=1_000_000,
        description="How long a picture whose file is gone keeps its title, labels and id, if it comes back.",
    )
    allowed_link_hosts: str = Field(
        "",
        validation_alias="ALLOWED_LINK_HOSTS",
        description="Hosts (`name` or `name:port`, comma-separated) that links may lead to although their "
        "addresses aren't public.",
    )
    link_ports: str = Field(
        "80,443",
        pattern=r"^\d+(,\d+)*$",
        validation_alias="LINK_PORTS",
        description="Ports that links may lead to, comma-separated.",
    )
    link_seconds: float = Field(60.0, gt=0, description="Longest time that one download may take.")
    link_idle_seconds: float = Field(10.0, gt=0, description="Longest silence within a download.")
    links_at_once: int = Field(16, gt=0, description="Downloads at once, in all.")
    links_per_host: int = Field(2, gt=0, description="Downloads at once from one host.")

    @field_validator("uploads")
    @classmethod
    def _is_a_place_for_pictures(cls, value: str) -> str:
        if is_bucket(value):
            check_bucket(value)
        return value

    @field_validator("picture_formats")
    @classmethod
    def _are_formats(cls, value: str) -> str:
        formats_named(value)
        return value

    @field_validator("access_password")
    @classmethod
    def _can_be_a_password(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            Password(value.get_secret_value())
        return value

    @field_validator("database_url")
    @classmethod
    def _is_an_address_of_a_database(cls, value: SecretStr | None) -> SecretStr | None:
        try:
            make_url(value.get_secret_value() if value else "sqlite://")
        except (ArgumentError, ValueError):
            raise ValueError("write it as postgresql://user:password@host/database") from None
        return value

    @model_validator(mode="after")
    def _a_header_needs_its_proxies(self) -> "Settings":
        if self.access_proxy_header and not self.trusted_proxies:
            raise ValueError("ACCESS_PROXY_HEADER needs TRUSTED_PROXIES, the proxies that may send it")
        return self

    @property
    def budget(self) -> Budget:
        return Budget(self.client_requests, self.client_mb, self.client_embeddings)

    @property
    def max_file_bytes(self) -> int:
        return int(self.max_file_mb * 1e6)

    @property
    def max_added_bytes(self) -> int:
        return int(self.max_added_mb * 1e6)

    @property
    def picture_limits(self) -> PictureLimits:
        return PictureLimits.of(
            self.max_megapixels, self.max_jpeg_megapixels, self.max_side, self.picture_formats
        )

    @property
    def bucket(self) -> str | None:
        """Where pictures that people add are kept, unless that is a folder."""
        return self.uploads if is_bucket(self.uploads) else None

    @property
    def upload_dir(self) -> Path:
        """The folder that receives what people add."""
        return self.incoming_dir if self.bucket else from_home(Path(self.uploads))

    @property
    def watched(self) -> list[Path]:
        return _folders(self.watch_folders)

    @property
    def folders_allowed(self) -> list[Path]:
        return _folders(self.folders_under)

    @property
    def link_rules(self) -> LinkRules:
        return LinkRules(self.follow_links, tuple(folder.resolve() for folder in self.folders_allowed))

    @property
    def exclusions(self) -> Exclusions:
        return Exclusions(glob.strip() for glob in self.index_exclude.split(os.pathsep) if glob.strip())

    @property
    def database(self) -> str | URL:
        """Where catalogue and jobs are, for `Database`."""
        if self.database_url is None:
            return URL.create("sqlite", database=str(self.catalog_path))
        return _with_absolute_path(self.database_url.get_secret_value())

    @property
    def catalogue_file(self) -> Path | None:
        """Where the catalogue is SQLite's."""
        url = make_url(self.database)
        return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None

    @property
    def download_limits(self) -> DownloadLimits:
        hosts = (host.strip().lower() for host in self.allowed_link_hosts.split(","))
        ports = (int(port) for port in self.link_ports.split(","))
        return DownloadLimits(
            max_bytes=self.max_added_bytes,
            seconds=self.link_seconds,
            idle_seconds=self.link_idle_seconds,
            at_once=self.links_at_once,
            per_host=self.links_per_host,
            addresses=AddressRules(frozenset(ports), frozenset(filter(None, hosts))),
        )


def _folders(listed: str) -> list[Path]:
    return [from_home(Path(folder)) for folder in listed.split(os.pathsep) if folder.strip()]


def _with_absolute_path(url: str) -> str | URL:
    """`sqlite:///FILE` names a file of the installation, as CATALOG_PATH does."""
    if not url.startswith("sqlite:///"):
        return url
    file = make_url(url).database
    return make_url(url).set(database=str(from_home(Path(file)))) if file and file != ":memory:" else url
