"""Options that several commands share, and the connection that they lead to."""

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, TypeVar, cast

import typer

from aggregate_service.cli.config import CommandLineSettings
from aggregate_service.client import ImageSearch
from aggregate_service.filter_fields import FIELDS, NAMES, FilterField

Server = Annotated[
    str | None,
    typer.Option(
        help="The service's address; otherwise IMAGE_SEARCH_URL, or http://127.0.0.1:8000.",
        metavar="URL",
        show_default=False,
    ),
]
Wait = Annotated[bool, typer.Option(help="Follow the job to its end.")]
_METAVARS = {"min_side": "PIXELS"} | dict.fromkeys(("after", "before", "taken_after", "taken_before"), "DATE")
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")]
Command = TypeVar("Command", bound=Callable[..., None])


def filtered(command: Command) -> Command:
    """The command with an option for each filter; its parameter `filters` gets those that were given."""

    @wraps(command)
    def run(**given: Any) -> None:
        asked = {name: given.pop(name) for name in NAMES}
        command(filters={name: value for name, value in asked.items() if value}, **given)

    own = [one for one in signature(command, eval_str=True).parameters.values() if one.name != "filters"]
    parameters = [one.replace(kind=Parameter.KEYWORD_ONLY) for one in own] + [_option(one) for one in FIELDS]
    run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return cast(Command, run)


def _option(field: FilterField) -> Parameter:
    about = typer.Option(
        help=field.says.replace("`", ""), metavar=_METAVARS.get(field.name, "NAME"), show_default=False
    )
    type_: Any = Annotated[(list[str] if field.several else str) | None, about]
    return Parameter(field.name, Parameter.KEYWORD_ONLY, default=None, annotation=type_)


def connected(server: str | None, key: str | None = None) -> ImageSearch:
    """With IMAGE_SEARCH_KEY, unless another key (or "" for none) is given."""
    settings = CommandLineSettings()
    return ImageSearch(server or settings.server, key=settings.key.get_secret_value() if key is None else key)
