"""The use of language models as rows: calls and tokens by day, person and purpose; never what was asked."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from .paging import Paged
from .schema import llm_usage

NOBODY = ""
KEPT_DAYS = 400
_COUNTS = ("calls", "tokens_in", "tokens_out")


class LlmRows(Paged):
    """What `Store` does with the use of language models."""

    def llm_tokens(self, day: str, user_id: str | None = None) -> int:
        """Tokens, read and written, of a day: of one person, or in all."""
        query = select(func.coalesce(func.sum(llm_usage.c.tokens_in + llm_usage.c.tokens_out), 0))
        query = query.where(llm_usage.c.day == day)
        if user_id is not None:
            query = query.where(llm_usage.c.user_id == user_id)
        with self._db.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def add_llm_usage(
        self, day: str, user_id: str | None, purpose: str, calls: int, tokens_in: int, tokens_out: int
    ) -> None:
        """Add to what was used on a day; what is older than `KEPT_DAYS` goes.

        Args:
            day: as ``2026-11-27``.
            user_id: for whom; None: for nobody.
        """
        row = {"day": day, "user_id": user_id or NOBODY, "purpose": purpose, "calls": calls}
        with self._db.writing("llm") as connection:
            self._add_up(connection, [{**row, "tokens_in": tokens_in, "tokens_out": tokens_out}])
            oldest = (date.fromisoformat(day) - timedelta(days=KEPT_DAYS)).isoformat()
            connection.execute(delete(llm_usage).where(llm_usage.c.day < oldest))

    def llm_usage(self, user_id: str | None = None) -> list[dict[str, Any]]:
        """What was used, by day and purpose: by one person, or in all."""
        sums = (func.sum(llm_usage.c[name]).label(name) for name in _COUNTS)
        query = select(llm_usage.c.day, llm_usage.c.purpose, *sums)
        if user_id is not None:
            query = query.where(llm_usage.c.user_id == user_id)
        query = query.group_by(llm_usage.c.day, llm_usage.c.purpose).order_by(llm_usage.c.day, llm_usage.c.purpose)
        with self._db.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [{"day": r["day"], "purpose": r["purpose"], **{name: int(r[name]) for name in _COUNTS}} for r in rows]

    def _erase_llm_usage(self, connection: Connection, user_id: str) -> int:
        """What a person used becomes nobody's: the day's sum stays, and with it the day's budget."""
        if user_id == NOBODY:
            return 0
        own = connection.execute(select(llm_usage).where(llm_usage.c.user_id == user_id)).mappings().all()
        self._add_up(connection, [{**row, "user_id": NOBODY} for row in own])
        return connection.execute(delete(llm_usage).where(llm_usage.c.user_id == user_id)).rowcount

    def _add_up(self, connection: Connection, rows: list[dict[str, Any]]) -> None:
        if not rows:
            return
        statement = (sqlite if self._db.is_sqlite else postgresql).insert(llm_usage)
        sums = {name: llm_usage.c[name] + statement.excluded[name] for name in _COUNTS}
        keys = ["day", "user_id", "purpose"]
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=sums), rows)
