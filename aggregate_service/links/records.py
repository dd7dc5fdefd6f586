"""Lines to records: what stands on several lines and belongs together is put together again."""

from collections.abc import Iterator
from dataclasses import dataclass

from aggregate_service.links.columns import Columns
from aggregate_service.links.fields import split_fields, split_plainly
from aggregate_service.links.lines import LONGEST_LINE, Line, Lines
from aggregate_service.links.link import looks_like_a_link
from picture_files.formats import SUFFIXES

_MOST_LINES = 50
_OPEN_ENDS = tuple("/?&=-_%+.")
_INNER_STARTS = tuple("/?&=%")


@dataclass(frozen=True)
class Record:
    """One row; `row` is the line that it starts on."""

    row: int
    fields: list[str]
    whole: bool = True


class Records:
    def __init__(self, lines: Lines, columns: Columns) -> None:
        self._lines, self._columns = lines, columns

    def __iter__(self) -> Iterator[Record]:
        while line := self._lines.take():
            if line.whole:
                yield Record(line.number, self._fields(line.text))
            else:
                yield Record(line.number, [], whole=False)

    def _fields(self, text: str) -> list[str]:
        fields = self._split(text)
        if fields is None:
            fields = self._quoted_over_lines(text) or self._split_plainly(text)
        return self._with_links_commas(self._with_links_rest(fields))

    def _quoted_over_lines(self, text: str) -> list[str] | None:
        """A quoted field that goes on; None when the quote turns out to be a stray one."""
        for count in range(1, _MOST_LINES):
            line = self._lines.peek(count - 1)
            if line is None or self._is_row(line) or len(text) + len(line.text) > LONGEST_LINE:
                return None
            text = f"{text}\n{line.text}"
            if (fields := self._split(text)) is not None:
                self._lines.drop(count)
                return fields
        return None

    def _with_links_rest(self, fields: list[str]) -> list[str]:
        """A link that breaks off without quotes goes on at the start of the next line."""
        if len(fields) != self._columns.link + 1:
            return fields
        line = self._lines.peek()
        if line is None or not line.whole or self._is_row(line):
            return fields
        rest = self._split(line.text) or self._split_plainly(line.text)
        is_short = len(fields) < self._columns.width
        fits = len(fields) + len(rest) - 1 == self._columns.width
        if not fits or not goes_on(fields[-1].strip(), rest[0].strip(), is_short):
            return fields
        self._lines.drop(1)
        return [*fields[:-1], fields[-1].strip() + rest[0].strip(), *rest[1:]]

    def _with_links_commas(self, fields: list[str]) -> list[str]:
        """A link that holds the delimiter and isn't quoted falls into several fields."""
        link, extra = self._columns.link, len(fields) - self._columns.width
        if extra <= 0:
            return fields
        joined = self._columns.delimiter.join(fields[link : link + extra + 1])
        if self._columns.link < self._columns.width - 1 and not _completes(fields[link], joined):
            return fields
        return [*fields[:link], joined, *fields[link + extra + 1 :]]

    def _is_row(self, line: Line) -> bool:
        """Whether the line is a row by itself, with a link where links are."""
        fields = self._split(line.text) or self._split_plainly(line.text)
        return len(fields) >= self._columns.width and looks_like_a_link(fields[self._columns.link])

    def _split(self, text: str) -> list[str] | None:
        return split_fields(text, self._columns.delimiter)

    def _split_plainly(self, text: str) -> list[str]:
        return split_plainly(text, self._columns.delimiter)


def goes_on(link: str, rest: str, is_short: bool) -> bool:
    """Whether the next line's start is the rest of this link, rather than a hopeless row of its own.

    `is_short`: the link's row lacks the fields that the next line has.
    """
    if not looks_like_a_link(link) and not link.lower().startswith("http"):
        return False
    if not rest or looks_like_a_link(rest):
        return False
    if any(c.isspace() for c in rest):  # words, unless they make the name of a picture of what broke off
        return _completes(link, link + rest)
    return is_short or _completes(link, link + rest) or _is_open(link, rest)


def _is_open(link: str, rest: str) -> bool:
    return not _has_suffix(link) and (link.endswith(_OPEN_ENDS) or rest.startswith(_INNER_STARTS))


def _completes(link: str, joined: str) -> bool:
    return not _has_suffix(link) and _has_suffix(joined)


def _has_suffix(link: str) -> bool:
    """Whether it ends as the names of pictures do, with or without a query."""
    ends = (link.strip(" \"'").lower(), link.partition("?")[0].lower())
    return any(end.endswith(tuple(SUFFIXES)) for end in ends)
