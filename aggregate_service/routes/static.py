"""The page's stylesheet, script and icons, which browsers may keep for a while."""

from os import PathLike, stat_result

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from frontend import STATIC

router = APIRouter(include_in_schema=False)
_FOR_EVER = "public, max-age=31536000, immutable"


class StaticWithCache(StaticFiles):
    """For ever where the address names the content (`?v=`), else an hour, then a 304 while unchanged."""

    def file_response(
        self,
        full_path: str | PathLike[str],
        stat_result: stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        named = b"v=" in scope["query_string"]
        response.headers["Cache-Control"] = _FOR_EVER if named else "public, max-age=3600"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


@router.get("/favicon.ico")
async def favicon() -> FileResponse:
    """Browsers ask for it on their own where no page names an icon, as when a picture is opened alone."""
    return FileResponse(STATIC / "favicon.svg", headers={"Cache-Control": "public, max-age=86400"})
