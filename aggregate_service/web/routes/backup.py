"""The whole installation in one file, for whoever has the right `admin`."""

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from aggregate_service.web.routes.parts import Wired
from service_kit.problems import documented

router = APIRouter(tags=["backup"])
BACKUP = "application/vnd.image-search.backup+zip"


@router.post(
    "/backup",
    summary="Back everything up",
    response_class=StreamingResponse,
    responses={200: {"content": {BACKUP: {}}}, **documented(401, 403, 503, 507)},
)
async def backup(parts: Wired) -> StreamingResponse:
    """Catalogue, keys, vectors and the pictures that people added, as of this moment, while all goes on.

    A file that breaks off is none: `image-search verify FILE`. Pictures in your own folders aren't in it.

    `curl -X POST -o photos.backup http://localhost:8000/backup`
    """
    parts_of_it = await parts.backups.begin()
    return StreamingResponse(parts_of_it, media_type=BACKUP, headers={"Cache-Control": "no-store"})
