"""Verdicts as rows: what people decided about suspected profiles."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from ..errors import InvalidInput
from ..suspects import Verdict
from .paging import Paged
from .schema import verdicts


class VerdictRows(Paged):
    """The methods of `Store` that keep and give verdicts."""

    def put_verdict(self, verdict: Verdict) -> None:
        """Keep what a person decided, in place of what was decided before about the same profile."""
        if "\0" in verdict.user_id:
            raise InvalidInput(f"User {verdict.user_id!r} has a NUL character in its id. Give it another id.")
        row = {"user_id": verdict.user_id, "confirmed": verdict.confirmed, "at": verdict.at}
        with self._db.writing("events") as connection:
            statement = (sqlite if self._db.is_sqlite else postgresql).insert(verdicts).values(row)
            changed = {name: statement.excluded[name] for name in ("confirmed", "at")}
            connection.execute(statement.on_conflict_do_update(index_elements=["user_id"], set_=changed))

    def remove_verdict(self, user_id: str) -> bool:
        """Forget what was decided; False where nothing was."""
        with self._db.writing("events") as connection:
            return bool(connection.execute(delete(verdicts).where(verdicts.c.user_id == user_id)).rowcount)

    def verdicts(self) -> dict[str, Verdict]:
        """All decisions, by the id of the profile."""
        with self._db.reading() as connection:
            rows = connection.execute(select(verdicts).order_by(verdicts.c.user_id)).all()
        return {row.user_id: Verdict(row.user_id, row.confirmed, row.at) for row in rows}
