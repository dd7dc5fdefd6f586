"""One other service behind one or several addresses: taking turns, failover, deadlines, a clear 503."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx2
from pydantic import Field, ValidationError

from aggregate_service.errors import ServiceBroken, ServiceBusy, ServiceDown, ServiceRefused
from service_kit.logs import request_id
from service_kit.messages.message import message
from service_kit.messages.sentence import Sentence

_REST_SECONDS = 5.0  # an address that failed is tried last for so long
_BUSY_SECONDS = 2.0  # who answered somebody else no longer ago is busy, not away
_CONNECT_BUDGET = 1.2  # all addresses together, so that "it's down" is said within 2 s


@dataclass(frozen=True)
class AliveCheck:
    """After `silence` seconds without an answer we ask whether the service is alive."""

    silence: float = 0.3
    seconds: float = 1.2
    """So long it has to say yes."""
    seconds_of_many: float = 0.5
    """So long it has when another address could answer instead."""


ALIVE_CHECK = AliveCheck()


class UpstreamProblem(Sentence):
    """The part of another service's problem+json that we pass on."""

    title: str = ""
    errors: list[dict[str, Any]] = Field([])


class _Silent(Exception):
    """The connection stands, but nobody answers on it or on another."""


class ServiceClient:
    """`name` is what people read ("embedding service"), `setting` the variable that holds its address."""

    def __init__(
        self,
        name: str,
        setting: str,
        addresses: Sequence[str],
        *,
        seconds: float,
        connect_seconds: float = 0.5,
        alive_check: AliveCheck = ALIVE_CHECK,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._name, self._setting, self._seconds = name, setting, seconds
        self._addresses = [address.rstrip("/") for address in addresses]
        self._turn = count()
        self._resting: dict[str, float] = {}
        self._heard: dict[str, float] = {}
        self._silence = alive_check.silence
        self._alive_seconds = alive_check.seconds if len(addresses) == 1 else alive_check.seconds_of_many
        timeout = httpx2.Timeout(None, connect=connect_seconds)
        # Shorter than the 5 s after which uvicorn closes idle connections.
        limits = httpx2.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=4.0)
        # No proxies: they are for the outside. The probes have a pool of their own, never full of long calls.
        self._http, self._probes = (
            httpx2.AsyncClient(transport=transport, trust_env=False, timeout=timeout, limits=limits)
            for _ in range(2)
        )

    async def close(self) -> None:
        await self._http.aclose()
        await self._probes.aclose()

    async def request(
        self, method: str, path: str, *, seconds: float | None = None, **content: Any
    ) -> httpx2.Response:
        """A successful answer, or a problem: `ServiceDown`, `ServiceRefused` or `ServiceBroken`.

        `seconds` bounds the whole call. All calls are idempotent, so another address may get one again.
        """
        async with self._deadline(seconds or self._seconds):
            response = await self._first_answer(method, path, content)
        if response.is_success:
            return response
        raise self._refusal(response)

    def broken(self, error: Exception) -> ServiceBroken:
        """For an answer that isn't what the contract says."""
        first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
        return ServiceBroken(message("service-answer-unreadable", service=self._name, reason=first_line))

    @asynccontextmanager
    async def _deadline(self, limit: float) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(limit):
                yield
        except TimeoutError:
            if any(self._answers_others(address) for address in self._addresses):
                raise ServiceBusy(self._name) from None
            raise ServiceDown(message("service-silent", service=self._name, limit=f"{limit:g}")) from None

    async def _first_answer(self, method: str, path: str, content: dict[str, Any]) -> httpx2.Response:
        give_up = _now() + _CONNECT_BUDGET
        response: httpx2.Response | None = None
        cause: Exception | None = None
        for address in self._in_turn():
            try:
                response = await self._ask(method, address, path, content)
            except (httpx2.TransportError, _Silent) as error:
                if isinstance(error, httpx2.TimeoutException) and self._answers_others(address):
                    raise ServiceBusy(self._name) from None
                self._resting[address] = _now() + _REST_SECONDS
                cause = error
                if _now() > give_up:
                    break
                continue
            self._resting.pop(address, None)
            self._heard[address] = _now()
            if response.status_code != 503:  # at the next address, "still loading" may be over
                return response
        if response is None:
            raise self._down(cause)
        return response

    async def _ask(self, method: str, address: str, path: str, content: dict[str, Any]) -> httpx2.Response:
        """One answer from one address; a connection that broke under us is tried once more on a new one."""
        try:
            return await self._watched(method, address, path, content)
        except (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError):
            return await self._watched(method, address, path, content)

    async def _watched(
        self, method: str, address: str, path: str, content: dict[str, Any]
    ) -> httpx2.Response:
        """Long work is fine, silence isn't: when the answer takes a while, ask whether anybody is there."""
        headers = {"x-request-id": request_id.get()} | content.get("headers", {})
        call = self._http.request(method, address + path, **content | {"headers": headers})
        answer, probe = asyncio.ensure_future(call), asyncio.ensure_future(self._is_alive(address))
        try:
            await asyncio.wait({answer, probe}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done() and not probe.result():
                raise _Silent(message("frozen"))
            return await answer
        finally:
            probe.cancel()
            answer.cancel()

    async def _is_alive(self, address: str) -> bool:
        await asyncio.sleep(self._silence)
        try:
            async with asyncio.timeout(self._alive_seconds):
                await self._probes.get(f"{address}/healthz")
        except (httpx2.TransportError, TimeoutError):
            return self._answers_others(address)
        return True

    def _answers_others(self, address: str) -> bool:
        """Under overload an answer takes long, and so does a look at whether anybody is there."""
        return _now() - self._heard.get(address, -_BUSY_SECONDS) < _BUSY_SECONDS

    def _in_turn(self) -> list[str]:
        """The addresses, starting with the next one in turn; those that failed lately come last."""
        start = next(self._turn) % len(self._addresses)
        order = self._addresses[start:] + self._addresses[:start]
        now = _now()
        return sorted(order, key=lambda address: self._resting.get(address, 0.0) > now)

    def _down(self, cause: Exception | None) -> ServiceDown:
        where = " or ".join(httpx2.URL(address).netloc.decode() for address in self._addresses)
        why = str(cause) or type(cause).__name__
        return ServiceDown(
            message("service-unreachable", service=self._name, where=where, why=why, setting=self._setting),
            headers={"Retry-After": "5"},
        )

    def _refusal(self, response: httpx2.Response) -> ServiceRefused | ServiceBroken:
        status = response.status_code
        try:
            problem = UpstreamProblem.model_validate_json(response.content)
        except ValidationError:
            return ServiceBroken(message("service-failed-wordlessly", service=self._name, status=status))
        if status < 400 or (status >= 500 and status != 503):
            return ServiceBroken(message("service-failed", service=self._name, detail=problem.detail))
        kept = {"Retry-After": response.headers["retry-after"]} if "retry-after" in response.headers else None
        detail = problem.detail
        if status == 503:
            detail = message("service-not-ready", service=self._name, detail=detail)
        return ServiceRefused(status, problem.title, detail, problem.errors, kept)


def _now() -> float:
    """By the clock that deadlines go by."""
    return asyncio.get_running_loop().time()
