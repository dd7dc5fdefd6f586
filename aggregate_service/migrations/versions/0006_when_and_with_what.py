"""When and with what pictures were taken, what they are called; what to sort and to filter by."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_IN_ITS_BYTES = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SORTED = ("name", "taken", "size", "camera", "media_type", "shape", "short_side")
_AT_ONCE = 5_000


def upgrade() -> None:
    for column in (
        sa.Column("name", _IN_ITS_BYTES, server_default="", nullable=False),
        sa.Column("media_type", sa.Text(), nullable=True),
        sa.Column("taken", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("taken_offset", sa.Integer(), nullable=True),
        sa.Column("taken_guessed", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("camera", _IN_ITS_BYTES, nullable=True),
        sa.Column("has_position", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("short_side", sa.Integer(), nullable=True),
        sa.Column("shape", sa.Text(), nullable=True),
    ):
        op.add_column("pictures", column)
    _fill_in()
    _sort_by_code_points()
    _note_duplicates()
    for name in _SORTED:
        op.create_index(op.f(f"pictures_{name}_id"), "pictures", [name, "id"])


def _sort_by_code_points() -> None:
    """So that an index answers what begins with something; SQLite does so anyway."""
    if op.get_bind().dialect.name == "postgresql":
        for table, column in (("picture_labels", "label"), ("picture_folders", "folder")):
            op.alter_column(table, column, type_=_IN_ITS_BYTES)


def _note_duplicates() -> None:
    op.add_column("indexed", sa.Column("compared", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        op.f("indexed_collection_compared_picture_id"), "indexed", ["collection", "compared", "picture_id"]
    )
    op.create_table(
        "duplicates",
        sa.Column("collection", sa.Text(), nullable=False),
        sa.Column("picture_id", _ID, autoincrement=False, nullable=False),
        sa.Column("first", _ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["picture_id"], ["pictures.id"], name=op.f("duplicates_picture_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("collection", "picture_id", name=op.f("duplicates_pkey")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("duplicates_picture_id"), "duplicates", ["picture_id"])
    op.create_index(op.f("duplicates_collection_first"), "duplicates", ["collection", "first"])


def _fill_in() -> None:
    """What follows from what is known; the rest is read from the files, by and by."""
    db = op.get_bind()
    rows = db.execute(
        sa.text("SELECT id, path, title, size, mtime_ns, added_at, width, height FROM pictures ORDER BY id")
    ).fetchall()
    change = sa.text(
        "UPDATE pictures SET name = :name, taken = :taken, size = :size, short_side = :short_side,"
        " shape = :shape WHERE id = :id"
    )
    for start in range(0, len(rows), _AT_ONCE):
        db.execute(change, [_filled_in(row) for row in rows[start : start + _AT_ONCE]])


def _filled_in(row: Any) -> dict[str, Any]:
    seconds = row.added_at if row.mtime_ns is None else row.mtime_ns / 1e9
    moment = datetime.fromtimestamp(min(max(seconds, 0), 4e9), UTC)
    width, height = row.width or 0, row.height or 0
    shape = "landscape" if width > height else "portrait" if height > width else "square"
    return {
        "id": row.id,
        "name": (row.title or row.path.rpartition("/")[2]).casefold()[:200],
        "taken": int(moment.strftime("%Y%m%d%H%M%S")),
        "size": row.size or 0,
        "short_side": min(width, height) or None,
        "shape": shape if width else None,
    }
