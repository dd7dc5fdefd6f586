"""One row's text to its fields, as spreadsheets write them and as people mistype them."""

import re
from functools import cache

NO_DELIMITER = "\0"
"""For text that is one field; lines never contain it."""
_OPENING = re.compile(r' *"')


def split_fields(text: str, delimiter: str) -> list[str] | None:
    """The fields, their quotes taken off; None when a quoted field doesn't end within the text.

    A quote ends a field only before a delimiter or the end: any other one belongs to the field.
    """
    if '"' not in text:
        return text.split(delimiter)
    fields: list[str] = []
    quoted, at = _quoted(delimiter), -1
    while at < len(text):  # at a delimiter, or before the first field
        at += 1
        if found := quoted.match(text, at):
            fields.append(found[1].replace('""', '"'))
            at = found.end()
        elif _OPENING.match(text, at):
            return None
        else:
            end = text.find(delimiter, at)
            fields.append(text[at : end if end >= 0 else len(text)])
            at += len(fields[-1])
    return fields


def split_plainly(text: str, delimiter: str) -> list[str]:
    """The fields where a quote is no more than a character."""
    return text.split(delimiter)


@cache
def _quoted(delimiter: str) -> re.Pattern[str]:
    end = rf" *(?={re.escape(delimiter)}|\Z)"
    # Each quote can be read in one way alone, so that the time is linear in the text, whatever it holds.
    # The outer repetition isn't possessive: before Python 3.11.4 such a one matched too little.
    return re.compile(rf' *"((?:[^"]++|""|"(?!"|{end}))*)"{end}')
