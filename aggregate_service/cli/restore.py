"""`image-search restore`: deleted pictures come back, while the service still has them."""

from typing import Annotated

import typer

from aggregate_service.cli.job_progress import finish
from aggregate_service.cli.options import Server, connected


def restore(
    ids: Annotated[list[int], typer.Argument(metavar="ID...", help="Ids of pictures that were deleted.")],
    server: Server = None,
) -> None:
    """Bring deleted pictures back, each with a new id, for as long as the service's UNDO_SECONDS."""
    with connected(server) as images:
        codes = [finish(images, images.restore(picture_id)) for picture_id in ids]
    raise typer.Exit(max(codes))
