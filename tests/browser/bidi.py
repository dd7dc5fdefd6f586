"""Just enough WebDriver BiDi to walk through pages in Firefox, over just enough of a WebSocket."""

import base64
import json
import os
import re
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any

FIREFOX = Path("/usr/bin/firefox-esr")
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_LISTENS = re.compile(r"WebDriver BiDi listening on ws://([\d.]+):(\d+)")
PATIENCE_S = 120.0


class Closed(Exception):
    """The browser ended the conversation."""


class WebSocket:
    """A client's side of RFC 6455: text in whole messages, and answers to pings."""

    def __init__(self, host: str, port: int, path: str) -> None:
        self._socket = socket.create_connection((host, port), PATIENCE_S)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            f"GET {path} HTTP/1.1",
            f"Host: {host}:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        )
        self._socket.sendall("".join(f"{line}\r\n" for line in (*lines, "")).encode())
        self._in: IO[bytes] = self._socket.makefile("rb")
        status = self._in.readline()
        while self._in.readline() not in (b"\r\n", b""):
            pass
        if b" 101 " not in status:
            raise Closed(status.decode())

    def send(self, text: str) -> None:
        self._frame(_TEXT, text.encode())

    def receive(self) -> str:
        message = b""
        while True:
            first, second = self._exactly(2)
            length = second & 0x7F
            if length >= 126:
                length = int.from_bytes(self._exactly(2 if length == 126 else 8))
            payload = self._exactly(length)
            kind = first & 0x0F
            if kind == _CLOSE:
                raise Closed(payload.decode(errors="replace"))
            if kind == _PING:
                self._frame(_PONG, payload)
            elif kind != _PONG:
                message += payload
                if first & 0x80:
                    return message.decode()

    def close(self) -> None:
        self._in.close()
        self._socket.close()

    def _exactly(self, count: int) -> bytes:
        data = self._in.read(count)
        if len(data) < count:
            raise Closed("the connection was cut")
        return data

    def _frame(self, kind: int, payload: bytes) -> None:
        size = len(payload)
        head = struct.pack("!BB", 0x80 | kind, 0x80 | min(size, 126) if size < 65536 else 0xFF)
        if size >= 126:
            head += struct.pack("!H" if size < 65536 else "!Q", size)
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
        self._socket.sendall(head + mask + masked)


class Tab:
    """One tab of a Firefox."""

    def __init__(self, connection: WebSocket) -> None:
        self._connection = connection
        self._number = 0
        self._call("session.new", capabilities={})
        (tree,) = self._call("browsingContext.getTree")["contexts"]
        self._context = {"context": tree["context"]}

    def goto(self, address: str) -> None:
        self._call("browsingContext.navigate", **self._context, url=address, wait="complete")

    def back(self) -> None:
        self._call("browsingContext.traverseHistory", **self._context, delta=-1)

    def evaluate(self, expression: str) -> Any:
        """A string, number, truth value or null that a script gives."""
        answer = self._call("script.evaluate", expression=expression, target=self._context, awaitPromise=True)
        if answer["type"] == "exception":
            raise AssertionError(answer["exceptionDetails"]["text"])
        return answer["result"].get("value")

    def type(self, keys: str) -> None:
        pressed = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        source = {"type": "key", "id": "keyboard", "actions": pressed}
        self._call("input.performActions", **self._context, actions=[source])

    def click(self, selector: str) -> None:
        where = f"document.querySelector({json.dumps(selector)}).getBoundingClientRect()"
        x, y = (
            int(self.evaluate(f"(({{x, y, width, height}}) => {what})({where})"))
            for what in ("x + width / 2", "y + height / 2")
        )
        steps = (
            {"type": "pointerMove", "x": x, "y": y},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        )
        source = {"type": "pointer", "id": "mouse", "actions": list(steps)}
        self._call("input.performActions", **self._context, actions=[source])

    def _call(self, method: str, **params: Any) -> Any:
        self._number += 1
        self._connection.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:  # events come in between
            answer = json.loads(self._connection.receive())
            if answer.get("id") == self._number:
                if answer["type"] == "error":
                    raise AssertionError(f"{method}: {answer['message']}")
                return answer["result"]


@contextmanager
def firefox(profile: Path) -> Iterator[Tab]:
    """A Firefox without a window, with a profile of its own."""
    # Nothing of its own is asked for: no updates, no portal check, no first page.
    settings = {
        "app.normandy.enabled": False,
        "browser.shell.checkDefaultBrowser": False,
        "datareporting.policy.dataSubmissionEnabled": False,
        "intl.accept_languages": "en",
        "network.captive-portal-service.enabled": False,
        "network.connectivity-service.enabled": False,
    }
    lines = (f'user_pref("{name}", {json.dumps(value)});' for name, value in settings.items())
    (profile / "user.js").write_text("\n".join(lines))
    command = [
        str(FIREFOX),
        "--headless",
        "--no-remote",
        "--profile",
        str(profile),
        "--remote-debugging-port",
        "0",
    ]
    environment = os.environ | {"HOME": str(profile), "MOZ_HEADLESS": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, text=True) as process:
        assert process.stderr is not None
        try:
            found = next((match for line in process.stderr if (match := _LISTENS.search(line))), None)
            assert found, "Firefox ended before it listened"
            with closing(WebSocket(found[1], int(found[2]), "/session")) as connection:
                yield Tab(connection)
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE_S)
