"""Milvus, for the bundles that go there."""

from collections.abc import Iterator

import pytest

from tests.search_service import real_engines


@pytest.fixture(scope="session")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[real_engines.MilvusServer]:
    with real_engines.milvus(tmp_path_factory.mktemp("milvus")) as server:
        yield server
