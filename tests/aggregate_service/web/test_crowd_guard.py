"""So many questions are worked on at once; who comes beyond that is told so; pictures still come."""

import asyncio
from dataclasses import replace

import pytest
from starlette.types import Message, Receive, Scope, Send

from aggregate_service.web.crowd_guard import CrowdGuard, TooManyQuestions
from tests.aggregate_service.conftest import World


class Working:
    """An app whose questions take until they may end."""

    def __init__(self) -> None:
        self.may_end, self.asked = asyncio.Event(), 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        await self.may_end.wait()


async def nothing() -> Message:
    raise AssertionError("the body isn't read")


async def unsaid(message: Message) -> None:
    """Nobody listens."""


def asking(method: str, path: str) -> Scope:
    return {"type": "http", "method": method, "path": path, "headers": []}


def test_one_too_many_is_told_so_and_takes_no_place() -> None:
    async def come() -> None:
        app = Working()
        guard = CrowdGuard(app, most=2)
        inside = [asyncio.create_task(guard(asking("POST", "/"), nothing, unsaid)) for _ in range(2)]
        await asyncio.sleep(0)
        for path in ("GET /search", "POST /"):
            with pytest.raises(TooManyQuestions) as refused:
                await guard(asking(*path.split()), nothing, unsaid)
            assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "1"})
        other = asyncio.create_task(guard(asking("GET", "/images/1/thumbnail"), nothing, unsaid))
        await asyncio.sleep(0)
        assert app.asked == 3
        app.may_end.set()
        await asyncio.gather(*inside, other)
        await guard(asking("GET", "/search"), nothing, unsaid)

    asyncio.run(come())


def test_the_service_says_it_as_a_problem(world: World) -> None:
    world = replace(world, settings=world.settings.model_copy(update={"max_searches": 0}))
    with world.app() as client:
        answer = client.get("/search?text=red", headers={"Accept": "application/json"})
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
        assert answer.json()["type"].endswith("too-many-questions")
        assert client.get("/images").status_code == 200
