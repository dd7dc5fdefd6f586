"""What is kept on disk: databases undamaged, catalogue and vectors of one mind."""

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

import httpx2

from aggregate_service.catalogue.local_catalogue import counts, reading
from aggregate_service.doctor.finding import Finding, bad, ok, warn
from service_kit.collection_name import collection_name

_SECONDS = 20.0
_HELD = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN)
_STEPS = 100_000  # of SQLite's machine between two looks at the clock


def database(name: str, path: Path, mend: str) -> Finding:
    """SQLite's own quick check; given up after 20 s, and where the service has the file for itself."""
    if not path.exists():
        return ok(name, f"{path} isn't there yet")
    if not path.is_file():
        return bad(name, f"{path} is no file", "Move it away.")
    until = time.monotonic() + _SECONDS
    try:
        with reading(path) as db:
            db.set_progress_handler(lambda: int(time.monotonic() > until), _STEPS)
            found = [str(row[0]) for row in db.execute("PRAGMA quick_check(3)")]
    except sqlite3.OperationalError as error:
        code = error.sqlite_errorcode
        if code == sqlite3.SQLITE_INTERRUPT:
            return ok(name, f"{path}: nothing bad in the part read within {_SECONDS:g} s")
        if code & 0xFF in _HELD and os.access(path, os.R_OK):
            return ok(name, f"{path} is in use by its service alone; stop it to have the file checked")
        return bad(name, f"{path} can't be read: {error}", mend)
    except sqlite3.DatabaseError as error:
        return bad(name, f"{path} is damaged: {error}", mend)
    if found != ["ok"]:
        return bad(name, f"{path} is damaged: {found[0]}", mend)
    return ok(name, f"{path} is undamaged")


def agreement(catalogue: Path, search_url: str, fingerprint: str | None) -> Finding | None:
    """Whether as many vectors are stored as pictures are marked indexed, for the encoder that answers."""
    if fingerprint is None or not catalogue.exists():
        return None
    name = collection_name(fingerprint)
    try:
        pictures, marked = counts(catalogue)
    except sqlite3.Error:
        return None  # the check of the database itself says so
    stored = _stored(search_url, name)
    if stored is None:
        return None
    says = f"{pictures} pictures, {marked.get(name, 0)} of them indexed, {stored} vectors ({name})"
    if stored != marked.get(name, 0):
        return bad(
            "Catalogue and index", f"don't agree: {says}", "Run `image-search index DIR`: it mends it."
        )
    if pictures > stored:
        do = "Pictures that can't be read stay out; `image-search index DIR` names them, and adds the others."
        return warn("Catalogue and index", says, do)
    return ok("Catalogue and index", says)


def _stored(search_url: str, name: str) -> int | None:
    try:
        answer = httpx2.get(f"{search_url.rstrip('/')}/collections", timeout=10, trust_env=False)
        listed: list[dict[str, Any]] = answer.json()["collections"]
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, KeyError, TypeError):
        return None
    return next((int(each["count"]) for each in listed if each["name"] == name), 0)
