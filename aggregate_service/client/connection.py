"""The client's way to one service: requests, answers as models, and every failure as one kind of error."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx2
from pydantic import BaseModel, ValidationError

from aggregate_service.client.answers import Problem

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
Model = TypeVar("Model", bound=BaseModel)


class ImageSearchError(Exception):
    """The service refused, or couldn't be reached (`problem.status` 0)."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


class Connection:
    """Every call may raise `ImageSearchError`."""

    def __init__(self, url: str, key: str, seconds: float) -> None:
        self.url = url.rstrip("/")
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

    def close(self) -> None:
        self._http.close()

    def ask(self, method: str, path: str, **content: Any) -> httpx2.Response:
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

    def read(self, model: type[Model], method: str, path: str, **content: Any) -> Model:
        """What is answered, as this model."""
        answer = self.ask(method, path, **content)
        try:
            return model.model_validate_json(answer.content)
        except ValidationError as error:
            raise self.unreadable(answer) from error

    @contextmanager
    def stream(self, method: str, path: str, **content: Any) -> Iterator[httpx2.Response]:
        """An answer that is read as it comes."""
        try:
            with self._http.stream(method, path, **content) as answer:
                if not answer.is_success:
                    answer.read()
                    raise self._refusal(answer)
                yield answer
        except httpx2.TransportError as error:
            raise self._away(error) from error

    def _refusal(self, answer: httpx2.Response) -> ImageSearchError:
        try:
            return ImageSearchError(Problem.model_validate(json.loads(answer.content)))
        except (ValueError, ValidationError):
            said = f"{self.url} answered with status {answer.status_code} and no reason."
            return ImageSearchError(Problem(status=answer.status_code, detail=said))

    def unreadable(self, answer: httpx2.Response) -> ImageSearchError:
        said = f"What answers at {answer.url} isn't an image search service, or one of another version."
        return ImageSearchError(Problem(status=502, title="Unreadable answer", detail=said))

    def _away(self, error: httpx2.TransportError) -> ImageSearchError:
        why = str(error) or type(error).__name__
        said = f"No image search service can be reached at {self.url} ({why})."
        return ImageSearchError(Problem(title="Not reachable", detail=said))
