"""What was read in the texts of events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table."""
    counter = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "opinions",
        sa.Column(
            "seq", counter, sa.ForeignKey("events.seq", ondelete="CASCADE"), primary_key=True, autoincrement=False
        ),
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("sentiment", sa.Double),
        sa.Column("topics", sa.Text, nullable=False),
        sa.Column("same", sa.BigInteger, nullable=False),
        sa.Column("vector", sa.LargeBinary),
    )
