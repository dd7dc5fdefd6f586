"""Places and pictures that are missing or out of reach; folders that were forgotten; contents kept out."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT_ONCE = 5_000


def upgrade() -> None:
    op.add_column("places", sa.Column("lost_since", sa.Double(), nullable=True))
    op.add_column("places", sa.Column("unreachable", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("places", sa.Column("ctime_ns", sa.BigInteger(), nullable=True))
    op.create_index(op.f("places_lost_since"), "places", ["lost_since"])
    op.add_column("pictures", sa.Column("pixels", sa.Text(), nullable=True))
    op.add_column("roots", sa.Column("forgotten", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "hidden",
        sa.Column("picture_id", _ID, autoincrement=False, nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("unreachable", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["picture_id"], ["pictures.id"], name=op.f("hidden_picture_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("picture_id", name=op.f("hidden_pkey")),
    )
    op.create_index(op.f("hidden_since"), "hidden", ["since"])
    op.create_table(
        "mounts",
        sa.Column("root_id", _ID, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["root_id"], ["roots.id"], name=op.f("mounts_root_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("root_id", "path", name=op.f("mounts_pkey")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "kept_out",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("below", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "below", name=op.f("kept_out_pkey")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("kept_out_size"), "kept_out", ["size"])
    _list_every_folder()


def _list_every_folder() -> None:
    """A folder means every place in it, not the main one alone, and may be named with its root."""
    db = op.get_bind()
    folders = sa.table("picture_folders", sa.column("folder"), sa.column("picture_id"))
    db.execute(folders.delete())
    rows = db.execute(
        sa.text("SELECT picture_id, root_id, path FROM places WHERE root_id IS NOT NULL ORDER BY picture_id")
    ).fetchall()
    for start in range(0, len(rows), _AT_ONCE):
        some = {
            (folder, picture_id)
            for picture_id, root_id, path in rows[start : start + _AT_ONCE]
            for folder in _folders(root_id, path)
        }
        there = {
            (folder, picture_id)
            for folder, picture_id in db.execute(
                sa.select(folders.c.folder, folders.c.picture_id).where(
                    folders.c.picture_id.in_({picture_id for _, picture_id in some})
                )
            )
        }
        new = [{"folder": folder, "picture_id": picture_id} for folder, picture_id in sorted(some - there)]
        if new:
            db.execute(folders.insert(), new)


def _folders(root_id: int, path: str) -> Iterator[str]:
    above = path.split("/")[:-1]
    yield f"/{root_id}"
    for depth in range(1, len(above) + 1):
        yield "/".join(above[:depth])
        yield f"/{root_id}/{'/'.join(above[:depth])}"
