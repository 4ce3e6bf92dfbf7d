"""One request of the sequential model: history in, a score for every item out, on one core.

The time of a request does not depend on what was learnt, so the weights are those that training begins with. Histories
have 100 events. Goal: p99 of 5 ms at 10,000 and at 100,000 items.
"""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from benchmarks._harness import table, write_result
from segue.catalogue import Catalogue
from segue.dataset import Dataset, History
from segue.events import Event, EventKind, EventTable
from segue.items import Item, ItemKind
from segue.models.base import TrainOptions
from segue.models.sequential import Sequential, SequentialConfig
from segue.settings import Settings
from segue.testing.worlds import BEGINNING
from segue.threads import blas_threads

SIZES = (10_000, 100_000)
LENGTH = 100
REQUESTS = 1000
VARIANTS: dict[str, dict[str, Any]] = {
    "default": {},
    "embedding_dim 64": {"embedding_dim": 64},
    "softmax attention": {"block": "attention", "positions": "absolute"},
}
GOAL_MS = 5.0


def main() -> None:
    """Ask and write."""
    import torch

    torch.set_num_threads(1)
    rows = []
    with blas_threads(1):
        for n_items in SIZES:
            for label, settings in VARIANTS.items():
                taken = _requests(_model(n_items, settings), n_items)
                found = {f"p{q}": round(float(np.percentile(taken, q)), 2) for q in (50, 95, 99)}
                rows.append({"items": n_items, "setting": label, **found})
                print(rows[-1], flush=True)
    figures = {
        "goal_ms": GOAL_MS,
        "requests": REQUESTS,
        "load_average": round(os.getloadavg()[0], 1),
        "rows": rows,
        "tables": [
            table(
                f"Milliseconds of a request, history of {LENGTH} events, one core",
                ["items", "setting", "p50", "p95", "p99"],
                [list(row.values()) for row in rows],
            )
        ],
    }
    print(write_result("sequential_latency", figures))


def _model(n_items: int, settings: dict[str, Any]) -> Sequential:
    """A model that knows all items by their content, and has learnt from one person."""
    catalogue = Catalogue.build(Item(id=str(i), kind=ItemKind.TRACK) for i in range(n_items))
    rng = np.random.default_rng(0)
    vectors = {"mixed": rng.normal(size=(n_items, 8)).astype(np.float32)}
    events = [Event(id=str(n), user_id="u", item_id=str(n), kind=EventKind.COMPLETE, at=BEGINNING) for n in range(2)]
    data = Dataset.build(catalogue, EventTable.of(events), Settings().signals, vectors)
    model = Sequential(SequentialConfig(**settings, items="both", epochs=1))
    model.train(data, TrainOptions(threads=1))
    return model


def _requests(model: Sequential, n_items: int) -> list[float]:
    rng = np.random.default_rng(1)
    taken = []
    for _ in range(REQUESTS):
        history = History.of(rng.integers(0, n_items, LENGTH))
        began = time.perf_counter()
        model.score(history)
        taken.append((time.perf_counter() - began) * 1000)
    return taken[20:]


if __name__ == "__main__":
    main()
