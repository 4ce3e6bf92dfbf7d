"""Injected profiles that push an item: whether they are found, and what they move with and without defence.

Each kind of attack adds 3 % of profiles that all like one unpopular item (10 … 50 likes, drawn by a seed), and beside
it 4 % of the items (Burke et al., KDD 2006; Mehta & Nejdl, UMUAI 2009): *random* and *average* draw them at random and
rate them around the mean of all, or of the item; *bandwagon* adds the ten most popular items; *love/hate* hates them;
*average of popular* draws from the most popular fifth and rates around the item's mean. Published detectors reach an
AUC above .95 on the first three.

- ml_latest_small: 610 people and their real ratings; profiles copy its scale in half stars.
- ml1m: MovieLens-1M, leave-one-out. The copy at hand has the films of all 6,040 people and no ratings of most of them,
  so that people complete films, and so do injected profiles: a log in which no rating gives them away. Where *average*
  copies an item's mean rating, it here copies how often an item is met: fillers are drawn by popularity. *love/hate*
  dislikes its fillers.

Injected profiles have no times, so bursts cannot give them away either. The defence knows neither target nor share. The
share of people who have not met the item and find it among their first ten is given for real people only; *before*, the
same profiles are there and say nothing. Settings of the models are chosen once, before.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import rankdata

from benchmarks._harness import data_file, sha256, table, write_result
from benchmarks._protocols import MOVIELENS_1M, SEED, Protocol, imported, lists, load, values
from segue.arrays import Floats
from segue.dataset import Dataset, History
from segue.evaluation.bootstrap import ci95, paired
from segue.events import KIND_CODE, EventKind
from segue.models.als import ALS, ALSConfig
from segue.models.base import Model, TrainOptions
from segue.models.ease import EASE, EASEConfig
from segue.models.item_knn import ItemKNN, ItemKNNConfig
from segue.profiles.manipulation import SUSPECTED, suspicions
from segue.settings import RankingSettings

KINDS = ("random", "average", "bandwagon", "love/hate", "average of popular")
SHARES = (0.01, 0.03, 0.05)
SHARE = 0.03
FILLERS = 0.04
TARGETS = 10
"""Of each kind and share, for detection."""
MOVED = 5
"""Of them, for the hit rate, which takes a training of all models each."""
UNPOPULAR = (10, 50)
POPULAR = 10
"""Items that bandwagon profiles love."""
SMALL = "ml_latest_small/ratings.csv"


@dataclass(frozen=True)
class Attack:
    """Profiles put into a log."""

    kind: str
    target: int
    seed: int
    share: float = SHARE

    def into(self, data: Dataset) -> Dataset:
        """The log with the injected profiles as its last people."""
        rng = np.random.default_rng(self.seed)
        count = round(self.share * data.n_users)
        made = [self._profile(data, rng) for _ in range(count)]
        items = np.concatenate([i for i, _, _ in made]).astype(np.int32)
        sizes = [len(i) for i, _, _ in made]
        return replace(
            data,
            user_ids=(*data.user_ids, *(f"injected {n}" for n in range(count))),
            users=np.concatenate([data.users, np.repeat(np.arange(count) + data.n_users, sizes)]).astype(np.int32),
            items=np.concatenate([data.items, items]),
            kinds=np.concatenate([data.kinds, *(k for _, _, k in made)]).astype(np.uint8),
            weights=np.concatenate([data.weights, *(w for _, w, _ in made)]).astype(np.float32),
            timestamps=np.concatenate([data.timestamps, np.full(len(items), np.nan)]),
            seq=np.arange(len(data) + len(items), dtype=np.int64),
        )

    def _profile(self, data: Dataset, rng: np.random.Generator) -> tuple[Any, Any, Any]:
        """Items, weights and kinds of one profile, in random order."""
        met = np.bincount(data.items, minlength=data.n_items)
        popular = np.argsort(-met, kind="stable")
        rated = bool((data.kinds == KIND_CODE[EventKind.RATE]).any())
        chance = (met > 0).astype(np.float64)
        if self.kind == "average" and not rated:
            chance *= met
        if self.kind == "average of popular":
            chance[popular[np.count_nonzero(met) // 5 :]] = 0
        loved = popular[:POPULAR] if self.kind == "bandwagon" else popular[:0]
        chance[[self.target, *loved]] = 0
        fillers = rng.choice(len(met), int(FILLERS * np.count_nonzero(met)), replace=False, p=chance / chance.sum())
        if self.kind == "love/hate":
            weights = np.full(len(fillers), -1.0)
        elif rated:
            mean = np.bincount(data.items, data.weights, data.n_items) / np.maximum(met, 1)
            around = mean[fillers] if self.kind.startswith("average") else data.weights.mean()
            drawn = np.clip(rng.normal(around, data.weights.std(), len(fillers)), -1, 1)
            weights = np.round((drawn + 1) / 2 * 9) / 9 * 2 - 1  # half stars from 0.5 to 5
        else:
            weights = np.ones(len(fillers))
        items = np.concatenate([fillers, loved, [self.target]])
        weights = np.concatenate([weights, np.ones(len(loved) + 1)])
        disliked = KIND_CODE[EventKind.RATE if rated else EventKind.DISLIKE]
        kinds = np.where(weights > 0, KIND_CODE[EventKind.RATE if rated else EventKind.COMPLETE], disliked)
        order = rng.permutation(len(items))
        return items[order], weights[order], kinds[order]


def attacks(data: Dataset, kind: str, share: float, count: int) -> list[Attack]:
    """On unpopular items, drawn by the seed: the same for every kind and share."""
    likes = np.bincount(data.items[data.positive], minlength=data.n_items)
    unpopular = np.flatnonzero((likes >= UNPOPULAR[0]) & (likes <= UNPOPULAR[1]))
    drawn = np.random.default_rng(SEED).choice(unpopular, TARGETS, replace=False)
    return [Attack(kind, int(target), SEED + n, share) for n, target in enumerate(drawn[:count])]


def detection(name: str, data: Dataset) -> list[dict[str, Any]]:
    """How well injected profiles are told from people, for each kind and share."""
    rows = []
    for share in SHARES:
        for kind in KINDS:
            area, caught, wrong, seconds = [], [], [], []
            for attack in attacks(data, kind, share, TARGETS):
                log = attack.into(data)
                began = time.process_time()
                found = suspicions(log)
                seconds.append(time.process_time() - began)
                injected = np.arange(log.n_users) >= data.n_users
                area.append(_auc(found.score, injected))
                caught.append(float((found.suspicion[injected] >= SUSPECTED).mean()))
                wrong.append(int((found.suspicion[~injected] >= SUSPECTED).sum()))
            row = {
                **{"data": name, "kind": kind, "share": share, "people": data.n_users},
                **{"auc": round(float(np.mean(area)), 4), "ci95": [round(x, 4) for x in ci95(np.array(area), SEED)]},
                **{"auc_least": round(min(area), 4), "suspected": round(float(np.mean(caught)), 4)},
                **{"wrongly_mean": round(float(np.mean(wrong)), 2), "wrongly_most": max(wrong)},
                "cpu_s": round(float(np.mean(seconds)), 2),
            }
            rows.append(row)
            print(row, flush=True)
    return rows


def _auc(score: Floats, injected: Any) -> float:
    """Chance that an injected profile scores above a person; ties count half."""
    rank, n = rankdata(score), int(injected.sum())
    return float((rank[injected].sum() - n * (n + 1) / 2) / (n * (len(score) - n)))


class Models:
    """The default models and their blend on one protocol, with settings chosen once."""

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        options = TrainOptions(seed=SEED, validation=protocol.split.validation)
        chosen: list[Any] = [EASE(), ALS(), ItemKNN()]
        for model in chosen:
            model.train(protocol.train, options)
        ease, als, knn = chosen
        self._new = (
            lambda: EASE(EASEConfig(regularization=ease.regularization, history_decay=ease.history_decay)),
            lambda: ALS(ALSConfig(history_decay=als.history_decay)),
            lambda: ItemKNN(ItemKNNConfig(history_decay=knn.history_decay)),
        )
        self.weights = {m.name: RankingSettings().blend["home"][m.name] for m in chosen}

    def lists(self, train: Dataset) -> dict[str, Any]:
        """(people, 50) rows by model, after training on a log."""
        trained: list[Model] = [new() for new in self._new]
        for model in trained:
            model.train(train, TrainOptions(seed=SEED))
        found = {model.name: lists(self.protocol, model.score_many) for model in trained}

        def blend(histories: Sequence[History]) -> Floats:
            total = np.zeros((len(histories), self.protocol.n_items), np.float32)
            for model in trained:
                scores = model.score_many(histories)
                spread = np.nanstd(scores, axis=1, keepdims=True)
                total += self.weights[model.name] * (scores - np.nanmean(scores, axis=1, keepdims=True)) / spread
            return total

        return {**found, "blend": lists(self.protocol, blend)}


def movement(protocol: Protocol) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """How often pushed items are shown, and what the defence costs in peace."""
    models = Models(protocol)
    data, known = protocol.train, protocol.split.history
    any_attack = attacks(data, "random", SHARE, 1)[0].into(data)
    silent = any_attack.weighed((any_attack.users < data.n_users).astype(np.float32))
    before = models.lists(silent)
    people = protocol.split.test.users
    rates: dict[tuple[str, str], list[list[float]]] = {}
    for kind in KINDS:
        for attack in attacks(data, kind, SHARE, MOVED):
            log = attack.into(data)
            without = models.lists(log)
            defended = models.lists(log.weighed(suspicions(log).factors()[log.users]))
            new = ~np.isin(people, known.users[known.items == attack.target])
            for name in before:
                shown = (
                    float((x[name][new, :10] == attack.target).any(axis=1).mean()) for x in (before, without, defended)
                )
                first, second, third = shown
                rates.setdefault((kind, name), []).append((first, second, third))
        for name in before:
            print(kind, name, [tuple(round(x, 5) for x in r) for r in rates[kind, name]], flush=True)
    return [_moved(kind, name, np.array(found)) for (kind, name), found in rates.items()], _peace(models, before)


def _moved(kind: str, name: str, rates: Any) -> dict[str, Any]:
    """Means over the targets, and by how much they rise; intervals by drawing targets anew."""
    drawn = np.random.default_rng(SEED).integers(0, len(rates), (10_000, len(rates)))
    means = rates[drawn].mean(axis=1)
    row: dict[str, Any] = {"kind": kind, "model": name, "targets": rates.round(6).tolist()}
    for place, what in enumerate(("before", "without", "with")):
        row[what] = round(float(rates[:, place].mean()), 6)
        row[f"{what}_ci95"] = [round(float(x), 6) for x in np.percentile(means[:, place], [2.5, 97.5])]
    for place, what in ((1, "rise_without"), (2, "rise_with")):
        some = means[:, 0] > 0
        row[what] = round(float(rates[:, place].mean() / rates[:, 0].mean()), 3) if rates[:, 0].any() else None
        ratio = means[some, place] / means[some, 0]
        row[f"{what}_ci95"] = [round(float(x), 3) for x in np.percentile(ratio, [2.5, 97.5])] if some.any() else None
    return row


def _peace(models: Models, before: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the defence costs where nobody attacks."""
    protocol = models.protocol
    factors = suspicions(protocol.train).factors()
    suspected = int((factors < 1).sum())
    plain = models.lists(protocol.train)
    defended = models.lists(protocol.train.weighed(factors[protocol.train.users])) if suspected else plain
    rows = []
    for name in before:
        one, other = (values(protocol, x[name])["ndcg@10"] for x in (plain, defended))
        difference = [round(x, 5) for x in paired(other, one, SEED)]
        rows.append(
            {
                **{"model": name, "wrongly": suspected, "plain": round(float(one.mean()), 5)},
                **{"defended": round(float(other.mean()), 5), "difference": difference},
            }
        )
        print(rows[-1], flush=True)
    return rows


def main() -> None:
    """Find, move, write."""
    began = time.perf_counter()
    protocol = load("ml1m")
    small = imported("movielens", SMALL)
    peace = {"ml1m": protocol.train, "ml_latest_small": small}
    wrongly = {name: int((suspicions(data).suspicion >= SUSPECTED).sum()) for name, data in peace.items()}
    found = [*detection("ml_latest_small", small), *detection("ml1m", protocol.train)]
    moved, cost = movement(protocol)
    figures = {
        "data": {"ml1m": sha256(data_file(MOVIELENS_1M)), "ml_latest_small": sha256(data_file(SMALL))},
        **{"seed": SEED, "targets": TARGETS, "moved_targets": MOVED, "fillers": FILLERS},
        **{"seconds": round(time.perf_counter() - began), "wrongly_in_peace": wrongly},
        **{"detection": found, "movement": moved, "peace": cost},
        "tables": [
            table(
                f"Detection, {TARGETS} targets each",
                ["data", "kind", "injected", "AUC", "95 %", "suspected of them", "people wrongly suspected", "CPU s"],
                [
                    [
                        *(r["data"], r["kind"], f"{r['share']:.0%}", r["auc"], "{} … {}".format(*r["ci95"])),
                        f"{r['suspected']:.1%}",
                        f"{r['wrongly_mean']:g} of {r['people']:,} (at most {r['wrongly_most']})",
                        r["cpu_s"],
                    ]
                    for r in found
                ],
            ),
            table(
                f"MovieLens-1M: people with the pushed item in their first ten, {SHARE:.0%} injected, {MOVED} targets",
                ["kind", "model", "before", "no defence", "rise", "with defence", "rise", "95 %"],
                [
                    [
                        *(
                            r["kind"],
                            r["model"],
                            f"{r['before']:.3%}",
                            f"{r['without']:.3%}",
                            _times(r["rise_without"]),
                        ),
                        *(f"{r['with']:.3%}", _times(r["rise_with"]), _between(r["rise_with_ci95"])),
                    ]
                    for r in moved
                ],
            ),
            table(
                "MovieLens-1M: what the defence costs where nobody attacks",
                ["model", "NDCG@10 without", "NDCG@10 with", "difference, 95 %", "people wrongly suspected"],
                [
                    [
                        *(r["model"], r["plain"], r["defended"]),
                        "{:+.5f} ({:+.5f} … {:+.5f})".format(*r["difference"]),
                        r["wrongly"],
                    ]
                    for r in cost
                ],
            ),
        ],
        "notes": [
            "Where nobody attacks, "
            + " and ".join(f"{n} people of {name}" for name, n in wrongly.items())
            + " are suspected.",
            "Goals: AUC of at least 0.95 on random, average and bandwagon; a rise of at most 1.2 × with defence.",
        ],
    }
    print(write_result("shilling", figures))


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f} ×"


def _between(bounds: list[float] | None) -> str:
    return "" if bounds is None else "{:.2f} … {:.2f}".format(*bounds)


if __name__ == "__main__":
    main()
