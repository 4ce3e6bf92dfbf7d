"""From one medium to another: what people with films alone are recommended of music, before they have heard any.

People who like something in the first medium before a moment, and something new in the second after it, are drawn into
four folds. Of a fold, everything outside the first medium is taken out of the training, and what they like later in the
second is asked for: all items of it compete. So each of them is asked once, by models that have never seen them there,
while the others connect the two. Beside each figure stands most-popular within the second medium, ever and of late; the
*ratio* is to the better of the two, with a 95 % bootstrap over people who are drawn together for both.

**Sample library**: three libraries (seeds 7, 8 and 9: other listeners, other tastes, other hits), the last 30 % of the
time asked for; *true tastes* ranks by the utility that the listeners choose by, which nothing can beat but by luck.
Films are episodes, videos and shorts. The weights of `across` and its place in home were chosen on seeds 1 and 2.

**Real**: no set here has people with two media, so parts of one medium stand in, told apart by what they are called.
*HetRec Last.fm*, artists that five people or more play: those whose first tag is one of the four commonest, against all
others; there is no order, so nothing fades, and all that a fold's people play of that part is asked for.
*MovieLens-1M*: films against documentaries, the last 30 % of each person's sequence. One fold of each; the part that is
asked for is given a kind of its own, so that the engine takes it for a medium.

Rows: `home` as it serves (with what spreads a list out), `home by score` before that, the same without the source
`across`; single parts: shared people alone (``ease``; ``implicit`` is that library's item-item cosine on the joint
matrix), the knowledge graph alone, shared topics alone, content alone (centred by medium, and as it is), all of
`across`. *Fewer bridges* (seed 7): of the people trained on, only so many know both media, each of the others one, at
random.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks._harness import data_file, sha256, table, write_result
from benchmarks._protocols import films, imported, sequence_log
from segue.arrays import Floats, Mask, Rows
from segue.catalogue import KIND_CODE, Catalogue
from segue.dataset import Dataset, History
from segue.engine import Engine
from segue.evaluation.bootstrap import ci95
from segue.evaluation.metrics.base import Ground, Shown
from segue.evaluation.metrics.ndcg import ndcg_at_k
from segue.evaluation.metrics.recall import recall_at_k
from segue.events import EventTable
from segue.ingest.sampler.listeners import live
from segue.ingest.sampler.words import works
from segue.items import Item, ItemKind
from segue.models.base import Model, TrainOptions
from segue.pipeline import runner
from segue.pipeline.recipes import TABLE as RECIPES
from segue.pipeline.sources.across import bridge
from segue.pipeline.sources.knowledge import Knowledge
from segue.pipeline.stages import Recipe, Request, World
from segue.profiles.session import session_vector
from segue.queries import Query
from segue.relations import Relation
from segue.settings import Settings
from segue.storage.artifacts import ArtifactFolder
from segue.training import batch
from segue.understanding.encoders.ngram import NgramEncoder
from segue.understanding.knowledge.extract import metadata
from segue.understanding.run import vectors_for

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SEEDS = (7, 8, 9)
FOLDS = 4
LATER = 0.3
"""Share of the time, or of each person's sequence, that is asked for."""
K = 10
BRIDGES = (1.0, 0.1, 0.0)
RESAMPLES = 2000
PEOPLE = 1000
"""Asked of a real set at most."""
KINDS = {
    "films": (ItemKind.EPISODE, ItemKind.VIDEO, ItemKind.SHORT),
    "music": (ItemKind.TRACK,),
    "podcasts": (ItemKind.PODCAST_EPISODE,),
    "music and podcasts": (ItemKind.TRACK, ItemKind.PODCAST_EPISODE),
}
PAIRS = {"films": ("music and podcasts", "music", "podcasts"), "music": ("films",)}
"""What is asked of people who know the first alone."""
BRIDGED = ("films → music", "music → films")
LASTFM, TAGS, LEAST = "lastfm_hetrec2011/user_artists.dat.gz", 4, 5
MOVIELENS = "movielens_1m/sequences_chronological.txt.gz"
PARTS = ("Documentary",)
STAND_IN = ItemKind.PODCAST_EPISODE
REAL_MODELS = ("popular_all", "popular_recent", "item_knn", "ease", "content")
"""Those of home that learn within seconds on one core; on the sample library it has all of them."""
UNORDERED = {name: {"history_decay": 1.0} for name in ("item_knn", "ease", "content")}
"""A log without any order has no past that could fade: the file has artists by their number."""
BASELINES = ("popular_all", "popular_recent")
MEDIA = ("content_audio", "content_picture")
"""Models that read what is not read here."""
KEPT = Path(tempfile.gettempdir()) / "segue-benchmark-cross-domain"
"""What has been measured, so that a run that was stopped goes on."""
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Fold:
    """People who know one medium, and what they like in others later."""

    train: Dataset
    people: Rows
    answers: tuple[Rows, ...]


def folds(log: Dataset, first: Mask, second: Mask, past: Mask, new: Mask, seed: int = 7) -> Iterator[Fold]:
    """The people of a log in `FOLDS` parts.

    Args:
        first: (n items,) the medium that they know.
        second: (n items,) the media that are asked for.
        past: (n events,) what may be learnt from.
        new: (n events,) what may be asked for.
    """
    liked = new & log.positive & second[log.items]
    known = np.zeros(log.n_users, bool)
    known[log.users[past & log.positive & first[log.items]]] = True
    asked = np.intersect1d(np.flatnonzero(known), log.users[liked]).astype(np.int32)
    part = np.random.default_rng(seed).integers(0, FOLDS, len(asked))
    for n in range(FOLDS):
        people = asked[part == n]
        hidden = np.isin(log.users, people) & ~first[log.items]
        answers = tuple(np.unique(log.items[liked & (log.users == user)]) for user in people.tolist())
        yield Fold(log.only(past & ~hidden), people, answers)


def with_bridges(fold: Fold, first: Mask, share: float, seed: int) -> Fold:
    """The fold where only a share of the people trained on know more than one of first medium and rest."""
    rng = np.random.default_rng([seed, 1])
    train = fold.train
    both = rng.random(train.n_users) < share
    both[fold.people] = True  # they know the first alone as it is
    side = rng.random(train.n_users) < 0.5
    kept = both[train.users] | (side[train.users] == first[train.items])
    return replace(fold, train=train.only(kept))


@dataclass
class Asked:
    """Figures of everybody asked, by row of the table."""

    second: Mask
    lists: dict[str, list[Rows]] = field(default_factory=dict)
    answers: list[Rows] = field(default_factory=list)

    def values(self) -> dict[str, tuple[Numbers, Numbers]]:
        """Row → (NDCG@k, Recall@k) of each person."""
        return {name: self._values(listed) for name, listed in self.lists.items()}

    def first(self, people: int) -> Asked:
        """The figures of those who were asked first."""
        return Asked(self.second, {name: own[:people] for name, own in self.lists.items()}, self.answers[:people])

    def _values(self, listed: Sequence[Rows]) -> tuple[Numbers, Numbers]:
        items = np.full((len(listed), K), -1, np.int32)
        for n, own in enumerate(listed):
            items[n, : min(len(own), K)] = own[:K]
        hits = np.stack([np.isin(own, answers) for own, answers in zip(items, self.answers, strict=True)])
        counts = np.array([len(own) for own in self.answers])
        shown = Shown(items, hits, counts, Ground(self.second, np.zeros(len(self.second)), None))
        return ndcg_at_k(shown), recall_at_k(shown)


Scorer = Callable[[str], Floats]
"""From a person's id to the true utility of each item."""


def ask(
    fold: Fold,
    targets: Sequence[Asked],
    names: Sequence[str],
    relations: Sequence[Relation] = (),
    truth: Scorer | None = None,
    singles: bool = True,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Train on a fold, ask its people for each of the media, and add what they are shown.

    Args:
        settings: of single models.
    """
    with tempfile.TemporaryDirectory(prefix="segue-bench-") as folder:
        problems: list[str] = []
        fitted = batch.fit(fold.train, names, settings or {}, TrainOptions(), ArtifactFolder(Path(folder)), problems)
    models = {name: one.model for name, one in fitted.items()}
    worlds = [
        World(fold.train.catalogue, models, fold.train.vectors, chosen, "fold", relations=lambda: relations)
        for chosen in (Settings(), _without_across())
    ]
    recipes = [_recipe(world) for world in worlds]
    items = item_cosine(fold.train) if singles else None
    for user, later in zip(fold.people.tolist(), fold.answers, strict=True):
        history = fold.train.history(user)
        for found in targets:
            answers = later[found.second[later]]
            if not len(answers):
                continue
            assert not found.second[history.items].any()
            found.answers.append(answers)
            whole, without = (
                runner.run(recipe, _request(world, history, found.second))
                for recipe, world in zip(recipes, worlds, strict=True)
            )
            _add(found, "home", whole.chosen.items)
            _add(found, "home by score", whole.pool.items)
            _add(found, "home by score, without across", without.pool.items)
            columns = _columns(_request(worlds[0], history, found.second), models, singles)
            if items is not None:
                columns["implicit: item-item cosine"] = items(history)
            if truth is not None:
                columns["true tastes"] = truth(fold.train.user_ids[user])
            for name, scores in columns.items():
                _add(found, name, _best(scores, found.second))


def _columns(request: Request, models: Mapping[str, Model], singles: bool) -> dict[str, Floats | None]:
    """Scores of single parts."""
    found: dict[str, Floats | None] = {name: models[name].score(request.history) for name in BASELINES}
    made = bridge(request)
    across = None if made is None else sum(made.parts.values())
    if not singles:
        return {**found, "across": across}
    vectors = request.world.vectors.get("mixed")
    plain = None
    if vectors is not None:
        plain = np.nan_to_num(vectors) @ (request.history.weights @ np.nan_to_num(vectors[request.history.items]))
    return {
        **found,
        "shared people: ease": models["ease"].score(request.history),
        "graph alone": Knowledge().scores(request),
        "topics alone": None if made is None else made.parts["topics"],
        "content alone, centred by medium": None if made is None else made.parts.get("content"),
        "content alone, as it is": plain,
        "across": across,
    }


def _add(found: Asked, name: str, rows: Rows) -> None:
    found.lists.setdefault(name, []).append(np.asarray(rows[:K], np.int32))


def _best(scores: Floats | None, second: Mask) -> Rows:
    """The `K` best of the second medium; what has no score comes last, ties by row."""
    rows = np.flatnonzero(second).astype(np.int32)
    values = np.zeros(len(rows)) if scores is None else np.nan_to_num(scores[rows], nan=-np.inf)
    return rows[np.argsort(-values, kind="stable")[:K]]


def _without_across() -> Settings:
    settings = Settings()
    blend = {**settings.ranking.blend["home"], "across": 0.0}
    ranking = settings.ranking.model_copy(update={"blend": {**settings.ranking.blend, "home": blend}})
    return settings.model_copy(update={"ranking": ranking})


def _recipe(world: World) -> Recipe:
    """Home; what could be recommended is the benchmark's to say, not the hour's."""
    whole = RECIPES.load("home")(world.settings)
    return replace(whole, filters=tuple(part for part in whole.filters if part.name != "availability"))


def _request(world: World, history: History, second: Mask) -> Request:
    at = NOW.timestamp()
    session = session_vector(history, world.vectors.get("mixed"), world.settings.session, at)
    query = Query(k=K, explain=False, seed=0)
    return Request(query, world, history, at, np.random.default_rng(0), session=session, scope=second.copy())


def item_cosine(log: Dataset) -> Callable[[History], Floats]:
    """The peer: item-item cosine of the library ``implicit`` on the joint matrix."""
    from implicit.nearest_neighbours import CosineRecommender
    from scipy import sparse

    peer = CosineRecommender(K=200, num_threads=1)
    peer.fit(sparse.csr_matrix(log.matrix), show_progress=False)
    near = sparse.csr_array(peer.similarity)

    def scores(history: History) -> Floats:
        own = np.zeros(log.n_items)
        np.add.at(own, history.positive.items, history.positive.weights)
        return np.asarray(near.T @ own, dtype=np.float32)

    return scores


# The sample library.


def read_words(folder: Path, items: Sequence[Item]) -> tuple[Catalogue, dict[str, Floats]]:
    """A catalogue and its vectors, from its words alone."""
    Engine.create(folder)
    with Engine.open(folder) as engine:
        engine.add_items(item.model_copy(update={"media_uri": None, "cover_uri": None}) for item in items)
        engine.understand(only=["text", "ngram"])
        catalogue = Catalogue.build(engine._store.items())
        vectors, _ = vectors_for(catalogue, engine._store, engine.settings, learn=True)
        return catalogue, dict(vectors)


def sample_libraries() -> Iterator[tuple[Dataset, dict[str, Floats]]]:
    """(log, user id → true utility of each item in the middle of the time asked for), a library a seed."""
    read: tuple[Catalogue, dict[str, Floats]] | None = None
    for seed in SEEDS:
        made = works(seed, NOW)
        lived = live(made, seed, NOW)
        items = [work.item for work in made]
        if read is None:  # the words are the same at every seed
            with tempfile.TemporaryDirectory(prefix="segue-bench-") as folder:
                read = read_words(Path(folder), items)
        catalogue = Catalogue.build(items)
        rows = read[0].rows(catalogue.ids)
        vectors = {space: table[rows] for space, table in read[1].items()}
        log = Dataset.build(catalogue, EventTable.of(lived.events), Settings().signals, vectors)
        day = 60 * (1 - LATER / 2)
        yield log, {one.user.id: lived.utility(one, day).astype(np.float32) for one in lived.listeners}


def of_kinds(catalogue: Catalogue, kinds: Iterable[ItemKind]) -> Mask:
    """(n items,)"""
    return np.isin(catalogue.kinds, [KIND_CODE[kind] for kind in kinds])


def sample() -> dict[str, dict[str, Asked]]:
    """Pair → share of bridges → figures."""
    names = [name for name in Settings().train.models if name not in MEDIA]
    found: dict[str, dict[str, Asked]] = {}
    for number, (log, truth) in enumerate(sample_libraries()):
        relations = [relation for item in log.catalogue.items if item for relation in metadata(item)]
        past = log.timestamps < np.quantile(log.timestamps, 1 - LATER)
        for known, wanted in PAIRS.items():
            first = of_kinds(log.catalogue, KINDS[known])
            seconds = {f"{known} → {name}": of_kinds(log.catalogue, KINDS[name]) for name in wanted}
            for n, fold in enumerate(folds(log, first, np.any(list(seconds.values()), axis=0), past, ~past)):
                for share in BRIDGES if not number else BRIDGES[:1]:
                    fewer = fold if share == 1 else with_bridges(fold, first, share, n)
                    targets = [
                        found.setdefault(pair, {}).setdefault(f"{share:.0%}", Asked(second))
                        for pair, second in seconds.items()
                        if share == 1 or pair in BRIDGED
                    ]
                    ask(fewer, targets, names, relations, truth.__getitem__, singles=share == 1)
        for pair, of in found.items():
            print(pair, {share: _told(own) for share, own in of.items()}, flush=True)
    return found


# Real logs.


def lastfm() -> Iterator[tuple[str, Dataset, Mask, Mask, Mask, Mask]]:
    """(name, log, first, second, past, new) of the commonest first tags."""
    log = _of_five(imported("lastfm", LASTFM))
    tags = [item.tags[0] if item and item.tags else "" for item in log.catalogue.items]
    every = np.ones(len(log), bool)
    for tag, _ in Counter(tag for tag in tags if tag).most_common(TAGS):
        second = np.array([own == tag for own in tags])
        yield f"Last.fm: all but {tag} → {tag}", log, ~second, second, every, every


def movielens() -> Iterator[tuple[str, Dataset, Mask, Mask, Mask, Mask]]:
    """The same of films against genres that are made in another way."""
    log = sequence_log(MOVIELENS, films)
    begin, end = log.offsets[log.users], log.offsets[log.users + 1]
    past = (np.arange(len(log)) - begin) / (end - begin) < 1 - LATER
    for genre in PARTS:
        second = np.array([genre in item.genres if item else False for item in log.catalogue.items])
        yield f"MovieLens-1M: other films → {genre}", log, ~second, second, past, ~past


def _of_five(log: Dataset) -> Dataset:
    """The log of the items that `LEAST` people or more met."""
    pairs = np.unique(np.stack([log.users, log.items]), axis=1)
    kept = np.bincount(pairs[1], minlength=log.n_items) >= LEAST
    catalogue = Catalogue.build(item for item, there in zip(log.catalogue.items, kept, strict=True) if item and there)
    number = np.cumsum(kept) - 1
    few = log.only(kept[log.items])
    return replace(few, catalogue=catalogue, items=number[few.items].astype(np.int32))


def with_words(log: Dataset) -> Dataset:
    """The log with the n-grams of its words as contents: names, genres and tags want no more."""
    read = NgramEncoder(Settings()).encode([item for item in log.catalogue.items if item])
    empty = np.full(max(len(one.vector) for one in read if one.vector is not None), np.nan, np.float32)
    return replace(log, vectors={"mixed": np.stack([empty if one.vector is None else one.vector for one in read])})


def _parted(log: Dataset, second: Mask) -> Dataset:
    """The log with the second part as a medium of its own: to the engine, kinds of items are what tells media apart."""
    items = [
        item.model_copy(update={"kind": STAND_IN}) if item and own else item
        for item, own in zip(log.catalogue.items, second, strict=True)
    ]
    return replace(log, catalogue=Catalogue.build(item for item in items if item))


def real() -> dict[str, Asked]:
    """Pair → figures, of one fold."""
    found: dict[str, Asked] = {}
    for logs in (lastfm, movielens):
        read: Dataset | None = None
        for pair, log, first, second, past, new in logs():
            read = read or with_words(log)
            fold = next(folds(_parted(read, second), first, second, past, new))
            fold = Fold(fold.train, fold.people[:PEOPLE], fold.answers[:PEOPLE])
            relations = [relation for item in log.catalogue.items if item for relation in metadata(item)]
            found[pair] = Asked(second)
            ask(fold, [found[pair]], REAL_MODELS, relations, settings={} if logs is movielens else UNORDERED)
            print(pair, _told(found[pair]), flush=True)
    return found


# Figures.


def ratio(a: Numbers, b: Numbers, seed: int = 7) -> list[float]:
    """[mean(a) / mean(b), and its 95 % interval over people]."""
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(a), size=(RESAMPLES, len(a)))
    many = a[drawn].mean(axis=1) / np.maximum(b[drawn].mean(axis=1), 1e-9)
    low, high = np.percentile(many, [2.5, 97.5])
    return [round(float(x), 3) for x in (a.mean() / max(b.mean(), 1e-9), low, high)]


def rows(asked: Asked) -> list[dict[str, Any]]:
    """The figures of a pair, best first."""
    values = asked.values()
    better = [max((values[name][m] for name in BASELINES), key=np.mean) for m in (0, 1)]
    made = [
        {
            "ranks by": name,
            "people": len(ndcg),
            "ndcg@10": round(float(ndcg.mean()), 4),
            "ndcg_ci95": [round(x, 4) for x in ci95(ndcg)],
            "ratio": ratio(ndcg, better[0]),
            "recall@10": round(float(recall.mean()), 4),
            "recall_ci95": [round(x, 4) for x in ci95(recall)],
            "recall_ratio": ratio(recall, better[1]),
        }
        for name, (ndcg, recall) in values.items()
    ]
    return sorted(made, key=lambda row: -row["ndcg@10"])


def _told(asked: Asked) -> dict[str, Any]:
    return {row["ranks by"]: (row["ndcg@10"], row["ratio"][0]) for row in rows(asked)}


def _table(title: str, asked: Asked) -> dict[str, Any]:
    heads = ["ranks by", "NDCG@10", "95 %", "× most-popular", "95 %", "Recall@10", "× most-popular"]
    shown = [
        [
            row["ranks by"],
            row["ndcg@10"],
            "{} … {}".format(*row["ndcg_ci95"]),
            f"{row['ratio'][0]:.2f}",
            "{:.2f} … {:.2f}".format(*row["ratio"][1:]),
            row["recall@10"],
            f"{row['recall_ratio'][0]:.2f}",
        ]
        for row in rows(asked)
    ]
    return table(f"{title}: {len(asked.answers)} people, {int(asked.second.sum())} items", heads, shown)


def _bridges(pairs: Mapping[str, Mapping[str, Asked]]) -> dict[str, Any]:
    names = ("home by score", "home by score, without across", "across", *BASELINES, "true tastes")
    made = []
    for pair, by_share in pairs.items():
        for share, asked in by_share.items() if len(by_share) > 1 else ():
            asked = asked.first(len(by_share[f"{BRIDGES[-1]:.0%}"].answers))
            by_name = {row["ranks by"]: row for row in rows(asked)}
            made.append([pair, share, *(f"{by_name[n]['ndcg@10']:.4f} ({by_name[n]['ratio'][0]:.2f})" for n in names)])
    title = "Fewer people who know both media: NDCG@10 (× most-popular)"
    return table(title, ["sample library", "bridges", *names], made)


def _part(title: str, pairs: Mapping[str, Asked]) -> dict[str, Any]:
    """Rows, tables and notes of some pairs, as JSON."""
    found: dict[str, Any] = {"rows": {}, "tables": [], "notes": []}
    for pair, asked in pairs.items():
        own = rows(asked)
        found["rows"][pair] = own
        found["tables"].append(_table(f"{title}{pair}", asked))
        ratio_of = {row["ranks by"]: row["ratio"] for row in own}
        value, low, _ = ratio_of["home by score"]
        reached = "reached" if value >= 1.5 else f"missed by {1.5 - value:.2f}"
        ceiling = f"; true tastes reach {ratio_of['true tastes'][0]:.2f}" if "true tastes" in ratio_of else ""
        served = ratio_of["home"][0]
        found["notes"].append(
            f"{title}{pair}: home by score {value:.2f} × most-popular (at least {low:.2f}), as served {served:.2f}; "
            f"1.5 is {reached}{ceiling}."
        )
    return found


def _sample_part() -> dict[str, Any]:
    library = sample()
    found = _part("sample library, ", {pair: of["100%"] for pair, of in library.items()})
    found["tables"].append(_bridges(library))
    return found


def _kept(name: str, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """A part of the figures, measured unless a run that was stopped has done so."""
    path = KEPT / f"{name}.json"
    if not path.exists():
        began = time.process_time()
        found = measure()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**found, "cpu_s": round(time.process_time() - began, 1)}), encoding="utf-8")
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return kept


def main() -> None:
    """The sample libraries and the real logs."""
    parts = {"sample": _kept("sample", _sample_part), "real": _kept("real", lambda: _part("", real()))}
    seconds = sum(part["cpu_s"] for part in parts.values())
    figures = {
        "goal": "× most-popular ≥ 1.5 for people with no history in the second medium",
        "tables": [table for part in parts.values() for table in part["tables"]],
        "notes": [
            *(note for part in parts.values() for note in part["notes"]),
            f"{seconds:.0f} processor seconds in all.",
        ],
        **{name: part["rows"] for name, part in parts.items()},
        "data": {file: sha256(data_file(file)) for file in (LASTFM, MOVIELENS)},
    }
    print(write_result("cross_domain", figures))
    shutil.rmtree(KEPT)


if __name__ == "__main__":
    main()
