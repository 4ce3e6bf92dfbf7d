"""The classical models on MovieLens-1M, leave-one-out, each beside an independent reference of the same run.

Last item of each person = test, the one before = validation: never fitted on, though in the history at test time. All
3,416 items are candidates, the history is excluded, ties count against the model. The references are the library
``implicit`` and a few lines of numpy each.

"same" compares like with like: one λ, one neighbourhood size, no fading of the history, the same events. A library's
own vectors of people know the training events only, so for them the model is given those too.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import linalg

from benchmarks._harness import data_file, peak_mib, sha256, table, write_result
from benchmarks._protocols import MOVIELENS_1M, SEED, evaluate, films, sequences
from segue.dataset import History
from segue.models.als import ALS, library_matrix
from segue.models.base import Model, TrainOptions
from segue.models.bpr import BPR
from segue.models.ease import EASE
from segue.models.item_knn import ItemKNN, ItemKNNConfig
from segue.models.popular import DAY, PopularAll, PopularRecent
from segue.models.user_knn import UserKNN
from segue.models.weighting import training_matrix, weight_matrix
from segue.threads import blas_threads


def main() -> None:
    """Train, compare, write."""
    path = data_file(MOVIELENS_1M)
    bench = Bench(path)
    models: list[Model] = [PopularAll(), PopularRecent(), ItemKNN(), UserKNN(), ALS(), BPR(), EASE()]
    rows: list[dict[str, Any]] = []
    seconds: dict[str, float] = {}
    cpu: dict[str, float] = {}
    for model in models:
        began, busy = time.perf_counter(), time.process_time()
        model.train(bench.train, TrainOptions(seed=SEED, validation=bench.validation))
        seconds[model.name] = round(time.perf_counter() - began, 2)
        cpu[model.name] = round(time.process_time() - busy, 2)
        chosen = {k: v for k in ("history_decay", "regularization", "half_life_days") if (v := getattr(model, k, None))}
        rows.append({"model": model.name, "setting": "default", **bench.hits(model.score_many), "chosen": chosen})
        print(rows[-1], seconds[model.name], cpu[model.name], flush=True)
    peak = peak_mib()
    for name, ours, reference, note in pairs(bench, {m.name: m for m in models}):
        mine, theirs = bench.hits(ours), bench.hits(reference)
        difference = {f"relative_{k}": round(mine[k] / theirs[k] - 1, 4) for k in ("hit@10", "ndcg@10")}
        rows.append({"model": name, "setting": "same", **mine, "reference": theirs, "against": note, **difference})
        print(rows[-1], flush=True)
    figures = {
        "data": {"file": path.name, "sha256": sha256(path), "people": bench.train.n_users, "items": bench.n_items},
        "training_s": seconds,
        "training_total_s": round(sum(seconds.values()), 2),
        "training_cpu_s": cpu,
        "load_average": round(os.getloadavg()[0], 1),
        "peak_mib": peak,
        "rows": rows,
        "tables": [
            table(
                "As served: settings chosen on validation",
                ["model", "HR@10", "NDCG@10", "95 % interval of NDCG@10", "chosen", "training, s"],
                [
                    [r["model"], r["hit@10"], r["ndcg@10"], "{} … {}".format(*r["ci95"]), _words(r["chosen"]), s]
                    for r, s in zip(rows, seconds.values(), strict=False)
                ],
            ),
            table(
                "Beside the references: the same settings, the same events",
                ["model", "HR@10", "NDCG@10", "reference HR@10", "reference NDCG@10", "difference NDCG", "reference"],
                [
                    [
                        *(r["model"], r["hit@10"], r["ndcg@10"], r["reference"]["hit@10"], r["reference"]["ndcg@10"]),
                        *(f"{r['relative_ndcg@10']:+.2%}", r["against"]),
                    ]
                    for r in rows[len(seconds) :]
                ],
            ),
        ],
        "notes": [
            f"Training of all models: {sum(seconds.values()):.0f} s ({sum(cpu.values()):.0f} s of processor time), "
            f"peak memory {peak:.0f} MiB."
        ],
    }
    print(write_result("classics_ml1m", figures))


class Bench:
    """The protocol, with people known by their place: for references that do not read a history."""

    def __init__(self, path: Path) -> None:
        self.protocol = sequences("ml1m", path, films)
        self.n_items = self.protocol.n_items
        self.train, self.validation = self.protocol.train, self.protocol.validation
        self.histories = self.protocol.histories
        self.trained_on = [self.train.history(user) for user in range(self.train.n_users)]
        self.test = self.protocol.split.test.items

    def hits(self, score_many: Callable[[Sequence[History]], Any]) -> dict[str, Any]:
        """HR@10 and NDCG@10 with a bootstrap interval of the latter."""
        figures = evaluate(self.protocol, score_many)
        return {name: figures[name] for name in ("hit@10", "ndcg@10", "ci95")}

    def by_person(self, scores_of: Callable[[slice], Any]) -> Callable[[Sequence[History]], Any]:
        """Scores of the people of a block by their place, for those who know the place and not the history."""
        place = {id(h): u for u, h in enumerate(self.histories)}
        return lambda block: scores_of(slice(place[id(block[0])], place[id(block[-1])] + 1))


def pairs(bench: Bench, models: dict[str, Any]) -> Any:
    """(name, our scores, reference scores, what the reference is), one after the other."""
    from implicit.cpu.als import AlternatingLeastSquares
    from implicit.cpu.bpr import BayesianPersonalizedRanking
    from implicit.nearest_neighbours import CosineRecommender

    train = training_matrix(bench.train)
    fitted = library_matrix(train)
    dense = train.toarray()
    n = bench.n_items
    plain = {name: _unfaded(model) for name, model in models.items()}

    def rows(histories: Sequence[History]) -> Any:
        return library_matrix(weight_matrix(histories, n))

    def trained_rows(model: Any) -> Any:
        return bench.by_person(lambda people: model.score_many(bench.trained_on[people]))

    count = dense.sum(axis=0)
    yield "popular_all", plain["popular_all"].score_many, lambda h: np.tile(count, (len(h), 1)), "numpy: counts"

    age = (np.arange(len(bench.train))[::-1]) / (len(bench.train) - 1) * 365 * DAY
    fading = np.bincount(bench.train.items, 0.5 ** (age / (models["popular_recent"].half_life_days * DAY)), n)
    yield "popular_recent", plain["popular_recent"].score_many, lambda h: np.tile(fading, (len(h), 1)), "numpy: decay"

    neighbors = models["item_knn"].config.neighbors
    ours = ItemKNN(ItemKNNConfig(shrinkage=0, history_decay=1.0))
    ours.train(bench.train, TrainOptions(seed=SEED))
    cosine = CosineRecommender(K=neighbors + 1, num_threads=2)  # the library counts the item itself as a neighbour
    cosine.fit(fitted, show_progress=False)
    yield "item_knn", ours.score_many, lambda h: (rows(h) @ cosine.similarity).toarray(), "implicit CosineRecommender"

    units = dense / np.linalg.norm(dense, axis=1, keepdims=True)

    def nearest_people(histories: Sequence[History]) -> Any:
        told = rows(histories).toarray()
        likeness = told @ units.T / np.linalg.norm(told, axis=1, keepdims=True)
        least = -np.sort(-likeness, axis=1)[:, [models["user_knn"].config.neighbors - 1]]
        return np.where(likeness >= least, likeness, 0) @ dense

    yield "user_knn", plain["user_knn"].score_many, nearest_people, "numpy: cosine, nearest 100"

    with blas_threads(1):
        config = models["als"].config
        als = AlternatingLeastSquares(
            config.factors, config.regularization, config.alpha, iterations=config.iterations, random_state=SEED
        )
        als.fit(fitted, show_progress=False)

        def recalculated(histories: Sequence[History]) -> Any:
            with blas_threads(1):
                return als.recalculate_user(np.arange(len(histories)), rows(histories)) @ als.item_factors.T

        yield "als", plain["als"].score_many, recalculated, "implicit ALS, people recalculated"
        own = bench.by_person(lambda people: als.user_factors[people] @ als.item_factors.T)
        yield "als, training events", trained_rows(plain["als"]), own, "implicit ALS, its own people"

        config = models["bpr"].config
        bpr = BayesianPersonalizedRanking(
            config.factors, config.learning_rate, config.regularization, iterations=config.iterations, num_threads=1
        )
        bpr.random_state = SEED
        bpr.fit(fitted, show_progress=False)
        fit = bench.by_person(lambda people: bpr.user_factors[people] @ bpr.item_factors.T)
        yield "bpr, training events", trained_rows(plain["bpr"]), fit, "implicit BPR, its own people"

    gram = dense.T.astype(np.float64) @ dense
    gram[np.diag_indices(n)] += models["ease"].regularization
    inverse = linalg.inv(gram)
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    yield "ease", plain["ease"].score_many, lambda h: rows(h) @ weights, "numpy: closed form, double precision"

    def faded(histories: Sequence[History]) -> Any:
        told = np.zeros((len(histories), n))
        for row, history in zip(told, histories, strict=True):
            row[history.items] = models["ease"].history_decay ** np.arange(len(history))[::-1]
        return told @ weights

    yield "ease, fading history", models["ease"].score_many, faded, "numpy: the same fed with decay^age"


def _unfaded(model: Any) -> Any:
    """The same trained model with a history that does not fade."""
    import copy

    plain = copy.copy(model)
    plain.history_decay = 1.0
    return plain


def _words(chosen: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in chosen.items())


if __name__ == "__main__":
    main()
