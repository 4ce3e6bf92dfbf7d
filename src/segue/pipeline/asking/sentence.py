"""Filters, a seed and a direction read from a sentence, in English and in Chinese, by rules.

A rule takes a stretch of the sentence and says in both languages what it understood; what no rule took remains as the
words to be searched. A sentence that is a title here, or the beginning of one, is left whole: nobody who types "No
Country for Old Men" asks for less country. Whatever was read is told with the answer and can be taken back part by part.
"""

# ruff: noqa: E501 - a rule is one line

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np

from ...catalogue import KIND_CODE
from ...items import Credit, ItemKind
from ...queries import Constraints
from ..sources.words import folded, simplified
from .lexicon import (
    ALSO,
    FILLERS_EN,
    FILLERS_ZH,
    GENRES,
    JOINTS_EN,
    JOINTS_ZH,
    KIND_NAMES,
    KINDS,
    LANGUAGES,
    LEANINGS,
    Genre,
)
from .titles import Names, has_role

LONGEST_READ = 1000
"""Characters from which filters are read; what stands behind them is words."""
CHILDREN = 12
"""Age ceiling of what is asked for "for kids"."""


@dataclass(frozen=True)
class Part:
    """One thing understood."""

    what: str
    """``duration`` ``year`` ``language`` ``kind`` ``genre`` ``without`` ``creator`` ``audience`` ``seed`` ``leaning``
    ``spelling``."""
    text: str
    """As it was typed."""
    english: str
    chinese: str
    without: str
    """The sentence without it: what to send to take it back; empty where it cannot be."""

    def said(self, chinese: bool) -> str:
        """How it was understood, in a few words."""
        return self.chinese if chinese else self.english


@dataclass(frozen=True)
class Understood:
    """A sentence taken apart."""

    typed: str
    words: str
    """What remains to be searched; empty where all was understood."""
    constraints: Constraints = field(default_factory=Constraints)
    seeds: tuple[str, ...] = ()
    leanings: tuple[str, ...] = ()
    """Names of `lexicon.LEANINGS`."""
    also: tuple[str, ...] = ()
    """Other names of the genres among the words, as this catalogue writes them."""
    parts: tuple[Part, ...] = ()


@dataclass
class _Found:
    """What a rule made of a stretch."""

    what: str
    english: str
    chinese: str
    limits: dict[str, Any] = field(default_factory=dict)
    seeds: tuple[str, ...] = ()
    leanings: tuple[str, ...] = ()
    span: tuple[int, int] | None = None
    """Where the stretch was shorter or longer than the pattern."""


Rule = tuple[re.Pattern[str], Callable[[re.Match[str], "_Reader"], _Found | None]]


def understood(typed: str, names: Names, year: int | None = None) -> Understood:
    """Take a sentence apart.

    Args:
        year: what "this year" means; None: that of the clock.
    """
    text = _readable(typed)
    if not text or names.is_title(text):
        return Understood(typed, text)
    return _Reader(text[:LONGEST_READ], text[LONGEST_READ:], names, year or datetime.now(UTC).year).read(typed)


def _readable(typed: str) -> str:
    """One line in compatibility form, without control and direction characters."""
    plain = unicodedata.normalize("NFKC", typed)
    plain = "".join(" " if c.isspace() else c for c in plain if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join(plain.split())


class _Reader:
    """One sentence on its way."""

    def __init__(self, text: str, tail: str, names: Names, year: int) -> None:
        self.text, self.tail, self.names, self.year = text, tail, names, year
        # Every character keeps its place, so that a stretch of the lower-case text is one of what was typed.
        self.plain = simplified("".join(low if len(low := c.lower()) == 1 else c for c in text))
        self.taken: list[tuple[int, int, _Found]] = []
        self.seed: int | None = None

    def read(self, typed: str) -> Understood:
        for pattern, make in RULES:
            for match in pattern.finditer(self._left()):
                if "\0" in match.group():
                    continue
                found = make(match, self)
                if found is not None:
                    begin, end = found.span or match.span()
                    self.taken.append((begin, end, found))
        self.taken.sort(key=lambda one: one[:2])
        limits: dict[str, Any] = {}
        for _, _, found in self.taken:
            limits = _both(limits, found.limits)
        words = _tidy(self._left(of_typed=True))
        meant = self.names.index.corrected(words)
        also = tuple(dict.fromkeys(other for genre in _genres_in(words) for other in self._genre_names(genre)))
        return Understood(
            typed=typed,
            words=" ".join(part for part in (words, self.tail.strip()) if part),
            constraints=Constraints(**limits),
            seeds=tuple(dict.fromkeys(s for _, _, f in self.taken for s in f.seeds)),
            leanings=tuple(dict.fromkeys(s for _, _, f in self.taken for s in f.leanings)),
            also=tuple(name for name in also if folded(name) not in folded(words)),
            parts=(
                *(
                    Part(f.what, self.text[b:e].strip(), f.english, f.chinese, self._without(b, e))
                    for b, e, f in self.taken
                ),
                *((Part("spelling", words, f"also “{meant}”", f"也搜索“{meant}”", ""),) if meant else ()),
            ),
        )

    def _left(self, of_typed: bool = False) -> str:
        """The text with a NUL for every character that a rule has taken."""
        left = list(self.text if of_typed else self.plain)
        for begin, end, _ in self.taken:
            left[begin:end] = "\0" * (end - begin)
        return "".join(left)

    def _without(self, begin: int, end: int) -> str:
        left = self.text[:begin].rstrip(" ,，") + " " + self.text[end:].lstrip(" ,，") + self.tail
        return re.sub(r"\s*(?:\b(?:but|and)\b|但是|但|不过)\s*$", "", " ".join(left.split()))

    def _genre_names(self, genre: Genre) -> tuple[str, ...]:
        """Genres of this catalogue that are the idea: `Horror`, `Horror Movies`, `恐怖`."""
        return tuple(name for name in self.names.catalogue.genre_names if genre in _genres_in(name))

    # What rules ask

    def genre_of(self, word: str) -> Genre | None:
        """The idea that a word names."""
        return next((genre for genre in GENRES if _single(word) in (*genre.english, *genre.chinese)), None)

    def has_kind(self, kinds: Iterable[ItemKind]) -> bool:
        """Whether the catalogue has any."""
        return bool(np.isin(self.names.catalogue.kinds, [KIND_CODE[kind] for kind in kinds]).any())


# Numbers and lengths

_NUMBERS = {
    word: n
    for n, word in enumerate(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], 1)
} | {"a": 1, "an": 1, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "forty-five": 45, "fifty": 50, "sixty": 60,
     "ninety": 90, "a hundred": 100, "one hundred": 100}  # fmt: skip
_N = r"(?:\d{1,4}(?:\.\d)?|" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + r")"
_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_NZ = r"(?:\d{1,4}(?:\.\d)?|[零一二三四五六七八九十百两]{1,5})"
_U = r"(?:hours?|hrs?|minutes?|mins?|seconds?|secs?|h|m|s)"
_LENGTH = rf"(?:half an hour|an hour and a half|{_N}\s?-?\s?{_U}\b(?:\s(?:and\s)?{_N}\s?(?:minutes?|mins?|m)\b)?)"
_LENGTH_ZH = rf"(?:半个?(?:小时|钟头)|{_NZ}\s?个?半?(?:小时|钟头|分钟|分|秒)(?:{_NZ}分钟?)?)"


def _number(text: str) -> float:
    if text in _NUMBERS:
        return _NUMBERS[text]
    if text[0].isdigit():
        return float(text)
    total, last = 0, 0
    for c in text:
        if c in "十百":
            total += (last or 1) * (10 if c == "十" else 100)
            last = 0
        else:
            last = _DIGITS[c]
    return float(total + last)


def _seconds(text: str) -> float:
    text = text.strip()
    if text == "half an hour" or re.fullmatch(r"半个?(?:小时|钟头)", text):
        return 1800.0
    if text == "an hour and a half":
        return 5400.0
    found = re.findall(rf"({_N}|{_NZ})\s?-?\s?(个?半?(?:小时|钟头|分钟|分|秒)|{_U}\b)", text)
    total = 0.0
    for amount, unit in found:
        scale = (
            3600 if unit[0] == "h" or "小时" in unit or "钟头" in unit else 1 if unit[0] == "s" or "秒" in unit else 60
        )
        total += scale * (_number(amount) + (0.5 if "半" in unit else 0))
    return total


def _told_length(seconds: float, chinese: bool) -> str:
    if seconds >= 60 and seconds % 60 == 0:
        return f"{seconds / 60:g} 分钟" if chinese else f"{seconds / 60:g} minutes"
    return f"{seconds:g} 秒" if chinese else f"{seconds:g} seconds"


def _length(low: bool, high: bool, match: re.Match[str], _: _Reader) -> _Found | None:
    given = [_seconds(part) for name, part in sorted(match.groupdict().items()) if name in ("a", "b") and part]
    if not all(given):
        return None
    if "a" in match.groupdict() and "n" in match.groupdict():
        first = match.group("n")
        if first:
            unit = given[0] / _number(re.findall(rf"{_N}|{_NZ}", match.group("a"))[0])
            given = [_number(first) * unit, *given]
    english, chinese = [_told_length(s, False) for s in given], [_told_length(s, True) for s in given]
    if len(given) == 2:
        return _Found("duration", f"{english[0]} to {english[1]}", f"{chinese[0]}到{chinese[1]}",
                      {"min_duration_s": min(given), "max_duration_s": max(given)})  # fmt: skip
    if low and high:
        limits = {"min_duration_s": round(0.85 * given[0]), "max_duration_s": round(1.15 * given[0])}
        return _Found("duration", f"about {english[0]}", f"大约{chinese[0]}", limits)
    if high:
        return _Found("duration", f"at most {english[0]}", f"不超过{chinese[0]}", {"max_duration_s": given[0]})
    return _Found("duration", f"at least {english[0]}", f"至少{chinese[0]}", {"min_duration_s": given[0]})


# Years

_Y = r"(?:1[89]\d\d|20\d\d)"
_NAMED = {"twenties": 1920, "thirties": 1930, "forties": 1940, "fifties": 1950, "sixties": 1960, "seventies": 1970,
          "eighties": 1980, "nineties": 1990, "noughties": 2000}  # fmt: skip


def _years(low: int | None, high: int | None) -> _Found:
    limits = {name: value for name, value in (("min_year", low), ("max_year", high)) if value is not None}
    if low is not None and high is not None:
        decade = high == low + 9 and low % 10 == 0
        english = f"from {low}" if low == high else f"the {low}s" if decade else f"{low} to {high}"
        chinese = f"{low} 年" if low == high else f"{low} 年代" if decade else f"{low} 到 {high} 年"
        return _Found("year", english, chinese, limits)
    if low is None:
        return _Found("year", f"until {high}", f"{high} 年及以前", limits)
    return _Found("year", f"since {low}", f"{low} 年及以后", limits)


def _one_year(low: int | None, high: int | None, match: re.Match[str], _: _Reader) -> _Found:
    year = int(match.group("y"))
    return _years(None if low is None else year + low, None if high is None else year + high)


def _year_range(match: re.Match[str], _: _Reader) -> _Found:
    years = sorted((int(match.group("y")), int(match.group("z"))))
    return _years(years[0], years[1])


def _this_year(match: re.Match[str], reader: _Reader) -> _Found:
    year = reader.year - (match.group() in ("last year", "去年", "from last year", "去年的"))
    return _years(year, year)


def _decade(match: re.Match[str], reader: _Reader) -> _Found | None:
    text = match.group("d")
    if text in _NAMED:
        year = _NAMED[text]
    elif text[0].isdigit():
        year = int(text)
        if year < 100:
            year += 1900 if year >= 30 else 2000
    else:
        year = int(_number(text)) + 1900
        year += 100 if year < 1930 else 0
    found = _years(year, year + 9)
    if _shown_in(match) in reader.names.labels:
        # "80s" is a tag here: it is a word where no item could meet the filter.
        own = reader.names.catalogue.years
        if not ((own >= year) & (own <= year + 9)).any():
            return None
    return found


def _shown_in(match: re.Match[str]) -> str:
    return folded(match.group()).strip("' ").removeprefix("the ").removeprefix("from the ").strip()


# Languages, kinds, genres, people

_LANGUAGE = {word: tag for tag, (_, en, _zh) in LANGUAGES.items() for word in en}
_LANGUAGE_ZH = {word: tag for tag, (_, _en, zh) in LANGUAGES.items() for word in zh}
_WORDS_EN = "|".join(sorted(_LANGUAGE, key=len, reverse=True))
_WORDS_ZH = "|".join(sorted(_LANGUAGE_ZH, key=len, reverse=True))
_SPOKEN_ZH = "|".join(sorted((w for w in _LANGUAGE_ZH if w[-1] in "语文话" or w == "宝莱坞"), key=len, reverse=True))
_KIND_EN = "|".join(sorted((k for k in KINDS if k.isascii()), key=len, reverse=True))
_KIND_ZH = "|".join(sorted((k for k in KINDS if not k.isascii()), key=len, reverse=True))
_GENRE_ZH = "|".join(sorted((z for g in GENRES for z in g.chinese), key=len, reverse=True))
_GENRE_EN = "|".join(
    sorted({form for g in GENRES for e in g.english for form in (e, e.replace(" ", "-"))}, key=len, reverse=True)
)
_HEADS = frozenset(
    [
        "comedies",
        "dramas",
        "romances",
        "thrillers",
        "mysteries",
        "westerns",
        "musicals",
        "documentaries",
        "documentary",
        "cartoons",
        "biopics",
        "docuseries",
        "docs",
    ]
)


def _language(out: bool, match: re.Match[str], _: _Reader) -> _Found:
    word = match.group("l")
    tag = _LANGUAGE.get(word) or _LANGUAGE_ZH[word]
    name, chinese = LANGUAGES[tag][0], LANGUAGES[tag][2][0]
    tags = ALSO.get(tag, (tag,))
    if out:
        return _Found("language", f"not in {name}", f"不要{chinese}", {"without_languages": tags})
    return _Found("language", f"in {name}", chinese, {"languages": tags}, span=match.span("s"))


def _kind(match: re.Match[str], reader: _Reader) -> _Found | None:
    kinds = KINDS[match.group("k")]
    before = re.split("\0", match.string[: match.start("k")])[-1]
    if not reader.has_kind(kinds) or re.search(r"\b(?:about|of)\b", before):
        return None
    told = KIND_NAMES[kinds[0]]
    return _Found("kind", f"only {told[0]}", f"只要{told[1]}", {"kinds": kinds}, span=match.span("k"))


def _genre(match: re.Match[str], reader: _Reader) -> _Found | None:
    """A genre that is the head of the sentence: a filter where the catalogue has such a genre, else a word."""
    genre = reader.genre_of(match.group("g"))
    # A word that names two ideas (惊悚) asks for either.
    ideas = [one for one in GENRES if _single(match.group("g")) in (*one.english, *one.chinese)]
    names = tuple(dict.fromkeys(name for one in ideas for name in reader._genre_names(one)))
    if genre is None or not names:
        return None
    found = _Found("genre", genre.english[0], genre.chinese[0], {"genres": names}, span=match.span("s"))
    kind = match.groupdict().get("k")
    if kind and reader.has_kind(KINDS[kind]):
        told = KIND_NAMES[KINDS[kind][0]]
        found.limits["kinds"] = KINDS[kind]
        found.english, found.chinese = f"{genre.english[0]} {told[0]}", f"{genre.chinese[0]}{told[1]}"
    return found


def _not(match: re.Match[str], reader: _Reader) -> _Found | None:
    """What is not wanted: a genre by its names here, a kind, a language, or any item that says the word."""
    word = match.group("w").strip()
    if not word:
        return None
    bare = re.sub(r"(?:\s(?:movies|films|stuff|ones))$|(?:电影|影片|片子|片|类|的|了)+$", "", word) or word
    if tag := _LANGUAGE.get(bare) or _LANGUAGE_ZH.get(bare):
        return _Found("language", f"not in {LANGUAGES[tag][0]}", f"不要{LANGUAGES[tag][2][0]}",
                      {"without_languages": ALSO.get(tag, (tag,))})  # fmt: skip
    if bare in KINDS:
        left = tuple(kind for kind in ItemKind if kind not in KINDS[bare])
        told = KIND_NAMES[KINDS[bare][0]]
        return _Found("kind", f"no {told[0]}", f"不要{told[1]}", {"kinds": left})
    genre = reader.genre_of(bare)
    if genre is not None:
        names = (*reader._genre_names(genre), genre.english[0], *genre.chinese)
        return _Found("without", f"not {genre.english[0]}", f"不要{genre.chinese[0]}",
                      {"without_genres": tuple(dict.fromkeys(names))})  # fmt: skip
    return _Found("without", f"without “{bare}”", f"不含“{bare}”", {"without_words": (bare,)})


def _creator(role: str, match: re.Match[str], reader: _Reader) -> _Found | None:
    """The longest stretch of up to five words behind the pattern (before it, in Chinese) that names a creator here."""
    told = {
        "director": ("directed by", "导演"), "actor": ("with", "主演"), "writer": ("written by", "编剧"),
        "artist": ("by", "演唱"), "host": ("hosted by", "主持"), "": ("by", "作者"),
    }[role]  # fmt: skip
    text = match.group("c")
    begin = match.start("c")
    if match.re.groupindex.get("zh"):
        for start in range(len(text) - 1):
            name = reader.names.creators.get(folded(text[start:]).strip())
            if name and _with_role(reader, name, role):
                return _Found("creator", f"{told[0]} {name}", f"{told[1]}：{name}",
                              {"creators": (Credit(name, _with_role(reader, name, role) or ""),)},
                              span=(begin + start, match.end()))  # fmt: skip
        return None
    words = list(re.finditer(r"[^\s,]+", text))[:5]
    for stop in range(len(words), 0, -1):
        name = reader.names.creator(text[words[0].start() : words[stop - 1].end()])
        found = None if name is None else _with_role(reader, name, role)
        if name is not None and found is not None:
            return _Found("creator", f"{told[0]} {name}", f"{told[1]}：{name}", {"creators": (Credit(name, found.strip()),)},
                          span=(match.start(), begin + words[stop - 1].end()))  # fmt: skip
    return None


def _with_role(reader: _Reader, name: str, role: str) -> str | None:
    """The role where anybody of that name has it; a blank for any role where nobody does; None never for no role."""
    own = [c for item in reader.names.catalogue.items if item for c in item.creators if c.name == name]
    return role if role and any(has_role(credit, role) for credit in own) else " "


def _audience(_match: re.Match[str], _: _Reader) -> _Found:
    return _Found("audience", "for children", "适合儿童", {"max_maturity": CHILDREN, "allow_explicit": False})


# Like this, but …

_LEAN_EN = {word: name for name, lean in LEANINGS.items() for word in lean.english}
_LEAN_ZH = {word: name for name, lean in LEANINGS.items() for word in lean.chinese}
_LEANS_EN = "|".join(sorted(_LEAN_EN, key=len, reverse=True))
_LEANS_ZH = "|".join(sorted(_LEAN_ZH, key=len, reverse=True))


def _like(match: re.Match[str], reader: _Reader) -> _Found | None:
    """The item that is named behind "like": the longest stretch that is a title here."""
    text, begin = match.group("t"), match.start("t")
    words = list(re.finditer(r"\S+", text)) if match.re.groupindex.get("en") else []
    stretches = [words[n - 1].end() for n in range(len(words), 0, -1)] or [len(text)]
    for sure in (0.85, 0.6):
        for end in stretches:
            asked = text[:end].strip(" ,，《》“”\"'")
            row = reader.names.title(asked, sure) if asked else None
            if row is not None:
                item = reader.names.catalogue.item(row)
                reader.seed = row
                stop = begin + end if words else match.end()
                return _Found(
                    "seed", f"like “{item.name}”", f"像《{item.name}》", seeds=(item.id,), span=(match.start(), stop)
                )
    return None


def _lean(match: re.Match[str], reader: _Reader) -> _Found | None:
    word = match.group("d")
    name = _LEAN_EN.get(word) or _LEAN_ZH[word]
    told = _Found("leaning", name, "更" + (LEANINGS[name].chinese[0] if name != "less scary" else "温和"))
    item = None if reader.seed is None else reader.names.catalogue.item(reader.seed)
    if name in ("newer", "older"):
        if item is None or item.year is None:
            return None
        told.limits = {"min_year": item.year + 1} if name == "newer" else {"max_year": item.year - 1}
        told.what = "year"
        told.english, told.chinese = (
            f"{name} than {item.year}",
            f"比 {item.year} 年更{'新' if name == 'newer' else '老'}",
        )
        return told
    if name in ("shorter", "longer"):
        if item is None or item.duration_s is None:
            return None
        told.limits = {"max_duration_s": 0.95 * item.duration_s} if name == "shorter" else {
            "min_duration_s": 1.05 * item.duration_s}  # fmt: skip
        told.what = "duration"
        return told
    if item is None:
        return None
    told.leanings = (name,)
    return told


def _p(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


_END = r"(?=$|[\s,，.。;；!！?？\0])"
_MAX = r"(?:under|below|less than|shorter than|at most|up to|no longer than|not longer than|no more than|within|in under|max(?:imum)?|<=?|≤)"
_MIN = r"(?:over|above|more than|longer than|at least|no shorter than|no less than|min(?:imum)?|>=?|≥)"
_BEHIND = r"(?=\s*(?:$|[,，\0]|\b(?:about|with|for|from|in|by|under|over|that|where|which|who|starring|directed|like|similar|not|no|without|but|except|before|after|since|of|on|set|and|until|written|featuring|shorter|longer|between|less|more|released|made)\b))"
_BUT_ZH = r"(?:[,，\s]*(?:但是|但|不过|只是|可是|就是|而且))?"

RULES: tuple[Rule, ...] = (
    # Like this, but …: first, since a title may hold words of every other rule.
    (_p(r"(?:\b(?:something|anything|movies?|films?|songs?|tracks?|music|podcasts?|shows?|series|videos?|more)\s)?\b(?:(?:just )?like|similar to|in the style of|reminiscent of)\s(?P<en>)(?P<t>.+?)(?=,|\s(?:but|except|only|yet)\b|$)"), _like),
    (_p(rf"(?:像|类似于?|和|跟|与)(?P<t>[^,，]+?)(?:一样|差不多|类似|那样|那种|似的)(?:的(?:{_KIND_ZH})?)?"), _like),
    (_p(rf"(?:像|类似于?)(?P<t>[^,，\0]+?)(?:的(?:{_KIND_ZH}))?(?=[,，]|但|不过|只是|可是|\s*更|$)"), _like),
    (_p(rf"\b(?:(?:but|only|and|just)\s)*(?:a bit |a little |much |somewhat |slightly )?(?P<d>{_LEANS_EN})\b"), _lean),
    (_p(rf"{_BUT_ZH}[,，\s]*(?:要|得|更加|更|再|稍微)*(?P<d>不那么恐怖|没那么恐怖|不那么吓人|没那么吓人)(?:一点|一些|点|些)?的?"), _lean),
    (_p(rf"{_BUT_ZH}[,，\s]*(?:要|得)?(?:更加|更|再|稍微)(?P<d>{_LEANS_ZH})(?:一点|一些|点|些)?的?"), _lean),
    (_p(rf"{_BUT_ZH}[,，\s]*(?P<d>{_LEANS_ZH})(?:一点|一些|点儿|点|些)的?"), _lean),
    # Lengths
    (_p(rf"\bbetween\s(?P<n>{_N})\s?(?:{_U}\b)?\s?and\s(?P<a>{_LENGTH})"), partial(_length, True, True)),
    (_p(r"\b(?P<n>\d{1,4})\s?(?:-|–|to)\s?(?P<a>\d{1,4}\s?(?:hours?|minutes?|mins?)\b)"), partial(_length, True, True)),
    (_p(rf"(?P<n>{_NZ})\s?(?:分钟)?\s?(?:-|–|到|至|~)\s?(?P<a>{_LENGTH_ZH})"), partial(_length, True, True)),
    (_p(rf"(?:\bthat (?:is|are) )?(?:\b|(?<=\s)|^){_MAX}\s?(?P<a>{_LENGTH})(?: long)?"), partial(_length, False, True)),
    (_p(rf"\b(?P<a>{_LENGTH})\s(?:or (?:less|shorter|under)|max(?:imum)?|tops)\b"), partial(_length, False, True)),
    (_p(rf"(?:\b|(?<=\s)|^){_MIN}\s?(?P<a>{_LENGTH})(?: long)?"), partial(_length, True, False)),
    (_p(rf"\b(?P<a>{_LENGTH})(?:\s(?:or (?:more|longer))\b|\+)"), partial(_length, True, False)),
    (_p(rf"\b(?:about|around|roughly|approximately)\s(?P<a>{_LENGTH})(?: long)?"), partial(_length, True, True)),
    (_p(rf"(?:时长|长度)?(?:在)?(?P<a>{_LENGTH_ZH})\s?(?:以内|之内|以下|内)的?"), partial(_length, False, True)),
    (_p(rf"(?:时长|长度)?(?:不到|少于|短于|不超过|别超过|不要超过|最多|低于|小于)\s?(?P<a>{_LENGTH_ZH})的?"), partial(_length, False, True)),
    (_p(rf"(?:时长|长度)?(?:在)?(?P<a>{_LENGTH_ZH})\s?(?:以上|往上)的?"), partial(_length, True, False)),
    (_p(rf"(?:时长|长度)?(?:超过|多于|长于|至少|不少于|不短于|大于)\s?(?P<a>{_LENGTH_ZH})的?"), partial(_length, True, False)),
    (_p(rf"(?:大约|大概|约)?(?P<a>{_LENGTH_ZH})\s?(?:左右|上下)的?"), partial(_length, True, True)),
    # Years
    (_p(rf"\b(?:from |between |made between |released between )?(?P<y>{_Y})\s?(?:-|–|to|and|until)\s?(?P<z>{_Y})\b"), _year_range),
    (_p(rf"(?P<y>{_Y})\s?年?\s?(?:-|–|到|至|~)\s?(?P<z>{_Y})\s?年(?:之间|间)?的?"), _year_range),
    (_p(rf"\b(?:made |released |from )?(?:before|older than|earlier than|pre-?)\s?(?P<y>{_Y})\b"), partial(_one_year, None, -1)),
    (_p(rf"\b(?:made |released )?(?:until|up to|no later than|by the year)\s(?P<y>{_Y})\b"), partial(_one_year, None, 0)),
    (_p(rf"\b(?:made |released |from )?(?:after|newer than|later than|post-?)\s?(?P<y>{_Y})\b"), partial(_one_year, 1, None)),
    (_p(rf"\b(?:made |released )?(?:since|from)\s(?P<y>{_Y})\s(?:on(?:wards?)?|and later)\b"), partial(_one_year, 0, None)),
    (_p(rf"\b(?:made |released )?since\s(?P<y>{_Y})\b"), partial(_one_year, 0, None)),
    (_p(rf"(?<!set )\b(?:made in|released in|from|in|of)(?: the year)?\s(?P<y>{_Y})\b(?!s)"), partial(_one_year, 0, 0)),
    (_p(rf"(?P<y>{_Y})\s?年?\s?(?:以前|之前|前)(?:上映|发行|拍)?的?"), partial(_one_year, None, -1)),
    (_p(rf"(?P<y>{_Y})\s?年?\s?(?:以后|之后|后)(?:上映|发行|拍)?的?"), partial(_one_year, 1, None)),
    (_p(rf"(?:自|从)?(?P<y>{_Y})\s?年?\s?(?:以来|至今|起)的?"), partial(_one_year, 0, None)),
    (_p(rf"(?P<y>{_Y})\s?年(?!代)(?:上映|发行|拍|出)?的?"), partial(_one_year, 0, 0)),
    (_p(r"\b(?:from )?(?:this year|last year)\b|(?:今年|去年)的?"), _this_year),
    (_p(r"(?:\b(?:from|in|of)\s)?(?:\bthe\s)?'?\b(?P<d>(?:1[89]|20)\d0|[0-9]0)'?s\b"), _decade),
    (_p(rf"(?:\b(?:from|in|of)\s)?\bthe\s(?P<d>{'|'.join(_NAMED)})\b"), _decade),
    (_p(r"(?:上个?世纪|20\s?世纪|二十世纪)?(?P<d>(?:1[89]|20)\d0|\d0|[二三四五六七八九]十)\s?年代的?"), _decade),
    # People
    (_p(r"\bdirected by\s(?P<c>[^\0]{2,60})"), partial(_creator, "director")),
    (_p(r"\b(?:starring|acted by|with actor|with actress|featuring)\s(?P<c>[^\0]{2,60})"), partial(_creator, "actor")),
    (_p(r"\bwritten by\s(?P<c>[^\0]{2,60})"), partial(_creator, "writer")),
    (_p(r"\b(?:hosted|presented) by\s(?P<c>[^\0]{2,60})"), partial(_creator, "host")),
    (_p(r"\b(?:sung |performed |made |composed )?by\s(?P<c>[^\0]{2,60})"), partial(_creator, "")),
    (_p(r"(?P<zh>)(?P<c>[^\0\s,，]{2,20})(?:导演|执导|拍)的?"), partial(_creator, "director")),
    (_p(r"(?P<zh>)(?P<c>[^\0\s,，]{2,20}?)(?:主演|出演|演)的?"), partial(_creator, "actor")),
    (_p(r"(?P<zh>)(?P<c>[^\0\s,，]{2,20})(?:演唱|唱|演奏|作曲)的?"), partial(_creator, "artist")),
    (_p(r"(?P<zh>)(?P<c>[^\0\s,，]{2,20})(?:主持|主播)的?"), partial(_creator, "host")),
    (_p(rf"(?P<zh>)(?P<c>[^\0\s,，]{{2,20}})的(?={_KIND_ZH}|作品|新歌|专辑|\0|$)"), partial(_creator, "")),
    # For whom
    (_p(r"\b(?:(?:suitable|good|fun|safe) )?for (?:the |my |young |small |little )?(?:kids|children|toddlers|the whole family)\b|\b(?:kid|child|family)[- ]friendly\b"), _audience),
    (_p(r"(?:适合|给|和|跟)(?:小朋友|孩子|小孩|儿童|宝宝|全家)(?:们)?(?:一起)?(?:看|听|玩)?的?|儿童可看的?"), _audience),
    # What is not wanted
    (_p(rf"(?:[,，]\s?)?\b(?:but )?(?:not in|nothing in|no)\s(?P<l>{_WORDS_EN})\b"), partial(_language, True)),
    (_p(rf"(?:[,，]\s?)?\b(?:but )?(?:not|no|without|except(?: for)?|excluding|anything but|minus|non)[ -](?:any |a |an |the |too )?(?P<w>(?:{_GENRE_EN}|{_KIND_EN})(?:\s(?:movies|films|stuff|ones))?(?=$|[\s,，\0])|[^\s,，\0]+)"), _not),
    (_p(rf"(?:但是|但|不过)?(?:不要|不想看|不想听|不看|不听|不是|没有|不含|别是|除了|排除|别给我|非)\s?(?:太)?(?P<w>(?:{_GENRE_ZH}|{_WORDS_ZH}|{_KIND_ZH})(?:电影|片|类|的)*|[a-z]+|[^\s,，。的\0]{{1,6}})(?:以外|之外)?的?"), _not),
    # Genres and languages that lead up to a kind
    (_p(rf"\b(?P<s>(?P<g>{_GENRE_EN})\s(?P<k>{_KIND_EN})){_BEHIND}"), _genre),
    (_p(rf"\b(?P<s>(?P<g>{'|'.join(sorted(_HEADS))})){_BEHIND}"), _genre),
    (_p(rf"(?P<s>(?P<g>{_GENRE_ZH})(?P<k>电影|影片|片子))"), _genre),
    (_p(rf"(?P<s>(?P<g>{_GENRE_ZH})(?:剧集|电视剧|片))"), _genre),
    (_p(rf"(?P<s>\b(?:in|spoken in)\s(?P<l>{_WORDS_EN}))\b"), partial(_language, False)),
    (_p(rf"(?P<s>\b(?P<l>{_WORDS_EN})(?:[- ](?:language|speaking|spoken|sung))?)(?=\s(?:{_KIND_EN}|documentar|comed|thriller|drama|horror|romance|animation|\0)|\s?\0)"), partial(_language, False)),
    (_p(rf"(?P<s>\b(?P<l>{_WORDS_EN})[- ](?:language|speaking|spoken))\b"), partial(_language, False)),
    (_p(rf"(?P<s>(?P<l>{_SPOKEN_ZH})(?:对白|配音)?的?)"), partial(_language, False)),
    (_p(rf"(?P<s>(?P<l>{_WORDS_ZH})的?)(?=电影|影片|片|歌|音乐|播客|视频|纪录|动画|喜剧|恐怖|爱情|剧|\0)"), partial(_language, False)),
    # Kinds: the head of the sentence
    (_p(rf"(?:^|\0|(?<=\s))(?P<k>{_KIND_EN}){_BEHIND}"), _kind),
    (_p(rf"(?P<k>{_KIND_ZH})(?=\s*(?:$|[,，。\0]))"), _kind),
    (_p(rf"^\s*(?P<k>{_KIND_ZH})(?=\s)"), _kind),
)  # fmt: skip
"""In this order; each looks at what those before have left."""

_SUM = ("genres", "without_genres", "without_words", "without_languages", "creators")


def _both(a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    """Both limits: the narrower of two numbers, the common kinds and languages, all of what is excluded."""
    joined = dict(a)
    for name, value in b.items():
        if name not in joined:
            joined[name] = value
        elif name in ("min_duration_s", "min_year"):
            joined[name] = max(joined[name], value)
        elif name in ("max_duration_s", "max_year", "max_maturity"):
            joined[name] = min(joined[name], value)
        elif name in _SUM:
            joined[name] = tuple(dict.fromkeys((*joined[name], *value)))
        elif name in ("kinds", "languages"):
            common = tuple(one for one in joined[name] if one in value)
            joined[name] = common or tuple(dict.fromkeys((*joined[name], *value)))
    return joined


def joined(stated: Constraints, read: Constraints) -> Constraints:
    """What a caller states and what was read from the sentence, both held."""
    return Constraints(**_both(stated.model_dump(exclude_defaults=True), read.model_dump(exclude_defaults=True)))


_FILLER = re.compile(rf"^(?:\s|(?:{FILLERS_EN})\b|{FILLERS_ZH})+", re.IGNORECASE)
_JOINT_BEFORE = re.compile(rf"^(?:[\s,，.;；、]|(?:{JOINTS_EN})\b|(?:{JOINTS_ZH}))+", re.IGNORECASE)
_JOINT_BEHIND = re.compile(rf"(?:[\s,，.;；、]|\b(?:{JOINTS_EN})|(?:{JOINTS_ZH}))+$", re.IGNORECASE)


def _tidy(left: str) -> str:
    """The words between what was taken, without what only held the sentence together."""
    if "\0" not in left:
        kept = _FILLER.sub("", left).strip()
        return kept or left.strip()
    parts = []
    for part in re.split("\0+", left):
        bare = _JOINT_BEHIND.sub("", _JOINT_BEFORE.sub("", _FILLER.sub("", part)))
        if bare and re.search(r"\w", bare):
            parts.append(bare)
    return " ".join(parts)


def _single(word: str) -> str:
    """A genre's word in the singular, hyphens as spaces."""
    plain = word.replace("-", " ").strip()
    if plain.endswith("ies") and plain not in ("series", "docuseries"):
        return f"{plain[:-3]}y"
    return (
        plain[:-1]
        if plain.endswith("s") and not plain.endswith("ss") and plain not in ("docuseries", "kids")
        else plain
    )


def _genres_in(text: str) -> Iterator[Genre]:
    """The ideas of genres that a text names, by whole words in any number."""
    plain = folded(text)
    words = f" {' '.join(_single(word) for word in re.findall(r'[a-z0-9]+', plain))} "
    for genre in GENRES:
        if any(f" {_single(name)} " in words for name in genre.english) or any(name in plain for name in genre.chinese):
            yield genre
