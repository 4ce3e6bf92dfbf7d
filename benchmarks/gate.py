"""The metric gate: small, fast settings of every model on LastFM, strict leave-one-out; labels in ``gate.json``.

The tests measure each model again and fail when its NDCG@10 is not the label ± its tolerance: a change that makes a
model worse, or better, wants a new label, written by this benchmark and seen in review. Content models read the
attribute numbers of the data set, reduced to 32 dimensions, in the place of every content space.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from benchmarks._harness import ROOT, table, write_result
from benchmarks._protocols import Protocol, evaluate, load
from segue.arrays import Floats
from segue.dataset import Dataset
from segue.models import TABLE
from segue.models.base import TrainOptions

LABELS = ROOT / "benchmarks" / "gate.json"
DATA = "lastfm"
SEED = 7
CLOSED_FORM, NETWORK = 0.002, 0.006
"""Tolerances: of models whose result hangs on rounding alone, and of networks, whose paths part on other machines."""
SPACES = ("text", "audio", "picture", "mixed")

_SEQUENCE = {"embedding_dim": 32, "max_length": 50, "epochs": 20, "batch_size": 1024, "learning_rate": 3e-3}
SETTINGS: dict[str, dict[str, Any]] = {
    "sequential": _SEQUENCE,
    "gru": {**_SEQUENCE, "hidden_dim": 64},
    "bert4rec": {**_SEQUENCE, "epochs": 40},
    "generative": {**_SEQUENCE, "codebook_size": 64},
    "vae": {"epochs": 10},
    "gan": {"epochs": 10},
    "graph": {"epochs": 3},
    "text_recommender": {"titles": 0},
}
"""By model; the others have their defaults."""


def main() -> None:
    """Measure all, write the labels."""
    rows, labels = [], {}
    for name in TABLE:
        began = time.perf_counter()
        found = measure(name)
        seconds = time.perf_counter() - began
        tolerance = NETWORK if name in SETTINGS else CLOSED_FORM
        labels[name] = {"ndcg@10": found["ndcg@10"], "tolerance": tolerance}
        rows.append([name, found["hit@10"], found["ndcg@10"], "{} … {}".format(*found["ci95"]), tolerance, seconds])
        print(rows[-1], flush=True)
    LABELS.write_text(json.dumps(labels, indent=1) + "\n", encoding="utf-8")
    columns = ["model", "HR@10", "NDCG@10", "95 % interval", "tolerance", "seconds"]
    figures = {
        "data": protocol().facts(),
        "settings": SETTINGS,
        "tables": [table("LastFM, small settings", columns, rows)],
    }
    print(write_result("gate", figures))


def measure(name: str) -> dict[str, Any]:
    """Figures of one model, trained as the gate has it: one thread, in single precision where it can choose."""
    kind = TABLE.load(name)
    settings = dict(SETTINGS.get(name, {}))
    if "precision" in kind.Config.model_fields:
        settings["precision"] = "float32"
    model = kind(kind.Config(**settings))
    data = protocol()
    model.train(data.train, TrainOptions(seed=SEED, threads=1, device="cpu", validation=data.validation))
    return evaluate(data, model.score_many)


@cache
def protocol() -> Protocol:
    """LastFM with content vectors."""
    plain = load(DATA)
    vectors = attribute_vectors(plain.train)
    split = replace(
        plain.split,
        train=replace(plain.train, vectors=vectors),
        history=replace(plain.split.history, vectors=vectors),
    )
    return replace(plain, split=split)


def attribute_vectors(dataset: Dataset, dim: int = 32) -> dict[str, Floats]:
    """(n items, dim) of length 1 from the genres of the catalogue, in every space; NaN where an item has none."""
    stated = [item.genres if item else () for item in dataset.catalogue.items]
    names = {name: column for column, name in enumerate(sorted({g for genres in stated for g in genres}))}
    rows = np.repeat(np.arange(len(stated)), [len(genres) for genres in stated])
    columns = [names[genre] for genres in stated for genre in genres]
    counts = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(stated), len(names)))
    rare = counts @ sparse.diags(np.log(len(stated) / np.maximum(counts.sum(axis=0).A1, 1)))
    left, sizes, _ = randomized_svd(rare, dim, random_state=SEED)
    vectors = left * sizes
    with np.errstate(invalid="ignore"):
        vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return dict.fromkeys(SPACES, vectors)


if __name__ == "__main__":
    main()
