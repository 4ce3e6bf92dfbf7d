"""Items spoken of by their place in the list, or by "that one": the second, #3, the last one, 第二个, 最后一个."""

# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...pipeline.asking.rules.numbers import number
from ..dialogue import Dialogue

_EN = (
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
)
_SMALL = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_PLACE = {word: n for n, word in enumerate(_EN, 1)} | {word: n for n, word in enumerate(_SMALL, 1)}
_ONE = r"(?:\s(?:one|ones|film|movie|song|track|video|show|series|podcast|episode|game|item|pick|title|result|option|of (?:them|these|those))\b)?"
_ZH_N = r"(?:\d{1,2}|[一二三四五六七八九十两]{1,3})"
_MEASURE = r"(?:个|部|首|集|条|期|款|项|支|张|本|种|曲|档)?(?:电影|影片|片子|片|歌|曲子|音乐|视频|播客|剧|游戏)?"

_MOST_EN = r"the (?P<most>shortest|longest|newest|latest|oldest)"
_MOST_ZH = {"短": "shortest", "长": "longest", "新": "newest", "老": "oldest", "旧": "oldest", "早": "oldest"}
PLACE = (
    rf"(?:the (?:shortest|longest|newest|latest|oldest)\b(?:{_ONE}(?:\s(?:of|among) (?:these|those|them|the list))?)"
    rf"|(?:这里面?|其中|里面)?最[{''.join(_MOST_ZH)}]的?(?:那|一)?(?:个|部|首|集|条|期|款)"
    rf"|(?:the |this |that |your )?(?:second|third)[- ](?:to[- ])?last{_ONE}"
    rf"|(?:the )?(?:very )?(?:last|bottom|final)\b(?!\s(?:year|week|month|night|decade|time|century)){_ONE}"
    rf"|(?:the |your )?(?:first|top)\s(?:two|three|four|five|\d){_ONE}"
    rf"|(?:the |your )?(?:very )?(?:{'|'.join(_EN)}|top)\b(?!\s(?:two|three|four|five|world|time|half|season)){_ONE}"
    rf"|(?:the |your )?\d{{1,2}}(?:st|nd|rd|th)\b(?!\s(?:century|season)){_ONE}"
    rf"|(?:#|\bnumber\s|\bno\.?\s|\bnr\.?\s|\bitem\s|\boption\s)(?:\d{{1,2}}|{'|'.join(_SMALL)})\b"
    rf"|倒数第{_ZH_N}{_MEASURE}|最后(?:那|的)?(?:一)?(?:个|部|首|集|条|期|款)?(?:电影|片子|歌)?"
    rf"|前{_ZH_N}(?:个|部|首|集|条|期|款)|第\s?{_ZH_N}\s?{_MEASURE}|{_ZH_N}号)"
)
"""A place in a list, without groups."""
THAT = r"(?:\b(?:that|this|the same) (?:one|film|movie|song|track|show|video|podcast|game)\b|\bit\b|(?:那|这)(?:个|部|首|集|条|期|款)|它)"
_PLACES = re.compile(PLACE)


@dataclass(frozen=True)
class Pointed:
    """A place that is named, and what lies there."""

    begin: int
    end: int
    numbers: tuple[int, ...]
    """Places from 1, as they were said; one may be beyond the list."""


def pointed(text: str, count: int) -> Iterator[Pointed]:
    """The places that a text names, in its order.

    Args:
        text: in lower case, Chinese simplified.
        count: how long the list is.
    """
    for match in _PLACES.finditer(text):
        numbers = places(match.group(), count)
        if numbers:
            yield Pointed(match.start(), match.end(), numbers)


def places(said: str, count: int) -> tuple[int, ...]:
    """The numbers that one such stretch means."""
    plain = said.strip()
    if superlative(plain) is not None:
        return ()  # which one that is, the list alone tells
    if found := re.match(rf"倒数第({_ZH_N})", plain):
        return (count + 1 - int(number(found[1])),)
    if plain.startswith("最后") or re.match(r"(?:the )?(?:very )?(?:last|bottom|final)\b", plain):
        return (count,)
    if found := re.search(r"(second|third)[- ](?:to[- ])?last", plain):
        return (count + 1 - _PLACE[found[1]],)
    if found := re.match(rf"前({_ZH_N})", plain):
        return tuple(range(1, int(number(found[1])) + 1))
    if found := re.search(r"(?:first|top)\s(two|three|four|five|\d)", plain):
        return tuple(range(1, (_PLACE.get(found[1]) or int(found[1])) + 1))
    if found := re.match(rf"第\s?({_ZH_N})|({_ZH_N})号", plain):
        return (int(number(found[1] or found[2])),)
    if found := re.search(r"\d{1,2}", plain):
        return (int(found[0]),)
    if re.match(r"(?:the |your )?(?:very )?top\b", plain):
        return (1,)
    found = re.search("|".join((*_EN, *_SMALL)), plain)
    return (_PLACE[found[0]],) if found else ()


def superlative(said: str) -> str | None:
    """``shortest`` ``longest`` ``newest`` ``oldest``, where a stretch names a place by what it is most."""
    if found := re.match(_MOST_EN, said.strip()):
        return {"latest": "newest"}.get(found["most"], found["most"])
    found = re.search(r"最([短长新老旧早])", said)
    return _MOST_ZH[found[1]] if found else None


def last_pointed(dialogue: Dialogue) -> int | None:
    """Row in the newest list of what was spoken of last, from 1; the only one of a list of one; None: of nothing."""
    shown = dialogue.shown
    if shown is None:
        return None
    if len(shown.items) == 1:
        return 1
    for turn in reversed(dialogue.turns):
        if turn.role == "segue" and turn.shown == shown.id:
            break
        if turn.role == "person":
            found: Sequence[Pointed] = list(pointed(turn.text.lower(), len(shown.items)))
            if found:
                return found[-1].numbers[-1]
    return None
