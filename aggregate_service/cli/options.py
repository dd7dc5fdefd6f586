"""Options that several commands share, and the connection that they lead to."""

from typing import Annotated, Any

import typer

from aggregate_service.cli.config import CommandLineSettings
from aggregate_service.client import ImageSearch

Server = Annotated[
    str | None,
    typer.Option(
        help="The service's address; otherwise IMAGE_SEARCH_URL, or http://127.0.0.1:8000.",
        metavar="URL",
        show_default=False,
    ),
]
Wait = Annotated[bool, typer.Option(help="Follow the job to its end.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")]
Label = Annotated[
    list[str] | None,
    typer.Option(help="Only pictures with this label; with all of several.", metavar="NAME"),
]
Folder = Annotated[
    str | None, typer.Option(help="Only pictures of this folder and those in it.", metavar="NAME")
]
After = Annotated[str | None, typer.Option(help="Only pictures added from this date on.", metavar="DATE")]
Before = Annotated[str | None, typer.Option(help="Only pictures added before this date.", metavar="DATE")]


def connected(server: str | None, key: str | None = None) -> ImageSearch:
    """With IMAGE_SEARCH_KEY, unless another key (or "" for none) is given."""
    settings = CommandLineSettings()
    return ImageSearch(server or settings.server, key=settings.key.get_secret_value() if key is None else key)


def filters(**given: Any) -> dict[str, Any]:
    """Those that were given."""
    return {name: value for name, value in given.items() if value not in (None, [])}
