"""Reasons, made by code from what the request recorded: nothing is claimed that did not add to the score.

For each pick, every part of the blend has a share of the score. The share of a model is passed on to the events of the
history that carried it (`Model.contributions`); that of the session to its events; those of words, popularity and
newness stand for themselves. Each becomes a claim with its evidence; the claim with the largest share is the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import numpy as np

from ..answers import Evidence, Reason
from ..arrays import Floats, Rows
from ..catalogue import released_on
from ..events import EventKind
from ..items import Item
from ..profiles.item_moods import HINTS, MOODS
from ..profiles.session import session_events
from ..topics import topics_of
from ..understanding.annotators.vocabularies import vocabularies
from ..understanding.knowledge.extract import role_of
from ..understanding.knowledge.graph import weight_of
from . import wording
from .rankers.blend import PART
from .runner import Outcome
from .sources.across import Bridge, bridge, described_of
from .sources.fresh import untrained
from .sources.knowledge import mentioned
from .sources.live import on_air
from .sources.scored import said_by
from .sources.words import FIELDS, entries, fields, index, longest, matches, tokens
from .stages import Recipe, Request

SECOND_SEED = 0.4
"""A second seed is named when it carries at least this much of what the first one carries."""

OFTEN = 0.15
"""A genre with this share of a person's positive events is one they often choose."""

LATELY_DAYS = 180
"""An item released this many days ago or fewer came out lately."""

_KINDS = tuple(EventKind)


LABELS = ("genre", "theme")
"""Kinds of the knowledge graph that say little: told as the item writes them, and after whatever else there is."""


@dataclass(frozen=True)
class _Link:
    """What an item has in common with others, or is connected to."""

    ref: str
    name: str
    kind: str
    relation: str | None
    """None: each by another one."""
    direct: bool = False
    """It is the other item itself."""


@dataclass(frozen=True)
class Claim:
    """One thing that speaks for a pick."""

    text: str
    evidence: tuple[Evidence, ...]


def reasons(recipe: Recipe, request: Request, outcome: Outcome) -> tuple[Reason, ...]:
    """One reason a pick, in the query's language."""
    chosen = outcome.chosen
    if not len(chosen):
        return ()
    teller = _Teller(recipe, request, outcome)
    return tuple(teller.reason(position) for position in range(len(chosen)))


class _Teller:
    """What all picks of one answer need to have their reasons told."""

    def __init__(self, recipe: Recipe, request: Request, outcome: Outcome) -> None:
        self.recipe, self.request, self.rows = recipe, request, outcome.chosen.items
        self.catalogue = request.world.catalogue
        self.chinese = wording.is_chinese(request.query.language)
        self.shares = _shares(outcome)
        # Entities that the words name, where those are what the knowledge graph was asked for.
        self.named = mentioned(request.query.words) if request.query.words and not len(request.seeds) else []
        self.seeds, self.carried, self.unexplained = self._carried(outcome)
        self.session = self._session()
        self.on_air = np.isin(self.rows, on_air(request))
        self.untrained = untrained(request.world)[self.rows]
        self.often = self._often()

    def reason(self, position: int) -> Reason:
        item = self.catalogue.item(int(self.rows[position]))
        shares = {name: float(column[position]) for name, column in self.shares.items() if column[position] > 0}
        popular = sum(share for name, share in shares.items() if _of_popularity(name))
        # Worded in order of influence, and only until one can be told truly.
        claims: list[tuple[float, Callable[[], Claim | None]]] = [
            (float(self.carried[position].sum()), partial(self._from_seeds, item, position, shares)),
            (shares.get("session", 0.0), partial(self._from_session, item, position, shares)),
            (shares.get("stated", 0.0), partial(self._from_stated, item, shares)),
            (max(shares.get("words", 0.0), shares.get("meaning", 0.0)), partial(self._from_words, item, shares)),
            (self._mood_share(position, shares), partial(self._from_mood, position, shares)),
            (shares.get("knowledge", 0.0) if self.named else 0.0, partial(self._from_names, item, shares)),
            (shares.get("said", 0.0), partial(self._from_said, item, shares)),
            (shares.get("across", 0.0), partial(self._from_across, item, position, shares)),
            (popular, partial(self._from_popularity, item, shares)),
            *((shares.get(name, 0.0), partial(self._from_people, name, item, shares)) for name in ("answers", "prior")),
            (self._taste_share(item, position), partial(self._from_taste, item, position)),
            (max(shares.get("fresh", 0.0), shares.get("live", 0.0)), partial(self._from_time, item, position, shares)),
        ]
        for _, tell in sorted(claims, key=lambda claim: -claim[0]):
            told = tell()
            if told is not None:
                return Reason(told.text, told.evidence)
        told = self._last(item, position)
        return Reason(told.text, told.evidence)

    # What carried the score

    def _carried(self, outcome: Outcome) -> tuple[Rows, Floats, Floats]:
        """Items that models were told of (each once), (picks, items) the share that each carried, and (picks,) the
        share of models that read the history and cannot say what carried it."""
        told, world = self.request.told, self.request.world
        events = told.items < len(self.catalogue)
        seeds, place = np.unique(told.items, return_inverse=True)
        carried = np.zeros((len(self.rows), len(seeds)), dtype=np.float32)
        unexplained = np.zeros(len(self.rows), dtype=np.float32)
        if not len(told):
            return seeds, carried, unexplained
        speaks = events & (told.weights > 0)
        for name, share in self.shares.items():
            if name == "neighbors":
                by_seed = self._nearness(seeds)
            elif name == "interests":
                liked = np.bincount(place, np.maximum(told.weights, 0), minlength=len(seeds)) > 0
                by_seed = self._nearness(seeds) * liked
            elif name == "knowledge" and not self.named and world.graph.links:
                matrix = world.graph.matrix
                by_seed = np.asarray((matrix[self.rows] @ matrix[seeds].T).toarray(), dtype=np.float32)
            elif name in world.models and not name.startswith("popular"):
                added = outcome.trace.run(
                    f"reasons:{name}", partial(world.models[name].contributions, told, self.rows), None
                )
                if added is None:
                    unexplained += share
                    continue
                by_seed = np.zeros_like(carried)
                positive = np.where(speaks & np.isfinite(added), np.maximum(added, 0), 0)
                np.add.at(by_seed.T, place, positive.T)
            else:
                continue
            total = by_seed.sum(axis=1, keepdims=True)
            carried += share[:, None] * np.divide(by_seed, total, out=np.zeros_like(by_seed), where=total > 0)
        return seeds, carried, unexplained

    def _nearness(self, seeds: Rows) -> Floats:
        """(picks, seeds) cosine of the contents, 0 where unknown or opposed; of genres where there are no vectors."""
        vectors = self.request.world.vectors.get("mixed")
        if vectors is None:
            genres = self.catalogue.genres
            return np.asarray((genres[self.rows] @ genres[seeds].T).toarray(), dtype=np.float32)
        near = np.nan_to_num(vectors[self.rows]) @ np.nan_to_num(vectors[seeds]).T
        return np.asarray(np.maximum(near, 0), dtype=np.float32)

    def _session(self) -> tuple[Rows, Floats, Floats] | None:
        """Items and weights of the session's events, and (picks, events) how much each moved the score."""
        request, vectors = self.request, self.request.world.vectors.get("mixed")
        if request.session is None or vectors is None:
            return None
        events = session_events(request.history, request.world.settings.session, request.now)
        rows, weights = request.history.items[events], request.history.weights[events]
        # Later events weigh more: each step leaves (1 - λ·|w|) of what was there before.
        left = 1 - request.world.settings.session.step * np.minimum(np.abs(weights), 1)
        after = np.append(np.cumprod(left[::-1])[::-1][1:], 1.0) if len(left) else left
        moved = np.nan_to_num(vectors[self.rows]) @ np.nan_to_num(vectors[rows]).T * (weights * after)
        return rows, weights, moved.astype(np.float32)

    def _often(self) -> Mapping[str, float]:
        """Share of the person's positive events by genre (in lower case), for genres of two items or more."""
        if self.request.query.seeds or not len(self.request.history):
            return {}
        liked = self.request.history.positive
        rows = np.unique(liked.items)
        genres = self.catalogue.genres[rows]
        counts = dict(zip(self.catalogue.genre_names, np.asarray(genres.sum(axis=0)).ravel().tolist(), strict=True))
        for topic in liked.forgotten:
            name = topic.partition(":")[2]
            if topic.startswith("genre:") and name in counts:
                counts[name] -= len(np.intersect1d(liked.mute_on(topic), self.catalogue.topics.rows(topic)))
        return {name: count / len(rows) for name, count in counts.items() if count >= 2 and count / len(rows) >= OFTEN}

    # Claims

    def _from_seeds(self, item: Item, position: int, shares: Mapping[str, float]) -> Claim | None:
        carried = self.carried[position]
        order = [int(n) for n in np.argsort(-carried, kind="stable")[:2] if carried[n] > 0]
        order = [n for n in order if carried[n] >= SECOND_SEED * carried[order[0]]]
        named = [(n, seed) for n in order if (seed := self.catalogue.items[self.seeds[n]]) is not None]
        if not named:
            return None
        text, topic = self._shared(item, [seed for _, seed in named], shares)
        evidence = tuple(Evidence("seed", seed.id, seed.name, float(carried[n])) for n, seed in named)
        if self.request.query.seeds:
            seeds = wording.listed([wording.title(seed.name, self.chinese) for _, seed in named], self.chinese)
            template = "radio" if self.recipe.name == "radio" else "seeds"
        else:
            done = [(self._deed(int(self.seeds[n])), seed.kind, seed.name) for n, seed in named]
            seeds, template = wording.deeds(done, self.chinese), "history"
        told = wording.sentence(template, self.chinese, seeds=seeds, shared=text)
        return Claim(told, (*evidence, *topic))

    def _deed(self, row: int) -> EventKind:
        """What the person did that speaks most for the item; of equals the latest."""
        own = np.flatnonzero((self.request.history.items == row) & (self.request.history.weights > 0))
        weights = self.request.history.weights[own]
        return _KINDS[int(self.request.history.kinds[own[len(own) - 1 - int(np.argmax(weights[::-1]))]])]

    def _shared(self, item: Item, seeds: list[Item], shares: Mapping[str, float]) -> tuple[str, tuple[Evidence, ...]]:
        """What the item has in common with all of the seeds: what the knowledge graph says, a creator, genres, tags."""
        of_content = [
            share for name, share in shares.items() if name.startswith("content") or name in ("neighbors", "interests")
        ]
        weight = float(sum(of_content))
        links = self._links(item, seeds) if weight + shares.get("knowledge", 0.0) > 0 else []
        for link in links:
            if link.kind not in LABELS:
                return self._common(link, weight + shares.get("knowledge", 0.0))
        for credit in item.creators:
            roles = [
                {role_of(c.role) for c in s.creators if c.name.casefold() == credit.name.casefold()} for s in seeds
            ]
            if all(roles):
                role = role_of(credit.role)
                link = _Link(credit.name, credit.name, "person", role if all(role in own for own in roles) else None)
                return self._common(link, weight, "topic")
        for kind, relation, words, theirs in (
            ("genre", "genre", item.genres, [s.genres for s in seeds]),
            ("theme", "tag", item.tags, [s.tags for s in seeds]),
        ):
            common = [w for w in words if all(w.casefold() in {t.casefold() for t in own} for own in theirs)][:2]
            if common:
                evidence = tuple(Evidence("topic", word, word, weight / len(common)) for word in common)
                return wording.shared(relation, kind, common, self.chinese), evidence
        return self._common(links[0], weight + shares.get("knowledge", 0.0)) if links else ("", ())

    def _common(self, link: _Link, weight: float, sort: str = "entity") -> tuple[str, tuple[Evidence, ...]]:
        if link.direct:
            text = wording.direct(link.relation or "", link.name, self.chinese)
        else:
            text = wording.shared(link.relation, link.kind, [link.name], self.chinese)
        return text, (Evidence(sort, link.ref, link.name, weight),)

    def _links(self, item: Item, seeds: list[Item]) -> list[_Link]:
        """What the knowledge graph connects the item and all seeds by, the most telling first."""
        if self.request.world.relations is None:
            return []
        graph, row = self.request.world.graph, self.catalogue.row(item.id)
        # What an item is to one seed it has not in common with the others.
        common = [
            {s.entity: s for s in graph.shared(row, self.catalogue.row(seed.id)) if len(seeds) == 1 or not s.direct}
            for seed in seeds
        ]
        found = []
        for shared in common[0].values():
            if all(shared.entity in own for own in common):
                same = shared.direct or all(own[shared.entity].other == shared.relation for own in common)
                kind = shared.entity.partition(":")[0]
                found.append(_Link(shared.entity, shared.name, kind, shared.relation if same else None, shared.direct))
        return found

    def _from_session(self, item: Item, position: int, shares: Mapping[str, float]) -> Claim | None:
        share = shares.get("session", 0.0)
        if self.session is None or share <= 0:
            return None
        rows, weights, moved = self.session
        for template, speaking in (("session", weights > 0), ("avoiding", weights < 0)):
            gain = np.where(speaking, moved[position], 0)
            best = int(np.argmax(gain)) if len(gain) else -1
            if best >= 0 and gain[best] > 0:
                seed = self.catalogue.items[int(rows[best])]
                if seed is None or seed.id == item.id:
                    continue
                text, topic = self._shared(item, [seed], shares) if template == "session" else ("", ())
                told = wording.sentence(
                    template, self.chinese, seeds=wording.title(seed.name, self.chinese), shared=text
                )
                return Claim(told, (Evidence("session", seed.id, seed.name, share), *topic))
        return None

    def _from_stated(self, item: Item, shares: Mapping[str, float]) -> Claim | None:
        """The topic of the item that the person says they like best."""
        share, own = shares.get("stated", 0.0), topics_of(item)
        said = {key: own[key] for key, strength in self.request.stated.items() if strength > 0 and key in own}
        if share <= 0 or not said:
            return None
        key = max(said, key=lambda one: self.request.stated[one])
        told = wording.sentence("said", self.chinese, topic=wording.topic(key, said[key], self.chinese))
        return Claim(told, (Evidence("topic", key, said[key], share),))

    def _from_words(self, item: Item, shares: Mapping[str, float]) -> Claim | None:
        typed = self.request.query.words
        if not typed:
            return None
        own = index(self.request)
        found = matches(typed, item) or matches(own.corrected(typed) or "", item)
        if found and shares.get("words", 0.0) > 0:
            # The field whose words say most: rare ones in weighty places.
            field = max(found, key=lambda name: FIELDS[name] * sum(map(own.rarity, longest(found[name]))))
            words = list(longest(found[field]))[:3]
            weight = shares["words"]
            told = _whole(item, field, words, self.chinese) or wording.sentence(
                field, self.chinese, words=wording.quoted(words, self.chinese)
            )
            return Claim(told, tuple(Evidence("words", w, field, weight / len(words)) for w in words))
        for name, template in (("meaning", "meaning"), ("words", "spelling")):
            if shares.get(name, 0.0) > 0:
                told = wording.sentence(template, self.chinese, words=wording.quoted([typed], self.chinese))
                return Claim(told, (Evidence(name, typed, wording.cleaned(typed), shares[name]),))
        return None

    def _mood_share(self, position: int, shares: Mapping[str, float]) -> float:
        """What was asked for is told first; a mood that only the session suggests by what it added."""
        mood = self.request.mood
        asked = mood is not None and mood.origin != "session" and bool(self._moods_of(position))
        return 1.0 if asked else shares.get("mood", 0.0)

    def _moods_of(self, position: int) -> list[tuple[str, float]]:
        """The moods of a pick that are wanted, with what each adds to the fit, the most first."""
        mood, items = self.request.mood, self.request.world.moods
        if mood is None:
            return []
        own = items.matrix[int(self.rows[position])]
        found = [(name, weight * float(own[items.names.index(name)])) for name, weight in mood.moods.items()]
        return sorted([one for one in found if one[1] >= HINTS], key=lambda one: -one[1])

    def _from_mood(self, position: int, shares: Mapping[str, float]) -> Claim | None:
        """What was asked for, or how the person feels, and the moods of the pick that go with it."""
        request, found = self.request, self._moods_of(position)[:2]
        if not found or request.mood is None:
            return None
        labels = vocabularies(request.world.settings)[MOODS]
        names = {mood: labels[mood].zh if self.chinese and labels[mood].zh else mood for mood, _ in found}
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
        told = wording.sentence(
            template,
            self.chinese,
            words=wording.quoted([words], self.chinese),
            moods=wording.listed([names[mood] for mood, _ in found], self.chinese),
        )
        total = sum(added for _, added in found)
        share = shares.get("mood", 0.0)
        return Claim(told, tuple(Evidence("mood", mood, names[mood], share * added / total) for mood, added in found))

    def _from_names(self, item: Item, shares: Mapping[str, float]) -> Claim | None:
        """What the words name and the knowledge graph connects with the item."""
        graph = self.request.world.graph
        own = graph.links.get(self.catalogue.row(item.id), {})
        named = [entity for entity in self.named if entity in own]
        if not named:
            return None
        entity = max(named, key=lambda one: weight_of(own[one]))
        name = graph.name(entity)
        told = wording.connected(own[entity], entity.partition(":")[0], [name], self.chinese)
        return Claim(told, (Evidence("entity", entity, name, shares["knowledge"]),))

    def _from_said(self, item: Item, shares: Mapping[str, float]) -> Claim | None:
        """What the person said for one of the item's topics; else that their words are close to it."""
        share = shares.get("said", 0.0)
        if share <= 0:
            return None
        topics, own = said_by(self.request), {**topics_of(item), f"item:{item.id}": item.name}
        for template, found in (("said", topics.liked), ("searched", topics.looked_for)):
            for one in found:
                name = own.get(one.topic)
                if name is not None:
                    told = wording.sentence(template, self.chinese, topic=wording.cleaned(name, 40))
                    return Claim(told, (Evidence("said", one.topic, name, share),))
        evidence = Evidence("said", self.request.said[0].event_id, item.name, share)
        return Claim(wording.sentence("spoken", self.chinese), (evidence,))

    def _from_across(self, item: Item, position: int, shares: Mapping[str, float]) -> Claim | None:
        """What brought the item here from other media: a topic that is liked there, an item that is like it, or how
        popular it is within its own medium, whichever added most."""
        share, row, found = shares.get("across", 0.0), int(self.rows[position]), bridge(self.request)
        if share <= 0 or found is None:
            return None
        part = max(found.parts, key=lambda name: found.parts[name][row])
        if found.parts[part][row] <= 0:
            return None
        if part == "topics":
            return self._topic_elsewhere(row, found, share)
        if part == "content":
            near = described_of(self.request.world).seen(np.append(found.rows, row).astype(np.int32))
            return self._liked_elsewhere(item, found, (near[:-1] @ near[-1]) * found.weights, share)
        evidence = Evidence("popularity", item.id, item.name, share)
        return Claim(wording.sentence("popular", self.chinese), (evidence,))

    def _topic_elsewhere(self, row: int, found: Bridge, share: float) -> Claim | None:
        """The topic of the item that adds most, of those that something liked elsewhere has."""
        table, topics = described_of(self.request.world).topics, self.catalogue.topics
        own = table[[row]]
        having = table[found.rows][:, own.indices].toarray() * np.maximum(found.weights, 0)[:, None]
        added = np.where(having.any(axis=0), own.data * found.topics[own.indices], 0)
        if not added.size or added.max() <= 0:
            return None
        best = int(np.argmax(added))
        seed = self.catalogue.item(int(found.rows[int(np.argmax(having[:, best]))]))
        key, name = topics.keys[own.indices[best]], topics.names[own.indices[best]]
        told = wording.elsewhere(key, name, seed.kind, self.chinese)
        return Claim(told, (Evidence("topic", key, name, share), Evidence("seed", seed.id, seed.name, share)))

    def _liked_elsewhere(self, item: Item, found: Bridge, carried: Floats, share: float) -> Claim | None:
        """The liked item that carries most of the likeness."""
        carried = np.where(found.weights > 0, carried, 0)
        row = int(found.rows[int(np.argmax(carried))])
        if carried.max() <= 0:
            return None
        seed = self.catalogue.item(row)
        text, topic = self._shared(item, [seed], {"content": share})
        deed = wording.deeds([(self._deed(row), seed.kind, seed.name)], self.chinese)
        told = wording.sentence("history", self.chinese, seeds=deed, shared=text)
        return Claim(told, (Evidence("seed", seed.id, seed.name, share), *topic))

    def _from_popularity(self, item: Item, shares: Mapping[str, float]) -> Claim | None:
        of = {name: share for name, share in shares.items() if _of_popularity(name)}
        if not of:
            return None
        template = "recent" if max(of, key=lambda name: of[name]) == "popular_recent" else "popular"
        share = sum(of.values())
        evidence = Evidence("popularity", item.id, item.name, share)
        return Claim(wording.sentence(template, self.chinese), (evidence,))

    def _from_people(self, name: str, item: Item, shares: Mapping[str, float]) -> Claim | None:
        """People who answered the same, or of whom the same is stated."""
        share = shares.get(name, 0.0)
        if share <= 0:
            return None
        return Claim(wording.sentence(name, self.chinese), (Evidence(name, item.id, item.name, share),))

    def _taste_share(self, item: Item, position: int) -> float:
        """The share that models could not explain, as far as the person's favourite of the item's genres goes."""
        return float(self.unexplained[position]) * max(
            (self.often.get(g.lower(), 0.0) for g in item.genres), default=0.0
        )

    def _from_taste(self, item: Item, position: int) -> Claim | None:
        known = [genre for genre in item.genres if genre.lower() in self.often]
        if not known:
            return None
        genre = max(known, key=lambda name: self.often[name.lower()])
        told = wording.sentence("taste", self.chinese, topic=wording.cleaned(genre, 40))
        return Claim(told, (Evidence("topic", genre, genre, self._taste_share(item, position)),))

    def _from_time(self, item: Item, position: int, shares: Mapping[str, float]) -> Claim | None:
        if self.on_air[position]:
            share = shares.get("live", 0.0)
            return Claim(wording.sentence("live", self.chinese), (Evidence("live", item.id, item.name, share),))
        share, template = shares.get("fresh", 0.0), None
        if self.untrained[position]:
            template = "new"
        elif item.released is not None:
            age = (datetime.fromtimestamp(self.request.now, UTC).date() - released_on(item.released)).days
            template = "released" if 0 <= age <= LATELY_DAYS else "newest" if share > 0 else None
        if template is None:
            return None
        told = wording.sentence(template, self.chinese, date=item.released or "")
        return Claim(told, (Evidence("fresh", item.id, item.released or item.name, share),))

    def _last(self, item: Item, position: int) -> Claim:
        """What is always true."""
        personal = len(self.request.history) > 0 and int(self.rows[position]) not in self.request.history.consumed
        told = wording.sentence("unmet" if personal else "library", self.chinese)
        return Claim(told, (Evidence("catalogue", item.id, item.name, 0.0),))


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


def _of_popularity(name: str) -> bool:
    return name.startswith("popular") or name == "counts"


def _shares(outcome: Outcome) -> dict[str, Floats]:
    """(picks,) share of each part of the blend in what spoke for each pick; where nothing weighed, of its sources."""
    chosen = outcome.chosen
    parts = {
        name.removeprefix(PART): np.maximum(column, 0)
        for name, column in chosen.scores.items()
        if name.startswith(PART)
    }
    total = np.sum(list(parts.values()), axis=0) if parts else np.zeros(len(chosen), np.float32)
    proposed = {name: np.isfinite(column).astype(np.float32) for name, column in chosen.sources.items()}
    voices = np.sum(list(proposed.values()), axis=0) if proposed else np.zeros(len(chosen), np.float32)
    shares: dict[str, Floats] = {}
    for name in {**parts, **proposed}:
        weighed = parts.get(name, np.zeros(len(chosen), np.float32)) / np.where(total > 0, total, 1)
        voice = proposed.get(name, np.zeros(len(chosen), np.float32)) / np.maximum(voices, 1)
        shares[name] = np.where(total > 0, weighed, voice).astype(np.float32)
    return shares
