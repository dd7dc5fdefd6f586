"""Reading what a server sends, as long as it is a picture of an acceptable size."""

import re
import zlib
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from dataclasses import dataclass

import httpcore2

from aggregate_service.links.errors import LinkFailed, NotAPictureLink, TooLargeAnswer
from picture_files.formats import HEAD_BYTES, suffix_of
from service_kit.messages.message import message

_PIECE = 1 << 20
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,40}/[\w.+-]{1,60}")


@dataclass(frozen=True)
class Downloaded:
    """A picture's bytes, and the suffix of its kind, such as `.jpg`."""

    data: bytes
    suffix: str


async def read_picture(
    headers: dict[str, str], stream: AsyncIterable[bytes], max_bytes: int, host: str
) -> Downloaded:
    """`TooLargeAnswer` and `NotAPictureLink` as early as they're known, whatever else is on its way."""
    claimed = headers.get("content-length", "")
    if claimed.isdigit() and int(claimed) > max_bytes:
        raise _too_large(host, max_bytes)
    body, suffix = bytearray(), None
    async for piece in _decoded(stream, headers.get("content-encoding", "identity").strip().lower(), host):
        body += piece
        if len(body) > max_bytes:
            raise _too_large(host, max_bytes)
        if suffix is None and len(body) >= HEAD_BYTES:
            suffix = _suffix(bytes(body[:HEAD_BYTES]), headers, host)
    return Downloaded(bytes(body), suffix or _suffix(bytes(body), headers, host))


async def _decoded(stream: AsyncIterable[bytes], encoding: str, host: str) -> AsyncIterator[bytes]:
    """We ask for no compression; who compresses nevertheless is read in small pieces."""
    if encoding in ("", "identity", "none"):
        async for raw in stream:
            yield raw
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise NotAPictureLink(message("link-compressed", host=host, encoding=encoding[:20]))
    decoder = zlib.decompressobj(wbits=47)  # gzip or zlib, as its header says
    try:
        async for raw in stream:
            for piece in _inflated(decoder, raw):
                yield piece
    except zlib.error:
        raise LinkFailed(message("link-compression-broken", host=host)) from None
    if not decoder.eof:
        raise httpcore2.RemoteProtocolError("the compressed answer breaks off")


def _inflated(decoder: "zlib._Decompress", raw: bytes) -> Iterator[bytes]:
    piece = decoder.decompress(raw, _PIECE)
    while piece:
        yield piece
        piece = decoder.decompress(decoder.unconsumed_tail, _PIECE)


def _suffix(head: bytes, headers: dict[str, str], host: str) -> str:
    if suffix := suffix_of(head):
        return suffix
    if not head:
        raise NotAPictureLink(message("link-empty", host=host))
    said = _MEDIA_TYPE.match(headers.get("content-type", ""))
    is_page = head.lstrip().lower().startswith((b"<!doctype", b"<html"))
    if is_page:
        what = message("web-page")
    else:
        what = message("something-else-named", what=said[0]) if said else message("something-else")
    raise NotAPictureLink(message("link-not-a-picture", host=host, what=what))


def _too_large(host: str, max_bytes: int) -> TooLargeAnswer:
    return TooLargeAnswer(message("link-too-large", host=host, most=f"{max_bytes / 1e6:g}"))
