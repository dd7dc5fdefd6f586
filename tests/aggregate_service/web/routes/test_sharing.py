"""What other apps share, where no service worker takes it before: it is searched with, and not kept."""

import pytest
from fastapi.testclient import TestClient

from tests.aggregate_service.conftest import World

PHONE = {"accept": "text/html", "origin": "null", "sec-fetch-site": "none"}  # as Chrome sends what is shared


def test_a_photo_is_searched_with_and_not_kept(client: TestClient, world: World) -> None:
    before = client.get("/images").json()["total"]
    files = [("files", ("red.jpg", (world.folder / "red.jpg").read_bytes()))]
    page = client.post("/share", files=files, data={"title": "IMG 1", "text": "Look!"}, headers=PHONE)
    assert page.status_code == 200
    assert "Pictures like red.jpg" in page.text
    assert "Look!" not in page.text
    assert client.get("/images").json()["total"] == before


@pytest.mark.parametrize(
    ("said", "leads_to"),
    [
        (
            {"url": "https://pictures.example/a.jpg", "title": "A"},
            "/search?url=https%3A%2F%2Fpictures.example%2Fa.jpg",
        ),
        (
            {"text": "See https://pictures.example/a.jpg"},
            "/search?url=https%3A%2F%2Fpictures.example%2Fa.jpg",
        ),
        ({"text": "a red bus"}, "/search?text=a+red+bus"),
        ({}, "/"),
    ],
)
def test_words_and_links_have_an_address(
    shared_client: TestClient, said: dict[str, str], leads_to: str
) -> None:
    answer = shared_client.post("/share", data=said, headers=PHONE, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, leads_to)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_foreign_page_shares_nothing(shared_client: TestClient, world: World, site: str) -> None:
    files = [("files", ("red.jpg", b"x"))]
    answer = shared_client.post("/share", files=files, headers=PHONE | {"sec-fetch-site": site})
    assert answer.status_code == 403
