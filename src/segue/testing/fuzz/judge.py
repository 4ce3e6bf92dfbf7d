"""Looks at every piece of an answer: nothing in it may be made up, another's, or against what holds."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ... import Engine
from ...answers import Reason
from ...conversation.dialogue import (
    Asked,
    Dialogue,
    Done,
    Listed,
    Piece,
    Played,
    Proposed,
    Understood,
    Wish,
    Words,
    Wrote,
)
from ...items import Item
from ...pipeline.asking.lexicon import LANGUAGES
from .constraints import unmet
from .turns import INVENTED, MADE_UP
from .typed import VERY_ALIKE, Typed, plain, resembles, words_of
from .world import OTHER, SECRET

Render = Callable[[Piece], Any]
"""A piece as it is sent: JSON."""
_QUOTED = re.compile(r"《([^《》]+)》|「([^「」]+)」|“([^“”]+)”|\"([^\"\n]+)\"|『([^『』]+)』")
LONGEST_KEPT = 2_000_000
"""Characters of a conversation as it is kept."""
OWN = frozenset(["acomedyunder100minutes", "一百分钟以内的喜剧", "forme", "为我推荐"])
"""What code quotes of its own: examples of what one might say, and what a list of no particular wish is called."""
PART = 0.5
"""Share of the letters of a word of a title, for it to have been taken for what was typed."""
_LEAST = 3
"""Letters of a word that can be taken so."""


def _shape(title: str) -> re.Pattern[str]:
    """The title in a text, whatever stands between its words, or between its characters where words have no spaces."""
    parts = re.findall(r"[a-z0-9]+|[^\W_]", unicodedata.normalize("NFKC", title).casefold())
    return re.compile(r"[\W_]*".join(map(re.escape, parts)), re.IGNORECASE)


def _stated(item: Item) -> Item:
    """What an item states; labels that machines have put on it lie in ``extra``, and only of the served catalogue."""
    return item.model_copy(update={"extra": {}})


def _texts(sent: Any) -> Iterator[str]:
    """The texts in JSON, one by one: what stands in two of them is no one name."""
    if isinstance(sent, str):
        yield sent
    elif isinstance(sent, Mapping | list):
        for part in sent.values() if isinstance(sent, Mapping) else sent:
            yield from _texts(part)


@dataclass
class Judge:
    """Judges the answers of one engine.

    Args:
        engine: whose catalogue and stored conversations count.
        render: makes of a piece what is sent.
        tellable: titles of the catalogue that are no common words: where one stands in a text, it has been named.
        secret_conversation: id of somebody else's.
    """

    engine: Engine
    render: Render
    tellable: Sequence[str] = ()
    secret_conversation: str = ""

    def __post_init__(self) -> None:
        catalogue = self.engine.world().catalogue
        self.items: dict[str, Item] = {item.id: item for item in catalogue.items if item is not None}
        self.tellable_shapes = {
            title: re.compile(rf"(?<!\w){re.escape(title)}(?!\w)", re.IGNORECASE) for title in self.tellable
        }
        self.invented = {title: _shape(title) for title in (*INVENTED, *MADE_UP)}
        self.titles = {plain(item.name): item for item in self.items.values()}
        every = self.items.values()
        self.facts = {plain(n) for i in every for n in (*i.genres, *i.tags, *(c.name for c in i.creators))}
        self.facts |= {plain(n) for english, also, own in LANGUAGES.values() for n in (english, *also, *own)}
        labels = (label for labels in self.engine.vocabularies().values() for label in labels)
        self.facts |= {plain(str(part)) for label in labels for part in label.values()}

        self._said: dict[str, Typed] = {}

    def heard(self, user_id: str | None, message: str) -> None:
        """Somebody has typed this; it may come back to them in another conversation."""
        if user_id is not None:
            self._said.setdefault(user_id, Typed()).add(message)

    def is_remembered(self, user_id: str | None, quoted: str) -> bool:
        """Whether it is a line of what is believed about this person, and they have typed it in some conversation."""
        if user_id is None or user_id not in self._said or not self._said[user_id].echoes(quoted):
            return False
        lines = self.engine.portrait(user_id, written=False)["lines"]
        return any(quoted == plain(name) for line in lines for name in line["name"].values())


@dataclass
class Listening:
    """Judges one conversation, turn by turn."""

    judge: Judge
    user_id: str | None
    typed: Typed = field(default_factory=Typed)
    """What the person has typed so far in this conversation."""
    shown: set[str] = field(default_factory=set)
    """Ids of what was in a list so far."""
    lists: set[tuple[str, ...]] = field(default_factory=set)
    """Ids of each list so far, in its order."""
    dialogue: Dialogue | None = None
    wishes: tuple[Wish, ...] = ()
    told: list[Wish] = field(default_factory=list)
    """Every wish that held at some time."""
    _met: set[str] = field(default_factory=set)
    """Ids of what the person has to do with by their own events."""

    def turn(self, message: str, pieces: Iterable[Piece]) -> list[str]:
        """What is wrong with an answer."""
        self.typed.add(message)
        self.judge.heard(self.user_id, message)
        every = list(pieces)
        wrong = [*self._form(every)]
        lists = [piece for piece in every if isinstance(piece, Listed)]
        self._met = {item.id for _, item in self._history() if item is not None}
        self.shown |= {pick.item.id for piece in lists for pick in piece.picks}
        words = "".join(piece.text for piece in every if isinstance(piece, Words))
        for piece in every:
            if isinstance(piece, Understood):
                self.wishes = piece.wishes
                self.told += [wish for wish in piece.wishes if wish not in self.told]
                wrong += self._chips(piece)
            elif isinstance(piece, Listed):
                wrong += self._list(piece, any(isinstance(one, Wrote) and one.writing == "playlist" for one in every))
            elif isinstance(piece, Played):
                wrong += self._played(piece)
            elif isinstance(piece, Wrote):
                wrong += self._names(piece.what, "what is written")
                wrong += self._data(piece.data)
            elif isinstance(piece, Proposed):
                for text in (piece.what, piece.say):
                    wrong += self._names(text, "an offer")
            elif isinstance(piece, Asked):
                for text in (piece.text, *(part for option in piece.options for part in option)):
                    wrong += self._names(text, "a question")
            elif isinstance(piece, Done):
                wrong += self._end(piece, lists)
            wrong += self._sent(piece)
        return [*wrong, *self._names(words, "the words", self._met)]

    # What every answer is like

    def _form(self, every: Sequence[Piece]) -> Iterator[str]:
        if not every or not isinstance(every[0], Understood):
            yield "the first piece is not what was understood"
        if not every or not isinstance(every[-1], Done) or sum(isinstance(piece, Done) for piece in every) != 1:
            yield "the last piece is not the end, or there are two"

    def _sent(self, piece: Piece) -> Iterator[str]:
        try:
            text = json.dumps(self.judge.render(piece), ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError) as error:
            yield f"{type(piece).__name__} cannot be sent: {error}"
            return
        said = plain(text)
        for secret in (SECRET, OTHER, self.judge.secret_conversation):
            if secret and self.user_id != OTHER and plain(secret) in said and not self.typed.has(plain(secret)):
                yield f"{type(piece).__name__} tells of somebody else: {secret}"
        texts = [unicodedata.normalize("NFKC", one) for one in _texts(json.loads(text))]
        for title, shape in self.judge.invented.items():
            if any(shape.search(one) for one in texts) and not self._has_typed(title):
                yield f"{type(piece).__name__} names {title}, which there is not"

    def _has_typed(self, name: str) -> bool:
        """Whether the person was the first to tell of something that there is not, by its whole name, slips allowed."""
        return self.typed.has(plain(name)) or any(
            plain(name) in plain(title) and self.typed.nearly_has(title, VERY_ALIKE) for title in INVENTED
        )

    def _end(self, piece: Done, lists: Sequence[Listed]) -> Iterator[str]:
        dialogue = piece.dialogue
        body = dialogue.model_dump_json()
        if len(body) > LONGEST_KEPT:
            yield f"the conversation takes {len(body)} characters"
        try:
            if Dialogue.model_validate_json(body) != dialogue:
                yield "the conversation is not read as it was kept"
        except ValueError as error:
            yield f"the conversation cannot be read again: {str(error)[:200]}"
        if dialogue.user_id != self.user_id or (self.dialogue is not None and dialogue.id != self.dialogue.id):
            yield "the conversation is another one"
        kept = {one.id: one.items for one in dialogue.lists}
        for one in lists:
            if kept.get(one.id) != tuple(pick.item.id for pick in one.picks):
                yield f"list {one.id} is not kept as it was shown"
        if {w.id for w in dialogue.wishes} != {w.id for w in self.wishes}:
            yield "the wishes that are kept are not those that were shown"
        if len({w.id for w in dialogue.wishes}) != len(dialogue.wishes):
            yield "two wishes have one id"
        self.dialogue = dialogue

    # Items

    def _list(self, piece: Listed, kept: bool) -> Iterator[str]:
        """A list. Args: kept: a playlist was made; one of "these" is what was shown, whatever has been wished since."""
        seen: set[str] = set()
        own = tuple(pick.item.id for pick in piece.picks)
        again = kept and own in self.lists
        self.lists.add(own)
        for n, pick in enumerate(piece.picks, 1):
            item = self.judge.items.get(pick.item.id)
            if item is None or _stated(item) != _stated(pick.item):
                yield f"item {n}, {pick.item.id!r}, is not in the catalogue as it is told"
                continue
            if item.id in seen:
                yield f"item {n}, {item.id!r}, stands twice in the list"
            seen.add(item.id)
            for wish in () if again else self.wishes:
                for name in unmet(item, wish.constraints):
                    yield f"item {n}, {item.id!r}, does not meet {name} of “{wish.english}” ({wish.constraints!r})"
            if pick.reason is not None:
                yield from self._reason(item, pick.reason)

    def _reason(self, item: Item, reason: Reason) -> Iterator[str]:
        known = self._met | {seed for wish in self.wishes for seed in wish.seeds}
        # It may quote what the item says of itself.
        stated = (item.name, item.description, item.series, item.album, *item.tags, *item.genres)
        own = plain(" ".join(part for part in stated if part))
        for one in reason.evidence:
            if one.kind == "seed" and one.ref not in known | self.shown:
                yield f"a reason rests on {one.ref!r}, which this person never met"
            if one.kind == "seed" and one.ref in self.judge.items and one.name != self.judge.items[one.ref].name:
                yield f"a reason calls {one.ref!r} {one.name!r}"
            if one.kind in ("words", "meaning") and one.ref != one.kind:
                yield from self._quoted(one.ref, "evidence", known, own)
        yield from self._names(reason.text, "a reason", known, own)

    def _history(self) -> list[Any]:
        return [] if self.user_id is None else self.judge.engine.history(self.user_id, limit=1000)

    def _played(self, piece: Played) -> Iterator[str]:
        item = self.judge.items.get(piece.pick.item.id)
        if item is None or _stated(item) != _stated(piece.pick.item):
            yield f"{piece.pick.item.id!r} is played, and is not in the catalogue as it is told"
        # Whoever names a title may hear it at once; else it must be something that was shown.
        elif item.id not in self.shown and not self._meant(item.name):
            yield f"{piece.pick.item.id!r} is played, and was neither shown nor named"

    def _chips(self, piece: Understood) -> Iterator[str]:
        ids = {wish.id for wish in piece.wishes}
        if not set(piece.new) <= ids:
            yield "a new wish is not among the wishes"
        for wish in piece.wishes:
            if {seed for seed in wish.seeds if seed in self.judge.items} != set(wish.seeds):
                yield f"the wish “{wish.english}” starts from something that there is not"
            for seed in set(wish.seeds) & set(self.judge.items) - self.shown:
                if not self._starts_from(self.judge.items[seed].name):
                    yield f"the wish “{wish.english}” starts from {seed!r}, which was neither shown nor named"
            for text in (wish.english, wish.chinese):
                yield from self._names(text, "a chip", wish.seeds)

    def _starts_from(self, title: str) -> bool:
        """Whether a word of the title was typed, well or badly: a chip says what was taken for it."""
        return any(
            self.typed.has(word)
            or (len(word) >= _LEAST and any(resembles(word, letters, PART) for letters in self.typed.letters))
            for word in words_of(title)
        )

    # Names

    def _data(self, data: Mapping[str, Any]) -> Iterator[str]:
        """What was written, as data: titles are of the catalogue, names are the person's words or known."""
        for one in (data, *data.get("items", ())):
            if (title := one.get("title")) is not None and plain(title) not in self.judge.titles:
                yield f"what is written has the title {title!r}, which there is not"
        for one in (data, *data.get("understood", ())):
            if isinstance(one, Mapping) and (name := one.get("name")) is not None:
                yield from self._quoted(name, "what is written")

    def _meant(self, title: str) -> bool:
        """Whether the person has typed this title, with slips, or its first words. What is told is the title as it is,
        so that whoever meant another one sees it."""
        return self.typed.echoes(title) or self.typed.opens(title)

    def _may_name(self, also: Iterable[str]) -> list[str]:
        """Titles of what was shown, of the seeds of all wishes so far, and of further ids."""
        seeds = {seed for wish in self.told for seed in wish.seeds}
        items = self.judge.items
        return [items[one].name for one in {*self.shown, *also, *seeds} if one in items]

    def _names(self, text: str, where: str, also: Iterable[str] = (), own: str = "") -> Iterator[str]:
        """Titles in a text: each must be of something shown, or be what the person has typed.

        Args:
            also: ids of other items that may be named.
            own: letters among which a quotation may stand.
        """
        named = self._may_name(also)
        for match in _QUOTED.finditer(text):
            whole = next(group for group in match.groups() if group)
            if "{" in whole and self.typed.brace:
                continue  # what was typed has quotation marks of its own, and they are no pair
            # Titles may have quotation marks of their own.
            if any(plain(whole) in plain(title) for title in named if _QUOTED.search(title)):
                continue
            yield from (f"{wrong}: {text[:200]!r}" for wrong in self._quoted(whole, where, also, own))
        known = {plain(title) for title in named}
        for title, shape in self.judge.tellable_shapes.items():
            if shape.search(text) and not any(plain(title) in one for one in known) and not self._meant(title):
                yield f"{where}: names “{title}”, which was not shown: {text[:200]!r}"

    def _quoted(self, whole: str, where: str, also: Iterable[str] = (), own: str = "") -> Iterator[str]:
        """What stands in quotation marks, or is a name as a whole; see `_names`. Chinese quotes a list as one."""
        if not self._may_say(whole, also, own):
            for part in whole.split("、"):
                if not self._may_say(part, also, own):
                    yield f"{where}: “{part}” was neither shown nor typed"

    def _may_say(self, whole: str, also: Iterable[str], own: str) -> bool:
        quoted = plain(whole)
        chips = {plain(said) for wish in self.told for said in (wish.english, wish.chinese)}
        return (
            not quoted
            or quoted in OWN
            or quoted in own
            or quoted in self.judge.facts
            or quoted in {plain(title) for title in self._may_name(also)}
            or quoted in chips
            or self.typed.echoes(whole)
            or (quoted in self.judge.titles and self.typed.opens(whole))
            or self.judge.is_remembered(self.user_id, quoted)
        )
