"""The tables, as the newest migration leaves them (a test compares the two).

Times are seconds since 1970-01-01T00:00Z as doubles, which are exact to the microsecond until 2255; JSON is text,
because its key order and its escaped control characters must come back as they went in.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects import postgresql

VERSION_TABLE = "segue_version"

IdText = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""Ids sort by code point on every database."""

Counter = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite numbers rows by itself only in a column of type INTEGER."""

metadata = MetaData()

items = Table(
    "items",
    metadata,
    Column("n", Counter, primary_key=True, autoincrement=True),
    Column("id", IdText, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("added_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Index("items_by_kind", "kind"),
    sqlite_autoincrement=True,
)

users = Table(
    "users",
    metadata,
    Column("id", IdText, primary_key=True),
    Column("attributes", Text, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("seq", Counter, primary_key=True, autoincrement=True),
    Column("id", IdText, nullable=False, unique=True),
    Column("user_id", IdText, nullable=False),
    Column("item_id", IdText),
    Column("kind", Text, nullable=False),
    Column("at", Double),
    Column("value", Double),
    Column("scale_low", Double),
    Column("scale_high", Double),
    Column("played_s", Double),
    Column("position_s", Double),
    Column("text", Text),
    Column("session_id", Text),
    Column("context", Text),
    Column("train", Boolean, nullable=False),
    Column("source", Text),
    Index("events_by_user", "user_id", "seq"),
    Index("events_by_item", "item_id", "seq"),
    sqlite_autoincrement=True,  # an erased event's number is never given again
)

readings = Table(
    "readings",
    metadata,
    Column("space", IdText, primary_key=True),
    Column("item_id", IdText, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("dim", Integer),
    Column("vector", LargeBinary),
    Column("facts", Text, nullable=False),
    Column("problem", Text),
    Index("readings_by_item", "item_id"),
)

relations = Table(
    "relations",
    metadata,
    Column("head", IdText, primary_key=True),
    Column("relation", IdText, primary_key=True),
    Column("tail", IdText, primary_key=True),
    Column("source", IdText, primary_key=True),
    Column("head_name", Text, nullable=False),
    Column("tail_name", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Index("relations_by_source", "source"),
    Index("relations_by_tail", "tail"),
)

state = Table(
    "state",
    metadata,
    Column("name", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
)
"""``catalogue``: rises with every change of items or readings."""
