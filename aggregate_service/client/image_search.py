"""The client's verbs: search, bring pictures in, follow jobs, delete."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep
from typing import Any, BinaryIO, Self
from urllib.parse import quote

from pydantic import ValidationError

from aggregate_service.client.answers import (
    Changed,
    Deleted,
    DuplicateGroup,
    DuplicatesPage,
    Evaluation,
    EvaluationRequest,
    Folder,
    FolderList,
    Improvement,
    Improvements,
    Job,
    Jobs,
    Key,
    Keys,
    Models,
    Month,
    Months,
    NewKey,
    Picture,
    PicturePage,
    Problem,
    SearchResult,
    Suggestions,
)
from aggregate_service.client.connection import Connection, ImageSearchError
from aggregate_service.client.search_request import Parts, PictureFile, SearchRequest, file_part, weighted

DEFAULT_URL = "http://127.0.0.1:8000"
_AWAY_SECONDS = 60.0  # so long a job is followed while the service can't be reached
_BACKUP_SECONDS = 600.0  # for the next part of it: the catalogue is copied first


class ImageSearch:
    """One aggregate service. Every call may raise `ImageSearchError`; close it, or use it in a `with`."""

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        key: str | None = None,
        seconds: float = 60.0,
        again_seconds: float = 1.0,
    ) -> None:
        """`key`: an API key, where the service asks for one; IMAGE_SEARCH_KEY unless given. `seconds`: the
        longest that an answer may take; `again_seconds`: between tries to follow a job."""
        self._again_seconds = again_seconds
        key = os.environ.get("IMAGE_SEARCH_KEY", "") if key is None else key
        self._http = Connection(url, key, seconds)
        self.url, self.is_local = self._http.url, self._http.is_local

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def search(
        self,
        pictures: Parts[PictureFile] | None = None,
        text: Parts[str] | None = None,
        id: Parts[int] | None = None,
        url: Parts[str] | None = None,
        *,
        k: int = 5,
        combine: str | None = None,
        **options: Any,
    ) -> SearchResult:
        """The `k` nearest pictures to these pictures, words, ids and links of catalogued pictures.

        Several parts make one query, each with its weight (`Weighted("night", -0.5)`); several pictures are
        one query each unless `combine` is `average`, `all` or `any`. Options: `offset`, `min_score`,
        `collapse`, `sort` (`taken`), `model`, `box` (x, y, width, height as fractions), and the filters of
        `images`.
        """
        question = SearchRequest(
            weighted(pictures),
            weighted(text),
            weighted(id),
            weighted(url),
            {"k": k, "combine": combine, **options},
        )
        if not question.pictures:
            return self._http.read(SearchResult, "GET", "/search", params=question.fields())
        with ExitStack() as opened:
            files = question.files(opened)
            return self._http.read(SearchResult, "POST", "/", files=files, data=question.fields())

    def add(self, paths: Iterable[Path | str], labels: Sequence[str] = ()) -> Job:
        """Send files in one request: pictures, or a list of links, or vectors (.npy) with their list.

        The job may go on for long: `follow` it. How much one request may hold is the service's setting.
        """
        with ExitStack() as opened:
            files = [("files", file_part(Path(path), opened)) for path in paths]
            data = {"labels": ",".join(labels)} if labels else {}
            return self._http.read(Job, "POST", "/images", files=files, data=data)

    def folders(self) -> list[Folder]:
        """Those that the service indexes where they lie."""
        return self._http.read(FolderList, "GET", "/folders").folders

    def add_folder(self, path: Path | str, label: str | None = None, notice: str | None = None) -> Job:
        """Have the service index a folder of *its* machine, by its absolute path; again, if it knows it."""
        if str(path) != str(path).encode(errors="replace").decode():
            detail = f"{str(path)!a}: its name isn't valid UTF-8; rename it."
            raise ImageSearchError(Problem(title="Unusable folder", status=422, detail=detail))
        said = {"path": str(path), "label": label, "notice": notice}
        return self._http.read(Job, "POST", "/folders", json=said)

    def scan_folder(self, folder_id: int, *, gone: bool = False) -> Job:
        """Have it look for what has changed there. `gone`: what is out of reach isn't coming back."""
        said = {"gone": "true"} if gone else {}
        return self._http.read(Job, "POST", f"/folders/{folder_id}/scan", params=said)

    def forget_folder(self, folder_id: int) -> None:
        """Its pictures leave the catalogue; its files stay as they are."""
        self._http.ask("DELETE", f"/folders/{folder_id}")

    def jobs(self) -> list[Job]:
        """The newest 50, newest first."""
        return self._http.read(Jobs, "GET", "/jobs").jobs

    def job(self, job_id: str) -> Job:
        return self._http.read(Job, "GET", _job_path(job_id))

    def cancel(self, job_id: str) -> Job:
        return self._http.read(Job, "DELETE", _job_path(job_id))

    def follow(self, job: Job | str) -> Iterator[Job]:
        """The job each time that it changes, until it has ended; goes on when the service was restarted."""
        job_id = job.id if isinstance(job, Job) else job
        give_up = monotonic() + _AWAY_SECONDS
        while True:
            try:
                for seen in self._events(job_id):
                    give_up = monotonic() + _AWAY_SECONDS
                    yield seen
                    if seen.ended:
                        return
            except ImageSearchError as error:
                if error.problem.status not in (0, 502, 503) or monotonic() > give_up:
                    raise
            sleep(self._again_seconds)

    def images(self, limit: int = 100, **filters: Any) -> Iterator[Picture]:
        """All pictures, newest first, `limit` a request.

        `sort`: `added`, `taken`, `name` or `size`. Filters: `label`, `folder`, `after`, `before`,
        `taken_after`, `taken_before`, `camera`, `min_side`, `orientation`, `type`.
        """
        cursor: str | None = None
        while True:
            page = self.page(limit, cursor, **filters)
            yield from page.images
            if (cursor := page.next) is None:
                return

    def portable_paths(self, collection: str) -> bytes:
        """What `image_paths.json` holds for a collection: a JSON list; a picture's place in it is its id."""
        return self._http.ask("GET", "/images/paths", params={"collection": collection}).content

    def page(self, limit: int = 16, cursor: str | None = None, **filters: Any) -> PicturePage:
        asked = {"limit": limit, "cursor": cursor, **filters}
        given = {name: value for name, value in asked.items() if value is not None}
        return self._http.read(PicturePage, "GET", "/images", params=given)

    def label(self, ids: Iterable[int], add: Sequence[str] = (), remove: Sequence[str] = ()) -> int:
        """Give labels to many pictures, or take them away; returns how many of these there are."""
        wanted = {"ids": list(ids), "add_labels": list(add), "remove_labels": list(remove)}
        return self._http.read(Changed, "PATCH", "/images", json=wanted).changed

    def download(self, ids: Iterable[int], file: Path | str, *, metadata: bool = True) -> None:
        """Write many pictures into one ZIP file, as it comes."""
        asked = {} if metadata else {"metadata": "no"}
        wanted = {"ids": list(ids)}
        zipped = self._http.stream("POST", "/images/zip", params=asked, json=wanted)
        with zipped as answer, Path(file).open("wb") as out:
            for part in answer.iter_bytes():
                out.write(part)

    def duplicates(self, limit: int = 100) -> Iterator[DuplicateGroup]:
        """Groups of near-duplicates, `limit` a request."""
        before: int | None = None
        while True:
            asked = {"limit": limit} | ({} if before is None else {"before": before})
            page = self._http.read(DuplicatesPage, "GET", "/duplicates", params=asked)
            yield from page.groups
            if (before := page.next) is None:
                return

    def months(self) -> list[Month]:
        """How many pictures were taken in each month, newest first."""
        return self._http.read(Months, "GET", "/images/months").months

    def suggestions(self, prefix: str, kind: str = "label", limit: int = 10) -> list[str]:
        """What labels, folders or cameras begin like this."""
        asked = {"prefix": prefix, "kind": kind, "limit": limit}
        return self._http.read(Suggestions, "GET", "/suggestions", params=asked).suggestions

    def delete(self, ids: int | Iterable[int] = (), **filters: Any) -> int:
        """Delete these pictures, or those that fit every filter (as of `images`); returns how many."""
        listed = [ids] if isinstance(ids, int) else list(ids)
        for picture_id in listed:
            self._http.ask("DELETE", f"/images/{picture_id}")
        given = {name: value for name, value in filters.items() if value is not None}
        if not given:
            return len(listed)
        return len(listed) + self._http.read(Deleted, "DELETE", "/images", params=given).deleted

    def restore(self, picture_id: int) -> Job:
        """Bring back what was deleted a moment ago, as a new picture with a new id."""
        return self._http.read(Job, "POST", f"/images/{picture_id}/restore")

    def adopt(self) -> None:
        """Make the active encoder's vectors this catalogue's, whoever's they were."""
        self._http.ask("POST", "/folders/adopt")

    def sign_in(self, password: str) -> None:
        """From now on these calls are those of whoever knows the password."""
        self._http.ask("POST", "/sign-in", data={"password": password})

    def keys(self) -> list[Key]:
        """All API keys; takes the right `admin`."""
        return self._http.read(Keys, "GET", "/keys").keys

    def make_key(self, name: str, right: str = "read") -> str:
        """The new key, which can't be shown again."""
        return self._http.read(NewKey, "POST", "/keys", data={"name": name, "right": right}).key

    def revoke_key(self, key_id: int) -> None:
        self._http.ask("DELETE", f"/keys/{key_id}")

    def backup(self, file: BinaryIO, progress: Callable[[int], None] = lambda _bytes: None) -> int:
        """Write a backup of the whole installation into the file; takes the right `admin`. How many bytes.

        `progress` is told how many there are so far. `image-search verify` says whether it is whole.
        """
        written = 0
        with self._http.stream("POST", "/backup", timeout=_BACKUP_SECONDS) as answer:
            for part in answer.iter_raw():
                file.write(part)
                written += len(part)
                progress(written)
        return written

    def evaluate(self, asked: EvaluationRequest) -> Job:
        """Have it measured how good the answers are; `follow` the job, then read the `evaluation`."""
        data = {"model": asked.models, "ignore": asked.ignore, "words": asked.words, "folder": asked.folder}
        files = {} if asked.labels is None else {"labels": (asked.name, asked.labels, "text/csv")}
        said = data | {"k": str(asked.k), "seed": str(asked.seed)}
        return self._http.read(Job, "POST", "/evaluations", data=said, files=files)

    def evaluation(self, job_id: str) -> Evaluation:
        """What was found until now."""
        return self._http.read(Evaluation, "GET", _evaluation_path(job_id))

    def evaluation_file(self, job_id: str) -> bytes:
        """The same with its plots, as one HTML file."""
        return self._http.ask("GET", f"{_evaluation_path(job_id)}/report").content

    def improve(self, asked: EvaluationRequest, *, try_only: bool = False) -> Job:
        """Have a projection learned from the labels, and used if it gains; `asked.models` doesn't matter."""
        data: dict[str, Any] = {"ignore": asked.ignore, "words": asked.words, "folder": asked.folder}
        files = {} if asked.labels is None else {"labels": (asked.name, asked.labels, "text/csv")}
        said = data | {"k": str(asked.k), "seed": str(asked.seed), "try_only": str(try_only).lower()}
        return self._http.read(Job, "POST", "/improvements", data=said, files=files)

    def improvement(self, job_id: str) -> Improvement:
        """What was found until now."""
        return self._http.read(Improvement, "GET", f"/improvements/{quote(job_id, safe='')}")

    def improvements(self) -> Improvements:
        """The projection in use, and the newest improvements."""
        return self._http.read(Improvements, "GET", "/improvements")

    def improve_off(self) -> bool:
        """Back to the encoder alone; whether a projection was in use."""
        return bool(self._http.ask("POST", "/improvements/off").json()["was_on"])

    def models(self) -> Models:
        return self._http.read(Models, "GET", "/models")

    def status(self) -> dict[str, Any]:
        """How the services are, as `GET /status` tells it."""
        answer = self._http.ask("GET", "/status")
        try:
            told = answer.json()
        except ValueError as error:
            raise self._http.unreadable(answer) from error
        return told if isinstance(told, dict) else {"status": told}

    def content(self, path: str) -> bytes:
        """What is behind a hit's `url` or `thumbnail_url`."""
        return self._http.ask("GET", path).content

    def _events(self, job_id: str) -> Iterator[Job]:
        """One stream of server-sent events; ends where the stream does."""
        try:
            with self._http.stream("GET", f"{_job_path(job_id)}/events") as answer:
                for line in answer.iter_lines():
                    if line.startswith("data:"):
                        yield Job.model_validate_json(line.removeprefix("data:"))
        except ValidationError as error:
            raise ImageSearchError(Problem(status=502, detail=f"{self.url}: not a job's events")) from error


def _job_path(job_id: str) -> str:
    return f"/jobs/{quote(job_id, safe='')}"


def _evaluation_path(job_id: str) -> str:
    return f"/evaluations/{quote(job_id, safe='')}"
