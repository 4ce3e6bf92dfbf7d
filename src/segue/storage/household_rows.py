"""Households as rows: the profiles of an account, and what groups of people have chosen together."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select, update

from ..errors import InvalidInput
from ..events import EventKind, now
from ..groups import Turn
from ..households import MOST_MEMBERS, Household, Member, called
from .paging import BATCH, Paged, batches, to_json
from .schema import events, members

_TURNS = (EventKind.PLAY.value, EventKind.COMPLETE.value)
"""Kinds of events by which a group chooses."""


class HouseholdRows(Paged):
    """The methods of `Store` that keep and give members and the turns of groups."""

    def put_member(self, member: Member) -> None:
        """Keep a member, in place of what was stated of them before in the same account.

        Raises:
            InvalidInput: another member of the account is called the same; the id is a member of another account; the
                account is full; an id has a NUL character.
        """
        if "\0" in member.user_id + member.account:
            raise InvalidInput(f"Member {member.name!r} has a NUL character in an id. Give it another id.")
        with self._db.writing("events") as connection:
            there = connection.execute(select(members.c.account).where(members.c.user_id == member.user_id)).scalar()
            if there not in (None, member.account):
                raise InvalidInput(
                    f"User {member.user_id!r} belongs to another account. Give the new member an id of their own, or "
                    "remove that one there."
                )
            others = [m for m in _read(connection, _of(member.account)) if m.user_id != member.user_id]
            if any(called(other.name) == called(member.name) for other in others):
                raise InvalidInput(
                    f"Account {member.account!r} already has a member called {member.name!r}. Choose another name."
                )
            if len(others) >= MOST_MEMBERS:
                raise InvalidInput(
                    f"Account {member.account!r} has {MOST_MEMBERS} members, which is the most. Remove one first."
                )
            stated = member.model_dump()
            if there is None:
                connection.execute(insert(members).values(**stated, added_at=now().timestamp()))
            else:
                connection.execute(update(members).where(members.c.user_id == member.user_id).values(stated))

    def remove_member(self, account: str, user_id: str) -> bool:
        """Take a profile out of an account; what is known of the person stays. False where there is none."""
        query = delete(members).where(members.c.account == account, members.c.user_id == user_id)
        with self._db.writing("events") as connection:
            return bool(connection.execute(query).rowcount)

    def household(self, account: str) -> Household:
        """The members of an account, in the order in which they came; none for an account that nobody knows."""
        with self._db.reading() as connection:
            return Household(account, _read(connection, _of(account)))

    def members(self, user_ids: Iterable[str]) -> dict[str, Member]:
        """Those of the people who are members of an account, by user id."""
        found: dict[str, Member] = {}
        for batch in batches(dict.fromkeys(user_ids), BATCH):
            with self._db.reading() as connection:
                own = _read(connection, select(members).where(members.c.user_id.in_(batch)))
            found |= {member.user_id: member for member in own}
        return found

    def max_maturity(self, user_id: str) -> int | None:
        """The limit of one member; None for those without one, and for everybody else. Asked for every request."""
        age = self._db.glance("SELECT max_maturity FROM members WHERE user_id = ?", (user_id,))
        return None if age is None else int(age)

    def turns(self, key: str, user_ids: Iterable[str], limit: int) -> list[Turn]:
        """What each of these people got from the newest choices of the group with this key, in order of arrival.

        Args:
            limit: choices of each person.
        """
        found: list[Turn] = []
        columns = (events.c.seq, events.c.user_id, events.c.item_id, events.c.at, events.c.context)
        for user_id in user_ids:
            query = select(*columns).where(events.c.user_id == user_id, events.c.kind.in_(_TURNS), _with(key))
            for seq, user, item, at, context in self._pages(query, events.c.seq, True, limit):
                fit = json.loads(context).get("fit")
                found.append(Turn(user, item, float("nan") if at is None else float(at), int(seq), fit))
        return sorted(found, key=lambda turn: turn.seq)

    def _erase_groups(self, connection: Connection, user_id: str) -> None:
        """Take the keys of a person's groups out of the others' events: they can be recomputed from the ids."""
        grouped = select(events.c.seq, events.c.context).where(events.c.context.like('%"group":"%'))
        own = connection.execute(grouped.where(events.c.user_id == user_id))
        keys = {json.loads(context).get("group") for _, context in own} - {None}
        # All keys at once: what others did is not indexed by them, and may be read once and no more.
        for seq, context in connection.execute(grouped.where(events.c.user_id != user_id)).all() if keys else ():
            stated = json.loads(context)
            if stated.get("group") in keys:
                left = {name: value for name, value in stated.items() if name not in ("group", "fit")}
                kept = to_json(left) if left else None
                connection.execute(update(events).where(events.c.seq == seq).values(context=kept))

    def _erase_member(self, connection: Connection, user_id: str) -> int:
        """Delete the profile; an account that bears the person's id goes on under another, so that the limits of its
        members hold."""
        if connection.execute(_of(user_id).limit(1)).first() is not None:
            from uuid import uuid4

            renamed = update(members).where(members.c.account == user_id)
            connection.execute(renamed.values(account=f"account-{uuid4().hex}"))
        return connection.execute(delete(members).where(members.c.user_id == user_id)).rowcount


def _of(account: str) -> Select[Any]:
    return select(members).where(members.c.account == account).order_by(members.c.added_at, members.c.user_id)


def _read(connection: Connection, query: Select[Any]) -> tuple[Member, ...]:
    rows = connection.execute(query)
    return tuple(Member(**{name: row[name] for name in Member.model_fields}) for row in rows.mappings())


def _with(key: str) -> Any:
    # A context is written without spaces; the key has no character that LIKE reads in its own way.
    return events.c.context.like(f'%"group":"{key}"%')
