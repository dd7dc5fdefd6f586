"""Texts to rows of the mini encoder's table of words: case, punctuation, plurals and emoji change nothing."""

import re
import unicodedata
from collections.abc import Mapping

MOST_WORDS = 24
"""Words of a text that are read; what follows is ignored."""

_LONGEST_NAME = 4  # words that are known together: `traffic light`
_WORD = re.compile(r"[a-z0-9]+")
_POSSESSIVE = re.compile(r"[’'‘`]s\b")
_PICTURE_OF = re.compile(
    r"^(?:an? |the |my |some )*(?:[a-z]+ )?"
    r"(?:photo|photograph|picture|image|drawing|pic|snapshot)s? (?:of |showing )"
    r"(?:an? |the |my |some )*"
)


def words_of(text: str) -> list[str]:
    """The words in lower case, without accents; what says that it is a picture of something is left out."""
    plain = unicodedata.normalize("NFKD", text).lower()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = " ".join(_WORD.findall(_POSSESSIVE.sub("", plain)))
    return (_PICTURE_OF.sub("", words) or words).split()


class WordTable:
    """The row of each word and name that is known; several have the same row where they mean the same."""

    def __init__(self, rows: Mapping[str, int]) -> None:
        self._rows = rows

    def __call__(self, text: str) -> list[int]:
        """The rows of a text's first `MOST_WORDS` words, longest names first; unknown words have none."""
        words, rows = words_of(text)[:MOST_WORDS], []
        while words:
            for length in range(min(_LONGEST_NAME, len(words)), 0, -1):
                row = self._row(words[: length - 1], words[length - 1])
                if row is not None:
                    rows.append(row)
                    break
            words = words[length:]
        return rows

    def _row(self, before: list[str], last: str) -> int | None:
        names = (" ".join([*before, form]) for form in singulars(last))
        return next((self._rows[name] for name in names if name in self._rows), None)


def singulars(word: str) -> list[str]:
    """The word as it is, then what it may be the plural of."""
    forms = [word]
    if word.endswith("ies"):
        forms.append(word[:-3] + "y")
    if word.endswith("s") and not word.endswith("ss"):
        forms.append(word[:-1])
    if word.endswith("es"):
        forms.append(word[:-2])
    return forms
