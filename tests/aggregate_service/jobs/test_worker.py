"""Jobs go on by themselves: through outages, bad answers, cancellations, restarts, beside other workers."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient
from pydantic import SecretStr
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tests.aggregate_service.conftest import World
from tests.aggregate_service.databases import empty_postgres
from tests.aggregate_service.fakes import FakeEmbedding, problem
from tests.aggregate_service.waiting import ended, waiting
from tests.aggregate_service.web.routes.test_uploads import files, png, send
from tests.search_service.real_engines import PostgresServer

Start = Callable[[], TestClient]


def many(count: int) -> list[Any]:
    return files(**{f"{number}_png": png((number % 200, number // 200, 50)) for number in range(count)})


def state(client: TestClient, job: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/jobs/{job['id']}").json()
    return found


def assert_each_once(world: World, client: TestClient, count: int) -> None:
    """Every picture that was sent is searchable exactly once."""
    assert len(world.vectors()) == count
    ids = set(world.vectors())
    assert {client.get(f"/images/{id_}").status_code for id_ in ids} == {200}
    assert len({client.get(f"/images/{id_}").json()["sha256"] for id_ in ids}) == count


def test_an_embedding_service_that_is_down_is_waited_for(world: World, start: Start) -> None:
    world.embedding.refusal = problem(503, "No weights.")
    client = start()
    job = send(client, many(5))
    seen = waiting(client, job["id"])
    assert (seen["state"], seen["done"]) == ("running", 0)
    assert "No weights" in seen["waiting"]
    world.embedding.refusal = None
    after = ended(client, job["id"])
    assert (after["state"], after["done"], after["waiting"]) == ("done", 5, None)
    assert_each_once(world, client, 5)


def test_a_search_service_that_is_down_is_waited_for(world: World, start: Start) -> None:
    world.search.refusals = [problem(503, "Still loading.") for _ in range(2)]
    client = start()
    after = ended(client, send(client, many(5))["id"])
    assert (after["state"], after["done"]) == ("done", 5)
    assert_each_once(world, client, 5)


def test_a_busy_embedding_service_costs_no_try(world: World, start: Start) -> None:
    class Busy(FakeEmbedding):
        left = 4  # an item that fails is tried three times

        async def embed_image(self, request: Request) -> Response:
            self.left -= 1
            if self.left >= 0:
                return problem(429, "Full.", headers={"Retry-After": "1"})
            return await super().embed_image(request)

    world.embedding = Busy()
    client = start()
    after = ended(client, send(client, many(3))["id"])
    assert (after["state"], after["done"]) == ("done", 3)


def test_a_picture_that_breaks_the_embedding_service_fails_alone(world: World, start: Start) -> None:
    class Breaking(FakeEmbedding):
        async def embed_image(self, request: Request) -> Response:
            async with request.form() as form:
                names = [getattr(upload, "filename", "") for upload in form.getlist("files")]
                if "poison.png" in names:
                    return problem(500, "A bug.")
                return await self._embed_form(form)

    world.embedding = Breaking()
    client = start()
    after = ended(client, send(client, [*many(4), *files(poison_png=png("pink"))])["id"])
    assert (after["state"], after["done"], after["failed"]) == ("done", 4, 1)
    assert after["errors"][0]["item"] == "poison.png"
    assert "A bug" in after["errors"][0]["detail"]


def test_a_restarted_service_goes_on(world: World, start: Start) -> None:
    world.embedding.refusal = problem(503, "No weights.")
    first = start()
    job = send(first, many(40))
    waiting(first, job["id"])
    first.__exit__(None, None, None)
    world.embedding.refusal = None
    second = start()
    assert ended(second, job["id"])["done"] == 40
    assert_each_once(world, second, 40)


def test_a_cancelled_job_stops_within_a_batch(world: World, start: Start) -> None:
    world.settings = world.settings.model_copy(update={"index_batch": 4, "index_in_flight": 1})

    class Slow(FakeEmbedding):
        """Answers once, then is down until further notice."""

        async def embed_image(self, request: Request) -> Response:
            answer = await super().embed_image(request)
            self.refusal = problem(503, "Down.")
            return answer

    world.embedding = Slow()
    client = start()
    job = send(client, many(20))
    waiting(client, job["id"])
    client.delete(f"/jobs/{job['id']}")
    done = state(client, job)["done"]
    world.embedding = FakeEmbedding()
    assert (state(client, job)["state"], done <= 8) == ("cancelled", True)
    assert len(world.vectors()) == done


class Held(FakeEmbedding):
    """Keeps each of its answers back until one more may go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.may_go = threading.Semaphore(0), threading.Semaphore(0)

    async def embed_image(self, request: Request) -> Response:
        self.asked.release()
        await run_in_threadpool(lambda: self.may_go.acquire(timeout=120))
        return await super().embed_image(request)


def test_what_is_being_embedded_when_its_job_is_cancelled_doesn_t_come_in(world: World, start: Start) -> None:
    world.embedding = held = Held()
    client = start()
    job = send(client, many(8))
    assert held.asked.acquire(timeout=120)
    client.delete(f"/jobs/{job['id']}")
    held.may_go.release(100)
    assert ended(client, send(client, many(12))["id"])["done"] == 12
    assert state(client, job)["done"] == 0


def test_two_services_on_one_sqlite_share_a_job(world: World, start: Start) -> None:
    share(world, start)


def test_two_services_on_one_postgresql_share_a_job(
    world: World, start: Start, postgres: PostgresServer
) -> None:
    url = empty_postgres(postgres)
    world.settings = world.settings.model_copy(update={"database_url": SecretStr(url)})
    share(world, start)


def share(world: World, start: Start) -> None:
    """Both work on it, each picture is embedded once, each id holds one content."""
    world.settings = world.settings.model_copy(update={"index_batch": 4})
    one, two = start(), start()
    job = send(one, many(120))
    after = ended(two, job["id"])
    assert (after["state"], after["done"], after["failed"]) == ("done", 120, 0)
    assert Counter(world.embedding.embedded_files).most_common(1)[0][1] == 1
    assert_each_once(world, one, 120)
