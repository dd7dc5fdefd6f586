"""Evaluations over HTTP: asked for, worked on as jobs, read as JSON, as a page, as a file."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.aggregate_service.conftest import World
from tests.aggregate_service.waiting import ended

REDS, HTML = (1, 5), {"accept": "text/html"}
LIST = "path,labels\nred.jpg,red\ndark-red.jpg,red\norange.jpg,red\nblue.png,blue\ndeep/green.webp,green\n"


@pytest.fixture(scope="module")
def evaluated(shared_client: TestClient) -> dict[str, Any]:
    """By a list, of an encoder that pictures are indexed with and of one that they aren't."""
    return measure(shared_client, LIST, model=["average-colour", "other"])


def measure(client: TestClient, listed: str | None = None, **asked: Any) -> dict[str, Any]:
    files = {"labels": ("labels.csv", listed)} if listed else None
    answer = client.post("/evaluations", data=asked, files=files)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/evaluations/{answer.json()['id']}"
    ended(client, answer.json()["id"])
    found: dict[str, Any] = client.get(answer.headers["location"]).json()
    return found


def rows_of(report: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["model"], row["by"]): row for row in report["rows"]}


def test_pictures_and_words_are_measured(evaluated: dict[str, Any]) -> None:
    assert (evaluated["state"], evaluated["source"], evaluated["name"]) == ("done", "list", "labels.csv")
    assert (evaluated["pictures"], evaluated["labels"], evaluated["unknown"]) == (5, 3, 0)
    rows = rows_of(evaluated)
    pictures, words = rows["average-colour", "pictures"], rows["average-colour", "words"]
    assert (pictures["queries"], pictures["pictures"]) == (3, 5)
    assert pictures["measures"]["map"]["value"] == 1  # reds find reds
    assert pictures["measures"]["precision"]["value"] == pytest.approx(0.4)  # two right ones, of five places
    assert pictures["best_possible"] == pytest.approx(0.4)
    assert pictures["labels"][0]["label"] == "red"
    assert (words["queries"], words["measures"]["mrr"]["value"]) == (3, 1)
    assert pictures["gain"] is None


def test_an_encoder_that_cant_be_had_says_so_in_its_row(evaluated: dict[str, Any]) -> None:
    row = rows_of(evaluated)["other", "pictures"]
    assert row["measures"] is None
    assert "other@1:4" in row["problem"]["detail"]


def test_the_list_the_page_and_the_file(shared_client: TestClient, evaluated: dict[str, Any]) -> None:
    (listed,) = shared_client.get("/evaluations").json()["evaluations"]
    assert listed["id"] == evaluated["id"]
    assert all(row["labels"] == [] for row in listed["rows"])
    assert f'href="/evaluations/{listed["id"]}"' in shared_client.get("/evaluations", headers=HTML).text
    page = shared_client.get(f"/evaluations/{listed['id']}", headers=HTML)
    assert page.text.count('<svg class="plot"') == 4  # two kinds of queries, each in all and by label
    assert "average-colour" in page.text
    assert "other@1:4" in page.text  # why the second encoder has no measures
    kept = shared_client.get(f"/evaluations/{listed['id']}/report")
    assert kept.headers["content-disposition"].startswith("attachment")
    for needed in ("<style>", "--accent", "average-colour"):
        assert needed in kept.text
    assert "src=" not in kept.text
    assert "href=" not in kept.text
    german = shared_client.get(f"/evaluations/{listed['id']}", headers=HTML | {"accept-language": "de"})
    assert "Mit Bildern gefragt" in german.text


def test_the_job_leads_to_what_was_found(shared_client: TestClient, evaluated: dict[str, Any]) -> None:
    job = shared_client.get(f"/jobs/{evaluated['id']}").json()
    assert (job["kind"], job["total"], job["done"], job["failed"]) == ("evaluation", 4, 2, 2)
    page = shared_client.get(f"/jobs/{evaluated['id']}", headers=HTML).text
    assert f'href="/evaluations/{evaluated["id"]}"' in page


def test_what_cant_be_measured_is_said_at_once(shared_client: TestClient) -> None:
    def refused(listed: str | None = None, **asked: Any) -> str:
        files = {"labels": ("labels.csv", listed)} if listed else None
        answer = shared_client.post("/evaluations", data=asked, files=files)
        assert answer.status_code == 422, answer.text
        return str(answer.json()["type"]).removeprefix("urn:image-search:")

    assert refused() == "evaluation-without-labels"
    assert refused(folder="/nowhere") == "evaluation-without-subfolders"
    assert refused("path,labels\nnobody.jpg,red\n") == "labels-of-no-picture"
    assert refused("who,what\n1,2\n") == "labels-without-columns"
    assert refused(LIST, ignore=["red", "blue", "green"]) == "evaluation-nothing-to-ask"
    assert refused(words="a photo") == "evaluation-bad-words"
    assert refused(lables="x") == "field-mistyped"
    assert shared_client.get("/evaluations/nobody").status_code == 404


def test_a_browser_is_led_to_the_evaluation(shared_client: TestClient) -> None:
    empty: dict[str, tuple[str | None, bytes]]
    empty = {"labels": ("", b""), "folder": (None, b""), "ignore": (None, b"")}
    refused = shared_client.post("/evaluations", files=empty, headers=HTML)
    assert refused.status_code == 422
    assert "No picture has a label yet" in refused.text


def test_labels_people_gave_and_subfolders(world: World, client: TestClient) -> None:
    for id_, label in ((1, "red"), (5, "red"), (0, "blue")):
        client.patch(f"/images/{id_}", json={"labels": [label]})
    found = measure(client, k=1)
    assert (found["source"], found["pictures"]) == ("labels", 3)
    row = rows_of(found)["average-colour", "pictures"]
    assert (row["queries"], row["measures"]["precision"]["value"]) == (2, 1)
    assert rows_of(found)["average-colour", "words"]["queries"] == 2
    found = measure(client, folder=str(world.folder))
    assert (found["source"], found["labels"]) == ("folders", 1)
    row = found["rows"][0]
    assert "share a label" in row["problem"]["detail"]


def test_comparing_tells_the_gain_over_the_first(world: World, client: TestClient) -> None:
    collection = world.search.vectors["average-colour-1-4"]
    world.search.vectors["other-1-4"] = {id_: -vector[::-1] for id_, vector in collection.items()}
    world.search.encoders["other-1-4"] = "other@1:4"
    found = measure(client, LIST, model=["average-colour", "other"])
    gain = rows_of(found)["other", "pictures"]["gain"]
    assert gain["map"]["value"] <= 0
    assert gain["map"]["low"] <= gain["map"]["value"] <= gain["map"]["high"]
