"""The smallest `Code`: every turn is a search, or a recommendation where nothing in particular is asked for."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence

from ..errors import SegueError
from ..pipeline.asking.sentence import understood
from ..pipeline.asking.titles import Names
from ..queries import Constraints, Query
from .desk import Desk
from .dialogue import MOST_WISHES, Done, Piece, Understood, Wish, Words
from .tools.make_playlist import MakePlaylist
from .tools.record import Record
from .tools.state_taste import StateTaste
from .tools.tool import Arguments
from .writing import Write, tool

_N = r"(?:#|number |no\. ?|the |第)\s?(\d{1,2})(?:st|nd|rd|th)?\s?(?:one|个|部|首)?"
_RECORDS = (
    ("dislike", rf"\b(?:don'?t like|dislike|hate) {_N}|(?:不喜欢|讨厌)\s?{_N}"),
    ("already_seen", rf"\b(?:already )?(?:seen|watched|heard|know) {_N}|(?:看过|听过)\s?{_N}"),
    ("not_interested", rf"\bnot interested in {_N}|对\s?{_N}\s?不感兴趣"),
    ("like", rf"\b(?:like|love|enjoyed) {_N}|(?:喜欢|爱)\s?{_N}"),
    ("add_to_list", rf"\b(?:save|keep) {_N}|收藏\s?{_N}"),
    ("play", rf"\bplay {_N}|播放\s?{_N}"),
)
_TASTE = re.compile(
    r"\bI (?:like|love|enjoy|prefer|hate|dislike|don'?t like)\b|我(?:很|最|特别)?(?:喜欢|爱|不喜欢|讨厌)", re.I
)
_PLAYLIST = re.compile(
    r"\b(?:make|create|build) (?:me )?a playlist\b[: ]*(?:of|with|for)?\s*(.+)|做(?:一|个|一个)?歌单[：: ]*(.+)", re.I
)


class Plain:
    """See the module."""

    def understand(self, desk: Desk, message: str, without: Sequence[str]) -> tuple[Understood, tuple[Write, ...]]:
        """One wish a sentence that states constraints."""
        kept = tuple(wish for wish in desk.dialogue.wishes if wish.id not in without)
        new: tuple[Wish, ...] = ()
        found = understood(message, Names.in_world(desk.engine.world()))
        if found.constraints != Constraints():
            english = ", ".join(part.english for part in found.parts if part.what != "spelling")
            chinese = "，".join(part.chinese for part in found.parts if part.what != "spelling")
            wish = Wish(
                id=f"w{uuid.uuid4().hex[:8]}",
                what="words",
                text=message[:200],
                english=english or message[:60],
                chinese=chinese or message[:60],
                constraints=found.constraints,
                turn=len(desk.dialogue.turns),
            )
            new = (wish,)
        wishes = (*kept, *new)[-MOST_WISHES:]
        desk.dialogue = desk.dialogue.model_copy(update={"wishes": wishes})
        return Understood(wishes, tuple(wish.id for wish in new), "recommend"), tuple(_writes(desk, message))

    def reply(self, desk: Desk, message: str, without: Sequence[str]) -> Iterator[Piece]:
        """Search, or recommend."""
        told, writes = self.understand(desk, message, without)
        yield told
        said: list[str] = []
        for write in writes:
            try:
                wrote = write.done_at(desk)
            except SegueError:
                continue
            yield wrote
            said.append(wrote.what)
        shown = None
        if not writes:
            words = understood(message, Names.in_world(desk.engine.world())).words
            query = Query(user_id=desk.user_id, k=desk.k, constraints=desk.held(), language=desk.language)
            if words:
                query = query.model_copy(
                    update={"recipe": "search", "words": words, "by_taste": desk.user_id is not None}
                )
            answer = desk.engine.ask(query)
            if len(answer):
                said.append("这些可能适合你。" if desk.chinese else "Here is what may suit you.")
            else:
                said.append("没有找到符合所有条件的内容。" if desk.chinese else "Nothing meets all of that.")
        yield Words(" ".join(said))
        if not writes and len(answer):
            shown = desk.show(answer)
            yield shown
        dialogue = desk.told(message, " ".join(said), "code", shown.id if shown else None)
        yield Done(dialogue, "code", shown.degraded if shown else ())


def _writes(desk: Desk, message: str) -> Iterator[Write]:
    shown = desk.dialogue.shown
    if desk.user_id is None:
        return
    args: Arguments
    for kind, pattern in _RECORDS:
        match = re.search(pattern, message, re.IGNORECASE)
        if match and shown is not None:
            n = int(next(group for group in match.groups() if group))
            if 1 <= n <= len(shown.items):
                args = Record.model_validate({"kind": kind, "n": n})
                yield Write(tool("record"), args)
                return
    if match := _PLAYLIST.search(message):
        yield Write(tool("make_playlist"), MakePlaylist(words=(match[1] or match[2])[:500], k=desk.k))
    elif _TASTE.search(message) and len(message) <= 1_000:
        yield Write(tool("state_taste"), StateTaste(text=message))
