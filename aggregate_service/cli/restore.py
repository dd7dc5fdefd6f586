"""`image-search restore`: deleted pictures come back, while the service still has them."""

from pathlib import Path
from typing import Annotated

import typer

from aggregate_service.cli.job_progress import finish
from aggregate_service.cli.options import Server, connected


def restore(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of pictures that were deleted.")],
    server: Server = None,
) -> None:
    """Bring deleted pictures back, each with a new id, for as long as the service's UNDO_SECONDS.

    A whole backup is restored by `image-search serve --restore FILE`, or RESTORE_FROM=FILE.
    """
    wanted = [_id(each) for each in ids]
    with connected(server) as images:
        codes = [finish(images, images.restore(picture_id)) for picture_id in wanted]
    raise typer.Exit(max(codes))


def _id(given: str) -> int:
    if given.isdecimal():
        return int(given)
    if Path(given).is_file():
        raise typer.BadParameter(
            f"{given} is a file. To begin with a backup: image-search serve --restore {given}"
        )
    raise typer.BadParameter(f"{given} is no id of a picture.")
