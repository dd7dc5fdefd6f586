"""`image-search folders` and `index DIR`: what the service is asked, and what is said of it."""

import json
import os
from pathlib import Path

import pytest

from aggregate_service.cli import main
from tests.aggregate_service.cli.conftest import Run
from tests.aggregate_service.fake_service import FakeService, problem
from tests.aggregate_service.servers import closed_port

Output = pytest.CaptureFixture[str]
DONE = "7 pictures are searchable: 2 new, 0 changed, 1 removed, 2 embedded, 0 skipped.\n"


@pytest.mark.parametrize("words", [["index"], ["folders", "add"]])
def test_the_service_is_asked_for_the_folder(
    run: Run, fake: FakeService, words: list[str], capsys: Output
) -> None:
    Path("pictures").mkdir()
    assert run(*words, "pictures", "--label", "Mine", "--notice", "Of 2026.") == 0
    assert capsys.readouterr().out == DONE
    (folder,) = fake.folders
    assert folder["path"] == str(Path("pictures").absolute())
    assert (folder["label"], folder["notice"]) == ("Mine", "Of 2026.")
    assert list(Path.cwd().iterdir()) == [Path.cwd() / "pictures"]


def test_a_folder_that_only_the_service_has(run: Run, fake: FakeService, capsys: Output) -> None:
    assert run("index", "/nas/pictures", "--no-wait") == 0
    assert capsys.readouterr().out == "job0\n"
    assert fake.folders[0]["path"] == "/nas/pictures"


def test_listed_scanned_forgotten(run: Run, fake: FakeService, capsys: Output) -> None:
    assert run("folders") == 0
    assert capsys.readouterr().out == "No folders yet.\n"
    Path("one").mkdir()
    assert run("index", "one", "--label", "[One]") == 0
    capsys.readouterr()
    assert run("folders", "list") == 0
    assert f"[One]  {Path('one').absolute()}" in capsys.readouterr().out
    assert run("folders", "--json") == 0
    assert json.loads(capsys.readouterr().out)["folders"][0]["id"] == 1
    for which in ("1", "one", str(Path("one").absolute())):
        assert run("folders", "scan", which) == 0
    assert capsys.readouterr().out == 3 * DONE
    assert run("folders", "forget", "one") == 2
    assert "add --yes" in capsys.readouterr().err
    assert run("folders", "forget", "one", "--yes") == 0
    assert "is forgotten" in capsys.readouterr().out
    assert (fake.folders, Path("one").is_dir()) == ([], True)
    assert run("folders", "scan", "1") == 2
    assert "no such folder" in capsys.readouterr().err


def test_pictures_that_are_away_and_folders_in_others_are_said(
    run: Run, fake: FakeService, capsys: Output
) -> None:
    Path("one/inside").mkdir(parents=True)
    assert run("index", "one") == 0
    assert "part of" not in capsys.readouterr().err
    assert run("index", "one/inside") == 0
    assert f"inside is part of {Path('one').absolute()}, which is indexed already" in capsys.readouterr().err
    fake.folders[0] |= {"unreachable": 12}
    assert run("folders") == 0
    heading, first, _ = capsys.readouterr().out.splitlines()
    assert "out of reach" in heading
    assert "missing" not in heading
    assert " 12 " in first


def test_files_that_are_not_read_are_listed_by_kind(run: Run, fake: FakeService, capsys: Output) -> None:
    assert run("index", "/nas", "--no-wait") == 0
    fake.folders[0] |= {"unsupported": {"HEIC": 1, "RAW": 3, "video": 12, "SVG": 1}}
    capsys.readouterr()
    assert run("folders", "list") == 0
    *_, last = capsys.readouterr().out.splitlines()
    assert last == (
        "Not read in /nas: 12 videos, 3 RAW (install the raw extra), "
        "1 HEIC (not among the PICTURE_FORMATS), 1 SVG."
    )


@pytest.mark.parametrize("status", [403, 422])
def test_a_folder_that_the_service_may_not_see_can_be_sent(
    run: Run, fake: FakeService, status: int, capsys: Output
) -> None:
    fake.refusal = problem(status, "/pictures: there is no such folder there.")
    Path("pictures").mkdir()
    assert run("index", "pictures") == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first == "Not done: /pictures: there is no such folder there."
    assert second.endswith("image-search index pictures --upload")
    assert run("index", "typo") == 1
    assert "--upload" not in capsys.readouterr().err


def test_where_no_service_answers_one_line_says_how_to_start_one(run: Run, capsys: Output) -> None:
    assert main(["index", ".", "--server", closed_port()]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "`image-search serve DIR`" in line
    assert "`make run`" in line
    assert "IMAGE_SEARCH_URL" in line


def test_a_name_that_nobody_can_write(run: Run, fake: FakeService, capsys: Output) -> None:
    Path(os.fsdecode(b"lat\xfcn")).mkdir()
    assert run("index", os.fsdecode(b"lat\xfcn")) == 1
    assert "lat\\udcfcn': its name isn't valid UTF-8; rename it." in capsys.readouterr().err
    assert fake.folders == []


def test_a_scan_that_fails_is_exit_code_1(run: Run, fake: FakeService, capsys: Output) -> None:
    fake.end_state = "failed"
    fake.item_errors = [{"item": "/pictures", "status": 400, "detail": "There are no pictures."}]
    assert run("index", ".") == 1
    assert "/pictures: There are no pictures." in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [[], ["index"], ["fly"], ["index", "a", "b"], ["index", ".", "--watch"]]
)
def test_wrong_usage_is_exit_code_2(arguments: list[str], capsys: Output) -> None:
    assert main(arguments) == 2
    assert "Usage" in capsys.readouterr().err


def test_vectors_are_adopted(run: Run, fake: FakeService, capsys: Output) -> None:
    assert run("folders", "adopt") == 0
    assert fake.adopted
    assert "belong to this catalogue now" in capsys.readouterr().out
