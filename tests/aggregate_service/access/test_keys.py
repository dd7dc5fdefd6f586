"""Keys and the secret that signs sessions, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from time import time

import pytest
from sqlalchemy import select, update

from aggregate_service.access.keys import ApiKeys, signing_secret
from aggregate_service.access.rights import Right
from aggregate_service.catalogue.database import Database
from aggregate_service.catalogue.tables import api_keys


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with closing(Database(database_url)) as database:
        yield database


def test_a_key_is_found_by_itself_alone(database: Database) -> None:
    keys = ApiKeys(database)
    (read, first), (admin, second) = keys.make("phone", Right.READ), keys.make("Größe 📷", Right.ADMIN)
    assert keys.find(read) == first
    assert (second.name, second.right, second.used_at) == ("Größe 📷", Right.ADMIN, None)
    for wrong in ("", read[:-1], read + "x", read.upper(), "isk_", "isk_\0", "isk_" + "ü" * 50, "x" * 5_000):
        assert keys.find(wrong) is None
    assert [key.id for key in keys.all()] == [first.id, second.id]
    assert keys.find(admin) is not None


def test_what_is_stored_is_a_hash(database: Database) -> None:
    key, made = ApiKeys(database).make("phone", Right.WRITE)
    with database.reading() as db:
        row = db.execute(select(api_keys)).one()
    assert row.hash == sha256(key.encode()).hexdigest()
    assert key not in str(row)
    assert (row.id, row.rights) == (made.id, "write")


def test_its_last_use_is_noted_to_the_minute(database: Database) -> None:
    keys = ApiKeys(database)
    key, made = keys.make("phone", Right.READ)
    keys.find(key)
    (noted,) = keys.all()
    assert noted.used_at == pytest.approx(time(), abs=60)
    keys.find(key)
    assert keys.all() == [noted]  # no write a request
    with database.transaction() as db:
        db.execute(update(api_keys).values(used_at=made.created_at - 100))
    keys.find(key)
    assert (keys.all()[0].used_at or 0) >= made.created_at


def test_a_revoked_key_is_none_and_its_id_is_no_other_keys(database: Database) -> None:
    keys = ApiKeys(database)
    key, made = keys.make("phone", Right.READ)
    assert keys.revoke(made.id)
    assert (keys.find(key), keys.all(), keys.revoke(made.id)) == (None, [], False)
    assert keys.make("another", Right.READ)[1].id > made.id
    for nonsense in (-1, 2**31, 2**63, 10**30):
        assert not keys.revoke(nonsense)


def test_all_processes_of_a_catalogue_sign_with_one_secret(database: Database, database_url: str) -> None:
    with closing(Database(database_url)) as another, ThreadPoolExecutor(8) as processes:
        asked = [processes.submit(signing_secret, each) for each in (database, another) * 4]
        (secret,) = {each.result() for each in asked}
    assert len(secret) == 64
