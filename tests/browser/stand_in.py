"""A stand-in for the aggregate service: the real page around made-up answers."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, File, Form, UploadFile
from fastapi.responses import FileResponse, HTMLResponse
from fastapi.staticfiles import StaticFiles
from PIL import Image, UnidentifiedImageError

from aggregate_service.page import CONTENT_SECURITY_POLICY, Page, PageStatus
from frontend import STATIC

STATUS = PageStatus(
    encoder="color-layout@1:432",
    notice="The full encoder’s weights aren’t here, so pictures are compared by their colours and layout.",
    gallery="the sample gallery",
    gallery_notice="You are searching the sample gallery, 128 drawn pictures: COCO128 can’t be had here.",
    count=128,
    problem=None,
)
DOWN = PageStatus(
    encoder=None,
    notice=None,
    gallery="COCO128",
    gallery_notice=None,
    count=None,
    problem={
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "The embedding service at 127.0.0.1:8002 doesn’t answer. Start it, then try again.",
    },
)


@dataclass(frozen=True)
class Found:
    index: int
    score: float
    path: str
    url: str
    thumbnail_url: str


@dataclass(frozen=True)
class Result:
    filename: str
    similar: list[Found] | None
    problem: dict[str, Any] | None


def create_stand_in(pictures: Path, status: PageStatus = STATUS) -> FastAPI:
    """An app whose every search finds the first k files of `pictures`."""
    app, page = FastAPI(), Page()
    app.mount("/static", StaticFiles(directory=STATIC))
    paths = sorted(pictures.iterdir())

    def answer(document: str) -> HTMLResponse:
        return HTMLResponse(document, headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY})

    @app.get("/")
    async def home() -> HTMLResponse:
        return answer(page.render(status, k=5))

    @app.post("/")
    async def search(
        files: Annotated[list[UploadFile], File()], k: Annotated[int, Form()] = 5
    ) -> HTMLResponse:
        results, previews = [], []
        for file in files:
            preview = _preview(await file.read())
            results.append(_result(file.filename or "", paths[:k] if preview else None))
            previews.append(preview)
        return answer(page.render(status, k=k, results=results, previews=previews))

    @app.get("/search")
    async def words(text: str, k: int = 5) -> HTMLResponse:
        return answer(page.render(status, k=k, text=text, results=[_result(text, paths[:k], top=0.31)]))

    @app.get("/favicon.ico")
    async def favicon() -> FileResponse:  # asked for when a picture is opened by itself
        return FileResponse(STATIC / "favicon.svg")

    @app.get("/images/{index}/{kind}")
    async def image(index: int, kind: str) -> FileResponse:
        return FileResponse(paths[index])

    return app


def _result(filename: str, paths: list[Path] | None, top: float = 0.998) -> Result:
    if paths is None:
        detail = f"{filename} can’t be read as a picture: it may be cut short. Try another copy."
        return Result(filename, None, {"title": "Unprocessable Content", "status": 422, "detail": detail})
    urls = [f"/images/{index}" for index in range(len(paths))]
    found = [
        Found(index, top - 0.083 * index, f"train/{path.name}", f"{url}/file", f"{url}/thumbnail")
        for index, (path, url) in enumerate(zip(paths, urls, strict=True))
    ]
    return Result(filename, found, None)


def _preview(body: bytes) -> str | None:
    try:
        picture = Image.open(io.BytesIO(body)).convert("RGB")
    except UnidentifiedImageError:
        return None
    picture.thumbnail((384, 384))
    small = io.BytesIO()
    picture.save(small, "JPEG")
    return "data:image/jpeg;base64," + base64.b64encode(small.getvalue()).decode()
