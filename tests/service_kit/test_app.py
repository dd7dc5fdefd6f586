"""What every service inherits: problems, request ids, trailing slashes, bounded bodies, metrics."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI, Request, UploadFile
from fastapi.testclient import TestClient
from pydantic import BaseModel
from starlette.types import Message, Scope

from service_kit.app import create_service
from service_kit.problems import Unavailable


class Numbers(BaseModel):
    values: list[float]


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield


async def not_ready() -> dict[str, str]:
    raise Unavailable("The index is loading.")


def make_app(body_seconds: float) -> FastAPI:
    app = create_service(
        title="t",
        description="",
        lifespan=lifespan,
        readiness=not_ready,
        max_body_bytes=10_000,
        body_seconds=body_seconds,
    )

    @app.post("/sum")
    async def total(numbers: Numbers) -> float:
        return sum(numbers.values)

    @app.post("/files")
    async def count(files: list[UploadFile]) -> int:
        return len(files)

    @app.post("/raw")
    async def length(request: Request) -> int:
        return len(await request.body())

    @app.get("/boom")
    async def boom() -> None:
        raise RuntimeError("secret")

    return app


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(make_app(body_seconds=600), raise_server_exceptions=False) as client:
        yield client


def test_trailing_slash_is_the_same_route(client: TestClient) -> None:
    assert client.post("/sum/", json={"values": [1, 2]}, follow_redirects=False).json() == 3


def test_not_ready_is_a_problem_and_alive_is_not(client: TestClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "The index is loading."
    assert client.get("/healthz").json() == {"status": "alive"}


def test_invalid_request_names_the_field_and_never_echoes_it(client: TestClient) -> None:
    answer = client.post("/sum", json={"values": ["secret"]})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["location"] == "body.values.0"
    assert "secret" not in answer.text


def test_unexpected_error_is_a_problem_with_the_request_id(client: TestClient) -> None:
    answer = client.get("/boom", headers={"x-request-id": "abc-1"})
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] == "abc-1"
    assert "secret" not in answer.text


def test_unsafe_request_id_is_replaced(client: TestClient) -> None:
    assert client.get("/healthz", headers={"x-request-id": "a b\t<"}).headers["x-request-id"] != "a b\t<"


@pytest.mark.parametrize(("ending", "status"), [(b"--b--\r\n", 200), (b"--b--", 200), (b"", 400)])
def test_multipart_needs_its_closing_boundary(client: TestClient, ending: bytes, status: int) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nx\r\n'
    answer = client.post(
        "/files", content=part + ending, headers={"content-type": "multipart/form-data; boundary=b"}
    )
    assert answer.status_code == status


def test_too_large_body_is_413(client: TestClient) -> None:
    answer = client.post("/files", files={"files": b"x" * 20_000})
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


def test_too_large_body_of_unknown_length_is_413(client: TestClient) -> None:
    answer = client.post("/sum", content=(b" " * 1_000 for _ in range(20)))
    assert answer.status_code == 413


async def _endless_body_status(app: FastAPI) -> int:
    sent: list[int] = []

    async def receive() -> dict[str, object]:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"1", "more_body": True}

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            sent.append(int(str(message["status"])))

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/sum",
        "headers": [(b"content-type", b"application/json")],
        "query_string": b"",
    }
    await app(scope, receive, send)  # type: ignore[arg-type]
    return sent[0]


def test_body_that_never_ends_is_408() -> None:
    assert asyncio.run(_endless_body_status(make_app(body_seconds=0.05))) == 408


def test_metrics_count_requests_by_route(client: TestClient) -> None:
    client.get("/healthz")
    assert (
        'http_requests_total{method="GET",route="/healthz",status="200"} 1.0' in client.get("/metrics").text
    )


def test_docs_need_no_other_origin(client: TestClient) -> None:
    page = client.get("/docs").text
    assert "cdn" not in page
    assert "https://" not in page


def test_a_client_that_hangs_up_is_no_error_of_ours(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    sent: list[Message] = []

    async def hang_up() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": "/raw",
        "query_string": b"",
        "headers": [],
    }
    asyncio.run(client.app(scope, hang_up, send))  # type: ignore[arg-type]
    assert sent == []
    assert "unexpected error" not in caplog.text
