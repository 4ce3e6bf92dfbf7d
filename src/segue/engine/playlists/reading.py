"""What a playlist is told: what its sentence asks for, and why it is shorter than that."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...answers import Reason
from ...catalogue import Catalogue
from ...errors import InvalidInput
from ...phrases import cleaned
from ...pipeline.asking.feeling import felt
from ...pipeline.asking.labelled import labelled
from ...pipeline.asking.programs import program
from ...pipeline.asking.sentence import Part, cut, joined, readable
from ...pipeline.asking.titles import Names
from ...pipeline.sources.words import simplified
from ...pipeline.stages import World
from ...playlists import LONGEST_SENTENCE, USUAL_ENTRIES, Entry, Length, Note, Playlist, UnderstoodPart, Wanted
from ...profiles.history import Live
from ...profiles.mood_words import read as moods_in
from ...profiles.mood_words import readable as mood_text
from ...queries import Constraints, Query

AHEAD = 10
"""How many entries of a channel lie ahead, where its sentence asks for no number."""
SHORT = 0.9
"""A playlist by time that fills less than this share of it says so."""


def asked(sentence: str) -> str:
    """The sentence in one line; empty where there is none. Raises InvalidInput: it is too long, or says nothing."""
    sentence = " ".join(sentence.split())
    if len(sentence) > LONGEST_SENTENCE:
        raise InvalidInput(
            f"The sentence of a playlist has at most {LONGEST_SENTENCE:,} characters, and this one has "
            f"{len(sentence):,}. Shorten it."
        )
    if sentence and not re.search(r"\w", readable(sentence)) and not moods_in(simplified(mood_text(sentence))):
        raise InvalidInput(
            f"The sentence of a playlist says what it is to hold, such as “an hour of calm piano”, and "
            f"{sentence[:40]!r} has no word."
        )
    return sentence


def read(of: Playlist, world: World, stated: Mapping[str, Any]) -> Playlist:
    """The playlist with what its sentence asks for; what is stated goes before what the sentence says of it.

    Raises:
        InvalidInput: it asks for what nothing can be, or for a length that no playlist has.
    """
    if not of.sentence:
        return of.model_copy(update={"wanted": Wanted(constraints=of.stated), "understood": ()})
    read = program(of.sentence, Names.in_world(world))
    if read.problem is not None:
        raise InvalidInput(read.problem)
    rest, limits = read.rest, read.rest.constraints
    moods = _moods(rest.words, world, of.sentence)
    own: list[UnderstoodPart] = []
    plain = _without_moods(rest.words)
    if plain and (named := labelled(plain, world)) is not None:
        limits = joined(limits, Constraints(where=named[0]))
        text = " · ".join(cleaned(one) for one in named[1])
        without = _without(of.sentence, plain)
        own = [UnderstoodPart(what="genre", text=plain, english=f"only {text}", chinese=f"只要{text}", without=without)]
    parts = [_part(part) for part in read.parts]
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
    _no_contradiction(wanted.constraints, [*parts, *own])
    update = {"length": length, "refresh": refresh, "channel": channel}
    update |= {name: stated[name] for name in ("length", "refresh") if name in stated}
    return of.model_copy(update={**update, "wanted": wanted, "understood": (*parts, *own, *moods)})


def _no_contradiction(limits: Constraints, parts: Sequence[UnderstoodPart]) -> None:
    """Raises InvalidInput: two bounds leave no length, or no year, between them."""
    first, last = limits.min_year, limits.max_year
    reversed_years = first is not None and last is not None and first > last
    no_year = limits.years and not any(
        a <= b and (first is None or b >= first) and (last is None or a <= last) for a, b in limits.years
    )
    low, high = limits.min_duration_s, limits.max_duration_s
    for what, name, wrong in (
        ("duration", "length", low is not None and high is not None and low > high),
        ("year", "year", reversed_years or no_year),
    ):
        if wrong:
            said = [f"“{part.english}”" for part in parts if part.what == what]
            told = f" ({' and '.join(said)})" if len(said) > 1 else ""
            raise InvalidInput(f"The bounds on the {name} exclude each other{told}: nothing meets both. Take one back.")


def _moods(words: str, world: World, sentence: str) -> list[UnderstoodPart]:
    """What the words say of moods, in both languages."""
    if not words:
        return []
    both = [
        felt(world, Query(recipe="mood", words=words, language=language), Live.nobody(), 0.0).told
        for language in ("en", "zh")
    ]
    parts = []
    for english, chinese in zip(*both, strict=False):
        if english["what"] not in ("mood", "not_mood", "state", "match", "lift"):
            continue
        what, text = english["what"], english["text"]
        told = {"english": english["said"], "chinese": chinese["said"]}
        parts.append(UnderstoodPart(what=what, text=text, without=_without(sentence, text), **told))
    return parts


def _part(part: Part) -> UnderstoodPart:
    return UnderstoodPart(
        what=part.what, text=part.text, english=part.english, chinese=part.chinese, without=part.without
    )


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


def by_hand(item_id: str, chinese: bool, at: float, why: Reason | None) -> Entry:
    """An entry that the person has chosen.

    Args:
        why: the reason that the item was shown with, where it was.
    """
    reason = "因为你把它放进了这个播放列表。" if chinese else "Because you put it on this playlist."
    chosen = Entry(item=item_id, reason=reason, pinned=True, since=at)
    if why is None or not (why.text and why.evidence):
        return chosen
    told = f"当时推荐它是{why.text}。" if chinese else f"It was suggested {why.text[0].lower()}{why.text[1:]}."
    return chosen.model_copy(update={"told": told, "evidence": why.kept})


def still_told(entry: Entry, world: World, live: Live | None) -> Entry:
    """The entry without what has been told of its showing, where that rests on something that is no longer there: an
    item of the catalogue, or what the person did with it."""
    if not entry.told:
        return entry
    catalogue = world.catalogue
    history = (live or Live.nobody()).history
    for one in entry.why.evidence:
        if one.kind in ("seed", "session"):
            row = catalogue.row_of.get(one.ref, -1)
            there = row >= 0 and catalogue.items[row] is not None
            if not there or (one.via != "seeds" and not (history.items == row).any()):
                return entry.model_copy(update={"told": "", "evidence": ()})
    return entry


def left(catalogue: Catalogue, entry: Entry) -> Note:
    row = catalogue.row_of.get(entry.item)
    item = catalogue.items[row] if row is not None else None
    name = cleaned(item.name if item else entry.item)
    return Note(
        english=f"“{name}” was pinned and had to leave: it may not be shown now, or does not meet the sentence.",
        chinese=f"“{name}”曾被固定，但已移出：它现在不能显示，或不符合这句话。",
    )


def takes_back(of: Playlist) -> list[UnderstoodPart]:
    """What was understood of the entries, and can be taken back."""
    return [part for part in of.understood if part.what not in _OWN and part.without]


def shortfall(
    of: Playlist, entries: Sequence[Entry], catalogue: Catalogue, emptied_by: Sequence[UnderstoodPart] = ()
) -> list[Note]:
    """What is said where the catalogue could not fill the playlist.

    Args:
        emptied_by: of a playlist without entries, the parts without any one of which there would be some.
    """
    said = [(part.english, part.chinese) for part in of.understood if part.what not in _OWN]
    if (
        not entries
        and (words := cleaned(of.wanted.words))
        and of.wanted.words not in {part.text for part in of.understood}
    ):
        said.append((f"“{words}”", f"“{words}”"))
    asked, asked_zh = (" · ".join(one) for one in zip(*said, strict=True)) if said else ("", "")
    what, what_zh = (
        f" that meets all of it ({asked})" if asked else "",
        f"符合全部要求（{asked_zh}）的" if asked_zh else "",
    )
    if not entries:
        out = " or ".join(f"“{part.english}”" for part in emptied_by)
        out_zh = "或".join(f"“{part.chinese}”" for part in emptied_by)
        return [
            Note(
                english=f"The catalogue has nothing{what}.{f' Without {out} it has something.' if out else ''}",
                chinese=f"目录里没有{what_zh}内容。{f'去掉{out_zh}就有。' if out else ''}",
            )
        ]
    if of.size is not None:
        if len(entries) >= of.size:
            return []
        return [
            Note(
                english=f"{len(entries)} of {of.size}: the catalogue has no more{what}.",
                chinese=f"共 {len(entries)} 个，少于 {of.size} 个：目录里没有更多{what_zh}内容。",
            )
        ]
    rows = catalogue.rows(entry.item for entry in entries)
    seconds, wanted = float(np.nansum(catalogue.durations[rows])), of.length.seconds or 0.0
    if seconds >= SHORT * wanted:
        return []
    return [
        Note(
            english=f"{_minutes(seconds)} of {_minutes(wanted)} minutes: the catalogue has no more{what} that fits in.",
            chinese=f"共 {_minutes(seconds)} 分钟，不足 {_minutes(wanted)} 分钟：目录里没有更多{what_zh}、放得下的。",
        )
    ]


_OWN = ("length", "refresh", "channel", "spelling")
"""What is understood of the playlist itself."""


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f}" if seconds >= 600 else f"{seconds / 60:.1f}".removesuffix(".0")
