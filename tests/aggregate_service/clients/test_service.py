"""One other service that is well, down, silent, unreachable, broken or refusing."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from aggregate_service.clients.service import ServiceClient
from aggregate_service.errors import ServiceBroken, ServiceBusy, ServiceDown, ServiceRefused
from tests.aggregate_service.fakes import problem
from tests.aggregate_service.network import Absent, Network, refused, silent, unreachable
from tests.aggregate_service.patient_clients import LONG, PATIENT
from tests.aggregate_service.servers import (
    SlowResolverLoop,
    blackhole_port,
    closed_port,
    serving,
    silent_port,
)
from tests.virtual_clock import VirtualLoop, timed


def client(
    *addresses: str, seconds: float = 30, transport: httpx2.AsyncBaseTransport | None = None
) -> ServiceClient:
    return ServiceClient(
        "embedding service", "EMBEDDING_API_URL", addresses, seconds=seconds, transport=transport
    )


async def ask(client: ServiceClient, path: str = "/") -> httpx2.Response:
    try:
        return await client.request("GET", path)
    finally:
        await client.close()


async def ask_times(client: ServiceClient, times: int) -> list[str]:
    answers = [(await client.request("GET", "/")).text for _ in range(times)]
    await client.close()
    return answers


def named(name: str, delay: float = 0.0) -> Starlette:
    """An app that answers with its name."""

    async def answer(request: Request) -> Response:
        await asyncio.sleep(delay)
        return PlainTextResponse(name)

    return Starlette(routes=[Route("/", answer)])


def assert_down_within_2_seconds(
    call: Coroutine[Any, Any, Any], loop: type[VirtualLoop] = VirtualLoop
) -> None:
    """The sockets are real; the seconds are those that are waited for, however slow the machine is."""

    async def refusal() -> ServiceDown:
        with pytest.raises(ServiceDown) as down:
            await call
        return down.value

    down, seconds = timed(refusal(), loop)
    assert seconds < 2
    assert (down.status, "embedding service" in down.detail) == (503, True)


def test_nobody_there() -> None:
    assert_down_within_2_seconds(ask(client(closed_port())))


def test_nobody_there_at_any_of_many_addresses() -> None:
    assert_down_within_2_seconds(ask(client(*(closed_port() for _ in range(10)))))


def test_nobody_answers() -> None:
    with silent_port() as address:
        assert_down_within_2_seconds(ask(client(address)))
        assert_down_within_2_seconds(ask(client(address, address, address)))


def test_no_way_in() -> None:
    with blackhole_port() as address:
        assert_down_within_2_seconds(ask(client(address)))
        assert_down_within_2_seconds(ask(client(*[address] * 10)))


def test_the_name_hangs_in_dns() -> None:
    assert_down_within_2_seconds(ask(client("http://embedding.invalid:8002")), SlowResolverLoop)


def test_the_problem_says_where_and_how_to_mend_it_but_no_password() -> None:
    with pytest.raises(ServiceDown, match="EMBEDDING_API_URL") as down:
        asyncio.run(ask(client(closed_port().replace("http://", "http://user:secret@"))))
    assert "127.0.0.1:" in down.value.detail
    assert "secret" not in down.value.detail


def test_a_whole_call_has_its_deadline() -> None:
    slow = client("http://a", seconds=0.5, transport=Network(a=named("slow", delay=3)))
    with pytest.raises(ServiceDown, match=r"within 0\.5 s"):
        timed(ask(slow))


def test_one_that_answers_others_meanwhile_is_busy_and_not_away() -> None:
    """Under overload a 429 says that waiting helps; a 503 would send people to look for what is broken."""

    async def answer(request: Request) -> Response:
        await asyncio.sleep(3 if request.url.path == "/slow" else 0)
        return PlainTextResponse("here")

    app = Starlette(routes=[Route("/slow", answer), Route("/quick", answer)])
    service = client("http://a", seconds=0.5, transport=Network(a=app))

    async def talk() -> ServiceBusy:
        await service.request("GET", "/quick")
        with pytest.raises(ServiceBusy, match="embedding service") as busy:
            await ask(service, "/slow")
        return busy.value

    busy, _ = timed(talk())
    assert (busy.status, busy.headers) == (429, {"Retry-After": "1"})


def test_long_work_is_waited_for_while_the_service_is_alive() -> None:
    answer, seconds = timed(ask(client("http://a", transport=Network(a=named("slow", delay=29)))))
    assert (answer.text, seconds) == ("slow", 29)


def test_addresses_take_turns() -> None:
    network = Network(a=named("a"), b=named("b"))
    asked = client("http://a", "http://b", transport=network)
    assert timed(ask_times(asked, 4))[0] == ["a", "b", "a", "b"]


@pytest.mark.parametrize("dead", [refused, silent, unreachable])
def test_the_others_answer_for_one_that_is_down_or_silent_and_it_is_asked_last_then(dead: Absent) -> None:
    network = Network(dead=dead, a=named("a"))
    answers, seconds = timed(ask_times(client("http://dead", "http://a", transport=network), 5))
    assert answers == ["a"] * 5
    assert seconds < 2
    assert network.asked.count("dead") <= 2  # the question, and whether it is alive


def test_one_that_still_loads_leaves_it_to_the_others() -> None:
    async def loading(request: Request) -> Response:
        return problem(503, "Loading.")

    network = Network(a=Starlette(routes=[Route("/", loading)]), b=named("b"))
    assert timed(ask_times(client("http://a", "http://b", transport=network), 3))[0] == ["b"] * 3
    with pytest.raises(ServiceRefused, match="embedding service isn't ready: Loading"):
        timed(ask(client("http://a", transport=network)))


def test_a_restarted_service_is_found_again() -> None:
    async def run() -> None:
        with serving(named("first")) as address:
            asked = ServiceClient("embedding service", "X", [address], seconds=LONG, alive_check=PATIENT)
            assert (await asked.request("GET", "/")).text == "first"
        with pytest.raises(ServiceDown):
            await asked.request("GET", "/")
        await asked.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("answer", "error", "status"),
    [
        (problem(404, "No such model."), ServiceRefused, 404),
        (problem(429, "Full.", headers={"Retry-After": "7"}), ServiceRefused, 429),
        (problem(500, "Broke."), ServiceBroken, 502),
        (PlainTextResponse("nginx says no", 502), ServiceBroken, 502),
        (PlainTextResponse("what?", 404), ServiceBroken, 502),
        (JSONResponse({"detail": ["not", "text"]}, 422), ServiceBroken, 502),
        (PlainTextResponse("", 301, headers={"location": "http://elsewhere"}), ServiceBroken, 502),
    ],
)
def test_refusals_pass_through_and_nonsense_is_a_502(
    answer: Response, error: type[ServiceRefused], status: int
) -> None:
    async def refuse(request: Request) -> Response:
        return answer

    transport = httpx2.ASGITransport(Starlette(routes=[Route("/", refuse)]))
    asked = ServiceClient("search service", "SEARCH_API_URL", ["http://s"], seconds=5, transport=transport)
    with pytest.raises(error) as refusal:
        timed(ask(asked))
    assert refusal.value.status_code == status
    assert (refusal.value.headers or {}).get("Retry-After") == answer.headers.get("retry-after")
