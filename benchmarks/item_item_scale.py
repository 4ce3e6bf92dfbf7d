"""Item-to-item models on a catalogue too large for a square matrix: 90,000 items, 3,000,000 interactions, long tails.

The data are drawn, but their structure is meant to be learnt: each item belongs to one of 1,500 scenes, each person
likes a few scenes with a favourite among them, and one event in five is whatever is popular. Within a scene, and for
the scenes themselves, popularity falls off by Zipf's law; how much people do is log-normal. The last item of some
people is asked for, that of others is for validation; neither is ever fitted on. All items compete.

Goal: 2 minutes on two cores and 8 GiB, settings chosen on validation included. Each model has a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

import numpy as np

from benchmarks._harness import peak_mib, table, write_result
from segue.catalogue import Catalogue
from segue.dataset import Dataset, Holdout
from segue.events import KIND_CODE, EventKind
from segue.items import Item, ItemKind
from segue.models import TABLE
from segue.models.base import TrainOptions

ITEMS, PEOPLE = 90_000, 150_000
DRAWN = 3_600_000
"""Events before those that repeat a person's item are left out: 3,000,000 remain."""
SCENES, SCENES_EACH = 1_500, 5
POPULAR_SHARE = 0.2
ASKED = 2_000
SEED = 7
MODELS = ("popular_all", "item_knn", "ease")
GOAL_S, GOAL_GIB = 120.0, 8.0
_BLOCK = 250


def main(names: tuple[str, ...] = MODELS) -> None:
    """Train each model in a process of its own, and write what they say."""
    rows = []
    for name in names:
        command = [sys.executable, "-m", "benchmarks.item_item_scale", name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"benchmark: {name} failed: {done.stderr[-2000:]}")
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        print(rows[-1], flush=True)
    columns = ["hit@10", "ndcg@10", "training_s", "training_cpu_s", "peak_gib", "weights"]
    figures = {
        "data": {"items": ITEMS, "people": PEOPLE, "interactions": rows[0]["interactions"], "seed": SEED},
        "asked": ASKED,
        "rows": rows,
        "goal": {"training_s": GOAL_S, "peak_gib": GOAL_GIB},
        "tables": [
            table(
                f"{ITEMS:,} items, {rows[0]['interactions']:,} interactions",
                ["model", "HR@10", "NDCG@10", "training, s", "processor time, s", "peak, GiB", "weights", "chosen"],
                [[r["model"], *(r[c] for c in columns), r["chosen"]] for r in rows],
            )
        ],
        "notes": [
            f"Goal: {GOAL_S:.0f} s on two cores, {GOAL_GIB:.0f} GiB. Peak memory is that of the whole process, data "
            "included. "
            f"Load average of the machine during the runs: {', '.join(str(r['load_average']) for r in rows)}."
        ],
    }
    print(write_result("item_item_scale", figures))


def one(name: str) -> dict[str, Any]:
    """Train one model and ask it."""
    dataset, validation, test = synthetic()
    data_gib = peak_mib() / 1024
    kind = TABLE.load(name)
    model = kind()
    threads = int(os.environ.get("OMP_NUM_THREADS", "0"))
    began, busy = time.perf_counter(), time.process_time()
    model.train(dataset, TrainOptions(seed=SEED, threads=threads, validation=validation))
    seconds, cpu = time.perf_counter() - began, time.process_time() - busy
    peak = peak_mib() / 1024
    gains = []
    for start in range(0, len(test), _BLOCK):
        people = range(start, min(start + _BLOCK, len(test)))
        histories = [dataset.history(int(test.users[j])) for j in people]
        scores = np.nan_to_num(model.score_many(histories), nan=-np.inf)
        for row, history, j in zip(scores, histories, people, strict=True):
            row[history.items] = -np.inf
            own = row[test.answers(j)[0]]
            rank = int((row >= own).sum())
            gains.append(1 / np.log2(rank + 1) if np.isfinite(own) and rank <= 10 else 0.0)
    weights = getattr(model, "_weights", None)
    chosen = {k: v for k in ("history_decay", "regularization", "method") if (v := getattr(model, k, None)) is not None}
    return {
        "model": name,
        "interactions": len(dataset),
        "hit@10": round(float(np.mean(np.array(gains) > 0)), 4),
        "ndcg@10": round(float(np.mean(gains)), 4),
        "training_s": round(seconds, 1),
        "training_cpu_s": round(cpu, 1),
        "data_gib": round(data_gib, 2),
        "peak_gib": round(peak, 2),
        "weights": int(getattr(weights, "nnz", 0)),
        "chosen": ", ".join(f"{k} {v}" for k, v in chosen.items()),
        "threads": threads,
        "load_average": round(os.getloadavg()[0], 1),
    }


def synthetic() -> tuple[Dataset, Holdout, Holdout]:
    """The log without the answers, answers for validation, answers of the test."""
    rng = np.random.default_rng(SEED)
    # Scenes of very different sizes; items of one scene lie side by side, the more popular first.
    size = _zipf(SCENES, 0.6)
    bounds = np.round(np.concatenate([[0.0], np.cumsum(size)]) * ITEMS).astype(np.int64)
    share = rng.lognormal(sigma=1.1, size=PEOPLE)
    counts = np.minimum(4 + share / share.mean() * (DRAWN / PEOPLE - 4), 1000).astype(np.int64)
    users = np.repeat(np.arange(PEOPLE, dtype=np.int32), counts)
    n = len(users)
    liked = np.searchsorted(np.cumsum(size), rng.random((PEOPLE, SCENES_EACH)) * 0.999999)
    taste = np.searchsorted(np.cumsum(_zipf(SCENES_EACH, 1.0)), rng.random(n) * 0.999999)
    scene = np.where(
        rng.random(n) < POPULAR_SHARE,
        np.searchsorted(np.cumsum(size), rng.random(n) * 0.999999),
        liked[users, taste],
    )
    width = np.diff(bounds)[scene]
    # Inverse transform of p(place) ∝ 1/place, continuous: place = width^u.
    place = np.minimum(np.floor(np.power(width + 1.0, rng.random(n))).astype(np.int64), width) - 1
    items = rng.permutation(ITEMS)[bounds[scene] + np.maximum(place, 0)].astype(np.int32)
    # Nobody meets an item twice; what was drawn first stays.
    _, first = np.unique(users * np.int64(ITEMS) + items, return_index=True)
    first.sort()
    users, items = users[first], items[first]
    last = np.flatnonzero(np.diff(users, append=-1))
    asked = rng.choice(last, ASKED + 1_000, replace=False)
    keep = np.ones(len(users), bool)
    keep[asked] = False
    answers = [{int(users[e]): [int(items[e])] for e in part} for part in (asked[ASKED:], asked[:ASKED])]
    users, items = users[keep], items[keep]
    dataset = Dataset(
        catalogue=Catalogue.build(Item(id=f"i{row}", kind=ItemKind.TRACK) for row in range(ITEMS)),
        user_ids=tuple(map(str, range(PEOPLE))),
        users=users,
        items=items,
        kinds=np.full(len(users), KIND_CODE[EventKind.COMPLETE], np.uint8),
        timestamps=np.full(len(users), np.nan),
        weights=np.ones(len(users), np.float32),
        seq=np.arange(len(users)),
    )
    return dataset, Holdout.of(answers[0]), Holdout.of(answers[1])


def _zipf(n: int, exponent: float) -> np.ndarray:
    share = 1 / np.arange(1, n + 1) ** exponent
    return np.asarray(share / share.sum())


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(one(sys.argv[1])))
    else:
        main()
