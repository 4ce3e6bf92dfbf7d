"""Claims that rest on no single thing a person did: what was typed, said, chosen, what is popular, new or on air."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from ...answers import Evidence
from ...catalogue import released_on
from ...items import Item
from ...profiles.item_moods import HINTS, MOODS
from ...topics import topics_of
from ...understanding.annotators.vocabularies import vocabularies
from ...understanding.knowledge.extract import role_of
from ...understanding.knowledge.graph import weight_of
from .. import wording
from ..sources.scored import said_by
from ..sources.words import ALIKE_FROM, FIELDS, TITLE_WEIGHT, entries, fields, folded, index, longest, matches, tokens
from .case import Case, Claim

LATELY_DAYS = 180
"""An item released this many days ago or fewer came out lately."""


def of_popularity(name: str) -> bool:
    """Whether a part of the blend says how many people choose an item."""
    return name.startswith("popular") or name in ("counts", "browse")


def from_stated(case: Case) -> Claim | None:
    """The topic of the item that the person says they like best."""
    added, own, stated = case.added("stated"), topics_of(case.item), case.request.stated
    said = {key: own[key] for key, strength in stated.items() if strength > 0 and key in own}
    if added <= 0 or not said:
        return None
    key = max(said, key=lambda one: stated[one])
    told = wording.sentence("said", case.chinese, topic=wording.topic(key, said[key], case.chinese))
    # Of several topics that were stated each brought what it says.
    share = stated[key] / sum(stated[one] for one in said)
    return Claim(told, (case.evidence("topic", key, said[key], "stated", added * share),), "stated", added)


def from_words(case: Case) -> Claim | None:
    """What was typed, where it stands in the item or what it means."""
    typed, chinese = case.request.query.words, case.chinese
    if not typed:
        return None
    found, added, alike = _stands(case, typed), case.added("words"), _alike(case, typed)
    if found is not None and added > 0 and (found.field == "title" or alike < 0.5):
        share = added / len(found.words)
        evidence = tuple(case.evidence("words", word, found.field, "words", share) for word in found.words)
        return Claim(found.told, evidence, "words", added)
    for name, template, true in (("meaning", "meaning", True), ("words", "spelling", alike > 0)):
        if case.added(name) > 0 and true:
            told = wording.sentence(template, chinese, words=wording.quoted([typed], chinese))
            evidence = (case.evidence(name, typed, wording.cleaned(typed), name, case.added(name)),)
            return Claim(told, evidence, name, case.added(name))
    return None


def typed_words(case: Case) -> Claim | None:
    """What was typed where it stands in the item, though others fit the words better."""
    found = _stands(case, case.request.query.words or "")
    if found is None:
        return None
    return Claim(found.told, tuple(Evidence("words", word, found.field, 0.0, "fact") for word in found.words), "words")


@dataclass(frozen=True)
class _Stands:
    """Words that were typed, where they say most: rare ones in weighty places."""

    field: str
    words: list[str]
    told: str


def _stands(case: Case, typed: str) -> _Stands | None:
    own = index(case.request)
    meant = (typed, own.corrected(typed) or "", *case.request.query.also) if typed else ()
    found = next((hits for one in meant if (hits := matches(one, case.item))), {})
    if not found:
        return None
    field = max(found, key=lambda name: FIELDS[name] * sum(map(own.rarity, longest(found[name]))))
    words = list(longest(found[field]))[:3]
    told = _whole(case.item, field, words, case.chinese)
    plain = wording.sentence(field, case.chinese, words=wording.quoted(words, case.chinese)) if told is None else told
    return _Stands(field, words, plain)


def _alike(case: Case, typed: str) -> float:
    """How much of the score of the words is that the title looks like all that was typed, 0 … 1."""
    request = case.request
    likeness = float(request.remember("alike", lambda: index(request).alike(typed))[case.row])
    score = request.column("words", lambda: None)
    if likeness <= ALIKE_FROM or score is None or not score[case.row] > 0:
        return 0.0
    return min(TITLE_WEIGHT * likeness / float(score[case.row]), 1.0)


def _whole(item: Item, field: str, words: list[str], chinese: bool) -> str | None:
    """A sentence that names the creators, genres, tags or groups which hold the words, as the item writes them.

    None for fields that are texts: these are quoted.
    """
    parts = [set(tokens(word)) for word in words]
    every = [text for name, text in fields(item) if name == field]
    names = [text for text in dict.fromkeys(every) if any(set(entries(field, text)) >= own for own in parts)][:2]
    if field == "creators":
        roles = [role_of(credit.role) for credit in item.creators if credit.name in names]
        return wording.connected(roles[0] if len(names) == 1 else "", "person", names, chinese)
    relation, kind = {"genres": ("genre", "genre"), "tags": ("tag", "theme"), "group": ("", "series")}.get(
        field, ("", "")
    )
    return wording.connected(relation, kind, names, chinese) if kind else None


def moods_of(case: Case) -> list[tuple[str, float]]:
    """The moods of a pick that are wanted, with what each adds to the fit, the most first."""
    mood, items = case.request.mood, case.request.world.moods
    if mood is None:
        return []
    own = items.matrix[case.row]
    found = [(name, weight * float(own[items.names.index(name)])) for name, weight in mood.moods.items()]
    return sorted([one for one in found if one[1] >= HINTS], key=lambda one: -one[1])


def from_mood(case: Case) -> Claim | None:
    """What was asked for, or how the person feels, and the moods of the pick that go with it.

    What was asked for holds for every pick, whatever it added to the score: nothing else is let pass.
    """
    request, chinese, found = case.request, case.chinese, moods_of(case)[:2] if case.request.mood else []
    if not found or request.mood is None:
        return None
    labels = vocabularies(request.world.settings)[MOODS]
    names = {mood: labels[mood].zh if chinese and labels[mood].zh else mood for mood, _ in found}
    by = request.mood_by
    way = max(request.mood.ways, key=lambda way: way.moods.get(found[0][0], 0.0))
    template, words = "mood session", ""
    if request.mood.origin == "state":
        template, words = f"mood {way.name or 'state'}", by.get("state", "")
    elif request.mood.origin != "session":
        # Told by the words that asked for this very mood; what was chosen has none.
        words = by.get(found[0][0], "")
        found = [one for one in found if by.get(one[0], "") == words]
        template = "mood" if words else "mood chosen"
    if template in wording.SAID_ALREADY and all(folded(names[mood]) in folded(words) for mood, _ in found):
        template = wording.SAID_ALREADY[template]
    told = wording.sentence(
        template,
        chinese,
        words=wording.quoted([words], chinese),
        moods=wording.listed([names[mood] for mood, _ in found], chinese),
    )
    total, added = sum(fit for _, fit in found), case.added("mood")
    if added <= 0:
        if request.mood.origin == "session":
            return None
        evidence = tuple(case.wanted("mood", mood, names[mood]) for mood, _ in found)
        return Claim(told, evidence, "mood", None)
    evidence = tuple(case.evidence("mood", mood, names[mood], "mood", added * fit / total) for mood, fit in found)
    return Claim(told, evidence, "mood", added)


def from_names(case: Case, mentioned: list[str]) -> Claim | None:
    """What the words name and the knowledge graph connects with the item."""
    added = case.added("knowledge")
    graph = case.request.world.graph if mentioned and added > 0 else None
    own = graph.links.get(case.row, {}) if graph is not None else {}
    named = [entity for entity in mentioned if entity in own]
    if graph is None or not named:
        return None
    entity = max(named, key=lambda one: weight_of(own[one]))
    name = graph.name(entity)
    told = wording.connected(own[entity], entity.partition(":")[0], [name], case.chinese)
    return Claim(told, (case.evidence("entity", entity, name, "named", added),), "knowledge", added)


def from_said(case: Case) -> Claim | None:
    """What the person said for one of the item's topics; else that their words are close to it."""
    added = case.added("said")
    if added <= 0 or not case.request.said:
        return None
    topics, own = said_by(case.request), {**topics_of(case.item), f"item:{case.item.id}": case.item.name}
    for template, found in (("said", topics.liked), ("searched", topics.looked_for)):
        for one in found:
            name = own.get(one.topic)
            if name is not None:
                told = wording.sentence(template, case.chinese, topic=wording.cleaned(name, 40))
                return Claim(told, (case.evidence("said", one.topic, name, "said", added),), "said", added)
    evidence = case.evidence("said", case.request.said[0].event_id, case.item.name, "said", added)
    return Claim(wording.sentence("spoken", case.chinese), (evidence,), "said", added)


def from_popularity(case: Case) -> Claim | None:
    """How many people choose it."""
    of = {name: added for name, added in case.positive().items() if of_popularity(name)}
    total = case.added(*(name for name in case.influence.parts if of_popularity(name)))
    if not of or total <= 0:
        return None
    strongest = max(of, key=lambda name: of[name])
    if strongest == "browse" and not _popular(case):
        return None
    template = "recent" if strongest == "popular_recent" else "popular"
    evidence = case.evidence("popularity", case.item.id, case.item.name, "popularity", total)
    return Claim(wording.sentence(template, case.chinese), (evidence,), "popularity", total)


def _popular(case: Case) -> bool:
    """Whether more people than the mean have met it, for a list that is ordered by popularity and then newness."""
    met = case.request.scores("popular_all")
    met = case.request.world.counts if met is None else met
    return met is not None and float(np.nan_to_num(met[case.row])) > float(np.nanmean(met))


def from_people(name: str, case: Case) -> Claim | None:
    """People who answered the same, or of whom the same is stated."""
    added = case.added(name)
    if added <= 0:
        return None
    evidence = case.evidence(name, case.item.id, case.item.name, name, added)
    return Claim(wording.sentence(name, case.chinese), (evidence,), name, added)


def from_time(case: Case, on_air: bool, untrained: bool) -> Claim | None:
    """On air now, new here, or released lately, where that added to the score or brought the item into the list."""
    item, request = case.item, case.request
    brought = {
        name for name, column in case.influence.outcome.chosen.sources.items() if np.isfinite(column[case.position])
    }
    if on_air:
        added = case.added("live")
        if added > 0:
            evidence = case.evidence("live", item.id, item.name, "live", added)
        else:
            evidence = case.fact("live", item.name)
        return Claim(wording.sentence("live", case.chinese), (evidence,), "live", added if added > 0 else None)
    added = case.added("fresh", "browse")
    if added <= 0 and "fresh" not in brought:
        return None
    template = None
    if untrained:
        template = "new"
    elif item.released is not None:
        age = (datetime.fromtimestamp(request.now, UTC).date() - released_on(item.released)).days
        template = "released" if 0 <= age <= LATELY_DAYS else "newest" if added > 0 else None
    if template is None:
        return None
    told = wording.sentence(template, case.chinese, date=item.released or "")
    shown = item.released or item.name
    evidence = case.evidence("fresh", item.id, shown, "fresh", added) if added > 0 else case.fact("fresh", shown)
    return Claim(told, (evidence,), "fresh", added if added > 0 else None)
