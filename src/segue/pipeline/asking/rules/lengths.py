"""Lengths: under 90 minutes, two hours or more, 半小时以内."""

# ruff: noqa: E501 - a rule is one line

from __future__ import annotations

import re
from functools import partial

from ..reading import Found, Reader, Rule
from .numbers import NUMBER_EN, NUMBER_ZH, number

_UNIT = r"(?:hours?|hrs?|minutes?|mins?|seconds?|secs?|h|m|s)"
TIME_EN = rf"(?:\d{{1,2}}\s?h\s?\d{{1,2}}(?:\s?m(?:ins?)?)?\b|half an hour|an hour and a half|{NUMBER_EN} and a half hours?|{NUMBER_EN}\s?-?\s?{_UNIT}\b(?:\s(?:and\s)?{NUMBER_EN}\s?(?:minutes?|mins?|m)\b)?)"
TIME_ZH = rf"(?:半个?(?:小时|钟头)|{NUMBER_ZH}\s?个?半?(?:小时|钟头|分钟|分|秒)(?:{NUMBER_ZH}分钟?)?)"
_MAX = r"(?:under|below|less than|shorter than|at most|up to|no longer than|not longer than|no more than|within|in under|max(?:imum)?|<=?|≤)"
_MIN = r"(?:over|above|more than|longer than|at least|no shorter than|no less than|min(?:imum)?|>=?|≥)"
_ABOUT = 0.15
"""How far "about" reaches to either side."""


def seconds_of(text: str) -> float:
    """The seconds of a text of either pattern."""
    text = text.strip()
    if text == "half an hour" or re.fullmatch(r"半个?(?:小时|钟头)", text):
        return 1800.0
    if text == "an hour and a half":
        return 5400.0
    if half := re.fullmatch(rf"({NUMBER_EN}) and a half hours?", text):
        return 3600.0 * (number(half[1]) + 0.5)
    if together := re.fullmatch(r"(\d{1,2})\s?h\s?(\d{1,2})(?:\s?m(?:ins?)?)?", text):
        return 3600.0 * int(together[1]) + 60.0 * int(together[2])
    total = 0.0
    for amount, unit in re.findall(
        rf"({NUMBER_EN}|{NUMBER_ZH})\s?-?\s?(个?半?(?:小时|钟头|分钟|分|秒)|{_UNIT}\b)", text
    ):
        hours, seconds = unit[0] == "h" or "小时" in unit or "钟头" in unit, unit[0] == "s" or "秒" in unit
        total += (3600 if hours else 1 if seconds else 60) * (number(amount) + (0.5 if "半" in unit else 0))
    return total


def told(seconds: float) -> tuple[str, str]:
    """A length in English and in Chinese."""
    if seconds >= 60 and seconds % 60 == 0:
        return f"{seconds / 60:g} minutes", f"{seconds / 60:g} 分钟"
    return f"{seconds:g} seconds", f"{seconds:g} 秒"


def _length(low: bool, high: bool, match: re.Match[str], _: Reader) -> Found | None:
    """A limit at the length ``a``, around it, or between ``n`` of the same unit and it."""
    length = seconds_of(match.group("a"))
    if not length:
        return None
    english, chinese = told(length)
    if first := match.groupdict().get("n"):
        other = number(first) * length / number(re.findall(rf"{NUMBER_EN}|{NUMBER_ZH}", match.group("a"))[0])
        begin = told(other)
        return Found("duration", f"{begin[0]} to {english}", f"{begin[1]}到{chinese}",
                     {"min_duration_s": min(other, length), "max_duration_s": max(other, length)})  # fmt: skip
    if low and high:
        limits = {"min_duration_s": round((1 - _ABOUT) * length), "max_duration_s": round((1 + _ABOUT) * length)}
        return Found("duration", f"about {english}", f"大约{chinese}", limits)
    if high:
        return Found("duration", f"at most {english}", f"不超过{chinese}", {"max_duration_s": length})
    return Found("duration", f"at least {english}", f"至少{chinese}", {"min_duration_s": length})


_most, _least, _around = partial(_length, False, True), partial(_length, True, False), partial(_length, True, True)

RULES: tuple[Rule, ...] = (
    (re.compile(rf"\bbetween\s(?P<n>{NUMBER_EN})\s?(?:{_UNIT}\b)?\s?and\s(?P<a>{TIME_EN})"), _around),
    (re.compile(r"\b(?P<n>\d{1,4})\s?(?:-|–|to)\s?(?P<a>\d{1,4}\s?(?:hours?|minutes?|mins?)\b)"), _around),
    (re.compile(rf"(?P<n>{NUMBER_ZH})\s?(?:分钟)?\s?(?:-|–|到|至|~)\s?(?P<a>{TIME_ZH})"), _around),
    (re.compile(rf"(?:\bthat (?:is|are) )?(?:\b|(?<=\s)|^){_MAX}\s?(?P<a>{TIME_EN})(?: long)?"), _most),
    (re.compile(rf"\b(?P<a>{TIME_EN})\s(?:or (?:less|shorter|under)|max(?:imum)?|tops)\b"), _most),
    (re.compile(rf"(?:\b|(?<=\s)|^){_MIN}\s?(?P<a>{TIME_EN})(?: long)?"), _least),
    (re.compile(rf"\b(?P<a>{TIME_EN})(?:\s(?:or (?:more|longer))\b|\+)"), _least),
    (re.compile(rf"\b(?:about|around|roughly|approximately)\s(?P<a>{TIME_EN})(?: long)?"), _around),
    (re.compile(rf"(?:时长|长度)?(?:在)?(?P<a>{TIME_ZH})\s?(?:以内|之内|以下|内)的?"), _most),
    (re.compile(rf"(?:时长|长度)?(?:不到|少于|短于|不超过|别超过|不要超过|最多|低于|小于)\s?(?P<a>{TIME_ZH})的?"), _most),
    (re.compile(rf"(?:时长|长度)?(?:在)?(?P<a>{TIME_ZH})\s?(?:以上|往上)的?"), _least),
    (re.compile(rf"(?:时长|长度)?(?:超过|多于|长于|至少|不少于|不短于|大于)\s?(?P<a>{TIME_ZH})的?"), _least),
    (re.compile(rf"比\s?(?P<a>{TIME_ZH})\s?(?:还|更)?(?:要)?短的?"), _most),
    (re.compile(rf"比\s?(?P<a>{TIME_ZH})\s?(?:还|更)?(?:要)?[长久]的?"), _least),
    (re.compile(rf"(?:大约|大概|约)?(?P<a>{TIME_ZH})\s?(?:左右|上下)的?"), _around),
)  # fmt: skip
