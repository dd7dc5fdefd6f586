"""No request, and no number of them, makes the service grow: every list, field and body has its limit."""

import sys
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import quote

import pytest

from tests.security.measured import Memory, measured
from tests.security.multipart import TYPE, form, part
from tests.security.services import Site

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
MB = 1_000_000


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Memory]]:
    with measured(tmp_path_factory.mktemp("measured")) as running:
        site, _ = running
        for _ in range(20):  # what is loaded at a first request isn't what is watched here
            site.ask("GET", "/images?label=a&label=b")
            site.ask("POST", "/", TYPE, form([part("text", b"red")]))
        yield running


@pytest.fixture
def site(running: tuple[Site, Memory]) -> Iterator[Site]:
    """Its memory may not grow by more than 60 MB, at no moment of a test."""
    site, memory = running
    before = memory.now()
    yield site
    assert memory.now() - before < 60 * MB
    assert memory.peak() - before < 60 * MB
    assert site.ask("GET", "/healthz").status == 200


def test_hundreds_of_labels_in_an_address(site: Site) -> None:
    asked = "&".join(f"label={quote('a label ' + str(number))}" for number in range(700))
    for method, path in [("GET", "/images"), ("GET", "/search")] * 20 + [("DELETE", "/images")]:
        answer = site.ask(method, f"{path}?text=red&{asked}")
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
