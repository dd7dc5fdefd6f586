"""A question as it comes over HTTP: from the address, or from a form; both say the same."""

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite
from typing import Annotated

from fastapi import Depends, File, Form, Query, Request, UploadFile

from aggregate_service.access.control import client_of
from aggregate_service.errors import InvalidRequest
from aggregate_service.search.question import (
    LONGEST_TEXT,
    Box,
    Question,
    Upload,
    boxes_of,
    checked,
    combine_of,
    parts_of,
    sort_of,
    weights_of,
)
from aggregate_service.web.known_fields import QUESTION, require_known
from aggregate_service.web.routes.filters import Filter, FilterInForm
from aggregate_service.web.routes.html import DEFAULT_K, PAGE_K, wants_html
from aggregate_service.web.routes.parts import Parts, Wired
from service_kit.messages.message import message

_TEXT = "Words for what the pictures show; `words^-0.5` weighs them (default 1, from -10 to 10)."
_ID = "A picture of the catalogue, by its id; may end in `^weight`."
_URL = "A picture of the catalogue, by the link that it came from; may end in `^weight`."
_LINKED = (
    "A picture by its link: one of the catalogue that came from it, or else it is downloaded to search with, "
    "and not kept; may end in `^weight`."
)
_K = "How many pictures: 1 to 1,000; 5 if left out."
_OFFSET = "Leave out so many of the best: the next page. With `k`, at most 1,000."
_MIN_SCORE = "Leave out what scores less."
_COLLAPSE = "Fold near-duplicates of a better hit into it, and count them."
_BOX = (
    "Search by a region, `x,y,w,h` as fractions of the upright picture; several of the same picture are each "
    "answered by a result of their own"
)
_SORT = "`taken`: what is relevant, newest first; `relevance`: best first."
_MODEL = "An encoder's name; the embedding service's default if left out."

_OLDER = "/uploadfiles"
"""What calls it was written for another system, whose fields nobody knows."""

Files = Annotated[list[UploadFile], File(description="1 to 32 pictures.")]
WantedK = Annotated[int, Form(description=_K, examples=[5])]
Model = Annotated[str | None, Form(description=_MODEL)]


def question_in_address(
    request: Request,
    parts: Wired,
    filter_: Filter,
    text: Annotated[list[str], Query(description=_TEXT, examples=[["a red bus"]])] = [],  # noqa: B006 - FastAPI copies it
    id_: Annotated[list[str], Query(alias="id", description=_ID)] = [],  # noqa: B006
    url: Annotated[list[str], Query(description=_URL)] = [],  # noqa: B006
    search: Annotated[list[str], Query(description="An older name for `text`.")] = [],  # noqa: B006
    index: Annotated[list[str], Query(description="An older name for `id`.")] = [],  # noqa: B006
    k: Annotated[int | None, Query(description=_K, examples=[5])] = None,
    offset: Annotated[int, Query(description=_OFFSET)] = 0,
    min_score: Annotated[str, Query(description=_MIN_SCORE, examples=["0.8"])] = "",
    collapse: Annotated[bool, Query(description=_COLLAPSE)] = False,
    box: Annotated[list[str], Query(description=f"{_BOX}; with exactly one `id` or `url`.")] = [],  # noqa: B006
    sort: Annotated[str, Query(description=_SORT)] = "relevance",
    model: Annotated[str | None, Query(description=_MODEL)] = None,
) -> Question:
    first, more = _boxes(box)
    question = Question(
        parts=parts_of([*text, *search], [*id_, *index], url),
        box=first,
        more_boxes=more,
        k=_k_of_address(request, len(more)) if k is None else k,
        offset=offset,
        min_score=_number(min_score),
        collapse=collapse,
        filter=filter_,
        sort=sort_of(sort),
        model=model or None,
    )
    if not question.parts:
        raise InvalidRequest(message("nothing-asked-for", most=LONGEST_TEXT))
    parts.rates.count_embeddings(client_of(request), len(question.parts) + len(more))
    return checked(question, parts.settings.max_k)


async def question_in_form(
    request: Request,
    parts: Wired,
    filter_: FilterInForm,
    files: Files = [],  # noqa: B006
    weights: Annotated[str, Form(description="One for each file, comma-separated; 1 if left out.")] = "",
    text: Annotated[list[str], Form(description=_TEXT)] = [],  # noqa: B006
    id_: Annotated[list[str], Form(alias="id", description=_ID)] = [],  # noqa: B006
    url: Annotated[list[str], Form(description=_LINKED)] = [],  # noqa: B006
    combine: Annotated[
        str,
        Form(
            description="`each`: a result for each file, with the words added to it. `average`: one query of "
            "everything. `any`: pictures near any part; `all`: near every part."
        ),
    ] = "each",
    k: Annotated[int | None, Form(description=_K, examples=[5])] = None,
    offset: Annotated[int, Form(description=_OFFSET)] = 0,
    min_score: Annotated[str, Form(description=_MIN_SCORE)] = "",
    collapse: Annotated[bool, Form(description=_COLLAPSE)] = False,
    box: Annotated[
        list[str], Form(description=f"{_BOX}: of the first file, or of the one `id` or `url`.")
    ] = [],  # noqa: B006
    sort: Annotated[str, Form(description=_SORT)] = "relevance",
    model: Model = None,
) -> Question:
    if request.url.path.rstrip("/") != _OLDER:
        require_known(await request.form(), QUESTION)
    sent = [file for file in files if file.filename or file.size]  # an empty form field isn't a file
    first, more = _boxes(box)
    question = Question(
        parts=parts_of(text, id_, url),
        combine=combine_of(combine),
        box=first,
        more_boxes=more,
        k=_k_of_form(request, len(sent) + len(more), combine) if k is None else k,
        offset=offset,
        min_score=_number(min_score),
        collapse=collapse,
        filter=filter_,
        sort=sort_of(sort),
        model=model or None,
    )
    parts.rates.count_embeddings(client_of(request), len(question.parts) + len(sent) + len(more))
    uploads = await read_uploads(parts, sent, question.k) if sent or not question.parts else []
    weighed = zip(uploads, weights_of(weights, len(uploads)), strict=True)
    weighted = tuple(Upload(upload.filename, upload.data, weight) for upload, weight in weighed)
    asked = await parts.linked.resolved(replace(question, uploads=weighted))
    return checked(asked, parts.settings.max_k)


QuestionInAddress = Annotated[Question, Depends(question_in_address)]
QuestionInForm = Annotated[Question, Depends(question_in_form)]


async def read_uploads(parts: Parts, files: Sequence[UploadFile], k: int) -> list[Upload]:
    """The uploads in memory, after the checks that need nobody else; too large ones stay unread."""
    if not 1 <= k <= parts.settings.max_k:
        raise InvalidRequest(message("k-out-of-range", most=parts.settings.max_k, given=k))
    if not 1 <= len(files) <= parts.settings.max_files:
        raise InvalidRequest(message("picture-count", most=parts.settings.max_files, count=len(files)))
    limit = parts.settings.max_file_bytes
    return [
        Upload(file.filename or "", None if (file.size or 0) > limit else await file.read()) for file in files
    ]


def _boxes(texts: Sequence[str]) -> tuple[Box | None, tuple[Box, ...]]:
    first, *more = boxes_of(texts) or (None,)
    return first, tuple(box for box in more if box)


def _k_of_address(request: Request, more_boxes: int) -> int:
    if not wants_html(request):
        return DEFAULT_K
    return PAGE_K // 3 if more_boxes else PAGE_K


def _k_of_form(request: Request, pictures: int, combine: str) -> int:
    if not wants_html(request):
        return DEFAULT_K
    return PAGE_K // 3 if pictures > 1 and combine == "each" else PAGE_K


def _number(text: str) -> float | None:
    """None for an empty field, as forms send it."""
    if not text.strip():
        return None
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not isfinite(number):
        raise InvalidRequest(message("min-score-not-a-number", given=repr(text[:50])))
    return number
