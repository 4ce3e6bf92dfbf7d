"""Vectors of an item's parts, such as the shots of a film."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns; readings made before have no parts."""
    op.add_column("readings", sa.Column("part_count", sa.Integer))
    op.add_column("readings", sa.Column("parts", sa.LargeBinary))
