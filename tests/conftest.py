"""What holds for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty one: no test reads this machine's `.env`, or looks into its `data/`."""
    folder = tmp_path_factory.mktemp("installation")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMAGE_SEARCH_HOME", str(folder))
        patch.setenv("PYTHON_DOTENV_DISABLED", "1")  # pymilvus loads the `.env` above it when it is imported
        yield folder
    left = [path.relative_to(folder) for path in folder.rglob("*")]
    assert not left, "a test used the default folders; give it an IMAGE_SEARCH_HOME of its own"
