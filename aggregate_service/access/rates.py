"""How much one client may ask for in a minute: requests, megabytes, embeddings; this machine any."""

from dataclasses import dataclass
from math import ceil
from time import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from aggregate_service.access.households import household
from service_kit.forwarded import is_loopback
from service_kit.messages.message import Message, message
from service_kit.problems import Problem


class TooMuch(Problem):
    status = 429

    def __init__(self, said: Message, seconds: int) -> None:
        super().__init__(said, headers={"Retry-After": str(seconds)})


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
        most = self._budget.requests
        if seconds := self._over("requests", most, client):
            raise TooMuch(message("too-many-requests", most=most, seconds=seconds), seconds)

    def count_bytes(self, client: str, size: int) -> None:
        """In kilobytes, each piece rounded up."""
        most = self._budget.megabytes
        if seconds := self._over("kilobytes", most * 1_000, client, ceil(size / 1_000)):
            raise TooMuch(message("too-many-megabytes", most=most, seconds=seconds), seconds)

    def count_embeddings(self, client: str, count: int) -> None:
        most = self._budget.embeddings
        if seconds := self._over("embeddings", most, client, count):
            raise TooMuch(message("too-many-embeddings", most=most, seconds=seconds), seconds)

    def _over(self, what: str, most: int, client: str, cost: int = 1) -> int:
        """0 within the budget, else the seconds until there is a new one."""
        if most == 0 or cost == 0 or is_loopback(client):
            return 0
        item, who = RateLimitItemPerMinute(most), f"{what} {household(client)}"
        if self._limiter.hit(item, who, cost=cost):
            return 0
        return max(1, ceil(self._limiter.get_window_stats(item, who).reset_time - time()))
