"""Items, users, events and readings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    id_text = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
    counter = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "items",
        sa.Column("n", counter, primary_key=True, autoincrement=True),
        sa.Column("id", id_text, nullable=False, unique=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("added_at", sa.Double, nullable=False),
        sa.Column("updated_at", sa.Double, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("items_by_kind", "items", ["kind"])
    op.create_table(
        "users",
        sa.Column("id", id_text, primary_key=True),
        sa.Column("attributes", sa.Text, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("seq", counter, primary_key=True, autoincrement=True),
        sa.Column("id", id_text, nullable=False, unique=True),
        sa.Column("user_id", id_text, nullable=False),
        sa.Column("item_id", id_text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", sa.Double),
        sa.Column("value", sa.Double),
        sa.Column("scale_low", sa.Double),
        sa.Column("scale_high", sa.Double),
        sa.Column("played_s", sa.Double),
        sa.Column("position_s", sa.Double),
        sa.Column("text", sa.Text),
        sa.Column("session_id", sa.Text),
        sa.Column("context", sa.Text),
        sa.Column("train", sa.Boolean, nullable=False),
        sa.Column("source", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("events_by_user", "events", ["user_id", "seq"])
    op.create_index("events_by_item", "events", ["item_id", "seq"])
    op.create_table(
        "readings",
        sa.Column("space", id_text, primary_key=True),
        sa.Column("item_id", id_text, sa.ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("dim", sa.Integer),
        sa.Column("vector", sa.LargeBinary),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("problem", sa.Text),
    )
    op.create_index("readings_by_item", "readings", ["item_id"])
