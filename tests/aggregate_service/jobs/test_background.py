"""What goes on beside the requests: a task that crashes is counted, others go on."""

import asyncio

from aggregate_service.catalogue.gallery import Gallery
from aggregate_service.jobs.background import Background
from aggregate_service.jobs.first_index import FirstIndex
from aggregate_service.jobs.folder_jobs import FolderJobs
from aggregate_service.web.report import Queue
from aggregate_service.web.routes.parts import Parts
from aggregate_service.web.status import StatusBoard
from tests.aggregate_service.conftest import World


def test_a_task_that_crashes_is_counted_and_stops_no_other() -> None:
    async def run() -> None:
        crashed, going_on = asyncio.Event(), asyncio.Event()

        async def crash() -> None:
            crashed.set()
            raise ValueError("unforeseen")

        async def go_on() -> None:
            await crashed.wait()
            going_on.set()

        background = Background({"the worker": crash, "the feeder": go_on})
        background.start()
        await going_on.wait()
        assert background.crashes == {"the worker": 1}
        await background.stop()

    asyncio.run(run())


def test_the_status_says_what_crashed(world: World) -> None:
    async def report(board: StatusBoard) -> list[str]:
        found = await board.report(lambda: (0, Queue()))
        return [each.detail for each in found.problems if each.type.endswith(":task-crashed")]

    app = world.app().app
    parts: Parts = app.state.parts  # type: ignore[attr-defined]
    gallery = Gallery(parts.catalog, world.settings.images_dir)
    first = FirstIndex(gallery, parts.jobs, FolderJobs(parts.jobs, "one", 600), None)
    quiet = StatusBoard(world.embedding_client(), world.search_client(), gallery, first, {})
    assert asyncio.run(report(quiet)) == []
    loud = StatusBoard(world.embedding_client(), world.search_client(), gallery, first, {"the worker": 3})
    (told,) = asyncio.run(report(loud))
    assert "the worker, 3 times" in told
    parts.catalog.close()
