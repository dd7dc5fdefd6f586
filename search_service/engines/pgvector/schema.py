"""The tables in PostgreSQL, and the numbered steps that bring an older database to today's."""

from typing import Any, LiteralString

from psycopg import Connection

from search_service.errors import EngineUnfit

MIGRATIONS: tuple[LiteralString, ...] = (
    """
    CREATE TABLE image_search.collections (
        key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name text NOT NULL UNIQUE,
        encoder text NOT NULL,
        dimension integer NOT NULL,
        generation bigint NOT NULL DEFAULT 0,
        count bigint NOT NULL DEFAULT 0,
        is_default boolean NOT NULL DEFAULT false,
        indexed boolean NOT NULL DEFAULT false
    )
    """,
    """
    ALTER TABLE image_search.collections
        ADD COLUMN recall_at_10 real,
        ADD COLUMN recall_generation bigint,
        ADD COLUMN recall_measured timestamptz
    """,
    "ALTER TABLE image_search.collections ADD COLUMN IF NOT EXISTS catalogue text",
    """
    ALTER TABLE image_search.collections ADD COLUMN recall jsonb;
    UPDATE image_search.collections SET recall_measured = NULL
    """,
)
_LOCK = 0x696D6773  # any number; two services that start at once take turns
_OLDEST_PGVECTOR = (0, 8)  # the first with iterative scans, which filters and deletes depend on


def migrate(db: Connection[Any], migrations: tuple[LiteralString, ...] = MIGRATIONS) -> int:
    """Run the steps that this database lacks, all or none, and return its version.

    `EngineUnfit` when pgvector is missing or too old, or when a newer service has been here.
    """
    with db.transaction():
        db.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        _require_pgvector(db)
        db.execute("CREATE SCHEMA IF NOT EXISTS image_search")
        db.execute(
            "CREATE TABLE IF NOT EXISTS image_search.migrations "
            "(version integer PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now())"
        )
        row = db.execute("SELECT coalesce(max(version), 0) FROM image_search.migrations").fetchone()
        version = int(row[0]) if row else 0
        if version > len(migrations):
            raise EngineUnfit(
                f"The database is of version {version}, written by a newer search service; "
                f"this one knows up to {len(migrations)}. Update it."
            )
        for number, step in enumerate(migrations[version:], version + 1):
            db.execute(step)
            db.execute("INSERT INTO image_search.migrations (version) VALUES (%s)", (number,))
    return len(migrations)


def _require_pgvector(db: Connection[Any]) -> None:
    there = db.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'").fetchone()
    if there is None:
        raise EngineUnfit("This PostgreSQL has no pgvector: install the extension on its server.")
    db.execute("CREATE EXTENSION IF NOT EXISTS vector")
    row = db.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'").fetchone()
    version = str(row[0]) if row else "0"
    if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST_PGVECTOR:
        raise EngineUnfit(f"pgvector {version} is too old: 0.8 is needed (ALTER EXTENSION vector UPDATE).")
