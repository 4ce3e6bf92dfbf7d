"""What an engine knows and is told of people, households and groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from pydantic import ValidationError

from ...answers import Answer
from ...edits import Edit
from ...errors import InvalidInput, in_one_line
from ...events import Event, EventKind, now
from ...households import Household, Member
from ...items import Item
from ...profiles.history import Live
from ...profiles.said.topics import said_topics
from ...profiles.taste import Taste, taste
from ...queries import Constraints, Query
from ...suspects import Suspect, Verdict
from .. import households, portraying
from .asking import AskingVerbs
from .catalogue import Recorded


class PeopleVerbs(AskingVerbs):
    """Profiles, portraits, habits, new people, households, export and erasure."""

    # People

    def profile(self, user_id: str) -> Taste:
        """What the engine believes about a person, with the items that show it."""
        world = self._serving.world()
        return taste(self._histories.get(user_id, world.catalogue).history, world.catalogue)

    def portrait(self, user_id: str, language: str = "en", written: bool = True) -> dict[str, Any]:
        """What is believed about a person, line by line with evidence, and a short text in English and Chinese.

        Args:
            language: in which the language model writes, where one is configured; the other text is made by code.
            written: whether it may be asked at all.
        """
        found = self._portrait(user_id).found
        if written:
            found = self._texts.of(user_id, found, language, self._serving.world())
        return {
            "user_id": user_id,
            "writer": self.settings.llm.model if self.settings.llm.url else None,
            **found.as_json(),
        }

    def edit_profile(self, user_id: str, edits: Iterable[Edit | Mapping[str, Any]]) -> dict[str, Any]:
        """Change lines of a person's portrait: all of the edits or, after an error, none. Returns the portrait.

        Raises:
            NotFound: there is no such line; names it.
            InvalidInput: an edit does not fit its line.
        """
        self.record(portraying.edited(user_id, edits, self._portrait(user_id), self._serving.world()))
        return self.portrait(user_id, written=False)

    def reset_profile(self, user_id: str) -> dict[str, Any]:
        """Start a person afresh: what they did no longer speaks, what they chose on purpose stays. Returns the
        portrait."""
        self.record(portraying.reset(user_id, self._histories.get(user_id, self._serving.world().catalogue)))
        return self.portrait(user_id, written=False)

    def patterns(self, user_id: str) -> dict[str, Any]:
        """When and how a person listens and watches, their interests over time, what they will likely do next.

        ``hours``, ``weekdays``, ``week`` are those of the person's own time zone, where a ``timezone`` is stated of
        them. Everything is read anew from their events; the next action and the taste cluster are of the serving
        version.
        """
        from .. import habits

        world = self._serving.world()
        user = self._store.user(user_id)
        version = self._serving.version
        return {
            "user_id": user_id,
            **habits.habits(
                world,
                self._histories.get(user_id, world.catalogue).history,
                self.settings,
                user.attributes if user else {},
                partial(self._devices, user_id),
                habits.load_next_action(version.folder) if version else None,
                now().timestamp(),
            ),
        }

    def segments(self, user_id: str | None = None) -> dict[str, Any]:
        """The segments of people with their definitions, names and sizes, as of the last training; or those of one
        person now, the most telling first.

        Without a training, activity is counted on the spot and there are no taste clusters.
        """
        from ...dataset import Dataset
        from .. import habits

        world, at = self._serving.world(), now().timestamp()
        if user_id is not None:
            history = self._histories.get(user_id, world.catalogue).history
            return {"user_id": user_id, "segments": habits.person_segments(world, history, self.settings, at)}
        version = self._serving.version
        if version is not None and version.folder.has(habits.SEGMENTS):
            stated = version.folder.read_json(habits.SEGMENTS)
        else:
            own_scale = self.settings.cleaning.own_scale
            dataset = Dataset.build(
                world.catalogue, self._store.event_table(), self.settings.signals, own_scale=own_scale
            )
            stated = habits.summary(dataset, self.settings, at)
        return habits.segments_as_json(stated, world.tastes, self.settings)

    def onboarding(
        self,
        user_id: str,
        k: int = 5,
        shown: Sequence[str] = (),
        constraints: Constraints | Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """What to ask somebody who is new, most telling first: ``titles`` and ``topics``, none that may not be shown.

        Answers are events: a like or dislike of the title or topic, ``already_seen``. What is shown and left alone
        counts as not known.

        Args:
            k: titles at most.
            shown: ids of titles and keys of topics that were shown before and not answered.
        """
        from ..onboarding import onboarding

        try:
            query = Query(user_id=user_id, k=k, constraints=constraints or Constraints(), explain=False)
        except ValidationError as error:
            raise InvalidInput(f"{in_one_line(error)}.") from error
        world, query = self._serving.world(), households.limited(self._store, query)
        live = self._live(query, world) or Live.nobody()
        return onboarding(world, live, query, shown, portraying.names_in(world))

    def state(self, user_id: str, text: str) -> dict[str, Any]:
        """Take a taste stated in a sentence, English or Chinese: "I like slow Japanese films and hate musicals".

        Returns:
            ``understood``: topics with strength, -1 … 1, which are recorded as likes and dislikes and count in the next
            answer, also where what is liked was hidden before; ``left_out``: parts that say something unknown here, or
            that may mean one thing or another; ``recorded``: how many events these came to.

        Raises:
            InvalidInput: there are no words.
        """
        from ...profiles.statements import understood
        from .. import stating

        if not text.strip():
            raise InvalidInput("A statement needs words, and there are none.")
        world = self._serving.world()
        found = understood(text, stating.terms_of(world))
        live = self._histories.get(user_id, world.catalogue)
        recorded = self.record(stating.events_of(user_id, found, live, self.event))
        told = stating.as_json(world, found, portraying.names_in(world))
        return {"user_id": user_id, **told, "recorded": recorded.accepted}

    def said(self, user_id: str) -> dict[str, Any]:
        """What a person says they like, dislike and look for: topics with strength, date and the events that say it."""
        live = self._histories.get(user_id, self._serving.world().catalogue)
        return said_topics(live.said, now().timestamp()).as_json()

    def history(
        self, user_id: str, limit: int = 50, kinds: Sequence[EventKind] | None = None
    ) -> list[tuple[Event, Item | None]]:
        """A person's newest events, of some kinds, with their items (None where the item is gone or there is none)."""
        found = self._store.events(user_id=user_id, kinds=kinds, newest_first=True, limit=limit)
        events = [event for _, event in found]
        items = self._store.find_items({e.item_id for e in events if e.item_id is not None})
        return [(event, items.get(event.item_id) if event.item_id else None) for event in events]

    def users(self, limit: int | None = None, after: str | None = None) -> list[str]:
        """Ids of people, those with most events first; all of them in order of id with ``after``."""
        if after is None and limit is not None:
            return [user_id for user_id, _ in self._store.busiest_users(limit)]
        return self._store.user_ids(limit=limit, after=after)

    def suspects(self, status: str | None = None, language: str = "en") -> list[Suspect]:
        """Profiles that look made to push an item, or like machines, surest first, with the reasons in words.

        Args:
            status: ``pending``, ``confirmed`` or ``cleared``; None: all.
        """
        from ..reviewing import suspects

        return [s for s in suspects(self._store, self.settings, language) if status in (None, s.status)]

    def decide(self, user_id: str, confirm: bool) -> Verdict:
        """Confirm a suspect, who then counts for nothing in training, or clear one, who counts in full; it wins over
        every figure. Raises NotFound for somebody of whom nothing is known."""
        from ..reviewing import decide

        return decide(self._store, user_id, confirm)

    def undecide(self, user_id: str) -> None:
        """Forget what was decided about a suspect. Raises NotFound where nothing was."""
        from ..reviewing import undecide

        undecide(self._store, user_id)

    # Households and groups

    def household(self, account: str) -> Household:
        """The members of an account; none for one that nobody knows."""
        return self._store.household(account)

    def household_of(self, user_id: str) -> Household:
        """The household that a person is a member of; without an account where they are of none."""
        return households.household_of(self._store, user_id)

    def put_member(self, account: str, name: str | None = None, user_id: str | None = None, **limit: Any) -> Member:
        """Add a member to an account, or change one: what is not stated stays as it is.

        Args:
            name: needed for a new one; no two members of an account have the same.
            user_id: of the profile; one that is there already brings its history. None: a new member with a new id.
            limit: ``max_maturity``: the highest minimum age of what may ever be shown to them, None for no limit.

        Raises:
            InvalidInput: the name is taken, or the id belongs to another account.
        """
        return households.put_member(self._store, account, name, user_id, limit)

    def remove_member(self, account: str, member: str) -> Member:
        """Take a member, by name or user id, out of an account; what is known of the person stays, their limit goes.

        Raises:
            NotFound: the account has no such member.
        """
        return households.remove_member(self._store, account, member)

    def choose_together(
        self, group: Sequence[str], item_id: str, kind: str = "play", event_id: str | None = None
    ) -> tuple[Recorded, Answer]:
        """Record that these people chose an item together: an event for each, with how well it suited them, so that
        the strategy ``fairness`` knows whose turn is next.

        Args:
            kind: ``play`` or ``complete``.
            event_id: the same id twice is one choice.

        Returns:
            What was recorded, and the item as the only pick of an answer.
        """
        query = households.limited(self._store, households.query_of(group))
        self._look_for(item_id)
        world = self._serving.world()
        answer, events = households.chosen(world, query, self._people(query, world), item_id, kind, event_id)
        return self.record(events), answer

    def export(self, user_id: str) -> Iterator[dict[str, Any]]:
        """Everything stored about a person, row by row, and what is believed about them."""
        yield from self._store.export_user(user_id)
        yield {"table": "taste", **self.profile(user_id).as_json()}
        yield {"table": "patterns", **self.patterns(user_id)}
        yield {"table": "said", **self.said(user_id)}
        yield {"table": "portrait", **self.portrait(user_id, written=False)}

    def erase(self, user_id: str) -> dict[str, Any]:
        """Delete everything stored about a person. Models keep no ids; the next training forgets the rest."""
        erased = self._store.erase_user(user_id)
        self._histories.forget(user_id)
        self._texts.forget(user_id)
        self._advising.forget(user_id)
        self._previews.forget(user_id)
        left = sum(1 for _ in self._store.events(user_id=user_id, limit=1))
        trained = self._registry.serving() is not None
        return {
            "user_id": user_id,
            "erased": erased,
            "left": left,
            "models": "trained models hold no ids, only sums over everybody; `segue train` forgets this person's part"
            if trained
            else "nothing has been trained",
        }

    def _portrait(self, user_id: str) -> portraying.Read:
        world = self._serving.world()
        live = self._histories.get(user_id, world.catalogue)
        return portraying.read(world, self._store, self.settings, user_id, live)

    def _devices(self, user_id: str) -> list[str]:
        """The device of each event of a person that names one and still speaks."""
        silenced = self._histories.get(user_id, self._serving.world().catalogue).silenced
        contexts = (event.context for seq, event in self._store.events(user_id=user_id) if seq not in silenced)
        return [context.device for context in contexts if context is not None and context.device]
