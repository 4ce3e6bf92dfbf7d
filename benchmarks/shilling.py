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
share of people who have not met the item and find it in their list is given for real people only; *before*, the
same profiles are there and say nothing. Settings of the models are chosen once, before.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import rankdata

from benchmarks._harness import data_file, sha256, table, write_result
from benchmarks._protocols import DEPTHS, MOVIELENS_1M, SEED, Protocol, imported, lists, load, values
from segue.arrays import Floats
from segue.dataset import Dataset, Holdout
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
MOVED = 3
"""Of them, for the hit rate, which takes a training of all models each."""
ASKED = 3000
"""Real people who are asked for the hit rate."""
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
        histories = self.protocol.histories
        place = {id(history): n for n, history in enumerate(histories)}
        blend = np.zeros((len(histories), self.protocol.n_items), np.float32)
        scores = {}
        for new in self._new:
            model: Model = new()
            model.train(train, TrainOptions(seed=SEED))
            own = scores[model.name] = model.score_many(histories)
            standard = (own - np.nanmean(own, axis=1, keepdims=True)) / np.nanstd(own, axis=1, keepdims=True)
            blend += np.float32(self.weights[model.name]) * standard

        def listed(table: Floats) -> Any:
            return lists(self.protocol, lambda some: table[[place[id(history)] for history in some]])

        return {name: listed(table) for name, table in {**scores, "blend": blend}.items()}


def asked(protocol: Protocol) -> Protocol:
    """The protocol with `ASKED` of its people, drawn by the seed."""
    test = protocol.split.test
    people = np.sort(np.random.default_rng(SEED).choice(len(test), ASKED, replace=False))
    few = Holdout.of({int(test.users[j]): test.answers(j) for j in people.tolist()})
    return replace(protocol, split=replace(protocol.split, test=few))


def movement(models: Models, before: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """How often pushed items are shown, with and without defence, by model."""
    protocol = models.protocol
    data, known, people = protocol.train, protocol.split.history, protocol.split.test.users
    rates: dict[str, list[list[list[float]]]] = {}
    for attack in attacks(data, kind, SHARE, MOVED):
        log = attack.into(data)
        without = models.lists(log)
        weighed = log.weighed(suspicions(log).factors()[log.users])
        # Where the defence has undone the attack to the last event, training it again would give the same.
        undone = np.array_equal(weighed.weights, silenced(log, data).weights)
        defended = before if undone else models.lists(weighed)
        new = ~np.isin(people, known.users[known.items == attack.target])
        for name in before:
            ways = (before[name], without[name], defended[name])
            shown = [[float((w[new, :k] == attack.target).any(axis=1).mean()) for k in DEPTHS] for w in ways]
            rates.setdefault(name, []).append(shown)
        print(kind, attack.target, undone, {n: r[-1] for n, r in rates.items()}, flush=True)
    return [_moved(kind, name, np.array(found)) for name, found in rates.items()]


def silenced(log: Dataset, data: Dataset) -> Dataset:
    """The log with the injected profiles there and saying nothing."""
    return log.weighed((log.users < data.n_users).astype(np.float32))


def _moved(kind: str, name: str, rates: Any) -> dict[str, Any]:
    """Means over the targets, and by how much they rise; intervals by drawing targets anew.

    Args:
        rates: (targets, before without with, depths).
    """
    drawn = np.random.default_rng(SEED).integers(0, len(rates), (10_000, len(rates)))
    row: dict[str, Any] = {"kind": kind, "model": name, "targets": rates.round(6).tolist()}
    for depth, k in enumerate(DEPTHS):
        mean, means = rates[:, :, depth].mean(axis=0), rates[drawn][:, :, :, depth].mean(axis=1)
        row[f"hit@{k}"] = [round(float(x), 6) for x in mean]
        some = means[:, 0] > 0
        for place, what in ((1, "without"), (2, "with")):
            row[f"rise_{what}@{k}"] = round(float(mean[place] / mean[0]), 3) if mean[0] else None
            bounds = np.percentile(means[some, place] / means[some, 0], [2.5, 97.5]) if some.any() else []
            row[f"rise_{what}@{k}_ci95"] = [round(float(x), 3) for x in bounds]
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
    """Find, move, write; the result is written anew after every kind of attack."""
    began = time.perf_counter()
    protocol = load("ml1m")
    small = imported("movielens", SMALL)
    peace = {"ml1m": protocol.train, "ml_latest_small": small}
    wrongly = {name: int((suspicions(data).suspicion >= SUSPECTED).sum()) for name, data in peace.items()}
    moved_and_written([*detection("ml_latest_small", small), *detection("ml1m", protocol.train)], wrongly, began)


def moved_and_written(found: list[dict[str, Any]], wrongly: Mapping[str, int], began: float) -> None:
    """The second half of `main`."""
    models = Models(asked(load("ml1m")))
    data = models.protocol.train
    before = models.lists(silenced(attacks(data, "random", SHARE, 1)[0].into(data), data))
    cost, moved = _peace(models, before), []
    for kind in KINDS:
        moved += movement(models, before, kind)
        print(write_result("shilling", _figures(found, moved, cost, wrongly, began)), flush=True)


def _figures(
    found: list[dict[str, Any]],
    moved: list[dict[str, Any]],
    cost: list[dict[str, Any]],
    wrongly: Mapping[str, int],
    began: float,
) -> dict[str, Any]:
    return {
        "data": {"ml1m": sha256(data_file(MOVIELENS_1M)), "ml_latest_small": sha256(data_file(SMALL))},
        **{"seed": SEED, "targets": TARGETS, "moved_targets": MOVED, "asked": ASKED, "fillers": FILLERS},
        **{"seconds": round(time.perf_counter() - began), "wrongly_in_peace": dict(wrongly)},
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
            *[
                table(
                    f"MovieLens-1M: people with the pushed item in their first {k}, {SHARE:.0%} injected, {MOVED} "
                    f"targets, {ASKED:,} people asked",
                    ["kind", "model", "before", "no defence", "rise", "with defence", "rise", "95 %"],
                    [
                        [
                            *(r["kind"], r["model"]),
                            *(f"{r[f'hit@{k}'][0]:.3%}", f"{r[f'hit@{k}'][1]:.3%}", _times(r[f"rise_without@{k}"])),
                            *(f"{r[f'hit@{k}'][2]:.3%}", _times(r[f"rise_with@{k}"])),
                            _between(r[f"rise_with@{k}_ci95"]),
                        ]
                        for r in moved
                    ],
                )
                for k in DEPTHS
            ],
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
            "Goals: AUC of at least 0.95 on random, average and bandwagon; a rise of at most 1.2 × with defence. A "
            "rise is empty where nobody was shown the item before.",
        ],
    }


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f} ×"


def _between(bounds: list[float]) -> str:
    return "{:.2f} … {:.2f}".format(*bounds) if bounds else ""


if __name__ == "__main__":
    main()
