"""What a conversation says without a language model: short sentences, English and Chinese side by side."""

# ruff: noqa: E501 - a sentence is one line

from __future__ import annotations

import re
from collections.abc import Sequence

from ..answers import Pick
from ..grants import Grant
from ..items import Item
from ..phrases import KINDS, cleaned, listed, title
from .dialogue import Dialogue, Wish
from .understanding.meaning import Meaning

PLAIN: dict[str, tuple[str, str]] = {
    "greet": ("Hello. What would you like?", "你好，想看点或听点什么？"),
    "thanks": ("You are welcome.", "不客气。"),
    "help": (
        "Say what you would like: a kind, a genre, a length, years, a language, a mood, a title to start from, and what "
        "you do not want. Then: “shorter”, “others”, “like the second but newer”, “why the first”, “play the third”, “I've "
        "seen number 2”, “never mind the length”, “start over”.",
        "说说想要什么：类型、时长、年代、语言、心情、像哪一部，以及不要什么。之后可以说：“短一点”“换一批”“跟第二个类似但更新的”"
        "“为什么推荐第一个”“放第三个”“第二个看过了”“算了不限时长”“重新来”。",
    ),
    "others_data": (
        "That is somebody else's, and I tell it to nobody. I can show what is known about you.",
        "那是别人的数据，我不会告诉任何人。可以给你看关于你自己的内容。",
    ),
    "prompts": (
        "There is nothing hidden to show here. Tell me what you would like to watch or hear.",
        "这里没有可以展示的内部内容。告诉我想看或想听什么吧。",
    ),
    "rude": ("I'm sorry that this does not suit you. Tell me what you would like instead.", "抱歉没有让你满意。告诉我你想要什么。"),
    "off_topic": (
        "I only know what there is to watch, hear and play here. What would you like?",
        "我只了解这里能看、能听、能玩的内容。想要什么？",
    ),
    "quiet": ("I ask nothing more.", "好的，不再问了。"),
    "forget": (
        "This conversation can be deleted as a whole where conversations are listed; “start over” drops its wishes now.",
        "可以在对话列表里删除整个对话；说“重新来”会立刻清空这里的要求。",
    ),
    "yes": ("Good. Is there anything else?", "好的，还有别的吗？"),
    "no": ("All right. What would you like instead?", "好的，那想要什么？"),
}  # fmt: skip
"""By act; for the others there is more to say."""


def _either(english: str, chinese: str, in_chinese: bool) -> str:
    return chinese if in_chinese else english


def chips(wishes: Sequence[Wish], chinese: bool) -> str:
    """The wishes in a few words."""
    said = [_bare(_closed(cleaned(wish.said(chinese), 60)), chinese) for wish in wishes if wish.what != "known"]
    said.sort(key=_refuses)
    return listed(said, chinese)


def _closed(said: str) -> str:
    """A chip that was cut, with the quotation mark that went with its end."""
    for begin, end in ("“”", "《》"):
        if said.endswith("…") and said.count(begin) > said.count(end):
            said += end
    return said


def _bare(said: str, chinese: bool) -> str:
    """A chip within a sentence."""
    return said.removeprefix("只要" if chinese else "only ")


def marked(said: str) -> str:
    """A chip in quotation marks, unless it is one quotation already."""
    whole = re.fullmatch(r"“[^“”]*”|《[^《》]*》", said)
    return said if whole else "“" + said.replace("“", "‘").replace("”", "’") + "”"


def _refuses(said: str) -> bool:
    return said.startswith(("not ", "no ", "without ", "不要", "不含"))


def _wanted(said: str, chinese: bool) -> str:
    """What is looked for: of what is only refused, anything else."""
    return ("什么都行，" if chinese else "anything, ") + said if _refuses(said) else said


def looking(meaning: Meaning, again: bool, personal: bool, chinese: bool) -> str:
    """What was understood, and what is looked for now."""
    if meaning.unknown and [wish.what for wish in meaning.wishes if wish.id in meaning.new] == ["words"]:
        return _either("What comes near it:", "意思相近的有：", chinese)
    new = [wish for wish in meaning.wishes if wish.id in meaning.new]
    old = [wish for wish in meaning.wishes if wish.id not in meaning.new]
    gone = [wish for wish in meaning.gone if wish.what != "known"]
    now, still = chips(new, chinese), chips(old, chinese)
    if meaning.intent == "more":
        base = _either("Others", "换一批", chinese)
        own = chips(meaning.wishes, chinese)
        return (
            f"{base}：{own}。"
            if chinese and own
            else f"{base}: {own}."
            if own
            else _either("Some others.", "换一批。", chinese)
        )
    if now and gone and again:
        dropped = chips(gone, chinese)
        if chinese:
            return f"{now}，不再要{dropped}" + (f"；还有{still}。" if still else "。")
        return f"{_begin(now)} instead of {dropped}" + (f"; still {still}." if still else ".")
    if now and still and again:
        return f"{now}；还有{still}。" if chinese else f"{_begin(now)}; still {still}."
    if now:
        now = _wanted(now, chinese)
        return (
            f"正在找：{now}{'；还有' + still if still else ''}。"
            if chinese
            else f"Looking for {now}{'; still ' + still if still else ''}."
        )
    if gone:
        dropped = chips(gone, chinese)
        rest = (f"现在：{still}。" if chinese else f" Now: {still}.") if still else ""
        return (f"不再要求{dropped}。" if chinese else f"Without {dropped}.") + rest
    if still:
        still = _wanted(still, chinese)
        return f"正在找：{still}。" if chinese else f"Looking for {still}."
    if personal:
        return _either("Something for you.", "为你挑选。", chinese)
    return _either("What there is to begin with.", "先看看这些。", chinese)


def _begin(text: str) -> str:
    return text[:1].upper() + text[1:]


def empty(chinese: bool) -> str:
    return _either("There are no words in that. What would you like?", "没有读到文字。想看点或听点什么？", chinese)


def unclear(chinese: bool) -> str:
    return _either(
        "I did not understand that. Say what you would like, for example “a comedy under 100 minutes”.",
        "没有听懂。可以直接说想要什么，比如“一百分钟以内的喜剧”。",
        chinese,
    )


def cut(chinese: bool) -> str:
    return _either("That was long; only its beginning was read.", "内容太长，只读了开头。", chinese)


def offered(what: str, chinese: bool) -> str:
    return _either(f"{what}? It is done when you say so.", f"{what}？确认后才会执行。", chinese)


def beyond(n: int, count: int, chinese: bool) -> str:
    return _either(
        f"The list ends at {count}; there is no number {n}.", f"列表只有 {count} 个，没有第 {n} 个。", chinese
    )


def about(item: Item, chinese: bool) -> str:
    """Facts of an item, and the beginning of its description."""
    facts = [KINDS[item.kind.value][chinese]] if item.kind.value in KINDS else []
    facts += [str(item.year)] if item.year else []
    facts += [_length(item.duration_s, chinese)] if item.duration_s else []
    facts += [cleaned(genre, 30) for genre in item.genres[:3]]
    people = [cleaned(credit.name, 40) for credit in item.creators[:2]]
    told = f"{title(item.name, chinese)}" + (f"（{'，'.join(facts)}）" if chinese else f" ({', '.join(facts)})") * bool(
        facts
    )
    told += (f"，{'、'.join(people)}" if chinese else f", by {listed(people, False)}") if people else ""
    text = cleaned(item.description, 240) if item.description else ""
    return told + ("。" if chinese else ". ") + text if text else told + ("。" if chinese else ".")


def _length(seconds: float, chinese: bool) -> str:
    if seconds < 600:
        return f"{seconds:.0f} 秒" if chinese else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} 分钟" if chinese else f"{seconds / 60:.0f} min"


def remembered(dialogue: Dialogue, wishes: Sequence[Wish], chinese: bool) -> str:
    """What the person has said so far, and what holds."""
    said = [cleaned(turn.text, 60) for turn in dialogue.turns if turn.role == "person"][-6:]
    if not said:
        return _either("You have not said anything before this.", "这之前你还没有说过什么。", chinese)
    told = "、".join(f"“{one}”" for one in said) if chinese else ", ".join(f"“{one}”" for one in said)
    holds = chips(wishes, chinese)
    now = (f"现在的要求：{holds}。" if chinese else f" What holds now: {holds}.") if holds else ""
    return (f"你说过：{told}。" if chinese else f"You said: {told}.") + now


def no_such_line(named: str, chinese: bool) -> str:
    name = cleaned(named, 40)
    return _either(f"Nothing is kept about you and “{name}”.", f"没有记录你和“{name}”有关的内容。", chinese)


def reset(chinese: bool) -> str:
    return _either("From the beginning, then: nothing holds any more.", "好的，从头开始，之前的要求都不算了。", chinese)


def nothing_to_take_back(chinese: bool) -> str:
    return _either("There was no such wish.", "没有这样的要求。", chinese)


def which(chinese: bool) -> str:
    return _either("Which one? Say its number, or its title.", "哪一个？说编号或名字。", chinese)


def kept_here(chinese: bool) -> str:
    return _either("I keep that in mind in this conversation.", "这次对话里会记得。", chinese)


def needs_person(chinese: bool) -> str:
    return _either(
        "That needs a person, and this conversation is nobody's.", "这需要一个用户，而这个对话不属于任何人。", chinese
    )


def unknown_title(named: str, chinese: bool) -> str:
    name = cleaned(named, 60)
    return _either(f"“{name}” is not found here.", f"这里没有找到“{name}”。", chinese)


def nothing_shown(chinese: bool) -> str:
    return _either("Nothing was shown yet.", "还没有给出列表。", chinese)


def left_out(item: Item, wishes: Sequence[Wish], chinese: bool) -> str:
    """Why an item is not in the list: the wishes that it does not meet."""
    said = chips(wishes, chinese) or _either("what you have seen or do not like", "你看过或不喜欢的", chinese)
    return _either(
        f"{title(item.name, False)} does not meet: {said}.", f"{title(item.name, True)}不符合：{said}。", chinese
    )


def reason(pick: Pick, chinese: bool) -> str:
    """Why an item is in the list."""
    assert pick.reason is not None
    name = title(pick.item.name, chinese)
    return f"{name}：{pick.reason.text}" if chinese else f"{name}: {pick.reason.text}"


def further_down(pick: Pick, n: int, chinese: bool) -> str:
    """Where an item that was not shown stands, and why it is there at all."""
    told = reason(pick, chinese) if pick.reason is not None else title(pick.item.name, chinese)
    return _either(f"It is number {n} for this. {told}", f"它排在第 {n} 位。{told}", chinese)


def not_near(item: Item, chinese: bool) -> str:
    name = title(item.name, chinese)
    return _either(
        f"{name} meets what you asked for; others fit it better.", f"{name}符合要求，但有更合适的。", chinese
    )


def playing(item: Item, chinese: bool) -> str:
    return _either(f"Playing {title(item.name, False)}.", f"开始播放{title(item.name, True)}。", chinese)


def not_now(chinese: bool) -> str:
    """Of an item that was listed, or typed, and may not be shown: it is not named."""
    return _either("That one cannot be shown to you now.", "这一项现在不能展示给你。", chinese)


def never_kept(writing: Grant, chinese: bool) -> str:
    """What the settings let nobody write here."""
    what = {
        "feedback": ("likes, dislikes and what you have seen", "喜好和看过的内容"),
        "profile": ("what you like in general", "你的口味"),
        "playlist": ("playlists", "歌单"),
    }[writing]
    return _either(
        f"A conversation cannot keep {what[0]} here; it stays unchanged.",
        f"这里的对话不能保存{what[1]}，没有改动。",
        chinese,
    )


def nothing_known(chinese: bool) -> str:
    return _either("Nothing is known about you yet.", "还不了解你。", chinese)


def nothing(said: Sequence[str], chinese: bool) -> str:
    """Which wishes leave nothing together."""
    parts = [_closed(cleaned(one, 60)) for one in said]
    if len(parts) == 1:
        return _either(f"Nothing here is: {parts[0]}.", f"这里没有符合{marked(parts[0])}的内容。", chinese)
    return _either(
        f"Nothing is all of this: {listed(parts, False)}.", f"没有内容同时符合：{listed(parts, True)}。", chinese
    )


def relax(chinese: bool) -> str:
    return _either("What may give way?", "放宽哪一条？", chinese)


def no_others(chinese: bool) -> str:
    return _either(
        "There are no others: all that meets this was shown.", "没有别的了，符合要求的都给你看过了。", chinese
    )


def nothing_for_you(chinese: bool) -> str:
    return _either(
        "There are such items, and none that may be shown to you.", "有符合的内容，但没有可以给你看的。", chinese
    )


def lacking(lacks: str, none: bool, chinese: bool) -> str:
    """Few, or none, of the list are what was asked for by words or mood."""
    if none:
        return _either(
            f"Nothing here is {lacks}; these are for you all the same.", f"这里没有{lacks}的内容，先给你这些。", chinese
        )
    return _either(
        f"Little here is {lacks}; the others meet the rest.", f"和{lacks}有关的不多，其余符合其他要求。", chinese
    )


def only(n: int, chinese: bool) -> str:
    one = "Only one item meets all of this." if n == 1 else f"Only {n} items meet all of this."
    return _either(one, f"只有 {n} 个符合全部要求。", chinese)
