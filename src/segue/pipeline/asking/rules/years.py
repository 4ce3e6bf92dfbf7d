"""Years and eras: before 1980, since 2010, the nineties, 80 年代."""

# ruff: noqa: E501 - a rule is one line

from __future__ import annotations

import re
from functools import partial

from ...sources.words import folded
from ..reading import Found, Reader, Rule
from .numbers import number

_Y = r"(?:1[89]\d\d|20\d\d)"
_NAMED = {"twenties": 1920, "thirties": 1930, "forties": 1940, "fifties": 1950, "sixties": 1960, "seventies": 1970,
          "eighties": 1980, "nineties": 1990, "noughties": 2000}  # fmt: skip


def _years(low: int | None, high: int | None) -> Found:
    if low is None:
        return Found("year", f"until {high}", f"{high} 年及以前", {"max_year": high})
    if high is None:
        return Found("year", f"since {low}", f"{low} 年及以后", {"min_year": low})
    limits = {"min_year": low, "max_year": high}
    if low == high:
        return Found("year", f"from {low}", f"{low} 年", limits)
    if high == low + 9 and low % 10 == 0:
        return Found("year", f"the {low}s", f"{low} 年代", limits)
    return Found("year", f"{low} to {high}", f"{low} 到 {high} 年", limits)


def _one_year(low: int | None, high: int | None, match: re.Match[str], _: Reader) -> Found:
    """From ``low`` to ``high`` years after the one that is named."""
    year = int(match.group("y"))
    return _years(None if low is None else year + low, None if high is None else year + high)


def _range(match: re.Match[str], _: Reader) -> Found:
    low, high = sorted((int(match.group("y")), int(match.group("z"))))
    return _years(low, high)


def _this_year(match: re.Match[str], reader: Reader) -> Found:
    year = reader.year - bool(match.group("last"))
    return _years(year, year)


def _first(text: str) -> int:
    """The first year of the decade that is named: 80, 1980, eighties, 八十, 八."""
    if text in _NAMED:
        return _NAMED[text]
    if text[0].isdigit():
        year = int(text)
        if year < 100:
            year += 1900 if year >= 30 else 2000
    else:
        year = int(number(text if text.endswith("十") else text + "十")) + 1900
        year += 100 if year < 1930 else 0
    return year


def _decades(match: re.Match[str], _: Reader) -> Found:
    """Two decades and all between: the narrowest years that hold both."""
    low, high = sorted((_first(match.group("d")), _first(match.group("e"))))
    return _years(low, high + 9)


def _some_decades(one: re.Pattern[str], match: re.Match[str], _: Reader) -> Found:
    """Decades side by side, and none between that is not named."""
    spans: list[tuple[int, int]] = []
    for first in sorted({_first(name.group("d")) for name in one.finditer(match.group())}):
        if spans and spans[-1][1] + 1 == first:
            spans[-1] = (spans[-1][0], first + 9)
        else:
            spans.append((first, first + 9))
    each = [_years(*span) for span in spans]
    if len(each) == 1:
        return each[0]
    english, chinese = " or ".join(span.english for span in each), "或 ".join(span.chinese for span in each)
    return Found("year", english, chinese, {"years": tuple(spans)})


def _beside_decade(before: bool, match: re.Match[str], _: Reader) -> Found:
    year = _first(match.group("d"))
    return _years(None, year - 1) if before else _years(year + 10, None)


def _since_decade(match: re.Match[str], _: Reader) -> Found:
    return _years(_first(match.group("d")), None)


def _decade(match: re.Match[str], reader: Reader) -> Found | None:
    year = _first(match.group("d"))
    shown = folded(match.group()).strip("' ").removeprefix("the ").removeprefix("from the ").strip()
    if shown in reader.names.labels:
        # "80s" is a tag here: it is a word where no item could meet the filter.
        own = reader.names.catalogue.years
        if not ((own >= year) & (own <= year + 9)).any():
            return None
    return _years(year, year + 9)


_before, _until, _in = partial(_one_year, None, -1), partial(_one_year, None, 0), partial(_one_year, 0, 0)
_after, _since = partial(_one_year, 1, None), partial(_one_year, 0, None)
_before_decade, _after_decade = partial(_beside_decade, True), partial(_beside_decade, False)

_EN = rf"(?:(?:the|early|late)\s)*'?(?P<d>(?:1[89]|20)\d0(?='?s\b)|[0-9]0(?='?s\b)|(?:{'|'.join(_NAMED)})\b)(?:'?s\b)?"
_EN_TOO = _EN.replace("(?P<d>", "(?P<e>")
_EN_NEXT = _EN.replace("(?P<d>", "(?:")
_TENS = "二三四五六七八九"
_CENTURY = r"(?:上个?世纪|20\s?世纪|二十世纪)?"
_ZH_DECADE = rf"(?:1[89]|20)\d0|\d0|[{_TENS}]十"
_ZH = rf"{_CENTURY}(?P<d>{_ZH_DECADE})\s?年代"
_ZH_NEXT = rf"{_CENTURY}(?:{_ZH_DECADE})\s?(?:年代)?"
_some_en = partial(_some_decades, re.compile(_EN))
_some_zh = partial(_some_decades, re.compile(rf"{_CENTURY}(?P<d>{_ZH_DECADE}|[{_TENS}])"))

RULES: tuple[Rule, ...] = (
    (re.compile(rf"\b(?:from |between |made between |released between )?(?P<y>{_Y})\s?(?:-|–|to|and|until)\s?(?P<z>{_Y})\b"), _range),
    (re.compile(rf"(?P<y>{_Y})\s?年?\s?(?:-|–|到|至|~)\s?(?P<z>{_Y})\s?年(?:之间|间)?的?"), _range),
    (re.compile(rf"\b(?:made |released |from )?(?:before|older than|earlier than|pre-?)\s?(?P<y>{_Y})\b"), _before),
    (re.compile(rf"\b(?:made |released )?(?:until|up to|no later than|by the year)\s(?P<y>{_Y})\b"), _until),
    (re.compile(rf"\b(?:made |released |from )?(?:after|newer than|later than|post-?)\s?(?P<y>{_Y})\b"), _after),
    (re.compile(rf"\b(?:made |released )?(?:since|from)\s(?P<y>{_Y})\s(?:on(?:wards?)?|and later)\b"), _since),
    (re.compile(rf"\b(?:made |released )?since\s(?P<y>{_Y})\b"), _since),
    (re.compile(rf"(?<!set )\b(?:made in|released in|from|in|of)(?: the year)?\s(?P<y>{_Y})\b(?!s)"), _in),
    (re.compile(rf"(?P<y>{_Y})\s?年?\s?(?:以前|之前|前)(?:上映|发行|拍)?的?"), _before),
    (re.compile(rf"(?P<y>{_Y})\s?年?\s?(?:以后|之后|后)(?:上映|发行|拍)?的?"), _after),
    (re.compile(rf"(?:自|从)?(?P<y>{_Y})\s?年?\s?(?:以来|至今|起)的?"), _since),
    (re.compile(rf"(?P<y>{_Y})\s?年(?!代)(?:上映|发行|拍|出)?的?"), _in),
    (re.compile(r"\b(?:from )?(?:this year|(?P<last>last year))\b"), _this_year),
    (re.compile(r"(?:今年|(?P<last>去年))的?"), _this_year),
    (re.compile(rf"\b(?:made |released |from |set )?(?:before|older than|earlier than|prior to|pre-?)\s?{_EN}"), _before_decade),
    (re.compile(rf"\b(?:made |released |from )?(?:after|newer than|later than|more recent than|post-?)\s?{_EN}"), _after_decade),
    (re.compile(rf"\b(?:made |released )?since\s{_EN}"), _since_decade),
    (re.compile(rf"(?:\b(?:from|in|of)\s)?{_EN}\s?(?:to|until|-|–)\s?{_EN_TOO}"), _decades),
    (re.compile(rf"\bbetween\s{_EN}\s?and\s?{_EN_TOO}"), _decades),
    (re.compile(rf"(?:\b(?:from|in|of)\s)?(?:\beither\s)?(?:\b|(?<=')){_EN_NEXT}(?:\s?(?:,(?:\s?(?:or|and)\b)?|\bor\b|\band\b|/)\s?(?:(?:from|in|of)\s)?{_EN_NEXT})+"), _some_en),
    (re.compile(rf"(?:早于|比(?=.{{0,16}}年代(?:还|更|要)*[早老旧])){_ZH}(?:还|更|要)*[早老旧]?(?:一点|一些|点|些)?的?"), _before_decade),
    (re.compile(rf"(?:晚于|比(?=.{{0,16}}年代(?:还|更|要)*[晚新])){_ZH}(?:还|更|要)*[晚新]?(?:一点|一些|点|些)?的?"), _after_decade),
    (re.compile(rf"{_ZH}\s?(?:以前|之前|前)的?"), _before_decade),
    (re.compile(rf"{_ZH}\s?(?:以后|之后|后)的?"), _after_decade),
    (re.compile(rf"(?:自|从)?{_ZH}\s?(?:以来|至今|起)的?"), _since_decade),
    (re.compile(rf"{_CENTURY}[{_TENS}]十?、?[{_TENS}]十\s?年代的?"), _some_zh),
    (re.compile(rf"{_CENTURY}(?P<d>{_ZH_DECADE})\s?(?:年代)?\s?(?:到|至|-|–|~)\s?{_CENTURY}(?P<e>{_ZH_DECADE})\s?年代的?"), _decades),
    (re.compile(rf"{_ZH_NEXT}(?:\s?(?:或者?|和|与|及|、|/|还是)\s?{_ZH_NEXT})+(?<=年代)的?"), _some_zh),
    (re.compile(r"(?:\b(?:from|in|of)\s)?(?:\bthe\s)?'?\b(?P<d>(?:1[89]|20)\d0|[0-9]0)'?s\b"), _decade),
    (re.compile(rf"(?:\b(?:from|in|of)\s)?\bthe\s(?P<d>{'|'.join(_NAMED)})\b"), _decade),
    (re.compile(r"(?:上个?世纪|20\s?世纪|二十世纪)?(?P<d>(?:1[89]|20)\d0|\d0|[二三四五六七八九]十)\s?年代的?"), _decade),
)  # fmt: skip
