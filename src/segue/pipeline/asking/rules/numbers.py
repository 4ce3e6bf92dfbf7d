"""Numbers in digits and in words, English and Chinese."""

from __future__ import annotations

from .patterns import one_of

_EN = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "forty-five": 45,
    "fifty": 50, "sixty": 60, "ninety": 90, "a hundred": 100, "one hundred": 100,
}  # fmt: skip
_ZH = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}

NUMBER_EN = rf"(?:\d{{1,4}}(?:\.\d)?|{one_of(_EN)})"
NUMBER_ZH = r"(?:\d{1,4}(?:\.\d)?|[零一二三四五六七八九十百两]{1,5})"


def number(text: str) -> float:
    """What a text of either pattern says; 一百二十 is 120, 三千 3,000."""
    if text in _EN:
        return _EN[text]
    if text[0].isdigit():
        return float(text)
    total, last = 0, 0
    for c in text:
        if c in _TENS:
            total, last = total + (last or 1) * _TENS[c], 0
        elif c == "万":
            total, last = 10_000 * (total + last or 1), 0
        else:
            last = _ZH[c]
    return float(total + last)
