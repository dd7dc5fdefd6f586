"""`image-search index` with files: what is sent, in which requests, and what is said of the job."""

from pathlib import Path

import pytest

from aggregate_service.cli import uploading
from tests.aggregate_service.cli.conftest import Run
from tests.aggregate_service.fake_service import FakeService, problem

Output = pytest.CaptureFixture[str]


def files(*names: str, size: int = 3) -> list[Path]:
    for name in names:
        Path(name).write_bytes(b"x" * size)
    return [Path(name) for name in names]


def test_pictures_are_sent_and_followed(run: Run, fake: FakeService, capsys: Output) -> None:
    files("a.jpg", "b.jpg")
    fake.item_errors = [{"item": "b\n.jpg", "status": 422, "detail": "It isn't a picture."}]
    assert run("index", "a.jpg", "b.jpg", "--labels", "pets, dogs") == 0
    captured = capsys.readouterr()
    assert captured.out == "upload job0: done, 1 of 2 done, 1 failed\n"
    assert captured.err == "'b\\n.jpg': It isn't a picture.\n"
    assert fake.received == [{"files": {"a.jpg": b"xxx", "b.jpg": b"xxx"}, "labels": "pets,dogs"}]


def test_not_waiting_prints_the_id(run: Run, fake: FakeService, capsys: Output) -> None:
    files("a.jpg")
    assert run("index", "a.jpg", "--no-wait") == 0
    assert capsys.readouterr().out == "job0\n"
    assert fake.jobs["job0"]["state"] == "queued"


def test_nothing_came_of_it(run: Run, fake: FakeService) -> None:
    files("a.jpg")
    fake.item_errors = [{"item": "a.jpg", "status": 422, "detail": "It isn't a picture."}]
    assert run("index", "a.jpg") == 1
    fake.item_errors, fake.end_state = [], "cancelled"
    assert run("index", "a.jpg") == 1
    fake.refusal = problem(507, "The disk is full.")
    assert run("index", "a.jpg") == 1


def test_lists_are_requests_of_their_own(run: Run, fake: FakeService) -> None:
    files("a.jpg", "links.csv", "more.TXT")
    assert run("index", "a.jpg", "links.csv", "more.TXT") == 0
    assert [list(request["files"]) for request in fake.received] == [["links.csv"], ["more.TXT"], ["a.jpg"]]


def test_vectors_go_with_their_list(run: Run, fake: FakeService, capsys: Output) -> None:
    files("v.npy", "list.csv", "a.jpg")
    assert run("index", "v.npy", "list.csv") == 0
    assert [set(request["files"]) for request in fake.received] == [{"v.npy", "list.csv"}]
    for wrong in (["v.npy"], ["v.npy", "a.jpg"], ["v.npy", "list.csv", "a.jpg"]):
        assert run("index", *wrong) == 2
        assert "needs the list of its pictures" in capsys.readouterr().err


def test_requests_are_of_a_size_that_is_taken(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "_FILES", 3)
    monkeypatch.setattr(uploading, "_BYTES", 100)
    small = files(*(f"{n}.jpg" for n in range(7)))
    assert [len(batch) for batch in uploading.requests(small)] == [3, 3, 1]
    large = files("x.jpg", "y.jpg", size=60)
    assert [len(batch) for batch in uploading.requests([*large, *small[:1]])] == [1, 2]


def test_a_folder_is_sent_to_a_service_that_cannot_read_it(
    run: Run, fake: FakeService, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploading, "_FILES", 2)
    Path("pictures/deep").mkdir(parents=True)
    Path("pictures/link").symlink_to(Path.cwd())
    files("pictures/b.JPG", "pictures/deep/a.png", "pictures/c.webp", "pictures/notes.txt", "pictures/v.npy")
    assert run("index", "pictures", "--upload", "--labels", "nas") == 0
    assert [(list(request["files"]), request["labels"]) for request in fake.received] == [
        (["b.JPG", "c.webp"], "nas"),
        (["a.png"], "nas"),
    ]
    assert capsys.readouterr().out.splitlines()[1] == "upload job1: done, 1 of 1 done"
    assert fake.folders == []
    Path("empty").mkdir()
    assert run("index", "empty", "--upload") == 1
    assert "no pictures" in capsys.readouterr().err
    assert run("index", "missing", "--upload") == 2


def test_what_is_for_folders_or_for_files(run: Run, capsys: Output, tmp_path: Path) -> None:
    files("a.jpg")
    for only in ("--upload", "--label=x"):
        assert run("index", "a.jpg", only) == 2
        assert "for a folder" in capsys.readouterr().err
    assert run("index", str(tmp_path), "--labels", "x") == 2
    assert "--label" in capsys.readouterr().err
    assert run("index", "a.jpg", str(tmp_path)) == 2
    assert "is a folder" in capsys.readouterr().err
