"""`/metrics` of the aggregate service says what an alert is made of."""

import re
import time

from fastapi.testclient import TestClient

from tests.aggregate_service.conftest import World


def metrics(client: TestClient) -> dict[str, float]:
    lines = re.findall(r"^(\w+(?:\{.*\})?) (\S+)$", client.get("/metrics").text, re.MULTILINE)
    return {name: float(value) for name, value in lines}


def test_pictures_jobs_disks_and_the_last_backup(world: World, client: TestClient) -> None:
    (world.folder / "red.jpg").unlink()
    world.index()
    before = metrics(client)
    assert before["catalogue_pictures"] == 6
    assert before['catalogue_hidden_pictures{why="missing"}'] == 1
    assert before['catalogue_hidden_pictures{why="unreachable"}'] == 0
    assert before['jobs_active{state="running"}'] + before['jobs_active{state="queued"}'] == 0
    assert before["jobs_held_up"] == 0
    assert before['disk_free_bytes{holds="catalogue"}'] <= before['disk_size_bytes{holds="catalogue"}']
    assert before["last_backup_timestamp_seconds"] == 0
    assert client.post("/backup").status_code == 200
    assert time.time() - metrics(client)["last_backup_timestamp_seconds"] < 600
