"""What a request may do, and what each route asks for."""

import re
from enum import IntEnum


class Right(IntEnum):
    """Each includes those before it."""

    READ = 1
    WRITE = 2
    ADMIN = 3

    @classmethod
    def named(cls, name: str) -> "Right":
        """`ValueError` for a name that is none."""
        for right in cls:
            if right.name.lower() == name:
                return right
        raise ValueError(f"{name[:50]!r} isn't a right; these are: {', '.join(each.said for each in cls)}")

    @property
    def said(self) -> str:
        return self.name.lower()


_OPEN = re.compile(
    r"/(healthz|readyz|sign-in|sign-out|language|favicon\.ico|static/.+|static-offline-docs/.+)"
)
_ADMIN = re.compile(r"/(keys|folders|backup)(/.*)?")
# Questions with uploads: a form is needed to ask, and nothing is kept.
_QUESTIONS = re.compile(r"/|/search|/uploadfiles|/similarity-search|/search_with_image|/images/[^/]+/why")


def needed(method: str, path: str) -> Right | None:
    """None: it is open to everybody. What isn't known here needs the right to write, or to read for a GET."""
    if _OPEN.fullmatch(path):
        return None
    if path == "/keys" or (_ADMIN.fullmatch(path) and method not in ("GET", "HEAD")):
        return Right.ADMIN
    if method == "DELETE" and path == "/images":
        return Right.ADMIN  # all that a filter means
    if method in ("GET", "HEAD", "OPTIONS") or (method == "POST" and _QUESTIONS.fullmatch(path)):
        return Right.READ
    return Right.WRITE
