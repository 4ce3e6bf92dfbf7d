"""The wording of reasons, English and Chinese side by side. Names of items are data: quoted, cut and cleaned."""

from __future__ import annotations

import unicodedata

from ..events import EventKind
from ..items import ItemKind

LONGEST_NAME = 60

HEARD = frozenset({ItemKind.TRACK, ItemKind.PODCAST, ItemKind.PODCAST_EPISODE})

_VERBS: dict[EventKind, tuple[str, str]] = {
    EventKind.COMPLETE: ("finished {}", "看完了{}"),
    EventKind.PLAY: ("played {}", "播放过{}"),
    EventKind.CLICK: ("opened {}", "点开过{}"),
    EventKind.LIKE: ("liked {}", "喜欢{}"),
    EventKind.RATE: ("rated {} highly", "给了{}高分"),
    EventKind.SHARE: ("shared {}", "分享过{}"),
    EventKind.ADD_TO_LIST: ("saved {}", "收藏了{}"),
    EventKind.FOLLOW: ("follow {}", "关注了{}"),
    EventKind.COMMENT: ("commented on {}", "评论过{}"),
    EventKind.BULLET_COMMENT: ("commented on {}", "给{}发过弹幕"),
}
_MET = ("know {}", "熟悉{}")

_SENTENCES: dict[str, tuple[str, str]] = {
    "history": ("Because you {seeds}{shared}", "因为你{seeds}{shared}"),
    "seeds": ("Because it is close to {seeds}{shared}", "因为它与{seeds}相近{shared}"),
    "radio": ("Because it goes well with {seeds}{shared}", "因为它和{seeds}很搭{shared}"),
    "session": (
        "Because it fits what you are into right now: {seeds}{shared}",
        "因为它和你此刻关注的{seeds}很合拍{shared}",
    ),
    "avoiding": ("Because it is unlike {seeds}, which you just passed over", "因为它和你刚刚略过的{seeds}不一样"),
    "recent": ("Because it is popular right now", "因为它最近很受欢迎"),
    "popular": ("Because many people here choose it", "因为这里有很多人选择它"),
    "title": ("Because its title says {words}", "因为标题里有{words}"),
    "creators": ("Because {words} took part in it", "因为主创里有{words}"),
    "genres": ("Because its genre is {words}", "因为它的类型是{words}"),
    "tags": ("Because it is tagged {words}", "因为它的标签里有{words}"),
    "group": ("Because it belongs to {words}", "因为它出自{words}"),
    "description": ("Because its description mentions {words}", "因为简介里提到{words}"),
    "transcript": ("Because its words mention {words}", "因为它的文字内容里提到{words}"),
    "spelling": ("Because its title looks like {words}", "因为标题和{words}很接近"),
    "meaning": ("Because its content is close to {words}", "因为它的内容与{words}意思相近"),
    "taste": ("Because you often choose {topic}", "因为你常选“{topic}”一类的内容"),
    "new": ("Because it is new in the library", "因为它刚刚上架"),
    "released": ("Because it came out lately ({date})", "因为它是最近推出的（{date}）"),
    "newest": ("Because it is among the newest here ({date})", "因为它是这里较新的内容（{date}）"),
    "live": ("Because it is live now", "因为它正在直播"),
    "unmet": ("Because you have not tried it yet", "因为你还没有试过它"),
    "library": ("Because it is part of this library", "因为它就在这个片库里"),
}

_SHARED: dict[str, tuple[str, str]] = {
    "role": ("same {role}: {names}", "同一位{role}：{names}"),
    "creator": ("also by {names}", "同样出自：{names}"),
    "genre": ("also {names}", "同为“{names}”"),
    "tag": ("both about {names}", "都有“{names}”标签"),
    "place": ("both set in {names}", "故事都发生在{names}"),
    "work": ("both go back to {names}", "都源自{names}"),
    "following": ("one follows the other", "两者前后相续"),
}

_ROLES = {
    "director": "导演",
    "artist": "音乐人",
    "performer": "演奏者",
    "band": "乐队",
    "producer": "制作人",
    "author": "作者",
    "creator": "创作者",
    "presenter": "主持人",
    "composer": "作曲",
    "host": "主播",
    "writer": "编剧",
    "actor": "演员",
    "narrator": "讲述者",
    "singer": "歌手",
    "developer": "开发者",
    "cinematographer": "摄影师",
    "editor": "剪辑",
    "guitar": "吉他手",
    "drums": "鼓手",
    "piano": "钢琴手",
    "bass": "贝斯手",
}


def is_chinese(language: str) -> bool:
    """Whether the reasons are to be in Chinese; every other language gets English."""
    return language.lower().startswith("zh")


def cleaned(text: str, longest: int = LONGEST_NAME) -> str:
    """One line, without control and direction characters, cut with an ellipsis."""
    if text.isascii() and text.isprintable() and len(text) <= longest:
        return " ".join(text.split())
    plain = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in _UNSAFE)
    plain = " ".join(plain.split())
    return plain if len(plain) <= longest else plain[: longest - 1].rstrip() + "…"


_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def title(name: str, chinese: bool) -> str:
    """“A” or 《A》; quotation marks of the same sort inside become plain ones."""
    if chinese:
        return "《" + cleaned(name).replace("《", "〈").replace("》", "〉") + "》"
    return "“" + cleaned(name).replace("“", "'").replace("”", "'") + "”"


def listed(parts: list[str], chinese: bool) -> str:
    """``A``, ``A and B``, ``A, B and C``."""
    if chinese:
        return "、".join(parts)
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def deeds(done: list[tuple[EventKind, ItemKind, str]], chinese: bool) -> str:
    """What the person did with which items: ``finished “A” and liked “B”``, 听完了《A》，还喜欢《B》."""
    groups: dict[str, list[str]] = {}
    for kind, item_kind, name in done:
        verb = _VERBS.get(kind, _MET)[chinese]
        if kind is EventKind.COMPLETE and chinese:
            verb = "听完了{}" if item_kind in HEARD else "玩过{}" if item_kind is ItemKind.GAME else verb
        groups.setdefault(verb, []).append(title(name, chinese))
    joint = "，还" if chinese else " and "
    return joint.join(
        verb.format("".join(names) if chinese else listed(names, False)) for verb, names in groups.items()
    )


def shared(what: str, names: list[str], role: str | None, chinese: bool) -> str:
    """What two items have in common, to stand behind a sentence."""
    if what == "creator" and role is not None:
        known = _ROLES.get(role.lower()) if chinese else cleaned(role.lower(), 30)
        if known:
            what, role = "role", known
    text = _SHARED[what][chinese].format(names=listed([cleaned(name, 40) for name in names], chinese), role=role)
    return f"（{text}）" if chinese else f" ({text})"


def sentence(name: str, chinese: bool, **parts: str) -> str:
    """One of the sentences, filled in."""
    return _SENTENCES[name][chinese].format(**parts)


def quoted(words: list[str], chinese: bool) -> str:
    """“a” “b”, the words of a query."""
    inner = [f"“{cleaned(word, 40)}”" for word in words]
    return "".join(inner) if chinese else listed(inner, False)
