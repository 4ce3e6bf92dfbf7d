"""Items that nobody has met: who will like them, from what is written about them alone.

A seeded tenth of the items is the cold test, another tenth is for validation, the rest is warm; models see the
interactions with warm items and nothing else. For each person who met a cold item and a warm one, the cold test items
are ranked; Recall@20 is of all their cold items. Five seeds; the interval is Student's over the seeds. What models
choose they choose on warm items that they withhold themselves, so the validation tenth is spent by no row; the design
of ``content_cf`` and its usual weights were found on the validation tenths of the first three seeds of MovieLens-1M.

Known points on MovieLens-1M (3,416 items, one seed; Recall@20 / NDCG@20): random .058 / .058, TF-IDF neighbours
.234 / .200, frozen MiniLM neighbours .175 / .167, ridge regression from TF-IDF and MiniLM to the item factors of an
SVD, scored with popularity, .354 / .330 (titles and genres) and .366 / .360 (with plots and people). Published figures
with warm and cold items as candidates, whose split and candidates may differ: ALDI .123 / .130, LLM-InS .176 / .176.

The second pair of columns has the warm items that the person has not met, and the cold ones, as candidates; the right
answers are the cold ones still.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse, stats
from scipy.sparse import linalg as sparse_linalg
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils.extmath import randomized_svd

from benchmarks._harness import data_file, sha256, table, write_result
from benchmarks._protocols import (
    MICROLENS,
    MOVIELENS_1M,
    films,
    games,
    imported,
    sequence_log,
    short_video_log,
)
from benchmarks.text_recommender import read
from segue.arrays import Floats, Mask, Rows
from segue.dataset import Dataset, History
from segue.items import Credit, Item
from segue.models import content_cf, content_kernel
from segue.models.base import TrainOptions
from segue.models.content_cf import ContentCF, ContentCFConfig
from segue.models.content_kernel import TITLE
from segue.models.generative import Generative, GenerativeConfig
from segue.models.weighting import training_matrix, weight_matrix
from segue.settings import FinetuneSettings, Settings, UnderstandingSettings
from segue.training.finetune.run import finetune
from segue.understanding.encoders.ngram import NgramEncoder
from segue.understanding.encoders.text import item_text

SEEDS = (0, 1, 2, 3, 4)
DEPTH = 20
_BLOCK = 2000
_SMALL = 5000
"""Items up to which rows are made that compare all with all, or learn for minutes."""
_PASSES = 5
"""Of `generative` over the events."""
_EXAMPLES = 1500
"""Histories that the encoder is fine-tuned on: minutes of one core."""

KEPT = Path(tempfile.gettempdir()) / "segue-benchmark-cold-items"
"""What has been measured, so that a run that was stopped goes on."""

Scorer = Callable[[Sequence[History]], Floats]
"""From histories to (people, n items); higher is better, NaN is last."""


@dataclass(frozen=True)
class Split:
    """What one seed makes of a set."""

    warm: Rows
    cold: Rows
    dataset: Dataset
    """Interactions with warm items."""
    people: Rows
    answers: Mask
    """(people, cold) who met what."""


Build = Callable[[Split], tuple[Scorer, Any]]
"""Trains; the second is what the model has chosen."""


def main() -> None:
    """All sets, or those named after the command."""
    wanted = [name for name in sys.argv[1:] if name in SETS] or list(SETS)
    made = [rows_of(name) for name in SETS if name in wanted]
    columns = ["model", "reads", "Recall@20", "NDCG@20", "95 % interval", "Recall@20 among all", "NDCG@20 among all"]
    figures = {
        "sets": made,
        "seeds": list(SEEDS),
        "load_average": round(os.getloadavg()[0], 1),
        "tables": [table(one["title"], [*columns, "training, s of processor"], cells(one["rows"])) for one in made],
        "notes": [
            "Among all: the warm items that the person has not met compete as well; published on MovieLens-1M are ALDI "
            ".123 / .130 and LLM-InS .176 / .176, whose split and candidates may differ.",
            "Facts known at release: countries, languages, age ratings, studios and finer genres; never votes, stars "
            "or awards, of which a new film has none.",
        ],
    }
    print(write_result("cold_items", figures))


# Data.


def described(facts: bool) -> Iterable[Item]:
    """The films of MovieLens-1M with plots and people, and with all that OMDb knew at their release."""
    with gzip.open(data_file("movielens_1m/omdb_metadata.jsonl.gz"), "rt", encoding="utf-8") as lines:
        records = {str(record["movie_id"]): record for record in map(json.loads, lines)}
    for film in films():
        told = {k: v for k, v in records.get(film.id, {}).items() if v not in (None, "N/A")}
        people = tuple(
            dict.fromkeys(
                Credit(name, role) for role in ("Director", "Actors", "Writer") for name in _named(told.get(role, ""))
            )
        )
        more: dict[str, Any] = {"description": told.get("Plot"), "creators": people}
        if facts:
            stated = ("Country", "Language", "Rated", "Production", "Genre")
            more["tags"] = tuple(f"{what}: {name}" for what in stated for name in _named(told.get(what, "")))
        yield film.model_copy(update=more)


def _named(text: str) -> list[str]:
    return [name.strip() for name in re.sub(r"\([^)]*\)", "", text).split(",") if name.strip()]


def _movielens(items: Callable[[], Iterable[Item]]) -> Dataset:
    return sequence_log(MOVIELENS_1M, items)


FACTS = "facts known at release"
GAMES = "amazon_games_sequences/sequences.inter.gz"
TWEETINGS = "movietweetings_100k/ratings.dat.gz"
SETS: Mapping[str, tuple[str, Mapping[str, Callable[[], Dataset]]]] = {
    "ml1m": (
        MOVIELENS_1M,
        {
            "titles and genres": partial(_movielens, films),
            "plots and people": partial(_movielens, partial(described, False)),
            FACTS: partial(_movielens, partial(described, True)),
        },
    ),
    "movietweetings": (TWEETINGS, {"titles and genres": partial(imported, "movielens", TWEETINGS)}),
    "microlens": (MICROLENS[0], {"titles": partial(short_video_log, *MICROLENS)}),
    "games": (GAMES, {"titles": partial(sequence_log, GAMES, games)}),
}
"""Name → the file of interactions, and what is read of the items."""


def load(read_set: Callable[[], Dataset]) -> Dataset:
    """The items that somebody liked, with the vectors of the encoders that need no media."""
    whole = read_set()
    items = [item for item in whole.catalogue.items if item is not None]
    apart = [Item(id=i.id, kind=i.kind, title=f"{i.title} ({i.year})" if i.year else i.title) for i in items]
    vectors = {"text": read(items), "ngram": _ngrams(items)}
    if any(item_text(item) != item_text(title) for item, title in zip(items, apart, strict=True)):
        vectors[TITLE] = read(apart)
    return replace(whole, vectors=vectors)


def _ngrams(items: Sequence[Item]) -> Floats:
    encoder = NgramEncoder(Settings())
    nothing = np.full(encoder.dim, np.nan, np.float32)
    return np.stack([nothing if r.vector is None else r.vector for r in encoder.encode(items)])


def split(whole: Dataset, seed: int) -> Split:
    """See the module."""
    liked = np.unique(whole.items[whole.positive])
    drawn = np.random.default_rng(seed).permutation(liked)
    tenth = len(liked) // 10
    cold, warm = np.sort(drawn[:tenth]), np.sort(drawn[2 * tenth :])
    matrix = whole.matrix
    met, told = matrix[:, cold], matrix[:, warm]
    people = np.flatnonzero((np.diff(met.indptr) > 0) & (np.diff(told.indptr) > 0)).astype(np.int32)
    return Split(warm, cold, whole.only(np.isin(whole.items, warm)), people, met[people].toarray() > 0)


# Rows.


def rows_of(name: str) -> dict[str, Any]:
    """All rows of a set."""
    file, ways = SETS[name]
    rows, asked = [], []
    for reads, read_set in ways.items():
        whole = load(read_set)
        found: dict[str, list[dict[str, Any]]] = {}
        for seed in SEEDS:
            one = split(whole, seed)
            asked.append(len(one.people))
            for model, build in _models(reads, next(iter(ways)), whole.n_items).items():
                kept = KEPT / f"{_state()}-{name}-{reads}-{seed}-{model}.json".replace(" ", "_")
                if not kept.exists():
                    KEPT.mkdir(exist_ok=True)
                    kept.write_text(json.dumps(_asked(one, build)), encoding="utf-8")
                found.setdefault(model, []).append(json.loads(kept.read_text(encoding="utf-8")))
                print(name, reads, seed, model, found[model][-1], flush=True)
        rows += [summary(model, reads, of) for model, of in found.items()]
    people = f"{min(asked):,} to {max(asked):,} people"
    title = f"{name}: {len(one.cold):,} cold items, {len(one.warm):,} warm ones, {people} asked"
    return {"set": name, "title": title, "file": file, "sha256": sha256(data_file(file)), "rows": rows}


def _asked(one: Split, build: Build) -> dict[str, Any]:
    """Train and measure."""
    busy = time.process_time()
    scorer, chosen = build(one)
    spent = time.process_time() - busy
    return {**measure(one, scorer), "seconds": spent, "chosen": chosen}


def _state() -> str:
    """Of the code that the figures hang on."""
    files = [__file__, content_cf.__file__, content_kernel.__file__]
    return hashlib.sha256(b"".join(Path(file).read_bytes() for file in files)).hexdigest()[:12]


def _models(reads: str, first: str, n_items: int) -> dict[str, Build]:
    """The rows; what reads nothing is there once, and what has a table of items by items where that is small."""
    ours: dict[str, Build] = {
        "content_cf, usual weights": partial(_trained, ContentCFConfig(history_decay=1.0, **_STATED)),
        "content_cf": partial(_trained, ContentCFConfig(history_decay=1.0)),
        "content_cf, gates": partial(_trained, ContentCFConfig(history_decay=1.0, mapping="gates")),
    }
    if reads == FACTS:
        return ours
    return {
        **({"random": _random} if reads == first else {}),
        "TF-IDF neighbours": _tfidf_neighbours,
        "MiniLM neighbours": _text_neighbours,
        **({"MiniLM, 100 nearest": partial(_text_neighbours, nearest=100)} if n_items <= _SMALL else {}),
        **({"MiniLM fine-tuned, 100 nearest": _finetuned_neighbours} if n_items <= _SMALL and reads == first else {}),
        "ridge to SVD factors, with popularity": _ridge_to_svd,
        **({"generative": _generative} if n_items <= _SMALL and reads == first else {}),
        **ours,
        **({"content_cf, MiniLM fine-tuned": _finetuned_content_cf} if n_items <= _SMALL and reads == first else {}),
    }


_STATED: Mapping[str, Any] = {"weights": {}, "ridge": 3.0, "popularity": 0.0, "likeness": 0.1, "regularization": 500.0}


def _random(one: Split) -> tuple[Scorer, Any]:
    rng = np.random.default_rng(len(one.cold))
    return lambda told: rng.random((len(told), one.dataset.n_items)).astype(np.float32), None


def _words(one: Split) -> Any:
    """TF-IDF of the words, the year among them, as it is in the titles of the files."""
    items = one.dataset.catalogue.items
    texts = [f"{item.year or ''} {item_text(item)}" if item else "" for item in items]
    return TfidfVectorizer(min_df=2, dtype=np.float32).fit_transform(texts)


def _tfidf_neighbours(one: Split) -> tuple[Scorer, Any]:
    """The sum of the cosines with what the person met."""
    rows, n = sparse.csr_array(_words(one)), one.dataset.n_items
    return lambda told: np.asarray(((weight_matrix(told, n) @ rows) @ rows.T).toarray(), dtype=np.float32), None


def _text_neighbours(one: Split, nearest: int | None = None) -> tuple[Scorer, Any]:
    """The sum of the cosines with what the person met, or with that of it which is among the nearest warm items."""
    rows, n = np.nan_to_num(one.dataset.vectors["text"]), one.dataset.n_items
    if nearest is None:
        return lambda told: np.asarray((weight_matrix(told, n) @ rows) @ rows.T, dtype=np.float32), None
    near = np.zeros((n, n), np.float32)
    near[one.warm] = rows[one.warm] @ rows.T
    near *= near >= -np.partition(-near[one.warm], nearest, axis=0)[nearest]
    return lambda told: np.asarray(weight_matrix(told, n) @ near, dtype=np.float32), None


def _ridge_to_svd(one: Split, factors: int = 64, penalty: float = 10.0) -> tuple[Scorer, Any]:
    """Words and their meaning foretell, by ridge regression, the factors of an SVD and the logarithm of the likes."""
    n, matrix = one.dataset.n_items, training_matrix(one.dataset)[:, one.warm]
    _, sizes, rows = randomized_svd(sparse.csr_matrix(matrix), factors, random_state=0)
    features = sparse.hstack([_words(one), np.nan_to_num(one.dataset.vectors["text"])], format="csr")
    targets = np.column_stack([rows.T * sizes, np.log1p(np.asarray(matrix.sum(axis=0)).ravel())])
    mean = targets.mean(axis=0)
    told = features[one.warm]
    solved = [sparse_linalg.cg(_penalised(told, penalty), column, rtol=1e-4)[0] for column in (targets - mean).T]
    foretold = mean + features @ (told.T @ np.column_stack(solved))
    people = np.zeros((n, factors))
    people[one.warm] = rows.T / sizes

    def score(told: Sequence[History]) -> Floats:
        taste = (weight_matrix(told, n) @ people) @ foretold[:, :-1].T
        taste /= np.maximum(taste.std(axis=1, keepdims=True), 1e-9)
        popular = foretold[:, -1] / foretold[one.cold, -1].std()
        return np.asarray(taste + popular / 4, dtype=np.float32)

    return score, None


def _penalised(features: Any, penalty: float) -> Any:
    """The operator FFᵀ + λI."""
    n = features.shape[0]
    return sparse_linalg.LinearOperator((n, n), lambda v: features @ (features.T @ v) + penalty * v)


def _trained(config: ContentCFConfig, one: Split) -> tuple[Scorer, Any]:
    model = ContentCF(config)
    model.train(one.dataset, TrainOptions(seed=7))
    return model.score_many, {**vars(model.choice), "weights": dict(model.choice.weights)}


def _generative(one: Split) -> tuple[Scorer, Any]:
    """Items as codes of what is written about them and of who met them; log P of each code, by what came before."""
    model = Generative(GenerativeConfig(space="text", epochs=_PASSES))
    model.train(one.dataset, TrainOptions(seed=7, threads=1))
    return model.score_many, {"passes": len(model.curve)}


def _finetuned(one: Split) -> Floats:
    """(n items, 384) by the sentence encoder after `segue finetune behaviour` on the interactions with warm items."""
    wanted = FinetuneSettings(epochs=1, examples=_EXAMPLES, max_tokens=64, validation_share=0.02)
    name = f"of-{hashlib.sha256(one.cold.tobytes()).hexdigest()[:16]}"
    made = finetune("behaviour", one.dataset, Settings(finetune=wanted), KEPT, name)
    learnt = Settings(understanding=UnderstandingSettings(text_model=str(made.folder)))
    return read(one.dataset.catalogue.items, learnt)


def _finetuned_neighbours(one: Split) -> tuple[Scorer, Any]:
    vectors = {**one.dataset.vectors, "text": _finetuned(one)}
    return _text_neighbours(replace(one, dataset=replace(one.dataset, vectors=vectors)), nearest=100)


def _finetuned_content_cf(one: Split) -> tuple[Scorer, Any]:
    vectors = {**one.dataset.vectors, "text": _finetuned(one)}
    config = ContentCFConfig(history_decay=1.0)
    return _trained(config, replace(one, dataset=replace(one.dataset, vectors=vectors)))


# Figures.


def measure(one: Split, scorer: Scorer) -> dict[str, Any]:
    """Recall and NDCG at 20 among the cold items, and among all."""
    found: dict[str, list[Floats]] = {"recall": [], "ndcg": [], "recall_all": [], "ndcg_all": []}
    candidates = np.concatenate([one.cold, one.warm])
    for start in range(0, len(one.people), _BLOCK):
        people = one.people[start : start + _BLOCK]
        histories = [one.dataset.history(user).positive for user in people.tolist()]
        scores = np.nan_to_num(scorer(histories)[:, candidates], nan=-np.inf)
        right = one.answers[start : start + _BLOCK]
        for ending, among in (("", scores[:, : len(one.cold)]), ("_all", _unmet(scores, histories, candidates))):
            recall, ndcg = gains(among, right)
            found["recall" + ending].append(recall)
            found["ndcg" + ending].append(ndcg)
    return {what: float(np.concatenate(values).mean()) for what, values in found.items()}


def _unmet(scores: Floats, histories: Sequence[History], candidates: Rows) -> Floats:
    """The scores with minus infinity where the person has met the item."""
    place = np.full(int(candidates.max()) + 1, -1)
    place[candidates] = np.arange(len(candidates))
    left = scores.copy()
    for row, history in enumerate(histories):
        left[row, place[history.items]] = -np.inf
    return left


def gains(scores: Floats, right: Mask) -> tuple[Floats, Floats]:
    """(people,) Recall@20 and NDCG@20; the right answers are among the first columns of the scores.

    Ties are broken by the order of the columns, which is that of the item numbers.
    """
    few = min(DEPTH, scores.shape[1])
    top = np.argpartition(-scores, few - 1, axis=1)[:, :few]
    top = np.take_along_axis(top, np.argsort(-np.take_along_axis(scores, top, 1), axis=1, kind="stable"), 1)
    hits = np.take_along_axis(right, np.minimum(top, right.shape[1] - 1), 1) & (top < right.shape[1])
    hits &= np.isfinite(np.take_along_axis(scores, top, 1))
    gain, count = 1 / np.log2(np.arange(2, DEPTH + 2)), right.sum(axis=1)
    ideal = np.cumsum(gain)[np.minimum(count, DEPTH) - 1]
    return (hits.sum(axis=1) / count).astype(np.float32), (hits @ gain[:few] / ideal).astype(np.float32)


def summary(model: str, reads: str, of: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Means over the seeds and Student's 95 % intervals."""
    row: dict[str, Any] = {"model": model, "reads": reads}
    for what in ("recall", "ndcg", "recall_all", "ndcg_all"):
        values = np.array([one[what] for one in of])
        half = float(stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
        row[what] = round(float(values.mean()), 4)
        row[f"{what}_ci95"] = [round(float(values.mean()) - half, 4), round(float(values.mean()) + half, 4)]
        row[f"{what}_seeds"] = [round(float(value), 4) for value in values]
    return {**row, "seconds": round(float(np.mean([one["seconds"] for one in of])), 1), "chosen": of[0]["chosen"]}


def cells(rows: Sequence[dict[str, Any]]) -> list[list[Any]]:
    """The rows as the page shows them."""
    return [
        [
            *(r["model"], r["reads"], r["recall"], r["ndcg"], "{} … {}".format(*r["ndcg_ci95"])),
            *(r["recall_all"], r["ndcg_all"], r["seconds"]),
        ]
        for r in rows
    ]


if __name__ == "__main__":
    main()
