"""Portraits of people, put together for `Engine`: read, written in words, edited and begun afresh."""

from __future__ import annotations

import hashlib
import json
import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import ValidationError

from ..edits import Edit
from ..errors import InvalidInput, in_one_line
from ..events import Event, EventKind, now
from ..llm.budget import Budget
from ..llm.client import LanguageModel
from ..phrases import is_chinese
from ..pipeline.asking.lexicon import LANGUAGES
from ..pipeline.stages import World
from ..profiles.editing import after, events_of
from ..profiles.history import Live
from ..profiles.patterns import patterns
from ..profiles.portrait import Chosen, Portrait, Proof, portrait
from ..profiles.portrait_words import Names
from ..profiles.portrait_writer import written
from ..settings import Settings
from ..storage.rows import Store
from ..topics import topic_key
from ..understanding.annotators.effective import TOPIC_SORT
from ..understanding.annotators.vocabularies import vocabularies

SORTS = {"genres": "genre", "tags": "tag", **TOPIC_SORT}
"""Vocabulary → sort of topic, where the names differ."""
NAMED = ("genre", "mood", "theme", "creator", "series", "language")
"""Sorts of topics whose names a language model may not use without a line; tags are often words of every day."""
TEXTS_KEPT = 200
"""Portraits whose text a language model has written and that stay in memory."""


@dataclass(frozen=True)
class Read:
    """A portrait, and what it was read from."""

    found: Portrait
    live: Live
    chosen: dict[str, Chosen]


def read(world: World, store: Store, settings: Settings, user_id: str, live: Live) -> Read:
    """The portrait of a person as code makes it."""
    user = store.user(user_id)
    habits = patterns(
        live.history,
        world.catalogue,
        world.vectors.get("mixed"),
        settings.session,
        user.attributes if user else {},
    )
    event = partial(_event, store, user_id)
    chosen = {
        topic: Chosen.of(found, live.stated[topic]) for topic, seq in live.stated_by.items() if (found := event(seq))
    }
    hidden = {topic: _proof(found) for topic, seq in live.hidden_by.items() if (found := event(seq))}
    names = names_in(world)
    at = now().timestamp()
    return Read(portrait(live, world.catalogue, habits, names, at, chosen, hidden), live, chosen)


def names_in(world: World) -> Names:
    """What the topics of a world are called, read once."""
    return world.derived("topic names", lambda: _names(world.settings))


def _names(settings: Settings) -> Names:
    languages = {code: (english, chinese[0]) for code, (english, _, chinese) in LANGUAGES.items()}
    chinese = {
        topic_key(SORTS.get(vocabulary, vocabulary), name): label.zh
        for vocabulary, labels in vocabularies(settings).items()
        for name, label in labels.items()
        if label.zh
    }
    return Names(chinese, languages)


def _known(world: World, language: str) -> frozenset[str]:
    """Names of the catalogue's topics of which nothing may be said without a line."""

    def named() -> frozenset[str]:
        names = names_in(world)
        keys = [key for key in world.catalogue.topics.keys if key.partition(":")[0] in NAMED]
        return frozenset(names.of(key, world.catalogue)["zh" if is_chinese(language) else "en"] for key in keys)

    return world.derived(("named topics", language), named)


def _event(store: Store, user_id: str, seq: int) -> Event | None:
    for number, event in store.events(user_id=user_id, after_seq=seq - 1, limit=1):
        return event if number == seq else None
    return None


def _proof(event: Event) -> Proof:
    return Proof(event.kind.value, event.item_id, event.id, event.at.timestamp() if event.at else None)


def edited(user_id: str, edits: Iterable[Edit | Mapping[str, Any]], before: Read, world: World) -> list[Event]:
    """The events that a person's edits come to.

    Raises:
        InvalidInput: one of them is no edit, or does not fit its line.
        NotFound: there is no such line.
    """
    try:
        wanted = [edit if isinstance(edit, Edit) else Edit(**edit) for edit in edits]
    except ValidationError as error:
        raise InvalidInput(f"{in_one_line(error)}.") from error
    return events_of(
        user_id, wanted, before.found, before.live, before.chosen, world.catalogue, now(), lambda: uuid.uuid4().hex
    )


def reset(user_id: str, live: Live) -> list[Event]:
    """The event by which a person begins afresh; none for somebody of whom nothing is known."""
    if not live.last_seq:
        return []
    return [Event(id=uuid.uuid4().hex, user_id=user_id, kind=EventKind.RESET, at=after(live, now()), source="portrait")]


class Texts:
    """Portraits with a text by the language model, kept in this process alone, and only as long as nothing changes."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._kept: OrderedDict[tuple[str, str], tuple[str, Portrait]] = OrderedDict()
        self._lock = threading.Lock()
        self._model: LanguageModel | None = None

    def of(self, user_id: str, found: Portrait, language: str, world: World) -> Portrait:
        """The portrait with a text by the model, where one is set."""
        if not self._settings.llm.url:
            return found
        content = json.dumps(found.as_json(), sort_keys=True, ensure_ascii=False, default=str)
        digest, key = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest(), (user_id, language)
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and kept[0] == digest:
            return kept[1]
        told = written(found, language, self.asked, user_id, _known(world, language))
        if not told.degraded:
            with self._lock:
                self._kept[key] = (digest, told)
                self._kept.move_to_end(key)
                while len(self._kept) > TEXTS_KEPT:
                    self._kept.popitem(last=False)
        return told

    def asked(self) -> LanguageModel:
        """One for all texts of this process, so that it is not asked too often at once, nor while it is down."""
        with self._lock:
            if self._model is None:
                self._model = LanguageModel(self._settings.llm, self._store, Budget())
            return self._model

    def close(self) -> None:
        """Let go of the language model."""
        with self._lock:
            model, self._model = self._model, None
        if model is not None:
            model.close()

    def forget(self, user_id: str) -> None:
        """Drop what is kept of a person."""
        with self._lock:
            for key in [key for key in self._kept if key[0] == user_id]:
                del self._kept[key]
