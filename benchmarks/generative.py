"""Items as generated codes (`generative`) on Beauty and LastFM, strict leave-one-out, beside popularity and `ease`.

TIGER as published has Recall@10 .0648 and NDCG@10 .0384 on Beauty (the same file). The sets have no titles: content is
the numbers of brands, categories or tags of each item, weighed by TF-IDF and projected to 64 dimensions. All items
compete, what a person has met is left out, and the validation item is never fitted on.

A request is measured at one thread: the exact score of all items, and the constrained beam search for ten, with half of
the catalogue permitted. The 100,000 items are synthetic.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from scipy import sparse
from scipy.sparse.linalg import svds

from segue.arrays import Floats
from segue.catalogue import Catalogue
from segue.dataset import History
from segue.models.base import TrainOptions
from segue.models.ease import EASE
from segue.models.generative import Generative, GenerativeConfig
from segue.models.popular import PopularAll, PopularRecent
from segue.threads import blas_threads

from ._harness import peak_mib, table, write_result
from ._protocols import SEED, evaluate, load
from .request_latency import synthetic

SETTINGS: dict[str, dict[str, Any]] = {
    "beauty": {
        "embedding_dim": 64,
        "max_length": 50,
        "block": "attention",
        "positions": "absolute",
        "dropout": 0.4,
        "averaging": 0.99,
        "batch_size": 2048,
        "learning_rate": 3e-3,
        "epochs": 40,
        "patience": 5,
    },
}
SETTINGS["lastfm"] = {**SETTINGS["beauty"], "epochs": 60, "patience": 8}
PUBLISHED = {"beauty": {"recall@10": 0.0648, "ndcg@10": 0.0384}}
"""TIGER (Rajput et al., 2023), table 1."""
BEAMS = (10, 50)
"""Widths of the beam that are measured."""


def main() -> None:
    """Train, compare, measure, write."""
    threads = int(os.environ.get("SEGUE_BENCH_THREADS", "1"))
    figures: dict[str, Any] = {"data": {}, "rows": [], "codes": {}, "requests": {}}
    for name, settings in SETTINGS.items():
        protocol = load(name)
        train = replace(protocol.train, vectors={"mixed": attributes(protocol.catalogue)})
        ours = Generative(GenerativeConfig(**settings))
        for model in (PopularAll(), PopularRecent(), EASE(), ours):
            began, busy = time.perf_counter(), time.process_time()
            model.train(train, TrainOptions(seed=SEED, validation=protocol.validation, threads=threads))
            spent = {"training_s": time.perf_counter() - began, "training_cpu_s": time.process_time() - busy}
            row = {"data": name, "model": model.name, **evaluate(protocol, model.score_many)}
            figures["rows"].append({**row, **{k: round(v, 1) for k, v in spent.items()}})
            print(figures["rows"][-1], flush=True)
        assert ours.ids is not None
        figures["data"][name] = {
            **protocol.facts(),
            "settings": ours.config.model_dump(mode="json"),
            "epochs": len(ours.curve),
        }
        figures["codes"][name] = asdict(ours.ids.use())
        figures["requests"][name] = requests(ours, protocol.histories)
        print(figures["codes"][name], figures["requests"][name], flush=True)
    big = synthetic(100_000, 20_000, 400_000)
    ours = Generative(GenerativeConfig(**{**SETTINGS["beauty"], "epochs": 1}))
    ours.train(big, TrainOptions(seed=SEED, threads=threads))
    assert ours.ids is not None
    figures["codes"]["100k"] = asdict(ours.ids.use())
    figures["requests"]["100k"] = requests(ours, [big.history(user) for user in range(200)])
    print(figures["codes"]["100k"], figures["requests"]["100k"], flush=True)
    figures |= {"peak_mib": peak_mib(), "load_average": round(os.getloadavg()[0], 1), "tables": _tables(figures)}
    print(write_result("generative", figures))


def attributes(catalogue: Catalogue, dim: int = 64) -> Floats:
    """(n items, dim) content vectors of items that have nothing but genres: TF-IDF, then the largest components."""
    pairs = [(row, genre) for row, item in enumerate(catalogue.items) if item for genre in item.genres]
    names = {name: column for column, name in enumerate(sorted({genre for _, genre in pairs}))}
    places = (np.array([row for row, _ in pairs]), np.array([names[genre] for _, genre in pairs]))
    has = sparse.csr_array((np.ones(len(pairs)), places), shape=(len(catalogue), len(names)))
    weighed = has * np.log(len(catalogue) / has.sum(axis=0))
    weighed = weighed / np.maximum(np.sqrt((weighed * weighed).sum(axis=1)), 1e-9)[:, None]
    start = np.random.default_rng(SEED).random(min(has.shape))
    u, s, _ = svds(sparse.csr_array(weighed), min(dim, min(has.shape) - 1), v0=start)
    vectors = np.asarray(u * s, np.float32)
    vectors[np.diff(has.indptr) == 0] = np.nan
    return vectors


def requests(model: Generative, histories: Sequence[History], count: int = 200) -> dict[str, Any]:
    """One request at one thread: [median, 99th percentile] of its processor time in ms, and what the beam overlooks."""
    permitted = np.random.default_rng(SEED).random(model.n_items) < 0.5
    asked = [histories[n % len(histories)] for n in range(count)]
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with blas_threads(1):
        best = []

        def exact(history: History) -> None:
            left = np.where(permitted, np.nan_to_num(model.score(history), nan=-np.inf), -np.inf)
            best.append(np.argsort(-left, kind="stable")[:10])

        found: dict[str, Any] = {"items": model.n_items, "exact": _ms(exact, asked)}
        for beams in BEAMS:
            narrow = copy(model)
            narrow.config = model.config.model_copy(update={"beams": beams})
            made = [narrow.generate(history, 10, permitted)[0] for history in asked]
            same = [len(np.intersect1d(a, b)) / 10 for a, b in zip(made, best, strict=True)]
            found[f"beam {beams}"] = _ms(partial(narrow.generate, k=10, permitted=permitted), asked)
            found[f"beam {beams} finds"] = round(float(np.mean(same)), 4)
    torch.set_num_threads(before)
    return found


def _ms(call: Callable[[History], Any], asked: Sequence[History]) -> list[float]:
    taken = []
    for history in asked:
        began = time.thread_time()
        call(history)
        taken.append(1000 * (time.thread_time() - began))
    return [round(float(np.percentile(taken, q)), 2) for q in (50, 99)]


def _tables(figures: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [
        [*(r[k] for k in ("data", "model", "recall@10", "ndcg@10")), "{} … {}".format(*r["ci95"]), r["training_cpu_s"]]
        for r in figures["rows"]
    ]
    rows += [[name, "TIGER, as published", p["recall@10"], p["ndcg@10"], None, None] for name, p in PUBLISHED.items()]
    codes = [
        [
            *(name, use["items"], ", ".join(map(str, use["used"])), ", ".join(f"{p:.0f}" for p in use["perplexity"])),
            *(use["collisions"], use["crowd"], f"{use['left'][-1]:.0%}"),
        ]
        for name, use in figures["codes"].items()
    ]
    asked = [
        [
            *(name, f["items"], "{} / {}".format(*f["exact"])),
            *(cell for b in BEAMS for cell in ("{} / {}".format(*f[f"beam {b}"]), f"{f[f'beam {b} finds']:.1%}")),
        ]
        for name, f in figures["requests"].items()
    ]
    widths = [head for b in BEAMS for head in (f"beam of {b}, ms", "of the exact best ten")]
    return [
        table("Strict leave-one-out", ["data", "model", "Recall@10", "NDCG@10", "95 %", "training, CPU s"], rows),
        table(
            "Use of the codes",
            ["data", "items", "words in use", "perplexity", "items of equal words", "most of them", "variance unsaid"],
            codes,
        ),
        table(
            "A request, processor time at one thread: median / 99th percentile",
            ["data", "items", "exact, ms", *widths],
            asked,
        ),
    ]


if __name__ == "__main__":
    main()
