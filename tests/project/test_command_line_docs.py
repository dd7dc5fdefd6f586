"""The documents' `image-search` commands and Python examples, typed as they stand against a service."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregate_service.cli import main
from tests.aggregate_service.drawn import jpeg
from tests.aggregate_service.fake_service import FakeService, picture
from tests.aggregate_service.servers import serving
from tests.project.files import ROOT

DOCUMENTS = [ROOT / "README.md", *(ROOT / "docs" / f"{name}.md" for name in ("command-line", "evaluation"))]
TEXT = "\n".join(document.read_text() for document in DOCUMENTS)
VERBS = tuple(f"image-search {verb} " for verb in ("search", "index", "evaluate"))
COMMANDS = [
    command
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
    if (command := line.partition("&& ")[2] if line.startswith(". .venv") else line).startswith(VERBS)
]
EXAMPLES = [code for code in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL) if "ImageSearch(" in code]


@pytest.fixture(autouse=True)
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(("photo.jpg", "beach.jpg", "dog.jpg")):
        (tmp_path / name).write_bytes(jpeg(number))
    for folder in ("pictures", "data/coco-128/train", "data/coco-128/labels"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "data/coco-128/labels/1.txt").write_text("0 0.5 0.5 1 1\n")
    (tmp_path / "labels.csv").write_text("path,labels\nbeach.jpg,sea\n")


def test_there_are_some() -> None:
    assert len(COMMANDS) >= 15
    assert len(EXAMPLES) == 2


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(FakeService().app()) as url:
        yield url


@pytest.mark.parametrize("command", COMMANDS)
def test_command(command: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGE_SEARCH_URL", url)
    assert main(shlex.split(command, comments=True)[1:]) == 0


@pytest.mark.parametrize("example", EXAMPLES)
def test_example(example: str, capsys: pytest.CaptureFixture[str]) -> None:
    fake = FakeService(pictures=[picture(7, labels=["holiday"])])
    with serving(fake.app()) as url:
        exec(compile(example.replace("http://localhost:8000", url), "example", "exec"), {})
    assert "0.900 deep/0.jpg" in capsys.readouterr().out
    assert len(fake.asked) == 1
    assert fake.pictures == [] or "delete" not in example


def test_every_verb_of_the_table_is_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    table = TEXT.partition("| command | what it does |")[2].partition("## Searching")[0]
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    verbs = {word for row in rows for word in re.findall(r"`(\w+)", row)}
    expected = (
        "serve index folders search delete restore evaluate improve jobs keys status models"
        " export import doctor backup verify label download duplicates list"
    )
    assert verbs == set(expected.split())
    for verb in verbs:
        assert main([verb, "--help"]) == 0
    capsys.readouterr()
