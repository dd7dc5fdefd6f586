"""Politeness: how many downloads run at once, in all and at one host, and when a host wants to rest."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic


class Turn:
    """One host's places."""

    def __init__(self, places: int) -> None:
        self.places, self.users, self._rests_until = asyncio.Semaphore(places), 0, 0.0

    def rest(self, seconds: float) -> None:
        """Let nobody ask this host before so many seconds have passed."""
        self._rests_until = max(self._rests_until, monotonic() + seconds)

    async def rested(self) -> None:
        await asyncio.sleep(max(0.0, self._rests_until - monotonic()))


class Turns:
    def __init__(self, at_once: int, per_host: int) -> None:
        self._all, self._per_host = asyncio.Semaphore(at_once), per_host
        self._hosts: dict[str, Turn] = {}

    @asynccontextmanager
    async def at(self, host: str) -> AsyncIterator[Turn]:
        """Waits for a place at the host first, so that a slow host keeps no other one waiting."""
        turn = self._hosts.setdefault(host, Turn(self._per_host))
        turn.users += 1
        try:
            async with turn.places:
                await turn.rested()
                async with self._all:
                    yield turn
        finally:
            turn.users -= 1
            if turn.users == 0:
                del self._hosts[host]
