"""What has been missing for too long goes, by a job; what nobody could look for stays, and what is back."""

import time
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from aggregate_service.catalogue.catalog import Catalog, Place
from aggregate_service.jobs.jobs import FORGET, Job, Jobs
from aggregate_service.jobs.purging import DAY, Purging
from tests.aggregate_service.conftest import World
from tests.aggregate_service.waiting import ended
from tests.waiting import wait_until

Start = Callable[[], TestClient]


@pytest.fixture
def catalog(world: World, client: TestClient) -> Catalog:
    """Two pictures are missing, one is out of reach."""
    del client
    catalog = world.catalog()
    root = catalog.roots.first().id
    catalog.roots.lose([Place(root, "blue.png"), Place(root, "grey.png")])
    catalog.roots.lose([Place(root, "red.jpg")], unreachable=True)
    return catalog


def purge(catalog: Catalog, days_later: float) -> Job | None:
    return Purging(catalog, Jobs(catalog.database), 30, lambda: time.time() + days_later * DAY).purge()


def test_a_job_forgets_what_is_missing_for_long(catalog: Catalog, client: TestClient) -> None:
    assert purge(catalog, 29) is None
    job = purge(catalog, 31)
    assert job is not None
    assert (job.kind, job.total) == (FORGET, 2)
    ended(client, job.id)
    assert catalog.hidden_counts() == (0, 1)
    catalog.close()


def test_what_is_forgotten_and_what_stays(catalog: Catalog, client: TestClient, world: World) -> None:
    job = ended(client, client.post("/images/forget").json()["id"])
    assert (job["state"], job["done"], job["counts"]["kept"]) == ("done", 2, 0)
    assert catalog.hidden_counts() == (0, 1)
    assert sorted(world.vectors()) == [1, 2, 4, 5, 6]
    assert client.post("/images/forget").status_code == 404
    job = ended(client, client.post("/images/forget", data={"unreachable": "true"}).json()["id"])
    assert (job["done"], catalog.hidden_counts()) == (1, (0, 0))
    catalog.close()
    world.index()
    assert "blue.png" in world.listed(), "its file is there, and nobody deleted it"


def test_what_came_back_meanwhile_stays(world: World, start: Start) -> None:
    world.index()
    catalog = world.catalog()
    root = catalog.roots.first().id
    catalog.roots.lose([Place(root, "blue.png"), Place(root, "grey.png")])
    job = purge(catalog, 31)
    assert job is not None
    catalog.roots.find([Place(root, "grey.png")])
    client = start()
    after = ended(client, job.id)
    assert (after["done"], after["counts"]["kept"]) == (2, 1)
    assert sorted(world.vectors()) == [1, 2, 3, 4, 5, 6]
    catalog.close()


def test_it_is_done_when_the_service_starts(world: World, start: Start) -> None:
    world.index()
    catalog = world.catalog()
    catalog.roots.lose([Place(catalog.roots.first().id, "blue.png")])
    world.settings = world.settings.model_copy(update={"missing_days": 1e-9})
    client = start()
    wait_until(lambda: catalog.picture(0) is None, "the picture to be forgotten")
    assert [job["kind"] for job in client.get("/jobs").json()["jobs"]] == ["forget"]
    catalog.close()
