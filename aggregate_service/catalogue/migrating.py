"""Brings the tables of a new or older database to today's; processes that start at once take turns."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, inspect, text

from aggregate_service.catalogue.file_copy import copy_file
from aggregate_service.errors import DatabaseUnfit
from service_kit.messages.message import message

_SCRIPTS = Path(__file__).parents[1] / "migrations"
_LOCK = 0x63617461  # any number of our own


def migrate(engine: Engine, schema: str | None) -> None:
    """Run the steps that this database lacks, all or none; `DatabaseUnfit` when a newer service was here.

    One in a file is copied first, so that the version before this one can be gone back to.
    """
    newest = _newest()
    with engine.connect().execution_options(reading=True) as connection, connection.begin():
        if MigrationContext.configure(connection).get_current_revision() == newest:
            return
    with engine.begin() as connection:  # in SQLite this waits for every other writer
        if schema is not None:
            _own_schema(connection, schema)
        else:
            _keep_copy(connection, newest)
        config = _config()
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise DatabaseUnfit(message("database-newer")) from error


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config


@cache
def _newest() -> str | None:
    """Every file of a step is compiled to know it."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _own_schema(connection: Connection, schema: str) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))


def _keep_copy(connection: Connection, newest: str | None) -> None:
    """As `catalog.db.before-0006`; a new database has nothing to keep."""
    revision = MigrationContext.configure(connection).get_current_revision()
    if connection.engine.url.database and revision != newest and inspect(connection).get_table_names():
        file = Path(connection.engine.url.database)
        copy_file(file, file.with_name(f"{file.name}.before-{newest}"))
