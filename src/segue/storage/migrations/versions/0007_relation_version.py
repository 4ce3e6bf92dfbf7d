"""Which version of whoever read a relation has read it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column."""
    op.add_column("relations", sa.Column("version", sa.Text))
