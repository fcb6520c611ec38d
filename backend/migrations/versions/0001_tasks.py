"""tables task and deleted_user"""

import sqlalchemy as sa
from alembic import op

from models import SCHEMA, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    # A SQLite file of an older version has these tables already: they were created without Alembic.
    op.create_table(
        "task",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        schema=SCHEMA,
        if_not_exists=True,
    )
    op.create_index("ix_task_user_id", "task", ["user_id"], schema=SCHEMA, if_not_exists=True)
    op.create_table(
        "deleted_user",
        sa.Column("user_id", sa.String(), primary_key=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        schema=SCHEMA,
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_table("deleted_user", schema=SCHEMA)
    op.drop_table("task", schema=SCHEMA)
