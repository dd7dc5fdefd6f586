"""The picture at a link, for the page to search with: browsers may not read it from elsewhere themselves."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from aggregate_service.access.control import client_of
from aggregate_service.web.routes.images import SAFE
from aggregate_service.web.routes.parts import Wired
from picture_files.formats import HEAD_BYTES, suffix_of, with_suffix

router = APIRouter(include_in_schema=False)


@router.post("/linked-picture")
async def linked_picture(request: Request, parts: Wired, url: Annotated[str, Form()]) -> Response:
    """Within the limits of every download; nothing of it is kept here."""
    parts.rates.count_embeddings(client_of(request), 1)
    data = (await parts.linked.fetch(url)).data or b""
    kind = with_suffix(suffix_of(data[:HEAD_BYTES]) or "")
    media_type = kind.media_type if kind else "application/octet-stream"
    return Response(data, media_type=media_type, headers=SAFE | {"Cache-Control": "no-store"})
