"""The client's verbs: search, bring pictures in, follow jobs, delete."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep
from typing import Any, BinaryIO, Self, TypeVar
from urllib.parse import quote

import httpx2
from pydantic import BaseModel, ValidationError

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
from aggregate_service.client.search_request import Parts, PictureFile, SearchRequest, file_part, weighted

DEFAULT_URL = "http://127.0.0.1:8000"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_AWAY_SECONDS = 60.0  # so long a job is followed while the service can't be reached
_BACKUP_SECONDS = 600.0  # for the next part of it: the catalogue is copied first
Model = TypeVar("Model", bound=BaseModel)


class ImageSearchError(Exception):
    """The service refused, or couldn't be reached (`problem.status` 0)."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


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
        self.url = url.rstrip("/")
        self._again_seconds = again_seconds
        key = os.environ.get("IMAGE_SEARCH_KEY", "") if key is None else key
        try:
            self.is_local = httpx2.URL(self.url).host in _LOOPBACK
            self._http = httpx2.Client(
                base_url=self.url,
                timeout=httpx2.Timeout(seconds, connect=5.0),
                trust_env=not self.is_local,  # a proxy is for the outside
                headers={"accept": "application/json"} | ({"authorization": f"Bearer {key}"} if key else {}),
            )
        except (httpx2.InvalidURL, ValueError) as error:
            raise ImageSearchError(Problem(title="No address", detail=f"{url}: {error}")) from error

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
            return self._read(SearchResult, self._ask("GET", "/search", params=question.fields()))
        with ExitStack() as opened:
            files = question.files(opened)
            return self._read(SearchResult, self._ask("POST", "/", files=files, data=question.fields()))

    def add(self, paths: Iterable[Path | str], labels: Sequence[str] = ()) -> Job:
        """Send files in one request: pictures, or a list of links, or vectors (.npy) with their list.

        The job may go on for long: `follow` it. How much one request may hold is the service's setting.
        """
        with ExitStack() as opened:
            files = [("files", file_part(Path(path), opened)) for path in paths]
            data = {"labels": ",".join(labels)} if labels else {}
            return self._read(Job, self._ask("POST", "/images", files=files, data=data))

    def folders(self) -> list[Folder]:
        """Those that the service indexes where they lie."""
        return self._read(FolderList, self._ask("GET", "/folders")).folders

    def add_folder(self, path: Path | str, label: str | None = None, notice: str | None = None) -> Job:
        """Have the service index a folder of *its* machine, by its absolute path; again, if it knows it."""
        if str(path) != str(path).encode(errors="replace").decode():
            detail = f"{str(path)!a}: its name isn't valid UTF-8; rename it."
            raise ImageSearchError(Problem(title="Unusable folder", status=422, detail=detail))
        said = {"path": str(path), "label": label, "notice": notice}
        return self._read(Job, self._ask("POST", "/folders", json=said))

    def scan_folder(self, folder_id: int, *, gone: bool = False) -> Job:
        """Have it look for what has changed there. `gone`: what is out of reach isn't coming back."""
        said = {"gone": "true"} if gone else {}
        return self._read(Job, self._ask("POST", f"/folders/{folder_id}/scan", params=said))

    def forget_folder(self, folder_id: int) -> None:
        """Its pictures leave the catalogue; its files stay as they are."""
        self._ask("DELETE", f"/folders/{folder_id}")

    def jobs(self) -> list[Job]:
        """The newest 50, newest first."""
        return self._read(Jobs, self._ask("GET", "/jobs")).jobs

    def job(self, job_id: str) -> Job:
        return self._read(Job, self._ask("GET", _job_path(job_id)))

    def cancel(self, job_id: str) -> Job:
        return self._read(Job, self._ask("DELETE", _job_path(job_id)))

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
        return self._ask("GET", "/images/paths", params={"collection": collection}).content

    def page(self, limit: int = 16, cursor: str | None = None, **filters: Any) -> PicturePage:
        asked = {"limit": limit, "cursor": cursor, **filters}
        given = {name: value for name, value in asked.items() if value is not None}
        return self._read(PicturePage, self._ask("GET", "/images", params=given))

    def label(self, ids: Iterable[int], add: Sequence[str] = (), remove: Sequence[str] = ()) -> int:
        """Give labels to many pictures, or take them away; returns how many of these there are."""
        wanted = {"ids": list(ids), "add_labels": list(add), "remove_labels": list(remove)}
        return self._read(Changed, self._ask("PATCH", "/images", json=wanted)).changed

    def download(self, ids: Iterable[int], file: Path | str, *, metadata: bool = True) -> None:
        """Write many pictures into one ZIP file, as it comes."""
        asked = {} if metadata else {"metadata": "no"}
        wanted = {"ids": list(ids)}
        try:
            with self._http.stream("POST", "/images/zip", params=asked, json=wanted) as answer:
                if not answer.is_success:
                    answer.read()
                    raise self._refusal(answer)
                with Path(file).open("wb") as out:
                    for part in answer.iter_bytes():
                        out.write(part)
        except httpx2.TransportError as error:
            raise self._away(error) from error

    def duplicates(self, limit: int = 100) -> Iterator[DuplicateGroup]:
        """Groups of near-duplicates, `limit` a request."""
        before: int | None = None
        while True:
            asked = {"limit": limit} | ({} if before is None else {"before": before})
            page = self._read(DuplicatesPage, self._ask("GET", "/duplicates", params=asked))
            yield from page.groups
            if (before := page.next) is None:
                return

    def months(self) -> list[Month]:
        """How many pictures were taken in each month, newest first."""
        return self._read(Months, self._ask("GET", "/images/months")).months

    def suggestions(self, prefix: str, kind: str = "label", limit: int = 10) -> list[str]:
        """What labels, folders or cameras begin like this."""
        asked = {"prefix": prefix, "kind": kind, "limit": limit}
        return self._read(Suggestions, self._ask("GET", "/suggestions", params=asked)).suggestions

    def delete(self, ids: int | Iterable[int] = (), **filters: Any) -> int:
        """Delete these pictures, or those that fit every filter (as of `images`); returns how many."""
        listed = [ids] if isinstance(ids, int) else list(ids)
        for picture_id in listed:
            self._ask("DELETE", f"/images/{picture_id}")
        given = {name: value for name, value in filters.items() if value is not None}
        if not given:
            return len(listed)
        return len(listed) + self._read(Deleted, self._ask("DELETE", "/images", params=given)).deleted

    def restore(self, picture_id: int) -> Job:
        """Bring back what was deleted a moment ago, as a new picture with a new id."""
        return self._read(Job, self._ask("POST", f"/images/{picture_id}/restore"))

    def adopt(self) -> None:
        """Make the active encoder's vectors this catalogue's, whoever's they were."""
        self._ask("POST", "/folders/adopt")

    def sign_in(self, password: str) -> None:
        """From now on these calls are those of whoever knows the password."""
        self._ask("POST", "/sign-in", data={"password": password})

    def keys(self) -> list[Key]:
        """All API keys; takes the right `admin`."""
        return self._read(Keys, self._ask("GET", "/keys")).keys

    def make_key(self, name: str, right: str = "read") -> str:
        """The new key, which can't be shown again."""
        return self._read(NewKey, self._ask("POST", "/keys", data={"name": name, "right": right})).key

    def revoke_key(self, key_id: int) -> None:
        self._ask("DELETE", f"/keys/{key_id}")

    def backup(self, file: BinaryIO, progress: Callable[[int], None] = lambda _bytes: None) -> int:
        """Write a backup of the whole installation into the file; takes the right `admin`. How many bytes.

        `progress` is told how many there are so far. `image-search verify` says whether it is whole.
        """
        written = 0
        for part in self._streamed("POST", "/backup", timeout=_BACKUP_SECONDS):
            file.write(part)
            written += len(part)
            progress(written)
        return written

    def evaluate(self, asked: EvaluationRequest) -> Job:
        """Have it measured how good the answers are; `follow` the job, then read the `evaluation`."""
        data = {"model": asked.models, "ignore": asked.ignore, "words": asked.words, "folder": asked.folder}
        files = {} if asked.labels is None else {"labels": (asked.name, asked.labels, "text/csv")}
        said = data | {"k": str(asked.k), "seed": str(asked.seed)}
        return self._read(Job, self._ask("POST", "/evaluations", data=said, files=files))

    def evaluation(self, job_id: str) -> Evaluation:
        """What was found until now."""
        return self._read(Evaluation, self._ask("GET", _evaluation_path(job_id)))

    def evaluation_file(self, job_id: str) -> bytes:
        """The same with its plots, as one HTML file."""
        return self._ask("GET", f"{_evaluation_path(job_id)}/report").content

    def improve(self, asked: EvaluationRequest, *, try_only: bool = False) -> Job:
        """Have a projection learned from the labels, and used if it gains; `asked.models` doesn't matter."""
        data: dict[str, Any] = {"ignore": asked.ignore, "words": asked.words, "folder": asked.folder}
        files = {} if asked.labels is None else {"labels": (asked.name, asked.labels, "text/csv")}
        said = data | {"k": str(asked.k), "seed": str(asked.seed), "try_only": str(try_only).lower()}
        return self._read(Job, self._ask("POST", "/improvements", data=said, files=files))

    def improvement(self, job_id: str) -> Improvement:
        """What was found until now."""
        return self._read(Improvement, self._ask("GET", f"/improvements/{quote(job_id, safe='')}"))

    def improvements(self) -> Improvements:
        """The projection in use, and the newest improvements."""
        return self._read(Improvements, self._ask("GET", "/improvements"))

    def improve_off(self) -> bool:
        """Back to the encoder alone; whether a projection was in use."""
        return bool(self._ask("POST", "/improvements/off").json()["was_on"])

    def models(self) -> Models:
        return self._read(Models, self._ask("GET", "/models"))

    def status(self) -> dict[str, Any]:
        """How the services are, as `GET /status` tells it."""
        answer = self._ask("GET", "/status")
        try:
            told = answer.json()
        except ValueError as error:
            raise self._unreadable(answer) from error
        return told if isinstance(told, dict) else {"status": told}

    def content(self, path: str) -> bytes:
        """What is behind a hit's `url` or `thumbnail_url`."""
        return self._ask("GET", path).content

    def _events(self, job_id: str) -> Iterator[Job]:
        """One stream of server-sent events; ends where the stream does."""
        try:
            with self._http.stream("GET", f"{_job_path(job_id)}/events") as answer:
                if not answer.is_success:
                    answer.read()
                    raise self._refusal(answer)
                for line in answer.iter_lines():
                    if line.startswith("data:"):
                        yield Job.model_validate_json(line.removeprefix("data:"))
        except httpx2.TransportError as error:
            raise self._away(error) from error
        except ValidationError as error:
            raise ImageSearchError(Problem(status=502, detail=f"{self.url}: not a job's events")) from error

    def _streamed(self, method: str, path: str, timeout: float) -> Iterator[bytes]:
        try:
            with self._http.stream(method, path, timeout=timeout) as answer:
                if not answer.is_success:
                    answer.read()
                    raise self._refusal(answer)
                yield from answer.iter_raw()
        except httpx2.TransportError as error:
            raise self._away(error) from error

    def _ask(self, method: str, path: str, **content: Any) -> httpx2.Response:
        try:
            answer = self._http.request(method, path, **content)
        except httpx2.TransportError as error:
            raise self._away(error) from error
        except httpx2.InvalidURL as error:
            raise ImageSearchError(Problem(title="No address", detail=f"{path[:100]}: {error}")) from error
        except UnicodeEncodeError as error:
            detail = f"{error.object[error.start : error.end]!a} isn't valid UTF-8: nothing was asked."
            raise ImageSearchError(Problem(title="No text", status=422, detail=detail)) from error
        if answer.is_success or answer.is_redirect:  # the latter: signed in
            return answer
        raise self._refusal(answer)

    def _read(self, model: type[Model], answer: httpx2.Response) -> Model:
        try:
            return model.model_validate_json(answer.content)
        except ValidationError as error:
            raise self._unreadable(answer) from error

    def _refusal(self, answer: httpx2.Response) -> ImageSearchError:
        try:
            return ImageSearchError(Problem.model_validate(json.loads(answer.content)))
        except (ValueError, ValidationError):
            said = f"{self.url} answered with status {answer.status_code} and no reason."
            return ImageSearchError(Problem(status=answer.status_code, detail=said))

    def _unreadable(self, answer: httpx2.Response) -> ImageSearchError:
        said = f"What answers at {answer.url} isn't an image search service, or one of another version."
        return ImageSearchError(Problem(status=502, title="Unreadable answer", detail=said))

    def _away(self, error: httpx2.TransportError) -> ImageSearchError:
        why = str(error) or type(error).__name__
        said = f"No image search service can be reached at {self.url} ({why})."
        return ImageSearchError(Problem(title="Not reachable", detail=said))


def _job_path(job_id: str) -> str:
    return f"/jobs/{quote(job_id, safe='')}"


def _evaluation_path(job_id: str) -> str:
    return f"/evaluations/{quote(job_id, safe='')}"
