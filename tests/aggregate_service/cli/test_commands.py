"""The short commands: status, models, jobs, delete, serve, and what they share."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from aggregate_service.cli import main
from aggregate_service.cli.status import lines_of
from tests.aggregate_service.cli.conftest import Run
from tests.aggregate_service.fake_service import FakeService, picture

Output = pytest.CaptureFixture[str]


def test_status_is_said_in_words_or_json(run: Run, capsys: Output) -> None:
    assert run("status") == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert [" ".join(line.split()) for line in lines] == [
        "Services search ready; embedding not ready",
        "Encoder unknown while the embedding service doesn't answer",
        "Pictures 128 of COCO128, how many can be found isn't known now",
        "Vectors 1,234,567 in c, recall@10 0.991",
        "Jobs 1 running",
        "Version image-search 0.1.0",
        "Problems The weights are loading. Wait a moment.",
    ]
    assert run("status", "--json") == 0
    assert json.loads(capsys.readouterr().out)["jobs"] == {"running": 1, "queued": 0}


def test_status_says_what_is_hidden_and_how_well_is_found() -> None:
    told = {
        "services": [{"name": "aggregate", "ready": True}],
        "encoder": {"model": "mini"},
        "collection": {"name": "c", "count": 7, "kind": "flat", "bytes": 2_000_000},
        "catalogue": {"label": "Trip", "pictures": 9, "searchable": 7, "missing": 2, "unreachable": 1},
        "jobs": {},
    }
    said = dict(lines_of(told))
    assert said["Pictures"] == (
        "9 of Trip, 7 can be found, 2 more whose files are gone, 1 more on a disk that can't be looked at"
    )
    assert said["Vectors"] == "7 in c, searched exactly, 2.0 MB of memory"
    assert (said["Jobs"], said["Problems"]) == ("none under way", "none")
    told["catalogue"] = {"label": "Trip", "pictures": 9, "searchable": 9}
    assert dict(lines_of(told))["Pictures"] == "9 of Trip, all can be found"
    assert dict(lines_of({}))["Vectors"] == "not known"


def test_models(run: Run, capsys: Output) -> None:
    assert run("models") == 0
    assert "average-colour          4  image and text  yes     MIT" in capsys.readouterr().out
    assert run("models", "--json") == 0
    assert json.loads(capsys.readouterr().out)["default"] == "average-colour"


def test_jobs(run: Run, fake: FakeService, capsys: Output) -> None:
    assert run("jobs") == 0
    assert capsys.readouterr().out == "No jobs yet.\n"
    Path("a.jpg").write_bytes(b"x")
    for _ in range(2):
        assert run("index", "a.jpg", "--no-wait") == 0
    assert run("jobs") == 0
    assert "job1" in capsys.readouterr().out
    fake.item_errors = [{"item": "a.jpg", "status": 422, "detail": "broken"}]
    assert run("jobs", "follow", "job0") == 1
    assert run("jobs", "show", "job0") == 0
    assert "a.jpg: broken" in capsys.readouterr().out
    assert run("jobs", "cancel", "job1") == 0
    assert capsys.readouterr().out == "upload job1: cancelled, 0 of 1 done\n"
    assert run("jobs", "cancel", "job1") == 1
    assert run("jobs", "show", "job9") == 1
    assert run("jobs", "--json") == 0
    capsys.readouterr()


def test_list(run: Run, fake: FakeService, capsys: Output) -> None:
    fake.pictures[1] |= {"title": "The sea", "taken": "2026-03-01T12:30:05+01:00"}
    assert run("list", "--sort", "taken", "--camera", "Pixel 9", "--taken-after", "2026", "-n", "2") == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["id", "taken", "pixels", "picture"],
        ["0", "40", "×", "30", "deep/0.jpg"],
        ["1", "2026-03-01T12:30", "40", "×", "30", "The", "sea"],
    ]
    asked = {"camera": "Pixel 9", "taken_after": "2026"}
    assert fake.listed == [{"limit": "2", "sort": "taken"} | asked]
    assert run("list", "--json") == 0
    assert [each["id"] for each in json.loads(capsys.readouterr().out)] == list(range(7))
    assert run("list", "--label", "none of them") == 0
    assert capsys.readouterr().out == ""


def test_delete_by_id(run: Run, fake: FakeService, capsys: Output) -> None:
    assert run("delete", "1", "2", "--yes") == 0
    assert capsys.readouterr().out == "2 deleted.\n"
    assert [each["id"] for each in fake.pictures] == [0, 3, 4, 5, 6]
    assert run("delete", "99", "-y") == 1


def test_delete_by_filter(run: Run, fake: FakeService, capsys: Output) -> None:
    fake.pictures.append(picture(50, labels=["pets"]))
    assert run("delete", "--label", "pets", "--yes") == 0
    assert run("delete", "--label", "pets", "--yes") == 0
    assert capsys.readouterr().out.splitlines() == ["1 deleted.", "Nothing fits; nothing was deleted."]


def test_duplicates(run: Run, fake: FakeService, capsys: Output) -> None:
    assert run("duplicates") == 0
    assert capsys.readouterr().out.splitlines()[:2] == ["0\tdeep/0.jpg", "1\tdeep/1.jpg"]
    assert run("duplicates", "--json") == 0
    assert json.loads(capsys.readouterr().out)[0]["removable"] == [1, 2, 3, 4, 5]
    assert run("duplicates", "--remove") == 2
    assert run("duplicates", "--remove", "--yes") == 0
    assert [each["id"] for each in fake.pictures] == [0, 6]


def test_restore(run: Run, fake: FakeService, capsys: Output) -> None:
    assert run("delete", "1", "2", "--yes") == 0
    assert run("restore", "2", "1") == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "restore job0: done, 1 of 1 done",
        "restore job1: done, 1 of 1 done",
    ]
    assert [each["id"] for each in fake.pictures] == [0, 3, 4, 5, 6, 1002, 1001]
    assert run("restore", "2") == 1
    assert "can't be brought back" in capsys.readouterr().err
    assert run("restore") == 2


def test_delete_asks_or_doesnt_do_it(run: Run, fake: FakeService, capsys: Output) -> None:
    assert run("delete", "1") == 2
    assert "add --yes" in capsys.readouterr().err
    assert run("delete") == 2
    assert run("delete", "1", "--label", "pets", "--yes") == 2
    assert len(fake.pictures) == 7


def test_serve_refuses_what_isnt_there(run: Run, capsys: Output) -> None:
    assert run("serve", "nowhere") == 2
    assert "no such folder" in capsys.readouterr().err
    assert run("serve", ".", "--only", "search") == 2
    assert run("serve", "--only", "faiss") == 2


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("SEARCH_MAX_K=0", "SEARCH_MAX_K=0 can't be used: Input should be greater than or equal to 1."),
        ("SEARCH_BACKEND=pgvector", "SEARCH_BACKEND=pgvector needs SEARCH_DATABASE_URL."),
    ],
)
def test_serve_ends_as_what_it_starts_does(setting: str, said: str) -> None:
    name, value = setting.split("=")
    command = [sys.executable, "-m", "aggregate_service.cli", "serve", "--only", "search"]
    environment = os.environ | {name: value, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert (done.returncode, done.stderr.splitlines()) == (1, [said])


def test_help_of_every_command(capsys: Output) -> None:
    assert main(["--help"]) == 0
    for command in (
        "serve",
        "index",
        "folders",
        "search",
        "delete",
        "status",
        "jobs",
        "models",
        "export",
        "import",
        "doctor",
    ):
        assert main([command, "--help"]) == 0
        assert f"image-search {command}" in capsys.readouterr().out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion(shell: str, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_IMAGE_SEARCH_COMPLETE", f"source_{shell}")
    assert main([]) == 0
    assert "image-search" in capsys.readouterr().out


def test_what_a_newcomer_tries(run: Run, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("--version") == 0
    assert capsys.readouterr().out.startswith("image-search ")
    for words, said in (
        (["index", "list.csv"], "list.csv: there is no such file"),
        (["label", "1", "--add", ""], "at least one letter"),
        (["label", "1", "--add", "a\udced"], "isn't valid UTF-8"),
    ):
        assert run(*words) != 0
        assert said in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", StringIO("secret\n"))
    assert run("keys", "hash") == 0
    assert capsys.readouterr().out.startswith("ACCESS_PASSWORD='$argon2id")
    assert run("keys", "hash") == 2
    assert "line to stdin" in capsys.readouterr().err
