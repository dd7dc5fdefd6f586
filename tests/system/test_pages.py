"""The pages of a question over real engines: with ties and near-ties, each picture stands on one page."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from aggregate_service.config import Settings as AggregateSettings
from aggregate_service.main import create_app as create_aggregate
from search_service.config import Settings as SearchSettings
from search_service.main import create_app as create_search
from tests.aggregate_service.fakes import COLLECTION, FakeEmbedding
from tests.aggregate_service.patient_clients import PatientEmbedding, PatientSearch
from tests.search_service import real_engines
from tests.system.pictures import png
from tests.waiting import wait_until

KINDS = {"flat": "flat", "ivf": "ivf", "pgvector": "pgvector-exact", "hnsw": "pgvector-hnsw"} | {
    "milvus": "milvus-hnsw"
}
TIES = 32
SIZES = (3, 40)  # of pages
QUESTIONS = (
    "text=red",
    "text=red&label=ties",
    "text=red&text=blue^-0.5&label=ties",
    "text=red&collapse=true",
)


def engine_settings(engine: str, folder: Path, stack: AsyncExitStack) -> dict[str, Any]:
    match engine:
        case "flat":
            return {"backend": "faiss"}
        case "ivf":
            return {"backend": "faiss", "exact_up_to": 8}
        case "milvus":
            (folder / "milvus").mkdir()
            return stack.enter_context(real_engines.milvus(folder / "milvus")).settings()
    hnsw_from = 8 if engine == "hnsw" else 1_000_000
    return stack.enter_context(real_engines.postgres()).settings() | {"hnsw_from": hnsw_from}


@pytest.fixture(scope="module", params=KINDS)
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Pictures of one colour in many sizes, and of colours that hardly differ from it."""
    state = tmp_path_factory.mktemp("pages")
    stack = AsyncExitStack()
    of_engine = engine_settings(request.param, state, stack)
    search_app = create_search(
        SearchSettings(
            _env_file=None,
            data_dir=state / "search",
            index_save_path=state / "index.faiss",
            snapshot_seconds=0.1,
            **of_engine,
        )
    )
    settings = AggregateSettings(
        _env_file=None,
        images_dir=state / "none",
        catalog_path=state / "catalog.db",
        images_path_file=state / "image_paths.json",
        thumbnails_dir=state / "thumbnails",
        uploads=str(state / "uploads"),
    )
    embedding, search = PatientEmbedding(FakeEmbedding().app()), PatientSearch(search_app)
    aggregate_app = create_aggregate(settings, embedding=embedding, search_client=search)

    @asynccontextmanager
    async def both(_app: FastAPI) -> AsyncIterator[None]:
        async with stack:
            for app in (search_app, aggregate_app):
                await stack.enter_async_context(app.router.lifespan_context(app))
            yield

    together = FastAPI(lifespan=both)
    together.mount("/engine", search_app)
    together.mount("", aggregate_app)
    with TestClient(together) as client:
        wait_until(lambda: client.get("/engine/healthz").status_code == 200, "the services to start")
        wait_until(lambda: "loading" not in client.get("/engine/readyz").text, "the engine to be loaded")
        bring_in(client, [png((255, 0, 0), (40 + n, 30)) for n in range(TIES)], "ties")
        bring_in(client, [png((255, n, 0), (40, 30)) for n in range(1, 31)], "near")
        wait_until(lambda: kind(client) == KINDS[request.param], f"the index to be {request.param}")
        yield client


def kind(client: TestClient) -> str:
    return str(client.get(f"/engine/collections/{COLLECTION}").json()["kind"])


def bring_in(client: TestClient, pictures: list[bytes], label: str) -> None:
    files = [("files", (f"{label}-{n}.png", data)) for n, data in enumerate(pictures)]
    job = client.post("/images", files=files, data={"labels": label}).json()
    wait_until(lambda: client.get(f"/jobs/{job['id']}").json()["state"] == "done", "the pictures to be in")


def hits(client: TestClient, asked: str, k: int, offset: int) -> list[tuple[float, int]]:
    answer = client.get(f"/search?{asked}&k={k}&offset={offset}")
    assert answer.status_code == 200, answer.text
    return [(-hit["score"], hit["index"]) for hit in answer.json()["results"][0]["similar"]]


def walked(client: TestClient, asked: str) -> tuple[list[tuple[float, int]], list[list[tuple[float, int]]]]:
    """All hits at once, and page by page. An engine that indexes meanwhile rounds otherwise from then on, as
    Milvus does: then once more."""
    while True:
        whole = hits(client, asked, 500, 0)
        walks = [
            [hit for offset in range(0, len(whole) + k, k) for hit in hits(client, asked, k, offset)]
            for k in SIZES
        ]
        if whole == hits(client, asked, 500, 0):
            return whole, walks


@pytest.mark.parametrize("asked", QUESTIONS)
def test_walking_all_pages_shows_each_picture_once_in_one_order(client: TestClient, asked: str) -> None:
    whole, walks = walked(client, asked)
    assert whole == sorted(whole)
    if "collapse" not in asked:
        assert len(whole) == (TIES if "ties" in asked else 62)
    assert walks == [whole] * len(SIZES)
