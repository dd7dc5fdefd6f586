"""`image-search serve`: the whole product on this machine, or one of its services."""

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

Service = Literal["aggregate", "embedding", "search"]


def serve(
    pictures: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="Your pictures, read in place; COCO128 if left out."),
    ] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The page's port (8000).")] = None,
    restore: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A backup to begin with, where nothing was indexed yet."),
    ] = None,
    only: Annotated[Service | None, typer.Option(help="Just this service, as configured.")] = None,
) -> None:
    """Start the page and everything behind it; Ctrl-C stops it."""
    if only and pictures:
        raise typer.BadParameter("--only starts one service as it is configured: leave the folder out.")
    if pictures and not pictures.expanduser().is_dir():
        raise typer.BadParameter(f"{pictures}: there is no such folder.")
    if restore and not restore.is_file():
        raise typer.BadParameter(f"{restore}: there is no such file.")
    chosen = {"IMAGES": str(pictures.expanduser().resolve()) if pictures else None}
    chosen["AGG_FASTAPI_PORT"] = str(port) if port else None
    chosen["RESTORE_FROM"] = str(restore.resolve()) if restore else None
    environment = dict(os.environ) | {name: value for name, value in chosen.items() if value}
    module = f"{only}_service" if only else "aggregate_service.local"
    os.execve(sys.executable, [sys.executable, "-m", module], environment)  # noqa: S606 - our own module
