"""The wording of reasons, English and Chinese side by side. Names of items are data: quoted, cut and cleaned."""

from __future__ import annotations

from ..events import EventKind
from ..items import ItemKind
from ..phrases import KINDS, TITLED
from ..phrases import cleaned as cleaned
from ..phrases import is_chinese as is_chinese
from ..phrases import listed as listed
from ..phrases import quoted as quoted
from ..phrases import title as title
from ..phrases import topic as topic_as_it_is
from .asking.lexicon import LANGUAGES

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
    "answers": ("Because people who answered as you did turn to it", "因为和你回答相近的人会选择它"),
    "prior": ("Because people of your age or gender turn to it", "因为与你年龄或性别相近的人会选择它"),
    "title": ("Because its title says {words}", "因为标题里有{words}"),
    "description": ("Because its description mentions {words}", "因为简介里提到{words}"),
    "transcript": ("Because its words mention {words}", "因为它的文字内容里提到{words}"),
    "spelling": ("Because its title looks like {words}", "因为标题和{words}很接近"),
    "meaning": ("Because its content is close to {words}", "因为它的内容与{words}意思相近"),
    "said": ("Because you said that you like {topic}", "因为你说过喜欢{topic}"),
    "searched": ("Because you looked for {topic}", "因为你找过{topic}"),
    "spoken": ("Because it is close to what you wrote", "因为它与你写过的话意思相近"),
    "across": ("Because you like {topic} {kinds}", "因为你喜欢{topic}的{kinds}"),
    "across creator": ("Because you like {kinds} with {topic}", "因为你喜欢{topic}的{kinds}"),
    "across language": ("Because you like {kinds} in its language", "因为你喜欢同一语言的{kinds}"),
    "taste": ("Because you often choose {topic}", "因为你常选“{topic}”一类的内容"),
    "new": ("Because it is new in the library", "因为它刚刚上架"),
    "released": ("Because it came out lately ({date})", "因为它是最近推出的（{date}）"),
    "newest": ("Because it is among the newest here ({date})", "因为它是这里较新的内容（{date}）"),
    "live": ("Because it is live now", "因为它正在直播"),
    "mood": ("Because you asked for {words}: {moods}", "因为你想要{words}：{moods}"),
    "mood named": ("Because you asked for {words}", "因为你想要{words}"),
    "mood chosen": ("Because you are in the mood for something {moods}", "因为你此刻想要的氛围是“{moods}”"),
    "mood match": (
        "Because you said {words}, and this feels with you: {moods}",
        "因为你说{words}，它懂你的心情：{moods}",
    ),
    "mood lift": (
        "Because you said {words}, and this may lift you: {moods}",
        "因为你说{words}，它也许能让你好一些：{moods}",
    ),
    "mood state": ("Because you said {words}: {moods}", "因为你说{words}：{moods}"),
    "mood state named": ("Because you said {words}", "因为你说{words}"),
    "mood session": (
        "Because it fits the mood of what you just played: {moods}",
        "因为它与你刚才播放的氛围一致：{moods}",
    ),
    "unmet": ("Because you have not tried it yet", "因为你还没有试过它"),
    "met": ("Because not everybody knows it yet, though you do", "因为还有人没接触过它，虽然你已经接触过"),
    "yields": ("Because it is a compromise", "因为这是一个折中的选择"),
    "library": ("Because it is part of this library", "因为它就在这个片库里"),
}

SAID_ALREADY = {"mood": "mood named", "mood state": "mood state named"}
"""Sentences for words that name the moods themselves, so that these need not be said twice."""

_SHARED: dict[str, tuple[str, str]] = {
    "role": ("same {role}: {names}", "同一位{role}：{names}"),
    "actor": ("also with {names}", "也有{names}出演"),
    "person": ("also by or with {names}", "也与{names}有关"),
    "about": ("both about {names}", "都讲述{names}"),
    "genre": ("also {names}", "同为“{names}”"),
    "tag": ("both tagged {names}", "都有“{names}”标签"),
    "theme": ("both about {names}", "主题都是“{names}”"),
    "set in": ("both set in {names}", "故事都发生在{names}"),
    "country": ("both from {names}", "都来自{names}"),
    "series": ("same series: {names}", "同一系列：{names}"),
    "album": ("same album: {names}", "同一专辑：{names}"),
    "based on": ("both based on {names}", "都改编自{names}"),
    "sequel to": ("both follow {names}", "都是{names}的续作"),
    "remake of": ("both made after {names}", "都翻拍自{names}"),
    "work": ("both go back to {names}", "都源自{names}"),
    "thing": ("both connected with {names}", "都与{names}有关"),
    "followed by": ("both followed by {names}", "续作都是{names}"),
    "prequel to": ("both come before {names}", "都是{names}的前传"),
    "has prequel": ("both come after {names}", "前传都是{names}"),
    "remade as": ("both remade as {names}", "都被翻拍成{names}"),
    "source of": ("{names} is based on both", "{names}改编自这两部"),
}
"""What two items have in common, by what connects them (see `_link`)."""

_CONNECTED: dict[str, tuple[str, str]] = {
    "role": ("Because its {role} is {names}", "因为它的{role}是{names}"),
    "actor": ("Because {names} is in it", "因为有{names}出演"),
    "person": ("Because {names} took part in it", "因为{names}参与了它"),
    "about": ("Because it is about {names}", "因为它讲述{names}"),
    "genre": ("Because its genre is {names}", "因为它的类型是{names}"),
    "tag": ("Because it is tagged {names}", "因为它的标签里有{names}"),
    "theme": ("Because it is about {names}", "因为它的主题是{names}"),
    "set in": ("Because it is set in {names}", "因为故事发生在{names}"),
    "country": ("Because it comes from {names}", "因为它来自{names}"),
    "series": ("Because it belongs to {names}", "因为它出自{names}"),
    "album": ("Because it belongs to {names}", "因为它出自{names}"),
    "based on": ("Because it is based on {names}", "因为它改编自{names}"),
    "sequel to": ("Because it follows {names}", "因为它是{names}的续作"),
    "remake of": ("Because it was made after {names}", "因为它翻拍自{names}"),
    "followed by": ("Because {names} follows it", "因为{names}是它的续作"),
    "prequel to": ("Because it is a prequel to {names}", "因为它是{names}的前传"),
    "has prequel": ("Because {names} is its prequel", "因为{names}是它的前传"),
    "remade as": ("Because {names} was made after it", "因为{names}翻拍自它"),
    "source of": ("Because {names} is based on it", "因为{names}改编自它"),
    "work": ("Because it goes back to {names}", "因为它源自{names}"),
    "thing": ("Because it is connected with {names}", "因为它与{names}有关"),
}
"""What an item is connected to, in the same order."""

_DIRECT: dict[str, tuple[str, str]] = {
    "sequel to": ("sequel to {names}", "是{names}的续作"),
    "followed by": ("{names} is its sequel", "续作是{names}"),
    "prequel to": ("prequel to {names}", "是{names}的前传"),
    "has prequel": ("{names} is its prequel", "前传是{names}"),
    "remake of": ("remake of {names}", "翻拍自{names}"),
    "remade as": ("{names} is its remake", "{names}翻拍自它"),
    "based on": ("based on {names}", "改编自{names}"),
    "source of": ("{names} is based on it", "{names}改编自它"),
    "sequel": ("one follows the other", "两者前后相续"),
    "prequel": ("one follows the other", "两者前后相续"),
    "follows": ("one follows the other", "两者前后相续"),
}
"""How one item is related to another, which is named. Who imports ``sequel`` may mean either way."""
_RELATED = ("directly connected with {names}", "与{names}直接相关")

_ROLES: dict[str, tuple[str, str]] = {
    "director": ("director", "导演"),
    "artist": ("artist", "音乐人"),
    "performer": ("performer", "演奏者"),
    "band": ("band", "乐队"),
    "producer": ("producer", "制作人"),
    "author": ("author", "作者"),
    "creator": ("creator", "创作者"),
    "presenter": ("presenter", "主持人"),
    "composer": ("composer", "作曲"),
    "host": ("host", "主播"),
    "writer": ("writer", "编剧"),
    "narrator": ("narrator", "讲述者"),
    "singer": ("singer", "歌手"),
    "channel": ("channel", "频道"),
    "bandleader": ("bandleader", "乐队队长"),
    "developer": ("developer", "开发者"),
    "cinematographer": ("cinematographer", "摄影师"),
    "editor": ("editor", "剪辑"),
    "animator": ("animator", "动画师"),
    "sound": ("sound designer", "音效师"),
    "guitar": ("guitarist", "吉他手"),
    "drums": ("drummer", "鼓手"),
    "piano": ("pianist", "钢琴手"),
    "bass": ("bassist", "贝斯手"),
}


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


def shared(relation: str | None, kind: str, names: list[str], chinese: bool) -> str:
    """What two items have in common, to stand behind a sentence.

    Args:
        relation: what connects both with it; None: each another one.
        kind: of what they have in common: ``person``, ``place``, ``work`` …, of the knowledge graph.
    """
    text = _filled(_SHARED, relation, kind, _shown(kind, names, chinese), chinese)
    return f"（{text}）" if chinese else f" ({text})"


def direct(relation: str, name: str, chinese: bool) -> str:
    """How an item is related to the item of that name, to stand behind a sentence."""
    text = _DIRECT.get(relation, _RELATED)[chinese].format(names=title(name, chinese))
    return f"（{text}）" if chinese else f" ({text})"


def connected(relation: str, kind: str, names: list[str], chinese: bool) -> str:
    """A sentence of what an item is connected to."""
    shown = _shown(kind, names, chinese)
    if kind in ("genre", "theme", "thing"):
        shown = [f"“{name}”" for name in shown]
    return _filled(_CONNECTED, relation, kind, shown, chinese)


def _shown(kind: str, names: list[str], chinese: bool) -> list[str]:
    return [title(name, chinese) if kind in TITLED else cleaned(name, 40) for name in names]


def _filled(table: dict[str, tuple[str, str]], relation: str | None, kind: str, names: list[str], chinese: bool) -> str:
    role = _ROLES[relation][chinese] if relation in _ROLES else ""
    return table[_link(relation, kind)][chinese].format(names=listed(names, chinese), role=role)


def _link(relation: str | None, kind: str) -> str:
    """Under what a connection stands in the tables: its relation, else what it leads to."""
    if kind == "person" and relation in _ROLES:
        return "role"
    if relation in _CONNECTED:
        return relation
    kind = "work" if kind == "item" else kind
    return kind if kind in ("person", "series", "album", "work") else "thing"


def elsewhere(key: str, name: str, kind: ItemKind, chinese: bool) -> str:
    """A sentence of a topic (`segue.topics`) that somebody likes in items of that kind, for an item of another one."""
    sort = key.partition(":")[0]
    form = f"across {sort}" if sort in ("creator", "language") else "across"
    return sentence(form, chinese, topic=topic(key, name, chinese), kinds=KINDS[kind.value][chinese])


def topic(key: str, name: str, chinese: bool) -> str:
    """A topic (`segue.topics`) as people name it; a language by its name: ``Japanese`` for ``language:ja``."""
    sort, _, value = key.partition(":")
    known = sort == "language" and value in LANGUAGES
    return language_name(value, chinese) if known else topic_as_it_is(key, name, chinese)


def language_name(code: str, chinese: bool) -> str:
    """What a language is called: ``Japanese`` or 日语 for ``ja``; of one that is not known its code."""
    english, _, own = LANGUAGES.get(code.split("-")[0].lower(), (cleaned(code, 20), (), (cleaned(code, 20),)))
    return own[0] if chinese else english


def sentence(name: str, chinese: bool, **parts: str) -> str:
    """One of the sentences, filled in."""
    return _SENTENCES[name][chinese].format(**parts)


def either(names: list[str], chinese: bool) -> str:
    """``A``, ``A or B``, ``A, B or C``; empty of nothing."""
    if chinese or len(names) < 2:
        return "、".join(names)
    return f"{', '.join(names[:-1])} or {names[-1]}"


def unwanted(moods: str, chinese: bool) -> str:
    """``not sad or scary``"""
    return f"不要{moods}" if chinese else f"not {moods}"


def from_session(moods: str, chinese: bool) -> str:
    """What the mood of a session is."""
    return f"刚才播放的氛围：{moods}" if chinese else f"as what you just played: {moods}"


def way(name: str, moods: str, chinese: bool) -> str:
    """One of two things to want: what feels with somebody, or what helps."""
    english, own = {"match": ("to feel with you: {}", "陪着你：{}"), "lift": ("to lift you: {}", "让你好起来：{}")}[
        name
    ]
    return (own if chinese else english).format(moods)


_CHANNELS: dict[str, tuple[str, str]] = {
    "history": ("what you did before", "你以前的行为"),
    "session": ("what you are doing right now", "你此刻的行为"),
    "stated": ("what you said about yourself", "你对自己的说明"),
    "words": ("the words you typed", "你输入的词"),
    "meaning": ("what your words mean", "你的话的意思"),
    "mood": ("the mood", "氛围"),
    "knowledge": ("the names in your words", "你提到的名字"),
    "said": ("what you wrote", "你写过的话"),
    "across": ("what you like of other media", "你在其他媒介上的喜好"),
    "popularity": ("how many people choose it", "选择它的人数"),
    "answers": ("people who answered alike", "回答相近的人"),
    "prior": ("people of your age or gender", "与你年龄或性别相近的人"),
    "taste": ("what you often choose", "你常选的内容"),
    "fresh": ("how new it is", "它的新旧"),
    "live": ("that it is on air", "它正在直播"),
    "place": ("a place kept for newcomers", "留给新内容的位置"),
    "catalogue": ("what is in the library", "片库里的内容"),
    "other": ("other things", "其他因素"),
}
"""What claims and parts of the blend speak of."""


def channel(name: str, chinese: bool) -> str:
    """What a claim speaks of, in a few words."""
    return _CHANNELS.get(name, _CHANNELS["other"])[chinese]
