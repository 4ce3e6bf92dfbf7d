"""Conversations as rows: what was said and shown, as JSON, by person; and which of them is being answered now.

A turn takes its conversation until a moment at which it must long be done. Each change has a number, so that a turn
which ends later still than that overwrites nothing that another one has kept meanwhile.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, case, delete, insert, select, update

from .paging import Paged
from .schema import conversations


class Kept(NamedTuple):
    """A conversation as it is kept."""

    id: str
    user_id: str | None
    body: str
    """JSON."""
    begun_at: float
    changed_at: float
    """Seconds since 1970."""
    revision: int = 0
    """Number of its last change."""


_COLUMNS = tuple(conversations.c[name] for name in Kept._fields)


class ConversationRows(Paged):
    """What `Store` does with conversations."""

    def begin_conversation(self, kept: Kept, taken_until: float) -> None:
        """Keep a new one, of which a turn is being answered until then."""
        with self._db.writing("conversations") as connection:
            connection.execute(insert(conversations).values(**kept._asdict(), taken_until=taken_until))

    def take_conversation(self, conversation_id: str, now: float, taken_until: float) -> bool:
        """Claim the next turn of a conversation; False: somebody else has, or there is none."""
        query = update(conversations).where(conversations.c.id == conversation_id, conversations.c.taken_until <= now)
        with self._db.writing("conversations") as connection:
            return bool(connection.execute(query.values(taken_until=taken_until)).rowcount)

    def put_conversation(self, kept: Kept, taken_until: float) -> bool:
        """Keep what a conversation of this revision has become; where it is still taken until just then, let the next
        turn come.

        Args:
            taken_until: with what the turn took it.

        Returns:
            False, and nothing is kept: it has been changed meanwhile, or deleted.
        """
        own = conversations.c.taken_until == taken_until
        query = update(conversations).where(conversations.c.id == kept.id, conversations.c.revision == kept.revision)
        changed = {"body": kept.body, "changed_at": kept.changed_at, "revision": kept.revision + 1}
        with self._db.writing("conversations") as connection:
            free = case((own, 0.0), else_=conversations.c.taken_until)
            return bool(connection.execute(query.values(**changed, taken_until=free)).rowcount)

    def conversation(self, conversation_id: str) -> Kept | None:
        """One of them."""
        with self._db.reading() as connection:
            row = connection.execute(select(*_COLUMNS).where(conversations.c.id == conversation_id)).first()
        return None if row is None else Kept(*row)

    def conversations(self, user_id: str, limit: int | None = None) -> list[Kept]:
        """Those of a person, the newest first."""
        query = select(*_COLUMNS).where(conversations.c.user_id == user_id)
        query = query.order_by(conversations.c.changed_at.desc(), conversations.c.id).limit(limit)
        with self._db.reading() as connection:
            return [Kept(*row) for row in connection.execute(query)]

    def remove_conversation(self, conversation_id: str) -> bool:
        """Delete one of them; False where there is none."""
        with self._db.writing("conversations") as connection:
            query = delete(conversations).where(conversations.c.id == conversation_id)
            return bool(connection.execute(query).rowcount)

    def remove_conversations(self, before: float) -> int:
        """Delete those that nobody has taken up since then; returns how many."""
        with self._db.writing("conversations") as connection:
            return connection.execute(delete(conversations).where(conversations.c.changed_at < before)).rowcount

    def _erase_conversations(self, connection: Connection, user_id: str) -> int:
        return connection.execute(delete(conversations).where(conversations.c.user_id == user_id)).rowcount
