"""All models of the house and the peers on one protocol, each beside most-popular recent."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from benchmarks import _peers
from benchmarks._harness import table
from benchmarks._protocols import SEED, Protocol, lists, measure, values
from segue.arrays import Rows
from segue.errors import SegueError
from segue.evaluation.bootstrap import paired
from segue.models import TABLE
from segue.models.base import TrainOptions
from segue.models.threads import n_threads
from segue.training.batch import new_model

BASELINE = "popular_recent"
CHOSEN = ("history_decay", "regularization", "half_life_days")
"""What models settle on validation and tell by an attribute."""
PEERS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "LensKit item-kNN": ("baselines", {"model": "lenskit_item_knn", "feedback": "implicit", "max_nbrs": 100}),
    "LensKit EASE": ("baselines", {"model": "lenskit_ease", "regularization": 100.0}),
    "LensKit BPR": ("baselines", {"model": "lenskit_bpr", "preset": "bpr", "epochs": 50}),
    "implicit ALS": (
        "baselines",
        {"model": "implicit_als", "factors": 64, "regularization": 0.01, "alpha": 1.0, "iterations": 15},
    ),
}
"""Other libraries under settings that papers use; some defaults are made for ratings, not for what people did."""
SASREC: tuple[str, dict[str, Any]] = (
    "rectools_sasrec",
    {
        **{"width": 64, "depth": 2, "heads": 2, "dropout": 0.3, "loss": "softmax", "batch": 128},
        **{"learning_rate": 1e-3, "epochs": 100, "patience": 5, "device": "cpu"},
    },
)


def contest(protocol: Protocol, models: Iterable[str] = tuple(TABLE), peers: bool = True) -> dict[str, Any]:
    """Train and judge; returns the facts of the protocol, a row a contender, and the table for the page.

    Models of a content space that the set has no vectors of are left out.
    """
    names = [BASELINE, *(name for name in models if name != BASELINE)]
    made = [made for name in names if (made := _ours(protocol, name))]
    rows, baseline = [], values(protocol, made[0][1])["ndcg@10"]
    if peers:
        length = 200 if len(protocol.train) > 100 * protocol.train.n_users else 50
        script, settings = SASREC
        contenders = {**PEERS, "RecTools SASRec": (script, {**settings, "length": length})}
        made += [_theirs(protocol, name, *contenders[name]) for name in contenders]
    for row, listed in made:
        difference = paired(values(protocol, listed)["ndcg@10"], baseline, SEED)
        rows.append({**row, **measure(protocol, listed), "beyond_popular": [round(d, 4) for d in difference]})
        print(protocol.name, rows[-1], flush=True)
    return {**protocol.facts(), "threads": n_threads(0), "rows": rows, "table": _table(protocol, rows)}


def _ours(protocol: Protocol, name: str) -> tuple[dict[str, Any], Rows] | None:
    model = new_model(name, {})
    if model.space not in (None, *protocol.train.vectors):
        return None
    warnings: list[str] = []
    options = TrainOptions(seed=SEED, validation=protocol.validation, warn=warnings.append)
    began, busy = time.perf_counter(), time.process_time()
    try:
        model.train(protocol.train, options)
    except (SegueError, MemoryError) as error:
        print(f"{protocol.name}: {name} was not trained: {error}", flush=True)
        return None
    spent = {"train_s": time.perf_counter() - began, "train_cpu_s": time.process_time() - busy}
    began = time.perf_counter()
    listed = lists(protocol, model.score_many)
    spent["list_s"] = time.perf_counter() - began
    chosen = {what: value for what in CHOSEN if (value := getattr(model, what, None)) is not None}
    print(protocol.name, name, measure(protocol, listed), spent, flush=True)
    return {"model": name, **_rounded(spent), "chosen": chosen, "warnings": warnings}, listed


def _theirs(protocol: Protocol, name: str, script: str, settings: dict[str, Any]) -> tuple[dict[str, Any], Rows]:
    listed, said = _peers.lists(script, protocol, {**settings, "seed": SEED})
    spent = {what: value for line in said if "epoch" not in line for what, value in line.items()}
    return {"model": name, **_rounded(spent), "chosen": settings}, listed


def _rounded(seconds: Mapping[str, float]) -> dict[str, float]:
    return {what: round(value, 2) for what, value in seconds.items()}


def _table(protocol: Protocol, rows: list[dict[str, Any]]) -> dict[str, Any]:
    facts = protocol.facts()
    return table(
        f"{protocol.name}: {facts['asked']:,} people asked, {facts['candidates']:,} candidates, history "
        f"{facts['history']}, file {protocol.sha256}",
        ["model", "HR@10", "NDCG@10", "95 %", "NDCG@50", f"beyond {BASELINE}, 95 %", "training, s", "lists, s"],
        [
            [
                row["model"],
                *(row["hit@10"], row["ndcg@10"], "{} … {}".format(*row["ci95"]), row["ndcg@50"]),
                "{:+.4f} ({:+.4f} … {:+.4f})".format(*row["beyond_popular"]),
                *(row["train_s"], row["list_s"]),
            ]
            for row in sorted(rows, key=lambda row: -row["ndcg@10"])
        ],
    )


def figures(contests: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """What `_harness.write_result` keeps of several contests."""
    data = list(contests)
    return {"tables": [found.pop("table") for found in data], "data": data}
