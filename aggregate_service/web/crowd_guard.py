"""Admission: how many questions are worked on at once. Others are told to come again before a body is read.

Without it, overload piles questions up in front of the services behind until deadlines pass: work is done
for answers that come too late.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from service_kit.messages.message import message
from service_kit.problems import Problem

QUESTIONS = frozenset(
    {
        "POST /",
        "GET /search",
        "POST /images/search",
        "POST /uploadfiles",
        "POST /similarity-search",
        "POST /search_with_image",
    }
)


class TooManyQuestions(Problem):
    status = 429

    def __init__(self, most: int) -> None:
        super().__init__(message("too-many-questions", most=most), headers={"Retry-After": "1"})


class CrowdGuard:
    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app, self._most, self._inside = app, most, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or f"{scope['method']} {scope['path']}" not in QUESTIONS:
            await self.app(scope, receive, send)
            return
        if self._inside >= self._most:
            raise TooManyQuestions(self._most)
        self._inside += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._inside -= 1
