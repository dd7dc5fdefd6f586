"""A fake service, and the command line pointed at it."""

from collections.abc import Callable, Iterator

import pytest

from aggregate_service.cli import main
from tests.aggregate_service.fake_service import FakeService
from tests.aggregate_service.servers import serving

Run = Callable[..., int]


@pytest.fixture
def fake() -> FakeService:
    return FakeService()


@pytest.fixture
def run(
    fake: FakeService, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Run]:
    """Runs a command in an empty folder, which isn't the installation's; returns its exit code."""
    monkeypatch.chdir(tmp_path_factory.mktemp("here"))
    monkeypatch.setenv("IMAGE_SEARCH_HOME", str(tmp_path_factory.mktemp("installation")))
    with serving(fake.app()) as url:
        monkeypatch.setenv("IMAGE_SEARCH_URL", url)
        yield lambda *arguments: main(arguments)
