"""Hostile and odd picture files, searched with, embedded and brought in: never a 5xx, and all goes on."""

import json
from typing import Any

import pytest

from tests.aggregate_service.drawn import jpeg
from tests.bad_inputs.generated import files
from tests.security.multipart import TYPE, file_form, form, part
from tests.security.services import Site
from tests.waiting import wait_until

FILES = files()


def test_there_are_enough() -> None:
    assert sum(map(len, FILES.values())) >= 140


@pytest.mark.parametrize("kind", FILES)
def test_a_bad_picture_is_no_error_of_ours(aggregate: Site, embedding: Site, kind: str) -> None:
    for name, data in FILES[kind].items():
        for site, path in ((embedding, "/embed-image"), (aggregate, "/")):
            answer = site.ask("POST", path, TYPE, file_form(data, "a.jpg"))
            assert answer.status < 500, (name, path, answer.body)
            assert answer.status < 300 or answer.problem["detail"], (name, path)


@pytest.mark.parametrize("kind", FILES)
def test_the_job_that_brings_them_in_ends(aggregate: Site, kind: str) -> None:
    listed = [part("files", data, f"{name}.jpg") for name, data in FILES[kind].items()]
    answer = aggregate.ask("POST", "/images", TYPE, form(listed))
    assert answer.status == 202, answer
    job = json.loads(answer.body)
    ended = wait_until(lambda: _ended(aggregate, job["id"]), f"the job of {kind} to end")
    assert [error for error in ended["errors"] if error["status"] >= 500] == []
    assert ended["done"] + ended["failed"] == ended["total"] == len(listed)


def test_a_good_one_is_still_found(aggregate: Site, embedding: Site) -> None:
    for site, path in ((embedding, "/embed-image"), (aggregate, "/")):
        assert site.ask("POST", path, TYPE, file_form(jpeg(1))).status == 200


def _ended(aggregate: Site, job_id: str) -> dict[str, Any]:
    """Empty until it has."""
    job: dict[str, Any] = json.loads(aggregate.ask("GET", f"/jobs/{job_id}").body)
    return job if job["finished_at"] else {}
