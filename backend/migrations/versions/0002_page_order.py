"""index for pages of tasks"""

from alembic import op

from models import SCHEMA

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index("ix_task_page", "task", ["user_id", "created_at", "id"], schema=SCHEMA)
    op.drop_index("ix_task_user_id", "task", schema=SCHEMA)


def downgrade() -> None:
    op.create_index("ix_task_user_id", "task", ["user_id"], schema=SCHEMA)
    op.drop_index("ix_task_page", "task", schema=SCHEMA)
