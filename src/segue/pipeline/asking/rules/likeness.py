"""Like this, but …: an item to start from, and a direction away from it."""

# ruff: noqa: E501 - a rule is one line

from __future__ import annotations

import re

from ..lexicon import LEANINGS
from ..reading import Found, Reader, Rule
from .patterns import KIND_ZH, one_of

_LEANING = {word: name for name, lean in LEANINGS.items() for word in (*lean.english, *lean.chinese)}
_EN = one_of(word for word in _LEANING if word.isascii())
_ZH = one_of(word for word in _LEANING if not word.isascii())
_BUT_ZH = r"(?:[,，\s]*(?:但是|但|不过|只是|可是|就是|而且))?"


def _like(match: re.Match[str], reader: Reader) -> Found | None:
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
                span = match.start(), begin + end if words else match.end()
                return Found("seed", f"like “{item.name}”", f"像《{item.name}》", seeds=(item.id,), span=span)
    return None


def _lean(match: re.Match[str], reader: Reader) -> Found | None:
    """A direction, where an item was named; newer, older, shorter and longer become limits beside that item's."""
    name = _LEANING[match.group("d")]
    item = None if reader.seed is None else reader.names.catalogue.item(reader.seed)
    if item is None:
        return None
    chinese = "更" + (LEANINGS[name].chinese[0] if name != "less scary" else "温和")
    if name in ("newer", "older"):
        if item.year is None:
            return None
        limits = {"min_year": item.year + 1} if name == "newer" else {"max_year": item.year - 1}
        return Found("year", f"{name} than {item.year}", f"比 {item.year} 年{chinese}", limits)
    if name in ("shorter", "longer"):
        if item.duration_s is None:
            return None
        length = (
            {"max_duration_s": 0.95 * item.duration_s}
            if name == "shorter"
            else {"min_duration_s": 1.05 * item.duration_s}
        )
        return Found("duration", name, chinese, length)
    return Found("leaning", name, chinese, leanings=(name,))


RULES: tuple[Rule, ...] = (
    (re.compile(r"(?:\b(?:something|anything|movies?|films?|songs?|tracks?|music|podcasts?|shows?|series|videos?|more)\s)?\b(?:(?:just )?like|similar to|in the style of|reminiscent of)\s(?P<en>)(?P<t>.+?)(?=,|\s(?:but|except|only|yet)\b|$)"), _like),
    (re.compile(rf"(?:像|类似于?|和|跟|与)(?P<t>[^,，]+?)(?:一样|差不多|类似|那样|那种|似的)(?:的(?:{KIND_ZH})?)?"), _like),
    (re.compile(rf"(?:像|类似于?)(?P<t>[^,，\0]+?)(?:的(?:{KIND_ZH}))?(?=[,，]|但|不过|只是|可是|\s*更|$)"), _like),
    (re.compile(rf"\b(?:(?:but|only|and|just)\s)*(?:a bit |a little |much |somewhat |slightly )?(?P<d>{_EN})\b"), _lean),
    (re.compile(rf"{_BUT_ZH}[,，\s]*(?:要|得|更加|更|再|稍微)*(?P<d>{one_of(LEANINGS['less scary'].chinese)})(?:一点|一些|点|些)?的?"), _lean),
    (re.compile(rf"{_BUT_ZH}[,，\s]*(?:要|得)?(?:更加|更|再|稍微)(?P<d>{_ZH})(?:一点|一些|点|些)?的?"), _lean),
    (re.compile(rf"{_BUT_ZH}[,，\s]*(?P<d>{_ZH})(?:一点|一些|点儿|点|些)的?"), _lean),
)  # fmt: skip
