"""Made-up pictures, answers and jobs behind the stand-in's pages."""

import base64
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from aggregate_service.catalogue.paging import Cursor
from aggregate_service.catalogue.timeline import Month
from aggregate_service.web.page.pages import QuestionPicture
from service_kit.messages.message import members, message

PAGE_SIZE = 30


@dataclass(frozen=True)
class Found:
    index: int
    score: float
    path: str
    url: str
    thumbnail_url: str
    relevance: float = 0.4
    duplicates: int | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class Result:
    filename: str
    similar: list[Found] | None
    problem: dict[str, Any] | None
    nothing_close: bool = False


@dataclass
class World:
    """A catalogue whose pictures are the files of a folder; every search finds its first ones."""

    paths: list[Path]
    deleted: set[int] = field(default_factory=set)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    refusals: int = 0
    """So many searches are answered with 429 before one is answered."""
    down: bool = False
    flat: bool = False
    """Whether no part of a picture stands out."""
    brought: list[str] = field(default_factory=list)
    """Names of the files that were brought in, as they were sent."""
    labelled: list[tuple[str, str, list[Any]]] = field(default_factory=list)
    """What to do with which labels, and the pictures, as they were sent."""
    pages: int = 0
    """How many whole search pages were made."""
    elsewhere: dict[str, Path] = field(default_factory=dict)
    """Pictures of other servers, by their links."""
    boxes: list[str] = field(default_factory=list)
    """The regions that searches by pictures of the catalogue were about."""
    said: dict[int, dict[str, Any]] = field(default_factory=dict)
    """What people said of pictures, by their ids."""
    asked: list[dict[str, Any]] = field(default_factory=list)
    """What each search by pictures sent."""

    def found(
        self, name: str, k: int, top: float = 0.998, *, offset: int = 0, nothing_close: bool = False
    ) -> Result:
        there = [i for i in range(len(self.paths)) if i not in self.deleted]
        return Result(
            name,
            [self.hit(i, top, 0.02 if nothing_close or i > 4 else 0.4) for i in there[offset : offset + k]],
            None,
            nothing_close,
        )

    def hit(self, i: int, top: float, relevance: float) -> Found:
        width, height = self.size(i)
        name, score = f"train/{self.paths[i].name}", max(top - 0.083 * i, 0.02)
        return Found(i, score, name, self.url(i), self.thumbnail(i), relevance, width=width, height=height)

    def size(self, index: int) -> tuple[int, int]:
        with Image.open(self.paths[index]) as image:
            return image.size

    def searched(self, name: str, body: bytes, k: int, offset: int = 0) -> tuple[Result, str | None]:
        """What an upload finds, and its preview."""
        shown = preview(body)
        if shown is None:
            detail = f"{name} can’t be read as a picture: it may be cut short. Try another copy."
            return Result(
                name, None, {"title": "Unprocessable Content", "status": 422, "detail": detail}
            ), None
        return self.found(name, k, offset=offset), shown

    def url(self, index: int) -> str:
        return f"/images/{index}/file"

    def thumbnail(self, index: int) -> str:
        return f"/images/{index}/thumbnail?v=0123456789ab"

    def asked_pictures(self, ids: Iterable[str]) -> dict[str, QuestionPicture]:
        return {
            id_: QuestionPicture(self.paths[int(id_)].name, self.thumbnail(int(id_)), *self.size(int(id_)))
            for id_ in ids
        }

    def month(self, index: int) -> str:
        """Eight were taken in each month, the first ones last."""
        months = 2026 * 12 + 10 - index // 8
        return f"{months // 12}-{months % 12 + 1:02d}"

    def months(self) -> list[Month]:
        counts = Counter(self.month(i) for i in range(len(self.paths)) if i not in self.deleted)
        return [Month(int(name[:4]), int(name[5:]), counts[name]) for name in sorted(counts, reverse=True)]

    def place(self, cursor: str) -> tuple[int, int]:
        """Where a page begins and ends; it can begin with a month."""
        start, _, end = cursor.partition("-")
        if start.isdecimal():
            return int(start), int(end or int(start) + PAGE_SIZE)
        last = str(Cursor.of(cursor, "taken").key)[:6]
        first = sum(1 for i in range(len(self.paths)) if self.month(i).replace("-", "") >= last)
        return first, first + PAGE_SIZE

    def picture(self, index: int) -> dict[str, Any]:
        path = self.paths[index]
        width, height = self.size(index)
        return {
            "id": index,
            "path": f"train/{path.name}",
            "folder": "train",
            "title": None,
            "labels": ["drawn", path.stem.split("-")[0]],
            "source_url": "https://pictures.example/" + path.name if index % 5 == 0 else None,
            "bytes": path.stat().st_size,
            "width": width,
            "height": height,
            "sha256": "0" * 64,
            "added_at": "2026-11-21T05:00:00+00:00",
            "taken": f"{self.month(index)}-11T09:30:00",
            "url": self.url(index),
            "thumbnail_url": self.thumbnail(index),
            "searchable": True,
        } | self.said.get(index, {})

    def page(self, start: int, end: int = PAGE_SIZE) -> list[dict[str, Any]]:
        there = [i for i in range(len(self.paths)) if i not in self.deleted]
        return [self.picture(i) for i in there[start:end]]

    def scores(self) -> list[list[float]]:
        """Brightest in the middle, or the same everywhere."""
        rows = [[((column - 3) ** 2 + (row - 3) ** 2) / 18 for column in range(7)] for row in range(7)]
        return [[0.0 if self.flat else round(1 - value, 3) for value in row] for row in rows]

    @property
    def total(self) -> int:
        return len(self.paths) - len(self.deleted)

    def new_job(self, kind: str, total: int, **facts: Any) -> dict[str, Any]:
        job: dict[str, Any] = {
            "id": f"j{len(self.jobs) + 1}",
            "kind": kind,
            "state": "running",
            "total": total,
            "done": 0,
            "failed": 0,
            "created_at": "2026-11-21T05:12:00+00:00",
            "started_at": "2026-11-21T05:12:00+00:00",
            "finished_at": None,
            "errors": [],
            "failures": [],
            "pictures": [],
        } | facts
        self.jobs[job["id"]] = job
        return job

    def advance(self, job: dict[str, Any]) -> None:
        """One more item; every third one fails; over when there are none left."""
        number = job["done"] + job["failed"]
        if number % 3 == 2:
            job["failed"] += 1
            names = job.get("names", [])
            name = names[number] if number < len(names) else f"file-{number}.jpg"
            said = {"status": 422} | members(message("damaged-header"))
            job["errors"].append({"item": name} | said)
            job["failures"].append({"items": [name], "count": 1} | said)
        else:
            job["done"] += 1
            if self.paths:
                job["pictures"].append(number % len(self.paths))
        if number + 1 >= job["total"]:
            job["state"] = "done"


def preview(body: bytes) -> str | None:
    """A data URI, or None for what isn't a picture."""
    try:
        picture = Image.open(io.BytesIO(body)).convert("RGB")
    except UnidentifiedImageError:
        return None
    picture.thumbnail((384, 384))
    small = io.BytesIO()
    picture.save(small, "JPEG")
    return "data:image/jpeg;base64," + base64.b64encode(small.getvalue()).decode()
