"""Where checkpoints come from: the hub's cache on disk, or the hub itself, asked with short limits."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import httpx2
from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url, try_to_load_from_cache
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.file_download import HfFileMetadata, repo_folder_name

from embedding_service.encoders.specs import EncoderSpec

T = TypeVar("T")


class HubUnavailable(Exception):
    """The hub can't be asked, doesn't answer in time, or won't serve the file; the message is one line."""


@dataclass(frozen=True)
class Hub:
    """The model hub and its cache, as the hub's own environment names (HF_HOME, HF_ENDPOINT, …) set them."""

    cache: Path
    endpoint: str
    offline: bool
    seconds: float

    @classmethod
    def from_environment(cls, seconds: float) -> "Hub":
        """`seconds`: how long the hub may take to answer before it counts as unreachable."""
        return cls(
            Path(constants.HF_HUB_CACHE), constants.ENDPOINT, bool(constants.is_offline_mode()), seconds
        )

    @property
    def host(self) -> str:
        return httpx2.URL(self.endpoint).host

    def cached_folder(self, spec: EncoderSpec) -> Path | None:
        """The cache's folder of the pinned revision; None unless all the row's files are there."""
        return None if self.missing_files(spec) else self.snapshot_folder(spec)

    @property
    def converted(self) -> Path:
        """Beside the hub's cache: models converted for other runtimes."""
        return self.cache.parent / "image-search-openvino"

    def bytes_of(self, spec: EncoderSpec) -> int:
        """The size of a row's files, as far as they are here."""
        paths = [self.snapshot_folder(spec) / name for name in spec.files]
        return sum(path.stat().st_size for path in paths if path.is_file())

    def missing_files(self, spec: EncoderSpec) -> list[str]:
        return [name for name in spec.files if not self._has(spec, name)]

    def snapshot_folder(self, spec: EncoderSpec) -> Path:
        return self.repository_folder(spec) / "snapshots" / spec.revision

    def repository_folder(self, spec: EncoderSpec) -> Path:
        return self.cache / repo_folder_name(repo_id=spec.name, repo_type="model")

    def lock_file(self, spec: EncoderSpec, etag: str) -> Path:
        """The same that the hub's own client takes while it downloads."""
        return self.cache / ".locks" / self.repository_folder(spec).name / f"{etag}.lock"

    def describe(self, spec: EncoderSpec, names: list[str]) -> dict[str, HfFileMetadata]:
        """Ask for each file's size and checksum; `HubUnavailable` if an answer takes longer than it may."""
        host = httpx2.URL(spec.address or self.endpoint).host
        if self.offline:
            raise HubUnavailable("HF_HUB_OFFLINE is set, so the hub isn't asked")
        try:
            return {name: _within(self.seconds, partial(self._ask, spec, name)) for name in names}
        except (TimeoutError, httpx2.TimeoutException) as error:  # of two alike, whichever is noticed first
            raise HubUnavailable(f"{host} doesn't answer within {self.seconds:g} s") from error
        except HfHubHTTPError as error:
            raise HubUnavailable(f"{host} refuses: HTTP {error.response.status_code}") from error
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise HubUnavailable(f"{host} can't be reached ({first_line(error)})") from error

    def _ask(self, spec: EncoderSpec, name: str) -> HfFileMetadata:
        if spec.address:
            return _ask_elsewhere(spec, self.seconds)
        url = hf_hub_url(spec.name, name, revision=spec.revision, endpoint=self.endpoint)
        metadata = get_hf_file_metadata(url, timeout=self.seconds)
        if not metadata.etag or metadata.size is None:
            raise OSError(f"its answer for {name} has no checksum: is it really a hub?")
        return metadata

    def _has(self, spec: EncoderSpec, name: str) -> bool:
        found = try_to_load_from_cache(spec.name, name, cache_dir=self.cache, revision=spec.revision)
        return isinstance(found, str)


def _ask_elsewhere(spec: EncoderSpec, seconds: float) -> HfFileMetadata:
    """A file outside the hub: the address tells its size only, the row its checksum."""
    answer = httpx2.head(spec.address, follow_redirects=True, timeout=seconds)
    answer.raise_for_status()
    size = int(answer.headers.get("content-length", 0))
    if not size:
        raise OSError(f"its answer for {spec.files[0]} has no size")
    return HfFileMetadata(spec.revision, spec.weights_sha256, spec.address, size, None)


def first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _within(seconds: float, action: Callable[[], T]) -> T:
    """Run `action`, or raise `TimeoutError`: looking up a host's name obeys no other limit."""
    results: list[T] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            results.append(action())
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True, name="ask-the-hub")
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError
    return results[0]
