"""`image-search search`: by pictures, by words, by ids and links, or by all of them together."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from aggregate_service.cli.exit_codes import DONE, NOTHING_CLOSE
from aggregate_service.cli.expression import BadExpression, parse, split_glued
from aggregate_service.cli.found import print_found, print_paths
from aggregate_service.cli.options import AsJson, Server, connected, filtered
from aggregate_service.cli.output import print_json, say
from aggregate_service.cli.question import Asked, asked, region_of
from aggregate_service.client import ImageSearch, SearchResult

HELP = """Search.

\b
  image-search search photo.jpg                        like this picture
  image-search search "red bus"                        by words
  image-search search a.jpg + snow - 0.5:people        one query of all of it

A term is a picture when there is a file of that name; words side by side are one phrase. Exit code 3:
nothing in the collection is close.
"""


class SearchCommand(TyperCommand):
    """Lets `-0.5:people` stand for `- 0.5:people`, which would otherwise be read as options."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        return super().parse_args(ctx, split_glued(args))


@filtered
def search(
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="PICTURE | WORDS | + | -", help="What to search for.", show_default=False),
    ] = None,
    text: Annotated[
        list[str] | None, typer.Option(metavar="WORDS", help="Words, even if a file has that name.")
    ] = None,
    id: Annotated[
        list[str] | None, typer.Option(metavar="[W:]ID", help="A picture of the collection, by its id.")
    ] = None,
    url: Annotated[
        list[str] | None, typer.Option(metavar="[W:]URL", help="A picture of the collection, by its link.")
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many pictures.")] = 10,
    offset: Annotated[int, typer.Option(min=0, help="Leave out so many of the best.")] = 0,
    min_score: Annotated[
        float | None, typer.Option(min=-1, max=1, help="Leave out what scores less.")
    ] = None,
    collapse: Annotated[bool, typer.Option("--collapse", help="Fold near-duplicates into the best.")] = False,
    box: Annotated[
        str | None, typer.Option(metavar="X,Y,W,H", help="Search with this part of the picture (0 to 1).")
    ] = None,
    sort: Annotated[
        str | None, typer.Option(metavar="ORDER", help="relevance, or taken: newest first.")
    ] = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="Another encoder.")] = None,
    as_json: AsJson = False,
    paths: Annotated[bool, typer.Option("--paths", help="One path (or address) a line, for pipes.")] = False,
    null: Annotated[bool, typer.Option("-0", help="Paths, each ended by NUL, for xargs -0.")] = False,
    root: Annotated[
        Path | None, typer.Option(metavar="DIR", help="For --paths: where the pictures are on this machine.")
    ] = None,
    viz: Annotated[
        Path | None, typer.Option(metavar="OUT.png", help="Write a contact sheet, and show it if possible.")
    ] = None,
    server: Server = None,
    *,
    filters: dict[str, Any],
) -> None:
    try:
        question = asked(parse(what or ()), text or [], id or [], url or [])
        region = region_of(box, question)
    except BadExpression as error:
        raise typer.BadParameter(str(error)) from None
    options = filters | {"model": model, "box": region, "sort": sort}
    options |= {"offset": offset or None, "min_score": min_score, "collapse": collapse}
    with connected(server) as images:
        parts = (question.parts[kind] for kind in ("pictures", "text", "id", "url"))
        found = images.search(*parts, k=k, combine=question.combine, **options)
        if as_json:
            print_json(found)
        elif paths or null:
            print_paths(found, images.url, _folders(images, root), "\0" if null else "\n")
        else:
            print_found(found, _names(question))
        if viz:
            _visualise(images, found, _names(question), viz, show=not (as_json or paths or null))
    raise typer.Exit(DONE if as_json or _is_close(found) else NOTHING_CLOSE)


def _folders(images: ImageSearch, root: Path | None) -> list[Path]:
    """Where the pictures are on this machine, as far as it can be told."""
    if root:
        return [root]
    return [Path(folder.path) for folder in images.folders()] if images.is_local else []


def _is_close(found: SearchResult) -> bool:
    return any(result.similar and not result.nothing_close for result in found.results)


def _names(question: Asked) -> Sequence[str]:
    """What each query is called: a picture's path, or all parts of a query of several."""
    if question.combine is None and question.parts["pictures"]:
        added = [part.value for part in question.parts["text"]]
        return [" + ".join([str(part.value), *added]) for part in question.parts["pictures"]]
    written = [
        f"{'' if part.weight == 1 else f'{part.weight:g}:'}{'id ' if kind == 'id' else ''}{part.value}"
        for kind, parts in question.parts.items()
        for part in parts
    ]
    return [" + ".join(written)]


def _visualise(
    images: ImageSearch, found: SearchResult, names: Sequence[str], file: Path, show: bool
) -> None:
    from aggregate_service.cli.contact_sheet import draw_sheet
    from aggregate_service.cli.terminal_pictures import show_picture

    sheet = draw_sheet(found, names, images.content)
    sheet.save(file, "PNG")
    say(f"Contact sheet: {file}")
    if show:
        show_picture(sheet)
