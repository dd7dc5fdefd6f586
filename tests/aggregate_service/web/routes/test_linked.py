"""Searching with a picture of somebody else's server, by its link: within every limit, and not kept."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.aggregate_service.conftest import World
from tests.aggregate_service.servers import serving
from tests.aggregate_service.web.routes.test_links import Start
from tests.aggregate_service.web.routes.test_uploads import png

RED = png((200, 10, 10))
INNER = "http://169.254.169.254/a.png"
PAGE = {"accept": "text/html"}


@pytest.fixture
def address() -> Iterator[str]:
    async def answer(request: Request) -> Response:
        if request.url.path == "/a red.png":
            return Response(RED, media_type="image/png")
        return HTMLResponse("<p>Hello")

    with serving(Starlette(routes=[Route("/{name:path}", answer)])) as address:
        yield address


@pytest.fixture
def client(world: World, start: Start, address: str) -> TestClient:
    hosts = address.removeprefix("http://")
    world.settings = world.settings.model_copy(update={"allowed_link_hosts": hosts})
    world.index(label="Colours", notice="")
    return start()


def test_it_is_searched_with_and_not_kept(client: TestClient, address: str) -> None:
    before = client.get("/images").json()["total"]
    (result,) = client.post("/", data={"url": f"{address}/a%20red.png", "k": 1}).json()["results"]
    assert (result["filename"], result["similar"][0]["path"]) == ("a red.png", "red.jpg")
    assert client.get("/images").json()["total"] == before
    page = client.post("/", data={"url": f"{address}/a%20red.png"}, headers=PAGE)
    assert "Pictures like a red.png" in page.text


def test_the_page_gets_the_picture_itself(client: TestClient, address: str) -> None:
    answer = client.post("/linked-picture", data={"url": f"{address}/a%20red.png"})
    assert (answer.content, answer.headers["content-type"]) == (RED, "image/png")
    assert answer.headers["cache-control"] == "no-store"
    assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/linked-picture"])
def test_what_isnt_for_downloads_is_refused(client: TestClient, address: str, path: str) -> None:
    assert client.post(path, data={"url": INNER}).status_code == 403
    assert client.post(path, data={"url": f"{address}/page"}).status_code == 415
    assert client.post(path, data={"url": "nonsense"}).status_code == 422


def test_a_file_that_is_too_large_to_search_with(world: World, start: Start, address: str) -> None:
    hosts = address.removeprefix("http://")
    world.settings = world.settings.model_copy(
        update={"allowed_link_hosts": hosts, "max_file_mb": len(RED) / 1e6 - 1e-5}
    )
    assert start().post("/linked-picture", data={"url": f"{address}/a%20red.png"}).status_code == 413


def test_an_address_alone_downloads_nothing(client: TestClient, address: str) -> None:
    """A foreign page can make a browser ask for an address; what it sends with POST is refused."""
    link = f"{address}/a%20red.png"
    page = client.get("/search", params={"url": link}, headers=PAGE)
    assert page.status_code == 404
    assert f'<input type="hidden" name="url" value="{link}">' in page.text
    assert client.post("/", data={"url": link}, headers={"sec-fetch-site": "cross-site"}).status_code == 403
