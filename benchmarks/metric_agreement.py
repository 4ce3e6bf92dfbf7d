"""Our metrics beside the evaluators of RecTools and ranx, on the same lists, person by person.

Two kinds of lists: those of ``als`` on HetRec Last.fm, where each person has several answers, and random ones, where
lists may be short or empty and answers more than the list is long. Kept as well are the values of 40 random people, so
that a test can hold our metrics to them where the other libraries are not installed.

Where definitions differ, ours is brought to theirs first: both divide average precision by all answers, we by at most
k. RecTools' NDCG is the one with ``divide_by_achievable``. To RecTools' novelty an item that nobody met in the training
is as rare as if one person had, to ours as the rarest of the others; it is compared over people whose lists have none.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import _peers
from benchmarks._harness import table, write_result
from benchmarks._protocols import SEED, lists, load
from segue.arrays import Rows
from segue.evaluation.metrics import METRICS
from segue.evaluation.metrics.base import Ground, Shown, Values
from segue.models import TABLE
from segue.models.base import TrainOptions

LENGTHS = (1, 5, 10)
KEPT = 40
"""Random people whose values are kept."""


def main() -> None:
    """Make lists, judge them three times, compare."""
    cases = {"random": random_lists(500, 300), "recommended": _recommended(), "kept": random_lists(KEPT, 60)}
    theirs = _theirs(cases)
    differences: dict[tuple[str, str], list[Values]] = {}
    for name, case in cases.items():
        for key, values in theirs[name].items():
            library, metric = key.split("/")
            mine = ours(case, metric)
            # Where theirs alone is not defined, the difference is NaN, and so is the largest.
            difference = np.abs(mine - values)[np.isfinite(mine)]
            differences.setdefault((metric.split("@")[0], library), []).append(difference)
    found = {pair: np.concatenate(parts) for pair, parts in differences.items()}
    worst = float(np.max([difference.max() for difference in found.values()]))
    figures = {
        "largest_difference": worst,
        "kept": {
            **{name: value.tolist() for name, value in cases["kept"].items()},
            "values": {key: _json(value) for key, value in theirs["kept"].items()},
        },
        "tables": [
            table(
                f"At lengths {', '.join(map(str, LENGTHS))}, all lists",
                ["metric", "library", "values compared", "largest difference"],
                [[*pair, len(difference), f"{difference.max():.1e}"] for pair, difference in sorted(found.items())],
            )
        ],
        "notes": [f"The largest difference of all is {worst:.1e}."],
    }
    print(write_result("metric_agreement", figures), worst)


def ours(case: dict[str, Any], metric: str) -> Values:
    """(people,) or () values of ``name@k`` by the definitions of RecTools and ranx."""
    name, length = metric.split("@")
    k = int(length)
    listed, counts = case["lists"][:, :k], np.diff(case["offsets"])
    n, n_items = len(listed), int(case["n_items"])
    right = np.repeat(np.arange(n), counts) * n_items + case["answers"]
    hits = np.isin(np.arange(n)[:, None] * n_items + listed, right) & (listed >= 0)
    met = np.unique(case["train_users"] * n_items + case["train_items"])
    popularity = np.bincount(met % n_items, minlength=n_items) / len(np.unique(case["train_users"]))
    values: Values = METRICS.load(name)(Shown(listed, hits, counts, Ground(np.ones(n_items, bool), popularity, None)))
    if name == "map":
        return np.asarray(values * np.minimum(counts, k) / counts)
    if name == "novelty":
        unmet = ((popularity == 0)[listed] & (listed >= 0)).any(axis=1)
        return np.where(unmet, np.nan, values)
    return values


def random_lists(n: int, n_items: int) -> dict[str, Any]:
    """Lists of up to ten items, and 1 to 15 answers each."""
    rng = np.random.default_rng(SEED)
    drawn = np.argsort(rng.random((n, n_items)), axis=1)[:, :10]
    wanted = rng.random((n, n_items))
    wanted[np.arange(n)[:, None], drawn] *= 0.05  # so that there are hits enough
    counts = rng.integers(1, 16, n)
    answers = np.argsort(wanted, axis=1)[:, :15][np.arange(15) < counts[:, None]]
    drawn[np.arange(10) >= np.resize(np.arange(16), n)[:, None]] = -1  # every length from 0 on, many of 10
    return {
        "lists": drawn.astype(np.int32),
        "offsets": np.cumsum([0, *counts]),
        "answers": answers,
        "train_users": rng.integers(0, n, 20 * n),
        "train_items": rng.integers(0, n_items, 20 * n),
        "n_items": np.asarray(n_items),
    }


def _recommended() -> dict[str, Any]:
    protocol = load("hetrec")
    kind = TABLE.load("als")
    model = kind(kind.Config(history_decay=1.0))  # type: ignore[call-arg]
    model.train(protocol.train, TrainOptions(seed=SEED))
    listed: Rows = lists(protocol, model.score_many)[:, :10]
    test, train = protocol.split.test, protocol.train
    return {
        "lists": listed,
        "offsets": test.offsets,
        "answers": test.items,
        "train_users": train.users,
        "train_items": train.items,
        "n_items": np.asarray(protocol.n_items),
    }


def _json(values: Values) -> Any:
    """Not a number has no place in JSON."""
    return values.tolist() if values.ndim == 0 else [v if np.isfinite(v) else None for v in values.tolist()]


def _theirs(cases: dict[str, dict[str, Any]]) -> dict[str, dict[str, Values]]:
    """Per case, ``library/metric@k``: values of each person."""
    with tempfile.TemporaryDirectory(prefix="segue-peer-") as name:
        folder = Path(name)
        for case, arrays in cases.items():
            np.savez(folder / f"{case}.npz", **arrays)
        _peers.run("metrics", folder, {"cases": list(cases), "lengths": LENGTHS})
        return {case: dict(np.load(folder / f"{case}.values.npz")) for case in cases}


if __name__ == "__main__":
    main()
