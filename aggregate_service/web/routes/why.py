"""Why a picture was found."""

from dataclasses import replace

from fastapi import APIRouter

from aggregate_service.web.routes.images import KnownPicture
from aggregate_service.web.routes.parts import Wired
from aggregate_service.web.routes.questions import QuestionInAddress, QuestionInForm
from aggregate_service.web.schemas import WhyAnswer
from service_kit.problems import documented

router = APIRouter(prefix="/images", tags=["search"])


@router.get(
    "/{picture_id}/why",
    summary="Which parts of a picture fit a question",
    responses=documented(404, 409, 422, 429, 502, 503),
)
async def why(picture: KnownPicture, parts: Wired, question: QuestionInAddress) -> WhyAnswer:
    """The question is asked as in `GET /search`. Each part is embedded by itself: any encoder will do.

    `curl 'http://localhost:8000/images/17/why?text=a+red+bus'`
    """
    return WhyAnswer(scores=await parts.searcher.why(question, picture))


@router.post(
    "/{picture_id}/why",
    summary="Which parts of a picture fit a question with uploads",
    responses=documented(400, 403, 404, 408, 409, 413, 415, 422, 429, 502, 503, 504),
)
async def why_found_by_pictures(picture: KnownPicture, parts: Wired, question: QuestionInForm) -> WhyAnswer:
    """The question is asked as in `POST /`; several pictures are what they have in common.

    `curl -F files=@dog.jpg http://localhost:8000/images/17/why`
    """
    whole = replace(question, combine="average")
    return WhyAnswer(scores=await parts.searcher.why(whole, picture))
