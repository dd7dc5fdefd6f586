"""The language of the page: asked for by the browser, or chosen."""

import pytest
from fastapi.testclient import TestClient

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
