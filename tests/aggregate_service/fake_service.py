"""A hand-written aggregate service that keeps the HTTP contract, for the client and the command line."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from service_kit.problems import PROBLEM_JSON, problem_body
from tests.aggregate_service.drawn import jpeg

ENCODER = {"model": "average-colour", "fingerprint": "average-colour@1:4", "notice": None}
MODEL = {
    "name": "average-colour",
    "fingerprint": "average-colour@1:4",
    "dimension": 4,
    "modalities": ["image", "text"],
    "licence": "MIT",
    "source": "here",
    "loaded": True,
    "default": True,
    "runtime": None,
}


def problem(status: int, detail: str) -> Response:
    return JSONResponse(problem_body(status, detail), status, media_type=PROBLEM_JSON)


def picture(number: int, **others: Any) -> dict[str, Any]:
    return {
        "id": number,
        "path": f"deep/{number}.jpg",
        "folder": "pictures",
        "title": None,
        "labels": [],
        "source_url": None,
        "bytes": 100,
        "width": 40,
        "height": 30,
        "sha256": "0" * 64,
        "added_at": "2026-05-04T03:02:01Z",
        "url": f"/images/{number}/file",
        "thumbnail_url": f"/images/{number}/thumbnail",
        "searchable": True,
    } | others


def hit(number: int, score: float) -> dict[str, Any]:
    kept = ("path", "title", "labels", "source_url", "url", "thumbnail_url")
    facts = picture(number)
    return {"index": number, "score": score, "relevance": score} | {name: facts[name] for name in kept}


@dataclass
class FakeService:
    """Answers what it is told to, and remembers what it was asked."""

    pictures: list[dict[str, Any]] = field(default_factory=lambda: [picture(n) for n in range(7)])
    deleted: dict[int, dict[str, Any]] = field(default_factory=dict)
    nothing_close: bool = False
    item_errors: list[dict[str, Any]] = field(default_factory=list)
    end_state: str = "done"
    asked: list[dict[str, Any]] = field(default_factory=list)
    """The fields of each search, with the names of its files."""
    listed: list[dict[str, str]] = field(default_factory=list)
    """What each GET /images asked for."""
    received: list[dict[str, Any]] = field(default_factory=list)
    """What each POST /images brought: names and contents of its files, and its labels."""
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    folders: list[dict[str, Any]] = field(default_factory=list)
    adopted: bool = False
    notes: list[dict[str, str]] = field(default_factory=list)
    """Of the answers to searches."""
    cut_streams: int = 0
    """So many streams of events break off before the job's end."""
    refusal: Response | None = None
    improved: bool = True
    """Whether a projection is in use."""

    def app(self) -> FastAPI:
        app = FastAPI()
        app.add_api_route("/", self.search_by_form, methods=["POST"])
        app.add_api_route("/search", self.search_by_query)
        app.add_api_route("/images", self.bring_in, methods=["POST"])
        app.add_api_route("/images", self.list_pictures)
        app.add_api_route("/duplicates", self.list_duplicates)
        app.add_api_route("/images/paths", self.list_paths)
        app.add_api_route("/images", self.delete_fitting, methods=["DELETE"])
        app.add_api_route("/images/{number}", self.delete_one, methods=["DELETE"], status_code=204)
        app.add_api_route("/images/{number}/restore", self.restore, methods=["POST"], status_code=202)
        app.add_api_route("/images/{number}/thumbnail", self.thumbnail)
        app.add_api_route("/folders", self.list_folders)
        app.add_api_route("/folders", self.add_folder, methods=["POST"], status_code=202)
        app.add_api_route("/folders/adopt", self.adopt, methods=["POST"], status_code=204)
        app.add_api_route("/folders/{number}/scan", self.scan_folder, methods=["POST"], status_code=202)
        app.add_api_route("/folders/{number}", self.forget_folder, methods=["DELETE"], status_code=204)
        app.add_api_route("/jobs", self.list_jobs)
        app.add_api_route("/jobs/{job_id}", self.one_job)
        app.add_api_route("/jobs/{job_id}", self.cancel_job, methods=["DELETE"])
        app.add_api_route("/jobs/{job_id}/events", self.events)
        app.add_api_route("/evaluations", self.evaluate, methods=["POST"])
        app.add_api_route("/evaluations/{job_id}", self.evaluation)
        app.add_api_route("/evaluations/{job_id}/report", self.evaluation_file)
        app.add_api_route("/improvements", self.improve, methods=["POST"])
        app.add_api_route("/improvements/off", self.improve_off, methods=["POST"])
        app.add_api_route("/improvements/{job_id}", self.improvement)
        app.add_api_route("/models", self.models)
        app.add_api_route("/status", self.status)
        return app

    async def search_by_query(self, request: Request) -> Response:
        query = request.query_params
        fields: dict[str, Any] = {name: query.getlist(name) for name in query}
        return self._answer(fields, 1)

    async def search_by_form(self, request: Request) -> Response:
        async with request.form() as form:
            files = form.getlist("files")
            fields: dict[str, Any] = {name: form.getlist(name) for name in form if name != "files"}
            fields["files"] = [getattr(file, "filename", "") for file in files]
        return self._answer(fields, 1 if "combine" in fields else len(files))

    def _answer(self, fields: dict[str, Any], queries: int) -> Response:
        self.asked.append(fields)
        if self.refusal:
            return self.refusal
        hits = [hit(number, 0.9 - number / 10) for number in range(min(int(fields["k"][0]), 3))]
        result = {"similar": hits, "nothing_close": self.nothing_close}
        return JSONResponse(ENCODER | {"notes": self.notes, "results": [result] * queries})

    async def bring_in(self, request: Request) -> Response:
        if self.refusal:
            return self.refusal
        async with request.form(max_files=1000) as form:
            files = {file.filename: await file.read() for file in form.getlist("files")}  # type: ignore[union-attr]
            self.received.append({"files": files, "labels": form.get("labels")})
        return self._accept("upload", len(files))

    def _accept(self, kind: str, total: int) -> Response:
        job_id = f"job{len(self.jobs)}"
        self.jobs[job_id] = {
            "id": job_id,
            "kind": kind,
            "state": "queued",
            "total": total,
            "done": 0,
            "failed": 0,
            "created_at": "2026-05-04T03:02:01Z",
            "started_at": None,
            "finished_at": None,
            "errors": [],
            "pictures": [],
        }
        return JSONResponse(self.jobs[job_id], 202, {"Location": f"/jobs/{job_id}"})

    async def list_pictures(
        self, request: Request, limit: int = 16, cursor: str = "0", label: str | None = None
    ) -> Any:
        self.listed.append(dict(request.query_params))
        fitting = [each for each in self.pictures if label is None or label in each["labels"]]
        start = int(cursor)
        following = str(start + limit) if start + limit < len(fitting) else None
        page = fitting[start : start + limit]
        return {"total": len(fitting), "images": page, "next": following, "previous": None}

    async def list_duplicates(self, limit: int, before: int | None = None) -> Any:
        """All pictures in one group, the last of which must stay."""
        listed = [each["id"] for each in self.pictures]
        return {"groups": [{"images": self.pictures, "removable": listed[1:-1]}], "next": None}

    async def list_paths(self, collection: str) -> Any:
        paths = {each["id"]: each["path"] for each in self.pictures}
        return [paths.get(id_) for id_ in range(max(paths, default=-1) + 1)]

    async def delete_one(self, number: int) -> Response:
        if number not in {each["id"] for each in self.pictures}:
            return problem(404, f"There is no picture with the id {number} in the catalogue.")
        self.deleted |= {each["id"]: each for each in self.pictures if each["id"] == number}
        self.pictures = [each for each in self.pictures if each["id"] != number]
        return Response(status_code=204)

    async def restore(self, number: int) -> Response:
        if number not in self.deleted:
            return problem(404, f"The picture {number} can't be brought back.")
        self.pictures.append(self.deleted.pop(number) | {"id": 1000 + number})
        return self._accept("restore", 1)

    async def delete_fitting(self, label: str) -> Any:
        before = len(self.pictures)
        self.pictures = [each for each in self.pictures if label not in each["labels"]]
        return {"deleted": before - len(self.pictures)}

    async def thumbnail(self, number: int) -> Response:
        if number == 2:
            return problem(404, "Its file is gone.")
        return Response(jpeg(number), media_type="image/jpeg")

    async def adopt(self) -> None:
        self.adopted = True

    async def list_folders(self) -> Any:
        return {"folders": self.folders}

    async def add_folder(self, request: Request) -> Response:
        """It sees the folders of the tests, which run where it runs."""
        if self.refusal:
            return self.refusal
        said = await request.json()
        number = len(self.folders) + 1
        told = {"label": said["label"] or "", "notice": said["notice"] or ""}
        kept = {"id": number, "path": said["path"], "pictures": 0, "indexed": None, "job": None}
        self.folders.append(kept | told)
        return self._accept("folder", 3)

    async def scan_folder(self, number: int) -> Response:
        if number not in {folder["id"] for folder in self.folders}:
            return problem(404, f"There is no folder with the id {number}.")
        return self._accept("folder", 3)

    async def forget_folder(self, number: int) -> Response:
        self.folders = [folder for folder in self.folders if folder["id"] != number]
        return Response(status_code=204)

    async def list_jobs(self) -> Any:
        return {"jobs": list(reversed(self.jobs.values()))}

    async def one_job(self, job_id: str) -> Any:
        return self.jobs.get(job_id) or problem(404, f"There is no job {job_id}.")

    async def cancel_job(self, job_id: str) -> Any:
        job = self.jobs[job_id]
        if job["state"] in ("done", "failed", "cancelled"):
            return problem(409, f"The job {job_id} has ended already.")
        job["state"] = "cancelled"
        return job

    async def events(self, job_id: str) -> Response:
        if job_id not in self.jobs:
            return problem(404, f"There is no job {job_id}.")
        return StreamingResponse(self._events(self.jobs[job_id]), media_type="text/event-stream")

    async def _events(self, job: dict[str, Any]) -> AsyncIterator[str]:
        job["state"] = "running"
        yield f"event: progress\ndata: {json.dumps(job)}\n\n: still here\n\n"
        if self.cut_streams:
            self.cut_streams -= 1
            return
        await asyncio.sleep(0.01)
        failed = len(self.item_errors)
        job |= {"done": job["total"] - failed, "failed": failed, "errors": self.item_errors}
        job["failures"] = [
            {"items": [error["item"]], "count": 1, "status": error["status"], "detail": error["detail"]}
            for error in self.item_errors
        ]
        job["state"] = self.end_state
        if job["kind"] == "folder":
            job["counts"] = {"searchable": 7, "added": 2, "changed": 0, "removed": 1, "embedded": 2}
        yield f"event: end\ndata: {json.dumps(job)}\n\n"

    async def evaluate(self, request: Request) -> Response:
        if self.refusal:
            return self.refusal
        async with request.form() as form:
            fields: dict[str, Any] = {name: form.getlist(name) for name in form if name != "labels"}
            if file := form.get("labels"):
                fields["labels"] = (await file.read()).decode()  # type: ignore[union-attr]
        self.asked.append(fields)
        return self._accept("evaluation", 4)

    async def evaluation(self, job_id: str) -> Any:
        mean = {"value": 0.5, "low": 0.25, "high": 0.75}
        measures = dict.fromkeys(("precision", "recall", "ndcg", "map", "mrr"), mean)
        label = {"label": "[cat]", "pictures": 3, "queries": 3, "measures": measures}
        row = {"model": "clip", "by": "pictures", "pictures": 7, "queries": 6, "askable": 6, "chance": 0.125}
        second = {"model": "siglip", "by": "pictures", "measures": measures, "gain": measures}
        missing = {"model": "gone", "by": "words", "problem": {"detail": "Not indexed with gone."}}
        counts = {"pictures": 7, "known": 70, "unknown": 1, "labels": 2}
        return {
            "id": job_id,
            "state": "done",
            "source": "list",
            "name": "labels.csv",
            "k": 5,
            "rows": []
            if self.end_state == "failed"
            else [row | {"measures": measures, "labels": [label]}, second, missing],
        } | counts

    async def evaluation_file(self, job_id: str) -> Response:
        return Response(f"<p>{job_id}</p>", media_type="text/html")

    async def improve(self, request: Request) -> Response:
        return await self.evaluate(request)

    async def improvement(self, job_id: str) -> Any:
        found = await self.evaluation(job_id)
        if self.end_state == "failed":
            return found | {"problem": {"detail": "There is too little to learn from."}}
        return found | {"result": "on", "best": "siamese"}

    async def improve_off(self) -> Any:
        was_on, self.improved = self.improved, False
        return {"was_on": was_on}

    async def models(self) -> Any:
        return {"default": MODEL["name"], "notice": None, "models": [MODEL]}

    async def status(self) -> Any:
        return {
            "services": [{"name": "search", "ready": True}, {"name": "embedding", "ready": False}],
            "encoder": None,
            "collection": {"name": "c", "count": 1234567, "recall_at_10": 0.991},
            "catalogue": {"label": "COCO128", "pictures": 128},
            "jobs": {"running": 1, "queued": 0},
            "versions": {"image-search": "0.1.0"},
            "problems": [{"detail": "The weights are loading.", "next": "Wait a moment."}],
        }
