"""The mood of now: are requests read rightly, and does the recipe mood answer with the mood that was asked for?

**Reading.** 130 requests of ours in English and Chinese (``mood_prompts.toml``), each judged by a person: which moods
are wanted, which must not come, where both what feels with somebody and what lifts them is to be offered, and where
nothing is to be read. Round 1 was written with the reader. Rounds 2 and 3 were written without a look at it; the first
reading of each is told beside what is read now, since the misses of round 2 then taught it words, and what was read
wrongly in round 3 was mended.

**Answering.** Last.fm (HetRec 2011): who listened to whom, and the tags that people gave. Whether an artist has a mood
is judged by tag lists of the benchmark's own, twice. *Labels of the owner*: the catalogue has everybody's tags (the ten
commonest an artist), and by these it is judged. *Labels of others*: those who tagged are split in two by a seed, the
catalogue has the tags of one half, and it is judged by the ten commonest of the other, so that moods are as little
known as where few have labelled. A fifth of each person's artists is held out. For each mood, people who have held-out
artists of it are asked; all artists are candidates, what the person has met is left out:

- home, which knows nothing of the mood;
- the recipe mood, asked for it by its label;
- the same without the person: the most popular artists that have the mood in the catalogue.

Share: how many of those of the ten that a judge tagged have the mood. NDCG@10: of the person's held-out artists of that
mood. The models are those of the default settings that need neither text nor times, none of them fitted on moods;
95 % bootstraps over people. No points are published.
"""

from __future__ import annotations

import gzip
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from segue.arrays import Floats, Mask, Rows
from segue.catalogue import Catalogue
from segue.dataset import Dataset
from segue.evaluation.bootstrap import ci95, paired
from segue.evaluation.splits import Split
from segue.events import Event, EventTable
from segue.ingest.origin import Problems
from segue.ingest.sources.lastfm import TAGS, LastFm
from segue.items import Item
from segue.models.base import TrainOptions
from segue.pipeline.answer import answer
from segue.pipeline.sources.scored import best
from segue.pipeline.stages import World
from segue.profiles.history import Live
from segue.profiles.item_moods import CARRIES
from segue.queries import Query
from segue.settings import Settings
from segue.storage.artifacts import ArtifactFolder
from segue.training import batch

from ._harness import data_file, sha256, table, write_result
from ._mood_prompts import FILE, mood_of, prompts, right
from ._protocols import random_hold_out

TAG_NAMES = "lastfm_hetrec2011/tags.dat.gz"
FILES = ("lastfm_hetrec2011/user_artists.dat.gz", "lastfm_hetrec2011/user_taggedartists.dat.gz")
SEED = 7
K = 10
PEOPLE = 100
"""Asked of each mood."""
MODELS = ("popular_all", "item_knn", "user_knn", "als", "bpr", "ease")
JUDGED: Mapping[str, tuple[str, ...]] = {
    "calm": ("calm", "chill", "chillout", "chill out", "mellow", "peaceful", "relax", "relaxing", "relaxed"),
    "cheerful": ("happy", "upbeat", "feel good", "feel-good", "feel good music", "good mood", "cheerful", "joyful"),
    "dark": ("dark", "gloomy", "bleak", "sinister"),
    "energetic": ("energetic", "energy", "party", "high energy", "powerful", "upbeat", "aggressive"),
    "melancholic": ("melancholy", "melancholic", "melancholia", "sad", "depressing", "sorrow"),
    "nostalgic": ("nostalgia", "nostalgic", "oldies", "memories", "childhood"),
    "romantic": ("romantic", "romance", "love songs", "love song", "sensual"),
}
"""Mood → tags by which the other half says that an artist has it."""


def main(folder: Path | None = None) -> None:
    """Measure both and keep the result.

    Args:
        folder: where models that have been fitted before are; None: all are fitted.
    """
    read_ = reading()
    with tempfile.TemporaryDirectory(prefix="segue-bench-") as made:
        asked = answering(folder or Path(made))
    figures = {
        "files": {name: sha256(data_file(name)) for name in FILES} | {FILE.name: sha256(FILE)},
        "reading": read_["figures"],
        "answering": asked["figures"],
        "tables": [read_["table"], *asked["tables"]],
        "notes": [*read_["notes"], *asked["notes"]],
    }
    for note in figures["notes"]:
        print(note)
    print(write_result("mood", figures))


# Reading

STATES = ("right", "undecided", "wrong")


def reading() -> dict[str, Any]:
    """How many requests are read as a person reads them."""
    every = [
        (one.get("round", 1), "en" if one["text"].isascii() else "zh", one.get("at_first", "right"), one)
        for one in prompts()
    ]
    now = [_state(one) for *_, one in every]
    rows = []
    for name, mine in (
        *((f"round {n}", [r == n for r, *_ in every]) for n in (1, 2, 3)),
        ("rounds 2 and 3, English", [r > 1 and language == "en" for r, language, *_ in every]),
        ("rounds 2 and 3, Chinese", [r > 1 and language == "zh" for r, language, *_ in every]),
        ("all", [True] * len(every)),
    ):
        own = [state for state, wanted in zip(now, mine, strict=True) if wanted]
        first = [at for (_, _, at, _), wanted in zip(every, mine, strict=True) if wanted]
        hits = np.array([state == "right" for state in own], dtype=np.float64)
        rows.append(
            [
                name,
                len(own),
                *(("", "", "") if name in ("round 1", "all") else (first.count(s) for s in STATES)),
                *(own.count(state) for state in STATES),
                "{:.3f} ({:.3f} … {:.3f})".format(hits.mean(), *ci95(hits, SEED)),
            ]
        )
    missed = [one["text"] for state, (*_, one) in zip(now, every, strict=True) if state != "right"]
    heads = ["requests", "number", "right at first", "undecided", "wrong", "right now", "undecided", "wrong", "share"]
    shares = {row[0]: round(row[5] / row[1], 4) for row in rows}
    return {
        "figures": {"right": shares, "missed": missed},
        "table": table("Requests read rightly", heads, rows),
        "notes": [f"Not read rightly now: {'; '.join(missed)}."],
    }


def _state(one: Mapping[str, Any]) -> str:
    mood = mood_of(one["text"])
    return "right" if right(one, mood) else "wrong" if mood.decided else "undecided"


# Answering


def lastfm(halves: bool) -> tuple[Catalogue, Dataset, dict[str, Mask], Mask]:
    """The artists with the tags of one half of those who tagged, or of all; the log; by mood, (n items,) what the other
    half says, or all; and of which artists these say anything."""
    folder, problems = data_file(FILES[0]).parent, Problems()
    names = {row[0]: row[1].strip().lower() for row in _lines(TAG_NAMES)}
    given = [(row[0], row[1], names.get(row[2], "")) for row in _lines(FILES[1])]
    people = np.array(sorted({user for user, *_ in given}, key=int))
    owners = set(people[np.random.default_rng(SEED).random(len(people)) < 0.5].tolist())
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    judges: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for user, artist, tag in given:
        if user in owners or not halves:
            counts[artist][tag] += 1
        if user not in owners or not halves:
            judges[artist][tag] += 1
    nouns = list(LastFm().read(folder, problems))
    items = [
        one.model_copy(update={"tags": tuple(tag for tag, _ in counts[one.id].most_common(TAGS) if tag)})
        for one in nouns
        if isinstance(one, Item)
    ]
    catalogue = Catalogue.build(items)
    log = Dataset.build(catalogue, EventTable.of(one for one in nouns if isinstance(one, Event)), Settings().signals)
    judged = {artist: {tag for tag, _ in own.most_common(TAGS)} for artist, own in judges.items()}
    said = {
        mood: np.array([bool(judged.get(i, set()) & set(tags)) for i in catalogue.ids]) for mood, tags in JUDGED.items()
    }
    return catalogue, log, said, np.array([i in judged for i in catalogue.ids])


def _lines(file: str) -> Iterator[list[str]]:
    """The fields of each row, without the header."""
    with gzip.open(data_file(file), "rt", encoding="latin-1") as lines:
        next(lines)
        for line in lines:
            yield line.rstrip("\r\n").split("\t")


def answering(folder: Path) -> dict[str, Any]:
    """Share and NDCG@10 by mood, with the labels of the owner and with those of others."""
    catalogue, log, said, tagged = lastfm(halves=False)
    split = random_hold_out(log, SEED)
    fitted = batch.fit(split.history, MODELS, {}, TrainOptions(), ArtifactFolder(folder), problems := [])
    print({name: round(one.seconds) for name, one in fitted.items()}, problems, flush=True)
    world = World(catalogue, {name: one.model for name, one in fitted.items()}, {}, Settings())
    figures: dict[str, Any] = {}
    tables: list[dict[str, Any]] = []
    notes = []
    for labels in LABELS:
        if labels == LABELS[1]:
            catalogue, _, said, tagged = lastfm(halves=True)
            world = replace(world, catalogue=catalogue)
        found = _asked(world, split, said, tagged)
        figures[labels] = _figures(found, said, world)
        tables += _tables(labels, found, said, world)
        notes += [f"Labels {labels}: {note}" for note in _notes(found)]
    return {"figures": figures, "tables": tables, "notes": notes}


LABELS = ("of the owner", "of others")
WAYS = ("home", "mood", "popular of the mood")


Found = dict[tuple[str, str], tuple[Rows, Floats, Floats]]
"""(way, mood) → people asked, share of each, NDCG@10 of each."""


def _asked(world: World, split: Split, said: Mapping[str, Mask], tagged: Mask) -> Found:
    rng = np.random.default_rng(SEED)
    world.moods  # noqa: B018 - read once
    popular = np.bincount(split.history.items[split.history.positive], minlength=len(world.catalogue))
    found: Found = {}
    for mood, having in said.items():
        asked = [
            (int(user), split.test.answers(j)[having[split.test.answers(j)]])
            for j, user in enumerate(split.test.users.tolist())
        ]
        asked = [one for one in asked if len(one[1])]
        drawn = np.sort(rng.choice(len(asked), min(PEOPLE, len(asked)), replace=False))
        for way in WAYS:
            lists = [_listed(way, mood, world, split, asked[n][0], popular) for n in drawn]
            share = np.array([having[rows].sum() / max(int(tagged[rows].sum()), 1) for rows in lists])
            ndcg = np.array([_ndcg(rows, asked[n][1]) for rows, n in zip(lists, drawn, strict=True)])
            found[way, mood] = np.array([asked[n][0] for n in drawn]), share, ndcg
            print(way, mood, len(drawn), round(float(share.mean()), 3), round(float(ndcg.mean()), 4), flush=True)
    return found


def _listed(way: str, mood: str, world: World, split: Split, user: int, popular: Any) -> Rows:
    history = split.history.history(user)
    if way == "popular of the mood":
        where = world.catalogue.alive & (world.moods.share(mood) >= CARRIES)
        where[history.consumed] = False
        return best(popular.astype(np.float32), K, where)[0]
    moods = (mood,) if way == "mood" else ()
    query = Query(user_id="u", recipe=way, k=K, moods=moods, explain=False, seed=SEED)
    found = answer(world, query, Live(history), 0.0)
    return world.catalogue.rows([pick.item.id for pick in found])


def _ndcg(rows: Rows, relevant: Rows) -> float:
    discount = 1 / np.log2(np.arange(2, K + 2))
    return float(discount[: len(rows)][np.isin(rows, relevant)].sum() / discount[: min(len(relevant), K)].sum())


def _overall(found: Found) -> dict[str, tuple[Floats, Floats]]:
    """Way → share and NDCG@10 of each person, the mean over the moods that they were asked for."""
    result = {}
    for way in dict.fromkeys(way for way, _ in found):
        sums: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
        for (other, _), (people, share, ndcg) in found.items():
            if other == way:
                for person, s, n in zip(people.tolist(), share, ndcg, strict=True):
                    sums[person].append((float(s), float(n)))
        means = np.array([np.mean(sums[person], axis=0) for person in sorted(sums)])
        result[way] = means[:, 0], means[:, 1]
    return result


def _interval(values: Any) -> str:
    return "{:.3f} ({:.3f} … {:.3f})".format(float(np.mean(values)), *ci95(np.asarray(values, np.float64), SEED))


def _tables(labels: str, found: Found, said: Mapping[str, Mask], world: World) -> list[dict[str, Any]]:
    heads = ["mood", "artists, catalogue", "artists, judges", "people", *WAYS]
    overall = _overall(found)
    tables = []
    for n, what in ((1, "share of ten that have the mood"), (2, "NDCG@10 of held-out artists of the mood")):
        rows: list[list[Any]] = []
        for mood in said:
            own = [found[way, mood] for way in WAYS]
            carried = int((world.moods.share(mood) >= CARRIES).sum())
            values = [round(float(one[n].mean()), 4) for one in own]
            rows.append([mood, carried, int(said[mood].sum()), len(own[0][0]), *values])
        means = [_interval(overall[way][n - 1]) for way in WAYS]
        rows.append(["all, by person", "", "", len(overall["home"][0]), *means])
        tables.append(table(f"Last.fm, labels {labels}: {what}", heads, rows))
    return tables


def _figures(found: Found, said: Mapping[str, Mask], world: World) -> dict[str, Any]:
    overall = _overall(found)
    return {
        "people": len(overall["home"][0]),
        "share": {way: round(float(own[0].mean()), 4) for way, own in overall.items()},
        "ndcg@10": {way: round(float(own[1].mean()), 4) for way, own in overall.items()},
        "by_mood": {
            mood: {way: [round(float(found[way, mood][n].mean()), 4) for n in (1, 2)] for way in WAYS} for mood in said
        },
        "agreement": {mood: round(float(said[mood][world.moods.share(mood) >= CARRIES].mean()), 4) for mood in said},
    }


def _notes(found: Found) -> list[str]:
    overall = _overall(found)
    told = []
    for n, what in ((0, "Share"), (1, "NDCG@10")):
        own = {way: np.asarray(values[n], np.float64) for way, values in overall.items()}
        for way in WAYS:
            if way != "mood":
                difference, low, high = paired(own["mood"], own[way], SEED)
                told.append(f"{what}, mood less {way}: {difference:+.4f} ({low:+.4f} … {high:+.4f}).")
    times = float(overall["mood"][0].mean() / max(float(overall["home"][0].mean()), 1e-9))
    return [f"Ten of the recipe mood hold {times:.1f} times as many artists of the mood as ten of home.", *told]


if __name__ == "__main__":
    main()
