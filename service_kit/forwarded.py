"""What a believed proxy says of a request: whose it is, by which scheme it came, below which path."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*")
_LOOPBACK = ("127.0.0.0/8", "::1/128")


@dataclass(frozen=True)
class Proxies:
    """Proxies of this machine are always believed; `named` are those that the settings name."""

    named: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def of(cls, addresses: str) -> "Proxies":
        """Addresses or networks, comma-separated; `ValueError` for what is none."""
        given = (address.strip() for address in addresses.split(","))
        return cls(tuple(ip_network(address, strict=False) for address in given if address))

    def are_named(self, address: str) -> bool:
        return _is_in(address, self.named)

    def are_believed(self, address: str) -> bool:
        return self.are_named(address) or is_loopback(address)

    def client_of(self, forwarded: str, peer: str) -> str:
        """The last address in the chain that no believed proxy vouches for."""
        chain = [address.strip() for address in forwarded.split(",") if address.strip()]
        for address in reversed(chain):
            if not self.are_believed(address):
                return address[:100]
        return chain[0][:100] if chain else peer


NO_PROXIES = Proxies()


class ForwardedHeaders:
    """Sets `client` and `scheme` as the proxy says; `peer` is who is really connected, `prefix` the path that
    people see before ours, which is taken off where the proxy left it on."""

    def __init__(self, app: ASGIApp, proxies: Proxies, root_path: str = "") -> None:
        self.app, self.proxies, self.root_path = app, proxies, root_path.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            peer, port = scope.get("client") or ("", 0)
            scope["peer"], scope["prefix"] = peer, self.root_path
            if self.proxies.are_believed(peer):
                self._believe(scope, Headers(scope=scope), peer, port)
            _take_off(scope)
        await self.app(scope, receive, send)

    def _believe(self, scope: Scope, headers: Headers, peer: str, port: int) -> None:
        if forwarded := ", ".join(headers.getlist("x-forwarded-for")):
            scope["client"] = (self.proxies.client_of(forwarded, peer), port)
        scheme = headers.get("x-forwarded-proto", "").split(",")[-1].strip().lower()
        if scheme in ("http", "https"):
            scope["scheme"] = scheme
        prefix = headers.get("x-forwarded-prefix", "").rstrip("/")
        if prefix and _PREFIX.fullmatch(prefix) and len(prefix) <= 200:
            scope["prefix"] = prefix


def _take_off(scope: Scope) -> None:
    prefix, path = scope["prefix"], scope["path"]
    if prefix and (path == prefix or path.startswith(f"{prefix}/")):
        scope["path"] = path.removeprefix(prefix) or "/"


def is_loopback(address: str) -> bool:
    return _is_in(address, tuple(map(ip_network, _LOOPBACK)))


def _is_in(address: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return any((mapped or found) in network for network in networks)
