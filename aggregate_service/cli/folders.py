"""`image-search folders`: the folders that the service indexes where they lie."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from aggregate_service.cli.exit_codes import FAILED
from aggregate_service.cli.job_progress import finish
from aggregate_service.cli.options import AsJson, Server, Wait, connected
from aggregate_service.cli.output import confirm, print_json, printable, say, stdout, table
from aggregate_service.cli.unsupported import by_kind
from aggregate_service.client import Folder, ImageSearch, ImageSearchError

app = typer.Typer(
    invoke_without_command=True, rich_markup_mode=None, help="List, add, scan, forget the service's folders."
)
FolderName = Annotated[
    str | None,
    typer.Option("--label", metavar="NAME", help="What the page calls these pictures."),
]
Notice = Annotated[str | None, typer.Option(metavar="TEXT", help="What the page says about them.")]
Which = Annotated[str, typer.Argument(metavar="ID | DIR", help="A folder of the list.")]
Gone = Annotated[
    bool, typer.Option("--gone", help="What isn't found isn't coming back, on no disk that was there.")
]
_REFUSED = (403, 422)
_HIDDEN = {"missing": "missing", "unreachable": "out of reach"}


@app.callback()
def folders(context: typer.Context, as_json: AsJson = False, server: Server = None) -> None:
    """The folders, with how many pictures lie in each; `add`, `scan` or `forget` one of them."""
    if context.invoked_subcommand is None:
        list_folders(as_json, server)


@app.command("list")
def list_folders(as_json: AsJson = False, server: Server = None) -> None:
    """The folders, with how many pictures lie in each."""
    with connected(server) as images:
        found = images.folders()
    if as_json:
        print_json({"folders": [folder.model_dump(mode="json") for folder in found]})
        return
    hidden = [name for name in ("missing", "unreachable") if any(getattr(folder, name) for folder in found)]
    columns = ("id", "pictures", *(_HIDDEN[name] for name in hidden), "indexed", "scan", "label", "folder")
    made = table(*columns, right=("id", "pictures", *_HIDDEN.values()))
    for folder in found:
        indexed = {None: "–", True: "yes", False: "no"}[folder.indexed]
        scan = folder.job.state if folder.job else ""
        texts = (Text(folder.label), Text(folder.path))
        counts = [f"{getattr(folder, name):,}" for name in ("pictures", *hidden)]
        made.add_row(str(folder.id), *counts, indexed, scan, *texts)
    stdout().print(made if found else "No folders yet.")
    for folder in found:
        if folder.unsupported:
            stdout().print(Text(f"Not read in {printable(folder.path)}: {by_kind(folder.unsupported)}."))


@app.command("add")
def add(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that the service can read.")],
    label: FolderName = None,
    notice: Notice = None,
    wait: Wait = True,
    server: Server = None,
) -> None:
    """The same as `image-search index DIR`."""
    raise typer.Exit(index_folder(folder, label, notice, wait, server))


@app.command("scan")
def scan(which: Which, gone: Gone = False, wait: Wait = True, server: Server = None) -> None:
    """Look for what has changed in a folder."""
    with connected(server) as images:
        code = finish(images, images.scan_folder(_known(images, which).id, gone=gone), wait)
    raise typer.Exit(code)


@app.command("forget")
def forget(
    which: Which,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    server: Server = None,
) -> None:
    """Its pictures leave the results; files stay, and titles and labels for the service's MISSING_DAYS."""
    with connected(server) as images:
        folder = _known(images, which)
        what = f"{folder.path} with its {folder.pictures:,} pictures"
        if not yes:
            confirm(f"This takes {what} out", f"Take {what} out of the collection?")
        images.forget_folder(folder.id)
    stdout().print(f"{folder.path} is forgotten; its files are where they were.")


@app.command("adopt")
def adopt(server: Server = None) -> None:
    """Take over vectors of another catalogue: after this one was lost, or replaced. None is deleted."""
    with connected(server) as images:
        images.adopt()
    stdout().print("The vectors of the active encoder belong to this catalogue now; scan the folders again.")


def index_folder(folder: Path, label: str | None, notice: str | None, wait: bool, server: str | None) -> int:
    """Ask the service for it: it reads the folder itself, on its own machine."""
    with connected(server) as images:
        try:
            job = images.add_folder(folder.resolve(), label, notice)
        except ImageSearchError as error:
            if error.problem.status not in _REFUSED or not folder.is_dir():
                raise
            say(f"Not done: {error.problem.detail}")
            send = f"image-search index {printable(str(folder))} --upload"
            say(f"To send its pictures to the service instead: {send}")
            return FAILED
        _say_whose_part(images, folder.resolve())
        return finish(images, job, wait)


def _say_whose_part(images: ImageSearch, folder: Path) -> None:
    """A folder in one that is indexed already is no folder of its own."""
    for known in images.folders():
        if Path(known.path) in folder.parents:
            say(f"{printable(str(folder))} is part of {printable(known.path)}, which is indexed already.")
            return


def _known(images: ImageSearch, which: str) -> Folder:
    names = {which, str(Path(which).resolve())}
    for folder in images.folders():
        if str(folder.id) == which or folder.path in names:
            return folder
    raise typer.BadParameter(
        f"{which}: the service has no such folder; `image-search folders` lists those that it has."
    )
