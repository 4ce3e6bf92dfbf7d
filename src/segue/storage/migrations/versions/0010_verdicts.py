"""What people decided about suspected profiles."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the table."""
    id_text = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
    op.create_table(
        "verdicts",
        sa.Column("user_id", id_text, primary_key=True),
        sa.Column("confirmed", sa.Boolean, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
    )
