"""Files as the body of a request, one piece for each: a piece costs more to send than its bytes do."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from uuid import uuid4

_ESCAPED = re.compile(r'["\\\x00-\x1f]')


class Multipart:
    """`multipart/form-data`; can be sent again, and holds no second copy of the files."""

    def __init__(self, field: str, files: Sequence[tuple[str, bytes]], form: Mapping[str, str]) -> None:
        """`files` are names and bytes, all under the name `field`."""
        self._boundary = uuid4().hex
        self._files = [
            (self._head(f'{field}"; filename="{_escaped(name)}', "application/octet-stream"), data)
            for name, data in files
        ]
        self._files += [(self._head(_escaped(name)), value.encode()) for name, value in form.items()]
        self._end = f"--{self._boundary}--\r\n".encode()

    @property
    def headers(self) -> dict[str, str]:
        length = sum(len(head) + len(data) + 2 for head, data in self._files) + len(self._end)
        kind = f"multipart/form-data; boundary={self._boundary}"
        return {"content-type": kind, "content-length": str(length)}

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for head, data in self._files:
            yield b"".join((head, data, b"\r\n"))
        yield self._end

    def _head(self, named: str, kind: str = "") -> bytes:
        lines = [f"--{self._boundary}", f'Content-Disposition: form-data; name="{named}"']
        if kind:
            lines.append(f"Content-Type: {kind}")
        return "\r\n".join([*lines, "", ""]).encode()


def _escaped(name: str) -> str:
    """As browsers do it."""
    return _ESCAPED.sub(lambda found: f"%{ord(found[0]):02X}" if found[0] != "\\" else "\\\\", name)
