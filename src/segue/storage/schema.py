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
    Column("topic", Text),
    Index("events_by_user", "user_id", "seq"),
    Index("events_by_item", "item_id", "seq"),
    sqlite_autoincrement=True,  # an erased event's number is never given again
)

opinions = Table(
    "opinions",
    metadata,
    Column("seq", Counter, ForeignKey("events.seq", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("reader", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("sentiment", Double),
    Column("topics", Text, nullable=False),
    Column("same", BigInteger, nullable=False),
    Column("vector", LargeBinary),
)
"""What was read in the texts of events. ``vector``: float32 in the space ``text``, of statements without an item."""

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
    Column("part_count", Integer),
    Column("parts", LargeBinary),
    Index("readings_by_item", "item_id"),
)

prints = Table(
    "prints",
    metadata,
    Column("space", IdText, primary_key=True),
    Column("item_id", IdText, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("keys", LargeBinary, nullable=False),
    Column("asks", LargeBinary),
    Column("codes", LargeBinary, nullable=False),
    Index("prints_by_item", "item_id"),
)
"""``asks``: NULL once the print has been compared with all others. ``keys`` stand first: what is read of all items lies
before what is long."""

duplicates = Table(
    "duplicates",
    metadata,
    Column("space", IdText, primary_key=True),
    Column("item_id", IdText, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("other_id", IdText, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True),
    Column("similarity", Double, nullable=False),
    Column("starts_s", Double, nullable=False),
    Column("other_starts_s", Double, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("covers", Double, nullable=False),
    Index("duplicates_by_item", "item_id"),
    Index("duplicates_by_other", "other_id"),
)
"""Each pair once, ``item_id`` being the lesser of the two."""

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
    Column("version", Text),
    Index("relations_by_source", "source"),
    Index("relations_by_tail", "tail"),
)

state = Table(
    "state",
    metadata,
    Column("name", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
)
"""``catalogue``: rises with every change of items or readings; ``whole``: what it was when so much changed at once
that ``changes`` does not tell what."""

changes = Table(
    "changes",
    metadata,
    Column("item_id", IdText, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Index("changes_by_revision", "revision"),
)
"""At which number of ``catalogue`` an item has changed last, removed ones too. Follows from the rest: no backup holds
it."""


def _item_id() -> Column[str]:
    return Column("item_id", IdText, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)


labels = Table(
    "annotations",
    metadata,
    Column("annotator", IdText, primary_key=True),
    _item_id(),
    Column("vocabulary", IdText, primary_key=True),
    Column("label", IdText, primary_key=True),
    Column("version", Text, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("denied", Boolean, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("at", Double, nullable=False),
    Index("annotations_by_item", "item_id"),
)

annotated = Table(
    "annotated",
    metadata,
    Column("annotator", IdText, primary_key=True),
    _item_id(),
    Column("fingerprint", Text, nullable=False),
    Column("problem", Text),
)
"""Which annotator has read which content, with labels or without."""

summaries = Table(
    "summaries",
    metadata,
    Column("annotator", IdText, primary_key=True),
    _item_id(),
    Column("fingerprint", Text, nullable=False),
    Column("text", Text),
    Column("problem", Text),
    Column("at", Double, nullable=False),
)

reviews = Table(
    "reviews",
    metadata,
    _item_id(),
    Column("label", IdText, primary_key=True),
    Column("content", Text, nullable=False),
    Column("confirmed", Boolean, nullable=False),
    Column("at", Double, nullable=False),
)
"""What people decided about content warnings."""

verdicts = Table(
    "verdicts",
    metadata,
    Column("user_id", IdText, primary_key=True),
    Column("confirmed", Boolean, nullable=False),
    Column("at", Double, nullable=False),
)
"""What people decided about suspected profiles."""

members = Table(
    "members",
    metadata,
    Column("user_id", IdText, primary_key=True),
    Column("account", IdText, nullable=False),
    Column("name", Text, nullable=False),
    Column("max_maturity", Integer),
    Column("added_at", Double, nullable=False),
    Index("members_by_account", "account"),
)
"""Profiles under one account."""

llm_answers = Table(
    "llm_answers",
    metadata,
    Column("key", IdText, primary_key=True),
    Column("answer", Text, nullable=False),
    Column("at", Double, nullable=False),
)
"""Answers of language models by a hash of model and prompt. A cache: no backup holds it."""

llm_usage = Table(
    "llm_usage",
    metadata,
    Column("day", IdText, primary_key=True),
    Column("user_id", IdText, primary_key=True),
    Column("purpose", IdText, primary_key=True),
    Column("calls", BigInteger, nullable=False),
    Column("tokens_in", BigInteger, nullable=False),
    Column("tokens_out", BigInteger, nullable=False),
)
"""What language models were used for on a day (UTC, ``2026-11-27``), by whom (empty: nobody), for a purpose."""

conversations = Table(
    "conversations",
    metadata,
    Column("id", IdText, primary_key=True),
    Column("user_id", IdText),
    Column("body", Text, nullable=False),
    Column("begun_at", Double, nullable=False),
    Column("changed_at", Double, nullable=False),
    Column("taken_until", Double, nullable=False),
    Column("revision", BigInteger, nullable=False, default=0, server_default="0"),
    Index("conversations_by_user", "user_id", "changed_at"),
    Index("conversations_by_time", "changed_at"),
)
"""Conversations as JSON. ``user_id``: NULL where it is nobody's. ``taken_until``: until then, in seconds since 1970, a
turn is being answered; 0: none is. ``revision`` rises with every change."""

playlists = Table(
    "playlists",
    metadata,
    Column("id", IdText, primary_key=True),
    Column("user_id", IdText),
    Column("made_at", Double, nullable=False),
    Column("next_at", Double),
    Column("held_until", Double),
    Column("revision", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index("playlists_by_user", "user_id"),
    Index("playlists_by_next", "next_at"),
)
"""Playlists. ``revision`` rises with every change; 0: it is being made for the first time. ``held_until``: a process
makes it anew until then at the latest."""
