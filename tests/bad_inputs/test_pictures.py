"""Hostile and odd picture files, searched with, embedded and brought in: never a 5xx, and all goes on."""

import json
from typing import Any

import pytest

from tests.aggregate_service.drawn import jpeg
from tests.bad_inputs.generated import files
from tests.security.multipart import TYPE, file_form
from tests.security.services import Site
from tests.waiting import wait_until

FILES = files()


def test_there_are_enough() -> None:
    assert len(FILES) >= 100


@pytest.mark.parametrize("name", FILES)
def test_a_bad_picture_is_no_error_of_ours(aggregate: Site, embedding: Site, name: str) -> None:
    body = file_form(FILES[name], "a.jpg")
    for site, path in ((embedding, "/embed-image"), (aggregate, "/"), (aggregate, "/images")):
        answer = site.ask("POST", path, TYPE, body)
        assert answer.status < 500, (path, answer.body)
        assert answer.status < 300 or answer.problem["detail"], path
    job = json.loads(answer.body)
    ended = wait_until(lambda: _ended(aggregate, job["id"]), f"the job of {name} to end")
    assert all(error["status"] < 500 for error in ended["errors"]), ended
    assert ended["done"] + ended["failed"] == 1


def test_a_good_one_is_still_found(aggregate: Site, embedding: Site) -> None:
    for site, path in ((embedding, "/embed-image"), (aggregate, "/")):
        assert site.ask("POST", path, TYPE, file_form(jpeg(1))).status == 200


def _ended(aggregate: Site, job_id: str) -> dict[str, Any]:
    """Empty until it has."""
    job: dict[str, Any] = json.loads(aggregate.ask("GET", f"/jobs/{job_id}").body)
    return job if job["finished_at"] else {}
