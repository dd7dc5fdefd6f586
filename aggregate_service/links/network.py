"""Connecting to a stranger's server: its name is resolved once, and what was checked is what is dialled."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence

import httpcore2

from aggregate_service.links.addresses import AddressRules
from aggregate_service.links.errors import LinkFailed
from service_kit.messages.message import message

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]


async def resolve(host: str, port: int) -> list[str]:
    """The host's addresses; also those of odd spellings, such as 2130706433 for 127.0.0.1."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for _, _, _, _, address in found))


class CheckedNetwork(httpcore2.AsyncNetworkBackend):
    """Makes every connection of the downloads, those after a redirect included."""

    def __init__(
        self,
        rules: AddressRules,
        resolver: Resolver = resolve,
        network: httpcore2.AsyncNetworkBackend | None = None,
    ) -> None:
        self._rules, self._resolver = rules, resolver
        self._network = network or httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface's own
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        self._rules.check_port(host, port)
        addresses = self._rules.check_addresses(host, port, await self._resolved(host, port, timeout))
        cause: Exception = httpcore2.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                cause = error
        raise cause

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _resolved(self, host: str, port: int, seconds: float | None) -> Sequence[str]:
        try:
            async with asyncio.timeout(seconds):
                return await self._resolver(host, port)
        except TimeoutError:
            raise httpcore2.ConnectTimeout(f"the name {host} took too long to resolve") from None
        except socket.gaierror as error:
            if error.errno == socket.EAI_AGAIN:
                raise httpcore2.ConnectError(f"the name {host} can't be resolved now") from None
            raise LinkFailed(message("no-such-host", host=host)) from None
        except UnicodeError:  # a label that no name may have
            raise LinkFailed(message("no-such-host", host=host)) from None
