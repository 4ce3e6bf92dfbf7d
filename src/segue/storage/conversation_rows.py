"""Conversations as rows: what was said and shown, as JSON, by person; and which of them is being answered now."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

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

    def leave_conversation(self, conversation_id: str, kept: Kept | None = None) -> bool:
        """Let the next turn come.

        Args:
            kept: what the conversation has become; None: as it was.

        Returns:
            False: it has been deleted meanwhile, and stays so.
        """
        changed = {} if kept is None else {"body": kept.body, "changed_at": kept.changed_at}
        query = update(conversations).where(conversations.c.id == conversation_id)
        with self._db.writing("conversations") as connection:
            return bool(connection.execute(query.values(taken_until=0.0, **changed)).rowcount)

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
