"""What is kept: databases undamaged where no service holds them, catalogue and vectors of one mind."""

import os
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from aggregate_service.doctor.finding import Finding, bad, ok, warn

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
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=2)) as db:
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


def agreement(told: Mapping[str, Any]) -> Finding | None:
    """Whether as many vectors are stored as there are pictures, by what the aggregate's `/status` tells.

    Hidden pictures, which are missing or out of reach, keep their vectors.
    """
    about = "Catalogue and index"
    try:
        catalogue, collection = told["catalogue"], told["collection"]
        pictures = int(catalogue["pictures"])
        hidden = int(catalogue.get("missing", 0)) + int(catalogue.get("unreachable", 0))
        if collection is None:
            return None  # the services' own findings say why
        stored, says = int(collection["count"]), f"{pictures} pictures, {collection['count']} vectors"
    except (AttributeError, KeyError, TypeError, ValueError):
        return warn(about, "the aggregate service tells nothing of them", "Is it one of another version?")
    says += f" ({collection['name']})"
    if hidden:
        says += f", {hidden} more pictures are missing or out of reach"
    if stored > pictures + hidden:
        do = "Wait for the running jobs; where there are none, some are vectors of another catalogue."
        return bad(about, f"don't agree: {says}", do)
    if stored < pictures:
        do = "Pictures that can't be read stay out; `image-search index DIR` names them, and adds the others."
        return warn(about, says, do)
    return ok(about, says)
