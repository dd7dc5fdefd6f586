"""`image-search search`: what is asked, what is printed, for people, programs and pipes."""

import json
from pathlib import Path

import pytest
from PIL import Image

from aggregate_service.cli import main
from aggregate_service.filter_fields import FIELDS
from tests.aggregate_service.cli.conftest import Run
from tests.aggregate_service.drawn import jpeg
from tests.aggregate_service.fake_service import FakeService, problem
from tests.aggregate_service.servers import closed_port

Output = pytest.CaptureFixture[str]


def test_words(run: Run, fake: FakeService, capsys: Output) -> None:
    assert run("search", "red bus", "-k", "2") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["score", "relevance", "id", "picture"]
    assert [line.split() for line in lines[1:]] == [
        ["0.900", "90%", "0", "deep/0.jpg"],
        ["0.800", "80%", "1", "deep/1.jpg"],
    ]
    assert fake.asked == [{"text": ["red bus"], "k": ["2"]}]


def test_what_an_answer_notes(run: Run, fake: FakeService, capsys: Output) -> None:
    fake.notes = [{"detail": "No picture has the label x."}]
    assert run("search", "red bus", "--label", "x") == 0
    assert capsys.readouterr().err == "Note: No picture has the label x.\n"
    assert run("search", "red bus", "--label", "x", "--json") == 0
    assert json.loads(capsys.readouterr().out)["notes"] == fake.notes


def test_the_expression_of_the_manual(run: Run, fake: FakeService) -> None:
    Path("a.jpg").write_bytes(jpeg(1))
    assert run("search", "a.jpg", "+", "snow", "-0.5:people", "--collapse", "--label", "pets") == 0
    assert fake.asked == [
        {
            "text": ["snow", "people^-0.5"],
            "k": ["10"],
            "combine": ["average"],
            "label": ["pets"],
            "collapse": ["true"],
            "files": ["a.jpg"],
        }
    ]


def test_every_filter_of_the_api_is_an_option(run: Run, fake: FakeService) -> None:
    options = [part for field in FIELDS for part in (f"--{field.name.replace('_', '-')}", field.example)]
    assert run("search", "red", *options, "--label", "sea", "--sort", "taken") == 0
    asked = {field.name: [field.example] for field in FIELDS} | {"label": ["holiday", "sea"]}
    assert fake.asked == [{"text": ["red"], "k": ["10"], "sort": ["taken"]} | asked]


def test_several_pictures_are_several_queries(run: Run, fake: FakeService, capsys: Output) -> None:
    for name in ("a.jpg", "b.jpg"):
        Path(name).write_bytes(jpeg(1))
    assert run("search", "a.jpg", "b.jpg", "--text", "snow") == 0
    out = capsys.readouterr().out
    assert out.index("a.jpg + snow") < out.index("b.jpg + snow")
    assert fake.asked[0]["files"] == ["a.jpg", "b.jpg"]
    assert "combine" not in fake.asked[0]


def test_ids_links_and_a_region(run: Run, fake: FakeService) -> None:
    assert run("search", "--id", "0.5:17", "--url", "http://x.org/a.jpg", "--offset", "5") == 0
    assert run("search", "--id", "17", "--box", "0,0,0.5,1") == 0
    assert fake.asked[0] == {
        "id": ["17^0.5"],
        "url": ["http://x.org/a.jpg"],
        "k": ["10"],
        "offset": ["5"],
    }
    assert fake.asked[1] == {"id": ["17"], "k": ["10"], "box": ["0,0,0.5,1"]}


def test_nothing_close_says_so(run: Run, fake: FakeService, capsys: Output) -> None:
    fake.nothing_close = True
    assert run("search", "red") == 3
    assert "Nothing close in this collection." in capsys.readouterr().out
    assert run("search", "red", "--paths") == 3
    assert run("search", "red", "--json") == 0


def test_json_is_what_the_service_said(run: Run, capsys: Output) -> None:
    assert run("search", "red", "--json", "-k", "1") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["model"] == "average-colour"
    assert answer["results"][0]["similar"][0]["path"] == "deep/0.jpg"


def test_paths_are_files_where_they_are_here(
    run: Run, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("pictures/deep").mkdir(parents=True)
    Path("pictures/deep/1.jpg").write_bytes(jpeg(1))
    assert run("search", "red", "--paths", "--root", "pictures") == 0
    first, second, _third = capsys.readouterr().out.splitlines()
    assert first.endswith("/images/0/file")
    assert first.startswith("http://127.0.0.1")
    assert second == str(Path("pictures/deep/1.jpg").absolute())


def test_paths_are_those_of_the_services_folders(
    run: Run, fake: FakeService, capsys: Output, tmp_path: Path
) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "0.jpg").write_bytes(jpeg(1))
    fake.folders = [
        {"id": id_, "path": path, "job": None} for id_, path in enumerate(("/none", str(tmp_path)))
    ]
    assert run("search", "red", "-0", "-k", "1") == 0
    assert capsys.readouterr().out == f"{tmp_path}/deep/0.jpg\0"


def test_a_contact_sheet(run: Run, capsys: Output) -> None:
    assert run("search", "red", "--viz", "sheet.png") == 0
    captured = capsys.readouterr()
    assert "Contact sheet: sheet.png" in captured.err
    assert "\x1b" not in captured.out
    with Image.open("sheet.png") as sheet:
        assert sheet.width > 800
        assert sheet.getpixel((92, 118)) != (250, 250, 248)


def test_a_file_that_cannot_be_written_is_one_line(run: Run, capsys: Output) -> None:
    assert run("search", "red", "--viz", "missing/sheet.png") == 1
    assert "Not done: " in capsys.readouterr().err.splitlines()[-1]


def test_wrong_usage_is_2_and_one_clear_line(run: Run, fake: FakeService, capsys: Output) -> None:
    for typed, says in (
        (["missing.jpg"], "missing.jpg: there is no such file"),
        ([], "Say what to search for"),
        (["red", "+"], "stands at the end"),
        (["red", "-k", "0"], "-k"),
        (["red", "--box", "0,0,1,1"], "exactly one picture"),
    ):
        assert run("search", *typed) == 2
        assert says in capsys.readouterr().err
    assert fake.asked == []


def test_a_refusal_and_an_absence_are_1(run: Run, fake: FakeService, capsys: Output) -> None:
    fake.refusal = problem(404, "There is no picture with the id 99 in the catalogue.")
    assert run("search", "--id", "99") == 1
    assert capsys.readouterr().err == "Not done: There is no picture with the id 99 in the catalogue.\n"
    assert main(["search", "red", "--server", closed_port()]) == 1
    assert "image-search serve" in capsys.readouterr().err
