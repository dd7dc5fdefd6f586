"""What labels, folders and cameras begin with some letters: the index is jumped through, value by value."""

from typing import Literal

from sqlalchemy import ColumnElement, Connection, func, select

from aggregate_service.catalogue.tables import picture_folders, picture_labels, pictures

Kind = Literal["label", "folder", "camera"]
_COLUMNS: dict[Kind, ColumnElement[str]] = {
    "label": picture_labels.c.label,
    "folder": picture_folders.c.folder,
    "camera": pictures.c.camera,
}
_BEHIND_ROOTS = "0"  # the character after `/`, with which folders begin that are listed with their root


def suggestions(db: Connection, kind: Kind, prefix: str, limit: int) -> list[str]:
    """In the order of their letters; as it was typed, and with other capitals."""
    found: set[str] = set()
    for start in dict.fromkeys((prefix, prefix.lower(), prefix.capitalize(), prefix.title(), prefix.upper())):
        found.update(_beginning_with(db, kind, start, limit))
    return sorted(found, key=lambda value: (value.casefold(), value))[:limit]


def _beginning_with(db: Connection, kind: Kind, prefix: str, limit: int) -> list[str]:
    column, values = _COLUMNS[kind], list[str]()
    at = column >= prefix
    while len(values) < limit:
        value = db.scalar(select(func.min(column)).where(at))
        if value is None or not value.startswith(prefix):
            break
        if kind == "folder" and value.startswith("/"):
            at = column >= _BEHIND_ROOTS
            continue
        values.append(value)
        at = column > value
    return values
