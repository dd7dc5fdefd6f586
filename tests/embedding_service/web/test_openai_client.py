"""The real `openai` Python client against a running service; skipped where the client isn't installed."""

import asyncio
import base64
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import uvicorn

from embedding_service.config import Settings
from embedding_service.main import create_app
from tests.embedding_service.drawn import encoded, photo
from tests.embedding_service.fakes import FAKE, FakeLibrary
from tests.waiting import wait_until

openai: Any = pytest.importorskip("openai")
URI = "data:image/jpeg;base64," + base64.b64encode(encoded(photo(64, 48), "JPEG")).decode()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    app = create_app(Settings(_env_file=None, model=None, model_path=None), FakeLibrary())
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started, "the embedding service to listen")
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/v1"
    server.should_exit = True
    thread.join()


@pytest.fixture
def client(address: str) -> Iterator[Any]:
    with openai.OpenAI(base_url=address, api_key="any") as client:
        yield client


def test_texts_and_pictures(client: Any) -> None:
    texts = client.embeddings.create(model=FAKE.name, input=["red", "blue"])
    assert len(texts.data) == 2
    assert np.linalg.norm(texts.data[0].embedding) == pytest.approx(1, abs=1e-6)
    plain = client.embeddings.create(model=FAKE.name, input="red", encoding_format="float")
    assert plain.data[0].embedding == pytest.approx(texts.data[0].embedding, abs=1e-6)
    picture = client.embeddings.create(model=FAKE.name, input=URI, extra_body={"modality": "image"})
    assert len(picture.data[0].embedding) == FAKE.dimension
    assert texts.usage.total_tokens == 2


def test_errors_are_its_own_classes(client: Any) -> None:
    with pytest.raises(openai.NotFoundError, match="average-colour"):
        client.embeddings.create(model="text-embedding-3-small", input="red")
    with pytest.raises(openai.UnprocessableEntityError, match="URLs aren't fetched"):
        client.embeddings.create(
            model=FAKE.name, input="https://example.com/a.jpg", extra_body={"modality": "image"}
        )


async def _ask_asynchronously(address: str) -> Any:
    async with openai.AsyncOpenAI(base_url=address, api_key="any") as client:
        return await client.embeddings.create(model=FAKE.name, input=["red"])


def test_the_asynchronous_client(address: str) -> None:
    assert len(asyncio.run(_ask_asynchronously(address)).data) == 1
