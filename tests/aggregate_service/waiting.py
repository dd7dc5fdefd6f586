"""Waiting for jobs, which go on beside the requests."""

from typing import Any

from fastapi.testclient import TestClient

from tests.waiting import wait_until


def ended(client: TestClient, job_id: str) -> dict[str, Any]:
    """The job as it is after its end."""

    def after_its_end() -> dict[str, Any] | None:
        job: dict[str, Any] = client.get(f"/jobs/{job_id}").json()
        return job if job["finished_at"] is not None else None

    job = wait_until(after_its_end, f"the job {job_id} to end")
    assert job is not None
    return job


def waiting(client: TestClient, job_id: str) -> dict[str, Any]:
    """The job once it says what it waits for."""

    def saying_why() -> dict[str, Any] | None:
        job: dict[str, Any] = client.get(f"/jobs/{job_id}").json()
        return job if job["waiting"] is not None else None

    job = wait_until(saying_why, f"the job {job_id} to say what it waits for")
    assert job is not None
    return job
