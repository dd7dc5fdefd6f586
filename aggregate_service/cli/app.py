"""All commands in one place, and what becomes of their errors."""

from collections.abc import Sequence
from importlib import metadata
from typing import Annotated

import typer

from aggregate_service.cli import (
    backup,
    delete,
    doctor,
    evaluate,
    folders,
    improve,
    index,
    jobs,
    keys,
    listing,
    many,
    models,
    move,
    restore,
    search,
    serve,
    status,
)
from aggregate_service.cli.exit_codes import DONE, FAILED, INTERRUPTED
from aggregate_service.cli.output import say, stdout
from aggregate_service.client import ImageSearchError

_START = (
    " Start one with `image-search serve DIR` or `make run`, or say where it runs: --server URL, "
    "or IMAGE_SEARCH_URL."
)
app = typer.Typer(
    name="image-search",
    help="Search your own pictures by example and by words, on your own machine.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        stdout().print(f"image-search {metadata.version('image-search')}")
        raise typer.Exit


@app.callback()
def image_search(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None: ...


app.command("serve")(serve.serve)
app.command("index")(index.index)
app.command("search", cls=search.SearchCommand, help=search.HELP)(search.search)
app.command("list")(listing.list_pictures)
app.command("delete")(delete.delete)
app.command("restore")(restore.restore)
app.command("label")(many.label)
app.command("download")(many.download)
app.command("duplicates")(many.duplicates)
app.command("status")(status.status)
app.add_typer(folders.app, name="folders")
app.add_typer(jobs.app, name="jobs")
app.add_typer(keys.app, name="keys")
app.command("models")(models.models)
app.command("evaluate")(evaluate.evaluate)
app.command("improve")(improve.improve)
app.command("export")(move.export_collection)
app.command("import")(move.import_collection)
app.command("backup")(backup.backup)
app.command("verify")(backup.verify)
app.command("doctor")(doctor.doctor)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (`exit_codes.py` says what each means)."""
    try:
        app(args=None if arguments is None else list(arguments), prog_name="image-search")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else FAILED
    except ImageSearchError as error:
        say(f"Not done: {error.problem.detail}{_START if error.problem.status == 0 else ''}")
        return FAILED
    except OSError as error:
        say(f"Not done: {f'{error.filename}: ' if error.filename else ''}{error.strerror or error}.")
        return FAILED
    except KeyboardInterrupt:
        say("Stopped.")
        return INTERRUPTED
    return DONE
