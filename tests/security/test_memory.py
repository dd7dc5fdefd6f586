"""No request, and no number of them, makes the service grow: every list, field and body has its limit."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import quote

import pytest

from tests.security.measured import Memory, measured
from tests.security.multipart import TYPE, file_form, form, part
from tests.security.services import Site

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
MB = 1_000_000
Measured = tuple[Site, Memory]
Start = Callable[[str], Measured]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Each service by its name, started when it is first asked for."""
    started: dict[str, Measured] = {}
    with ExitStack() as ending:

        def start(name: str) -> Measured:
            if name not in started:
                started[name] = ending.enter_context(measured(name, tmp_path_factory.mktemp(name)))
                _warm(started[name][0])
            return started[name]

        yield start


def _warm(site: Site) -> None:
    """What is loaded at a first request isn't what is watched here."""
    for _ in range(20):
        site.ask("GET", "/images?label=a&label=b")
        site.ask("POST", "/", TYPE, form([part("text", b"red")]))
        site.ask("POST", "/embed-image", TYPE, file_form(b"none"))


@contextmanager
def watched(service: Measured, most: int) -> Iterator[Site]:
    """Its memory may not grow by more than `most` bytes, at no moment."""
    site, memory = service
    memory.forget_peak()
    before = memory.now()
    yield site
    assert memory.peak() - before < most
    assert site.ask("GET", "/healthz").status == 200


@pytest.fixture
def site(running: Start) -> Iterator[Site]:
    with watched(running("aggregate"), 60 * MB) as site:
        yield site


def test_hundreds_of_labels_in_an_address(site: Site) -> None:
    asked = "&".join(f"label={quote('a label ' + str(number))}" for number in range(700))
    addresses = [("GET", "/images?"), ("GET", "/search?text=red&")] * 20 + [("DELETE", "/images?")]
    for method, address in addresses:
        answer = site.ask(method, f"{address}{asked}")
        assert answer.status == 422
        assert "labels" in answer.problem["detail"]
    assert site.ask("GET", f"/images?{asked}{asked}{asked}").status in (422, 431)


@pytest.mark.parametrize("name", ["text", "id", "url", "search", "index"])
def test_hundreds_of_parts_of_a_question(site: Site, name: str) -> None:
    asked = "&".join(f"{name}={number}" for number in range(3_000))
    assert site.ask("GET", f"/search?{asked}").status == 422


def test_many_fields_of_one_name(site: Site) -> None:
    fields = form(part("labels", b"x" * 90_000) for _ in range(6_000))
    for path in ("/images", "/upload_catalogue", "/"):
        answer = site.ask("POST", path, TYPE, fields[: 100 * MB] + b"\r\n--b--\r\n")
        assert 400 <= answer.status < 500, path


def test_large_bodies_that_are_no_files(site: Site) -> None:
    for kind in ("application/json", "application/x-www-form-urlencoded", "text/plain", "image/jpeg"):
        for method, path in (
            ("PATCH", "/images/1"),
            ("POST", "/"),
            ("POST", "/images"),
            ("POST", "/language"),
        ):
            with suppress(OSError):  # refused and closed while it was still sent
                answer = site.ask(method, path, {"Content-Type": kind}, b"[1," * (33 * MB))
                assert answer.status < 500, (method, path, kind)


def test_one_field_that_is_large(site: Site) -> None:
    for path in ("/images", "/"):
        assert 400 <= site.ask("POST", path, TYPE, form([part("text", b"x" * (90 * MB))])).status < 500


@pytest.mark.parametrize("name", ["aggregate", "search", "embedding"])
def test_connections_without_end(running: Start, name: str) -> None:
    """Of which each has sent 60 kB of a head that never ends."""
    with watched(running(name), 100 * MB) as site, ExitStack() as opened:
        for _ in range(800):
            connection = opened.enter_context(site.connect())
            with suppress(OSError):
                connection.sendall(b"GET / HTTP/1.1\r\nHost: nas\r\nX: " + b"x" * 60_000)
        assert site.ask("GET", "/healthz").status == 200


@pytest.mark.parametrize("name", ["search", "embedding"])
@pytest.mark.parametrize(
    "piece", [b"[],", b'"",', b"1.5,", b'{"a":1},'], ids=["lists", "texts", "numbers", "objects"]
)
def test_large_json(running: Start, name: str, piece: bytes) -> None:
    """Of which Python's objects would take twenty times as much."""
    routes = {"search": ("/search", b"embeddings"), "embedding": ("/embed-text", b"texts")}
    path, field = routes[name]
    body = b'{"' + field + b'": [' + piece * (20 * MB // len(piece)) + b"0]}"
    with watched(running(name), 150 * MB) as site, suppress(OSError):
        assert 400 <= site.ask("POST", path, {"Content-Type": "application/json"}, body).status < 500
