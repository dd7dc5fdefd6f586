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
    r"/(healthz|readyz|sign-in|sign-out|language|favicon\.ico|static/.+|static-offline-docs/.+"
    r"|manifest\.webmanifest|service-worker\.js|offline)"
)
_SAFE = ("GET", "HEAD", "OPTIONS")
_ADMIN = re.compile(r"/(keys|folders|backup)(/.*)?")
# Questions that take a form to ask, or more ids than an address has room for; nothing is kept.
_QUESTIONS = re.compile(
    r"/|/share|/linked-picture|/search|/uploadfiles|/similarity-search|/search_with_image|/images/[^/]+/why|/images/(zip|search)"
)


def is_open(path: str) -> bool:
    return _OPEN.fullmatch(path) is not None


def is_noted(method: str, path: str, query: bytes) -> bool:
    """Whether it is in the audit log: what changes something, and who signs in or tries to."""
    if path == "/sign-in" and query:
        return True  # the link that signs in
    if method in _SAFE:
        return False
    return path in ("/sign-in", "/sign-out") or (needed(method, path) or Right.READ) > Right.READ


def needed(method: str, path: str) -> Right | None:
    """None: it is open to everybody. What isn't known here needs the right to write, or to read for a GET."""
    if is_open(path):
        return None
    if path == "/keys" or (_ADMIN.fullmatch(path) and method not in _SAFE):
        return Right.ADMIN
    if (method, path) in (("DELETE", "/images"), ("POST", "/images/forget")):
        return Right.ADMIN  # many at once
    if method in _SAFE or (method == "POST" and _QUESTIONS.fullmatch(path)):
        return Right.READ
    return Right.WRITE
