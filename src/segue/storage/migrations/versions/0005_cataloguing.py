"""Annotations, who has read what, summaries, reviews, and the answers of language models."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables."""
    id_text = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")

    def item_id() -> sa.Column[str]:
        return sa.Column("item_id", id_text, sa.ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)

    op.create_table(
        "annotations",
        sa.Column("annotator", id_text, primary_key=True),
        item_id(),
        sa.Column("vocabulary", id_text, primary_key=True),
        sa.Column("label", id_text, primary_key=True),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("confidence", sa.Double, nullable=False),
        sa.Column("denied", sa.Boolean, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
    )
    op.create_index("annotations_by_item", "annotations", ["item_id"])
    op.create_table(
        "annotated",
        sa.Column("annotator", id_text, primary_key=True),
        item_id(),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("problem", sa.Text),
    )
    op.create_table(
        "summaries",
        sa.Column("annotator", id_text, primary_key=True),
        item_id(),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("text", sa.Text),
        sa.Column("problem", sa.Text),
        sa.Column("at", sa.Double, nullable=False),
    )
    op.create_table(
        "reviews",
        item_id(),
        sa.Column("label", id_text, primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("confirmed", sa.Boolean, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
    )
    op.create_table(
        "llm_answers",
        sa.Column("key", id_text, primary_key=True),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
    )
