"""A picture that a bucket holds, sent part by part as it is read; of a range, no more than is asked for."""

import re
from collections.abc import AsyncIterator, Mapping
from email.utils import formatdate
from io import BufferedReader

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from aggregate_service.files.storage import FileStatus, StoredFile

_PART = 1_000_000
_ONE_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)


class ObjectResponse(Response):
    """As `FileResponse` for a file of this machine. Several ranges at once get the whole, as HTTP allows."""

    def __init__(
        self, file: StoredFile, status: FileStatus, headers: Mapping[str, str], media_type: str
    ) -> None:
        self.file, self.file_status = file, status
        self.status_code, self.media_type, self.background = 200, media_type, None
        self.init_headers(headers)
        self.headers["accept-ranges"] = "bytes"
        self.headers["last-modified"] = formatdate(status.modified_ns / 1e9, usegmt=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        size, asked = self.file_status.size, self._range(Headers(scope=scope))
        start, end = (0, size) if asked is None else asked
        headers, status = dict(self.headers), 200 if asked is None else 206
        if start >= end and size:
            response = Response(status_code=416, headers=headers | {"content-range": f"bytes */{size}"})
            return await response(scope, receive, send)
        headers["content-length"] = str(end - start)
        if asked is not None:
            headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
        if scope["method"] == "HEAD":
            return await Response(status_code=status, headers=headers)(scope, receive, send)
        file = await run_in_threadpool(self.file.open, "rb")
        parts = StreamingResponse(_parts(file, start, end), status, headers, self.media_type)
        return await parts(scope, receive, send)

    def _range(self, headers: Headers) -> tuple[int, int] | None:
        """From where to before where; None for the whole file."""
        found = _ONE_RANGE.fullmatch(headers.get("range", "").replace(" ", ""))
        same = headers.get("if-range") in (None, self.headers["etag"])
        if found is None or not same or not any(found.groups()):
            return None
        size, (first, last) = self.file_status.size, found.groups()
        if not first:
            return max(0, size - int(last)), size
        return int(first), min(size, int(last) + 1) if last else size


async def _parts(file: BufferedReader, start: int, end: int) -> AsyncIterator[bytes]:
    with file:
        await run_in_threadpool(file.seek, start)
        while start < end and (part := await run_in_threadpool(file.read, min(_PART, end - start))):
            start += len(part)
            yield part
