"""Desk: where one turn of one person's conversation is worked on; what tools and whoever answers have at hand."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from ..answers import Answer, Pick, Reason
from ..arrays import Mask
from ..edits import Edit
from ..errors import NeedsGrant, NeverGranted, ToolError
from ..events import Event, EventKind
from ..grants import Grant
from ..items import Item
from ..pipeline.stages import World
from ..playlists import Length, Playlist
from ..queries import Constraints, Query
from ..settings import Settings
from .dialogue import MOST_LISTS, MOST_TURNS, Dialogue, Listed, Shown, Told, Utterance, bounded
from .handles import Handles
from .understanding.trees import together


class Explained(Protocol):
    """What became of an item in a request, and why."""

    def as_json(self) -> dict[str, Any]:
        """The stable shape."""
        ...


class Recorded(Protocol):
    """What became of events."""

    @property
    def rejected(self) -> tuple[tuple[str, str], ...]:
        """(id, why) of those that were not kept."""
        ...


class Core(Protocol):
    """What a conversation needs of the engine; `segue.Engine` is one. The methods mean what they mean there."""

    workspace: Path
    settings: Settings

    def world(self) -> World:
        """Catalogue, models and vectors as they serve now."""
        ...

    def ask(self, query: Query) -> Answer:
        """Answer any query; age limits hold."""
        ...

    def recommend(
        self,
        user_id: str | None = None,
        k: int = 10,
        recipe: str = "home",
        constraints: Constraints | Mapping[str, Any] | None = None,
        *,
        language: str = "en",
        words: str | None = None,
        moods: Sequence[str] = (),
    ) -> Answer:
        """What a person should see next."""
        ...

    def search(
        self,
        words: str,
        k: int = 10,
        user_id: str | None = None,
        constraints: Constraints | Mapping[str, Any] | None = None,
        language: str = "en",
        personal: bool = False,
        filters: bool = True,
        rewrite: bool = True,
    ) -> Answer:
        """Items that the words mean."""
        ...

    def explain(self, user_id: str, item_id: str, language: str = "en") -> Explained:
        """Why this item is, or is not, recommended."""
        ...

    def portrait(self, user_id: str, language: str = "en", written: bool = True) -> dict[str, Any]:
        """What is believed about a person."""
        ...

    def edit_profile(self, user_id: str, edits: Iterable[Edit | Mapping[str, Any]]) -> dict[str, Any]:
        """Change lines of the portrait."""
        ...

    def state(self, user_id: str, text: str) -> dict[str, Any]:
        """Take a taste stated in a sentence."""
        ...

    def event(self, user_id: str, item_id: str | None, kind: EventKind | str, **fields: Any) -> Event:
        """An event that happened just now."""
        ...

    def record(self, events: Iterable[Event]) -> Recorded:
        """Keep events."""
        ...

    def item(self, item_id: str) -> Item:
        """One item. Raises NotFound."""
        ...

    def find_items(self, item_ids: Iterable[str]) -> dict[str, Item]:
        """Those of the items that there are."""
        ...

    def showable(self, user_id: str | None, item_ids: Iterable[str]) -> dict[str, Item]:
        """Those of the items that may be shown to a person now."""
        ...

    def make_playlist(
        self,
        user_id: str | None,
        sentence: str,
        *,
        title: str | None = None,
        language: str = "en",
        length: Length | Mapping[str, Any] | None = None,
        constraints: Constraints | Mapping[str, Any] | None = None,
        pinned: Sequence[str] = (),
        shown: Mapping[str, Reason] | None = None,
    ) -> Playlist:
        """Make a list that is kept, from a sentence or of items."""
        ...

    def admitted(self, query: Query, world: World) -> Mask:
        """(n items of the world,) what an answer to the query may be chosen from."""
        ...

    def query_of_playlist(self, of: Playlist) -> Query | None:
        """What a list asks for; None: it was put together by hand."""
        ...


class Stopped(Exception):
    """Nobody listens any more."""


@dataclass
class Desk:
    """For one person and one conversation. Tools are told here whom they work for: none takes a user id."""

    engine: Core
    dialogue: Dialogue
    handles: Handles
    language: str = "en"
    """Of reasons and of code-made words: ``en`` or ``zh``."""
    grants: frozenset[Grant] = frozenset()
    """What may be written without asking again."""
    k: int = 10
    """How many items a list has where nothing else is asked for."""
    asked_language: bool = False
    """Whether the language was asked for; else it is that of the message."""
    listed: list[Listed] = field(default_factory=list)
    """Lists that were made at this desk, the newest last."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Set by another thread where nobody listens any more."""

    @property
    def user_id(self) -> str | None:
        """Whom it works for; None: for nobody, and nothing of anybody is read or written."""
        return self.dialogue.user_id

    @property
    def chinese(self) -> bool:
        """Whether code-made words are Chinese."""
        return self.language.startswith("zh")

    def go_on(self) -> None:
        """Raises `Stopped` where nobody listens any more."""
        if self.stop.is_set():
            raise Stopped

    def allow(self, writing: Grant) -> None:
        """Go on where this may be written.

        Raises:
            NeedsGrant: it was not granted.
            NeverGranted: nor can it be: ``[chat] grants`` leaves it out.
        """
        if writing in self.grants:
            return
        if writing not in self.engine.settings.chat.grants:
            raise NeverGranted(
                f"Nothing of the kind {writing!r} is written from conversations and tools here: [chat] grants leaves "
                "it out. The person can do it on their own page."
            )
        raise NeedsGrant(
            f"This writes and needs the grant {writing!r}, which was not given. Ask the person, or give it."
        )

    def person(self) -> str:
        """The id of the person. Raises ToolError where there is none."""
        if self.user_id is None:
            raise ToolError("This needs a person, and the conversation is nobody's. Begin one with a user id.")
        return self.user_id

    def held(self) -> Constraints:
        """What every answer in this conversation must satisfy: the constraints of the wishes that hold."""
        return together(wish.constraints for wish in self.dialogue.wishes)

    def admitted(self, world: World, constraints: Constraints, words: bool = False) -> Mask:
        """(n items of the world,) what may be shown to the person and meets the constraints.

        Args:
            words: something is looked for, so that what was met before is found too.
        """
        query = Query(user_id=self.user_id, recipe="mix" if words else "home", constraints=constraints, explain=False)
        return self.engine.admitted(query, world)

    def show(self, answer: Answer, picks: Sequence[Pick] | None = None) -> Listed:
        """Number the picks of an answer, from 1, and make them the list that numbers refer to.

        Args:
            picks: those to show; None: all.
        """
        chosen = tuple(answer.picks if picks is None else picks)
        name = f"l{uuid.uuid4().hex[:8]}"
        made = Listed(name, chosen, answer.request_id, answer.recipe, answer.degraded, answer.query)
        shown = _shown(made)
        lists = bounded((*self.dialogue.lists, shown))
        self.dialogue = self.dialogue.model_copy(update={"lists": lists})
        self.listed.append(made)
        del self.listed[:-MOST_LISTS]  # a desk of tools may stand as long as its process
        return made

    def retell(self, listed: Listed) -> None:
        """Keep a list as it is told: with other reasons, or without the query, than it was found with."""
        kept = tuple(_shown(listed) if one.id == listed.id else one for one in self.dialogue.lists)
        self.dialogue = self.dialogue.model_copy(update={"lists": bounded(kept)})

    def told(
        self,
        message: str,
        answer: str,
        by: Literal["code", "language_model"],
        shown: str | None = None,
        degraded: tuple[str, ...] = (),
    ) -> Dialogue:
        """The dialogue with this turn in it: what the person said, and the answer.

        Args:
            shown: id of the list that was shown with it.
        """
        at = time.time()
        more = (
            Utterance(role="person", text=message, at=at),
            Utterance(role="segue", text=answer, at=at, shown=shown, degraded=degraded, by=by),
        )
        turns = (*self.dialogue.turns, *more)[-MOST_TURNS:]
        self.dialogue = self.dialogue.model_copy(update={"turns": turns, "changed_at": at})
        return self.dialogue

    def showable(self, item_ids: Iterable[str]) -> dict[str, Item]:
        """Those of the items that may be shown to the person now: age limits change, items leave, people hide them."""
        return self.engine.showable(self.user_id, item_ids)

    def shut(self, item_ids: Sequence[str]) -> list[str]:
        """Those of the items that may not be shown, nor be spoken of."""
        shown = self.showable(item_ids)
        return [item_id for item_id in item_ids if item_id not in shown]

    def hidden_by_themselves(self, item_ids: Sequence[str]) -> bool:
        """Whether nothing but what the person has asked for keeps the items from being shown: they may be told that."""
        if self.user_id is None or len(self.engine.find_items(item_ids)) < len(item_ids):
            return False
        told = [self.engine.explain(self.user_id, one, self.language).as_json() for one in item_ids]
        return all(set(one["removed_by"]) <= {"hidden", "seen"} for one in told)

    def handle(self, item_id: str) -> str:
        """What a tool hands out instead of an id."""
        return self.handles.give(item_id, self.user_id, self.dialogue.id)

    def item_of(self, n: int | None, handle: str | None) -> Item:
        """The item that is meant by its number in the newest list, or by its handle.

        Raises:
            ToolError: both or neither are given; there is no such number; the handle is forged, another's, or old; the
                item may not be shown to the person any more.
        """
        item_id = self._meant(n, handle)
        found = self.showable([item_id]).get(item_id)
        if found is None:
            raise ToolError(
                "That item cannot be shown to this person now: it has left, is not available, is not for their age, or "
                "they have hidden it. Search or recommend again."
            )
        return found

    def _meant(self, n: int | None, handle: str | None) -> str:
        if (n is None) == (handle is None):
            raise ToolError("State which item is meant: either n, its number in the newest list, or its handle.")
        if handle is not None:
            return self.handles.item(handle, self.user_id, self.dialogue.id)
        shown = self.dialogue.shown
        if shown is None:
            raise ToolError(f"There is no list yet, so number {n} means nothing. Search or recommend first.")
        assert n is not None
        if not 1 <= n <= len(shown.items):
            raise ToolError(f"The newest list has the numbers 1 to {len(shown.items)}; {n} is not among them.")
        return shown.items[n - 1]


def _shown(listed: Listed) -> Shown:
    return Shown(
        id=listed.id,
        items=tuple(pick.item.id for pick in listed.picks),
        request_id=listed.request_id,
        recipe=listed.recipe,
        reasons=tuple(
            pick.reason and Told(text=pick.reason.text, evidence=pick.reason.kept, query=pick.query)
            for pick in listed.picks
        ),
        query=listed.query,
    )
