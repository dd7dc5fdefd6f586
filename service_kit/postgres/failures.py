"""What PostgreSQL's errors mean to those who called, whichever library passes them on."""

from enum import Enum


class Failure(Enum):
    FULL = "53100"
    """No room on its disk."""
    SLOW = "57014"
    """It took longer than allowed, and was given up."""
    UNFIT = "42501"
    """This user may not do what is needed: trying again doesn't help."""
    TOO_LARGE = "54000"
    """A value that no index holds: it is to blame, and trying again doesn't help."""
    READ_ONLY = "25006"
    """A standby, for as long as nobody promotes it."""


def failure_of(error: object) -> Failure | None:
    """By the SQLSTATE; None for anything else."""
    state = getattr(error, "sqlstate", None)
    return next((failure for failure in Failure if failure.value == state), None)


def first_line(error: object) -> str:
    return next(iter(str(error).strip().splitlines()), "it doesn't say why").removesuffix(".")
