"""A list of links becomes pictures: each downloaded once, bad rows and bad links named, the rest goes on."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.aggregate_service.conftest import World
from tests.aggregate_service.servers import serving
from tests.aggregate_service.waiting import ended
from tests.aggregate_service.web.routes.test_uploads import png
from tests.aggregate_service.web.routes.test_vectors import npy
from tests.waiting import wait_until

Start = Callable[[], TestClient]


@dataclass
class Site:
    """A stranger's server with pictures of every colour: `/12.png`; and a page that is none."""

    asked: list[str] = field(default_factory=list)
    slow: float = 0.0

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{name:path}", self.answer)])

    async def answer(self, request: Request) -> Response:
        name = request.path_params["name"]
        self.asked.append(name)
        await asyncio.sleep(self.slow)
        if name == "page.html":
            return HTMLResponse("<p>Hello")
        if not name.endswith(".png"):
            return Response(status_code=404)
        number = int(name.removesuffix(".png"))
        return Response(png((number % 200, number // 200, 77)), media_type="image/png")


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    with serving(site.app()) as address:
        yield address


@pytest.fixture
def client(world: World, start: Start, address: str) -> TestClient:
    world.settings = world.settings.model_copy(
        update={"allowed_link_hosts": address.removeprefix("http://"), "links_per_host": 16}
    )
    return start()


def send_list(client: TestClient, text: str, name: str = "links.csv", **fields: str) -> dict[str, Any]:
    answer = client.post("/images", files=[("files", (name, text.encode(), "text/csv"))], data=fields)
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()
    return job


def test_links_become_pictures(world: World, client: TestClient, address: str) -> None:
    text = f"id,url,title\n1,{address}/1.png,First\n2,{address}/2.png,\n3,{address}/2.png,Again\n"
    after = ended(client, send_list(client, text, labels="web")["id"])
    assert (after["kind"], after["state"], after["failed"]) == ("links", "done", 1), after
    assert "same link as row" in after["errors"][0]["detail"]
    assert len(after["pictures"]) == len(world.vectors()) == 2
    first = client.get(f"/images/{after['pictures'][0]}").json()
    assert (first["source_url"], first["title"], first["labels"]) == (f"{address}/1.png", "First", ["web"])
    assert client.get(first["url"]).content == png((1, 0, 77))


def test_bad_rows_and_bad_links_are_named(world: World, client: TestClient, address: str) -> None:
    links = ["/1.png", "/page.html", "/missing"]
    rows = ["url", *(address + link for link in links), "nonsense", "http://169.254.169.254/a.png"]
    text = "\n".join(rows)
    after = ended(client, send_list(client, text)["id"])
    assert (after["state"], after["done"], after["failed"]) == ("done", 1, 4)
    assert all(error["detail"] and error["status"] >= 400 for error in after["errors"])
    assert len(world.vectors()) == 1


def test_a_list_without_links_is_a_failed_job(client: TestClient) -> None:
    for text in ("", "colour,size\nred,3\n"):
        after = ended(client, send_list(client, text)["id"])
        assert (after["state"], after["errors"][0]["item"]) == ("failed", "links.csv")


def test_a_long_list_is_fed_bit_by_bit_and_each_link_downloaded_once(
    world: World, client: TestClient, address: str, site: Site
) -> None:
    count = 600  # 500 are fed at once
    text = "\n".join(f"{address}/{number}.png" for number in range(count))
    after = ended(client, send_list(client, text, "links.txt")["id"])
    assert (after["state"], after["total"], after["done"]) == ("done", count, count)
    assert Counter(site.asked).most_common(1)[0][1] == 1
    assert len(world.vectors()) == count


def test_a_restart_goes_on_in_the_list(
    world: World, client: TestClient, start: Start, address: str, site: Site
) -> None:
    count = 550
    site.slow = 0.01
    text = "\n".join(f"{address}/{number}.png" for number in range(count))
    job = send_list(client, text, "links.txt")
    wait_until(lambda: client.get(f"/jobs/{job['id']}").json()["done"] > 50, "more than 50 to be done")
    client.__exit__(None, None, None)
    site.slow = 0.0
    again = start()
    after = ended(again, job["id"])
    assert (after["state"], after["total"], after["done"]) == ("done", count, count)
    assert len(world.vectors()) == count


def test_vectors_with_links(world: World, client: TestClient, address: str) -> None:
    files = [
        ("files", ("v.npy", npy([[0.0, 0, 1, 0], [0, 1, 0, 0]]), "application/octet-stream")),
        ("files", ("v.txt", f"{address}/5.png\n{address}/missing".encode(), "text/plain")),
    ]
    after = ended(client, client.post("/images", files=files).json()["id"])
    assert (after["done"], after["failed"]) == (1, 1)
    assert world.vectors()[after["pictures"][0]] == [0, 0, 1, 0]
    assert client.get(f"/images/{after['pictures'][0]}").json()["source_url"] == f"{address}/5.png"
    assert world.embedding.embedded_files == []
