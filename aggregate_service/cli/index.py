"""`image-search index`: a folder of the service's machine, or files that are sent to it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from aggregate_service.cli.exit_codes import DONE, FAILED
from aggregate_service.cli.folders import FolderName, Notice, index_folder
from aggregate_service.cli.job_progress import finish
from aggregate_service.cli.move import export_collection, import_collection
from aggregate_service.cli.options import Server, Wait, connected
from aggregate_service.cli.output import say
from aggregate_service.cli.uploading import VECTORS, is_vectors, pictures_below, requests
from picture_files.formats import SUFFIXES

_MOVES: dict[str, Callable[[Path], None]] = {"export": export_collection, "import": import_collection}
_VECTOR_LISTS = (".csv", ".txt", ".json")


def index(
    what: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR | FILE",
            help="A folder (indexed in place, never modified), pictures, a .csv or .txt of links, "
            "or vectors.npy with its list.",
        ),
    ],
    label: FolderName = None,
    notice: Notice = None,
    upload: Annotated[
        bool, typer.Option("--upload", help="Folder: send its pictures to a service that can't read it.")
    ] = False,
    labels: Annotated[
        str | None, typer.Option(metavar="A,B", help="Files: labels that the pictures get.")
    ] = None,
    wait: Wait = True,
    server: Server = None,
) -> None:
    """Make pictures searchable.

    The service indexes a folder where it lies, so it must be on the service's machine. Files are sent.
    """
    if len(what) == 2 and str(what[0]) in _MOVES and not what[0].exists():
        _MOVES[str(what[0])](what[1])
        return
    folder = what[0] if len(what) == 1 and not what[0].is_file() else None
    if folder and not folder.exists() and folder.suffix.lower() in {*_VECTOR_LISTS, VECTORS, *SUFFIXES}:
        raise typer.BadParameter(f"{folder}: there is no such file.")
    if folder and not upload:
        if labels:
            raise typer.BadParameter("--labels are for files; what the page calls a folder is its --label.")
        raise typer.Exit(index_folder(folder, label, notice, wait, server))
    if label is not None or notice is not None or (upload and not folder):
        raise typer.BadParameter("--label, --notice and --upload are for a folder; for files, --labels.")
    raise typer.Exit(_send(_pictures(folder) if folder else _checked(what), labels, wait, server))


def _pictures(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise typer.BadParameter(f"{folder}: there is no such folder.")
    return pictures_below(folder)


def _checked(files: list[Path]) -> list[Path]:
    for file in files:
        if file.is_dir():
            raise typer.BadParameter(f"{file} is a folder: index one folder at a time, and no files with it.")
        if not file.is_file():
            raise typer.BadParameter(f"{file}: there is no such file.")
    vectors = [file for file in files if is_vectors(file)]
    lists = [file for file in files if file.suffix.lower() in _VECTOR_LISTS]
    if vectors and (len(vectors), len(lists), len(files)) != (1, 1, 2):
        raise typer.BadParameter(
            f"{vectors[0]} needs the list of its pictures beside it, and nothing else: "
            f"image-search index {vectors[0].name} list.csv (or .txt, .json)."
        )
    return files


def _send(files: Sequence[Path], labels: str | None, wait: bool, server: str | None) -> int:
    if not files:
        say("Not done: there are no pictures in that folder.")
        return FAILED
    code = DONE
    named = [label.strip() for label in (labels or "").split(",") if label.strip()]
    with connected(server) as images:
        for batch in requests(files):
            code = max(code, finish(images, images.add(batch, named), wait))
    if not wait:
        say("It goes on by itself: image-search jobs follow ID")
    return code
