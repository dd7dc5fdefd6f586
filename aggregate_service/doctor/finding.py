"""One thing that a check found out."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "bad"]


@dataclass(frozen=True)
class Finding:
    """`about` is the subject, `says` what is so, `do` what to do about it (nothing where all is well)."""

    level: Level
    about: str
    says: str
    do: str = ""


def ok(about: str, says: str) -> Finding:
    return Finding("ok", about, says)


def warn(about: str, says: str, do: str) -> Finding:
    return Finding("warn", about, says, do)


def bad(about: str, says: str, do: str) -> Finding:
    return Finding("bad", about, says, do)
