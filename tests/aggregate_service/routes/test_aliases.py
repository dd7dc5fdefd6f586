"""The older names still answer, with the shapes their callers know."""

from fastapi.testclient import TestClient

from tests.aggregate_service.conftest import World
from tests.aggregate_service.routes.test_search import upload


def test_uploadfiles_is_the_page_target(client: TestClient, world: World) -> None:
    files = upload(world, "red.jpg", "blue.png")
    answer = client.post("/uploadfiles/", files=files, follow_redirects=False)
    assert answer.status_code == 200
    assert answer.json() == client.post("/", files=files).json()


def test_similarity_search_answers_with_ids(client: TestClient, world: World) -> None:
    data = (world.folder / "red.jpg").read_bytes()
    answer = client.post("/similarity-search", files={"file": ("red.jpg", data)})
    assert list(answer.json()) == ["ids"]
    assert len(answer.json()["ids"]) == 5
    assert client.get(f"/images/{answer.json()['ids'][0]}").json()["path"] == "red.jpg"


def test_similarity_search_refuses_what_is_no_picture(client: TestClient) -> None:
    assert client.post("/similarity-search", files={"file": ("a.jpg", b"text")}).status_code == 422
    assert client.post("/similarity-search").status_code == 422
