"""SIGKILL of any service at random moments while pictures come in: each one is searchable exactly once."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest

from tests.aggregate_service.databases import empty_postgres
from tests.faults.bringing_in import BringingIn
from tests.faults.installation import SERVICES, Installation
from tests.faults.numbered_pictures import picture, served, sha256_of
from tests.search_service.real_engines import postgres

KILLS = int(os.environ.get("FAULT_CATALOGUE_KILLS", "100"))
# The longest between two kills, and in starts of all services, where these take longer than usual: some
# services die while they start, some while they work.
SECONDS, STARTS = 4.0, 1.5
PAUSE = 0.15
_AT_ONCE = 32


@pytest.fixture
def link_host() -> Iterator[str]:
    with served() as host:
        yield host


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "sqlite":
        yield ""
        return
    with postgres() as server:
        yield empty_postgres(server)


@pytest.fixture
def installation(tmp_path: Path, link_host: str, database_url: str) -> Iterator[Installation]:
    watched = tmp_path / "watched"
    watched.mkdir()
    (watched / "first.jpg").write_bytes(picture(10**6))
    state = tmp_path / "state"
    state.mkdir()
    installation = Installation(state, [watched], link_host, database_url)
    try:
        yield installation
    finally:
        installation.stop()


def test_killed_at_random_moments(installation: Installation, tmp_path: Path, link_host: str) -> None:
    longest = max(SECONDS, STARTS * installation.start_all())
    random = np.random.default_rng(int(os.environ.get("FAULT_SEED", "0")))
    url = installation.urls["aggregate_service"]
    somebody = BringingIn(url, tmp_path / "watched", link_host, PAUSE)
    try:
        for _ in range(KILLS):
            time.sleep(float(random.uniform(0, longest)))
            installation.kill_and_restart(str(random.choice(SERVICES)))
    finally:
        somebody.stop()
    began = time.monotonic()
    wait_for_the_end(installation, somebody)
    print(
        f"{installation.kills}, up to {longest:.0f} s apart, "
        f"{len(somebody.accepted)} pictures accepted, {len(somebody.jobs)} jobs, "
        f"all done {time.monotonic() - began:.0f} s after the last kill"
    )
    pictures = each_is_there_once(installation, somebody)
    each_is_found(url, pictures)


def wait_for_the_end(installation: Installation, somebody: BringingIn, seconds: float = 600) -> None:
    """Until every job has ended and the folder's files, for which no job answers, have come in."""
    until = time.monotonic() + seconds
    for name in SERVICES:
        while not installation.is_ready(name):
            assert time.monotonic() < until, installation.said(name)
            time.sleep(0.2)
    for id_ in somebody.jobs:
        while (job := installation.get(f"/jobs/{id_}"))["state"] in ("queued", "running"):
            assert time.monotonic() < until, job
            time.sleep(0.2)
        assert (job["state"], job["done"], job["failed"]) == ("done", job["total"], 0), job
    while not_searchable(installation, somebody) and time.monotonic() < until:
        time.sleep(1)


def not_searchable(installation: Installation, somebody: BringingIn) -> list[int]:
    searchable = {row["sha256"] for row in all_pictures(installation) if row["searchable"]}
    return [number for number in sorted(somebody.accepted) if sha256_of(number) not in searchable]


def each_is_there_once(installation: Installation, somebody: BringingIn) -> dict[int, int]:
    """In the catalogue and in the search service; the picture's id by its number."""
    listed = all_pictures(installation)
    counts = Counter(row["sha256"] for row in listed)
    assert [sha256 for sha256, count in counts.items() if count > 1] == []
    by_sha256 = {row["sha256"]: row for row in listed}
    assert not_searchable(installation, somebody) == []
    assert [row for row in listed if not row["searchable"]] == []
    assert len(listed) <= len(somebody.sent) + 1
    assert sorted(row["id"] for row in listed) == installation.stored_ids()
    return {number: by_sha256[sha256_of(number)]["id"] for number in sorted(somebody.accepted)}


def all_pictures(installation: Installation) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = []
    page = installation.get("/images", limit=1000)
    listed += page["images"]
    while page["next"]:
        page = installation.get("/images", limit=1000, cursor=page["next"])
        listed += page["images"]
    return listed


def each_is_found(url: str, pictures: dict[int, int]) -> None:
    """Searched for by its own content, each is its own nearest, and nothing else is as near."""
    numbers = list(pictures)
    for start in range(0, len(numbers), _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        files = [("files", (f"{n}.jpg", picture(n), "image/jpeg")) for n in some]
        answer = httpx2.post(f"{url}/", files=files, data={"k": "2"}, timeout=60, trust_env=False)
        assert answer.status_code == 200, answer.text
        for number, result in zip(some, answer.json()["results"], strict=True):
            first, second = result["similar"]
            assert first["index"] == pictures[number], (number, result)
            assert first["score"] > 0.9999 > second["score"], (number, result)
