"""Fingerprints of sound and pictures, and the items that were found to be copies of each other."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables."""
    id_text = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")

    def item(name: str) -> sa.Column[str]:
        return sa.Column(name, id_text, sa.ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)

    op.create_table(
        "prints",
        sa.Column("space", id_text, primary_key=True),
        item("item_id"),
        sa.Column("keys", sa.LargeBinary, nullable=False),
        sa.Column("asks", sa.LargeBinary),
        sa.Column("codes", sa.LargeBinary, nullable=False),
    )
    op.create_index("prints_by_item", "prints", ["item_id"])
    op.create_table(
        "duplicates",
        sa.Column("space", id_text, primary_key=True),
        item("item_id"),
        item("other_id"),
        sa.Column("similarity", sa.Double, nullable=False),
        sa.Column("starts_s", sa.Double, nullable=False),
        sa.Column("other_starts_s", sa.Double, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("covers", sa.Double, nullable=False),
    )
    op.create_index("duplicates_by_item", "duplicates", ["item_id"])
    op.create_index("duplicates_by_other", "duplicates", ["other_id"])
