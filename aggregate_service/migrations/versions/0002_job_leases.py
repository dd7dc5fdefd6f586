"""Each item has a lease of its own, so that several processes share a job; a job says what it waits for."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("waiting", sa.Text(), nullable=True))
    op.add_column("job_items", sa.Column("lease_owner", sa.Text(), nullable=True))
    op.add_column("job_items", sa.Column("lease_until", sa.Double(), nullable=True))
    op.create_index(op.f("job_items_lease_owner"), "job_items", ["lease_owner"], unique=False)
