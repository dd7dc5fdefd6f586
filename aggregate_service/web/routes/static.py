"""The page's stylesheet, modules and icons, which browsers may keep."""

import re
from os import PathLike, stat_result

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from frontend import STATIC, static_version

router = APIRouter(include_in_schema=False)
_FOR_EVER = "public, max-age=31536000, immutable"
_VERSIONED = re.compile(r"^([0-9a-f]{10})/")


class StaticWithCache(StaticFiles):
    """`/static/<version>/page.js` may be kept for ever, `/static/page.js` for an hour.

    The version stands in the path so that what a module imports beside itself has the same one.
    """

    def __init__(self) -> None:
        super().__init__(directory=STATIC)
        self._version = static_version()

    def get_path(self, scope: Scope) -> str:
        return _VERSIONED.sub("", super().get_path(scope))

    def file_response(
        self,
        full_path: str | PathLike[str],
        stat_result: stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        named = f"/static/{self._version}/" in scope["path"]
        response.headers["Cache-Control"] = _FOR_EVER if named else "public, max-age=3600"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def static_files() -> ASGIApp:
    """The static files, compressed: text that every visitor loads first."""
    return GZipMiddleware(StaticWithCache(), minimum_size=500)


@router.get("/favicon.ico")
async def favicon() -> FileResponse:
    """Browsers ask for it on their own where no page names an icon, as when a picture is opened alone."""
    return FileResponse(STATIC / "favicon.svg", headers={"Cache-Control": "public, max-age=86400"})
