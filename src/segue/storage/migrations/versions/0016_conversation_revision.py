"""How often a conversation has been changed, so that no turn is lost to another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the column."""
    op.add_column("conversations", sa.Column("revision", sa.BigInteger, nullable=False, server_default="0"))
