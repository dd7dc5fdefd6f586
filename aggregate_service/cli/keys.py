"""`image-search keys`: API keys for programs; list, make and revoke them."""

import sys
from typing import Annotated, Literal

import typer
from rich.text import Text

from aggregate_service.access.passwords import hashed
from aggregate_service.cli.config import CommandLineSettings
from aggregate_service.cli.options import AsJson, Server, connected
from aggregate_service.cli.output import print_json, printable, stdout, table
from aggregate_service.client import ImageSearch

app = typer.Typer(
    invoke_without_command=True, rich_markup_mode=None, help="List, make, revoke API keys; hash a password."
)
Right = Literal["read", "write", "admin"]
Password = Annotated[bool, typer.Option("--password", help="Ask for the password, and sign in with it.")]


@app.callback()
def listed(
    context: typer.Context, as_json: AsJson = False, password: Password = False, server: Server = None
) -> None:
    """All keys; `make` one, `revoke` one by its id. Takes a key with the right `admin`, or --password."""
    if context.invoked_subcommand is not None:
        return
    with _signed_in(server, password) as images:
        keys = images.keys()
    if as_json:
        print_json({"keys": [key.model_dump(mode="json") for key in keys]})
        return
    if not keys:
        stdout().print("No keys yet.")
        return
    made = table("id", "name", "may", "made", "last used")
    for key in keys:
        made.add_row(
            str(key.id), Text(printable(key.name)), key.right, key.created_at, key.used_at or "never"
        )
    stdout().print(made)


@app.command("make")
def make(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.")],
    right: Annotated[Right, typer.Option(help="What it may do.")] = "read",
    password: Password = False,
    server: Server = None,
) -> None:
    """Make a key and print it, this once. Commands here read theirs from IMAGE_SEARCH_KEY."""
    with _signed_in(server, password) as images:
        typer.echo(images.make_key(name, right))


@app.command("revoke")
def revoke(
    key_id: Annotated[int, typer.Argument(metavar="ID")], password: Password = False, server: Server = None
) -> None:
    """From now on nobody gets in with it."""
    with _signed_in(server, password) as images:
        images.revoke_key(key_id)
    stdout().print(f"Key {key_id} is revoked.")


@app.command("hash")
def hash_password() -> None:
    """Ask for a password and print what to write as ACCESS_PASSWORD in its place."""
    password = _password(twice=True)
    typer.echo(f"ACCESS_PASSWORD='{hashed(password)}'")


def _signed_in(server: str | None, password: bool) -> ImageSearch:
    """By IMAGE_SEARCH_KEY, unless the password is asked for."""
    images = connected(server, key="" if password else CommandLineSettings().key.get_secret_value())
    if password:
        images.sign_in(_password())
    return images


def _password(*, twice: bool = False) -> str:
    """Asked for in a terminal; elsewhere the first line that comes in."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=twice))
    if not (password := sys.stdin.readline().rstrip("\r\n")):
        raise typer.BadParameter("Nobody can be asked for the password here: send it as a line to stdin.")
    return password
