"""Who made it: directed by, starring, 主演, 演唱; anybody's work where no role is said."""

# ruff: noqa: E501 - a rule is one line

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from ....items import Credit
from ...sources.words import folded
from ..reading import Found, Reader, Rule
from ..titles import has_role, likeness, simple
from .patterns import KIND_ZH

_TOLD = {
    "director": ("directed by", "导演"), "actor": ("with", "主演"), "writer": ("written by", "编剧"),
    "artist": ("by", "演唱"), "host": ("hosted by", "主持"), "": ("by", "作者"),
}  # fmt: skip


def _creator(role: str, match: re.Match[str], reader: Reader) -> Found | None:
    """The longest stretch beside the pattern that names a creator here, in that role where anybody has it."""
    for name, span in (_before if match.re.groupindex.get("zh") else _behind)(match, reader):
        own = [c for item in reader.names.catalogue.items if item for c in item.creators if c.name == name]
        credit = Credit(name, role if any(has_role(one, role) for one in own) else "")
        english, chinese = _TOLD[role]
        return Found("creator", f"{english} {name}", f"{chinese}：{name}", {"creators": (credit,)}, span=span)
    return None


def _behind(match: re.Match[str], reader: Reader) -> Iterator[tuple[str, tuple[int, int]]]:
    """The creator named by up to five words from the beginning of ``c``, in spite of slips: as many as fit best."""
    text, begin = match.group("c"), match.start("c")
    words = list(re.finditer(r"[^\s,]+", text))[:5]
    found = []
    for word in reversed(words):
        stretch = text[words[0].start() : word.end()]
        name = reader.names.creator(stretch)
        if name is not None:
            found.append((likeness(simple(stretch), simple(name)), name, begin + word.end()))
    if found:
        _, name, end = max(found, key=lambda one: one[0])
        yield name, (match.start(), end)


def _before(match: re.Match[str], reader: Reader) -> Iterator[tuple[str, tuple[int, int]]]:
    """Creators named by the end of ``c``, where Chinese puts them, without spaces before."""
    text, begin = match.group("c"), match.start("c")
    for start in range(len(text) - 1):
        name = reader.names.creators.get(folded(text[start:]).strip())
        if name:
            yield name, (begin + start, match.end())


RULES: tuple[Rule, ...] = (
    (re.compile(r"\bdirected by\s(?P<c>[^\0]{2,60})"), partial(_creator, "director")),
    (re.compile(r"\b(?:starring|acted by|with actor|with actress|featuring)\s(?P<c>[^\0]{2,60})"), partial(_creator, "actor")),
    (re.compile(r"\bwritten by\s(?P<c>[^\0]{2,60})"), partial(_creator, "writer")),
    (re.compile(r"\b(?:hosted|presented) by\s(?P<c>[^\0]{2,60})"), partial(_creator, "host")),
    (re.compile(r"\b(?:sung |performed |made |composed )?by\s(?P<c>[^\0]{2,60})"), partial(_creator, "")),
    (re.compile(r"(?P<zh>)(?P<c>[^\0\s,，]{2,20})(?:导演|执导|拍)的?"), partial(_creator, "director")),
    (re.compile(r"(?P<zh>)(?P<c>[^\0\s,，]{2,20}?)(?:主演|出演|演(?![唱奏]))的?"), partial(_creator, "actor")),
    (re.compile(r"(?P<zh>)(?P<c>[^\0\s,，]{2,20})(?:演唱|唱|演奏|作曲)的?"), partial(_creator, "artist")),
    (re.compile(r"(?P<zh>)(?P<c>[^\0\s,，]{2,20})(?:主持|主播)的?"), partial(_creator, "host")),
    (re.compile(rf"(?P<zh>)(?P<c>[^\0\s,，]{{2,20}})的(?:作品|(?={KIND_ZH}|新歌|专辑|\0|$))"), partial(_creator, "")),
)  # fmt: skip
