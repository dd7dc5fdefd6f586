"""`image-search evaluate`: what the service is asked, from which files, and how its answer is told."""

import csv
import json
from pathlib import Path

import pytest

from aggregate_service.cli.label_files import as_csv, class_names, labels_folder
from tests.aggregate_service.cli.conftest import Run
from tests.aggregate_service.fake_service import FakeService, problem

Output = pytest.CaptureFixture[str]


def test_the_catalogues_labels(run: Run, fake: FakeService, capsys: Output) -> None:
    assert run("evaluate", "--model", "clip", "--model", "siglip", "--ignore", "person", "-k", "3") == 0
    (asked,) = fake.asked
    assert (asked["model"], asked["ignore"], asked["k"]) == (["clip", "siglip"], ["person"], ["3"])
    assert "labels" not in asked
    told = capsys.readouterr()
    assert "7 pictures (a sample of 70) with 2 labels" in told.out
    assert "clip" in told.out
    assert "0.500 (0.250 to 0.750)" in told.out
    assert "+0.500 (+0.250 to +0.750)" in told.out
    assert "[cat]" not in told.out
    assert "gone, asked with words: Not indexed with gone." in told.err
    assert "1 pictures of labels.csv aren't in the catalogue." in told.err


def test_as_json_as_a_file_by_label_or_later(run: Run, fake: FakeService, capsys: Output) -> None:
    assert run("evaluate", "--json", "--html", "report.html") == 0
    assert json.loads(capsys.readouterr().out)["rows"][0]["measures"]["map"]["value"] == 0.5
    assert Path("report.html").read_text() == "<p>job0</p>"
    assert run("evaluate", "--by-label") == 0
    assert "[cat]" in capsys.readouterr().out
    assert run("evaluate", "--no-wait") == 0
    assert capsys.readouterr().out == "job2\n"


def test_a_list_a_folder_and_yolos_layout(run: Run, fake: FakeService, capsys: Output) -> None:
    Path("mine.csv").write_text("path,labels\na.jpg,cat\n")
    assert run("evaluate", "mine.csv") == 0
    assert fake.asked[-1]["labels"] == "path,labels\na.jpg,cat\n"
    Path("folder/cats").mkdir(parents=True)
    assert run("evaluate", "folder") == 0
    assert fake.asked[-1]["folder"] == [str(Path("folder").resolve())]
    yolo()
    assert run("evaluate", "coco") == 0
    assert fake.asked[-1]["labels"].splitlines()[1].endswith("train/1.jpg,person;dog")
    assert run("evaluate", "nowhere") == 2


def test_a_refusal_and_nothing_measured_are_exit_code_1(run: Run, fake: FakeService, capsys: Output) -> None:
    fake.end_state = "failed"
    assert run("evaluate") == 1
    fake.refusal = problem(422, "No picture has a label yet.")
    assert run("evaluate") == 1
    assert "No picture has a label yet." in capsys.readouterr().err


def yolo() -> Path:
    folder = Path("coco")
    for name, text in {"1": "16 0.5 0.5 1 1\n0 0 0 1 1\n16 0 0 1 1\n", "2": "", "4": "0 0 0 1 1"}.items():
        file = folder / "labels" / f"{name}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    for name in ("1.jpg", "2.jpg", "3.jpg"):
        (folder / "train").mkdir(exist_ok=True)
        (folder / "train" / name).write_bytes(b"")
    return folder


@pytest.mark.parametrize("part", [".", "train"])
def test_yolos_labels_are_found_from_its_folder_or_that_of_its_pictures(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = yolo() / part
    labels = labels_folder(folder.resolve())
    assert labels is not None
    rows = list(csv.reader(as_csv(folder.resolve(), labels).decode().splitlines()))
    train = (tmp_path / "coco/train").resolve()
    assert rows[1:] == [[f"{train}/1.jpg", "person;dog"], [f"{train}/2.jpg", ""], [f"{train}/3.jpg", ""]]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("classes.txt", "cat\nfire hydrant\n"),
        ("data.yaml", "path: x\nnames:\n  0: cat\n  1: 'fire hydrant'\nnc: 2\n"),
        ("data.yaml", "names: ['cat', 'fire hydrant']\n"),
    ],
)
def test_classes_have_the_names_of_their_data_set(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    assert class_names(tmp_path, tmp_path / "labels") == {0: "cat", 1: "fire hydrant"}


def test_a_folder_without_yolos_labels_isnt_in_its_layout(tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    assert labels_folder(tmp_path) is None
    assert class_names(tmp_path, tmp_path)[79] == "toothbrush"
