"""What is changed in a conversation: how it is told, and what a person sends to have it done."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..edits import Action
from ..errors import NeedsGrant, NeverGranted, SegueError
from ..phrases import cleaned, listed, title
from .desk import Desk
from .dialogue import Proposed, Wrote
from .sentences import never_kept
from .tools import TOOLS, Tool, use
from .tools.edit_profile import EditProfile
from .tools.make_playlist import MakePlaylist
from .tools.record import Record
from .tools.state_taste import StateTaste
from .tools.tool import Arguments

log = logging.getLogger(__name__)

_TOLD = {
    "like": ("you like {}", "你喜欢{}", "I like number {}", "我喜欢第{}个"),
    "dislike": ("you do not like {}", "你不喜欢{}", "I don't like number {}", "我不喜欢第{}个"),
    "already_seen": ("you know {}", "你已经看过{}", "I have already seen number {}", "我已经看过第{}个"),
    "not_interested": ("you do not want {}", "你对{}不感兴趣", "", ""),
    "play": ("you play {}", "你在播放{}", "", ""),
    "complete": ("you finished {}", "你看完了{}", "", ""),
    "rate": ("you rated {}", "你给{}打了分", "", ""),
    "add_to_list": ("you saved {}", "你收藏了{}", "Save number {}", "收藏第{}个"),
}
"""By kind of event: what is noted, and what asks for it, in English and Chinese; nothing where no words do."""
_PROPOSED_AS = {"not_interested": "dislike", "complete": "already_seen"}
"""What is proposed in place of a kind of event that no words of a person's ask for."""


OF_ANYTHING = ("a list", "歌单")
"""What a list of no particular wish is made from, English and Chinese: nothing in it is looked for, so that the list
follows the person's taste."""


@dataclass(frozen=True)
class Offer:
    """A call of a tool that writes, for the person to decide: made behind the last list of a turn, since what they send
    to agree names a number of that one."""

    tool: Tool
    args: Arguments

    def proposed_at(self, desk: Desk) -> Proposed | None:
        """What the person is asked; None where no words of theirs ask for it."""
        return proposed(desk, self.tool, self.args)


@dataclass(frozen=True)
class Write:
    """A call of a tool that writes."""

    tool: Tool
    args: Arguments

    def done_at(self, desk: Desk) -> Wrote:
        """Do it. Raises SegueError."""
        told = use(desk, self.tool, self.args)
        assert self.tool.writes is not None
        return Wrote(self.tool.writes, told_of(desk, self.args, told), told)


def attempted(desk: Desk, write: Write) -> Wrote | Offer | str:
    """Do what the person asks for in their own words, whoever answers them. Where it was not granted they are asked;
    where nobody can grant it, or it fails, they are told in a sentence."""
    try:
        return write.done_at(desk)
    except NeverGranted:
        assert write.tool.writes is not None
        return never_kept(write.tool.writes, desk.chinese)
    except NeedsGrant:
        return Offer(write.tool, for_later(desk, write.args))
    except SegueError as error:
        log.info("not written: %s", error)
        return str(error)


def tool(name: str) -> Tool:
    """One of the tools that write."""
    return next(one for one in TOOLS if one.name == name)


def told_of(desk: Desk, args: Arguments, told: dict[str, Any]) -> str:
    """What was done, in a sentence."""
    if isinstance(args, Record):
        about = _TOLD[args.kind][desk.chinese].format(title(told["title"], desk.chinese))
        return f"已记下：{about}。" if desk.chinese else f"Noted: {about}."
    if isinstance(args, StateTaste):
        return _tastes(told["understood"], desk.chinese)
    if isinstance(args, MakePlaylist):
        name = title(told["name"], desk.chinese)
        return f"歌单{name}做好了。" if desk.chinese else f"The playlist {name} is made."
    return "已更新你的画像。" if desk.chinese else "What is believed about you has been changed."


def _tastes(understood: Sequence[Mapping[str, Any]], chinese: bool) -> str:
    """What is liked and what is not, as it was kept."""
    liked = listed([one["name"] for one in understood if one["strength"] >= 0], chinese)
    not_liked = listed([one["name"] for one in understood if one["strength"] < 0], chinese)
    if chinese:
        parts = [f"喜欢{liked}" if liked else "", f"不喜欢{not_liked}" if not_liked else ""]
        said = "，".join(part for part in parts if part)
        return f"已记下：你{said}。" if said else "没有读出可以记下的口味。"
    parts = [f"you like {liked}" if liked else "", f"you do not like {not_liked}" if not_liked else ""]
    said = "; ".join(part for part in parts if part)
    return f"Noted: {said}." if said else "There was no taste to note in that."


def proposed(desk: Desk, writes: Tool, args: Arguments) -> Proposed | None:
    """The same as something to decide about; None where no words of the person's ask for it here."""
    assert writes.writes is not None
    chinese = desk.chinese
    found: tuple[str, str] | None = None
    if isinstance(args, Record):
        found = _record(desk, args)
    elif isinstance(args, StateTaste):
        found = (f"记下：{args.text}" if chinese else f"Keep for good: {args.text}", args.text)
    elif isinstance(args, MakePlaylist):
        found = _playlist(args, chinese)
    elif isinstance(args, EditProfile) and len(args.edits) == 1:
        found = _edit(desk, args)
    return None if found is None else Proposed(writes.writes, *found)


def for_later(desk: Desk, args: Arguments) -> Arguments:
    """The same arguments, so that they still mean the same item when another list has become the newest."""
    if not isinstance(args, Record) or args.n is None:
        return args
    try:
        handle = desk.handle(desk.item_of(args.n, None).id)
    except SegueError:
        return args
    return args.model_copy(update={"n": None, "handle": handle})


def _record(desk: Desk, args: Record) -> tuple[str, str] | None:
    try:
        item = desk.item_of(args.n, args.handle)
    except SegueError:
        return None
    shown = desk.dialogue.shown
    if shown is None or item.id not in shown.items:
        return None
    form = _TOLD[_PROPOSED_AS.get(args.kind, args.kind)]
    say = form[2 + desk.chinese].format(shown.items.index(item.id) + 1)
    if not say:
        return None
    about = form[desk.chinese].format(title(item.name, desk.chinese))
    return (f"记下：{about}" if desk.chinese else f"Note that {about}", say)


def _playlist(args: MakePlaylist, chinese: bool) -> tuple[str, str]:
    if args.these:
        words = re.sub('[“”"]', "'", cleaned(args.name or args.words, 40))
        say = f"把这些存成歌单叫“{words}”" if chinese else f"Save these as a playlist called “{words}”"
    elif args.words in OF_ANYTHING:
        say = "做一个歌单" if chinese else "Make a playlist"
    else:
        say = f"做一个歌单：{args.words}" if chinese else f"Make a playlist: {args.words}"
    return say, say


def _edit(desk: Desk, args: EditProfile) -> tuple[str, str] | None:
    (edit,) = args.edits
    words = {
        Action.LIKE: ("I like {}", "我喜欢{}"),
        Action.DISLIKE: ("I don't like {}", "我不喜欢{}"),
        Action.MUTE: ("I don't like {}", "我不喜欢{}"),
    }.get(edit.action)
    portrait = desk.engine.portrait(desk.person(), desk.language, written=False)
    line = next((one for one in portrait["lines"] if one["id"] == edit.line), None)
    if words is None or line is None:
        return None
    say = words[desk.chinese].format(line["name"]["zh" if desk.chinese else "en"])
    return (f"记下：{say}" if desk.chinese else f"Keep for good: {say}", say)
