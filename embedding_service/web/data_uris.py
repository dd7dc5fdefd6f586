"""Pictures inside JSON: `data:image/jpeg;base64,…` to bytes; never a URL, which isn't fetched."""

import base64
import binascii
import io
import re

from embedding_service.errors import NotADataUri
from picture_files.errors import FileTooLarge
from service_kit.messages.message import message

_HEADER = re.compile(r"data:[^,;]*(?:;[^,;]*)*;base64,", re.IGNORECASE)
_MEANT = re.compile(r"data:(image/|[^,\s]{0,200};base64,)", re.IGNORECASE)
_LONGEST_HEADER = 256
_STEP = 1 << 20
"""Characters decoded at once, a multiple of four: decoding keeps Python's lock."""

_HOW = "send the picture itself, as data:image/jpeg;base64,…"


def is_data_uri(text: str) -> bool:
    """Whether it can only be meant as one; `data: a chart of …` is a text like any other."""
    return _MEANT.match(text) is not None


def read_data_uri(uri: str, max_bytes: int) -> io.BytesIO:
    """The file inside, whatever media type it claims; raises an `UnreadablePicture`."""
    header = _HEADER.match(uri[:_LONGEST_HEADER])
    if header is None:
        raise NotADataUri(_complaint(uri))
    if (len(uri) - header.end()) * 3 // 4 > max_bytes + 3:
        raise FileTooLarge(message("file-too-large", limit=f"{max_bytes / 1e6:g}"))
    try:
        return _decoded(uri, header.end())
    except (binascii.Error, ValueError) as error:
        raise NotADataUri(f"The data URI's base64 is damaged ({error}).") from error


def _decoded(uri: str, start: int) -> io.BytesIO:
    """Raises `ValueError` for what isn't base64, filling before the end too."""
    file = io.BytesIO()
    for at in range(start, len(uri), _STEP):
        part = base64.b64decode(uri[at : at + _STEP], validate=True)
        file.write(part)
        if at + _STEP < len(uri) and len(part) < _STEP // 4 * 3:
            raise ValueError("it goes on after its end")
    file.seek(0)
    return file


def _complaint(text: str) -> str:
    if re.match("https?://", text, re.IGNORECASE):
        return f"URLs aren't fetched here; {_HOW}."
    if is_data_uri(text):
        return f"A data URI must be base64; {_HOW}."
    return f"This isn't a data URI; {_HOW}."
