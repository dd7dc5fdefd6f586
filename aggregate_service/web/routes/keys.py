"""API keys: made, listed and revoked by whoever has the right `admin`."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, BeforeValidator, Field, StringConstraints
from starlette.concurrency import run_in_threadpool

from aggregate_service.access.errors import NoSuchKey
from aggregate_service.access.keys import ApiKey
from aggregate_service.access.rights import Right
from aggregate_service.web.page.visitor import visitor_of
from aggregate_service.web.routes.html import html, wants_html
from aggregate_service.web.routes.parts import Parts, Wired
from service_kit.problems import documented

router = APIRouter(prefix="/keys", tags=["access"])
RightName = Literal["read", "write", "admin"]
_HTML: dict[int | str, dict[str, Any]] = {200: {"content": {"text/html": {}}}}


def _printable(name: str) -> str:
    return "".join(letter for letter in name if letter.isprintable())


Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), BeforeValidator(_printable)
]


class KeyAnswer(BaseModel):
    id: int
    name: str = Field(examples=["the backup script"])
    right: RightName
    created_at: datetime
    used_at: datetime | None = Field(description="To the minute; null: never.")


class NewKeyAnswer(KeyAnswer):
    key: str = Field(description="Shown this once.", examples=["isk_8fT…"])


class KeysAnswer(BaseModel):
    keys: list[KeyAnswer]


@router.get("", summary="All API keys", response_model=KeysAnswer, responses=_HTML | documented(401))
async def list_keys(request: Request, parts: Wired) -> Response:
    """`curl -H "Authorization: Bearer $KEY" http://localhost:8000/keys`"""
    answer = await _listed(parts)
    if wants_html(request):
        return html(parts.page.keys(answer.model_dump(mode="json")["keys"], visitor_of(request)))
    return Response(answer.model_dump_json(), media_type="application/json", headers={"Vary": "Accept"})


@router.post(
    "",
    status_code=201,
    summary="Make an API key",
    response_model=NewKeyAnswer,
    responses=_HTML | documented(401, 422),
)
async def make_key(
    request: Request,
    parts: Wired,
    name: Annotated[Name, Form()],
    right: Annotated[RightName, Form()] = "read",
) -> Response:
    """`curl -d name=backup -d right=write http://localhost:8000/keys`"""
    key, made = await run_in_threadpool(parts.access.keys.make, name, Right.named(right))
    if wants_html(request):
        listed = await _listed(parts)
        page = parts.page.keys(listed.model_dump(mode="json")["keys"], visitor_of(request), key)
        return html(page, 201, {"Cache-Control": "no-store"})
    answer = NewKeyAnswer(key=key, **_answer(made).model_dump())
    return JSONResponse(answer.model_dump(mode="json"), 201, {"Cache-Control": "no-store", "Vary": "Accept"})


@router.delete("/{key_id}", status_code=204, summary="Revoke an API key", responses=documented(401, 404, 422))
async def revoke_key(key_id: int, parts: Wired) -> Response:
    """From now on nobody gets in with it. `curl -X DELETE http://localhost:8000/keys/3`"""
    if not await run_in_threadpool(parts.access.keys.revoke, key_id):
        raise NoSuchKey(key_id)
    return Response(status_code=204)


@router.post(
    "/{key_id}/revoke",
    status_code=303,
    summary="Revoke an API key, from a form",
    response_class=RedirectResponse,
    responses=documented(401, 404, 422),
)
async def revoke_key_from_form(key_id: int, parts: Wired) -> Response:
    await revoke_key(key_id, parts)
    return RedirectResponse("/keys", 303)


async def _listed(parts: Parts) -> KeysAnswer:
    return KeysAnswer(keys=[_answer(key) for key in await run_in_threadpool(parts.access.keys.all)])


def _answer(key: ApiKey) -> KeyAnswer:
    return KeyAnswer(
        id=key.id,
        name=key.name,
        right=key.right.said,
        created_at=datetime.fromtimestamp(key.created_at, UTC),
        used_at=None if key.used_at is None else datetime.fromtimestamp(key.used_at, UTC),
    )
