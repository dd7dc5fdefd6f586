"""The language of the page: asked for by the browser, or chosen."""

from collections.abc import Callable
from contextlib import closing

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from aggregate_service.catalogue.tables import job_items
from service_kit.messages.message import message
from tests.aggregate_service.conftest import World
from tests.aggregate_service.fakes import problem
from tests.aggregate_service.waiting import ended

GERMAN = {"accept": "text/html", "accept-language": "de-DE,de;q=0.9,en;q=0.5"}


def test_the_page_speaks_the_browsers_language(client: TestClient) -> None:
    page = client.get("/", headers=GERMAN)
    assert '<html lang="de">' in page.text
    assert "Bilder finden" in page.text
    assert "Accept-Language" in page.headers["vary"]
    assert '<html lang="en">' in client.get("/", headers={"accept": "text/html"}).text


def test_a_chosen_language_is_remembered(client: TestClient) -> None:
    form = {"language": "en", "back": "/search?text=red"}
    answer = client.post("/language", data=form, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/search?text=red")
    assert '<html lang="en">' in client.get("/", headers=GERMAN).text


@pytest.mark.parametrize(
    "back", ["//elsewhere.example", "/\\elsewhere.example", "https://x.example", "", "/\n/x"]
)
def test_it_leads_nowhere_else(shared_client: TestClient, back: str) -> None:
    answer = shared_client.post("/language", data={"language": "de", "back": back}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_an_unknown_language_is_not_remembered(client: TestClient) -> None:
    answer = client.post("/language", data={"language": "tlh", "back": "/"}, follow_redirects=False)
    assert "set-cookie" not in answer.headers


def test_a_problem_is_said_in_it(client: TestClient) -> None:
    assert "Im Katalog gibt es kein Bild mit der Nummer 99." in client.get("/images/99", headers=GERMAN).text
    missing = client.get("/images/99").json()
    assert (missing["type"], missing["parameters"]) == ("urn:image-search:no-such-picture", {"id": 99})


def test_so_is_another_services(client: TestClient, world: World) -> None:
    world.embedding.refusal = problem(422, message("no-text-side", encoder="dino"))
    refused = client.get("/search", params={"text": "red"}, headers=GERMAN)
    assert "Der Encoder dino versteht nur Bilder, keine Worte." in refused.text
    assert client.get("/search", params={"text": "red"}).json()["parameters"] == {"encoder": "dino"}


def test_and_what_it_says_of_one_picture(client: TestClient, world: World) -> None:
    said = message("damaged-picture", format="PNG", error="cut")
    errors = [{"index": 0, "status": 422, "filename": "a.png", "detail": said}]
    world.embedding.refusal = problem(422, "None.", errors=errors)
    refused = client.post("/", files={"files": ("a.png", b"x")}, headers=GERMAN)
    assert "Das PNG-Bild ist beschädigt oder abgeschnitten (cut)." in refused.text


def test_a_jobs_errors_are_kept_by_name(world: World, start: Callable[[], TestClient]) -> None:
    client = start()
    job = client.post("/images", files={"files": ("notes.png", b"hello")}).json()
    (error,) = ended(client, job["id"])["errors"]
    assert error["detail"].startswith("This isn't a picture that can be read here; these are: JPEG")
    assert error["type"] == "urn:image-search:not-a-picture"
    assert set(error["parameters"]) == {"formats"}
    page = client.get(f"/jobs/{job['id']}", headers=GERMAN).text
    assert "Das ist kein Bild, das sich hier lesen lässt" in page


def test_those_of_an_older_release_are_shown_as_they_are(
    world: World, start: Callable[[], TestClient]
) -> None:
    client = start()
    job = client.post("/images", files={"files": ("notes.png", b"hello")}).json()
    with closing(world.catalog()) as catalog, catalog.transaction() as db:
        db.execute(update(job_items).values(error="The file is odd."))
    client = start()  # what an ended job did is remembered, and these rows are an older release's
    assert ended(client, job["id"])["errors"][0]["detail"] == "The file is odd."
    assert '<span lang="en">The file is odd.</span>' in client.get(f"/jobs/{job['id']}", headers=GERMAN).text
