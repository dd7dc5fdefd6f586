"""Answers that browsers can't be made to misread, `HEAD` for every `GET`, problems for all errors."""

import pytest

from tests.security.services import Site

GETS = {
    "aggregate": ("/", "/images", "/images/1", "/images/1/file", "/images/1/thumbnail", "/jobs", "/status"),
    "search": ("/collections",),
    "embedding": ("/models",),
}
EVERYWHERE = ("/healthz", "/metrics", "/openapi.json", "/docs", "/redoc")


def test_head_says_what_get_says(each: Site) -> None:
    for path in (*GETS[each.name], *EVERYWHERE):
        got, head = each.ask("GET", path), each.ask("HEAD", path)
        assert (head.status, head.body) == (got.status, b""), path
        assert head.headers.get("content-type") == got.headers.get("content-type"), path


def test_head_of_what_is_not_there_is_404(each: Site) -> None:
    assert each.ask("HEAD", "/nothing").status == 404


def test_head_of_a_stream_ends(aggregate: Site) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.csv"\r\n\r\nurl\r\n--b--\r\n'
    job = aggregate.ask("POST", "/images", {"Content-Type": "multipart/form-data; boundary=b"}, body)
    answer = aggregate.ask("HEAD", job.headers["location"] + "/events")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/docs/oauth2-redirect"])
def test_the_documentation_can_neither_be_framed_nor_load_from_elsewhere(each: Site, path: str) -> None:
    headers = each.ask("GET", path).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


def test_whatever_is_answered_is_not_guessed_at(each: Site) -> None:
    for path in (*GETS[each.name], *EVERYWHERE, "/nothing", "/static/page.js", "/favicon.ico"):
        headers = each.ask("GET", path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["x-frame-options"] == "DENY", path


@pytest.mark.parametrize(
    "asked", ["bytes=9-1", "bytes=", "pages=1-2", "bytes=x-y", "nonsense", "bytes=999999-"]
)
@pytest.mark.parametrize("path", ["/images/1/file", "/static/page.js"])
def test_a_range_that_cannot_be_had_is_a_problem(aggregate: Site, path: str, asked: str) -> None:
    answer = aggregate.ask("GET", path, {"Range": asked})
    assert answer.status in (400, 416)
    assert answer.problem["detail"]
    assert ("content-range" in answer.headers) == (answer.status == 416)


def test_a_range_that_can_be_had_is_had(aggregate: Site) -> None:
    whole = aggregate.ask("GET", "/images/1/file").body
    part = aggregate.ask("GET", "/images/1/file", {"Range": "bytes=2-5"})
    assert (part.status, part.body) == (206, whole[2:6])
