"""Pictures of several jobs that are embedded together: each job's own fate is its pictures'."""

import asyncio
import hashlib
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from aggregate_service.files.content_store import ContentStore
from aggregate_service.jobs.batches import Batches
from aggregate_service.jobs.jobs import UPLOAD, Job, Jobs, NewItem
from aggregate_service.jobs.leases import Leases
from aggregate_service.jobs.sources.stored import StoredPictures
from aggregate_service.jobs.sources.upload import UploadKind
from picture_files.reader import PictureLimits
from tests.aggregate_service.conftest import World
from tests.aggregate_service.fakes import FakeEmbedding
from tests.aggregate_service.samples import all_pictures
from tests.aggregate_service.web.routes.test_uploads import png


class Interrupted(FakeEmbedding):
    """Something happens while it embeds."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__()
        self._happens = happens

    async def embed_image(self, request: Request) -> Response:
        await run_in_threadpool(self._happens)
        return await super().embed_image(request)


def uploaded(contents: ContentStore, jobs: Jobs, *colours: tuple[int, int, int]) -> Job:
    """A job of these pictures, which are in the store."""
    items = []
    for colour in colours:
        sha256 = hashlib.sha256(png(colour)).hexdigest()
        aside = contents.aside()
        aside.write(png(colour))
        aside.finish()
        place = contents.keep(aside.path, sha256, ".png")
        items.append(NewItem({"name": f"{colour}.png", "place": place, "sha256": sha256}))
    return jobs.create(UPLOAD, {}, items)


def test_what_is_cancelled_while_it_is_embedded_stays_out_alone(world: World) -> None:
    catalog = world.catalog()
    jobs, contents = Jobs(catalog.database), ContentStore(world.settings.upload_dir)
    leases, kind = Leases(jobs, "one", 600), UploadKind(StoredPictures(contents, PictureLimits(10**6, 10**3)))
    cancelled = uploaded(contents, jobs, *((number, 0, 0) for number in range(8)))
    kept = uploaded(contents, jobs, *((number, 0, 9) for number in range(5)))
    world.embedding = Interrupted(lambda: jobs.cancel(cancelled.id))

    async def index() -> None:
        embedding, search = world.embedding_client(), world.search_client()
        batch = [await kind.prepare(item) for item in leases.lease(100) + leases.lease(100)]
        await Batches(catalog, embedding, search, leases).index(batch, lambda _job_id: True)
        await embedding.close()
        await search.close()

    asyncio.run(index())
    assert len(world.embedding.embedded_files) == 13
    assert [jobs.get(job.id).done for job in (cancelled, kept)] == [0, 5]
    assert len(world.vectors()) == catalog.count() == 5
    assert set(world.vectors()) == {picture.id for picture in all_pictures(catalog)}
    catalog.close()


def test_one_content_of_two_jobs_is_embedded_once(world: World) -> None:
    """A file that a scan finds while its watched folder tells of it, too."""
    catalog = world.catalog()
    jobs, contents = Jobs(catalog.database), ContentStore(world.settings.upload_dir)
    leases, kind = Leases(jobs, "one", 600), UploadKind(StoredPictures(contents, PictureLimits(10**6, 10**3)))
    both = [uploaded(contents, jobs, (7, 7, 7), (number, 0, 0)) for number in range(2)]

    async def index() -> None:
        embedding, search = world.embedding_client(), world.search_client()
        batches = Batches(catalog, embedding, search, leases)
        async with asyncio.TaskGroup() as group:
            for _ in both:
                batch = [await kind.prepare(item) for item in leases.lease(2)]
                group.create_task(batches.index(batch, lambda _job_id: True))
        await embedding.close()
        await search.close()

    asyncio.run(index())
    assert sorted(world.embedding.embedded_files) == ["(0, 0, 0).png", "(1, 0, 0).png", "(7, 7, 7).png"]
    assert [jobs.get(job.id).done for job in both] == [2, 2]
    assert catalog.count() == 3
    catalog.close()


def test_large_files_are_embedded_a_few_at_a_time(world: World) -> None:
    catalog = world.catalog()
    jobs, contents = Jobs(catalog.database), ContentStore(world.settings.upload_dir)
    leases, kind = Leases(jobs, "one", 600), UploadKind(StoredPictures(contents, PictureLimits(10**6, 10**3)))
    uploaded(contents, jobs, *((number, 0, 0) for number in range(7)))

    async def index() -> None:
        embedding, search = world.embedding_client(), world.search_client()
        batch = [await kind.prepare(item) for item in leases.lease(100)]
        room = 3 * max(prepared.facts.size for prepared in batch)
        await Batches(catalog, embedding, search, leases, room).index(batch, lambda _job_id: True)
        await embedding.close()
        await search.close()

    asyncio.run(index())
    assert world.embedding.calls.count("embed-image") == 3
    assert len(world.vectors()) == 7
    catalog.close()
