"""What became of each item; jobs lose a column that nothing reads."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("job_items", sa.Column("result", sa.Text(), nullable=True))
    op.drop_column("jobs", "cancel_requested")
