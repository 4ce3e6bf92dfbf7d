"""Events that are about a topic instead of an item."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column."""
    op.add_column("events", sa.Column("topic", sa.Text))
