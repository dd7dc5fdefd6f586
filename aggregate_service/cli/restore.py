"""`image-search restore`: deleted pictures come back, while the service still has them."""

from typing import Annotated

import typer

from aggregate_service.cli.options import Server, connected
from aggregate_service.cli.output import stdout
from aggregate_service.cli.uploading import follow_job, outcome, summary


def restore(
    ids: Annotated[list[int], typer.Argument(metavar="ID...", help="Ids of pictures that were deleted.")],
    server: Server = None,
) -> None:
    """Bring deleted pictures back, each with a new id, for as long as the service's UNDO_SECONDS."""
    codes = []
    with connected(server) as images:
        for picture_id in ids:
            job = follow_job(images, images.restore(picture_id))
            stdout().print(summary(job))
            codes.append(outcome(job))
    raise typer.Exit(max(codes))
