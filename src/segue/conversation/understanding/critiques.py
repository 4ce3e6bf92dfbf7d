"""Critiques of the list that was shown: shorter, older, less famous, less sad; and a bare "long", "old" or "recent".

Shorter is shorter than the mean of the list, so that what comes is shorter on the whole; where no list was shown, than
the middle of the catalogue. How an item feels has no number: then the search leans away from the list's first items.
"""

# ruff: noqa: E501 - a pattern is one line

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ...arrays import Rows
from ...conditions import AtLeast, AtMost
from ...pipeline.asking.ideas import ideas_of
from ...pipeline.asking.lexicon import LEANINGS
from ...pipeline.asking.reading import Found, Reader, Rule
from ...pipeline.asking.rules.patterns import one_of
from ...pipeline.filters.conditions import popularity
from ...pipeline.stages import World
from ...profiles.mood_words import read

LEADING = 3
"""Items of the list that a search leans away from."""
OLD_YEARS, RECENT_YEARS = 35, 5
"""What is old, and what recent, counted from the newest year of the catalogue."""
_SOFT = r"(?:(?:a (?:bit|little|lot)|bit|much|even|somewhat|slightly|way|far|rather|something|anything|some|ones?|they (?:can|could|should) be|it (?:can|could|should) be|make (?:it|them)|but|and|only) )*"
_THAN = r"(?:\s(?:ones?|films?|movies?|songs?|tracks?|videos?|stuff|things?))?(?:\sthan (?:that|those|these|this|them|it)\b)?"
_NO_NUMBER = r"(?!\s?(?:than\s(?:\d|a\b|an\b|half|one|two|three|the\s)|year))"
_LESS = r"(?:less|too|not (?:so|as|that|too|very|quite as)|not all that|nothing (?:too|so|very)|no(?:thing)? overly)"
_LESS_ZH = r"(?:(?:不要|别|不用|不|没)(?:有)?(?:那么|这么|太|过于|很)|(?:不要|别)?(?:有点儿?)?太)"
_A_BIT_ZH = r"(?:一点儿?|一些|点儿?|些)"
_WORDS: dict[str, tuple[str, str]] = {
    "shorter": ("shorter|briefer|quicker to watch|less long", "短"),
    "longer": ("longer|lengthier|less short", "长"),
    "newer": ("newer|more recent|more modern|more current|later|fresher|less old", "新|近"),
    "older": ("older|earlier|more classic|more vintage|less recent|less new|less modern", "老|旧|早|古早|经典"),
    "lesser": (
        "more obscure|lesser[- ]known|less (?:famous|popular|well[- ]known|known|mainstream|obvious|big)|more niche|more underground|deeper cuts",
        "冷门|小众|偏门",
    ),
    "better": (
        "more (?:famous|popular|mainstream|well[- ]known)|better[- ]known|bigger names?",
        "热门|有名|知名|火|大众|主流|出名",
    ),
}
_OPPOSITE = {
    "shorter": "longer",
    "longer": "shorter",
    "newer": "older",
    "older": "newer",
    "lesser": "better",
    "better": "lesser",
}
_PLAIN = {
    "shorter": ("long|lengthy", "长"), "longer": ("short|brief", "短"), "newer": ("old|dated|ancient", "老|旧"),
    "older": ("new|recent|modern", "新"), "lesser": ("famous|popular|well[- ]known|mainstream|known|obvious", "有名|出名|知名|热门|火|大众|主流"),
    "better": ("obscure|niche|unknown", "冷门|小众"),
}  # fmt: skip
"""Not so long means shorter."""
_TOLD = {
    "shorter": ("shorter", "更短"), "longer": ("longer", "更长"), "newer": ("newer", "更新"), "older": ("older", "更老"),
    "lesser": ("less well known", "没那么有名"), "better": ("better known", "更有名"),
}  # fmt: skip
_LEANING = {word: name for name, lean in LEANINGS.items() for word in (*lean.english, *lean.chinese)}
_LEAN_EN = one_of(w for w, name in _LEANING.items() if w.isascii() and name not in _WORDS)
_LEAN_ZH = one_of(w for w, name in _LEANING.items() if not w.isascii() and name not in _WORDS)
_SCARY = ("scary", "frightening", "creepy", "恐怖", "吓人", "可怕", "惊悚")
_TOO = {
    "faster": ("slow|sleepy|boring|dull", "慢|闷|拖|拖沓"), "slower": ("fast|quick|hectic|rushed", "快|急"),
    "calmer": ("loud|noisy|heavy|intense|wild|aggressive|harsh|exciting", "吵|闹|激烈|燥|重|吵闹|刺激"),
    "livelier": ("quiet|calm|soft|tame", "安静|静|平淡|平静"),
    "brighter": ("dark|gloomy|depressing|grim|bleak|sad|melancholic|heavy going", "黑暗|暗|压抑|沉重|丧|悲|悲伤|伤感|难过"),
    "darker": ("cheerful|happy|sweet|bright", "甜|欢快|欢乐"), "more serious": ("silly|goofy|childish", "幼稚|傻|低幼"),
    "funnier": ("serious|dry|earnest", "严肃|正经|枯燥"),
}  # fmt: skip
"""What a list is too much of → where the next one goes instead."""
_CRUEL = {
    "violent": ("violence", "violent"), "gory": ("gore", "gory"), "bloody": ("gore", "bloody"), "brutal": ("brutal", "brutality"),
    "血腥": ("血腥",), "暴力": ("暴力",),
}  # fmt: skip
"""What an item says of itself that is so."""


@dataclass(frozen=True)
class Ground:
    """What a critique is about."""

    world: World
    rows: Rows
    """Of the list that was shown; empty: none was."""
    kinds: tuple[int, ...] = ()
    """Codes of the kinds that are asked for just now."""
    horror: bool = False
    """Whether horror is asked for just now."""

    def mean(self, name: str) -> float | None:
        """Mean of the list in what a critique measures; the middle of the catalogue where there is no list."""
        catalogue = self.world.catalogue
        column = {"duration": catalogue.durations, "year": catalogue.years.astype(np.float32)}.get(name)
        column = popularity(self.world) if column is None else np.where(column < 0, np.nan, column)
        listed = column[self.rows]
        listed = listed[np.isfinite(listed)]
        if len(listed):
            return float(listed.mean())
        known = column[np.isfinite(column) & self.wanted]
        return float(np.median(known)) if len(known) else None

    @property
    def wanted(self) -> Any:
        """(n items,) True for what is of the kinds that are asked for."""
        kinds = self.world.catalogue.kinds
        return np.isin(kinds, self.kinds) if self.kinds else kinds >= 0

    def spread(self, part: float) -> float | None:
        """A quantile of the lengths of what is asked for."""
        lengths = self.world.catalogue.durations[self.wanted]
        lengths = lengths[np.isfinite(lengths)]
        return float(np.quantile(lengths, part)) if len(lengths) else None


def _compared(name: str, ground: Ground, _match: re.Match[str], reader: Reader) -> Found | None:
    """A limit beside the mean of the list."""
    if reader.seed is not None:
        return None
    english, chinese = _TOLD[name]
    if name in ("shorter", "longer"):
        mean = ground.mean("duration")
        if mean is None:
            return None
        limits = {"max_duration_s": _below(mean)} if name == "shorter" else {"min_duration_s": _above(mean)}
        return Found("duration", english, chinese, limits)
    if name in ("newer", "older"):
        mean = ground.mean("year")
        if mean is None:
            return None
        limits = {"min_year": int(np.floor(mean)) + 1} if name == "newer" else {"max_year": int(np.ceil(mean)) - 1}
        year = next(iter(limits.values()))
        told = (f"since {year}", f"{year} 年及以后") if name == "newer" else (f"until {year}", f"{year} 年及以前")
        return Found("year", f"{english}: {told[0]}", f"{chinese}：{told[1]}", limits)
    mean = ground.mean("popularity")
    if mean is None:
        return None
    where = (
        AtMost(field="popularity", value=mean * 0.999) if name == "lesser" else AtLeast(field="popularity", value=mean)
    )
    return Found("popularity", english, chinese, {"where": where})


def _below(seconds: float) -> float:
    """A little less, on a whole minute where that is little."""
    return float(np.ceil(seconds / 60 - 1) * 60) if seconds > 1200 else round(0.97 * seconds, 1)


def _above(seconds: float) -> float:
    return float(np.floor(seconds / 60 + 1) * 60) if seconds > 1200 else round(1.03 * seconds, 1)


def _less(ground: Ground, match: re.Match[str], reader: Reader) -> Found | None:
    """Less of a feeling: what has that mood is not wanted; of what is scary, horror where it was not asked for."""
    word = match.group("m")
    if word in _SCARY and reader.seed is None:
        if not ground.horror:
            names = [name for genre in ideas_of("horror") for name in reader.genre_names(genre)]
            limits = {"without_genres": tuple(dict.fromkeys((*names, "horror", "恐怖")))}
            return Found("without", "not scary", "不要太恐怖", limits)
        return _leaning("less scary", ground)
    if word in _CRUEL and reader.seed is None:
        told = (
            f"not {word}" if word.isascii() else "less cruel",
            f"不要太{word}" if not word.isascii() else "不要太残酷",
        )
        return Found("without", *told, {"without_words": _CRUEL[word]})
    heard = [one for one in read(f"not {word}" if word.isascii() else f"不要{word}") if one.what == "not"]
    if not heard:
        return None
    return Found("not_mood", f"less {word}", f"不要那么{word}" if not word.isascii() else f"不要那么 {word}")


def _instead(name: str, ground: Ground, match: re.Match[str], reader: Reader) -> Found | None:
    """Too much of something: away from it. "Not too sad" before a list is a wish of its own."""
    if reader.seed is not None or re.search(r"(?:not?|n't|nothing|不要|别|不)\W*$", match.string[: match.start()]):
        return None
    return _leaning(name, ground)


def _leans(ground: Ground, match: re.Match[str], reader: Reader) -> Found | None:
    if reader.seed is not None or not len(ground.rows):
        return None
    return _leaning(_LEANING[match.group("d")], ground)


def _leaning(name: str, ground: Ground) -> Found | None:
    if not len(ground.rows):
        return None
    ids = tuple(ground.world.catalogue.ids[row] for row in ground.rows[:LEADING].tolist())
    chinese = "更" + (LEANINGS[name].chinese[0] if name != "less scary" else "温和")
    return Found("leaning", name, chinese, seeds=ids, leanings=(name,))


def _vague(name: str, ground: Ground, _match: re.Match[str], reader: Reader) -> Found | None:
    """A bare "long" or "old"."""
    years = ground.world.catalogue.years
    newest = min(int(years.max(initial=0)), reader.year)
    if name == "old":
        year = newest - OLD_YEARS
        return Found("year", f"old: until {year}", f"老：{year} 年及以前", {"max_year": year}) if newest > 0 else None
    if name == "popular":
        known = popularity(ground.world)
        known = known[np.isfinite(known) & ground.wanted]
        if not len(known) or known.max() <= 0:
            return None
        where = AtLeast(field="popularity", value=float(np.quantile(known, 0.9)))
        return Found("popularity", "popular", "热门", {"where": where})
    if name == "recent":
        year = newest - RECENT_YEARS
        return (
            Found("year", f"recent: since {year}", f"新：{year} 年及以后", {"min_year": year}) if newest > 0 else None
        )
    length = ground.spread(0.25 if name == "short" else 0.75)
    if length is None:
        return None
    limits = {"max_duration_s": length} if name == "short" else {"min_duration_s": length}
    return Found("duration", name, "短" if name == "short" else "长", limits)


_ABSOLUTE = {
    "popular": (r"(?:the )?(?:most |really |very )?(?:popular|famous|well[- ]known)|blockbusters?|(?:box office|big) hits?", r"最?(?:热门|火爆|有名|出名|红|流行)的?|最火的?|大片"),
    "old": (r"(?:old|older|classic|vintage|old[- ]school|golden age)(?=\s(?:\w+\s){0,2}(?:films?|movies?|songs?|music|shows?|series|comed\w+|thrillers?|westerns?|dramas?|horrors?)\b)|classics", r"老(?=\S{0,4}(?:片|电影|歌|剧|喜剧))|怀旧老|经典老"),
    "recent": (r"(?:recent|latest|brand[- ]new|new)(?=\s(?:\w+\s){0,2}(?:films?|movies?|songs?|music|shows?|series|comed\w+|thrillers?|releases?|ones)\b)|(?:something|anything|what(?:'s| is)|what else is) (?:new|recent)(?: (?:here|in|lately|this week|this month))?|^\W*new(?: stuff| things| arrivals)?\W*$", r"(?:最近)?有(?:什么|啥|没有)?新(?:的|内容|片|歌|东西)吗?|上新了?(?:什么)?|最新的?|新出的?|近几年的?|近年的?|最近的|新片"),
    "short": (r"(?:something |anything )?(?:quick|short)(?=\s(?:\w+\s){0,2}(?:films?|movies?|songs?|tracks?|one|ones|shows?)\b|\s*$)|(?:something|anything) (?:short|quick)", r"短片|短的"),
    "long": (r"(?:long|epic[- ]length)(?=\s(?:\w+\s){0,2}(?:films?|movies?|songs?|tracks?|one|ones|dramas?|comed\w+)\b)|(?:something|anything) long", r"长片|长的"),
}  # fmt: skip


def rules(ground: Ground) -> Sequence[Rule]:
    """What is read beside the list that was shown."""
    found: list[Rule] = []
    for name, (english, chinese) in _WORDS.items():
        make = partial(_compared, name, ground)
        plain_en, plain_zh = _PLAIN[name]
        found += [
            (re.compile(rf"\b{_SOFT}{_LESS}\s(?:{plain_en})\b{_NO_NUMBER}{_THAN}"), make),
            (re.compile(rf"\b{_SOFT}(?:{english})\b{_NO_NUMBER}{_THAN}"), make),
            (re.compile(rf"{_LESS_ZH}(?:{plain_zh})(?:的|了)?"), make),
            (re.compile(rf"(?:要|得|想要|想看|想听)?(?:更加|更|再|稍微|稍|尽量)(?:要)?(?:{chinese})(?:{_A_BIT_ZH})?(?:的)?(?!类|鲜|闻)"), make),
            (re.compile(rf"(?:要|得|想要|想看|想听|来)?(?:{chinese}){_A_BIT_ZH}(?:也(?:行|可以|好))?(?:的)?"), make),
        ]  # fmt: skip
    found.append((re.compile(r"(?:来|要|想看|想听|有没有)?(?:冷门|小众)的?"), partial(_compared, "lesser", ground)))
    found += [
        rule
        for name, (english, chinese) in _TOO.items()
        for rule in (
            (re.compile(rf"\b{_SOFT}too (?:{english})\b{_THAN}"), partial(_instead, name, ground)),
            (re.compile(rf"(?:有点儿?)?太(?:{chinese})(?:了|啦)?"), partial(_instead, name, ground)),
        )
    ]
    mood_en, mood_zh = r"(?P<m>[a-z-]{3,16})", r"(?P<m>[\u4e00-\u9fff]{1,4}?)"
    less = partial(_less, ground)
    found += [
        (re.compile(rf"\b{_SOFT}{_LESS}\s{mood_en}\b"), less),
        (re.compile(rf"{_LESS_ZH}{mood_zh}(?:的|了|$|(?=[,，。\s]))"), less),
        (re.compile(rf"\b{_SOFT}(?P<d>{_LEAN_EN})\b{_THAN}"), partial(_leans, ground)),
        (
            re.compile(rf"(?:要|得)?(?:更加|更|再|稍微)(?P<d>{_LEAN_ZH})(?:{_A_BIT_ZH})?(?:的)?"),
            partial(_leans, ground),
        ),
        (re.compile(rf"(?P<d>{_LEAN_ZH}){_A_BIT_ZH}(?:的)?"), partial(_leans, ground)),
    ]
    return found


def vague(ground: Ground) -> Sequence[Rule]:
    """Bare adjectives, which are read last."""
    return [
        (re.compile(rf"\b(?:{english})|(?:{chinese})" if english else chinese), partial(_vague, name, ground))
        for name, (english, chinese) in _ABSOLUTE.items()
    ]
