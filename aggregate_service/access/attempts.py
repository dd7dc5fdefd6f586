"""How often somebody may try to sign in: guessing takes for ever, and can't keep the processor busy."""

from math import ceil
from time import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from aggregate_service.access.errors import TooManyAttempts
from aggregate_service.access.households import household
from service_kit.forwarded import is_loopback

_OF_ONE = RateLimitItemPerMinute(10)
_OF_ALL = RateLimitItemPerMinute(60)


class Attempts:
    def __init__(self) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def count(self, client: str) -> None:
        """`TooManyAttempts` when this is one too many, of this client or of all together.

        This machine has only its own limit: strangers who guess don't keep its owner out.
        """
        counted = [(_OF_ONE, household(client))]
        if not is_loopback(client):
            counted.append((_OF_ALL, "all"))
        for item, who in counted:
            if not self._limiter.hit(item, who):
                until = self._limiter.get_window_stats(item, who).reset_time
                raise TooManyAttempts(max(1, ceil(until - time())))
