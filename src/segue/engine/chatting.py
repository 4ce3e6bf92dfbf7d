"""Conversations, put together for `Engine`: begun, gone on with turn by turn, read back, forgotten; and their tools.

A turn claims its conversation, is answered piece by piece, and leaves it changed. A claim ends by itself; a turn that
is later still is put behind whatever has been said meanwhile. One that is erased while it is answered stays erased.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

from pydantic import ValidationError

from ..conversation.answering import Grammar
from ..conversation.code import Code
from ..conversation.desk import Core, Desk, Stopped
from ..conversation.dialogue import Asked as Asked
from ..conversation.dialogue import Dialogue
from ..conversation.dialogue import Done as Done
from ..conversation.dialogue import Listed as Listed
from ..conversation.dialogue import Piece as Piece
from ..conversation.dialogue import Played as Played
from ..conversation.dialogue import Proposed as Proposed
from ..conversation.dialogue import Shown as Shown
from ..conversation.dialogue import Understood as Understood
from ..conversation.dialogue import Words as Words
from ..conversation.dialogue import Wrote as Wrote
from ..conversation.handles import Handles, key_in
from ..conversation.merging import merged
from ..conversation.tools import TOOLS as TOOLS
from ..conversation.tools import Tool as Tool
from ..conversation.tools import named, use
from ..conversation.understanding.turn import mostly_chinese
from ..errors import Busy, InvalidInput, NotFound, StorageError, UnknownConversation, in_one_line
from ..grants import GRANTS, Grant
from ..storage.conversation_rows import Kept
from ..storage.rows import Store
from .language_models import Shared

log = logging.getLogger(__name__)

LONGEST_MESSAGE = 8_000
"""Characters."""
MOST_SHOWN = 50
"""Items of one list."""
_NOBODYS_TOOLS = "tools"
"""What stands for a conversation where tools are used outside of any."""
_SPARE_S = 30.0
"""What a turn may take beyond the language model's time before its claim ends by itself."""
TRIES = 20
"""How often a turn that has been overtaken is put behind what others keep at that moment."""
PURGE_EVERY_S = 3600.0
"""How often a process looks for conversations that have expired."""
WARMING = {
    "en": ("a comedy about families, not horror, after 2010", "something older", "others", "why the first one?",
           "never mind", "I feel down and want something warm", "like the second but newer", "what should I watch?"),
    "zh": ("2010年以后的喜剧，不要恐怖片", "老一点的", "换一批", "为什么推荐第一个？", "算了", "心情不好，想看点温暖的",
           "像第二个，但是新一点", "今晚看什么好？"),
}  # fmt: skip
"""What is said to have every sort of turn answered once."""
_BEGINNING = 120
_DAY_S = 86_400.0


@dataclass(frozen=True)
class _Claim:
    """A turn's hold on its conversation."""

    before: Dialogue
    """The conversation when the turn began."""
    revision: int
    """Number of its last change then."""
    until: float
    """Seconds since 1970; after that another turn may begin."""


class Chats:
    """All conversations of a workspace. Thread-safe."""

    def __init__(self, engine: Core, store: Store, model: Shared) -> None:
        self._engine = engine
        self._store = store
        self._model = model
        self.settings = engine.settings.chat
        self._code: Code = Grammar()
        self._purged_at = -PURGE_EVERY_S

    @cached_property
    def _handles(self) -> Handles:
        return Handles(key_in(self._engine.workspace))

    def chat(
        self,
        user_id: str | None,
        message: str,
        conversation: str | None,
        language: str | None,
        without: Sequence[str],
        grants: Sequence[str] | None,
        k: int,
    ) -> Answering:
        """See `segue.Engine.chat`. What cannot be answered raises at once, not at the first piece."""
        message = _whole(message)
        if not message.strip() and not without:
            raise InvalidInput("There is nothing to answer: the message is empty.")
        if len(message) > LONGEST_MESSAGE:
            raise InvalidInput(
                f"A message has at most {LONGEST_MESSAGE:,} characters, and this one has {len(message):,}. Shorten it."
            )
        if not 1 <= k <= MOST_SHOWN:
            raise InvalidInput(f"k: a list has 1 to {MOST_SHOWN} items (got {k}).")
        allowed = self._granted(self.settings.grants if grants is None else grants)
        if conversation is None:
            at = time.time()
            dialogue = _begun(user_id, language or _language(message, "en"), at)
            self.purge_now_and_then()
            new = True
        else:
            dialogue = self.dialogue(conversation, user_id)
            spoken = _spoken(language) if language else _language(message, dialogue.language)
            dialogue = dialogue.model_copy(update={"language": spoken})
            new = False
        desk = Desk(self._engine, dialogue, self._handles, dialogue.language, allowed, k, asked_language=bool(language))
        return Answering(self._answered(desk, new, message, tuple(without)), desk)

    def warm(self) -> None:
        """Hold short conversations of nobody, which are not kept, so that no real one waits for what is read once."""
        for language, says in WARMING.items():
            desk = self.desk(_begun(None, language, time.time(), _NOBODYS_TOOLS), language, frozenset())
            for message in says:
                for _ in self._code.reply(desk, message, ()):
                    pass
        if self._model.stated:
            from ..conversation import agent  # noqa: F401 - it is loaded with the first turn that asks a model

    def _answered(self, desk: Desk, new: bool, message: str, without: tuple[str, ...]) -> Generator[Piece, None, None]:
        claim = self.claimed(desk.dialogue, new)
        desk.dialogue = claim.before
        left = False
        try:
            for piece in self._pieces(desk, message, without):
                desk.go_on()
                if isinstance(piece, Done):
                    left = True
                    kept = self.leave(claim, piece.dialogue)
                    if kept != piece.dialogue:  # others' wishes hold, too
                        yield _stated(desk, Understood(kept.wishes))
                    piece = replace(piece, dialogue=kept)
                yield _stated(desk, piece)
        except Stopped:
            return
        finally:
            if not left:
                # Whoever listened has left, or something failed: what was shown so far can still be spoken of.
                self.leave(claim, desk.dialogue)

    def _pieces(self, desk: Desk, message: str, without: tuple[str, ...]) -> Iterator[Piece]:
        if not (self._model.stated and message.strip()):
            return self._code.reply(desk, message, without)
        from ..conversation.agent import talk

        return talk(desk, message, self._model, self._code, without)

    def claimed(self, dialogue: Dialogue, new: bool = False) -> _Claim:
        """A hold on the conversation for one turn alone. Raises Busy, NotFound."""
        at = time.time()
        until = at + self.settings.within_s + _SPARE_S
        if new:
            self._store.begin_conversation(_kept(dialogue), until)
            return _Claim(dialogue, 0, until)
        if not self._store.take_conversation(dialogue.id, at, until):
            self.dialogue(dialogue.id, dialogue.user_id)  # raises where it has been deleted meanwhile
            raise Busy(
                "Another turn of this conversation is being answered. Wait until it is done, or begin a new one."
            )
        kept = self._found(dialogue.id, dialogue.user_id)
        return _Claim(_read(kept).model_copy(update={"language": dialogue.language}), kept.revision, until)

    def leave(self, claim: _Claim, after: Dialogue) -> Dialogue:
        """Keep what a turn has made of its conversation, and let the next one come; returns what is kept."""
        left, revision = after, claim.revision
        try:
            for _ in range(TRIES):
                if self._store.put_conversation(_kept(left, revision), claim.until):
                    return left
                newest = self._store.conversation(after.id)
                if newest is None:
                    return after  # it has been deleted meanwhile, and stays so
                left, revision = merged(_read(newest), claim.before, after), newest.revision
            log.warning("a turn of a conversation was not kept: others change it all the time")
        except StorageError as error:
            log.warning("a turn of a conversation was not kept: %s", error)
        return after

    def purge_now_and_then(self) -> int:
        """Delete the conversations that have expired, unless this process has done so within the hour; how many."""
        if time.monotonic() - self._purged_at < PURGE_EVERY_S:
            return 0
        self._purged_at = time.monotonic()
        return self._store.remove_conversations(before=self._oldest())

    def _oldest(self) -> float:
        """When a conversation must have been taken up last so that it is kept, in seconds since 1970."""
        return time.time() - self.settings.keep_days * _DAY_S

    def dialogue(self, conversation: str, user_id: str | None) -> Dialogue:
        """One conversation. Raises NotFound, in the same words for another's as for none."""
        return _read(self._found(conversation, user_id))

    def _found(self, conversation: str, user_id: str | None) -> Kept:
        kept = self._store.conversation(conversation) if "\0" not in conversation else None
        if kept is None or kept.user_id != user_id or kept.changed_at < self._oldest():
            raise UnknownConversation(
                f"There is no conversation {conversation[:80]!r} of this person. Begin one without an id."
            )
        return kept

    def listed(self, user_id: str, limit: int) -> list[dict[str, Any]]:
        """The conversations of a person."""
        oldest, found = self._oldest(), []
        for kept in self._store.conversations(user_id, limit):
            if kept.changed_at < oldest:
                continue
            dialogue = _read(kept)
            first = next((turn.text for turn in dialogue.turns if turn.role == "person"), "")
            found.append(
                {
                    "conversation": kept.id,
                    "begins": first[:_BEGINNING],
                    "turns": sum(turn.role == "person" for turn in dialogue.turns),
                    "begun_at": kept.begun_at,
                    "changed_at": kept.changed_at,
                }
            )
        return found

    def forget(self, conversation: str, user_id: str | None) -> None:
        """Delete a conversation. Raises NotFound."""
        self.dialogue(conversation, user_id)
        self._store.remove_conversation(conversation)

    def toolbox(self, user_id: str | None, conversation: str | None, language: str, grants: Sequence[str]) -> Toolbox:
        """See `segue.Engine.toolbox`."""
        allowed = self._granted(grants) & frozenset(self.settings.grants)
        dialogue = None if conversation is None else self.dialogue(conversation, user_id)
        return Toolbox(self, user_id, dialogue, language, allowed)

    def handles_of(self, dialogue: Dialogue) -> dict[str, str]:
        """A handle for every item of the lists of a conversation, by id."""
        ids = {item_id for shown in dialogue.lists for item_id in shown.items}
        return {item_id: self._handles.give(item_id, dialogue.user_id, dialogue.id) for item_id in ids}

    def desk(self, dialogue: Dialogue, language: str, grants: frozenset[Grant]) -> Desk:
        """A desk for tools alone."""
        return Desk(self._engine, dialogue, self._handles, language, grants)

    def _granted(self, grants: Sequence[str]) -> frozenset[Grant]:
        for one in grants:
            if one not in GRANTS:
                raise NotFound.named("grant", str(one), GRANTS)
        return frozenset(one for one in GRANTS if one in grants) & frozenset(self.settings.grants)


class Answering(Iterator[Piece]):
    """The pieces of an answer, while it is made."""

    def __init__(self, pieces: Generator[Piece, None, None], desk: Desk) -> None:
        self._pieces = pieces
        self._stop = desk.stop
        self.chinese = desk.chinese
        """Whether it is Chinese; else it is English."""

    def __next__(self) -> Piece:
        return next(self._pieces)

    def stop(self) -> None:
        """Let the work end soon: nobody listens any more. May be called by any thread."""
        self._stop.set()

    def close(self) -> None:
        """End it now, and leave the conversation; by the thread that reads, or when none does."""
        self._pieces.close()


def _stated(desk: Desk, piece: Piece) -> Piece:
    """The piece with what only the engine knows."""
    if isinstance(piece, Understood):
        return replace(piece, conversation=desk.dialogue.id)
    if isinstance(piece, Listed):
        return replace(piece, handles=tuple(desk.handle(pick.item.id) for pick in piece.picks))
    if isinstance(piece, Played):
        return replace(piece, handle=desk.handle(piece.pick.item.id))
    return piece


class Toolbox:
    """The tools in the hands of a program that works for one person. Thread-safe: one tool at a time."""

    def __init__(
        self, chats: Chats, user_id: str | None, dialogue: Dialogue | None, language: str, grants: frozenset[Grant]
    ) -> None:
        self._chats = chats
        self._kept = dialogue is not None
        self._lock = threading.Lock()
        known = dialogue or _begun(user_id, "zh" if language.startswith("zh") else "en", time.time(), _NOBODYS_TOOLS)
        self._desk = chats.desk(known, language, grants)

    def use(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """What the tool answers: JSON.

        Raises:
            NotFound: there is no such tool, or no longer such a conversation.
            NeedsGrant: it writes what was not granted.
            ToolError: the arguments do not fit, or it cannot be done. Others as the engine says.
            Busy: a turn of the conversation is being answered.
        """
        tool = named(name)
        with self._lock:
            if not self._kept:
                return use(self._desk, tool, arguments)
            claim = self._chats.claimed(self._desk.dialogue)
            self._desk.dialogue = claim.before
            try:
                return use(self._desk, tool, arguments)
            finally:
                self._desk.dialogue = self._chats.leave(claim, self._desk.dialogue)


def _begun(user_id: str | None, language: str, at: float, name: str = "") -> Dialogue:
    try:
        return Dialogue(
            id=name or uuid.uuid4().hex,
            user_id=user_id,
            language=_spoken(language),
            begun_at=at,
            changed_at=at,
        )
    except ValidationError as error:
        raise InvalidInput(f"{in_one_line(error)}.") from error


def _whole(message: str) -> str:
    """The message with a sign of doubt for each half of a character, which JSON can carry and no text can keep."""
    return message.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _spoken(language: str) -> Literal["en", "zh"]:
    """Of a tag: Chinese of every kind, else English."""
    return "zh" if language.startswith("zh") else "en"


def _language(message: str, otherwise: str) -> str:
    """That of a message; of one without words, another."""
    return "zh" if mostly_chinese(message, otherwise == "zh") else "en"


def _kept(dialogue: Dialogue, revision: int = 0) -> Kept:
    body = dialogue.model_dump_json()  # defaults too: the `op` of a condition is one, and tells what it is
    return Kept(dialogue.id, dialogue.user_id, body, dialogue.begun_at, dialogue.changed_at, revision)


def _read(kept: Kept) -> Dialogue:
    try:
        return Dialogue.model_validate_json(kept.body)
    except ValidationError as error:
        raise StorageError(f"The conversation {kept.id!r} cannot be read: {in_one_line(error)}.") from error
