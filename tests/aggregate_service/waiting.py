"""Waiting for what goes on beside the requests, for a few seconds at most."""

import time
from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

_LONGEST = 20.0


def until(happened: Callable[[], bool]) -> None:
    ends = time.monotonic() + _LONGEST
    while not happened():
        if time.monotonic() > ends:
            raise AssertionError(f"it didn't happen within {_LONGEST:g} s")
        time.sleep(0.02)


def ended(client: TestClient, job_id: str) -> dict[str, Any]:
    """The job as it is after its end."""
    until(lambda: client.get(f"/jobs/{job_id}").json()["finished_at"] is not None)
    found: dict[str, Any] = client.get(f"/jobs/{job_id}").json()
    return found
