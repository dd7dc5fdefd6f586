"""What several test files need: one small checkpoint for the whole session, and apps over a fake encoder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from embedding_service.config import Settings
from embedding_service.main import create_app
from tests.embedding_service.checkpoints import write_checkpoint
from tests.embedding_service.drawn import encoded, photo
from tests.embedding_service.fakes import FakeLibrary
from tests.waiting import wait_until


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small CLIP checkpoint with the 512 dimensions of the real one."""
    return write_checkpoint(tmp_path_factory.mktemp("clip"), dimension=512)


@pytest.fixture(scope="session")
def phone_photo() -> bytes:
    """A JPEG of 12 megapixels."""
    return encoded(photo(4000, 3000), "JPEG", quality=90)


@pytest.fixture
def settings() -> Settings:
    """Patient: no answer may fail here because the machine is busy."""
    return Settings(_env_file=None, model=None, model_path=None, max_file_mb=0.5, request_seconds=600)


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings, FakeLibrary(notice="A fake encoder answers."))) as client:
        wait_until_ready(client)
        yield client


def wait_until_ready(client: TestClient) -> None:
    wait_until(lambda: client.get("/readyz").status_code == 200, "the embedding service to be ready")
