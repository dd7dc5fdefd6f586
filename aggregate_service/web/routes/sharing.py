"""What another app on a phone shares with this one: it is searched with, and not kept.

Where the service worker runs, it takes photos before they come here (`frontend/static/worker.js`).
"""

import re
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from aggregate_service.access.control import client_of
from aggregate_service.search.question import LONGEST_TEXT, Question, checked
from aggregate_service.web.page.query_links import Address
from aggregate_service.web.routes.html import PAGE_K
from aggregate_service.web.routes.parts import Wired
from aggregate_service.web.routes.questions import Files, read_uploads
from aggregate_service.web.routes.search import answered

router = APIRouter(include_in_schema=False)
_LINK = re.compile(r"https?://\S+")
Said = Annotated[str, Form()]


@router.post("/share")
async def share(
    request: Request,
    parts: Wired,
    files: Files = [],  # noqa: B006 - FastAPI copies it
    title: Said = "",
    text: Said = "",
    url: Said = "",
) -> Response:
    sent = [file for file in files if file.filename or file.size]
    if not sent:
        return RedirectResponse(_words_or_link(url, text, title), 303)
    parts.rates.count_embeddings(client_of(request), len(sent))
    k = PAGE_K // 3 if len(sent) > 1 else PAGE_K
    question = Question(uploads=tuple(await read_uploads(parts, sent, k)), k=k)
    return await answered(request, parts, checked(question, parts.settings.max_k), Address())


def _words_or_link(*said: str) -> str:
    """A link may come as text: that is how some apps share it."""
    first = next((each.strip() for each in said if each.strip()), "")
    link = _LINK.search(first)
    asked = ("url", link[0]) if link else ("text", first[:LONGEST_TEXT])
    return str(Address.of([asked])) if first else "/"
