"""From a link to a picture's bytes, whoever answers at the other end."""

import asyncio
import random
import ssl
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from time import monotonic, time

import httpcore2
import httpx2

from aggregate_service.links.body import Downloaded, read_picture
from aggregate_service.links.errors import LinkFailed, LinkTooSlow
from aggregate_service.links.limits import DownloadLimits
from aggregate_service.links.link import normal_link
from aggregate_service.links.network import CheckedNetwork, Resolver, resolve
from aggregate_service.links.turns import Turn, Turns
from service_kit.messages.message import message
from service_kit.problems import Problem

_HEADERS = [
    (b"User-Agent", b"image-search/0.2 (self-hosted image search)"),
    (b"Accept", b"image/*;q=1, */*;q=0.1"),
    (b"Accept-Encoding", b"identity"),
]
_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_REDIRECTS = (301, 302, 303, 307, 308)


class _Passing(Exception):
    """A failure that may be over at the next try, after the wait that the server asked for."""

    def __init__(self, problem: Problem, asked_wait: float | None = None) -> None:
        self.problem, self.asked_wait = problem, asked_wait


class Downloader:
    """Give it many links at once: it takes turns, and one slow host keeps no other one waiting.

    No cookies, no proxies of the environment, no credentials: it knows nothing that it could give away.
    """

    def __init__(
        self,
        limits: DownloadLimits,
        resolver: Resolver = resolve,
        network: httpcore2.AsyncNetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._limits = limits
        self._turns = Turns(limits.at_once, limits.per_host)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=limits.at_once,
            keepalive_expiry=4.0,
            network_backend=CheckedNetwork(limits.addresses, resolver, network),
        )

    async def close(self) -> None:
        await self._pool.aclose()

    async def fetch(self, link: str) -> Downloaded:
        """The picture, or one of the problems in `links.errors`; what may pass is tried again first."""
        url = normal_link(link)
        for attempt in range(self._limits.tries - 1):
            try:
                return await self._follow(url)
            except _Passing as failure:
                await asyncio.sleep(self._wait(attempt, failure.asked_wait))
        try:
            return await self._follow(url)
        except _Passing as failure:
            raise failure.problem from None

    def _wait(self, attempt: int, asked: float | None) -> float:
        backoff: float = self._limits.first_wait * 2**attempt * random.uniform(0.5, 1.5)  # noqa: S311
        return min(max(backoff, asked or 0.0), self._limits.longest_wait)

    async def _follow(self, url: str) -> Downloaded:
        """One try: the link, and where its redirects lead."""
        left = self._limits.seconds
        for _ in range(self._limits.redirects + 1):
            target = httpx2.URL(url)
            async with self._turns.at(target.host) as turn:
                started = monotonic()
                answer = await self._within(left, target, turn)
                left -= monotonic() - started
            if isinstance(answer, Downloaded):
                return answer
            url = answer
        raise LinkFailed(message("too-many-redirects", most=self._limits.redirects))

    async def _within(self, seconds: float, url: httpx2.URL, turn: Turn) -> Downloaded | str:
        try:
            async with asyncio.timeout(seconds):
                return await self._ask(url, turn)
        except TimeoutError:
            raise LinkTooSlow(
                message("link-too-slow", host=url.host, seconds=f"{self._limits.seconds:g}")
            ) from None
        except httpcore2.ConnectTimeout as error:
            raise _Passing(LinkFailed(message("link-unanswered", host=url.host))) from error
        except httpcore2.TimeoutException:
            idle = f"{self._limits.idle_seconds:g} s"
            raise LinkTooSlow(message("link-silent", host=url.host, seconds=idle)) from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            raise _broken(url.host, error) from error

    async def _ask(self, url: httpx2.URL, turn: Turn) -> Downloaded | str:
        """The picture, or the link that the server points to instead."""
        headers = [(b"Host", url.netloc), *_HEADERS]
        address = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        extensions = {"timeout": self._timeouts()}
        async with self._pool.stream("GET", address, headers=headers, extensions=extensions) as response:
            answered = _headers(response)
            if response.status in _REDIRECTS and "location" in answered:
                return normal_link(_joined(url, answered["location"]))
            if response.status != 200:
                raise self._refused(url.host, response.status, answered, turn)
            return await read_picture(answered, response.aiter_stream(), self._limits.max_bytes, url.host)

    def _timeouts(self) -> dict[str, float]:
        idle = self._limits.idle_seconds
        return {"connect": self._limits.connect_seconds, "read": idle, "write": idle}

    def _refused(self, host: str, status: int, headers: dict[str, str], turn: Turn) -> LinkFailed | _Passing:
        said = f"{status} {_PHRASES.get(status, '')}".rstrip()
        problem = LinkFailed(message("link-status", host=host, status=said))
        if status != 429 and status < 500:
            return problem
        asked = _asked_wait(headers.get("retry-after", ""))
        if asked:
            turn.rest(min(asked, self._limits.longest_wait))
        return _Passing(problem, asked)


def _broken(host: str, error: Exception) -> LinkFailed | _Passing:
    if (refusal := _certificate_refusal(error)) is not None:
        why = refusal.verify_message.rstrip(".")
        return LinkFailed(message("link-identity-unproved", host=host, name=host, why=why))
    if isinstance(error, httpcore2.ConnectError):
        return _Passing(LinkFailed(message("link-unreachable", host=host, error=str(error))))
    return _Passing(LinkFailed(message("link-broken-off", host=host, error=str(error))))


def _certificate_refusal(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    """The error below the pool's own, which no further try will mend."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error


def _headers(response: httpcore2.Response) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}


def _joined(url: httpx2.URL, location: str) -> str:
    """Relative to the link that said it; servers send other than ASCII as UTF-8, if at all."""
    try:
        said = location.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        said = location
    try:
        return str(url.join(said.strip()))
    except httpx2.InvalidURL:
        return said


def _asked_wait(retry_after: str) -> float | None:
    """Seconds, from either of Retry-After's forms; None when it says nothing readable."""
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time())
    except (ValueError, OverflowError):
        return None
