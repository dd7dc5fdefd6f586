"""`image-search list`: what the collection holds, in an order, as far as it fits the filters."""

from itertools import islice
from typing import Annotated, Any

import typer
from rich.text import Text

from aggregate_service.cli.options import AsJson, Server, connected, filtered
from aggregate_service.cli.output import print_json, printable, stdout, table
from aggregate_service.client import Picture

_PAGE = 1_000


@filtered
def list_pictures(
    sort: Annotated[
        str | None, typer.Option(metavar="ORDER", help="added (newest first), taken, name or size.")
    ] = None,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, help="Most pictures.")] = 50,
    as_json: AsJson = False,
    server: Server = None,
    *,
    filters: dict[str, Any],
) -> None:
    """List pictures: id, when taken, size in pixels, and what they are called."""
    with connected(server) as images:
        pictures = list(islice(images.images(min(limit, _PAGE), sort=sort, **filters), limit))
    if as_json:
        print_json([picture.model_dump(mode="json") for picture in pictures])
    elif pictures:
        stdout().print(_listed(pictures))


def _listed(pictures: list[Picture]) -> Any:
    made = table("id", "taken", "pixels", "picture", right=("id",))
    for one in pictures:
        pixels = f"{one.width} × {one.height}" if one.width else ""
        name = one.title or printable(one.path)
        made.add_row(*(Text(cell) for cell in (str(one.id), (one.taken or "")[:16], pixels, name)))
    return made
