"""Profiles under one account."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the table."""
    id_text = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
    op.create_table(
        "members",
        sa.Column("user_id", id_text, primary_key=True),
        sa.Column("account", id_text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("max_maturity", sa.Integer),
        sa.Column("added_at", sa.Double, nullable=False),
    )
    op.create_index("members_by_account", "members", ["account"])
