"""Before every route: who asks, whether they may; and a line in the audit log for every change."""

import logging
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aggregate_service.access.control import ANYBODY, AccessControl, Caller, client_of
from aggregate_service.access.errors import NotAllowed, NotSignedIn, WrongKey
from aggregate_service.access.rights import Right, is_noted, is_open, needed
from aggregate_service.web.routes.html import wants_html
from service_kit.app import STRANGER

audit = logging.getLogger("audit")


class AccessGuard:
    def __init__(self, app: ASGIApp, access: AccessControl) -> None:
        self.app, self.access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        need = needed(scope["method"], scope["path"])
        scope[STRANGER] = scope["path"] == "/readyz" and not await self._is_known(request)
        try:
            caller = await self.access.caller(request) if need else ANYBODY
        except NotSignedIn:
            if scope["method"] == "GET" and wants_html(request):
                await RedirectResponse(_sign_in(request), 303)(scope, receive, send)
                return
            raise
        scope["may_write"] = caller.right >= Right.WRITE
        scope["signed_in"] = need is not None and not self.access.rules.is_open
        if not is_noted(scope["method"], scope["path"], scope["query_string"]):
            _require(need, caller)
            await self.app(scope, receive, send)
            return
        note = Note(request, caller)
        try:
            _require(need, caller)
            await self.app(scope, receive, note.sending(send))
        except Exception as error:
            note.write(getattr(error, "status_code", 500))
            raise

    async def _is_known(self, request: Request) -> bool:
        try:
            await self.access.caller(request)
        except (NotSignedIn, WrongKey):
            return False
        return True


def _require(need: Right | None, caller: Caller) -> None:
    if need and caller.right < need:
        raise NotAllowed(caller.right, need)


class Note:
    """The one line of the audit log about a request."""

    def __init__(self, request: Request, caller: Caller) -> None:
        self._request, self._caller, self._is_written = request, caller, False

    def sending(self, send: Send) -> Send:
        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.write(message["status"])
            await send(message)

        return note

    def write(self, status: int) -> None:
        if self._is_written:
            return
        self._is_written = True
        scope = self._request.scope
        fields = {
            "who": self._caller.name,
            "client": client_of(self._request),
            "method": self._request.method,
            "path": scope["path"],
            "query": "" if is_open(scope["path"]) else scope["query_string"].decode("latin-1")[:500],
            "status": status,
        }
        said = {name: _printable(str(value)) for name, value in fields.items()}
        audit.info("%(who)s (%(client)s): %(method)s %(path)s %(status)s", said, extra={"fields": fields})


def _printable(text: str) -> str:
    """Nobody writes lines of their own into the log."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def _sign_in(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    back = request.scope["path"] + query
    return "/sign-in" if back == "/" else f"/sign-in?back={quote(back, safe='/')}"
