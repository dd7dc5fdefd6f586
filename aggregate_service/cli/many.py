"""`image-search label`, `download` and `duplicates`: many pictures at once."""

from pathlib import Path
from typing import Annotated

import typer

from aggregate_service.cli.options import AsJson, Server, connected
from aggregate_service.cli.output import confirm, print_json, printable, stdout

Ids = Annotated[list[int], typer.Argument(metavar="ID…", help="Ids of pictures.")]


def label(
    ids: Ids,
    add: Annotated[list[str] | None, typer.Option(metavar="NAME", help="A label that they get.")] = None,
    remove: Annotated[list[str] | None, typer.Option(metavar="NAME", help="A label that they lose.")] = None,
    server: Server = None,
) -> None:
    """Give labels to pictures, or take them away."""
    if not add and not remove:
        raise typer.BadParameter("Give at least one --add or --remove.")
    if not all(name.strip() for name in (*(add or ()), *(remove or ()))):
        raise typer.BadParameter("A label has at least one letter.")
    with connected(server) as images:
        changed = images.label(ids, add or (), remove or ())
    stdout().print(f"{changed} labelled.")


def download(
    ids: Ids,
    to: Annotated[Path, typer.Option("--to", "-o", metavar="FILE", help="The ZIP file to write.")] = Path(
        "pictures.zip"
    ),
    metadata: Annotated[bool, typer.Option(help="With what the files say of place, time and camera.")] = True,
    server: Server = None,
) -> None:
    """Write pictures into one ZIP file."""
    with connected(server) as images:
        images.download(ids, to, metadata=metadata)
    stdout().print(f"{to}: {to.stat().st_size:,} bytes.")


def duplicates(
    remove: Annotated[
        bool,
        typer.Option("--remove", help="Remove all but the best, and but what has a label or title; asks."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    as_json: AsJson = False,
    server: Server = None,
) -> None:
    """List near-duplicates, the best of each group first. Files of an indexed folder stay where they are."""
    with connected(server) as images:
        groups = list(images.duplicates())
        if as_json:
            print_json([group.model_dump(mode="json") for group in groups])
        else:
            for group in groups:
                listed = (f"{picture.id}\t{printable(picture.path)}" for picture in group.images)
                print("\n".join(listed) + "\n")  # as it stands: rich makes spaces of tabs
        others = [id_ for group in groups for id_ in group.removable]
        if remove and others:
            if not yes:
                confirm(
                    f"This removes {len(others):,}", f"Remove {len(others):,} pictures from the collection?"
                )
            stdout().print(f"{images.delete(others)} removed.")
