"""What a sentence says of the list it asks for: how long, how often made anew, whether it plays on; the rest is a search.

"An hour of calm piano, no vocals, renewed every week": the length is the list's own, and no limit of its items as in
"songs under four minutes".
"""

# ruff: noqa: E501 - a rule is one line

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ...playlists import MOST_ENTRIES, MOST_HOURS, Length
from .reading import Found, Reader, Rule
from .rules.lengths import TIME_EN, TIME_ZH, seconds_of, told
from .rules.numbers import number
from .rules.patterns import GENRE_EN, KIND_EN, one_of
from .sentence import LONGEST_READ, Part, ReadSentence, cut, readable, understood
from .titles import Names


@dataclass(frozen=True)
class Program:
    """A sentence that asks for a list, taken apart."""

    rest: ReadSentence
    """What is to be on it."""
    parts: tuple[Part, ...]
    """All that was understood, as it stands in the whole sentence."""
    length: Length | None = None
    refresh: str | None = None
    channel: bool = False
    problem: str | None = None
    """Why no list can be as long as it asks for."""


def program(typed: str, names: Names, year: int | None = None) -> Program:
    """Take the sentence apart. One that is a title here is left whole, as in a search.

    Args:
        year: what "this year" means; None: that of the clock.
    """
    text = readable(typed)
    if not text or names.is_title(text):
        return Program(understood(typed, names, year), ())
    text, tail = text[:LONGEST_READ], text[LONGEST_READ:]
    reader = Reader(text, names, year or 0)
    reader.apply(RULES)
    own: dict[str, Any] = {}
    parts = []
    for begin, end, found in reader.taken:
        if found.what != "form":
            parts.append(
                Part(found.what, text[begin:end].strip(), found.english, found.chinese, cut(text, begin, end) + tail)
            )
        own = {**found.limits, **own}  # of two lengths the first
    left = " ".join(reader.left(text).replace("\0", " ").split()).strip(" ,，.。;；、")
    left = re.sub(r"^(?:的|of|with|for|from|about(?= )|,|，)\s*(?=\S)", "", left)
    left = re.sub(r"(?:\s(?:of|with|for|and|that|which|is|are)|[,，]|并且|而且)+$", "", left)
    rest = understood(left + tail, names, year)
    typed_parts = [_within(text, tail, part) for part in rest.parts]
    return Program(
        rest=rest,
        parts=(*parts, *typed_parts),
        length=own.get("length"),
        refresh=own.get("refresh"),
        channel=bool(own.get("channel")),
        problem=own.get("problem"),
    )


def _within(text: str, tail: str, part: Part) -> Part:
    """A part of the rest, with what the whole sentence is without it."""
    at = text.find(part.text)
    return (
        part if at < 0 or part.what == "spelling" else replace(part, without=cut(text, at, at + len(part.text)) + tail)
    )


# The rules

_LIMIT = r"(?:about|around|roughly|approximately|up to|at most|at least|no more than|under|less than|over|more than)"
_LIMIT_ZH = (
    r"(?:比|不到|少于|短于|不超过|别超过|不要超过|最多|低于|小于|超过|多于|长于|至少|不少于|不短于|大于|到|至|-|–|~)"
)
_TOTAL_ZH = r"(?:总共|一共|总计|总长|总时长|加起来|全长)"
_LIST_EN = r"(?:play-?\s?list|mix(?:tape)?|list|program(?:me)?|set|selection|queue|session)"
_LIST_ZH = r"(?:播放列表|播放清单|歌单|片单|清单|列表|节目单|合集|合辑)"
_COUNTS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "a dozen": 12, "fifteen": 15, "twenty": 20, "twenty-five": 25, "thirty": 30, "forty": 40, "fifty": 50,
    "a hundred": 100, "one hundred": 100,
}  # fmt: skip
_COUNT_EN = rf"(?:\d{{1,9}}|{one_of(_COUNTS)})"
_HEAD_EN = rf"(?:{KIND_EN}|tunes|pieces|titles|items|entries|hits|tracks?|albums|comedies|dramas|romances|thrillers|westerns|musicals|documentaries|cartoons)"


def _time(match: re.Match[str], _: Reader) -> Found | None:
    """The time of the whole list."""
    if match.groupdict().get("limit"):
        return None  # "不超过90分钟的" is said of each item
    seconds = seconds_of(match.group("a"))
    english, chinese = told(seconds)
    if not 0 < seconds <= MOST_HOURS * 3600:
        return _beyond(english, chinese, f"lasts up to {MOST_HOURS} hours")
    return Found("length", f"{english} in all", f"总共{chinese}", {"length": Length(seconds=seconds)})


def _beyond(english: str, chinese: str, may: str, span: tuple[int, int] | None = None) -> Found:
    """A length that no list has."""
    problem = (
        f"The sentence asks for {english}, and a playlist {may}. Ask for as much, or for a channel, which plays on."
    )
    return Found("length", english, chinese, {"problem": problem}, span=span)


def _count(match: re.Match[str], _: Reader) -> Found | None:
    text = match.group("n")
    items = _COUNTS.get(text) or int(number(text))
    if re.fullmatch(r"(?:1[89]|20)\d\d", text):
        return None  # a year: "the best 1984 albums"
    if not 0 < items <= MOST_ENTRIES:
        return _beyond(f"{items:,} entries", f"{items:,} 个", f"has 1 to {MOST_ENTRIES}", match.span("s"))
    one = "entry" if items == 1 else "entries"
    return Found("length", f"{items} {one}", f"{items} 个", {"length": Length(items=items)}, span=match.span("s"))


def _refresh(_match: re.Match[str], _: Reader, how: str) -> Found:
    english, chinese = {
        "hourly": ("every hour", "每小时更新"),
        "daily": ("every day", "每天更新"),
        "weekly": ("every week", "每周更新"),
    }[how]
    return Found("refresh", f"made anew {english}", chinese, {"refresh": how})


def _channel(_match: re.Match[str], _: Reader) -> Found:
    return Found("channel", "plays on and on", "不停地播放", {"channel": True})


def _form(_match: re.Match[str], _: Reader) -> Found:
    """What it is called says nothing more."""
    return Found("form", "", "")


_NEWLY = r"(?:(?:and )?(?:(?:that |which )?(?:is )?(?:refresh|updat|renew|chang)(?:e[ds]?|es|ing)|(?:made |new |fresh )(?:anew|again)?)\s)"
RULES: tuple[Rule, ...] = (
    # Length by time
    (re.compile(rf"\b(?:(?:{_LIMIT}|the next)\s)?(?P<a>{TIME_EN})(?:['’]s?)?(?:\s?-?\s?(?:long|worth))?\sof\b"), _time),
    (re.compile(rf"\b(?:(?:an?|the)\s)?(?P<a>{TIME_EN})(?:\s?-?\s?long)?\s(?=(?:[\w-]+\s){{0,3}}{_LIST_EN}\b)"), _time),
    (re.compile(rf"\b(?:for\s)?(?:{_LIMIT}\s)?(?P<a>{TIME_EN})\s(?:long\s)?(?:in total|in all|altogether|overall|total)\b"), _time),
    (re.compile(rf"\b(?:with a )?total(?:ling| length| time| duration)?(?: of)?\s(?:{_LIMIT}\s)?(?P<a>{TIME_EN})\b"), _time),
    (re.compile(rf"\bfor (?:the next |about |around |my |a |an |the )*(?P<a>{TIME_EN})\b(?:\slong)?"), _time),
    (re.compile(rf"{_TOTAL_ZH}(?:大约|大概|约|不超过|最多|不到)?\s?(?P<a>{TIME_ZH})(?:左右|以内|之内)?的?"), _time),
    (re.compile(rf"(?:听|看|放|播)(?:上|个|满)?\s?(?P<a>{TIME_ZH})(?:的)?"), _time),
    (re.compile(rf"(?P<limit>{_LIMIT_ZH}\s?)?(?:大约|大概|约)?(?P<a>{TIME_ZH})(?:长)?的"), _time),
    (re.compile(rf"(?P<limit>{_LIMIT_ZH}\s?)?(?P<a>{TIME_ZH})左右的(?!电影|影片|片)"), _time),
    # Length by number
    (re.compile(rf"\b(?P<s>(?:the )?(?:top |best )?(?P<n>{_COUNT_EN}))\s(?!(?:hours?|hrs?|minutes?|mins?|seconds?|days?|nights?|weeks?|months?|years?|stars?|people|persons?|friends?)\b)(?=(?:(?!(?:under|over|about|with|from|in|by|like)\b)[\w'-]+\s){{0,3}}{_HEAD_EN}\b)"), _count),
    (re.compile(rf"[,，]?\s?\b(?P<s>(?P<n>{_COUNT_EN})\s(?:of (?:them|these|those)|in all|in total|altogether))\b"), _count),
    (re.compile(rf"\b(?P<s>(?P<n>{_COUNT_EN}))\s(?=(?:{GENRE_EN})\s?(?:$|,|\b(?:ones|pieces)\b))"), _count),
    (re.compile(r"(?<![第\d零〇一二三四五六七八九十百千万])(?P<s>(?:前)?(?P<n>\d{1,9}|[零〇二三四五六七八九十百千万两][零〇一二三四五六七八九十百千万]{0,8}|一[十百千万][零〇一二三四五六七八九十百千万]{0,7})\s?(?:首|部|支|集|期|条|个(?!半|小时|钟头|人|孩子|小孩|月|星期|季)))"), _count),
    # How often it is made anew
    (re.compile(rf"[,，]?\s?{_NEWLY}?\b(?:every hour|each hour|hourly)\b(?! news)"), partial(_refresh, how="hourly")),
    (re.compile(rf"[,，]?\s?(?:{_NEWLY}\b(?:daily|nightly)\b|{_NEWLY}?\b(?:every|each) (?:day|morning|evening|night)\b|\b(?:every|each) day\b)"), partial(_refresh, how="daily")),
    (re.compile(rf"\b(?:an? )?daily\s(?=(?:[\w-]+\s){{0,2}}{_LIST_EN}\b)"), partial(_refresh, how="daily")),
    (re.compile(rf"[,，]?\s?(?:{_NEWLY}\bweekly\b|{_NEWLY}?\b(?:every|each) (?:week|monday|friday|sunday|weekend)\b)"), partial(_refresh, how="weekly")),
    (re.compile(rf"\b(?:an? )?weekly\s(?=(?:[\w-]+\s){{0,2}}{_LIST_EN}\b)"), partial(_refresh, how="weekly")),
    (re.compile(r"[,，]?\s?(?:并且?)?每(?:个)?(?:小时|钟头)(?:都)?(?:更新|刷新|换)?(?:一次|一批)?的?"), partial(_refresh, how="hourly")),
    (re.compile(r"[,，]?\s?(?:并且?)?(?:每天|每日|天天|每晚|每早)(?:早上|晚上)?(?:都)?(?:自动)?(?:更新|刷新|换)?(?:一次|一批)?的?"), partial(_refresh, how="daily")),
    (re.compile(r"[,，]?\s?(?:并且?)?(?:每周|每星期|每个星期|每礼拜)(?:一|五|末|日|都)?(?:自动)?(?:更新|刷新|换)?(?:一次|一批)?的?"), partial(_refresh, how="weekly")),
    # It plays on
    (re.compile(r"^(?:(?:make|create|give|start|play) (?:me |us )?)?(?:an? )?(?:(?:endless|non-?stop|never-ending|24/7)\s)?(?:radio(?: station| channel)?|channel|station)\s(?:of|for|with|playing)\b"), _channel),
    (re.compile(r"\b(?:endless|non-?stop|never-ending|24/7)(?:\s(?:radio|channel|stream|playlist|mix))?\b"), _channel),
    (re.compile(r"\s(?:radio(?: station| channel)?|channel|station)$"), _channel),
    (re.compile(r"(?:不停|一直|循环|连续不断)(?:地)?(?:播放|放|听)?的?(?:电台|频道)?|(?:的)?(?:电台|频道)$"), _channel),
    # What it is called
    (re.compile(rf"(?:^|(?<=\0))\s?(?:(?:please |can you |could you )?(?:make|create|build|give|put together|compile|generate|start|play) (?:me |us )?)?(?:an? |the |my )?(?:new )?{_LIST_EN}(?:\s(?:of|with|for|from|containing)\b|$)"), _form),
    (re.compile(r"^(?:please |can you |could you )?(?:make|create|build|put together|compile|generate|play) (?:me |us )?"), _form),
    (re.compile(r"\s(?:play-?\s?list|mix(?:tape)?)$"), _form),
    (re.compile(rf"(?:的)?(?:一个|一份|个|份)?{_LIST_ZH}(?=$|\0|[,，])|^(?:请)?(?:帮我|给我|为我)?(?:做|建|弄|来|生成|创建|整理|列)(?:一个|一份|个|份)?(?:{_LIST_ZH}[：:，,]?)?|^{_LIST_ZH}[：:，,]"), _form),
)  # fmt: skip
