"""SASRec here and in RecTools: the same quality at equal settings, and the time that either takes to get there.

Strict leave-one-out, every item a candidate. Agreement: width, depth, heads, length, dropout, loss, learning rate and
people in a batch are the same, the best epoch on validation is kept, three seeds each. Race: the same width, depth and
length, everything else as either library would have it; the goal is the best validation NDCG@10 that RecTools reached,
and the time is that of training until an epoch passes it, validation left out. Every training has one core and one
thread; both cores of the machine are at work.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from benchmarks import _peers
from benchmarks._harness import table, write_result
from benchmarks._jobs import each_on_a_core
from benchmarks._protocols import Protocol, evaluate, few_asked, load, measure
from segue.models.base import TrainOptions
from segue.models.sequential import Sequential, SequentialConfig

SEEDS = (1, 2, 3)
SHAPES: dict[str, dict[str, Any]] = {
    "lastfm": {"width": 64, "depth": 2, "heads": 2, "length": 50, "dropout": 0.3, "epochs": 50, "patience": 8},
    "ml1m": {"width": 64, "depth": 2, "heads": 2, "length": 50, "dropout": 0.2, "epochs": 25, "patience": 5},
}
AGREES_ON = "lastfm"
BATCH = 128
LEARNING_RATE = 1e-3
ASKED = 5000
"""People on validation at most."""


SIDES = ("ours", "rectools")


class Run(NamedTuple):
    """One training."""

    side: str
    way: str
    """``equal`` or ``race``."""
    data: str
    seed: int


RUNS = (
    *(Run(side, "race", data, SEEDS[0]) for data in reversed(SHAPES) for side in SIDES),
    *(Run(side, "equal", AGREES_ON, seed) for seed in SEEDS for side in SIDES),
)


def main() -> None:
    """Agree, race, write."""
    _peers.python()  # before several trainings at once would set it up
    found = dict(zip(RUNS, each_on_a_core(_do, RUNS), strict=True))
    agreement: list[dict[str, Any]] = [
        {"data": AGREES_ON, "seed": seed, **{side: found[Run(side, "equal", AGREES_ON, seed)][0] for side in SIDES}}
        for seed in SEEDS
    ]
    races = [_race(load(data), *(found[Run(side, "race", data, SEEDS[0])][1] for side in SIDES)) for data in SHAPES]
    figures = {
        "threads": 1,
        "agreement": agreement,
        "races": races,
        "tables": [_agreed(agreement), _raced(races)],
        "notes": [_verdict(agreement)],
    }
    print(write_result("sasrec_race", figures))


Found = tuple[dict[str, Any], list[dict[str, Any]]]
"""Figures on the test, and the epochs."""


def _do(run: Run) -> Found:
    protocol = few_asked(load(run.data), ASKED) if run.way == "race" else load(run.data)
    if run.side == "rectools":
        found = theirs(protocol, run.seed)
    else:
        found = ours(protocol, run.seed, **(_equal(protocol) if run.way == "equal" else {}))
    print(run, {name: found[0][name] for name in ("hit@10", "ndcg@10", "ci95")}, found[1][-1], flush=True)
    return found


def theirs(protocol: Protocol, seed: int) -> Found:
    """Figures of RecTools' SASRec, and its epochs."""
    settings = {
        **SHAPES[protocol.name],
        **{"loss": "softmax", "batch": BATCH, "learning_rate": LEARNING_RATE, "seed": seed, "device": "cpu"},
    }
    lists, said = _peers.lists("rectools_sasrec", protocol, settings, threads=1)
    return measure(protocol, lists), [line for line in said if "epoch" in line]


def ours(protocol: Protocol, seed: int, **settings: Any) -> Found:
    """Figures of ours, and its epochs with the seconds of training so far."""
    shape = SHAPES[protocol.name]
    stated = {
        "embedding_dim": shape["width"],
        "layers": shape["depth"],
        "heads": shape["heads"],
        "max_length": shape["length"],
        "dropout": shape["dropout"],
        "epochs": shape["epochs"],
        "patience": shape["patience"],
        "learning_rate": LEARNING_RATE,
    }
    model = Sequential(SequentialConfig(**{**stated, **settings}))
    began, asked = time.perf_counter(), [0.0]
    asking = model.score_many

    def timed(histories: Any) -> Any:
        started = time.perf_counter()
        scores = asking(histories)
        asked[0] += time.perf_counter() - started
        return scores

    model.score_many = timed  # type: ignore[method-assign]
    epochs: list[dict[str, Any]] = []

    def report(what: str, _share: float) -> None:
        if what.startswith("epoch"):
            epochs.append({"epoch": len(epochs) + 1, "train_s": time.perf_counter() - began - asked[0]})

    model.train(protocol.train, TrainOptions(seed=seed, validation=protocol.validation, progress=report))
    for epoch, value in zip(epochs, model.curve, strict=True):
        epoch["ndcg@10"] = value
    return evaluate(protocol, asking), epochs


def _equal(protocol: Protocol) -> dict[str, Any]:
    """What of ours is otherwise than theirs, made equal."""
    lengths = np.minimum(np.diff(protocol.train.offsets), SHAPES[protocol.name]["length"] + 1)
    return {
        **{"block": "attention", "positions": "absolute", "precision": "float32", "warmup": 0, "averaging": 0.0},
        "loss": "cross_entropy",
        "batch_size": round(BATCH * float(lengths.mean())),  # theirs is a number of people, ours one of events
    }


def _race(protocol: Protocol, mine: list[dict[str, Any]], peer: list[dict[str, Any]]) -> dict[str, Any]:
    goal = max(line["ndcg@10"] for line in peer)
    reached = next((line["train_s"] for line in mine if line["ndcg@10"] >= goal), None)
    needed = next(line["train_s"] for line in peer if line["ndcg@10"] >= goal)
    return {
        "data": protocol.name,
        **protocol.facts(),
        "goal": goal,
        "rectools_s": round(needed, 1),
        "ours_s": None if reached is None else round(reached, 1),
        "ratio": None if reached is None else round(reached / needed, 3),
        "rectools_epochs": peer,
        "our_epochs": mine,
    }


def _agreed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return table(
        f"Equal settings, {AGREES_ON}",
        ["seed", "ours HR@10", "ours NDCG@10", "95 % interval", "RecTools HR@10", "RecTools NDCG@10", "95 % interval"],
        [[r["seed"], *_short(r["ours"]), *_short(r["rectools"])] for r in rows],
    )


def _short(figures: Mapping[str, Any]) -> list[Any]:
    return [figures["hit@10"], figures["ndcg@10"], "{} … {}".format(*figures["ci95"])]


def _raced(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return table(
        "Seconds of training until the best validation NDCG@10 of RecTools",
        ["data", "goal", "RecTools, s", "ours, s", "ours / RecTools"],
        [[r["data"], r["goal"], r["rectools_s"], r["ours_s"], r["ratio"]] for r in rows],
    )


def _verdict(rows: list[dict[str, Any]]) -> str:
    means = [float(np.mean([r[side]["ndcg@10"] for r in rows])) for side in ("ours", "rectools")]
    low, high = (float(np.mean([r["rectools"]["ci95"][end] for r in rows])) for end in (0, 1))
    within = "within" if low <= means[0] <= high else "outside"
    return f"Mean NDCG@10 of the seeds: ours {means[0]:.4f}, RecTools {means[1]:.4f}; ours lies {within} its interval."


if __name__ == "__main__":
    main()
