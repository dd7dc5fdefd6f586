"""The three real apps in one process: catches drift between one's schemas and another's client."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from aggregate_service.config import Settings as AggregateSettings
from aggregate_service.main import create_app as create_aggregate
from embedding_service.config import Settings as EmbeddingSettings
from embedding_service.main import create_app as create_embedding
from search_service.config import Settings as SearchSettings
from search_service.main import create_app as create_search
from tests.aggregate_service.patient_clients import PatientEmbedding, PatientSearch
from tests.system.pictures import jpeg, write_gallery
from tests.waiting import wait_until

PICTURES = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_gallery(tmp_path_factory.mktemp("system") / "pictures", PICTURES)


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[TestClient]:
    state = folder.parent
    embedding_app = create_embedding(EmbeddingSettings(_env_file=None, model="color-layout"))
    search_app = create_search(
        SearchSettings(_env_file=None, data_dir=state / "search", index_save_path=state / "index.faiss")
    )
    settings = AggregateSettings(
        _env_file=None,
        catalog_path=state / "catalog.db",
        images_path_file=state / "image_paths.json",
        thumbnails_dir=state / "thumbnails",
    )

    embedding, search = PatientEmbedding(embedding_app), PatientSearch(search_app)
    aggregate_app = create_aggregate(settings, embedding=embedding, search_client=search)

    @asynccontextmanager
    async def all_three(_app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for app in (embedding_app, search_app, aggregate_app):
                await stack.enter_async_context(app.router.lifespan_context(app))
            yield

    together = FastAPI(lifespan=all_three)
    together.mount("", aggregate_app)
    with TestClient(together, client=("127.0.0.1", 50_000)) as client:
        wait_until(lambda: client.get("/healthz").status_code == 200, "the services to start")
        added = client.post("/folders", json={"path": str(folder), "label": "Drawn"})
        assert added.status_code == 202
        job = f"/jobs/{added.json()['id']}"
        wait_until(lambda: client.get(job).json()["state"] == "done", "the folder to be indexed")
        yield client


def test_each_upload_finds_itself_first(client: TestClient) -> None:
    files = [("files", (f"{n}.jpg", jpeg(n), "image/jpeg")) for n in (3, 7)]
    answer = client.post("/", files=files).json()
    assert answer["model"] == "color-layout"
    for number, result in zip((3, 7), answer["results"], strict=True):
        first, *others = result["similar"]
        assert first["path"] == f"{number:03}.jpg"
        assert first["score"] == pytest.approx(1, abs=1e-5)
        assert len(others) == 4
        assert client.get(first["url"]).content == jpeg(number)
        assert client.get(first["thumbnail_url"]).headers["content-type"].startswith("image/")


def test_a_bad_file_spoils_no_other(client: TestClient) -> None:
    files = [
        ("files", ("notes.jpg", b"just text", "image/jpeg")),
        ("files", ("1.jpg", jpeg(1), "image/jpeg")),
    ]
    bad, good = client.post("/", files=files).json()["results"]
    assert bad["problem"]["status"] == 415
    assert good["similar"][0]["path"] == "001.jpg"


def test_words_are_refused_in_words_by_an_encoder_without_text(client: TestClient) -> None:
    answer = client.get("/search", params={"text": "a red bus"})
    assert answer.status_code == 422
    assert "color-layout" in answer.json()["detail"]


def test_more_than_there_is_gives_all_there_is(client: TestClient) -> None:
    (result,) = client.post("/", files={"files": jpeg(2)}, data={"k": "1000"}).json()["results"]
    assert sorted(hit["index"] for hit in result["similar"]) == list(range(PICTURES))


def test_the_page_shows_the_answer(client: TestClient) -> None:
    page = client.post("/", files={"files": ("mine.jpg", jpeg(4))}, headers={"accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "mine.jpg" in page.text
    assert "004.jpg" in page.text


def test_indexing_wrote_the_portable_form(client: TestClient, folder: Path) -> None:
    assert (folder.parent / "index.faiss").stat().st_size > 0
    assert (folder.parent / "index.faiss.json").is_file()
    assert '"000.jpg"' in (folder.parent / "image_paths.json").read_text()
