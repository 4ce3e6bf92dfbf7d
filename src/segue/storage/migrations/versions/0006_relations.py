"""The knowledge graph: who and what is connected, and who says so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table."""
    id_text = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
    op.create_table(
        "relations",
        sa.Column("head", id_text, primary_key=True),
        sa.Column("relation", id_text, primary_key=True),
        sa.Column("tail", id_text, primary_key=True),
        sa.Column("source", id_text, primary_key=True),
        sa.Column("head_name", sa.Text, nullable=False),
        sa.Column("tail_name", sa.Text, nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
    )
    op.create_index("relations_by_source", "relations", ["source"])
    op.create_index("relations_by_tail", "relations", ["tail"])
