"""A request for a mood: what its words say of moods, and the filters and names that stand beside them.

The stretches that name a mood or a feeling are read first (`segue.profiles.mood_words`), then the rest of the sentence
as that of a search: "something sad in French, under two hours". What is left counts only where it names a tag, a genre
or a creator of the catalogue ("calm piano"): in a sentence about oneself the other words are not about items.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...catalogue import Catalogue
from ...profiles.history import Live
from ...profiles.item_moods import MOODS
from ...profiles.mood import Mood, mood_of_now, session_mood
from ...profiles.mood_words import Heard, lexicon, merged, read, readable
from ...queries import Query
from ...settings import Label
from ...understanding.annotators.vocabularies import checked, vocabularies
from .. import wording
from ..sources.words import folded, simplified
from ..stages import World
from .lexicon import FILLERS_EN, FILLERS_ZH, JOINTS_EN, JOINTS_ZH, STOP
from .sentence import ReadSentence, joined, understood
from .titles import Names

MOST_NAMED = 5
"""Names of tags, genres and creators that are looked for besides the mood."""
_QUOTED = 40
"""Characters of a sentence that a reason quotes whole."""
_LEFT = 300
"""Characters of the rest in which they are looked for."""


@dataclass(frozen=True)
class Felt:
    """What a request for a mood asks for."""

    query: Query
    """With what was read besides the mood: constraints, and the names that remain as words."""
    mood: Mood
    told: tuple[Mapping[str, Any], ...] = ()
    """What was understood, as in `segue.answers.Answer.understood`."""
    by: Mapping[str, str] = field(default_factory=dict)
    """Mood, or ``state``, → the words that asked for it, as typed; empty where it was chosen."""


def felt(world: World, query: Query, person: Live, now: float) -> Felt:
    """Read a request for a mood.

    Raises:
        InvalidInput: a stated mood is not one of the vocabulary.
    """
    labels = vocabularies(world.settings).get(MOODS, {})
    stated = tuple(dict.fromkeys(checked({MOODS: labels}, MOODS, name) for name in query.moods))
    text = readable(query.words or "")
    plain = simplified(text)
    heard = tuple(one for one in read(plain) if _anything(one, labels))
    session = session_mood(person.history, world.moods, world.settings.session, now)
    mood = mood_of_now(heard, stated, session, tuple(labels))
    rest, left = _rest(world, text, heard)
    chinese = wording.is_chinese(query.language)
    names = {name: label.zh if chinese and label.zh else name for name, label in labels.items()}
    told = [*_told(mood, text, heard, stated, names, chinese), *_filters(rest, text, chinese)]
    by = dict.fromkeys(stated, "")
    for one in heard:
        words = text if len(heard) == 1 and len(text) <= _QUOTED else text[one.begin : one.end]
        if one.what == "wish":
            by = {**dict.fromkeys(one.moods, words), **by}
        elif one.what == "state":
            by.setdefault("state", words)
    asked = {"constraints": joined(query.constraints, rest.constraints), "words": left or None}
    return Felt(query.model_copy(update=asked), mood, tuple(told), by)


def _anything(one: Heard, labels: Mapping[str, Label]) -> bool:
    """Whether it names a mood that this vocabulary has."""
    return any(mood in labels for mood in merged([one.moods, one.match, one.lift]))


def _rest(world: World, text: str, heard: Sequence[Heard]) -> tuple[ReadSentence, str]:
    """The sentence without its moods, read as a search; and the names of the catalogue in what remains of it."""
    parts, at = [], 0
    for one in heard:
        parts.append(text[at : one.begin])
        at = one.end
    left = " ".join(" ".join([*parts, text[at:]]).split())
    if not re.search(r"\w", left):
        return ReadSentence(text, ""), ""
    found = understood(left, Names.in_world(world))
    # A mood starts from no item and leans nowhere; nor is a spelling told of words that are not searched.
    found = replace(found, seeds=(), leanings=(), parts=tuple(p for p in found.parts if p.what not in _NO_FILTERS))
    return found, _named(world, found.words[:_LEFT])


_NO_FILTERS = ("spelling", "seed", "leaning")


def _named(world: World, left: str) -> str:
    """The tags, genres and creators that the rest of a sentence names, as the catalogue writes them."""
    known = world.derived("moods named", lambda: _names(world.catalogue))
    plain = folded(left)
    found: dict[str, None] = {}
    words = re.findall(r"[^\W_]+", plain)
    for size in (3, 2, 1):
        for at in range(len(words) - size + 1):
            name = known.get(" ".join(words[at : at + size]))
            if name:
                found[name] = None
    for run in re.findall(r"[\u3400-\u9fff]{2,}", plain):
        for size in range(min(6, len(run)), 1, -1):
            for at in range(len(run) - size + 1):
                name = known.get(run[at : at + size])
                if name and not any(run[at : at + size] in folded(other) for other in found):
                    found[name] = None
    return " ".join(list(found)[:MOST_NAMED])


def _names(catalogue: Catalogue) -> dict[str, str]:
    """Folded name → name, of tags, genres and creators; without words of everyday speech and those of moods."""
    passed, topics = {*STOP, *lexicon().words}, catalogue.topics
    found: dict[str, str] = {}
    for key, name in zip(topics.keys, topics.names, strict=True):
        plain = folded(name)
        if key.startswith(("tag:", "genre:", "creator:")) and len(plain) > 1 and plain not in passed:
            found.setdefault(" ".join(re.findall(r"[^\W_]+", plain)), name)
    return found


# What is told


def _told(
    mood: Mood, text: str, heard: Sequence[Heard], stated: Sequence[str], names: Mapping[str, str], chinese: bool
) -> list[dict[str, Any]]:
    """What decided the mood, part by part; ``without`` is the sentence that takes a part back."""

    def say(moods: Mapping[str, float]) -> str:
        kept = [names[m] for m in sorted(moods, key=lambda m: -moods[m]) if m in names]
        return wording.either(kept, chinese)

    told: list[dict[str, Any]] = [
        {"what": "stated", "text": name, "said": names[name], "without": text} for name in stated
    ]
    for one in heard:
        words = text[one.begin : one.end]
        without = _without(text, one.begin, one.end)
        if one.what == "not":
            told.append({"what": "not_mood", "text": words, "said": wording.unwanted(say(one.moods), chinese)})
        elif one.what == "wish":
            told.append({"what": "mood", "text": words, "said": say(_wanted(one.moods, mood))})
        elif mood.origin == "state" and len(mood.ways) == 1:
            told.append({"what": "state", "text": words, "said": say(_wanted(one.lift, mood))})
        else:
            continue
        told[-1]["without"] = without
    if mood.origin == "state" and len(mood.ways) == 2:
        told += _ways(mood, text, [one for one in heard if one.what == "state"], say, names, chinese)
    if mood.origin == "session":
        said = wording.from_session(say(mood.moods), chinese)
        told.append({"what": "session", "text": "", "said": said, "without": ""})
    return [one for one in told if one["said"]]


def _wanted(moods: Mapping[str, float], mood: Mood) -> dict[str, float]:
    return {name: weight for name, weight in moods.items() if name in mood.moods}


def _ways(
    mood: Mood, text: str, states: Sequence[Heard], say: Any, names: Mapping[str, str], chinese: bool
) -> list[dict[str, Any]]:
    """Both ways; taking one back asks for the moods of the other in its place."""
    told = []
    begin, end = states[0].begin, states[-1].end
    for way, other in zip(mood.ways, reversed(mood.ways), strict=True):
        instead = " ".join([text[:begin].strip(), say(other.moods), text[end:].strip()]).strip()
        if chinese or not text.isascii():
            instead = f"{text[:begin]}，{'、'.join(names[m] for m in other.moods)}{text[end:]}".strip("，, ")
        said = wording.way(way.name, say(way.moods), chinese)
        told.append({"what": way.name, "text": text[begin:end], "said": said, "without": instead})
    return told


def _filters(rest: ReadSentence, text: str, chinese: bool) -> list[dict[str, Any]]:
    """What was read besides the mood."""
    told = []
    for part in rest.parts:
        at = text.find(part.text)
        without = _without(text, at, at + len(part.text)) if at >= 0 else text
        told.append({"what": part.what, "text": part.text, "said": part.said(chinese), "without": without})
    return told


def _without(text: str, begin: int, end: int) -> str:
    """A sentence without a stretch and the comma that held it; empty where nothing else is asked for."""
    left, right = text[:begin].rstrip(" ,，、"), text[end:].lstrip(" ,，、")
    kept = f"{left}{right}" if _HAN.search(left[-1:] + right[:1]) else f"{left} {right}".strip()
    return kept if re.search(r"\w", _CONNECTING.sub(" ", kept.lower())) else ""


_HAN = re.compile(r"[\u3400-\u9fff]")
_CONNECTING = re.compile(
    rf"(?<!\w)(?:{FILLERS_EN}|{JOINTS_EN}|{'|'.join(STOP)}|i'm|i've|feel|feeling|had|so|very|tonight|today)(?!\w)"
    rf"|{FILLERS_ZH}|{JOINTS_ZH}|我|很|今天|今晚|有点"
)
"""Words that only held a sentence together."""
