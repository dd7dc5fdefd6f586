"""Who asks: by API key, by session, by what a trusted proxy says; or whether everybody may."""

from dataclasses import dataclass, field

from anyio import CapacityLimiter, to_thread
from starlette.requests import HTTPConnection

from aggregate_service.access.attempts import Attempts
from aggregate_service.access.errors import NotSignedIn, WrongKey, WrongPassword
from aggregate_service.access.keys import ApiKeys
from aggregate_service.access.passwords import Password, same
from aggregate_service.access.rights import Right
from aggregate_service.access.sessions import COOKIE, Sessions
from service_kit.forwarded import NO_PROXIES, Proxies


@dataclass(frozen=True)
class Caller:
    """`name` is for the audit log."""

    name: str
    right: Right


@dataclass(frozen=True)
class Rules:
    """How people get in. `is_open`: everybody may do all. `token`: the secret of a link that signs in."""

    is_open: bool = True
    password: Password | None = None
    token: str = ""
    proxy_header: str = ""
    proxy_right: Right = Right.WRITE
    proxies: Proxies = NO_PROXIES

    @property
    def any_host(self) -> bool:
        """Whether a foreign name does no harm: its page has no cookie and no key of ours, but can send a
        header as the proxy does from where the visitor's browser is."""
        return not self.is_open and not self.proxy_header


ANYBODY = Caller("anybody", Right.ADMIN)


@dataclass
class AccessControl:
    rules: Rules
    keys: ApiKeys
    sessions: Sessions
    attempts: Attempts = field(default_factory=Attempts)
    # One at a time: checking a hash takes 64 MB and a tenth of a second of the processor.
    _checking: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(1))

    async def caller(self, request: HTTPConnection) -> Caller:
        """`NotSignedIn`, or `WrongKey`, when nobody knows who it is."""
        if self.rules.is_open:
            return ANYBODY
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return await self._of_key(key.strip(), client_of(request))
        if self.sessions.is_valid(request.cookies.get(COOKIE, "")):
            return Caller("signed in", Right.ADMIN)
        if user := self._said_by_proxy(request):
            return Caller(f"user {user}", self.rules.proxy_right)
        raise NotSignedIn

    async def sign_in(self, password: str, client: str) -> str:
        """The session's cookie; `WrongPassword`, `TooManyAttempts`."""
        self.attempts.count(client)
        known = self.rules.password
        if known is not None and await to_thread.run_sync(known.fits, password, limiter=self._checking):
            return self.sessions.begin()
        raise WrongPassword

    def sign_in_by_link(self, token: str, client: str) -> str:
        self.attempts.count(client)
        if self.rules.token and same(token, self.rules.token):
            return self.sessions.begin()
        raise WrongPassword

    async def _of_key(self, key: str, client: str) -> Caller:
        if self.rules.token and same(key, self.rules.token):
            return Caller("token", Right.ADMIN)
        found = await to_thread.run_sync(self.keys.find, key)
        if found is None:
            self.attempts.count(client)
            raise WrongKey
        return Caller(f"key {found.id} {found.name}", found.right)

    def _said_by_proxy(self, request: HTTPConnection) -> str:
        """The user that a named proxy has signed in; nobody else may say so."""
        if not self.rules.proxy_header or not self.rules.proxies.are_named(request.scope.get("peer", "")):
            return ""
        said = request.headers.getlist(self.rules.proxy_header)
        return said[0][:100] if len(said) == 1 else ""


def client_of(request: HTTPConnection) -> str:
    return request.client.host if request.client else "unknown"
