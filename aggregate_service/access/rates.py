"""How much one client may ask for in a minute: requests, megabytes, embeddings; this machine any."""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from math import ceil
from time import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from service_kit.forwarded import is_loopback
from service_kit.problems import Problem


class TooMuch(Problem):
    status = 429

    def __init__(self, what: str, most: int, seconds: int) -> None:
        super().__init__(
            f"You may send {most} {what} a minute. Go on in {seconds} s.",
            headers={"Retry-After": str(seconds)},
        )


@dataclass(frozen=True)
class Budget:
    """Of one client, in a minute; 0 is no limit."""

    requests: int = 0
    megabytes: int = 0
    embeddings: int = 0


class Rates:
    """Counts in this process, in a minute that begins with a client's first request; then `TooMuch`."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def count_request(self, client: str) -> None:
        self._count("requests", self._budget.requests, client)

    def count_bytes(self, client: str, size: int) -> None:
        """In kilobytes, each piece rounded up."""
        self._count("megabytes", self._budget.megabytes, client, ceil(size / 1_000), 1_000)

    def count_embeddings(self, client: str, count: int) -> None:
        self._count("pictures and texts to search with", self._budget.embeddings, client, count)

    def _count(self, what: str, most: int, client: str, cost: int = 1, unit: int = 1) -> None:
        if most == 0 or cost == 0 or is_loopback(client):
            return
        item = RateLimitItemPerMinute(most * unit)
        who = f"{what} {_household(client)}"
        if not self._limiter.hit(item, who, cost=cost):
            until = self._limiter.get_window_stats(item, who).reset_time
            raise TooMuch(what, most, max(1, ceil(until - time())))


def _household(client: str) -> str:
    """Who has one IPv6 address has 2**64 of them."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(IPv6Address(int(address) >> 64 << 64))
    return client
