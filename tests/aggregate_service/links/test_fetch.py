"""Downloads from servers that hang, drip, lie, break off, bomb, or answer after a while."""

import gzip
import time

import pytest

from aggregate_service.links.body import Downloaded
from aggregate_service.links.errors import LinkFailed, LinkTooSlow, NotAPictureLink, TooLargeAnswer
from service_kit.problems import Problem
from tests.aggregate_service.links.fetching import fetched
from tests.aggregate_service.links.strange_server import (
    Answer,
    answer,
    dripping,
    endless,
    hung_up,
    jpeg,
    redirect,
    silent,
)

PICTURE = jpeg()


def test_a_picture() -> None:
    got, server = fetched({})
    assert got == Downloaded(PICTURE, ".jpg")
    assert server.asked == ["/a.jpg"]
    assert "User-Agent: image-search" in server.questions[0]
    assert f"Host: {server.host}\r\n" in server.questions[0]


def test_special_characters_arrive_as_meant() -> None:
    got, server = fetched({}, "/für 50% & más/ü.jpg?q=ein bild&x=%20")
    assert isinstance(got, Downloaded)
    assert server.asked == ["/f%C3%BCr%2050%25%20&%20m%C3%A1s/%C3%BC.jpg?q=ein%20bild&x=%20"]


def test_compressed_although_not_asked_for() -> None:
    body = gzip.compress(PICTURE)
    got, _ = fetched({"/a.jpg": [answer(200, body, Content_Encoding="gzip")]})
    assert got == Downloaded(PICTURE, ".jpg")


BOMB = gzip.compress(PICTURE + bytes(50_000_000))
HTML = b"<!DOCTYPE html><title>Please log in</title>" + b" " * 1000
REFUSED: dict[str, tuple[Answer, type[Problem], str]] = {
    "html": (answer(200, HTML, Content_Type="image/jpeg"), NotAPictureLink, "answers with a web page"),
    "json": (answer(200, b"{}" * 20, Content_Type="application/json"), NotAPictureLink, "application/json"),
    "svg": (answer(200, b"<svg/>" * 9, Content_Type="image/svg+xml"), NotAPictureLink, "image/svg+xml"),
    "endless html": (endless(HTML), NotAPictureLink, "answers with a web page"),
    "empty": (answer(200), NotAPictureLink, "an empty file"),
    "no content": (answer(204), LinkFailed, "answers with 204"),
    "2 GB claimed": (endless(PICTURE, Content_Length=2_000_000_000), TooLargeAnswer, "more than 0.3 MB"),
    "2 GB unclaimed": (endless(PICTURE), TooLargeAnswer, "more than 0.3 MB"),
    "gzip bomb": (answer(200, BOMB, Content_Encoding="gzip"), TooLargeAnswer, "more than 0.3 MB"),
    "double bomb": (
        answer(200, gzip.compress(BOMB), Content_Encoding="gzip, gzip"),
        NotAPictureLink,
        "compressed (gzip, gzip)",
    ),
    "broken gzip": (answer(200, PICTURE, Content_Encoding="gzip"), LinkFailed, "compression is broken"),
    "not found": (answer(404), LinkFailed, "answers with 404 Not Found"),
    "login": (answer(401), LinkFailed, "answers with 401 Unauthorized"),
    "odd status": (answer(799), LinkFailed, "answers with 799."),
    "bad redirect": (redirect("ftp://host/a.jpg"), Problem, "must start with http:// or https://"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_once_and_before_an_endless_answer_ends(case: str) -> None:
    strange, problem, words = REFUSED[case]
    got, server = fetched({"/a.jpg": [strange]}, tries=1)
    assert isinstance(got, problem)
    assert words in got.detail
    assert len(server.asked) == 1


def test_not_found_isnt_asked_again() -> None:
    _, server = fetched({"/a.jpg": [answer(404)]})
    assert len(server.asked) == 1


def test_hang() -> None:
    got, server = fetched({"/a.jpg": [silent]}, idle_seconds=0.3)
    assert isinstance(got, LinkTooSlow)
    assert got.detail == "127.0.0.1 sent nothing for 0.3 s."
    assert len(server.asked) <= 1  # none if even reading the question took longer


def test_slow_drip() -> None:
    got, _ = fetched({"/a.jpg": [dripping(PICTURE, 0.02)]}, seconds=0.6)
    assert isinstance(got, LinkTooSlow)
    assert got.detail == "127.0.0.1 took longer than 0.6 s."


PASSING: dict[str, Answer] = {
    "500": answer(500),
    "503": answer(503, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"),
    "429": answer(429, Retry_After=0),
    "429 for an hour": answer(429, Retry_After=3600),
    "429 for nonsense": answer(429, Retry_After="a while"),
    "hung up": hung_up,
    "truncated": answer(200, PICTURE[:-9], Content_Length=len(PICTURE)),
    "truncated gzip": answer(200, gzip.compress(PICTURE)[:-20], Content_Encoding="gzip"),
}


@pytest.mark.parametrize("case", PASSING)
def test_what_passes_is_tried_again(case: str) -> None:
    got, server = fetched({"/a.jpg": [PASSING[case], PASSING[case], answer(200, PICTURE)]})
    assert got == Downloaded(PICTURE, ".jpg")
    assert len(server.asked) == 3


@pytest.mark.parametrize("case", PASSING)
def test_three_tries_at_most(case: str) -> None:
    got, server = fetched({"/a.jpg": [PASSING[case]]})
    assert isinstance(got, LinkFailed)
    assert got.status == 502
    assert len(server.asked) == 3


def test_retry_after_is_honoured() -> None:
    started = time.monotonic()
    answers = {"/a.jpg": [answer(429, Retry_After=1), answer(200, PICTURE)]}
    got, _ = fetched(answers, longest_wait=5.0)
    assert isinstance(got, Downloaded)
    assert time.monotonic() - started >= 1.0


def test_another_port_of_an_allowed_host() -> None:
    got, _ = fetched({"/a.jpg": [redirect("http://127.0.0.1:1/")]}, tries=1)
    assert isinstance(got, Problem)
    assert got.status == 403
