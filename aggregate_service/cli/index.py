"""`image-search index`: a folder in place, or pictures, links and vectors that are sent to the service."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from aggregate_service.cli.exit_codes import DONE
from aggregate_service.cli.move import export_collection, import_collection
from aggregate_service.cli.options import Server, connected
from aggregate_service.cli.output import say, stdout
from aggregate_service.cli.uploading import follow_job, is_vectors, outcome, requests, summary

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
    label: Annotated[
        str | None, typer.Option(metavar="NAME", help="Folder: what the page calls these pictures.")
    ] = None,
    notice: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Folder: what the page says about them.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Folder: follow its changes until Ctrl-C.")] = False,
    labels: Annotated[
        str | None, typer.Option(metavar="A,B", help="Files: labels that the pictures get.")
    ] = None,
    wait: Annotated[bool, typer.Option(help="Files: follow the job to its end.")] = True,
    server: Server = None,
) -> None:
    """Make pictures searchable.

    A folder is indexed where it lies, by this machine's own catalogue. Files are sent to the service.
    """
    if len(what) == 2 and str(what[0]) in _MOVES and not what[0].exists():
        _MOVES[str(what[0])](what[1])
        return
    if len(what) == 1 and not what[0].is_file():
        raise typer.Exit(_index_folder(what[0], label, notice, watch=watch))
    _check(what)
    if watch or label is not None or notice is not None:
        raise typer.BadParameter("--watch, --label and --notice are for a folder; for files, --labels.")
    raise typer.Exit(_send(what, labels, wait, server))


def _index_folder(folder: Path, label: str | None, notice: str | None, *, watch: bool) -> int:
    from aggregate_service.cli import folder as in_place  # with the whole service: not for every --help

    if watch:
        return in_place.follow(folder, label, notice)
    return in_place.run(folder, label, notice)


def _check(files: list[Path]) -> None:
    for file in files:
        if file.is_dir():
            raise typer.BadParameter(f"{file} is a folder: index one folder at a time, and no files with it.")
        if not file.is_file():
            raise typer.BadParameter(f"{file}: there is no such file.")
    vectors = [file for file in files if is_vectors(file)]
    if not vectors:
        return
    lists = [file for file in files if file.suffix.lower() in _VECTOR_LISTS]
    if len(vectors) != 1 or len(lists) != 1 or len(files) != 2:
        raise typer.BadParameter(
            f"{vectors[0]} needs the list of its pictures beside it, and nothing else: "
            f"image-search index {vectors[0].name} list.csv (or .txt, .json)."
        )


def _send(files: list[Path], labels: str | None, wait: bool, server: str | None) -> int:
    code = DONE
    named = [label.strip() for label in (labels or "").split(",") if label.strip()]
    with connected(server) as images:
        for batch in requests(files):
            job = images.add(batch, named)
            if wait:
                job = follow_job(images, job)
                code = max(code, outcome(job))
                stdout().print(summary(job))
            else:
                stdout().print(job.id)
    if not wait:
        say("It goes on by itself: image-search jobs follow ID")
    return code
