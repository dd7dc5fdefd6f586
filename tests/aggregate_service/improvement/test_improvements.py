"""Improvements over HTTP: learned, tried, used if they gain, followed by new pictures, and turned off."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from tests.aggregate_service.conftest import World, save_picture
from tests.aggregate_service.fakes import COLLECTION, FINGERPRINT, problem
from tests.aggregate_service.waiting import ended, waiting
from tests.aggregate_service.web.routes.test_uploads import png

HTML = {"accept": "text/html"}
GREEN_SAYS_NOTHING = np.diag([1, 0.02, 1, 0.02]).astype(np.float32)
COUNT = 36


def colour(number: int) -> tuple[int, int, int]:
    """A little more red than blue, or the other way round, and any green."""
    red, blue = (70, 30) if number % 2 else (30, 70)
    return red + number % 5, (number * 53) % 256, blue + number % 7


@pytest.fixture
def site(world: World) -> Iterator[TestClient]:
    """Pictures in two folders, red and blue, which are indexed."""
    for number in range(COUNT):
        save_picture(world.folder / ("red" if number % 2 else "blue") / f"{number}.png", colour(number))
    world.index()
    world.embedding.taught = GREEN_SAYS_NOTHING
    with world.app() as client:
        yield client


def improve(client: TestClient, world: World, **asked: Any) -> dict[str, Any]:
    answer = client.post("/improvements", data={"folder": str(world.folder)} | asked)
    assert answer.status_code == 202, answer.text
    ended(client, answer.json()["id"])
    found: dict[str, Any] = client.get(answer.headers["location"]).json()
    return found


def fingerprint_of_a_search(client: TestClient) -> str:
    return str(client.get("/search", params={"text": "red"}).json()["fingerprint"])


def test_what_gains_is_used_from_stored_vectors_and_turned_off(world: World, site: TestClient) -> None:
    embedded = list(world.embedding.embedded_files)
    found = improve(site, world)
    assert (found["state"], found["result"], found["best"]) == ("done", "on", "siamese")
    assert (found["source"], found["name"], found["labels"]) == ("folders", str(world.folder), 3)
    rows = {(row["model"], row["by"]): row for row in found["rows"]}
    assert rows["siamese", "pictures"]["gain"]["map"]["low"] > 0
    assert rows["average-colour", "pictures"]["gain"] is None
    assert {by for _, by in rows} == {"pictures", "words", "unseen"}
    assert world.embedding.embedded_files == embedded
    assert fingerprint_of_a_search(site) == found["fingerprint"] != FINGERPRINT
    improved = world.search.encoders.keys() - {COLLECTION}
    assert world.search.vectors[improved.pop()].keys() == world.search.vectors[COLLECTION].keys()
    assert world.search.default == COLLECTION  # others' direct searches go on as before
    assert site.get("/readyz").status_code == 200
    in_use = site.get("/improvements").json()["in_use"]
    assert (in_use["fingerprint"], in_use["job"]) == (found["fingerprint"], found["id"])
    assert site.post("/improvements/off").json() == {"was_on": True}
    assert fingerprint_of_a_search(site) == FINGERPRINT
    assert site.post("/improvements/off").json() == {"was_on": False}


def test_new_pictures_and_deletions_follow(world: World, site: TestClient) -> None:
    found = improve(site, world)
    (improved,) = world.search.encoders.keys() - {COLLECTION}
    job = site.post("/images", files=[("files", ("new.png", png((200, 10, 20))))]).json()
    (new,) = ended(site, job["id"])["pictures"]
    hits = site.get("/search", params={"text": "red", "k": 50}).json()
    assert hits["fingerprint"] == found["fingerprint"]
    assert new in world.search.vectors[improved]
    assert new in world.search.vectors[COLLECTION]
    assert site.delete(f"/images/{new}").is_success
    assert new not in world.search.vectors[improved]
    assert (
        len(site.get("/search", params={"text": "red", "folder": "red"}).json()["results"][0]["similar"]) > 0
    )


def test_what_does_not_gain_changes_nothing(world: World, site: TestClient) -> None:
    world.embedding.taught = np.eye(4, dtype=np.float32)
    found = improve(site, world)
    assert (found["result"], found["best"], found["fingerprint"]) == ("no-gain", None, None)
    assert site.get("/improvements").json()["in_use"] is None
    assert set(world.search.encoders) == {COLLECTION}


def test_what_was_learned_before_a_wait_is_not_learned_again(world: World, site: TestClient) -> None:
    world.embedding.training_refused = 5
    assert improve(site, world)["result"] == "on"
    kinds = [kind for kind, _, _ in world.embedding.trainings]
    assert kinds.count("autoencoder") == 3
    assert kinds.count("siamese") == 8  # two for each part, the one that was refused, and the last


def test_it_can_be_tried_alone(world: World, site: TestClient) -> None:
    found = improve(site, world, try_only="true")
    assert (found["result"], found["best"]) == ("only-tried", "siamese")
    assert fingerprint_of_a_search(site) == FINGERPRINT


def test_an_evaluation_with_it_says_that_it_flatters(world: World, site: TestClient) -> None:
    improve(site, world)
    answer = site.post("/evaluations", data={"folder": str(world.folder)})
    ended(site, answer.json()["id"])
    assert site.get(answer.headers["location"]).json()["learned"] is True
    assert "flatter" in site.get(answer.headers["location"], headers=HTML).text


def test_the_pages(world: World, site: TestClient) -> None:
    found = improve(site, world)
    page = site.get(f"/improvements/{found['id']}", headers=HTML).text
    assert "is in use" in page
    assert page.count('<svg class="plot"') == 3
    listed = site.get("/evaluations", headers=HTML).text
    assert f'href="/improvements/{found["id"]}"' in listed
    assert 'action="/improvements/off"' in listed
    german = site.get(f"/improvements/{found['id']}", headers=HTML | {"accept-language": "de"}).text
    assert "Aus Ihren Schlagwörtern lernen" in german
    assert f'href="/improvements/{found["id"]}"' in site.get(f"/jobs/{found['id']}", headers=HTML).text
    left = site.post("/improvements/off", headers=HTML, follow_redirects=False)
    assert (left.status_code, left.headers["location"]) == (303, "/evaluations")


def test_what_cant_be_learned_from_is_said_at_once(world: World, site: TestClient) -> None:
    def refused(listed: str | None = None, **asked: Any) -> tuple[int, str]:
        files = {"labels": ("labels.csv", listed)} if listed else None
        answer = site.post("/improvements", data=asked, files=files)
        return answer.status_code, str(answer.json()["type"]).removeprefix("urn:image-search:")

    few = "improvement-too-few-labels"
    one = "path,labels\n" + "".join(f"red/{number}.png,red\n" for number in range(1, COUNT, 2))
    two_each = "path,labels\nred/1.png,red\nred/3.png,red\nblue/2.png,blue\nblue/4.png,blue\n"
    assert refused() == (422, "evaluation-without-labels")
    assert refused(one) == (422, few)
    assert refused(two_each) == (422, few)
    assert refused(folder=str(world.folder), ignore="red") == (422, few)
    assert refused(words="a photo") == (422, "evaluation-bad-words")
    assert site.get("/improvements/nobody").status_code == 404


def test_an_encoder_that_is_away_is_waited_for_and_the_job_can_be_cancelled(
    world: World, site: TestClient
) -> None:
    world.embedding.refusal = problem(503, "Not ready.")
    answer = site.post("/improvements", data={"folder": str(world.folder)})
    job_id = answer.json()["id"]
    assert waiting(site, job_id)["waiting"]
    second = site.post("/improvements", data={"folder": str(world.folder)})
    assert (second.status_code, second.json()["type"]) == (409, "urn:image-search:improvement-under-way")
    site.post(f"/jobs/{job_id}/cancel")
    assert ended(site, job_id)["state"] == "cancelled"
    world.embedding.refusal = None
    assert fingerprint_of_a_search(site) == FINGERPRINT
