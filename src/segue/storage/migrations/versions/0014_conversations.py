"""Conversations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the table."""
    id_text = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
    op.create_table(
        "conversations",
        sa.Column("id", id_text, primary_key=True),
        sa.Column("user_id", id_text),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("begun_at", sa.Double, nullable=False),
        sa.Column("changed_at", sa.Double, nullable=False),
        sa.Column("taken_until", sa.Double, nullable=False),
    )
    op.create_index("conversations_by_user", "conversations", ["user_id", "changed_at"])
    op.create_index("conversations_by_time", "conversations", ["changed_at"])
