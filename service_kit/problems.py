"""Errors as RFC 9457 problem+json: the status lives on the exception, routes contain no `try`.

A problem's `type` is its name: that of its sentence where that is a `Message`, else that of its class.
"""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from service_kit.messages.message import members, message, type_of

PROBLEM_JSON = "application/problem+json"
_WORD = re.compile(r"(?<=[a-z])([A-Z])")
_ROUTING = {str(said): said for said in (message("not-found"), message("method-not-allowed"))}


class Problem(HTTPException):
    """Base of every error a client sees. Subclasses set `status`; `title` defaults to the status phrase.

    `detail` says what was wrong, with what, and what to do next. `errors` lists several causes.
    """

    status = 500
    title = ""

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[dict[str, Any]] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(self.status, detail, headers)
        self.errors = list(errors)

    def body(self) -> dict[str, Any]:
        name = _WORD.sub(r"-\1", type(self).__name__).lower()
        return problem_body(self.status, self.detail, self.title, self.errors, type_of(name))


class BadRequest(Problem):
    status = 400


class Forbidden(Problem):
    status = 403


class NotFound(Problem):
    status = 404


class RequestTimeout(Problem):
    status = 408


class Conflict(Problem):
    status = 409


class TooLarge(Problem):
    status = 413


class Unprocessable(Problem):
    status = 422


class Unavailable(Problem):
    status = 503


class ProblemModel(BaseModel):
    """RFC 9457 problem, as OpenAPI documents it."""

    type: str = Field(examples=["urn:image-search:no-text-side"], description="Its stable name.")
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    detail: str
    parameters: dict[str, Any] = Field({}, description="What `detail` was made of, for other languages.")
    errors: list[dict[str, Any]] = []


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that can answer with these problem statuses."""
    return {
        s: {"description": HTTPStatus(s).phrase, "content": {PROBLEM_JSON: {"schema": _SCHEMA}}}
        for s in statuses
    }


_SCHEMA = ProblemModel.model_json_schema()


def problem_body(
    status: int,
    detail: str,
    title: str = "",
    errors: Sequence[dict[str, Any]] = (),
    type_: str = "about:blank",
) -> dict[str, Any]:
    """`type_` is for a `detail` without a name of its own."""
    body = {"type": type_, "title": title or HTTPStatus(status).phrase, "status": status} | members(detail)
    listed = [error | members(error["detail"]) if "detail" in error else error for error in errors]
    return body | {"errors": listed} if listed else body


def body_of(error: HTTPException | RequestValidationError) -> dict[str, Any]:
    """The problem that an error becomes, wherever it was raised."""
    if isinstance(error, Problem):
        return error.body()
    if isinstance(error, HTTPException):
        return problem_body(error.status_code, _ROUTING.get(error.detail, error.detail))
    # The input is left out: it may hold NaN, which JSON can't, or a whole file.
    errors = [
        {"location": ".".join(str(part) for part in e["loc"]), "detail": e["msg"]} for e in error.errors()
    ]
    shown = "; ".join(f"{e['location']}: {e['detail']}" for e in errors[:3])
    return problem_body(422, message("request-not-valid", reason=shown), errors=errors)


def install_problem_handlers(app: FastAPI) -> None:
    @app.exception_handler(HTTPException)
    async def http_exception(_request: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse(body_of(error), error.status_code, error.headers, media_type=PROBLEM_JSON)

    @app.exception_handler(RequestValidationError)
    async def invalid_request(_request: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse(body_of(error), 422, media_type=PROBLEM_JSON)
