"""`image-search delete`: pictures by id, or all that fit the filters, after asking."""

from typing import Annotated, Any

import typer

from aggregate_service.cli.options import After, Before, Folder, Label, Server, connected, filters
from aggregate_service.cli.output import confirm, stdout
from aggregate_service.client import ImageSearch


def delete(
    ids: Annotated[list[int] | None, typer.Argument(metavar="ID", help="Ids of pictures.")] = None,
    label: Label = None,
    folder: Folder = None,
    after: After = None,
    before: Before = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    server: Server = None,
) -> None:
    """Take pictures out of the collection. Files of an indexed folder stay where they are."""
    chosen = filters(label=label, folder=folder, after=after, before=before)
    if bool(ids) == bool(chosen):
        raise typer.BadParameter("Give ids, or at least one of --label, --folder, --after, --before.")
    with connected(server) as images:
        count, exact = (len(ids), True) if ids else _fitting(images, chosen)
        if count and not yes:
            _ask(f"{count:,}" if exact else f"at least {count:,}", count)
        deleted = images.delete(ids or (), **chosen) if count else 0
    stdout().print(f"{deleted} deleted." if deleted else "Nothing fits; nothing was deleted.")


def _fitting(images: ImageSearch, chosen: dict[str, Any]) -> tuple[int, bool]:
    page = images.page(1, **chosen)
    return page.total, page.total_is_exact


def _ask(said: str, count: int) -> None:
    confirm(f"This deletes {said}", f"Delete {said} picture{'s' if count > 1 else ''} from the collection?")
