"""The whole product under load; `make test-load` sets RUN_LOAD, and LOAD_SECONDS says for how long."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from benchmarks.machine import machine
from tests.load.clients import Capacity, Service, measure_capacity
from tests.system.launcher import launched
from tests.system.pictures import write_gallery

SECONDS = float(os.environ.get("LOAD_SECONDS", 600))
PICTURES = 200


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    skip = pytest.mark.skip(reason="takes a quarter of an hour of a quiet machine: run `make test-load`")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.load)
            if not os.environ.get("RUN_LOAD"):
                item.add_marker(skip)


@dataclass
class Figures:
    """What was measured, for whoever reads it later."""

    measured: dict[str, Any] = field(default_factory=dict)

    def note(self, promise: str, **figures: Any) -> None:
        self.measured[promise] = figures
        print(f"load: {promise}: {json.dumps(figures)}")


@pytest.fixture(scope="session")
def figures() -> Iterator[Figures]:
    """Printed as they come, and written to LOAD_RESULTS where that is set."""
    here = {"machine": machine(), "seconds": SECONDS, "pictures": PICTURES}
    figures = Figures()
    yield figures
    if results := os.environ.get("LOAD_RESULTS"):
        Path(results).write_text(json.dumps(here | figures.measured, indent=1) + "\n")


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """As `make run` starts it, with the encoder that needs no download, over a folder of drawn pictures."""
    place = tmp_path_factory.mktemp("load")
    folder = write_gallery(place / "pictures", PICTURES)
    with launched(place, IMAGES=str(folder), LOG_LEVEL="ERROR", START_SECONDS="600") as launcher:
        launcher.wait_for("Ctrl-C stops it", 600)
        (state,) = {path.parent for path in place.rglob("catalog.db")}
        yield Service(f"http://127.0.0.1:{launcher.port}", launcher.services(), state / "uploads")


@pytest.fixture(scope="session")
def capacity(service: Service, figures: Figures) -> Capacity:
    """What it answers at most, found by clients that ask again as soon as they have their answer."""
    found = measure_capacity(service, seconds=min(30.0, max(8.0, SECONDS / 10)))
    figures.note("capacity", **vars(found))
    return found
