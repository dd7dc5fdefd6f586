"""Write the rendered copies of the notebooks in docs/notebooks: over the sample gallery, which we drew.

`python -m scripts.notebooks` takes some minutes. Each picture is labelled with the first word of its name.
"""

import base64
import io
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx2
import nbformat
from nbclient import NotebookClient
from PIL import Image

from aggregate_service.sample_gallery import draw_sample_gallery
from tests.system.launcher import Launcher, launched

ROOT = Path(__file__).parent.parent
NAMES = ("a_first_look", "comparing_encoders")
_SECONDS = 900


def executed(name: str, environment: dict[str, str]) -> Any:
    """The notebook with its outputs; its kernel gets this environment beside ours."""
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    client = NotebookClient(
        notebook,
        timeout=_SECONDS,
        startup_timeout=_SECONDS,
        resources={"metadata": {"path": str(ROOT / "notebooks")}},
    )
    backend = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    path = {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    client.execute(env=dict(os.environ) | backend | path | environment)
    return notebook


def of(launcher: Launcher) -> dict[str, str]:
    """What notebooks are told of the services that run."""
    urls = {"IMAGE_SEARCH_URL": 8000, "SEARCH_API_URL": 8001}
    return {name: f"http://127.0.0.1:{launcher.ports[port]}" for name, port in urls.items()}


def label_by_name(launcher: Launcher) -> None:
    """`sunset-02.jpg` gets the label sunset."""
    url = f"http://127.0.0.1:{launcher.port}"
    cursor: str | None = ""
    while cursor is not None:
        page = httpx2.get(f"{url}/images", params={"cursor": cursor} if cursor else {}, timeout=60).json()
        for picture in page["images"]:
            word = Path(picture["path"]).stem.partition("-")[0]
            said = {"labels": [word]}
            httpx2.patch(f"{url}/images/{picture['id']}", json=said, timeout=60).raise_for_status()
        cursor = page["next"]


def as_markdown(name: str, notebook: Any, folder: Path) -> str:
    """Pictures go into files beside it."""
    parts = [f"<!-- Rendered by `python -m scripts.notebooks` from notebooks/{name}.ipynb. -->"]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            continue
        parts.append(f"```python\n{cell.source}\n```")
        parts += [_output(name, number, output, folder) for number, output in _outputs(notebook, cell)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _outputs(notebook: Any, cell: Any) -> list[tuple[str, Any]]:
    place = notebook.cells.index(cell)
    return [(f"{place}-{number}", output) for number, output in enumerate(cell.outputs)]


def _output(name: str, number: str, output: Any, folder: Path) -> str:
    if output.output_type == "stream":
        return f"```\n{output.text.rstrip()}\n```"
    data = output.get("data", {}).get("image/png")
    if data is None:
        return ""
    file = folder / f"{name}-{number}.webp"
    with Image.open(io.BytesIO(base64.b64decode(data))) as plot:
        plot.convert("RGB").save(file, quality=80, method=6)
    return f"![]({file.name})"


def main() -> None:
    folder = ROOT / "docs" / "notebooks"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        drawn = Path(place) / "pictures"
        draw_sample_gallery(drawn)
        with launched(Path(place), IMAGES=str(drawn), EMBEDDING_MODEL="mini") as launcher:
            launcher.wait_for("Ctrl-C stops it", _SECONDS)
            label_by_name(launcher)
            for name in NAMES:
                notebook = executed(name, of(launcher))
                (folder / f"{name}.md").write_text(as_markdown(name, notebook, folder), "utf-8")
                print(folder / f"{name}.md", flush=True)


if __name__ == "__main__":
    main()
