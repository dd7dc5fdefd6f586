"""`image-search status`: how the service and its parts are, as tables."""

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from aggregate_service.cli.options import AsJson, Server, connected
from aggregate_service.cli.output import print_json, stdout, table


def status(as_json: AsJson = False, server: Server = None) -> None:
    """Services, encoder, collection, jobs, versions."""
    with connected(server) as images:
        told = images.status()
    if as_json:
        print_json(told)
    else:
        stdout().print(shown(told))


def shown(told: dict[str, Any]) -> Group:
    """Plain values first, then a table for each part that has values of its own."""
    plain = {name: value for name, value in told.items() if not isinstance(value, dict | list)}
    parts: list[RenderableType] = [_values(plain)] if plain else []
    for name, value in told.items():
        if isinstance(value, dict | list) and value:
            parts += ["", Text(_words(name), style="bold"), _values(value)]
    return Group(*parts)


def _values(value: dict[str, Any] | list[Any]) -> Table:
    if isinstance(value, list):
        return _rows(value)
    if all(isinstance(each, dict) for each in value.values()):
        return _rows([{"name": name, **each} for name, each in value.items()])
    made = table()
    made.show_header = False
    for _ in range(2):
        made.add_column(overflow="fold")
    for name, each in value.items():
        made.add_row(_words(name), _text(each))
    return made


def _rows(rows: list[Any]) -> Table:
    if not all(isinstance(row, dict) for row in rows):
        made = table("")
        for row in rows:
            made.add_row(_text(row))
        return made
    columns = list(dict.fromkeys(name for row in rows for name in row))
    made = table(*(_words(column) for column in columns))
    for row in rows:
        made.add_row(*(_text(row.get(column)) for column in columns))
    return made


def _text(value: Any) -> Text:
    if value is None:
        return Text("–")
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if isinstance(value, float):
        return Text(f"{value:.4g}")
    if isinstance(value, dict):
        return Text(", ".join(f"{_words(name)} {_text(each)}" for name, each in value.items()))
    if isinstance(value, list):
        return Text(", ".join(str(_text(each)) for each in value))
    return Text(f"{value:,}" if isinstance(value, int) else str(value))


def _words(name: str) -> str:
    return name.replace("_", " ")
