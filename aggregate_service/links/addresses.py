"""Which addresses a link may lead to: public ones, and those that the operator names."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from aggregate_service.links.errors import ForbiddenLink
from service_kit.messages.message import message

# From IANA's registries of special-purpose addresses (RFC 6890 and its updates); then multicast, reserved,
# and the one public address on which a cloud answers its own machines only (Azure's 168.63.129.16).
_CLOSED_V4 = [
    IPv4Network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32"),
    )
]
_OPEN_V6 = IPv6Network("2000::/3")
_CLOSED_V6 = [  # within the open ones: Teredo and other protocols' own, documentation
    IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "3fff::/20")
]
_SIX_TO_FOUR, _NAT64 = IPv6Network("2002::/16"), IPv6Network("64:ff9b::/96")


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether it belongs to the public internet; what a v6 address carries of v4 counts."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    if (inner := embedded(address)) is not None:
        return is_public(inner)
    return address in _OPEN_V6 and not any(address in network for network in _CLOSED_V6)


def embedded(address: IPv6Address) -> IPv4Address | None:
    """The v4 address that a packet to this v6 address ends up at: v4-mapped, NAT64, 6to4."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _SIX_TO_FOUR:
        return IPv4Address((int(address) >> 80) & 0xFFFFFFFF)
    return None


@dataclass(frozen=True)
class AddressRules:
    """`allowed_hosts` are `host` or `host:port`, in lower case, and may have any address.

    Without its port, a host may be asked on `ports` only.
    """

    ports: frozenset[int] = frozenset((80, 443))
    allowed_hosts: frozenset[str] = frozenset()

    def check_port(self, host: str, port: int) -> None:
        if port not in self.ports and f"{host}:{port}" not in self.allowed_hosts:
            allowed = ", ".join(str(p) for p in sorted(self.ports))
            raise ForbiddenLink(message("link-port-not-allowed", port=port, host=host, allowed=allowed))

    def check_addresses(self, host: str, port: int, addresses: Iterable[str]) -> Sequence[str]:
        """The addresses to connect to; `ForbiddenLink` when any of them isn't public.

        The answer doesn't say which address it was: names of the inner network are nobody's business.
        """
        found = list(addresses)
        if self.allowed_hosts & {host, f"{host}:{port}"} or all(is_public(ip_address(a)) for a in found):
            return found
        raise ForbiddenLink(message("link-not-public", host=host))
