"""Below a proxy's path: what people see begins with it, whether the proxy takes it off or leaves it on."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.testclient import TestClient

from service_kit.app import create_service
from service_kit.forwarded import Proxies

PAGE = """<a href="/images">a</a> <form action="/search"><input name="back" value="/images?k=1">
<input name="text" value="/as typed"> <a href="//elsewhere.example">b</a> <a href="https://c.example/">c</a>
<script src="/static/page.js"></script> text with &#34;/quotes&#34; <p title="/no address"></p>
<img src="/a" srcset="/a?v=1 256w, /a?v=1&amp;size=512 512w">"""


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield


async def ready() -> dict[str, str]:
    return {}


def make_client(peer: str = "127.0.0.1", proxies: str = "", root_path: str = "") -> TestClient:
    app = create_service(
        title="t",
        description="",
        lifespan=lifespan,
        readiness=ready,
        max_body_bytes=10_000,
        proxies=Proxies.of(proxies),
        root_path=root_path,
    )

    @app.get("/page")
    async def page() -> HTMLResponse:
        return HTMLResponse(PAGE)

    @app.get("/away")
    async def away(to: str) -> RedirectResponse:
        answer = RedirectResponse(to, 303)
        answer.set_cookie("a", "b")
        return answer

    @app.get("/who")
    async def who(request: Request) -> dict[str, object]:
        return {"client": request.client.host if request.client else "", "scheme": request.url.scheme}

    return TestClient(app, client=(peer, 5), follow_redirects=False)


@pytest.fixture(params=["forwarded", "set, path taken off", "set, path left on"])
def below(request: pytest.FixtureRequest) -> Iterator[tuple[TestClient, str]]:
    """A client, and the path that it has to write before every address."""
    if request.param == "forwarded":
        client = make_client()
        client.headers["X-Forwarded-Prefix"] = "/photos/mine"
        yield client, ""
    else:
        yield make_client(root_path="/photos/mine/"), "/photos/mine" if "left on" in request.param else ""


def test_a_page_has_the_path_before_each_of_its_own_addresses(below: tuple[TestClient, str]) -> None:
    client, before = below
    answer = client.get(f"{before}/page")
    thumbnails = 'srcset="/photos/mine/a?v=1 256w, /photos/mine/a?v=1&amp;size=512 512w"'
    for part in ('href="/photos/mine/images"', 'action="/photos/mine/search"', thumbnails):
        assert part in answer.text
    for part in (
        'value="/images?k=1"',
        'value="/as typed"',
        '"//elsewhere.example"',
        '"https://c.example/"',
        'title="/no address"',
    ):
        assert part in answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_redirects_and_cookies_do_too(below: tuple[TestClient, str]) -> None:
    client, before = below
    answer = client.get(f"{before}/away", params={"to": "/images"})
    assert answer.headers["location"] == "/photos/mine/images"
    assert "Path=/photos/mine/" in answer.headers["set-cookie"]
    assert (
        client.get(f"{before}/away", params={"to": "https://e.example/"}).headers["location"]
        == "https://e.example/"
    )


def test_the_documentation_finds_its_files(below: tuple[TestClient, str]) -> None:
    client, before = below
    docs = client.get(f"{before}/docs").text
    assert "/photos/mine/openapi.json" in docs
    assert 'src="/photos/mine/static-offline-docs/' in docs
    assert client.get(f"{before}/static-offline-docs/swagger-ui.css").status_code == 200
    assert client.get(f"{before}/openapi.json").json()["servers"] == [{"url": "/photos/mine"}]


@pytest.mark.parametrize(
    "prefix", ["photos", "//evil.example", "/a b", '/"><script>', "/a?b", "/" + "a" * 300]
)
def test_what_can_be_no_path_is_left_out(prefix: str) -> None:
    answer = make_client().get("/page", headers={"X-Forwarded-Prefix": prefix})
    assert 'href="/images"' in answer.text


FORWARDED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/photos"}


def test_nobody_else_says_so() -> None:
    stranger = make_client("198.51.100.4")
    assert stranger.get("/who", headers=FORWARDED).json() == {"client": "198.51.100.4", "scheme": "http"}
    assert 'href="/images"' in stranger.get("/page", headers=FORWARDED).text


@pytest.mark.parametrize("peer", ["10.1.2.3", "::ffff:10.1.2.3", "127.0.0.1", "::1"])
def test_named_proxies_and_those_of_this_machine_do(peer: str) -> None:
    proxied = make_client(peer, "10.0.0.0/8")
    assert proxied.get("/who", headers=FORWARDED).json() == {"client": "203.0.113.9", "scheme": "https"}
    chain = FORWARDED | {"X-Forwarded-For": "1.1.1.1, 203.0.113.9, 10.9.9.9"}
    assert proxied.get("/who", headers=chain).json()["client"] == "203.0.113.9"
