"""A foreign page can't make a visitor's browser change anything: not on http, not under any name."""

from dataclasses import replace

import pytest

from tests.aggregate_service.conftest import World
from tests.security.services import Site, site

# What a browser adds to a request of a page, with the address of that page.
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
WRITES = {
    "aggregate": ("POST", "/images/3/delete"),
    "search": ("POST", "/collections/demo/export"),
    "embedding": ("POST", "/embed-text"),
}
NAS = "nas:8000"


@pytest.mark.parametrize(
    "said",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},  # a sandboxed frame, or a page that hides where it is
        {"Origin": "http://nas"},  # another service of the same machine
        {"Origin": "http://nas:8000.evil.example"},
        {"Origin": "http://nas:8000@evil.example"},
        {"Origin": "garbage"},
        {"Referer": "http://evil.example/page?http://nas:8000/"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://nas:8000"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=lambda said: " ".join(f"{name}={value}" for name, value in said.items()),
)
def test_what_a_foreign_page_sends_is_refused(each: Site, said: dict[str, str]) -> None:
    method, path = WRITES[each.name]
    answer = each.ask(method, path, FORM | said, b"x=1", host=NAS)
    assert answer.status == 403
    assert "PUBLIC_URL" in answer.problem["detail"]


def test_a_foreign_form_deletes_nothing_and_a_foreign_upload_brings_nothing_in(aggregate: Site) -> None:
    page = {"Origin": "http://evil.example", "Accept": "text/html"}
    deleted = aggregate.ask("POST", "/images/3/delete", FORM | page, b"x=1", host=NAS)
    upload = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\nx\r\n--b--\r\n'
    brought = aggregate.ask(
        "POST", "/images", {"Content-Type": "multipart/form-data; boundary=b", **page}, upload, host=NAS
    )
    assert (deleted.status, brought.status) == (403, 403)
    assert deleted.headers["content-type"].startswith("text/html")  # people see a page of ours
    assert aggregate.ask("GET", "/images/3").status == 200
    assert aggregate.ask("GET", "/jobs").body == b'{"jobs":[]}'


@pytest.mark.parametrize(
    "said",
    [
        {},  # curl
        {"Origin": "http://nas:8000"},
        {"Origin": "HTTP://NAS:8000"},
        {"Referer": "http://nas:8000/images?k=1"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://photos.example.org"},  # the browser knows better
        {"Sec-Fetch-Site": "none"},
    ],
    ids=lambda said: " ".join(f"{name}={value}" for name, value in said.items()) or "nothing",
)
def test_programs_and_own_pages_are_answered(each: Site, said: dict[str, str]) -> None:
    method, path = WRITES[each.name]
    path = path.replace("/3/", "/999/")
    assert each.ask(method, path, FORM | said, b"x=1", host=NAS).status not in (403, 415, 421, 500)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("nas", "http://nas"),
        ("nas:80", "http://nas"),
        ("nas", "https://nas:443"),
        ("[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_a_default_port_may_be_left_out(each: Site, host: str, origin: str) -> None:
    method, path = WRITES[each.name]
    path = path.replace("/3/", "/999/")
    assert each.ask(method, path, FORM | {"Origin": origin}, b"x=1", host=host).status != 403


def test_reading_is_open_to_pages_that_link_here(each: Site) -> None:
    assert each.ask("GET", "/healthz", {"Referer": "http://evil.example/"}).status == 200


def test_behind_a_proxy_that_changes_the_host_the_public_url_counts(world: World) -> None:
    public = replace(
        world,
        settings=world.settings.model_copy(update={"public_url": "https://Photos.example.org/pictures"}),
    )
    with site("aggregate", public.make_app()) as behind:
        write = ("POST", "/images/999/delete")
        own = FORM | {"Origin": "https://photos.example.org"}
        assert behind.ask(*write, own, b"x=1", host="127.0.0.1:8000").status == 404
        assert behind.ask(*write, FORM | {"Origin": "https://evil.example"}, b"x=1").status == 403
        assert behind.ask(*write, own, b"x=1", host="photos.example.org").status == 404


@pytest.mark.parametrize("header", ["Origin", "Referer", "Sec-Fetch-Site"])
def test_a_browsers_body_needs_its_type(search: Site, header: str) -> None:
    said = {header: "same-origin" if header == "Sec-Fetch-Site" else "http://nas:8000/"}
    answer = search.ask("POST", "/search", said, b'{"embeddings": [[1, 0]]}', host=NAS)
    assert answer.status == 415
    assert "Content-Type" in answer.problem["detail"]


def test_a_programs_body_may_leave_its_type_out(search: Site) -> None:
    assert search.ask("POST", "/search", {}, b'{"embeddings": [[1, 0]]}').status == 503  # nothing is indexed
