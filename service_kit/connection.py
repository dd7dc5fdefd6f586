"""One HTTP connection as uvicorn serves it, with the bounds that uvicorn leaves out.

On a request's head (time, bytes, fields), on clients that do not read, on what comes after an early answer,
and on connections. docs/decisions/0014-connections.md says why here, and not by another server.
"""

import json
from asyncio import TimerHandle, Transport
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from service_kit.messages.message import message
from service_kit.problems import PROBLEM_JSON, problem_body

_LINGER_SECONDS = 2.0
"""What a refused client still sends is read past for so long, else it would see a reset and no answer."""


@dataclass(frozen=True)
class ConnectionLimits:
    """`head_seconds`: from the connection, or a later request's first byte, to the end of the headers."""

    connections: int = 500
    head_seconds: float = 10.0
    head_bytes: int = 65_536
    head_fields: int = 100
    unread_seconds: float = 60.0
    after_answer_seconds: float = 30.0


IdleConnections = dict["GuardedProtocol", None]
"""Those of a server that do nothing, in the order in which they began to."""


class _HeadTooLarge(Exception):
    pass


class GuardedProtocol(HttpToolsProtocol):
    def __init__(self, *args: Any, limits: ConnectionLimits, idle: "IdleConnections", **named: Any) -> None:
        super().__init__(*args, **named)
        self.limits, self.idle = limits, idle
        self._timer: TimerHandle | None = None
        self._unread_timer: TimerHandle | None = None
        self._in_message = self._ended_a_message = self._parsed_something = self._is_refused = False
        self._head_bytes = self._head_fields = self._unparsed = self._received = 0

    @property
    def is_idle(self) -> bool:
        """Nothing is being answered, and no whole request is here."""
        answered = self.cycle is None or self.cycle.response_complete
        return self._is_refused or (answered and not self._in_message)

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._start_timer(self.limits.head_seconds, self._head_took_too_long)
        self._note_idleness()
        if len(self.connections) > self.limits.connections and not self._make_room():
            self._refuse(503, message("connections-too-many"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self.idle.pop(self, None)
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_refused or self.transport.is_closing():
            return
        self._received += len(data)
        in_message, self._ended_a_message, self._parsed_something = self._in_message, False, False
        super().data_received(data)
        self._look_at_progress(len(data), in_message)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = self._head_fields = 0

    def on_url(self, url: bytes) -> None:
        self._count(len(url), 0)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """What follows a body in chunks is no header: a proxy may have removed one of that name."""
        self._count(len(name) + len(value), 1)
        if not self._in_message:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._stop_timer()
        self._in_message = self._parsed_something = True
        self._note_idleness()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._parsed_something = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_message, self._ended_a_message, self._parsed_something = False, True, True
        self._stop_timer()
        super().on_message_complete()
        self._note_idleness()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._note_idleness()
        if self._in_message:  # answered before the body was here, which nobody needs any more
            self._start_timer(self.limits.after_answer_seconds, self.transport.abort)

    def pause_writing(self) -> None:
        """The client doesn't read: what it was sent fills every buffer on the way."""
        super().pause_writing()
        if self._unread_timer is None:
            self._unread_timer = self.loop.call_later(self.limits.unread_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """uvicorn calls it for whatever the parser refused, and for what `_count` raised inside it."""
        if self._is_refused:
            return
        too_large = self._head_bytes > self.limits.head_bytes or self._head_fields > self.limits.head_fields
        self._refuse(431, self._too_large()) if too_large else self._refuse(400, message("not-http"))

    def _look_at_progress(self, size: int, in_message: bool) -> None:
        if self._is_refused:
            return
        self._unparsed = 0 if self._parsed_something else self._unparsed + size
        if self._unparsed > self.limits.head_bytes:  # one header, or one chunk's extension, without an end
            self._refuse(431, self._too_large())
        elif not (in_message or self._in_message or self._ended_a_message or self._timer):  # a head has begun
            self._start_timer(self.limits.head_seconds, self._head_took_too_long)

    def _count(self, size: int, fields: int) -> None:
        self._parsed_something = True
        self._head_bytes += size
        self._head_fields += fields
        if self._head_bytes > self.limits.head_bytes or self._head_fields > self.limits.head_fields:
            raise _HeadTooLarge

    def _too_large(self) -> str:
        kilobytes = self.limits.head_bytes // 1024
        return message("headers-too-large", fields=self.limits.head_fields, kilobytes=kilobytes)

    def _head_took_too_long(self) -> None:
        self._timer = None
        if self.cycle is not None and not self.cycle.response_complete:  # of the request before this one
            self._start_timer(self.limits.head_seconds, self._head_took_too_long)
        elif not self._received:
            self.transport.close()
        else:
            self._refuse(408, message("headers-too-slow", seconds=f"{self.limits.head_seconds:g}"))

    def _refuse(self, status: int, detail: str) -> None:
        if self.transport.is_closing():
            return
        self._is_refused = True
        self._note_idleness()
        self._stop_timer()
        self._unset_keepalive_if_required()
        body = json.dumps(problem_body(status, detail)).encode()
        lines = (f"content-type: {PROBLEM_JSON}", f"content-length: {len(body)}", "connection: close", "", "")
        self.transport.write(STATUS_LINE[status] + "\r\n".join(lines).encode() + body)
        self.transport.write_eof()
        self._start_timer(_LINGER_SECONDS, self.transport.abort)

    def _make_room(self) -> bool:
        """Close the connection that has been idle for longest; False when all are at work."""
        idle = next((each for each in self.idle if each is not self), None)
        if idle is not None:
            del self.idle[idle]
            self.connections.discard(idle)
            idle.transport.abort()
        return idle is not None

    def _note_idleness(self) -> None:
        """Thousands may do nothing: which is to go next is known without a look at all of them."""
        if not self.is_idle:
            self.idle.pop(self, None)
        elif not self.transport.is_closing():
            self.idle.setdefault(self)

    def _start_timer(self, seconds: float, then: Any) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(seconds, then)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
