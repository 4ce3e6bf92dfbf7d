"""Lists that were made from a sentence."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0013"


def upgrade() -> None:
    """Make the table."""
    id_text = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
    op.create_table(
        "playlists",
        sa.Column("id", id_text, primary_key=True),
        sa.Column("user_id", id_text),
        sa.Column("made_at", sa.Double, nullable=False),
        sa.Column("next_at", sa.Double),
        sa.Column("held_until", sa.Double),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("playlists_by_user", "playlists", ["user_id"])
    op.create_index("playlists_by_next", "playlists", ["next_at"])
