"""What every answer carries: headers against guessing and framing; problems for plain errors."""

import json

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service_kit.messages.message import message
from service_kit.problems import PROBLEM_JSON, problem_body

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}
_NOTHING = "default-src 'none'; frame-ancestors 'none'"
# Pages without a policy of their own are those of the API's documentation, which have a script inside.
_DOCUMENTATION = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; worker-src blob:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_OUTSIDE_FILE = 416


class SafeAnswers:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        held: Message | None = None  # the start of an error in plain text, until its text is here

        async def answer(event: Message) -> None:
            nonlocal held
            if event["type"] == "http.response.start":
                headers = MutableHeaders(scope=event)
                kind = headers.get("content-type", "")
                _add(headers, kind)
                if event["status"] >= 400 and kind.startswith("text/plain"):
                    held = event
                    return
            elif held is not None:
                start, held = held, None
                event = _as_problem(start, event)
                await send(start)
            await send(event)

        await self.app(scope, receive, answer)


def _add(headers: MutableHeaders, kind: str) -> None:
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    if kind.startswith(("text/html", "application/", "text/plain")):
        headers.setdefault("Content-Security-Policy", _DOCUMENTATION if "html" in kind else _NOTHING)


def _as_problem(start: Message, body: Message) -> Message:
    """The body in place of the framework's own, a line of text in one message; `start` is made to fit it."""
    status = start["status"]
    text = body.get("body", b"").decode("utf-8", "replace")
    detail = message("range-outside-file") if status == _OUTSIDE_FILE else text
    content = json.dumps(problem_body(status, detail)).encode()
    headers = MutableHeaders(scope=start)
    headers["Content-Type"], headers["Content-Length"] = PROBLEM_JSON, str(len(content))
    return {"type": "http.response.body", "body": content}
