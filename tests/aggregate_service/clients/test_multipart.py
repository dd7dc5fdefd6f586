"""What is sent is what a form parser reads, whatever the files are called."""

import asyncio
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from aggregate_service.clients.multipart import Multipart

NAMES = ("a.jpg", "größer ☂.jpg", "summer/photo.jpg", "с пробелом.jpg")


def received(body: Multipart, times: int = 1) -> list[dict[str, Any]]:
    async def read(request: Request) -> JSONResponse:
        async with request.form() as form:
            files = [part for part in form.getlist("files") if isinstance(part, UploadFile)]
            sent = [[file.filename, (await file.read()).hex(), file.content_type] for file in files]
            return JSONResponse({"files": sent, "model": form.get("model")})

    async def run() -> list[dict[str, Any]]:
        transport = httpx2.ASGITransport(Starlette(routes=[Route("/", read, methods=["POST"])]))
        async with httpx2.AsyncClient(transport=transport, base_url="http://e") as client:
            answers = [await client.post("/", content=body, headers=body.headers) for _ in range(times)]
        return [answer.json() for answer in answers]

    return asyncio.run(run())


def test_files_and_fields_arrive_as_they_were() -> None:
    files = [(name, bytes(range(256)) * place) for place, name in enumerate(NAMES, 1)]
    (answer,) = received(Multipart("files", files, {"model": "some/model"}))
    assert answer["files"] == [[name, data.hex(), "application/octet-stream"] for name, data in files]
    assert answer["model"] == "some/model"


@pytest.mark.parametrize(
    ("name", "arrives"), [('a"b.jpg', "a%22b.jpg"), ("a\r\nX: y.jpg", "a%0D%0AX: y.jpg"), ("a\\b", "a\\b")]
)
def test_names_that_would_break_a_header_are_escaped_as_browsers_do(name: str, arrives: str) -> None:
    (answer,) = received(Multipart("files", [(name, b"x")], {}))
    assert [file[0] for file in answer["files"]] == [arrives]


def test_it_can_be_sent_again() -> None:
    first, second = received(Multipart("files", [("a", b"x" * 100_000)], {}), times=2)
    assert first == second


def test_its_length_is_announced() -> None:
    body = Multipart("files", [("ä", b"x"), ("b", b"")], {"model": "m"})

    async def pieces() -> bytes:
        return b"".join([piece async for piece in body])

    assert body.headers["content-length"] == str(len(asyncio.run(pieces())))
