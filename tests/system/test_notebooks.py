"""The notebooks that ask the running product, from top to bottom over a few drawn pictures."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.notebooks import as_markdown, executed, label_by_name, of
from tests.system.launcher import Launcher, launched
from tests.system.pictures import draw_picture


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    """Three kinds of scenes, four pictures of each, labelled."""
    folder = tmp_path_factory.mktemp("notebooks") / "pictures"
    folder.mkdir()
    for number in range(12):
        draw_picture(number % 3).resize((300 + number, 200)).save(
            folder / f"{'abc'[number % 3]}-{number}.png"
        )
    with launched(folder.parent, IMAGES=str(folder), EMBEDDING_MODEL="color-layout") as launcher:
        launcher.wait_for("Ctrl-C stops it")
        label_by_name(launcher)
        yield launcher


def printed(notebook: Any) -> str:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output["text"] for output in outputs if output["output_type"] == "stream")


def test_a_first_look(services: Launcher, tmp_path: Path) -> None:
    notebook = executed("a_first_look", of(services))
    said = printed(notebook)
    assert "12 of 12 pictures, encoder color-layout@" in said
    assert "0 pictures without a label" in said
    assert "12 vectors of" in said
    text = as_markdown("a_first_look", notebook, tmp_path)
    assert text.count("![](") == len(list(tmp_path.glob("*.webp"))) == 5


def test_comparing_encoders(services: Launcher, tmp_path: Path) -> None:
    notebook = executed("comparing_encoders", of(services) | {"COMPARE_RESULTS": str(tmp_path)})
    said = printed(notebook)
    assert "12 pictures with 3 labels" in said
    assert "asked with pictures: precision@5" in said
    assert "One encoder was measured" in said
    assert "make compare" in said
