"""API keys in the catalogue's database: shown once, kept as hashes, with the time of their last use."""

import secrets
from dataclasses import dataclass
from hashlib import sha256
from time import time

from sqlalchemy import Row, delete, insert, select, update

from aggregate_service.access.rights import Right
from aggregate_service.catalogue.database import Database
from aggregate_service.catalogue.pictures import LARGEST_ID
from aggregate_service.catalogue.tables import api_keys, settings

_PREFIX = "isk_"
_NOTED_SECONDS = 60.0
_SECRET = "access_secret"  # noqa: S105 - its name


@dataclass(frozen=True)
class ApiKey:
    """Times are seconds since 1970."""

    id: int
    name: str
    right: Right
    created_at: float
    used_at: float | None


class ApiKeys:
    """Call it in a thread: it reads and writes the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(self, name: str, right: Right) -> tuple[str, ApiKey]:
        """The key itself, which nobody can read again, and what is known of it."""
        key = _PREFIX + secrets.token_urlsafe(32)
        row = {"name": name, "rights": right.said, "hash": _hash(key), "created_at": time()}
        with self._database.transaction() as db:
            key_id = db.execute(insert(api_keys).values(row).returning(api_keys.c.id)).scalar_one()
        return key, ApiKey(key_id, name, right, float(str(row["created_at"])), None)

    def all(self) -> list[ApiKey]:
        with self._database.reading() as db:
            return [_read(row) for row in db.execute(select(api_keys).order_by(api_keys.c.id))]

    def revoke(self, key_id: int) -> bool:
        """False: there is none of this id."""
        with self._database.transaction() as db:
            if not 0 <= key_id <= LARGEST_ID:
                return False
            return db.execute(delete(api_keys).where(api_keys.c.id == key_id)).rowcount > 0

    def find(self, key: str) -> ApiKey | None:
        """Whose key this is. Looked up by its hash: how long that takes says nothing about the key."""
        if not key.startswith(_PREFIX) or len(key) > 100:
            return None
        with self._database.reading() as db:
            row = db.execute(select(api_keys).where(api_keys.c.hash == _hash(key))).one_or_none()
        if row is None:
            return None
        found = _read(row)
        if time() - (found.used_at or 0) > _NOTED_SECONDS:
            self._note_use(found.id)
        return found

    def _note_use(self, key_id: int) -> None:
        with self._database.transaction() as db:
            db.execute(update(api_keys).where(api_keys.c.id == key_id).values(used_at=time()))


def signing_secret(database: Database) -> str:
    """What sessions are signed with: made once, the same for all processes of this catalogue."""
    with database.changing() as db:
        query = select(settings.c.value).where(settings.c.name == _SECRET)
        if (known := db.execute(query).scalar_one_or_none()) is not None:
            return str(known)
        made = secrets.token_hex(32)
        db.execute(insert(settings).values(name=_SECRET, value=made))
        return made


def _hash(key: str) -> str:
    """Keys are long and random: nothing slower is needed."""
    return sha256(key.encode()).hexdigest()


def _read(row: "Row[tuple[object, ...]]") -> ApiKey:
    return ApiKey(row.id, row.name, Right.named(row.rights), row.created_at, row.used_at)
