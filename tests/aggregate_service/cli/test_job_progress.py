"""A job as it is followed: waits are mentioned, errors listed, the end told."""

import re

from aggregate_service.cli.job_progress import JobDisplay, outcome, summary, tell_errors
from aggregate_service.client import Job
from aggregate_service.client.answers import JobError

SCANNED = {"searchable": 7, "added": 2, "changed": 0, "removed": 1, "embedded": 2}


def job(**facts: object) -> Job:
    return Job.model_validate({"id": "j", "kind": "folder", "state": "running"} | facts)


def test_what_a_job_waits_for_is_mentioned_once_it_has_lasted() -> None:
    told: list[str] = []
    shown: list[tuple[str, int, int]] = []
    seconds = iter(range(100))
    show = JobDisplay(lambda *step: shown.append(step), told.append, 5, lambda: next(seconds))
    for reason in (None, "a", "a", "a", "a", "a", "a", "a", None, "a", "a"):
        show(job(waiting=reason, done=3, failed=1, total=9))
    assert told == ["Waiting: a"]
    assert set(shown) == {("Indexing", 4, 9)}


def test_the_first_errors_are_listed() -> None:
    told: list[str] = []
    errors = [JobError(item=f"{n}\n.jpg", status=422, detail="broken.") for n in range(25)]
    tell_errors(job(state="done", errors=errors, failed=30), told.append)
    assert told[0] == r"Skipped '0\n.jpg': broken."
    assert len(told) == 21
    assert told[-1] == "… and 10 more: image-search jobs show j"


def test_what_a_scan_did_not_take_in_is_told() -> None:
    told: list[str] = []
    counts = SCANNED | {"unreachable": 2, "left_out": 3, "followed": 0, "unsupported": 15, "raw": 3}
    kinds = {"RAW": 3, "video": 12}
    tell_errors(job(state="done", counts=counts, unsupported=kinds), told.append)
    assert [re.findall(r": (\d+)", line)[0] for line in told] == ["2", "3", "12"]
    assert told[2] == "Not read: 12 videos, 3 RAW (install the raw extra)."
    assert "image-search folders scan ID --gone" in told[0]
    assert "INDEX_EXCLUDE" in told[1]


def test_how_it_ended() -> None:
    scanned = job(state="done", counts=SCANNED, failed=3)
    assert summary(scanned) == (
        "7 pictures are searchable: 2 new, 0 changed, 1 removed, 2 embedded, 3 skipped."
    )
    assert [outcome(each) for each in (scanned, job(state="failed"), job(state="cancelled"))] == [0, 1, 1]
    sent = job(kind="upload", state="done", failed=2, total=2)
    assert (summary(sent), outcome(sent)) == ("upload j: done, 0 of 2 done, 2 failed", 1)
