"""Which items have changed, for those who keep a copy of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the table; whatever changed before is not in it."""
    id_text = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
    op.create_table(
        "changes",
        sa.Column("item_id", id_text, primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.create_index("changes_by_revision", "changes", ["revision"])
    op.execute("INSERT INTO state (name, number) SELECT 'whole', number FROM state WHERE name = 'catalogue'")
