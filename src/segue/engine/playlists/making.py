"""Make a playlist: what is pinned stays in its place, the rest follows from the sentence as of now.

What the sentence asks for without exception holds at every making; so do age limits, what the person has hidden and
rights, also whenever a playlist is shown or handed out. The same sentence for the same person, on the same day and over
the same catalogue, gives the same playlist.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence

from ...answers import Answer, Pick
from ...arrays import Rows
from ...catalogue import Catalogue
from ...errors import InvalidInput
from ...pipeline.answer import may_be_shown
from ...pipeline.rerankers.program import Program, slotted
from ...pipeline.stages import Reranker, World
from ...playlists import DAY_S, MOST_ENTRIES, Entry, Length, Note, Order, Playlist, UnderstoodPart
from ...profiles.history import Live
from ...queries import Query
from .reading import left, read, shortfall, still_told, takes_back

FOLLOWED = 3
"""A channel goes on from so many of what was played last."""
MOST_ASKED = 8
"""Parts of a sentence that are taken back one by one to see which of them left nothing."""
RESTS_S = 7 * DAY_S
"""What was met so lately, and since a playlist was made, makes room when it is made anew."""


class Maker:
    """Makes playlists over what is served now.

    Args:
        world: what is served now.
        ask: answers a query, with re-rankers behind those of its recipe, age limits and all.
        live: a person as the rows of a world tell them.
        limited: a query with the age limits of whom it is for.
    """

    def __init__(
        self,
        world: Callable[[], World],
        ask: Callable[[Query, Sequence[Reranker]], Answer],
        live: Callable[[Query, World], Live | None],
        limited: Callable[[Query], Query],
    ) -> None:
        self.world, self._ask, self._live, self._limited = world, ask, live, limited

    def made(self, of: Playlist, world: World, at: float, first: bool = False, onward: bool = False) -> Playlist:
        """The playlist as of now.

        Args:
            first: nothing of it has been met, so that nothing makes room.
            onward: of a channel: what lies ahead stays, and is filled up.
        """
        catalogue = world.catalogue
        query = self.query(of, world, at)
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
            return _finished(of, kept, notes, (), at)
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
        notes += shortfall(of, entries, catalogue, () if entries else self._emptied_by(of, world, at))
        return _finished(of, tuple(entries[:MOST_ENTRIES]), notes, answer.degraded, at)

    def _emptied_by(self, of: Playlist, world: World, at: float) -> list[UnderstoodPart]:
        """Those parts of the sentence without any one of which there would be something on the playlist."""
        found = []
        for part in takes_back(of)[:MOST_ASKED]:
            try:
                less = read(of.model_copy(update={"sentence": part.without}), world, {"length": Length(items=1)})
            except InvalidInput:  # what is left says nothing, or still excludes itself
                continue
            query = self.query(less, world, at).model_copy(update={"explain": False})
            limits = query.constraints.model_copy(update={"exclude": (*query.constraints.exclude, *of.removed)})
            if len(self._ask(query.model_copy(update={"constraints": limits}), ())):
                found.append(part)
        return found

    def query(self, of: Playlist, world: World, at: float) -> Query:
        """The query behind a playlist; repeatable within a day."""
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

    def anew(self, of: Playlist, at: float) -> Playlist:
        """The playlist made again from its sentence, which is read again, too: a catalogue that has grown may know a
        genre that it did not know."""
        world = self.world()
        given = {"length": of.length, "refresh": of.refresh, "channel": of.channel}
        return self.made(read(of, world, given), world, at)

    def onward(self, of: Playlist, at: float) -> Playlist:
        """A channel filled up behind what lies ahead; when all has been played, what was played longest ago may come
        in again."""
        world = self.world()
        made = self.made(of, world, at, onward=True)
        while made.size is not None and len(made.entries) < made.size and of.played:
            forgotten = max(1, len(of.played) // 2)
            of = of.model_copy(update={"played": of.played[forgotten:]})
            made = self.made(of, world, at, onward=True)
        return made

    def showable(self, of: Playlist, at: float) -> Playlist:
        """The playlist without what may not be shown just now: it may come back, and nothing is changed."""
        if not of.entries:
            return of
        world = self.world()
        query = self.query(of, world, at)
        items, live = [entry.item for entry in of.entries], self._live(query, world)
        of = of.model_copy(update={"entries": tuple(still_told(entry, world, live) for entry in of.entries)})
        mask = may_be_shown(world, self._limited(query), items, live)
        if mask.all():
            return of
        entries = tuple(entry for entry, shown in zip(of.entries, mask, strict=True) if shown)
        hidden = len(of.entries) - len(entries)
        note = Note(
            english=f"{hidden} {'entry' if hidden == 1 else 'entries'} may not be shown at present.",
            chinese=f"有 {hidden} 个条目目前不能显示。",
        )
        return of.model_copy(update={"entries": entries, "notes": (*of.notes, note)})


def _finished(
    of: Playlist, entries: tuple[Entry, ...], notes: Sequence[Note], degraded: tuple[str, ...], at: float
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
