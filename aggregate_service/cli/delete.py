"""`image-search delete`: pictures by id, or all that fit the filters, after asking."""

from typing import Annotated, Any

import typer

from aggregate_service.cli.options import Server, connected, filtered
from aggregate_service.cli.output import confirm, stdout
from aggregate_service.client import ImageSearch


@filtered
def delete(
    ids: Annotated[list[int] | None, typer.Argument(metavar="ID", help="Ids of pictures.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    server: Server = None,
    *,
    filters: dict[str, Any],
) -> None:
    """Take pictures out of the collection. Files of an indexed folder stay where they are."""
    if bool(ids) == bool(filters):
        raise typer.BadParameter("Give ids, or at least one filter, such as --label or --folder; not both.")
    with connected(server) as images:
        count, exact = (len(ids), True) if ids else _fitting(images, filters)
        if count and not yes:
            _ask(f"{count:,}" if exact else f"at least {count:,}", count)
        deleted = images.delete(ids or (), **filters) if count else 0
    stdout().print(f"{deleted} deleted." if deleted else "Nothing fits; nothing was deleted.")


def _fitting(images: ImageSearch, filters: dict[str, Any]) -> tuple[int, bool]:
    page = images.page(1, **filters)
    return page.total, page.total_is_exact


def _ask(said: str, count: int) -> None:
    confirm(f"This deletes {said}", f"Delete {said} picture{'s' if count > 1 else ''} from the collection?")
