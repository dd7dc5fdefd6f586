"""Near-duplicates over HTTP: groups, the best of each first, as JSON or as a page to clear them up."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.duplicates import DuplicatesPage, removable
from aggregate_service.catalogue.pictures import LARGEST_ID
from aggregate_service.web.page.visitor import visitor_of
from aggregate_service.web.routes.html import as_json, html, wants_html
from aggregate_service.web.routes.parts import Parts, Wired
from aggregate_service.web.schemas import DuplicateGroup, DuplicatesAnswer, picture_answer
from service_kit.collection_name import collection_name
from service_kit.problems import documented

router = APIRouter(tags=["pictures"])
_PAGE, _LARGEST_PAGE = 20, 200
Before = Annotated[int | None, Query(ge=0, le=LARGEST_ID, description="`next` of another page.")]


@router.get(
    "/duplicates",
    summary="Groups of near-duplicates",
    response_model=DuplicatesAnswer,
    responses={200: {"content": {"text/html": {}}}, **documented(422, 503)},
)
async def duplicates(
    request: Request,
    parts: Wired,
    limit: Annotated[int, Query(ge=1, le=_LARGEST_PAGE, description="Most groups in a page.")] = _PAGE,
    before: Before = None,
) -> Response:
    """Each with the best picture first: the largest, then the oldest. They are looked for by and by.

    `curl http://localhost:8000/duplicates`
    """
    fingerprint = (await parts.embedding.encoder()).fingerprint
    collection = collection_name(fingerprint)
    found = await run_in_threadpool(parts.catalog.duplicates, collection, before, limit)
    answer = await run_in_threadpool(_answer, parts, found)
    if wants_html(request):
        return html(parts.page.duplicates(answer.model_dump(mode="json"), visitor_of(request)))
    return as_json(answer)


def _answer(parts: Parts, found: DuplicatesPage) -> DuplicatesAnswer:
    searchable = parts.catalog.searchable(picture.id for group in found.groups for picture in group)
    return DuplicatesAnswer(
        groups=[
            DuplicateGroup(
                images=[
                    picture_answer(picture, picture.id in searchable, parts.settings.missing_days)
                    for picture in group
                ],
                removable=removable(group),
            )
            for group in found.groups
        ],
        next=found.next,
        compared=found.compared,
        total=found.total,
    )
