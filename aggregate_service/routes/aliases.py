"""Names that programs written for older systems of this kind call; each does what a newer route does."""

from typing import Annotated

from fastapi import APIRouter, File, UploadFile

from aggregate_service.routes.html import DEFAULT_K
from aggregate_service.routes.parts import Wired
from aggregate_service.routes.search import ANSWERS, Model, WantedK, read_uploads, search_by_pictures
from aggregate_service.schemas import IdsAnswer, SearchAnswer, WordsAnswer
from service_kit.problems import documented

router = APIRouter(tags=["older names"])

router.add_api_route(
    "/uploadfiles",
    search_by_pictures,
    methods=["POST"],
    summary="Search by pictures: the same as POST /",
    responses=ANSWERS,
    response_model=SearchAnswer | WordsAnswer,
)


@router.post(
    "/similarity-search",
    summary="Ids of the pictures most similar to one",
    responses=documented(400, 404, 408, 409, 413, 422, 429, 502, 503),
)
async def similarity_search(
    parts: Wired,
    file: Annotated[UploadFile, File(description="One picture.")],
    k: WantedK = DEFAULT_K,
    model: Model = None,
) -> IdsAnswer:
    """`curl -F file=@dog.jpg http://localhost:8000/similarity-search`"""
    answer = await parts.searcher.by_pictures(await read_uploads(parts, [file], k), k, model or None)
    return IdsAnswer(ids=[hit.index for hit in answer.results[0].similar or []])
