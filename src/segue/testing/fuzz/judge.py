"""Looks at every piece of an answer: nothing in it may be made up, another's, or against what holds."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
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
from .constraints import unmet
from .turns import INVENTED
from .world import OTHER, SECRET

Render = Callable[[Piece], Any]
"""A piece as it is sent: JSON."""
_QUOTED = re.compile(r"《([^《》]+)》|「([^「」]+)」|“([^“”]+)”|\"([^\"\n]+)\"|『([^『』]+)』")
LONGEST_KEPT = 2_000_000
"""Characters of a conversation as it is kept."""
EXAMPLES = frozenset(["acomedyunder100minutes", "一百分钟以内的喜剧"])
"""What people are told that they might say; it names nothing."""
ECHO = 0.7
"""Share of the letters of a quoted word that the person must have typed in that order, slips allowed."""
ALIKE = 0.78
"""The same of a whole quotation, as `difflib` measures it."""
PART = 0.5
"""The same, of a word of a title that was taken for what they typed."""


def plain(text: str) -> str:
    """Letters and digits alone, in compatibility form."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


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
        self._tellable = {
            title: re.compile(rf"(?<!\w){re.escape(title)}(?!\w)", re.IGNORECASE) for title in self.tellable
        }
        self._invented = {plain(title): title for title in INVENTED}
        every = self.items.values()
        self._facts = {plain(n) for i in every for n in (*i.genres, *i.tags, *(c.name for c in i.creators))}
        labels = (label for labels in self.engine.vocabularies().values() for label in labels)
        self._facts |= {plain(str(part)) for label in labels for part in label.values()}

    def is_fact(self, quoted: str) -> bool:
        """Whether it is a name of a genre, a tag, a mood or a person, and so of no item."""
        return quoted in self._facts


@dataclass
class Listening:
    """Judges one conversation, turn by turn."""

    judge: Judge
    user_id: str | None
    typed: list[str] = field(default_factory=list)
    """What the person has typed so far."""
    shown: set[str] = field(default_factory=set)
    """Ids of what was in a list so far."""
    dialogue: Dialogue | None = None
    wishes: tuple[Wish, ...] = ()
    told: list[Wish] = field(default_factory=list)
    """Every wish that held at some time."""
    _met: set[str] = field(default_factory=set)
    """Ids of what the person has to do with by their own events."""

    def turn(self, message: str, pieces: Iterable[Piece]) -> list[str]:
        """What is wrong with an answer."""
        self.typed.append(message)
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
                wrong += self._list(piece)
            elif isinstance(piece, Played):
                wrong += self._played(piece)
            elif isinstance(piece, Wrote | Proposed):
                wrong += self._names(piece.what, "what is written")
            elif isinstance(piece, Asked):
                for text in (piece.text, *(label for label, _ in piece.options)):
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
        typed = plain(" ".join(self.typed))
        said = plain(text)
        for secret in (SECRET, OTHER, self.judge.secret_conversation):
            if secret and self.user_id != OTHER and plain(secret) in said and plain(secret) not in typed:
                yield f"{type(piece).__name__} tells of somebody else: {secret}"
        for title, name in self.judge._invented.items():
            if title in said and title not in typed:
                yield f"{type(piece).__name__} names {name}, which there is not"

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

    def _list(self, piece: Listed) -> Iterator[str]:
        seen: set[str] = set()
        for n, pick in enumerate(piece.picks, 1):
            item = self.judge.items.get(pick.item.id)
            if item is None or item.title != pick.item.title:
                yield f"item {n}, {pick.item.id!r}, is not in the catalogue"
                continue
            if item.id in seen:
                yield f"item {n}, {item.id!r}, stands twice in the list"
            seen.add(item.id)
            for wish in self.wishes:
                for name in unmet(item, wish.constraints):
                    yield f"item {n}, {item.id!r}, does not meet {name} of “{wish.english}” ({wish.constraints!r})"
            if pick.reason is not None:
                yield from self._reason(item, pick.reason)

    def _reason(self, item: Item, reason: Reason) -> Iterator[str]:
        known = self._met | {seed for wish in self.wishes for seed in wish.seeds}
        for one in reason.evidence:
            if one.kind == "seed" and one.ref not in known | self.shown:
                yield f"a reason rests on {one.ref!r}, which this person never met"
        # It may quote what the item says of itself.
        stated = (item.name, item.description, item.series, item.album, *item.tags, *item.genres)
        own = plain(" ".join(part for part in stated if part))
        yield from self._names(reason.text, "a reason", known, own)

    def _history(self) -> list[Any]:
        return [] if self.user_id is None else self.judge.engine.history(self.user_id, limit=1000)

    def _played(self, piece: Played) -> Iterator[str]:
        item = self.judge.items.get(piece.pick.item.id)
        # Whoever names a title may hear it at once; else it must be something that was shown.
        if item is None or (item.id not in self.shown and not _echo(item.name, " ".join(self.typed))):
            yield f"{piece.pick.item.id!r} is played, and was neither shown nor named"

    def _chips(self, piece: Understood) -> Iterator[str]:
        ids = {wish.id for wish in piece.wishes}
        if not set(piece.new) <= ids:
            yield "a new wish is not among the wishes"
        for wish in piece.wishes:
            if {seed for seed in wish.seeds if seed in self.judge.items} != set(wish.seeds):
                yield f"the wish “{wish.english}” starts from something that there is not"
            for seed in set(wish.seeds) & set(self.judge.items) - self.shown:
                words = re.findall(r"[^\W_]+", self.judge.items[seed].name)
                if not any(_near(plain(word), plain(" ".join(self.typed)), PART) for word in words):
                    yield f"the wish “{wish.english}” starts from {seed!r}, which was neither shown nor named"
            for text in (wish.english, wish.chinese):
                yield from self._names(text, "a chip", wish.seeds)

    # Names

    def _names(self, text: str, where: str, also: Iterable[str] = (), own: str = "") -> Iterator[str]:
        """Titles in a text: each must be of something shown, or be what the person has typed.

        Args:
            also: ids of other items that may be named.
            own: letters among which a quotation may stand.
        """
        items = self.judge.items
        seeds = {seed for wish in self.told for seed in wish.seeds}
        named = {plain(items[one].name) for one in {*self.shown, *also, *seeds} if one in items}
        marked = {
            plain(items[one].name)
            for one in {*self.shown, *also, *seeds}
            if one in items and _QUOTED.search(items[one].name)
        }
        typed = " ".join(self.typed)
        chips = {plain(said) for wish in self.told for said in (wish.english, wish.chinese)}
        for match in _QUOTED.finditer(text):
            whole = next(group for group in match.groups() if group)
            if "{" in whole and "{" in typed:
                continue  # what was typed has quotation marks of its own, and they are no pair
            quoted = plain(whole)
            # Titles may have quotation marks of their own.
            if (
                not quoted
                or any(quoted in one for one in marked)
                or quoted in named | chips | EXAMPLES
                or quoted in own
                or self.judge.is_fact(quoted)
            ):
                continue
            if not _echo(whole, typed):
                yield f"{where}: “{match.group()}” was neither shown nor typed: {text[:200]!r}"
        for title, shape in self.judge._tellable.items():
            if shape.search(text) and plain(title) not in named and not _echo(title, typed):
                if any(plain(title) in other for other in named):
                    continue
                yield f"{where}: names “{title}”, which was not shown: {text[:200]!r}"


def _echo(quoted: str, typed: str) -> bool:
    """Whether the person has typed it, slips and another order of the words allowed."""
    letters = plain(typed)
    if plain(quoted) in letters:
        return True
    if len(letters) > 4_000:
        return True  # too much to look through letter by letter
    if _resembles(plain(quoted), letters):
        return True
    return all(_near(plain(word), letters) for word in re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", quoted)))


def _resembles(whole: str, letters: str) -> bool:
    """Whether something as long as it, with a few slips, stands there; its beginning is enough where it is long."""
    size = len(whole)
    for begin in range(max(len(letters) - size // 2, 1)):
        for end in {size - 1, size, size + 1, max(size * 2 // 3, 4)}:
            part = letters[begin : begin + end]
            if len(part) > 2 and SequenceMatcher(None, whole, part, autojunk=False).ratio() >= ALIKE:
                return True
    return False


def _near(word: str, letters: str, share: float = ECHO) -> bool:
    if word in letters:
        return True
    matcher = SequenceMatcher(None, word, letters, autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks() if block.size > 1) >= share * len(word)
