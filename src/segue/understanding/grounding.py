"""Grounding: whether a sentence about an item says nothing but what is stated of it.

A language model may put facts in other words, and may not add any. So a sentence stays only where each of its words
stands in what the item's owner states (title, series, creators, genres, tags, year, length, description; never in a
transcript), or is one of the plain words that claim nothing (`segue.understanding.plain_words`): no name, award, praise
or number is among these. Beyond the words it is looked at that names stand together as they are stated, that numbers
have the same neighbour, that whoever is named beside a role has it, and that what is called a genre of the item is one.
That is strict on purpose: many a true sentence goes, and no untrue name, year, number, genre, length, award or title
stays. What the words say together is not understood; a sentence may still put stated words in a wrong relation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..items import Credit, Item, ItemKind
from ..letters import fold_letters
from ..llm.text import one_line, visible
from ..settings import Settings
from .annotators.vocabularies import vocabularies
from .plain_words import FUNCTION_ZH, PLAIN, PLAIN_ZH

MOST_READ = 3_000
"""Characters of a description that count as stated: what a model is sent."""

_ROLES: dict[str, tuple[frozenset[str], frozenset[str], tuple[str, ...]]] = {
    name: (frozenset(roles.split()), frozenset(english.split()), tuple(chinese.split()))
    for name, roles, english, chinese in (
        ("director", "director 导演 指导 creator", "directed director directs directing filmmaker", "执导 导演"),
        (
            "actor",
            "actor actress cast star performer voice 演员 主演 配音",
            "starring stars star starred actor actress cast voiced plays played performance",
            "主演 出演 饰演 演员 配音 参演",
        ),
        (
            "writer",
            "writer author screenplay 编剧 作者",
            "written writer writes wrote author screenplay penned",
            "编剧 作者 撰写 所著",
        ),
        (
            "artist",
            "artist singer band performer bandleader dj 歌手 音乐人 乐队 演奏",
            "performed performs sung sings singer artist band musician",
            "演唱 演奏 歌手 乐队 献唱",
        ),
        ("composer", "composer 作曲", "composed composer composes scored", "作曲 谱曲 配乐"),
        ("producer", "producer 制片 监制", "produced producer produces", "制片 监制 出品"),
        ("host", "host presenter 主播 主持 主持人", "hosted hosts host presented presenter", "主持 主播"),
        ("developer", "developer studio 开发", "developed developer", "开发"),
    )
}
"""Role → (how catalogues call it, English words that claim it, Chinese ones)."""
_NOT_MAKERS = ("actor", "producer")
KINDS: dict[ItemKind, tuple[str, str]] = {
    ItemKind.MOVIE: ("film films movie", "电影 影片"),
    ItemKind.SERIES: ("series show", "剧集 电视剧 连续剧 剧"),
    ItemKind.EPISODE: ("episode", "单集"),
    ItemKind.VIDEO: ("video", "视频"),
    ItemKind.SHORT: ("short video clip", "短视频 视频"),
    ItemKind.LIVE: ("live stream", "直播"),
    ItemKind.TRACK: ("track song music tune", "音乐 歌曲 曲子 歌"),
    ItemKind.PODCAST: ("podcast", "播客"),
    ItemKind.PODCAST_EPISODE: ("podcast episode", "播客 单集"),
    ItemKind.GAME: ("game", "游戏"),
    ItemKind.AD: ("advert", "广告"),
}
"""What an item of a kind may be called; the first is how it is told."""
_KIND_WORDS = frozenset(word for english, _ in KINDS.values() for word in english.split()) | {"story", "tale", "piece"}
_GENRE_WORDS = frozenset(
    ("romantic", "comic", "noir", "musical", "western", "thriller", "biopic", "scifi", "suspense", "satire", "anime")
)
_CALLED = "(?:类|题材|风格)?(?:片|电影|影片|剧|剧集|连续剧|音乐|歌曲|游戏|节目|作品|故事|大片|曲)"
"""What follows a Chinese genre where an item is called so."""
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\U00020000-\U0002ffff"
_TOKEN = re.compile(rf"(?P<cjk>[{_CJK}]+)|(?P<number>\d+(?:[.,]\d+)*)|(?P<word>[^\W\d_{_CJK}]+)")
_QUOTED = re.compile(r"“([^”]*)”|\"([^\"]*)\"|《([^》]*)》|「([^」]*)」|『([^』]*)』")
_STRANGE = re.compile(r"[<>{}\[\]\\|@#*_`^~=]|://")


@dataclass(frozen=True)
class _Token:
    text: str
    folded: str
    sort: str
    begin: int
    end: int


def _tokens(text: str) -> list[_Token]:
    found = []
    for match in _TOKEN.finditer(text):
        sort = match.lastgroup or ""
        found.append(_Token(match.group(), fold_letters(match.group()), sort, *match.span()))
    return found


@dataclass(frozen=True)
class Facts:
    """What is stated of one item, ready to be compared with."""

    item: Item
    stated: tuple[str, ...]
    """Texts of its fields but the description, and how its kind, year and length may be put."""
    told: str
    """Its description."""
    genres: frozenset[str]
    """Folded names of its genres and tags, and their words, in both languages."""
    known_genres: frozenset[str]
    """Folded words that are genres of anything."""

    @property
    def texts(self) -> tuple[str, ...]:
        """All of it."""
        return (*self.stated, self.told)


def facts_of(item: Item, settings: Settings) -> Facts:
    """What is stated of an item."""
    every = vocabularies(settings)
    labels = {**every.get("tags", {}), **every.get("genres", {})}
    by_chinese = {label.zh: name for name, label in labels.items() if label.zh}
    named: list[str] = []
    for name in (*item.genres, *item.tags):
        label = labels.get(name.casefold()) or labels.get(name)
        named += [
            name,
            *([label.zh] if label and label.zh else ()),
            *([by_chinese[name]] if name in by_chinese else ()),
        ]
    genres = {word for name in named for word in (fold_letters(name), *fold_letters(name).replace("-", " ").split())}
    known = {fold_letters(name) for name in every.get("genres", {})}
    chinese = {label.zh for label in every.get("genres", {}).values() if label.zh}
    stated = [
        *(text for text in (item.title, item.series, item.album) if text),
        *(credit.name for credit in item.creators),
        *named,
        *_measures(item),
    ]
    return Facts(
        item=item,
        stated=tuple(visible(text, 500) for text in stated),
        told=visible(item.description or "", MOST_READ),
        genres=frozenset(genres),
        known_genres=frozenset(known | chinese | _GENRE_WORDS),
    )


def _measures(item: Item) -> Iterable[str]:
    """Kind, year, length and place in a series, as they may be put in either language."""
    english, chinese = KINDS[item.kind]
    yield english
    yield from chinese.split()
    if item.year:
        yield f"{item.year}"
        yield f"{item.year}年"
    if item.duration_s and item.duration_s >= 60:
        minutes = round(item.duration_s / 60)
        hours, rest = divmod(minutes, 60)
        yield f"{minutes} minutes"
        yield f"{minutes} minute long"
        yield f"{minutes}分钟"
        if hours:
            yield f"{hours} hour{'s' * (hours > 1)}" + (f" {rest} minutes" if rest else "")
            yield f"{hours}小时" + (f"{rest}分钟" if rest else "")
    if item.season is not None:
        yield f"season {item.season}"
        yield f"第{item.season}季"
    if item.number is not None:
        yield f"{'track' if item.kind is ItemKind.TRACK else 'episode'} {item.number}"
        yield f"第{item.number}{'首' if item.kind is ItemKind.TRACK else '集'}"


def unsupported(sentence: str, facts: Facts) -> str | None:
    """The first thing that a sentence says and that is not stated, in a few words; None: it may stand."""
    text = one_line(sentence)
    if not any(c.isalnum() for c in text):
        return "it says nothing"
    if strange := _STRANGE.search(text):
        return f"the sign {strange.group()!r}"
    tokens = _tokens(text)
    role, wrong = _role(text, tokens, facts)
    if wrong:
        return wrong
    # What a sentence with a role says must stand in the fields: in a description anybody may be named.
    texts = facts.stated if role else facts.texts
    ground = _Ground(texts, _ROLES[role] if role else None)
    return (
        ground.lacks(tokens)
        or _names(text, tokens, texts)
        or _genre(text, tokens, facts)
        or _year(text, tokens, facts)
        or _quoted(text, texts)
    )


class _Ground:
    """The words that a sentence may use."""

    def __init__(
        self, texts: Sequence[str], role: tuple[frozenset[str], frozenset[str], tuple[str, ...]] | None
    ) -> None:
        every = [_tokens(text) for text in texts]
        self._stems = {_stem(token.folded) for tokens in every for token in tokens if token.sort == "word"}
        self._pairs = {pair for tokens in every for pair in _pairs(tokens)}
        self._alone = {text for text in texts if text.isdecimal() and len(text) == 4}
        self._chinese = "\n".join(fold_letters(text) for text in texts)
        self._plain = PLAIN | (role[1] if role else frozenset())
        self._plain_zh = PLAIN_ZH | frozenset(role[2] if role else ())

    def lacks(self, tokens: Sequence[_Token]) -> str | None:
        """The first word that is neither stated nor plain."""
        for token in tokens:
            if token.sort == "cjk":
                if not self._covers(token.folded):
                    return f"{token.text!r}"
            elif token.sort == "word" and not (token.folded in self._plain or _stem(token.folded) in self._stems):
                return f"{token.text!r}"
        for at, token in enumerate(tokens):
            if token.sort != "number":
                continue
            behind = tokens[at + 1].folded if at + 1 < len(tokens) else ""
            if token.text in self._alone and not _UNIT.match(behind):
                continue
            beside = _pairs(tokens[max(at - 1, 0) : at + 2])
            if not any(pair in self._pairs for pair in beside if _stem(token.folded) in pair):
                return f"the number {token.text}"
        return None

    def _covers(self, run: str) -> bool:
        """Whether a run of Chinese can be cut into stated stretches of two characters or more, and plain words."""
        reached = [True] + [False] * len(run)
        for begin in range(len(run)):
            if not reached[begin]:
                continue
            if run[begin] in FUNCTION_ZH or run[begin] in self._plain_zh:
                reached[begin + 1] = True
            for end in range(begin + 2, min(begin + 16, len(run)) + 1):
                piece = run[begin:end]
                if piece in self._plain_zh or piece in self._chinese:
                    reached[end] = True
        return reached[-1]


_UNIT = re.compile(
    r"(?:minute|min|hour|second|day|week|month|season|part|volume|time|people|award|dollar|million|billion|thousand|"
    r"percent|year)s?$|(?:films|episodes|tracks|songs|copies|pieces)$|[分小秒天周月季集部首次人岁万亿美元奖届]"
)
"""What a number counts; a year stands without."""


def _pairs(tokens: Sequence[_Token]) -> Iterable[tuple[str, str]]:
    """Numbers with what stands beside them: of Chinese one character, of other scripts a word in the singular."""
    for one, other in pairwise(tokens):
        if "number" in (one.sort, other.sort):
            before = one.folded[-1] if one.sort == "cjk" else _stem(one.folded)
            behind = other.folded[0] if other.sort == "cjk" else _stem(other.folded)
            yield before, behind


def _stem(word: str) -> str:
    """A word without the commonest English endings."""
    for ending in ("ing", "ed", "es", "s", "ly"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)]
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return f"{word[:-1]}y" if word.endswith("i") else word.removesuffix("e") if len(word) > 3 else word


def _names(text: str, tokens: Sequence[_Token], texts: Sequence[str]) -> str | None:
    """Names that stand side by side and are not stated so: the first name of one and the last of another."""
    fields = [[token.folded for token in _tokens(field) if token.sort != "cjk"] for field in texts]
    names = {t.folded for field in texts for t in _tokens(field)[1:] if t.sort == "word" and t.text[0].isupper()} | {
        t.folded for field in texts[:-1] for t in _tokens(field) if t.sort == "word" and t.text[0].isupper()
    }
    run: list[_Token] = []
    for token in [*tokens, None]:
        fits = (
            token is not None
            and token.sort == "word"
            and token.folded not in PLAIN
            and (token.text[0].isupper() or token.folded in names)
        )
        if fits and token is not None and (not run or text[run[-1].end : token.begin] in (" ", "-", "'", "’", ". ")):
            run.append(token)
            continue
        if len(run) > 1 and not any(_stands([one.folded for one in run], field) for field in fields):
            return f"{text[run[0].begin : run[-1].end]!r}"
        run = [token] if fits and token is not None else []
    return None


def _stands(run: Sequence[str], field: Sequence[str]) -> bool:
    size = len(run)
    return any(list(field[at : at + size]) == list(run) for at in range(len(field) - size + 1))


def _has(credit: Credit, role: str) -> bool:
    return any(word in _ROLES[role][0] for word in re.split(r"[\s,/&]+", credit.role.casefold()))


def _role(text: str, tokens: Sequence[_Token], facts: Facts) -> tuple[str | None, str | None]:
    """(the one role that a sentence speaks of, what is wrong with whom it names)."""
    words = {token.folded for token in tokens}
    named = [credit for credit in facts.item.creators if _mentions(tokens, text, credit)]
    if not named:
        # "A singer waits for the train" speaks of nobody's part in it, where the description says so too.
        told = {token.folded for token in _tokens(facts.told)}
        words -= told - {one.folded for one, other in pairwise(tokens) if other.folded == "by"}
    claimed = [
        name
        for name, (_, english, chinese) in _ROLES.items()
        if words & english or any(word in text and (named or word not in facts.told) for word in chinese)
    ]
    if not claimed:
        at = {token.folded: before.folded for before, token in pairwise(tokens)}
        for credit in named:
            roles = [name for name in _ROLES if _has(credit, name)]
            by = any(at.get(token.folded) == "by" for token in _tokens(credit.name))
            if by and roles and all(name in _NOT_MAKERS for name in roles):
                return None, f"{credit.name!r} made nothing of it"
        return None, None
    if len(claimed) > 1:
        return claimed[0], "it speaks of more than one role"
    (role,) = claimed
    if not any(_has(credit, role) for credit in named):
        return role, f"nobody who is stated as {role} is named"
    owners = [credit for credit in facts.item.creators if _has(credit, role)]
    # Whoever bears the same surname is meant where one of them has the role.
    for credit in named:
        if credit not in owners and not any(_only_shared(tokens, credit, owner) for owner in owners):
            return role, f"{credit.name!r} is not stated as {role}"
    return role, None


def _mentions(tokens: Sequence[_Token], text: str, credit: Credit) -> bool:
    """Whether a sentence names somebody, if only by a part of the name."""
    own = [token for token in _tokens(credit.name) if token.folded not in PLAIN]
    said = {token.folded for token in tokens}
    return any(t.folded in said if t.sort != "cjk" else t.folded in fold_letters(text) for t in own)


def _only_shared(tokens: Sequence[_Token], credit: Credit, owner: Credit) -> bool:
    """Whether the words of a name that a sentence holds are all of another's name, too."""
    said = {token.folded for token in tokens}
    own, others = ({t.folded for t in _tokens(one.name)} for one in (credit, owner))
    return bool(own & said) and own & said <= others


def _genre(text: str, tokens: Sequence[_Token], facts: Facts) -> str | None:
    """What is called a genre of the item and is none: "a war film" of a film in which there is a war."""
    for one, other in pairwise(tokens):
        claims = other.folded in _KIND_WORDS or other.folded in facts.known_genres
        if one.folded in facts.known_genres and claims and one.folded not in facts.genres:
            return f"the genre {one.text!r}"
        if one.folded in ("a", "an") and other.folded in facts.known_genres and other.folded not in facts.genres:
            return f"the genre {other.text!r}"
    for name in facts.known_genres - facts.genres:
        if not name.isascii() and re.search(rf"{re.escape(name)}{_CALLED}", text):
            return f"the genre {name!r}"
    return None


def _year(text: str, tokens: Sequence[_Token], facts: Facts) -> str | None:
    """A year of the item that is another than its own: "a film of 1962" of a film of 2000 that plays in 1962."""
    english = {token.folded for token in tokens} & _KIND_WORDS
    if not english and not any(word in text for _, chinese in KINDS.values() for word in (*chinese.split(), "上映")):
        return None
    own = str(facts.item.year or "")
    wrong = (t for t in tokens if t.sort == "number" and re.fullmatch(r"1[89]\d\d|20\d\d", t.text) and t.text != own)
    other = next(wrong, None)
    return f"the year {other.text}" if other else None


def _quoted(text: str, texts: Sequence[str]) -> str | None:
    """What stands between quotation marks and is not stated so."""
    for match in _QUOTED.finditer(text):
        inner = next((group for group in match.groups() if group is not None), "")
        said = [token.folded for token in _tokens(inner)]
        if said and not any(_stands(said, [token.folded for token in _tokens(field)]) for field in texts):
            return f"“{inner}”"
    return None
