"""Are reasons true? Faithfulness, coverage, errors of fact and readability of explanations.

**Faithfulness.** For each explained pick the evidence that its reason cites is taken away for real (the history without
that event, the words without those words, the person without that statement, a part of the blend left out where that
is the evidence) and the stages rank the same candidates again. Beside it, evidence of the same kind and number drawn at
random is taken away: other events, other words, other wanted moods, another part of the blend that spoke. Faithful is a
pick whose score falls more without what is cited; three draws a pick, the share that is beaten. Where there is nothing
of the kind to draw from (one event, one word), the score must fall at all. *At random*: a reason that cites evidence at
random, judged in the same way. *By what each added*: the event that added most to the models' scores, as reasons were
chosen before, without a look at what it adds to the other candidates. A mood that was asked for can be a condition that
all candidates meet alike, so that no score falls by it; then it must have held: none was let pass without it, and some
were taken out.

**Coverage.** Share of picks of every recipe that have a reason, all of whose evidence resolves: the item is in the
catalogue, the event is in the history, the topic exists, the words were typed.

**Errors of fact.** What the sentences say of items (shared genre, tag, creator; what was done with which item) is
looked up anew in the items and events.

**Readability.** Characters of each level; Flesch's reading ease of English, with quoted titles as one word; characters
a sentence of Chinese.

Every recipe there is, asked of MovieLens-1M (people drawn at random; models of the default settings that read events
alone but ``bpr``, which cannot say what carried it; no vectors, so that words are only looked for) and of the sample
library (300 listeners with known tastes; words read by the default encoders). Of a group, three people each, every
one's own reason is judged by their own score, and counts for coverage alone where it is none of theirs. 95 % bootstrap
intervals over people.
"""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from segue.answers import Evidence, Reason
from segue.dataset import Dataset
from segue.engine.explanation import explanation
from segue.evaluation.bootstrap import ci95
from segue.pipeline.answer import answer, examine
from segue.pipeline.reasons import Teller
from segue.pipeline.reasons.facts import of_popularity
from segue.pipeline.recipes import TABLE
from segue.pipeline.runner import Outcome, run
from segue.pipeline.sources.mood import InMood
from segue.pipeline.sources.words import ALIKE_FROM, ngrams, tokens
from segue.pipeline.stages import Recipe, Request, World
from segue.pipeline.together_reasons import alone, suits
from segue.pipeline.without import influence, measurable, ranked, resolves, without
from segue.profiles.history import Live
from segue.profiles.item_moods import HINTS
from segue.queries import Query

from ._explained import SEED, movielens, requests, sample_library
from ._harness import data_file, sha256, table, write_result
from ._protocols import MOVIELENS_1M

PEOPLE = 40
PICKS = 5
"""Of each list, from the first on."""
DRAWS = 3
EVENTS = ("history", "session", "across")


@dataclass
class Tally:
    """What is counted of one data set."""

    wins: dict[str, dict[str, list[float]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    """Way to cite → whom the list was for → the share of draws that each pick beats."""
    recipes: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """The same of what is cited, by recipe."""
    conditions: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    """By recipe, of picks that are told by what was asked for and added nothing to the score: whether it held."""
    drops: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    not_falling: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    covered: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    errors: int = 0
    facts: int = 0
    estimates: list[tuple[float, float]] = field(default_factory=list)
    unresolved: list[str] = field(default_factory=list)
    """Reasons that are missing, or some of whose evidence points nowhere: the first few."""


def others(request: Request, own: Sequence[Evidence], rng: np.random.Generator) -> list[Evidence] | None:
    """As much evidence of the same kind that is not cited; None: there is not so much."""
    via, refs, world = own[0].via, {one.ref for one in own}, request.world
    if via in EVENTS:
        rows = np.unique(request.history.items)
        ids = [world.catalogue.ids[row] for row in rows.tolist() if world.catalogue.ids[row] not in refs]
        return _drawn([Evidence("seed", one, "", 0, "history") for one in ids], len(own), rng)
    if via == "seeds":
        found = [Evidence("seed", one, "", 0, via) for one in request.query.seeds if one not in refs]
        return _drawn(found, len(own), rng)
    if via == "words":
        cited = {part for ref in refs for part in tokens(ref)}
        typed = [one for one in dict.fromkeys((request.query.words or "").split()) if not cited & set(tokens(one))]
        return _drawn([Evidence("words", one, "", 0, via) for one in typed], len(own), rng)
    if via == "mood" and request.mood is not None:
        found = [Evidence("mood", one, "", 0, via) for one in request.mood.moods if one not in refs]
        return _drawn(found, len(own), rng)
    if via == "stated":
        found = [Evidence("topic", one, "", 0, via) for one in request.stated if one not in refs]
        return _drawn(found, len(own), rng)
    return None


def _drawn(found: list[Evidence], count: int, rng: np.random.Generator) -> list[Evidence] | None:
    if len(found) < count:
        return None
    return [found[int(n)] for n in rng.choice(len(found), count, replace=False)]


def other_part(request: Request, own: Sequence[Evidence], rng: np.random.Generator) -> Request | None:
    """For evidence that is a part of the blend: the request without another part."""
    gone = without(request, own).muted
    left = sorted(name for name in request.weighed if name not in gone and not of_popularity(name))
    return request.again(muted=frozenset({str(rng.choice(left))})) if gone and left else None


def beaten(recipe: Recipe, request: Request, outcome: Outcome, position: int, own: Sequence[Evidence],
           rng: np.random.Generator) -> tuple[float, float]:  # fmt: skip
    """(share of draws without which the score falls less, how far it falls without what is cited)."""
    rows, row = outcome.pool.items, int(outcome.chosen.items[position])
    fell = influence(recipe, request, rows, row, own)
    won = []
    for _ in range(DRAWS):
        drawn = others(request, own, rng)
        if drawn is not None:
            won.append(fell > influence(recipe, request, rows, row, drawn))
            continue
        other = other_part(request, own, rng)
        if other is None:
            won.append(fell > 0)
            break
        at = int(np.flatnonzero(rows == row)[0])
        before, after = ranked(recipe, request.again(), rows)[at], ranked(recipe, other, rows)[at]
        won.append(fell > before - after)
    return float(np.mean(won)), fell


def holds(request: Request, outcome: Outcome) -> bool:
    """Whether a mood that was asked for is a condition: of all candidates none was let pass without one of the moods,
    and some were taken out for it."""
    fit = InMood().scores(request)
    removed = any(one.by == "mood" and len(one.items) for one in outcome.pool.removed)
    return fit is not None and removed and bool((fit[outcome.pool.items] >= HINTS).all())


def by_addition(request: Request, teller: Teller, position: int, count: int) -> list[Evidence]:
    """The events that added most to the models' scores, whatever they add to the other candidates."""
    told, world = request.told, request.world
    seeds, place = np.unique(told.items, return_inverse=True)
    carried = np.zeros(len(seeds))
    row = teller.rows[[position]]
    for name, part in teller.influence.parts.items():
        if name in world.models and not name.startswith("popular") and part[position] > 0:
            added = world.models[name].contributions(told, row)
            if added is not None:
                own = np.zeros(len(seeds))
                np.add.at(own, place, np.maximum(np.nan_to_num(added[0]), 0))
                carried += part[position] * own / max(own.sum(), 1e-9)
    best = np.argsort(-carried, kind="stable")[:count]
    return [Evidence("seed", world.catalogue.ids[seeds[n]], "", 0, "history") for n in best.tolist()]


def errors(reason: Reason, row: int, request: Request) -> tuple[int, int]:
    """(wrong, all) things that a reason says of items and events, looked up anew."""
    catalogue, history = request.world.catalogue, request.history
    item = catalogue.item(row)
    seeds = [catalogue.item(catalogue.row(e.ref)) for e in reason.evidence if e.kind in ("seed", "session")]
    wrong = every = 0
    for one in reason.evidence:
        if one.kind in ("seed", "session"):
            every += 1
            known = one.ref in request.query.seeds or bool((history.items == catalogue.row(one.ref)).any())
            named = one.via == "shared" or one.via == "across" or one.name[:30] in reason.text
            wrong += not (known and named)
        elif one.kind == "topic" and one.via == "shared":
            every += 1
            wrong += not all(one.ref.casefold() in _traits(other) for other in (item, *seeds))
        elif one.kind == "words":
            every += 1
            text = " ".join([item.title or "", item.description or "", item.album or "", item.series or ""])
            stands = one.ref.casefold() in f"{text} {' '.join(_traits(item))}".casefold()
            wrong += not (_spelt_alike(one.ref, item.name) if "looks like" in reason.text else stands)
        elif one.kind == "mood":
            every += 1
            moods = request.world.moods
            wrong += not moods.matrix[row][moods.names.index(one.ref)] > 0
        elif one.kind == "popularity":
            every += 1
            counts = request.world.counts
            wrong += counts is not None and not counts[row] > np.median(counts)
    return wrong, every


def _spelt_alike(typed: str, title: str) -> bool:
    """Whether a title looks like what was typed: cosine of the trigrams."""
    asked, own = ngrams(typed), ngrams(title)
    return len(asked & own) > ALIKE_FROM * np.sqrt(len(asked) * len(own))


def _traits(item: Any) -> set[str]:
    return {one.casefold() for one in (*item.genres, *item.tags, *(credit.name for credit in item.creators))}


def judge(recipe: Recipe, request: Request, whom: str, tally: Tally, rng: np.random.Generator) -> None:
    """One list; of a group the reason of each of them, by what each would be offered alone."""
    outcome = run(recipe, request)
    if not len(outcome.chosen):
        return
    if not request.members:
        _judge(recipe, request, outcome, None, whom, tally, rng)
        return
    each = suits(recipe, request, outcome, explain=True)
    for n, member in enumerate(request.members):
        name = member.query.user_id
        own = [next(one.reason for one in row if one.user_id == name) for row in each]
        _judge(recipe, member, alone(n, outcome), own, f"{whom} {name}", tally, rng)


def _judge(recipe: Recipe, request: Request, outcome: Outcome, said: Sequence[Reason | None] | None, whom: str,
           tally: Tally, rng: np.random.Generator) -> None:  # fmt: skip
    teller = Teller(recipe, request, outcome)
    for position in range(len(outcome.chosen)):
        reason = teller.reason(position) if said is None else said[position]
        found = reason is not None and bool(reason.text and reason.evidence)
        found = found and all(resolves(one, request) for one in reason.evidence)
        tally.covered[recipe.name].append(found)
        if not found:
            tally.unresolved.append(f"{recipe.name}: {reason}")
        if reason is None or not reason.evidence:
            continue
        own, row = [one for one in reason.evidence if measurable(one)], int(outcome.chosen.items[position])
        tally.kinds[own[0].via if own else reason.evidence[0].via] += 1
        wrong, every = errors(reason, row, request)
        tally.errors, tally.facts = tally.errors + wrong, tally.facts + every
        if position >= PICKS or not own:
            continue
        if own[0].influence is None:
            tally.conditions[recipe.name].append(holds(request, outcome))
            continue

        def count(way: str, cited: Sequence[Evidence], position: int = position) -> float:
            share, fell = beaten(recipe, request, outcome, position, cited, rng)
            tally.wins[way][whom].append(share)
            tally.drops[way].append(fell)
            return fell

        fell = count("what is cited", own)
        tally.recipes[recipe.name].append(tally.wins["what is cited"][whom][-1])
        tally.not_falling += fell <= 0
        tally.estimates.append((sum(one.influence or 0.0 for one in own), fell))
        if own[0].via in EVENTS and (drawn := others(request, own, rng)) is not None:
            count("at random", drawn)
        if own[0].via == "history":
            count("by what each added", by_addition(request, teller, position, len(own)))


def readability(there: World, log: Dataset, people: Sequence[int]) -> list[list[Any]]:
    """(language, level, characters, Flesch or characters a sentence) of the texts of first picks."""
    rows = []
    now = float(np.nanmax(log.timestamps)) + 60 if np.isfinite(log.timestamps).any() else 0.0
    for language in ("en", "zh"):
        texts: dict[str, list[str]] = defaultdict(list)
        for user in people:
            person = Live(log.history(user))
            query = Query(user_id="u", language=language, seed=SEED)
            found = answer(there, query, person, now)
            if not len(found):
                continue
            texts["card"].append(found[0].reason.text if found[0].reason else "")
            seen = examine(there, query, found[0].item.id, person, now, account=True)
            told = explanation("u", seen, query.k, language, "paragraph")
            texts["line"].append(told.text)
            texts["paragraph"].append(told.paragraph or "")
        for level, own in texts.items():
            plain = [
                re.sub(r"“[^”]*”|《[^》]*》|（[^）]*）|\([^)]*\)", "it" if language == "en" else "它", t) for t in own
            ]
            read = [flesch(t) if language == "en" else per_sentence(t) for t in plain]
            rows.append(
                [language, level, round(float(np.mean([len(t) for t in own])), 1), round(float(np.mean(read)), 1)]
            )
    return rows


def flesch(text: str) -> float:
    """206.835 - 1.015 words a sentence - 84.6 syllables a word (Flesch, 1948); syllables: runs of vowels."""
    words = re.findall(r"[A-Za-z']+", text) or ["it"]
    sentences = max(len(re.findall(r"[.!?](?:\s|$)", text)), 1)
    syllables = sum(max(len(re.findall(r"[aeiouy]+", re.sub(r"e$", "", word.lower()))), 1) for word in words)
    return 206.835 - 1.015 * len(words) / sentences - 84.6 * syllables / len(words)


def per_sentence(text: str) -> float:
    """Characters a sentence."""
    return len(text) / max(len(re.findall(r"[。！？]", text)), 1)


def _figures(tally: Tally) -> dict[str, Any]:
    estimates = np.array(tally.estimates)
    return {
        "faithful": {
            way: {
                "share": round(float(np.mean([share for own in by.values() for share in own])), 4),
                "ci95": [round(x, 4) for x in ci95(np.array([np.mean(own) for own in by.values()]), SEED)],
                "picks": sum(map(len, by.values())),
                "score falls by": round(float(np.mean(tally.drops[way])), 4),
            }
            for way, by in tally.wins.items()
        },
        "faithful by recipe": {name: [round(float(np.mean(own)), 4), len(own)] for name, own in tally.recipes.items()},
        "conditions that hold": {
            name: [round(float(np.mean(own)), 4), len(own)] for name, own in tally.conditions.items()
        },
        "picks whose score does not fall": tally.not_falling,
        "picks measured": len(tally.estimates),
        "card and account agree (correlation)": round(float(np.corrcoef(estimates.T)[0, 1]), 4),
        "coverage": {recipe: [round(float(np.mean(own)), 4), len(own)] for recipe, own in tally.covered.items()},
        "not resolving": tally.unresolved[:20],
        "errors of fact": tally.errors,
        "facts looked up": tally.facts,
        "kinds": dict(tally.kinds.most_common()),
    }


def main(people: int = PEOPLE) -> None:
    """Measure and keep the result."""
    file = data_file(MOVIELENS_1M)
    figures: dict[str, Any] = {"file": MOVIELENS_1M, "sha256": sha256(file), "people": people, "sets": {}}
    faithful, by_recipe, kinds, readable = [], [], [], []
    for name, make in (("MovieLens-1M", movielens), ("sample library", sample_library)):
        began = time.perf_counter()
        there, log = make()
        drawn = np.random.default_rng(SEED).choice(log.n_users, min(people, log.n_users), replace=False).tolist()
        tally, rng = Tally(), np.random.default_rng(SEED)
        for whom, recipe, request in requests(there, log, drawn):
            judge(recipe, request, whom, tally, rng)
        own = _figures(tally)
        own["readability"] = readability(there, log, drawn[:15])
        figures["sets"][name] = own
        for way, row in own["faithful"].items():
            shown = f"{row['share']:.4f} ({row['ci95'][0]:.4f} … {row['ci95'][1]:.4f})"
            faithful.append([name, way, row["picks"], shown, row["score falls by"]])
        for recipe in TABLE:
            covered, measured = own["coverage"].get(recipe, (None, 0)), own["faithful by recipe"].get(recipe, (None, 0))
            held = own["conditions that hold"].get(recipe, (None, 0))
            by_recipe.append([name, recipe, *covered, *measured, *held])
        kinds += [[name, kind, count] for kind, count in own["kinds"].items()]
        readable += [[name, *row] for row in own["readability"]]
        print(name, own, f"{time.perf_counter() - began:.0f} s", flush=True)
    never = [name for name in TABLE if not any(name in own["coverage"] for own in figures["sets"].values())]
    if never:
        raise RuntimeError(f"No request of these recipes had an answer, so that nothing is known of them: {never}.")
    figures["tables"] = [
        table("Faithfulness: picks whose score falls more without what is cited than without as much drawn at random",
              ["data", "cited", "picks", "share (95 %)", "score falls by"], faithful),
        table("By recipe: picks with a reason all of whose evidence resolves; faithful ones; conditions that held",
              ["data", "recipe", "covered", "picks", "faithful", "measured", "held", "conditions"], by_recipe),
        table("What reasons rest on", ["data", "evidence", "picks"], kinds),
        table("Readability: mean characters; Flesch's ease of English, characters a sentence of Chinese",
              ["data", "language", "level", "characters", "ease, or characters a sentence"], readable),
    ]  # fmt: skip
    figures["notes"] = [
        "{}: errors of fact {} of {}; picks whose score does not fall without what is cited {} of {}; what a card "
        "estimates and what ranking again measures correlate at {}.".format(
            name,
            own["errors of fact"],
            own["facts looked up"],
            own["picks whose score does not fall"],
            own["picks measured"],
            own["card and account agree (correlation)"],
        )
        for name, own in figures["sets"].items()
    ]
    write_result("explanations", figures)


if __name__ == "__main__":
    main()
