"""Lists that live: made from a sentence, made anew when they are due, changed by hand, played on.

What a sentence asks for without exception holds at every making; so do age limits, what the person has hidden and
rights, also whenever a list is shown or handed out. The same sentence for the same person, on the same day and the same
catalogue, gives the same list.
"""

from __future__ import annotations

import logging
import uuid
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import ValidationError

from ..answers import Answer, Pick, Reason
from ..arrays import Rows
from ..catalogue import Catalogue
from ..errors import Busy, InvalidInput, NotFound, SegueError, in_one_line
from ..events import now
from ..items import Item
from ..phrases import cleaned
from ..pipeline.answer import may_be_shown
from ..pipeline.rerankers.program import Program, slotted
from ..pipeline.stages import Reranker, World
from ..playlists import (
    DAY_S,
    MOST_ENTRIES,
    MOST_REMEMBERED,
    Changes,
    Entry,
    Length,
    Order,
    Playlist,
    Said,
)
from ..profiles.history import Live
from ..queries import Constraints, Query
from ..storage.rows import Store
from .list_words import by_hand, left, read, shortfall, still_told

log = logging.getLogger(__name__)

FOLLOWED = 3
"""A channel goes on from so many of what was played last."""
RESTS_S = 7 * DAY_S
"""What was met so lately, and since a list was made, makes room when it is made anew."""
HELD_S = 600.0
"""A process that makes a list anew has so long before another one tries."""
AGAIN_S = 3600.0
"""A list that could not be made anew is tried again after so long, or when it is next due."""
TRIES = 5


@dataclass(frozen=True)
class Refreshed:
    """What became of a list that was due."""

    id: str
    title: str
    problem: str | None
    """None: it has been made anew."""


class Lists:
    """The lists of a workspace.

    Args:
        world: what is served now.
        ask: answers a query, with re-rankers behind those of its recipe, age limits and all.
        live: a person as the rows of a world tell them.
        limited: a query with the age limits of whom it is for.
    """

    def __init__(
        self,
        store: Store,
        world: Callable[[], World],
        ask: Callable[[Query, Sequence[Reranker]], Answer],
        live: Callable[[Query, World], Live | None],
        limited: Callable[[Query], Query],
    ) -> None:
        self._store, self._world, self._ask, self._live, self._limited = store, world, ask, live, limited

    # Asking

    def make(
        self,
        user_id: str | None,
        sentence: str,
        stated: Mapping[str, Any],
        shown: Mapping[str, Reason] | None = None,
    ) -> Playlist:
        """Make a list and keep it, see `segue.Engine.make_list`."""
        sentence = " ".join(sentence.split())
        pinned = tuple(dict.fromkeys(stated.get("pinned") or ()))
        if not sentence and not pinned:
            raise InvalidInput("A list is made from a sentence, such as “an hour of calm piano”, and there is none.")
        at = now().timestamp()
        fields = {
            name: value
            for name, value in stated.items()
            if value is not None and name in ("title", "language", "refresh", "length", "order", "channel")
        }
        begun = {"order": Order.FLOW if sentence else Order.OWN, "title": _name(sentence or "List"), **fields}
        world = self._world()
        try:
            new = Playlist(
                id=uuid.uuid4().hex,
                user_id=user_id,
                sentence=sentence,
                stated=stated.get("constraints") or Constraints(),
                entries=tuple(
                    by_hand(one, stated.get("language") == "zh", at, shown.get(one) if shown else None)
                    for one in pinned
                ),
                made_at=at,
                refreshed_at=at,
                **begun,
            )
        except ValidationError as error:
            raise InvalidInput(f"{in_one_line(error)}.") from error
        if unknown := [one for one in pinned if one not in world.catalogue.row_of]:
            raise NotFound(f"Unknown item {unknown[0]!r}. `segue search` finds ids by title.")
        new = read(new, world, {name: getattr(new, name) for name in fields})
        new = self._made(new, world, at, first=True)
        self._store.add_playlist(new)
        return new

    def of(self, user_id: str | None) -> list[Playlist]:
        """The lists of a person, or nobody's, as they may be shown now; the newest first."""
        world = self._world()
        return [self._showable(one, world) for one in self._store.playlists(user_id)]

    def query(self, of: Playlist) -> Query | None:
        """The query behind a list as of now; None: it asks for nothing."""
        return self._query(of, self._world(), now().timestamp()) if of.sentence else None

    def one(self, list_id: str) -> Playlist:
        """A list as it may be shown now. Raises NotFound."""
        return self._showable(self._store.playlist(list_id)[1], self._world())

    def change(self, list_id: str, changes: Changes) -> Playlist:
        """Change a list, see `segue.Engine.change_list`."""
        return self._showable(self._kept(list_id, partial(self._changed, changes=changes)), self._world())

    def refresh(self, list_id: str) -> Playlist:
        """Make a list anew. Raises NotFound."""
        return self._showable(self._kept(list_id, self._anew), self._world())

    def refresh_due(self, at: float | None = None) -> list[Refreshed]:
        """Make anew whatever is due; one that fails says so on itself, and the others go on."""
        at = now().timestamp() if at is None else at
        done = []
        for list_id in self._store.due_playlists(at):
            if self._store.hold_playlist(list_id, at, at + HELD_S):
                try:
                    made = self._kept(list_id, partial(self._anew, at=at))
                    done.append(Refreshed(list_id, made.title, None))
                except Exception as error:  # whatever is wrong with one list, the others are made
                    told = str(error) if isinstance(error, SegueError) else type(error).__name__
                    log.warning("list %s was not made anew: %s", list_id, type(error).__name__)
                    log.debug("list %s was not made anew", list_id, exc_info=True)
                    title = self._failed(list_id, told, at)
                    if title is not None:
                        done.append(Refreshed(list_id, title, told))
        return done

    def play_on(self, list_id: str, played: Sequence[str]) -> Playlist:
        """Let a channel go on, see `segue.Engine.play_on`."""
        return self._showable(self._kept(list_id, partial(self._went_on, played=played)), self._world())

    def delete(self, list_id: str) -> None:
        """Forget a list. Raises NotFound."""
        if not self._store.remove_playlist(list_id):
            self._store.playlist(list_id)

    def brought(self, user_id: str | None, title: str, items: Sequence[Item], name: str, language: str) -> Playlist:
        """Keep a list that was brought along: its items in their order, those that may be shown."""
        at = now().timestamp()
        name = cleaned(name)
        reason = f"Because it is on the list “{name}” that you brought along."
        if language == "zh":
            reason = f"因为它在你带来的列表“{name}”里。"
        entries = tuple(
            Entry(
                item=item_id,
                reason=reason,
                evidence=(("list", name, name, 1.0),),
                since=at,
            )
            for item_id in dict.fromkeys(one.id for one in items)
        )[:MOST_ENTRIES]
        new = Playlist(
            id=uuid.uuid4().hex,
            user_id=user_id,
            title=_name(title),
            language="zh" if language == "zh" else "en",
            length=Length(items=MOST_ENTRIES),
            order=Order.OWN,
            entries=entries,
            made_at=at,
            refreshed_at=at,
        )
        new = self._made(new, self._world(), at, first=True)
        self._store.add_playlist(new)
        return new

    # Making

    def _made(self, of: Playlist, world: World, at: float, first: bool = False, onward: bool = False) -> Playlist:
        """The list anew: what is pinned stays in its place, the rest follows from the sentence as of now.

        Args:
            onward: of a channel: what lies ahead stays, and is filled up.
        """
        catalogue = world.catalogue
        query = self._query(of, world, at)
        live = self._live(query, world)
        before = {entry.item: entry for entry in of.entries}
        allowed = dict(zip(before, may_be_shown(world, self._limited(query), list(before), live), strict=True))
        staying = {
            n: entry
            for n, entry in enumerate(of.entries)
            if allowed[entry.item] and (entry.pinned or onward or not of.sentence)
        }
        gone_pins = [entry for entry in of.entries if entry.pinned and not allowed[entry.item]]
        notes = [left(catalogue, entry) for entry in gone_pins[:3]]
        if not of.sentence:
            kept = tuple(staying.values())
            return self._finished(of, kept, notes, (), at)
        fixed = {n: int(catalogue.row_of[entry.item]) for n, entry in staying.items()}
        resting = None if first or onward or live is None else _resting(live, of.made_at, at)
        order = Order.OWN if onward else of.order
        own = [catalogue.row_of[entry.item] for entry in of.entries if entry.item in catalogue.row_of]
        gone = {*of.removed, *(entry.item for entry in staying.values()), *(of.played if of.channel else ())}
        constraints = query.constraints
        exclude = tuple(dict.fromkeys((*constraints.exclude, *sorted(one for one in gone if one))))
        query = query.model_copy(update={"constraints": constraints.model_copy(update={"exclude": exclude})})
        chosen = Program(of.length, order, fixed, own, resting)
        answer = self._ask(query, (chosen,))
        picks = iter(answer.picks)
        standing = iter([staying[n] for n in sorted(staying)])
        entries = [
            _entry(next(picks), before, at) if slot is None else next(standing)
            for slot in slotted(len(answer.picks), fixed)
        ]
        notes += shortfall(of, entries, catalogue)
        return self._finished(of, tuple(entries[:MOST_ENTRIES]), notes, answer.degraded, at)

    def _finished(
        self, of: Playlist, entries: tuple[Entry, ...], notes: Sequence[Said], degraded: tuple[str, ...], at: float
    ) -> Playlist:
        made = of.model_copy(
            update={
                "entries": entries,
                "notes": tuple(notes),
                "degraded": degraded,
                "problem": None,
                "refreshed_at": at,
            }
        )
        return made.model_copy(update={"next_at": made.due_after(at)})

    def _query(self, of: Playlist, world: World, at: float) -> Query:
        """The query behind a list; repeatable within a day."""
        catalogue = world.catalogue
        followed = of.played[-FOLLOWED:] if of.channel else ()
        seeds = [one for one in (*of.wanted.seeds, *followed) if _there(catalogue, one)]
        day = f"{of.user_id}|{of.sentence}|{int(at // DAY_S)}"
        searched = of.wanted.words or seeds or of.wanted.leanings
        return Query(
            user_id=of.user_id,
            recipe="playlist" if searched or of.user_id is None else "mix",
            k=of.size or MOST_ENTRIES,
            constraints=of.wanted.constraints,
            seeds=tuple(dict.fromkeys(seeds)),
            words=of.wanted.words or None,
            also=of.wanted.also,
            leanings=of.wanted.leanings,
            by_taste=of.user_id is not None,
            language=of.language,
            personal=of.user_id is not None,
            seed=zlib.crc32(day.encode()),
        )

    def _showable(self, of: Playlist, world: World) -> Playlist:
        """The list without what may not be shown just now: it may come back, and nothing is changed."""
        if not of.entries:
            return of
        query = self._query(of, world, now().timestamp())
        items, live = [entry.item for entry in of.entries], self._live(query, world)
        of = of.model_copy(update={"entries": tuple(still_told(entry, world, live) for entry in of.entries)})
        mask = may_be_shown(world, self._limited(query), items, live)
        if mask.all():
            return of
        entries = tuple(entry for entry, shown in zip(of.entries, mask, strict=True) if shown)
        hidden = len(of.entries) - len(entries)
        note = Said(
            english=f"{hidden} {'entry' if hidden == 1 else 'entries'} may not be shown at present.",
            chinese=f"有 {hidden} 个条目目前不能显示。",
        )
        return of.model_copy(update={"entries": entries, "notes": (*of.notes, note)})

    # Changing

    def _kept(self, list_id: str, change: Callable[[Playlist], Playlist]) -> Playlist:
        """Change a list and keep it; where somebody else has changed it meanwhile, change that one."""
        for _ in range(TRIES):
            revision, found = self._store.playlist(list_id)
            changed = change(found)
            if self._store.put_playlist(changed, revision):
                return changed
        raise Busy(f"List {list_id!r} is being changed by others all the time. Try again.")

    def _anew(self, of: Playlist, at: float | None = None) -> Playlist:
        at, world = now().timestamp() if at is None else at, self._world()
        # Read again: a catalogue that has grown may know a genre that it did not know.
        given = {"length": of.length, "refresh": of.refresh, "channel": of.channel}
        return self._made(read(of, world, given), world, at)

    def _changed(self, of: Playlist, changes: Changes) -> Playlist:
        at, world = now().timestamp(), self._world()
        there = {entry.item for entry in of.entries}
        for name in ("pin", "unpin", "remove", "arrange"):
            for one in getattr(changes, name):
                if one not in there:
                    raise InvalidInput(f"{name}: {one!r} is not on the list {of.title!r}. Name one of its entries.")
        pin, unpin, remove = set(changes.pin), set(changes.unpin), set(changes.remove)
        entries = [
            entry.model_copy(update={"pinned": (entry.pinned or entry.item in pin) and entry.item not in unpin})
            for entry in of.entries
            if entry.item not in remove
        ]
        update: dict[str, Any] = {
            name: value
            for name in ("title", "language", "length", "order", "refresh", "channel")
            if (value := getattr(changes, name)) is not None
        }
        if changes.arrange:
            place = {one: n for n, one in enumerate(dict.fromkeys(changes.arrange))}
            entries.sort(key=lambda entry: place.get(entry.item, len(place)))
            update["order"] = Order.OWN
        restored = set(changes.restore)
        gone = dict.fromkeys(one for one in (*of.removed, *changes.remove) if one not in restored)
        update |= {"entries": tuple(entries), "removed": tuple(gone)[-MOST_REMEMBERED:]}
        new = of.model_copy(update=update)
        if changes.sentence is not None and changes.sentence != of.sentence:
            if not changes.sentence:
                raise InvalidInput("sentence: a list cannot lose its sentence. Give another one, or delete the list.")
            told: dict[str, Any] = {n: update[n] for n in ("length", "refresh", "channel") if n in update}
            new = new.model_copy(update={"sentence": changes.sentence})
            if changes.title is None and of.title == _name(of.sentence):
                new = new.model_copy(update={"title": _name(changes.sentence)})
            new = read(new, world, told)
        anew = ("language", "length", "order", "channel")
        other = any(getattr(new, name) != getattr(of, name) for name in anew) and not changes.arrange
        if other or new.sentence != of.sentence:
            return self._made(new, world, at, first=True)
        return new.model_copy(update={"next_at": new.due_after(at)})

    def _went_on(self, of: Playlist, played: Sequence[str]) -> Playlist:
        if not of.channel:
            raise InvalidInput(f"The list {of.title!r} is no channel, so that it ends: change it with `channel`.")
        at, world = now().timestamp(), self._world()
        there = {entry.item for entry in of.entries}
        heard = [one for one in played if one in there]
        gone = set(heard)
        of = of.model_copy(
            update={
                "entries": tuple(entry for entry in of.entries if entry.item not in gone),
                "played": tuple(dict.fromkeys([*(p for p in of.played if p not in gone), *heard]))[-MOST_REMEMBERED:],
            }
        )
        made = self._made(of, world, at, onward=True)
        # All has been played: it begins again with what was played longest ago.
        while made.size is not None and len(made.entries) < made.size and of.played:
            forgotten = max(1, len(of.played) // 2)
            of = of.model_copy(update={"played": of.played[forgotten:]})
            made = self._made(of, world, at, onward=True)
        return made

    def _failed(self, list_id: str, told: str, at: float) -> str | None:
        """Keep what went wrong with the list; its title, or None where it has been deleted meanwhile."""

        def failed(of: Playlist) -> Playlist:
            due = of.due_after(at)
            again = None if due is None else min(due, at + AGAIN_S)
            return of.model_copy(update={"problem": told[:500], "next_at": again})

        try:
            return self._kept(list_id, failed).title
        except NotFound:
            return None
        except SegueError as error:
            log.warning("list %s: what went wrong could not be kept: %s", list_id, error)
            return list_id


def _name(sentence: str) -> str:
    plain = cleaned(sentence, 80)
    return plain[:1].upper() + plain[1:] if plain else "List"


def _there(catalogue: Catalogue, item_id: str) -> bool:
    row = catalogue.row_of.get(item_id)
    return row is not None and catalogue.items[row] is not None


def _resting(live: Live, made_at: float, at: float) -> Rows:
    return live.history.since(max(made_at, at - RESTS_S)).consumed


def _entry(pick: Pick, before: Mapping[str, Entry], at: float) -> Entry:
    reason = pick.reason
    old = before.get(pick.item.id)
    return Entry(
        item=pick.item.id,
        reason=reason.text if reason else "",
        evidence=reason.kept if reason else (),
        since=old.since if old else at,
    )
