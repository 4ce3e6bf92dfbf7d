"""A conversation with the engine, as a `Talker`."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ...conversation.dialogue import Done, Piece
from .meeting import Heard, heard
from .people import Person

Chat = Callable[[str | None, str, str | None], Iterable[Piece]]
"""(user id, message, id of the conversation) → the pieces of the answer, as `segue.Engine.chat`."""


class Conversation:
    """Talks with the engine, in a new conversation for each person, of whom it knows nothing.

    Args:
        chat: of the engine.
        name: what it is called in reports.
        known: whether a conversation is somebody's; else it is nobody's.
    """

    def __init__(self, chat: Chat, name: str = "conversation", known: bool = True) -> None:
        self._chat, self.name, self._known = chat, name, known

    def begin(self, person: Person) -> None:
        """A new conversation."""
        self._user = f"{self.name}-{person.part}-{person.name}" if self._known else None
        self._conversation: str | None = None

    def say(self, text: str) -> Heard:
        """What is answered."""
        pieces = list(self._chat(self._user, text, self._conversation))
        if pieces and isinstance(pieces[-1], Done):
            self._conversation = pieces[-1].dialogue.id
        return heard(pieces)
