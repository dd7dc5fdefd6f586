"""The first tables; and what an older release kept in SQLite with tables of its own is carried over."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OLDER = ("pictures", "indexed", "settings")


def upgrade() -> None:
    older = set(_OLDER) <= set(sa.inspect(op.get_bind()).get_table_names())
    if older:
        op.drop_index("indexed_picture", "indexed")
        for name in _OLDER:
            op.rename_table(name, f"older_{name}")
    _create()
    if older:
        _carry_over(op.get_bind())
        for name in reversed(_OLDER):
            op.drop_table(f"older_{name}")
    else:
        op.execute("INSERT INTO settings (name, value) VALUES ('next_id', '0'), ('pictures', '0')")


def _carry_over(db: sa.Connection) -> None:
    """Ids stay. Of several pictures with one content the oldest row stays, the others become its places."""
    root = db.scalar(sa.text("SELECT value FROM older_settings WHERE name = 'root'")) or ""
    rows = db.execute(sa.text("SELECT name, value FROM older_settings"))
    said: dict[str, str] = {row.name: row.value for row in rows}
    label = said.pop("label", "") or root.rpartition("/")[2]
    db.execute(
        sa.text("INSERT INTO roots (id, path, label, notice) VALUES (1, :path, :label, :notice)"),
        {"path": said.pop("root", ""), "label": label, "notice": said.pop("notice", "")},
    )
    _carry_over_pictures(db)
    db.execute(
        sa.text(
            "INSERT INTO indexed SELECT collection, picture_id FROM older_indexed "
            "WHERE picture_id IN (SELECT id FROM pictures)"
        )
    )
    db.execute(sa.text("INSERT INTO collections SELECT DISTINCT collection FROM older_indexed"))
    said["launched_root"] = "1"  # the next one took its place
    said["pictures"] = str(db.scalar(sa.text("SELECT count(*) FROM pictures")))
    db.execute(
        sa.text("INSERT INTO settings (name, value) VALUES (:name, :value)"),
        [{"name": name, "value": value} for name, value in said.items()],
    )


def _carry_over_pictures(db: sa.Connection) -> None:
    db.execute(
        sa.text(
            "INSERT INTO pictures "
            "  (id, root_id, path, sha256, size, mtime_ns, width, height, folder, added_at) "
            "SELECT id, 1, path, sha256, size, mtime_ns, width, height, "
            "  rtrim(rtrim(path, replace(path, '/', '')), '/'), CAST(strftime('%s', 'now') AS REAL) "
            "FROM older_pictures WHERE sha256 IS NULL "
            "  OR id IN (SELECT min(id) FROM older_pictures GROUP BY sha256)"
        )
    )
    db.execute(
        sa.text(
            "INSERT INTO places (place, picture_id, root_id, path, mtime_ns) "
            "SELECT '1:' || o.path, coalesce(same.id, o.id), 1, o.path, o.mtime_ns "
            "FROM older_pictures o LEFT JOIN pictures same ON same.sha256 = o.sha256"
        )
    )
    db.execute(
        sa.text(
            "INSERT INTO deleted (id, until) "
            "SELECT id, 0 FROM older_pictures WHERE id NOT IN (SELECT id FROM pictures)"
        )
    )
    db.execute(
        sa.text(
            "WITH RECURSIVE above (folder, picture_id) AS ("
            "  SELECT folder, id FROM pictures WHERE folder <> '' "
            "  UNION SELECT rtrim(rtrim(folder, replace(folder, '/', '')), '/'), picture_id FROM above "
            "  WHERE instr(folder, '/') > 0"
            ") INSERT INTO picture_folders SELECT folder, picture_id FROM above"
        )
    )


def _create() -> None:
    op.create_table(
        "collections",
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("collections_pkey")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "deleted",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("deleted_pkey")),
    )
    op.create_index(op.f("deleted_until"), "deleted", ["until"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("params", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=True),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.Double(), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("jobs_pkey")),
    )
    op.create_index(op.f("jobs_created_at"), "jobs", ["created_at"], unique=False)
    op.create_index(op.f("jobs_state_created_at"), "jobs", ["state", "created_at"], unique=False)
    op.create_table(
        "roots",
        sa.Column("id", _ID, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("roots_pkey")),
        sa.UniqueConstraint("path", name=op.f("roots_path_unique")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "settings",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("settings_pkey")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "excluded",
        sa.Column("root_id", _ID, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["root_id"], ["roots.id"], name=op.f("excluded_root_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("root_id", "path", name=op.f("excluded_pkey")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "job_items",
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("picture_id", _ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("job_items_job_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", "number", name=op.f("job_items_pkey")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("job_items_job_id_state_number"), "job_items", ["job_id", "state", "number"], unique=False
    )
    op.create_table(
        "pictures",
        sa.Column("id", _ID, autoincrement=False, nullable=False),
        sa.Column("root_id", _ID, nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("added_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["root_id"], ["roots.id"], name=op.f("pictures_root_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("pictures_pkey")),
        sa.UniqueConstraint("sha256", name=op.f("pictures_sha256_unique")),
    )
    op.create_index(op.f("pictures_added_at_id"), "pictures", ["added_at", "id"], unique=False)
    op.create_index(op.f("pictures_root_id_id"), "pictures", ["root_id", "id"], unique=False)
    op.create_table(
        "indexed",
        sa.Column("collection", sa.Text(), nullable=False),
        sa.Column("picture_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["picture_id"], ["pictures.id"], name=op.f("indexed_picture_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("collection", "picture_id", name=op.f("indexed_pkey")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("indexed_picture_id"), "indexed", ["picture_id"], unique=False)
    op.create_table(
        "picture_folders",
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("picture_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["picture_id"], ["pictures.id"], name=op.f("picture_folders_picture_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("folder", "picture_id", name=op.f("picture_folders_pkey")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("picture_folders_picture_id"), "picture_folders", ["picture_id"], unique=False)
    op.create_table(
        "picture_labels",
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("picture_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["picture_id"], ["pictures.id"], name=op.f("picture_labels_picture_id_fkey"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("label", "picture_id", name=op.f("picture_labels_pkey")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("picture_labels_picture_id"), "picture_labels", ["picture_id"], unique=False)
    op.create_table(
        "places",
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("picture_id", _ID, nullable=False),
        sa.Column("root_id", _ID, nullable=True),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["picture_id"], ["pictures.id"], name=op.f("places_picture_id_fkey"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["root_id"], ["roots.id"], name=op.f("places_root_id_fkey")),
        sa.PrimaryKeyConstraint("place", name=op.f("places_pkey")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("places_picture_id"), "places", ["picture_id"], unique=False)
    op.create_index(op.f("places_root_id_path"), "places", ["root_id", "path"], unique=False)
