"""Genres, tags and creators of the catalogue that words name outright: "piano", 爵士, "Miles Davis".

In a search such words only rank. On a list they are what it is of: who asks for an hour of jazz gets nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...conditions import All, AnyOf, Condition, Is
from ..sources.words import folded, simplified
from ..stages import World
from .ideas import ideas_of, names_of, single
from .lexicon import FILLERS_EN, JOINTS_EN, STOP

_SORTS = ("genre", "tag", "creator")
_WORDS = re.compile(r"[a-z0-9][a-z0-9'&+-]*|[\u3400-\u9fff]+|[^\W_]+")
_EMPTY = re.compile(
    rf"(?:{FILLERS_EN}|{JOINTS_EN}|{'|'.join(STOP)}|music|songs?|tracks?|good|nice|best|great|tunes?|sounds?)"
)
_EMPTY_ZH = re.compile(r"的|和|与|曲|类|些|好听|好看|音乐|歌曲|歌|片|、")
_LISTED = re.compile(r"\b(?:or|and)\b|[,，、;；/+]|或|和|与|跟")
MOST = 6
_LONGEST_HAN = 8


def labelled(words: str, world: World) -> tuple[Condition, tuple[str, ...]] | None:
    """What all of the words name, each a condition, with the names as the catalogue writes them; None where one of
    them names nothing: then they only say what is looked for."""
    known = world.derived("labelled", lambda: _names(world))
    found: list[tuple[str, list[Is]]] = []
    for part in _parts(simplified(folded(words)), known, world):
        if part is None or len(found) == MOST:
            return None
        found.append(part)
    if not found:
        return None
    each = tuple(own[0] if len(own) == 1 else AnyOf(of=tuple(own)) for _, own in found)
    names = tuple(name for name, _ in found)
    if len(each) == 1:
        return each[0], names
    # "Jazz piano" is both at once, "jazz, folk and metal" some of each.
    return (AnyOf(of=each) if _LISTED.search(words.casefold()) else All(of=each)), names


def _names(world: World) -> dict[str, list[Is]]:
    """Folded name → what has it: a genre, a tag and a creator may be called the same."""
    topics = world.catalogue.topics
    found: dict[str, list[Is]] = {}
    for key, name in zip(topics.keys, topics.names, strict=True):
        sort = key.partition(":")[0]
        plain = _plain(name)
        if sort in _SORTS and plain and len(name) <= 200:
            found.setdefault(plain, []).append(Is(field=sort, value=name))
    return found


def _plain(name: str) -> str:
    return " ".join(_WORDS.findall(simplified(folded(name))))


def _parts(plain: str, names: dict[str, list[Is]], world: World) -> Iterator[tuple[str, list[Is]] | None]:
    """One after the other what the words name; None for what names nothing."""
    words = _WORDS.findall(plain)
    at = 0
    while at < len(words):
        for size in range(min(4, len(words) - at), 0, -1):
            text = " ".join(words[at : at + size])
            own = _own(text, names, world)
            if own:
                yield own[0].value, own
                at += size
                break
        else:
            word = words[at]
            if re.match(r"[\u3400-\u9fff]", word):
                yield from _han(word, names, world)
            elif not _EMPTY.fullmatch(word):
                yield None
            at += 1


def _own(text: str, names: dict[str, list[Is]], world: World) -> list[Is]:
    """What is called so, and the genres that are the same idea in another language or number."""
    own = list(names.get(text, ()) or names.get(single(text), ()))
    for genre in ideas_of(text):
        own += [Is(field="genre", value=name) for name in names_of(genre, world.catalogue.genre_names)]
    return list(dict.fromkeys(own))


def _han(run: str, names: dict[str, list[Is]], world: World) -> Iterator[tuple[str, list[Is]] | None]:
    """The same of Chinese, which puts no spaces: the longest names, one behind the other."""
    at = 0
    while at < len(run):
        for size in range(min(_LONGEST_HAN, len(run) - at), 1, -1):
            own = _own(run[at : at + size], names, world)
            if own:
                yield own[0].value, own
                at += size
                break
        else:
            empty = _EMPTY_ZH.match(run, at)
            if empty is None:
                yield None
                return
            at = empty.end()
