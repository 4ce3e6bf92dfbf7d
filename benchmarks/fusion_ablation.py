"""Words, pictures and behaviour, each alone, in pairs and all: what they say of a film's genre and of who will like it.

The 607 films of ``movie_posters`` that MovieLens-1M has too. Words are title and plot (no genres, no names); pictures
are the posters, by the encoder that needs no weights; behaviour is the item's vector from an SVD of MovieLens-1M. Five
folds by a seed; intervals are Student's over the folds.

- Genres: multi-label, ridge regression on the spaces side by side, its strength chosen on the training folds; macro
  average precision over the genres of 20 films and more, beside the mean share of films (chance). Behaviour reads
  nothing but who met what; that it tells genres almost surely is a trait of this log, whose people met films in lists.
- Cold films: those of a fold are taken for new; everybody who met one gets them ranked by an embedding that the content
  foretells: Recall@20 and NDCG@20. Behaviour is what is foretold there, so it is no input. Compared: ridge regression
  from the weighted mean (`fuse.mix`), from the spaces side by side (`fuse.concatenated`), gates (`gates`) with and
  without the dropping of modalities, and the kernel of ``content_cf``. Rows "picture missing" are asked with the
  pictures of the cold films taken away.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
from scipy import sparse, stats
from sklearn.linear_model import RidgeCV
from sklearn.metrics import average_precision_score
from sklearn.utils.extmath import randomized_svd

from benchmarks._harness import data_file, sha256, table, write_result
from benchmarks._protocols import MOVIELENS_1M, sequence_log
from benchmarks.alignment import FOLDS, SEED, by_seed, media, poster_films
from benchmarks.cold_items import gains
from benchmarks.text_recommender import described_films, read
from segue.arrays import Floats, Mask
from segue.catalogue import Catalogue
from segue.dataset import Dataset
from segue.items import Item, ItemKind
from segue.models.base import TrainOptions
from segue.models.content_cf import ContentCF, ContentCFConfig
from segue.models.ease import EASEConfig, fit_weights
from segue.models.weighting import training_matrix
from segue.understanding.encoders.picture import PictureEncoder
from segue.understanding.fuse import concatenated, serving_projection
from segue.understanding.gates import learn_gates

STRENGTHS = (0.1, 1.0, 10.0, 100.0)
FACTORS = 64
FEWEST = 20


def main() -> None:
    """Both tables."""
    films = poster_films()
    plots = _plots()
    bare = [Item(id=f.id, kind=ItemKind.MOVIE, title=f.title, description=plots.get(f.id)) for f, _ in films]
    folder = data_file("movie_posters/posters.csv").parent
    log = _only(sequence_log(MOVIELENS_1M, described_films), bare)
    vectors = {"text": read(bare), "picture": media([file for _, file in films], folder, PictureEncoder)}
    folds = by_seed(len(films))
    genres = _genres([film for film, _ in films])
    by_genre = genre_rows({**vectors, "behaviour": _behaviour(log)}, genres, folds)
    cold = cold_rows(log, vectors, folds)
    figures = {
        "sha256": {"posters": sha256(folder / "posters.csv"), "sequences": sha256(data_file(MOVIELENS_1M))},
        "genres": by_genre,
        "cold": cold,
        "tables": [
            table(
                f"Genres of {len(films)} films",
                ["reads", "macro average precision", "95 % interval"],
                [[r["reads"], r["map"], "{} … {}".format(*r["map_ci95"])] for r in by_genre],
            ),
            table(
                "Cold films: who will like them",
                ["reads", "fusion", "Recall@20", "NDCG@20", "95 % interval"],
                [[r["reads"], r["way"], r["recall"], r["ndcg"], "{} … {}".format(*r["ndcg_ci95"])] for r in cold],
            ),
        ],
    }
    print(write_result("fusion_ablation", figures))


def genre_rows(vectors: Mapping[str, Floats], genres: Mask, folds: Any) -> list[dict[str, Any]]:
    """Every set of modalities."""
    rows = [_summary({"reads": "chance"}, {"map": [float(genres[folds == f].mean()) for f in range(FOLDS)]})]
    for some in _sets(vectors):
        inputs = concatenated({space: _scaled(vectors[space]) for space in some})
        found = []
        for fold in range(FOLDS):
            told = folds != fold
            foretold = RidgeCV(STRENGTHS).fit(inputs[told], genres[told]).predict(inputs[~told])
            asked = [g for g in range(genres.shape[1]) if genres[~told, g].any()]
            found.append(float(np.mean([average_precision_score(genres[~told, g], foretold[:, g]) for g in asked])))
        rows.append(_summary({"reads": " + ".join(some)}, {"map": found}))
    return rows


def cold_rows(log: Dataset, vectors: Mapping[str, Floats], folds: Any) -> list[dict[str, Any]]:
    """Every set of modalities and every way to fuse them."""
    matrix = training_matrix(log)
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for fold in range(FOLDS):
        cold = folds == fold
        told = matrix[:, ~cold]
        met = matrix[:, cold]
        people = np.flatnonzero((np.diff(told.indptr) > 0) & (np.diff(met.indptr) > 0))
        right = met[people].toarray() > 0
        after = told @ fit_weights(told, (500.0,), EASEConfig(), lambda _: None)[0]
        targets = np.full((len(cold), FACTORS), np.nan, np.float32)
        targets[~cold] = randomized_svd(after, FACTORS, random_state=SEED)[2].T
        persons = after[people] @ targets[~cold]
        rng = np.random.default_rng(SEED)
        foretold: dict[tuple[str, str], Floats] = {("nothing", "random order"): rng.random((len(people), cold.sum()))}
        for some in _sets(vectors):
            here = {space: vectors[space] for space in some}
            foretold |= {
                (" + ".join(some), way): persons @ embedding[cold].T
                for way, embedding in _ways(here, targets, ~cold).items()
            }
            foretold[" + ".join(some), "kernel of content_cf"] = _kernel(log, here, people, cold)
        for key, scores in foretold.items():
            recall, ndcg = gains(scores, right)
            found.setdefault(key, []).append((float(recall.mean()), float(ndcg.mean())))
    return [
        _summary({"reads": reads, "way": way}, {"recall": [r for r, _ in of], "ndcg": [n for _, n in of]})
        for (reads, way), of in found.items()
    ]


def _ways(vectors: Mapping[str, Floats], targets: Floats, told: Mask) -> dict[str, Floats]:
    """Fusion → (n, factors) what it foretells."""
    warm = {space: np.where(told[:, None], rows, np.nan).astype(np.float32) for space, rows in vectors.items()}
    mixed = serving_projection(warm, 0.6, 4096).apply(vectors)
    side = concatenated({space: _scaled(rows) for space, rows in vectors.items()})
    made = {
        name: RidgeCV(STRENGTHS).fit(rows[told], targets[told]).predict(rows).astype(np.float32)
        for name, rows in (("weighted mean", np.nan_to_num(mixed)), ("side by side", side))
    }
    for name, dropped in (("gates", 0.3), ("gates, nothing dropped", 0.0)):
        if name != "gates" and len(vectors) == 1:
            continue
        fusion = learn_gates(vectors, targets, SEED, dropped)
        assert fusion is not None
        made[name] = fusion.apply(vectors)
        if len(vectors) > 1:
            made[f"{name}; picture missing"] = fusion.apply({"text": vectors["text"]})
    return made


def _kernel(log: Dataset, vectors: Mapping[str, Floats], people: Any, cold: Mask) -> Floats:
    """Scores of ``content_cf`` that reads these vectors and nothing else."""
    catalogue = Catalogue.build(Item(id=item, kind=ItemKind.MOVIE) for item in log.catalogue.ids)
    warm = log.only(~cold[log.items])
    model = ContentCF(ContentCFConfig(history_decay=1.0, titles=False, weights={}, regularization=500.0))
    model.train(replace(warm, catalogue=catalogue, vectors=vectors), TrainOptions(seed=SEED))
    return model.score_many([warm.history(user) for user in people.tolist()])[:, cold]


def _sets(vectors: Mapping[str, Floats]) -> list[tuple[str, ...]]:
    names = sorted(vectors)
    return [some for size in range(1, len(names) + 1) for some in combinations(names, size)]


def _scaled(rows: Floats) -> Floats:
    """Centred, so that each space is as loud as another."""
    known = np.isfinite(rows).all(axis=1)
    centred = rows - rows[known].mean(axis=0)
    return np.asarray(centred / np.linalg.norm(centred[known], axis=1).mean(), dtype=np.float32)


def _summary(row: Mapping[str, Any], values: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    made = dict(row)
    for name, each in values.items():
        mean, half = np.mean(each), stats.t.ppf(0.975, len(each) - 1) * np.std(each, ddof=1) / np.sqrt(len(each))
        made[name] = round(float(mean), 4)
        made[f"{name}_ci95"] = [round(float(mean - half), 4), round(float(mean + half), 4)]
    print(made, flush=True)
    return made


def _only(log: Dataset, items: Sequence[Item]) -> Dataset:
    """The log of these items alone, in their order."""
    catalogue = Catalogue.build(items)
    rows = catalogue.rows(log.catalogue.ids)
    few = log.only(rows[log.items] >= 0)
    return replace(few, catalogue=catalogue, items=rows[few.items])


def _plots() -> dict[str, str]:
    with gzip.open(data_file("movielens_1m/omdb_metadata.jsonl.gz"), "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    return {str(r["movie_id"]): r["Plot"] for r in records if r.get("Plot") not in (None, "N/A")}


def _behaviour(log: Dataset) -> Floats:
    matrix = sparse.csr_matrix(training_matrix(log))
    _, sizes, rows = randomized_svd(matrix, FACTORS, random_state=SEED)
    vectors = rows.T * np.sqrt(sizes)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def _genres(films: Sequence[Item]) -> Mask:
    """(films, genres of `FEWEST` films and more)."""
    names = sorted({genre for film in films for genre in film.genres})
    every = np.array([[genre in film.genres for genre in names] for film in films])
    return every[:, every.sum(axis=0) >= FEWEST]


if __name__ == "__main__":
    main()
