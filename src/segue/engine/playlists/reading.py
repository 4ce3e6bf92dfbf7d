"""What a list is told: what its sentence asks for, and why it is shorter than that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...catalogue import Catalogue
from ...phrases import cleaned
from ...pipeline.asking.feeling import felt
from ...pipeline.asking.labelled import labelled
from ...pipeline.asking.programs import program
from ...pipeline.asking.sentence import Part, cut, joined
from ...pipeline.asking.titles import Names
from ...pipeline.sources.words import simplified
from ...pipeline.stages import World
from ...playlists import USUAL_ENTRIES, Chip, Entry, Length, Playlist, Said, Wanted
from ...profiles.history import Live
from ...profiles.mood_words import read as moods_in
from ...profiles.mood_words import readable as mood_text
from ...queries import Constraints, Query

AHEAD = 10
"""How many entries of a channel lie ahead, where its sentence asks for no number."""
SHORT = 0.9
"""A list by time that fills less than this share of it says so."""


def read(of: Playlist, world: World, stated: Mapping[str, Any]) -> Playlist:
    """The list with what its sentence asks for; what is stated goes before what the sentence says of it."""
    if not of.sentence:
        return of.model_copy(update={"wanted": Wanted(constraints=of.stated), "chips": ()})
    read = program(of.sentence, Names.in_world(world))
    rest, limits = read.rest, read.rest.constraints
    moods = _moods(rest.words, world, of.sentence)
    own: list[Chip] = []
    plain = _without_moods(rest.words)
    if plain and (named := labelled(plain, world)) is not None:
        limits = joined(limits, Constraints(where=named[0]))
        text = " · ".join(cleaned(one) for one in named[1])
        without = _without(of.sentence, plain)
        own = [Chip(what="genre", text=plain, english=f"only {text}", chinese=f"只要{text}", without=without)]
    chips = [_chip(part) for part in read.parts]
    channel = bool(stated.get("channel", read.channel))
    length = read.length or Length(items=AHEAD if channel else USUAL_ENTRIES)
    refresh = read.refresh or "never"
    wanted = Wanted(
        constraints=joined(of.stated, limits),
        words=rest.words,
        also=rest.also,
        seeds=rest.seeds,
        leanings=rest.leanings,
    )
    update = {"length": length, "refresh": refresh, "channel": channel}
    update |= {name: stated[name] for name in ("length", "refresh") if name in stated}
    return of.model_copy(update={**update, "wanted": wanted, "chips": (*chips, *own, *moods)})


def _moods(words: str, world: World, sentence: str) -> list[Chip]:
    """What the words say of moods, in both languages."""
    if not words:
        return []
    both = [
        felt(world, Query(recipe="mood", words=words, language=language), Live.nobody(), 0.0).told
        for language in ("en", "zh")
    ]
    chips = []
    for english, chinese in zip(*both, strict=False):
        if english["what"] not in ("mood", "not_mood", "state", "match", "lift"):
            continue
        what, text = english["what"], english["text"]
        told = {"english": english["said"], "chinese": chinese["said"]}
        chips.append(Chip(what=what, text=text, without=_without(sentence, text), **told))
    return chips


def _chip(part: Part) -> Chip:
    return Chip(what=part.what, text=part.text, english=part.english, chinese=part.chinese, without=part.without)


def _without(sentence: str, text: str) -> str:
    """The sentence without a stretch; empty where it does not stand there as one."""
    at = sentence.casefold().find(text.casefold())
    return cut(sentence, at, at + len(text)) if at >= 0 else ""


def _without_moods(words: str) -> str:
    """The words that say nothing of a mood."""
    text = mood_text(words)
    for heard in reversed(moods_in(simplified(text))):
        text = f"{text[: heard.begin]} {text[heard.end :]}"
    return " ".join(text.split()).strip(" ,，的")


def left(catalogue: Catalogue, entry: Entry) -> Said:
    row = catalogue.row_of.get(entry.item)
    item = catalogue.items[row] if row is not None else None
    name = cleaned(item.name if item else entry.item)
    return Said(
        english=f"“{name}” was pinned and had to leave: it may not be shown now, or does not meet the sentence.",
        chinese=f"“{name}”曾被固定，但已移出：它现在不能显示，或不符合这句话。",
    )


def shortfall(of: Playlist, entries: Sequence[Entry], catalogue: Catalogue) -> list[Said]:
    """What is said where the catalogue could not fill the list."""
    asked = " · ".join(c.english for c in of.chips if c.what not in _OWN)
    asked_zh = " · ".join(c.chinese for c in of.chips if c.what not in _OWN)
    what, what_zh = (
        f" that meets all of it ({asked})" if asked else "",
        f"符合全部要求（{asked_zh}）的" if asked_zh else "",
    )
    if not entries:
        return [Said(english=f"The catalogue has nothing{what}.", chinese=f"目录里没有{what_zh}内容。")]
    if of.size is not None:
        if len(entries) >= of.size:
            return []
        return [
            Said(
                english=f"{len(entries)} of {of.size}: the catalogue has no more{what}.",
                chinese=f"共 {len(entries)} 个，少于 {of.size} 个：目录里没有更多{what_zh}内容。",
            )
        ]
    rows = catalogue.rows(entry.item for entry in entries)
    seconds, wanted = float(np.nansum(catalogue.durations[rows])), of.length.seconds or 0.0
    if seconds >= SHORT * wanted:
        return []
    return [
        Said(
            english=f"{_minutes(seconds)} of {_minutes(wanted)} minutes: the catalogue has no more{what} that fits in.",
            chinese=f"共 {_minutes(seconds)} 分钟，不足 {_minutes(wanted)} 分钟：目录里没有更多{what_zh}、放得下的。",
        )
    ]


_OWN = ("length", "refresh", "channel", "spelling")
"""What is understood of the list itself."""


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f}" if seconds >= 600 else f"{seconds / 60:.1f}".removesuffix(".0")
