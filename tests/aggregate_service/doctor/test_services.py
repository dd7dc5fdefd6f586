"""Ports, services, hub: real sockets, with somebody, nobody, or something else behind them."""

import os
import socket
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from aggregate_service.doctor.hub import hub
from aggregate_service.doctor.ports import holder, port
from aggregate_service.doctor.services import Heard, encoder, listen_to, service
from tests.aggregate_service.fakes import FakeEmbedding, problem
from tests.aggregate_service.servers import closed_port, serving, silent_port


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("hello")(scope, receive, send)


def test_a_service_that_is_ready() -> None:
    fake = FakeEmbedding(notice="the mini encoder, for CLIP's weights can't be had")
    with serving(fake.app()) as url:
        heard = listen_to("embedding", url)
    assert service(heard, "X").level == "ok"
    found = encoder(heard)
    assert found is not None
    assert (found.level, found.about) == ("warn", "Encoder")
    assert "average-colour: the mini encoder" in found.says


def test_a_service_that_isnt_ready_says_why() -> None:
    with serving(FakeEmbedding(refusal=problem(503, "The weights are loading.")).app()) as url:
        heard = listen_to("embedding", url)
    assert (heard.alive, heard.ready) == (True, False)
    assert "The weights are loading." in service(heard, "X").says
    assert encoder(heard) is None


def test_nobody_or_something_else() -> None:
    assert service(listen_to("search", closed_port()), "SEARCH_API_URL").level == "bad"
    assert "SEARCH_API_URL" in service(listen_to("search", closed_port()), "SEARCH_API_URL").do
    with serving(hello) as url:
        assert listen_to("search", url) == Heard("search", url, False, why="something else answers there")


def test_a_port_that_another_program_has() -> None:
    with silent_port() as url:
        number = int(url.rpartition(":")[2])
        found = port("search", "SEARCH_FASTAPI_PORT", "127.0.0.1", number, answers=False)
        assert found.level == "bad"
        assert "SEARCH_FASTAPI_PORT" in found.do
        if Path("/proc/net/tcp").exists():
            assert f"(process {os.getpid()})" in holder(number)
        assert port("search", "X", "0.0.0.0", number, answers=True).level == "ok"
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = free.getsockname()[1]
    assert "free" in port("search", "X", "127.0.0.1", number, answers=False).says
    assert "only its owner" in holder(number)


def test_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with serving(hello) as url:
        monkeypatch.setenv("HF_ENDPOINT", url)
        assert hub(needed=True, seconds=120).says == "127.0.0.1 answers"
    assert hub(needed=True).level == "warn"
    assert hub(needed=False).level == "ok"
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "isn't asked" in hub(needed=True).says
