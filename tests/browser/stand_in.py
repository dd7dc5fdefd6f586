"""A stand-in for the aggregate service: the real pages around made-up answers, by the same addresses."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, File, Form, Request, Response, UploadFile
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, StreamingResponse

from aggregate_service.errors import NotIndexed
from aggregate_service.search.calibration import Kind
from aggregate_service.web.compressed_pages import CompressedPages
from aggregate_service.web.page.pages import CataloguePage, Pages, PageStatus
from aggregate_service.web.page.query_links import Address
from aggregate_service.web.page.visitor import Visitor, visitor_of
from aggregate_service.web.routes import language, shell
from aggregate_service.web.routes.html import HEADERS, PAGE_K, level_of_headings, wants_fragment, wants_html
from aggregate_service.web.routes.static import static_files
from frontend import STATIC
from service_kit.messages.message import members, message
from tests.browser.fake_world import PAGE_SIZE, Result, World

STATUS = PageStatus(
    encoder="mini",
    notice="The full encoder’s weights aren’t here, so the mini encoder answers.",
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
EMPTY = PageStatus("mini", None, "your pictures", None, 0, NotIndexed("mini").body())
REPORT: dict[str, Any] = {
    "services": [
        {"name": "aggregate", "ready": True},
        {"name": "embedding", "ready": True},
        {"name": "search", "ready": True},
    ],
    "encoder": {"model": "mini", "fingerprint": "mini@1:256", "notice": STATUS.notice},
    "collection": {"count": 128, "kind": "flat", "bytes": 131_072, "recall_at_10": None, "recall": None},
    "catalogue": {
        "label": "the sample gallery",
        "pictures": 128,
        "searchable": 128,
        "missing": 0,
        "unreachable": 0,
    },
    "jobs": {"running": 0, "queued": 0},
    "versions": {"image-search": "0.1.0", "Python": "3.11.2"},
    "problems": [],
}
DOWN_REPORT = REPORT | {
    "services": [
        {"name": "aggregate", "ready": True},
        {"name": "embedding", "ready": False},
        {"name": "search", "ready": True},
    ],
    "encoder": None,
    "collection": None,
    "problems": [
        {"detail": "The embedding service can’t be reached at 127.0.0.1:8002.", "next": "Start it."}
    ],
}
STEP_SECONDS = 0.05


def create_stand_in(pictures: Path, status: PageStatus = STATUS) -> FastAPI:
    """An app whose every search finds the first k files of `pictures`; `app.state.world` can be changed."""
    app, page = FastAPI(), Pages()
    world = World(sorted(pictures.iterdir()))
    app.state.world = world
    app.add_middleware(CompressedPages)
    app.mount("/static", static_files())
    app.post("/language")(language.choose_language)
    _add_search(app, page, world, status)
    _add_catalogue(app, page, world)
    _add_jobs(app, page, world)

    @app.get("/status")
    async def report(request: Request) -> Response:
        return _html(page.status(DOWN_REPORT if status.problem else REPORT, visitor_of(request)))

    @app.get("/trouble")
    async def trouble(request: Request) -> Response:
        return _down(page, request)

    @app.get("/offline")
    async def offline(language: str = "en") -> Response:
        return _html(page.offline(Visitor(language)))

    app.include_router(shell.router)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/favicon.ico")
    async def favicon() -> FileResponse:  # asked for when a picture is opened by itself
        return FileResponse(STATIC / "favicon.svg")

    return app


def _add_search(app: FastAPI, page: Pages, world: World, status: PageStatus) -> None:
    def problem(request: Request, code: int, detail: str) -> Response:
        shown = {"title": "A problem", "status": code, "detail": detail}
        if wants_fragment(request):
            return _html(page.problem(shown, visitor_of(request)), code)
        return _html(page.render(status, k=PAGE_K, problem=shown, visitor=visitor_of(request)), code)

    def found(request: Request, **shown: Any) -> Response:
        shown |= {"visitor": visitor_of(request)}
        if wants_fragment(request):
            parts = ("k", "results", "visitor", "address", "kind")
            told = {name: value for name, value in shown.items() if name in parts}
            return _html(
                page.hits("mini", **told, sent=bool(shown.get("previews")), level=level_of_headings(request))
            )
        world.pages += 1
        return _html(page.render(status, **shown))

    @app.get("/")
    async def home(request: Request) -> Response:
        address = Address.of(request.query_params.multi_items(), "/")
        shown: dict[str, Any] = (
            {} if status.problem else {"recent": world.page(0), "added": world.page(36, 40)}
        )
        return _html(page.render(status, k=PAGE_K, visitor=visitor_of(request), address=address, **shown))

    @app.post("/")
    async def search(
        request: Request,
        files: Annotated[list[UploadFile], File()] = [],  # noqa: B006 - FastAPI copies it
        k: Annotated[int, Form()] = PAGE_K,
        offset: Annotated[int, Form()] = 0,
        text: Annotated[str, Form()] = "",
        box: Annotated[list[str], Form()] = [],  # noqa: B006
        combine: Annotated[str, Form()] = "each",
    ) -> Response:
        world.asked.append({"text": text, "box": ";".join(box), "files": [file.filename for file in files]})
        if world.refusals > 0:
            world.refusals -= 1
            answer = problem(request, 429, "The encoder is busy.")
            answer.headers["Retry-After"] = "1"
            return answer
        if world.down:
            return problem(request, 503, "The search service can’t be reached.")
        sent = [file for file in files if file.filename]
        if not sent and text:
            return RedirectResponse(str(Address.of([("text", text)])), 303)
        all_found = [world.searched(file.filename or "", await file.read(), k, offset) for file in sent]
        if all(result.problem for result, _ in all_found):
            details = [str((result.problem or {})["detail"]) for result, _ in all_found]
            return problem(request, 422, details[0] if details else "Choose a picture, or describe one.")
        results, previews = [result for result, _ in all_found], [shown for _, shown in all_found]
        address = Address.of([("text", text), ("offset", str(offset) if offset else "")])
        together = results if combine == "each" else results[:1]
        return found(request, k=k, results=together, previews=previews, address=address)

    @app.post("/linked-picture")
    async def linked(request: Request, url: Annotated[str, Form()]) -> Response:
        if url not in world.elsewhere:
            return problem(request, 502, "pictures.example can’t be reached.")
        return FileResponse(world.elsewhere[url])

    @app.get("/search")
    async def ask(request: Request, k: int = PAGE_K, offset: int = 0, less: str = "") -> Response:
        address = Address.of(item for item in request.query_params.multi_items() if item[0] != "less")
        world.boxes += address.values("box")
        if less:
            return RedirectResponse(str(address.plus("text", f"{less}^-0.5")), 303)
        parts = address.parts()
        in_words = {part.in_words for part in parts}
        kind: Kind = "mixture" if len(in_words) > 1 else "words" if in_words == {True} else "picture"
        if address.get("url") in world.elsewhere:
            unknown = members(message("no-such-link", url=address.get("url") or ""))
            told = {"title": "Not Found", "status": 404} | unknown
            link = address.get("url") or ""
            shown = page.render(status, k=PAGE_K, problem=told, visitor=visitor_of(request), by_link=link)
            return _html(shown, 404)
        result = world.found(
            " ".join(part.value for part in parts),
            k,
            0.31 if kind == "words" else 0.998,
            offset=offset,
            nothing_close="unicorn" in str(address),
        )
        if address.get("label") == "nothing":
            result = Result(result.filename, [], None)
        return found(
            request,
            k=k,
            text=address.get("text"),
            results=[result] * max(1, len(address.values("box"))),
            address=address,
            pictures=world.asked_pictures(part.value for part in parts if part.name == "id"),
            kind=kind,
        )


def _add_catalogue(app: FastAPI, page: Pages, world: World) -> None:
    @app.get("/images")
    async def catalogue(
        request: Request, cursor: str = "0", label: str = "", sort: str = "", deleted: str = ""
    ) -> Response:
        start, end = world.place(cursor)
        shown = [] if label == "nothing" else world.page(start, end)
        more = start + len(shown) < world.total
        asked = Address.of(request.query_params.multi_items(), "/images").put("deleted", None)
        facts = CataloguePage(
            total=0 if label == "nothing" else world.total,
            pictures=shown,
            next=str(asked.put("cursor", str(start + len(shown)))) if more else None,
            previous=str(asked.put("cursor", f"{max(0, start - PAGE_SIZE)}-{start}")) if start else None,
            deleted=[int(id_) for id_ in deleted.split(",") if id_],
            months=world.months() if sort == "taken" else (),
            address=asked,
            encoder="mini",
        )
        render = page.catalogue_fragment if wants_fragment(request) else page.catalogue
        return _html(render(facts, visitor_of(request)))

    @app.post("/images")
    async def add(request: Request, files: Annotated[list[UploadFile], File()]) -> Response:
        if world.down:
            return _down(page, request)
        names = [file.filename for file in files if file.filename]
        world.brought += names
        listed = len(names) == 1 and names[0].endswith(".csv")
        job = world.new_job("links" if listed else "upload", len(names), names=names)
        if wants_html(request):
            return RedirectResponse(f"/jobs/{job['id']}", 303)
        return JSONResponse(job, 202)

    @app.get("/duplicates")
    async def duplicates(request: Request) -> Response:
        there = [i for i in (4, 5, 6) if i not in world.deleted]
        group = {"images": [world.picture(i) for i in there], "removable": there[1:]}
        groups = [group] if len(there) > 1 else []
        found = {"groups": groups, "compared": 40, "total": 40, "next": None}
        return _html(page.duplicates(found, visitor_of(request)))

    @app.get("/suggestions")
    async def suggestions(kind: str, prefix: str) -> Response:
        known = [each for each in ("beach", "bench", "boat") if each.startswith(prefix)]
        return JSONResponse({"suggestions": known if kind == "label" else []})

    @app.post("/images/labels")
    async def label(request: Request) -> Response:
        form = await request.form()
        labels = "♥" if form.get("do") == "favourite" else str(form.get("labels"))
        world.labelled.append((str(form.get("do")), labels, form.getlist("id")))
        return RedirectResponse("/images", 303)

    @app.post("/images/delete")
    async def delete_many(id: Annotated[list[int], Form()]) -> Response:
        world.deleted |= set(id)
        return RedirectResponse(f"/images?deleted={','.join(map(str, id))}", 303)

    @app.post("/images/restore")
    async def restore_many(id: Annotated[list[int], Form()]) -> Response:
        world.deleted -= set(id)
        return RedirectResponse(f"/jobs/{world.new_job('restore', len(id))['id']}", 303)

    @app.post("/images/search")
    async def search_by_many(id: Annotated[list[str], Form()]) -> Response:
        return RedirectResponse(str(Address.of([("id", each) for each in id])), 303)

    @app.get("/images/{index}")
    async def picture(request: Request, index: int) -> Response:
        fragment = wants_fragment(request)
        return _html(page.picture(world.picture(index), visitor_of(request), fragment=fragment))

    @app.post("/images/{index}/change")
    async def change(
        index: int,
        title: Annotated[str, Form()] = "",
        labels: Annotated[str, Form()] = "",
        taken: Annotated[str, Form()] = "",
    ) -> Response:
        said = [label.strip() for label in labels.split(",") if label.strip()]
        world.said[index] = {"title": title or None, "labels": said, "taken": taken or None}
        return RedirectResponse(f"/images/{index}", 303)

    @app.delete("/images/{index}")
    async def delete(request: Request, index: int) -> Response:
        if world.down:
            return _down(page, request)
        world.deleted.add(index)
        return Response(status_code=204)

    @app.post("/images/{index}/delete")
    async def delete_by_form(request: Request, index: int) -> Response:
        if world.down:
            return _down(page, request)
        world.deleted.add(index)
        return RedirectResponse(f"/images?deleted={index}", 303)

    @app.post("/images/{index}/restore")
    async def restore(request: Request, index: int) -> Response:
        world.deleted.discard(index)
        job = world.new_job("restore", 1)
        if wants_html(request):
            return RedirectResponse(f"/jobs/{job['id']}", 303)
        return JSONResponse(job, 202)

    @app.get("/images/{index}/why")
    async def why(index: int) -> Response:
        return JSONResponse({"scores": world.scores()})

    @app.post("/images/{index}/why")
    async def why_of_uploads(index: int, files: Annotated[list[UploadFile], File()]) -> Response:
        world.asked.append({"why": index, "files": [file.filename for file in files]})
        return JSONResponse({"scores": world.scores()})

    @app.get("/images/{index}/{kind}")
    async def image(index: int, kind: str) -> Response:
        return FileResponse(world.paths[index])


def _add_jobs(app: FastAPI, page: Pages, world: World) -> None:
    @app.get("/jobs")
    async def jobs(request: Request) -> Response:
        return _html(page.jobs(list(reversed(world.jobs.values())), visitor_of(request)))

    @app.get("/jobs/{name}")
    async def job(request: Request, name: str) -> Response:
        shown = world.jobs[name]
        if not wants_html(request):
            if shown["state"] == "running":
                world.advance(shown)
            return JSONResponse(shown)
        return _html(page.job(shown, [world.picture(id_) for id_ in shown["pictures"]], visitor_of(request)))

    @app.get("/jobs/{name}/events")
    async def events(name: str) -> Response:
        return StreamingResponse(_events(world, world.jobs[name]), media_type="text/event-stream")

    @app.post("/jobs/{name}/cancel")
    async def cancel(name: str) -> Response:
        world.jobs[name]["state"] = "cancelled"
        return RedirectResponse(f"/jobs/{name}", 303)


async def _events(world: World, job: dict[str, Any]) -> AsyncIterator[str]:
    while job["state"] == "running":
        await asyncio.sleep(STEP_SECONDS)
        world.advance(job)
        yield f"event: progress\ndata: {json.dumps(job)}\n\n"
    yield f"event: end\ndata: {json.dumps(job)}\n\n"


def _down(page: Pages, request: Request) -> Response:
    detail = message("service-silent", service=message("search-service"), limit="10")
    problem = {"title": "Service Unavailable", "status": 503} | members(detail)
    if wants_fragment(request):
        return _html(page.problem(problem, visitor_of(request)), 503)
    return _html(page.trouble(problem, visitor_of(request)), 503)


def _html(document: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(document, status, HEADERS)
