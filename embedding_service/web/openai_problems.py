"""Problems as OpenAI-style clients read them: still problem+json, with the member they show to people."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from embedding_service.web.json_requests import JsonRoute
from service_kit.problems import PROBLEM_JSON, body_of


class OpenAiStyleRoute(JsonRoute):
    """Adds `error` (`message`, `type`, `code`) to every problem: without it these clients say "404" only."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_or_explain(request: Request) -> Response:
            try:
                return await handle(request)
            except (HTTPException, RequestValidationError) as error:
                body = body_of(error)
                member = {"message": body["detail"], "type": body["title"], "code": str(body["status"])}
                headers = getattr(error, "headers", None)
                return JSONResponse(
                    body | {"error": member}, body["status"], headers, media_type=PROBLEM_JSON
                )

        return handle_or_explain
