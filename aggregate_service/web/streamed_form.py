"""A multipart form whose files go straight to disk: no copy in memory, none in another folder."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePath
from types import TracebackType
from typing import TYPE_CHECKING, Self

from fastapi import Request
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from aggregate_service.catalogue.storable import is_storable
from aggregate_service.errors import InvalidRequest
from aggregate_service.files.content_store import Aside
from service_kit.messages.message import message
from service_kit.problems import BadRequest, TooLarge

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_LONGEST_FIELD = 100_000
_MOST_FIELDS = 100
LISTS = frozenset((".csv", ".txt", ".json", ".npy"))


@dataclass(frozen=True)
class FormLimits:
    """How many files, and how many bytes a picture may have; lists are bound by the request only."""

    files: int
    file_bytes: int


@dataclass
class ReceivedFile:
    """`content` is None when the file was larger than it may be; it was read past, not kept."""

    filename: str
    content: Aside | None
    named_well: bool = True
    """Its name was UTF-8; otherwise `filename` has marks in place of what couldn't be read."""

    @property
    def suffix(self) -> str:
        return PurePath(self.filename).suffix.lower()


@dataclass
class StreamedForm:
    """Use it as a context manager: what nobody kept of its files is gone at its end."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    files: list[ReceivedFile] = field(default_factory=list)

    def value(self, name: str) -> str:
        return self.fields.get(name, [""])[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for file in self.files:
            if file.content is not None:
                file.content.discard()


async def read_form(
    request: Request, form: StreamedForm, aside: Callable[[], Aside], limits: FormLimits
) -> None:
    """Fill `form` from the request's body; each file is on disk, whole and synced, when it is complete."""
    content_type, options = parse_options_header(request.headers.get("content-type", ""))
    if content_type != b"multipart/form-data" or not options.get(b"boundary"):
        raise BadRequest(message("not-a-form"))
    reader = _Reader(form, aside, limits)
    parser = MultipartParser(options[b"boundary"], reader.callbacks())
    try:
        async for chunk in request.stream():
            parser.write(chunk)
            await run_in_threadpool(reader.work)
        parser.finalize()
        await run_in_threadpool(reader.work)
    except ClientDisconnect:
        raise BadRequest(message("client-hung-up")) from None
    except FormParserError as error:
        raise BadRequest(message("multipart-unreadable", error=str(error))) from error


class _Reader:
    """The parser's callbacks only note what to do: `work` then does it, in a thread."""

    def __init__(self, form: StreamedForm, aside: Callable[[], Aside], limits: FormLimits) -> None:
        self._form, self._aside, self._limits = form, aside, limits
        self._header, self._value, self._disposition = b"", b"", b""
        self._name, self._text = "", bytearray()
        self._file: ReceivedFile | None = None
        self._files_begun = 0
        self._todo: list[Callable[[], None]] = []

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._on_part_begin,
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": self._on_part_data,
            "on_part_end": self._on_part_end,
        }

    def work(self) -> None:
        todo, self._todo = self._todo, []
        for step in todo:
            step()

    def _on_part_begin(self) -> None:
        self._disposition, self._file, self._text = b"", None, bytearray()

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header, self._value = b"", b""

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = _text(options.get(b"name", b""))
        if b"filename" in options:
            self._begin_file(options[b"filename"])
        elif len(self._form.fields) >= _MOST_FIELDS:
            raise InvalidRequest(message("too-many-fields", most=_MOST_FIELDS))

    def _begin_file(self, name: bytes) -> None:
        filename = _text(name)
        self._files_begun += bool(filename)
        if self._files_begun > self._limits.files:
            raise InvalidRequest(message("too-many-files", most=self._limits.files))
        file = self._file = ReceivedFile(filename, None, filename.encode() == name)
        if filename:  # an empty form field isn't a file
            self._todo.append(lambda: self._open(file))

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        piece, file = bytes(data[start:end]), self._file
        if file is not None:
            self._todo.append(lambda: self._write(file, piece))
            return
        self._text += piece
        if len(self._text) > _LONGEST_FIELD:
            raise TooLarge(message("field-too-long", name=self._name, most=_LONGEST_FIELD))

    def _on_part_end(self) -> None:
        if (file := self._file) is not None:
            self._todo.append(lambda: _finish(file))
        else:
            self._form.fields.setdefault(self._name, []).append(_value(self._name, bytes(self._text)))

    def _open(self, file: ReceivedFile) -> None:
        file.content = self._aside()
        self._form.files.append(file)

    def _write(self, file: ReceivedFile, piece: bytes) -> None:
        if file.content is None:
            return
        if file.suffix not in LISTS and file.content.size + len(piece) > self._limits.file_bytes:
            file.content.discard()
            file.content = None
        else:
            file.content.write(piece)


def _finish(file: ReceivedFile) -> None:
    if file.content is not None:
        file.content.finish()


def _value(name: str, value: bytes) -> str:
    """What a person says in a field is kept as it is, or not at all."""
    text = value.decode("utf-8", errors="surrogateescape")
    if not is_storable(text):
        raise InvalidRequest(message("field-not-storable", name=name))
    return text


def _text(value: bytes) -> str:
    """A name, as far as it is one."""
    return value.decode("utf-8", errors="replace").replace("\0", "�")
