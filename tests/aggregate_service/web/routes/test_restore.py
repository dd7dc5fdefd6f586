"""A deleted picture is brought back as a new one; a second time there is nothing to bring."""

from collections.abc import Callable

from fastapi.testclient import TestClient

from tests.aggregate_service.conftest import World
from tests.aggregate_service.fakes import problem
from tests.aggregate_service.waiting import ended
from tests.aggregate_service.web.routes.test_uploads import files, png, send

Start = Callable[[], TestClient]


def test_an_upload_comes_back_with_a_new_id(world: World, start: Start) -> None:
    client = start()
    (old,) = ended(client, send(client, files(red_png=png("red")), labels="toys")["id"])["pictures"]
    assert client.delete(f"/images/{old}").status_code == 204
    assert world.vectors() == {}
    answer = client.post(f"/images/{old}/restore")
    assert (answer.status_code, answer.json()["kind"]) == (202, "restore")
    assert answer.headers["location"] == f"/jobs/{answer.json()['id']}"
    after = ended(client, answer.json()["id"])
    assert (after["state"], len(after["pictures"])) == ("done", 1)
    new = after["pictures"][0]
    assert new > old
    assert set(world.vectors()) == {new}
    described = client.get(f"/images/{new}").json()
    assert (described["title"], described["labels"], described["searchable"]) == ("red.png", ["toys"], True)
    assert client.get(f"/images/{old}").status_code == 404


def test_a_file_of_a_folder_comes_back(world: World, client: TestClient) -> None:
    client.delete("/images/5")
    after = ended(client, client.post("/images/5/restore").json()["id"])
    assert client.get(f"/images/{after['pictures'][0]}").json()["path"] == "red.jpg"
    assert len(world.vectors()) == 7


def test_there_is_nothing_to_bring_back_twice(world: World, client: TestClient) -> None:
    client.delete("/images/5")
    assert client.post("/images/5/restore").status_code == 202
    for id_ in (5, 0, 12345):
        answer = client.post(f"/images/{id_}/restore")
        assert answer.status_code == 404
        assert str(id_) in answer.json()["detail"]


def test_a_restore_waits_for_the_embedding_service(world: World, client: TestClient) -> None:
    client.delete("/images/5")
    world.embedding.refusal = problem(503, "No weights.")
    job = client.post("/images/5/restore").json()
    assert client.get(f"/jobs/{job['id']}").json()["state"] in ("queued", "running")
    world.embedding.refusal = None
    assert ended(client, job["id"])["state"] == "done"


def test_browsers_are_led_to_the_job_and_other_sites_refused(world: World, client: TestClient) -> None:
    client.delete("/images/5")
    for path in ("/images/5/restore", "/images", "/upload_catalogue", "/jobs/any/cancel"):
        foreign = client.post(path, headers={"sec-fetch-site": "cross-site"})
        assert foreign.status_code == 403, path
    answer = client.post("/images/5/restore", headers={"accept": "text/html"}, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/jobs/")
