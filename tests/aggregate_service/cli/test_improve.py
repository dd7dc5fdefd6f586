"""`image-search improve`: what the service is asked, and how its answer is told."""

import json

import pytest

from tests.aggregate_service.cli.conftest import Run
from tests.aggregate_service.fake_service import FakeService, problem

Output = pytest.CaptureFixture[str]


def test_it_learns_and_tells_what_came_of_it(run: Run, fake: FakeService, capsys: Output) -> None:
    assert run("improve", "--ignore", "person", "--seed", "3", "--try") == 0
    (asked,) = fake.asked
    assert (asked["ignore"], asked["seed"], asked["try_only"]) == (["person"], ["3"], ["true"])
    told = capsys.readouterr()
    assert "7 pictures with 2 labels" in told.out
    assert "+0.500 (+0.250 to +0.750)" in told.out
    assert "is in use" in told.err
    assert "/improvements/job0" in told.err


def test_as_json_or_later(run: Run, fake: FakeService, capsys: Output) -> None:
    assert run("improve", "--json") == 0
    assert json.loads(capsys.readouterr().out)["best"] == "siamese"
    assert run("improve", "--no-wait") == 0
    assert capsys.readouterr().out == "job1\n"


def test_off(run: Run, fake: FakeService, capsys: Output) -> None:
    assert run("improve", "--off") == 0
    assert "encoder alone again" in capsys.readouterr().err
    assert run("improve", "--off") == 0
    assert "No projection was in use." in capsys.readouterr().err


def test_what_fails_is_said(run: Run, fake: FakeService, capsys: Output) -> None:
    fake.end_state = "failed"
    assert run("improve") == 1
    assert "too little to learn from" in capsys.readouterr().err
    fake.refusal = problem(422, "No picture has a label yet.")
    assert run("improve") == 1
    assert "No picture has a label yet." in capsys.readouterr().err
