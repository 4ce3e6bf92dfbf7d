"""Households and groups: who shares an account, what may be shown to whom, and what several people choose together."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from ..answers import Answer
from ..errors import InvalidInput, in_one_line
from ..events import Context, Event, EventKind, now
from ..groups import key_of
from ..households import Household, Member
from ..pipeline.answer import examine
from ..pipeline.stages import World
from ..pipeline.together_reasons import LITTLE
from ..profiles.companions import Companion, satisfied
from ..profiles.history import Histories
from ..queries import Query
from ..storage.rows import Store

REMEMBERED = 100
"""Choices of a group that are read; of these the newest by time count."""


def limited(store: Store, query: Query) -> Query:
    """The query with the age limits of the people it is for: those of the account's owner hold in every recipe, whoever
    asks and whatever is asked for, also in the non-profiling mode. Of a group the youngest decides."""
    own = [store.max_maturity(one) for one in {query.user_id, *query.group} if one is not None]
    ages = [age for age in (*own, query.constraints.max_maturity) if age is not None]
    if not ages or min(ages) == query.constraints.max_maturity:
        return query
    return query.model_copy(update={"constraints": query.constraints.model_copy(update={"max_maturity": min(ages)})})


def household_of(store: Store, user_id: str) -> Household:
    """The household of a person; without an account where they are a member of none."""
    own = store.members([user_id]).get(user_id)
    return Household(None, ()) if own is None else store.household(own.account)


def put_member(store: Store, account: str, name: str | None, user_id: str | None, limit: Mapping[str, Any]) -> Member:
    """Add or change a member, see `segue.Engine.put_member`."""
    there = store.household(account)
    own = next((m for m in there.members if m.user_id == user_id), None)
    if own is None and name is None:
        raise InvalidInput(f"A new member of account {account!r} needs a name, and none was given.")
    stated: dict[str, Any] = {} if own is None else own.model_dump()
    stated |= {"account": account, **limit, **({} if name is None else {"name": name})}
    stated["user_id"] = own.user_id if own is not None else user_id or _new_id(store, account, name or "")
    try:
        member = Member(**stated)
    except ValidationError as error:
        raise InvalidInput(f"{in_one_line(error)}.") from error
    store.put_member(member)
    return member


def _new_id(store: Store, account: str, name: str) -> str:
    """``account:name``, with a number behind it where that is somebody already; of a name in other letters a random
    one. No slash is put into it: ``DELETE /v1/users/smith/profile`` begins smith afresh, whoever is called Profile."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or uuid.uuid4().hex[:8]
    base = f"{account[:400]}:{plain}"
    number = 1
    while True:
        wanted = base if number == 1 else f"{base}-{number}"
        if not (store.last_seq(wanted) or store.user(wanted) or store.members([wanted])):
            return wanted
        number += 1


def remove_member(store: Store, account: str, member: str) -> Member:
    """Take out a member, see `segue.Engine.remove_member`."""
    own = store.household(account).find(member)
    store.remove_member(account, own.user_id)
    return own


def companions(store: Store, histories: Histories, world: World, query: Query) -> list[Companion]:
    """The people of the query's group as they are now; what they got so far where the strategy asks for it."""
    members, key = store.members(query.group), key_of(query.group)
    turns = store.turns(key, query.group, REMEMBERED) if query.strategy == "fairness" else []
    found = []
    for user_id in query.group:
        live = histories.get(user_id, world.catalogue)
        own = [turn for turn in turns if turn.user_id == user_id]
        so_far = satisfied(own, live.history, world.catalogue, world.settings.groups.turns) if own else None
        found.append(Companion(user_id, members[user_id].name if user_id in members else user_id, live, so_far))
    return found


def query_of(group: Sequence[str]) -> Query:
    """The query of a group that has chosen."""
    try:
        return Query(group=tuple(group), recipe="together", k=10, explain=False)
    except ValidationError as error:
        raise InvalidInput(f"{in_one_line(error)}.") from error


def chosen(
    world: World, query: Query, people: Sequence[Companion], item_id: str, kind: str, event_id: str | None
) -> tuple[Answer, list[Event]]:
    """What a group's choice means for each of them: the item as the pick of an answer, and an event for everybody.

    Raises:
        NotFound: the catalogue has no such item.
        InvalidInput: the kind is not one by which people choose; or an age limit of the group forbids the item.
    """
    if kind not in (EventKind.PLAY, EventKind.COMPLETE):
        raise InvalidInput(f"People choose something by 'play' or 'complete', not by {kind!r}.")
    if not query.group:
        raise InvalidInput("Choosing together takes the ids of two to eight people, and none was given.")
    found = examine(world, query, item_id, people=people)
    if "maturity" in found.removed_by:
        raise InvalidInput(f"Item {item_id!r} is for older people than the youngest of the group may see.")
    fits = {one.user_id: one.share for one in found.pick.suits}
    key, at, name = key_of(query.group), now(), event_id or uuid.uuid4().hex
    events = [
        Event(
            id=f"{name}:{n}",
            user_id=user_id,
            item_id=item_id,
            kind=EventKind(kind),
            at=at,
            context=Context(surface="together", group=key, fit=fits.get(user_id)),
            # What somebody merely went along with says nothing of their own taste.
            train=fits.get(user_id, 1.0) >= LITTLE,
        )
        for n, user_id in enumerate(sorted(query.group))
    ]
    answer = Answer(query.user_id, query.recipe, world.version, (found.pick,), degraded=found.degraded)
    return answer, events
