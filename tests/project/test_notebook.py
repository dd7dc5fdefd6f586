"""The notebook runs from top to bottom, and what it writes is an index that the search service takes."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from PIL import Image, ImageDraw

from search_service.portable.portable import read_portable
from tests.project.files import ROOT

NOTEBOOK = ROOT / "notebooks" / "create_faiss_index.ipynb"
COLOURS = ("firebrick", "seagreen", "royalblue", "gold", "orchid", "slategray", "coral")


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Seven drawn pictures and one broken file; the kernel inherits this environment."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number, colour in enumerate(COLOURS):
        picture = Image.new("RGB", (96, 64), colour)
        ImageDraw.Draw(picture).ellipse((8 * number, 8, 8 * number + 40, 48), fill="white")
        picture.save(pictures / f"{number}.png")
    (pictures / "broken.jpg").write_bytes(b"\xff\xd8\xff not really")
    places = {
        "IMAGES_DIR": pictures,
        "INDEX_SAVE_PATH": tmp_path / "index.faiss",
        "IMAGES_PATH_FILE": tmp_path / "image_paths.json",
        "QUERY": pictures / "3.png",
    }
    for name, place in places.items():
        monkeypatch.setenv(name, str(place))
    for name, value in {
        "EMBEDDING_MODEL": "color-layout",
        "EMBEDDING_MODEL_PATH": "",
        "HF_HUB_OFFLINE": "1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), *sys.path]))
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    return places


def committed() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]


def executed() -> list[Any]:
    notebook = committed()
    client = NotebookClient(
        notebook,
        timeout=600,
        startup_timeout=600,
        resources={"metadata": {"path": str(NOTEBOOK.parent)}},
    )
    client.execute()
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def test_it_builds_an_index_and_shows_five_answers(places: dict[str, Path]) -> None:
    outputs = executed()
    encoder, _owner, ids, vectors = read_portable(places["INDEX_SAVE_PATH"])
    assert encoder.startswith("color-layout@")
    assert ids.tolist() == list(range(7))
    assert len(vectors) == 7
    assert json.loads(places["IMAGES_PATH_FILE"].read_text()) == [f"{number}.png" for number in range(7)]
    printed = "".join(output["text"] for output in outputs if output["output_type"] == "stream")
    assert "left out: broken.jpg" in printed
    hits = [line.split() for line in printed.splitlines() if line[:1].isdigit() and line.endswith(".png")]
    assert len(hits) == 5
    assert hits[0] == ["1.000", "3.png"]
    assert any("image/png" in output.get("data", {}) for output in outputs)


def test_it_is_committed_without_output() -> None:
    cells = committed().cells
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
