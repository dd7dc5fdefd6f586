"""Tests that kill, damage and fill; `scripts/test-faults` sets RUN_FAULTS."""

import os
from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    skip = pytest.mark.skip(reason="takes minutes: run `make test-faults`")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.faults)
            if not os.environ.get("RUN_FAULTS"):
                item.add_marker(skip)
