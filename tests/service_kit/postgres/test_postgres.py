"""Connections to PostgreSQL, as both services make them."""

import pytest

pytest.importorskip("psycopg")

import psycopg

from service_kit.postgres.failures import Failure, failure_of, first_line
from service_kit.postgres.frozen_watch import LOOK_SECONDS, PATIENCE
from service_kit.postgres.postgres import Postgres


def test_silence_is_noticed_within_ten_seconds() -> None:
    """A silent connection is left alone for so long, and a new one is waited for as long again."""
    assert LOOK_SECONDS + 2 * PATIENCE < 10


def test_what_is_no_address_is_refused_before_anything_runs() -> None:
    with pytest.raises(psycopg.ProgrammingError):
        Postgres("nonsense")


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (psycopg.errors.DiskFull(), Failure.FULL),
        (psycopg.errors.QueryCanceled(), Failure.SLOW),
        (psycopg.errors.InsufficientPrivilege(), Failure.UNFIT),
        (psycopg.errors.ReadOnlySqlTransaction(), Failure.READ_ONLY),
        (psycopg.errors.ProgramLimitExceeded(), Failure.TOO_LARGE),
        (psycopg.OperationalError("connection refused"), None),
        (ValueError(), None),
    ],
)
def test_errors_are_told_apart(error: Exception, failure: Failure | None) -> None:
    assert failure_of(error) is failure


def test_the_first_line_says_it() -> None:
    assert first_line("  no such role.\nHINT: make it") == "no such role"
    assert first_line("") == "it doesn't say why"
