"""What labels, folders and cameras begin with what somebody types."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.storable import is_storable
from aggregate_service.catalogue.suggestions import Kind
from aggregate_service.web.routes.parts import Wired
from aggregate_service.web.schemas import SuggestionsAnswer
from service_kit.problems import documented

router = APIRouter(tags=["pictures"])


@router.get("/suggestions", summary="Complete a label, folder or camera", responses=documented(422, 503))
async def suggestions(
    parts: Wired,
    kind: Annotated[Kind, Query(description="Of what.")] = "label",
    prefix: Annotated[str, Query(max_length=1_000, description="What was typed so far.")] = "",
    limit: Annotated[int, Query(ge=1, le=50, description="Most suggestions.")] = 10,
) -> SuggestionsAnswer:
    """`curl 'http://localhost:8000/suggestions?kind=label&prefix=be'`"""
    if not is_storable(prefix):
        return SuggestionsAnswer(suggestions=[])
    return SuggestionsAnswer(
        suggestions=await run_in_threadpool(parts.catalog.suggestions, kind, prefix, limit)
    )
