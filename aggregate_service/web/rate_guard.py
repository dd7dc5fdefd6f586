"""Before everything else: what each client asks for in a minute."""

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aggregate_service.access.control import client_of
from aggregate_service.access.rates import Rates


class RateGuard:
    def __init__(self, app: ASGIApp, rates: Rates) -> None:
        self.app, self.rates = app, rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        client = client_of(HTTPConnection(scope))
        self.rates.count_request(client)

        async def receive_counted() -> Message:
            message = await receive()
            self.rates.count_bytes(client, len(message.get("body", b"")))
            return message

        await self.app(scope, receive_counted, send)
