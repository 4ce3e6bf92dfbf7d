"""The sequential models on MovieLens-1M: strict leave-one-out, all 3,416 items, history excluded, time-blind.

Last item of each person = test, the one before = validation, never fitted on. Published under this protocol without
target time (see each paper for its settings): SASRec as first published .1078 to .1341 NDCG@10, HSTU .1720, gSASRec
.1726, SASRec with full cross-entropy .1821, with 3000 negatives .1857 and HR@10 .3159.

Each training has one core. An interrupted run goes on where it was: checkpoints lie under ``.benchmarks`` until the
result is written.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from typing import Any

import numpy as np

from benchmarks._harness import ROOT, peak_mib, table, write_result
from benchmarks._jobs import each_on_a_core
from benchmarks._protocols import evaluate, load
from segue.models import TABLE
from segue.models.base import TrainOptions
from segue.storage.artifacts import ArtifactFolder

SEEDS = (1, 2, 3)
MODELS: dict[str, tuple[str, dict[str, Any], tuple[int, ...]]] = {
    "sequential": ("sequential", {}, SEEDS),
    "sequential, few epochs": ("sequential", {"epochs": 20}, SEEDS[:1]),
    "sequential, softmax attention": ("sequential", {"block": "attention", "positions": "absolute"}, SEEDS[:1]),
    "gru": ("gru", {}, SEEDS[:1]),
    "bert4rec": ("bert4rec", {}, SEEDS[:1]),
}
"""Label → (model, settings besides the defaults, seeds)."""
PLACE = ArtifactFolder(ROOT / ".benchmarks" / "sequential_ml1m")


def main() -> None:
    """Train, judge, write."""
    protocol = load("ml1m")
    runs = list(each_on_a_core(_run, [(label, seed) for label, (_, _, seeds) in MODELS.items() for seed in seeds]))
    popular = TABLE.load("popular_recent")()
    popular.train(protocol.train, TrainOptions(validation=protocol.validation))
    baseline = evaluate(protocol, popular.score_many)
    figures = {
        "data": protocol.facts(),
        "threads": 1,
        "popular_recent": baseline,
        "runs": runs,
        "tables": [_table(runs, baseline)],
        "notes": [
            "Seconds of training are those of one core and hold the validation after every epoch. The epoch that is "
            "kept is chosen on validation."
        ],
    }
    print(write_result("sequential_ml1m", figures))
    shutil.rmtree(PLACE.path, ignore_errors=True)


def _run(job: tuple[str, int]) -> dict[str, Any]:
    """One seed, or what it came to before the benchmark was interrupted; under other settings it begins anew."""
    label, seed = job
    protocol = load("ml1m")
    name, settings, _ = MODELS[label]
    kind = TABLE.load(name)
    model: Any = kind(kind.Config(**settings))
    same = json.dumps([model.config.model_dump(mode="json"), seed, protocol.sha256], sort_keys=True)
    place = PLACE.child(f"{name}-{hashlib.sha256(same.encode()).hexdigest()[:12]}")
    if (place.path / "run.json").exists():
        known: dict[str, Any] = place.read_json("run")
        return known
    # Seconds of earlier parts of an interrupted run count, too.
    before = place.read_json("clock") if (place.path / "clock.json").exists() else 0.0
    began = time.perf_counter()

    def report(what: str, _share: float) -> None:
        now = before + time.perf_counter() - began
        print(label, seed, what, f"{now:.0f} s", flush=True)
        if what:
            place.write_json("clock", now)

    options = TrainOptions(
        seed=seed, validation=protocol.validation, progress=report, checkpoint=place.child("checkpoint")
    )
    model.train(protocol.train, options)
    seconds = before + time.perf_counter() - began
    model.save(place.child("model"))
    run = {
        "model": label,
        "seed": seed,
        "settings": model.config.model_dump(mode="json"),
        **evaluate(protocol, model.score_many),
        "seconds": round(seconds, 1),
        "peak_mib": peak_mib(),
        "epochs": len(model.curve),
        "best_epoch": int(np.argmax(model.curve)) + 1,
        "validation": [round(v, 5) for v in model.curve],
    }
    place.write_json("run", run)
    shutil.rmtree(place.path / "checkpoint", ignore_errors=True)
    print(run, flush=True)
    return run


def _table(runs: list[dict[str, Any]], baseline: dict[str, Any]) -> dict[str, Any]:
    rows: list[list[Any]] = []
    for label in MODELS:
        own = [run for run in runs if run["model"] == label]
        rows += [[label, r["seed"], *_figures(r), r["seconds"], f"{r['best_epoch']} of {r['epochs']}"] for r in own]
        if len(own) > 1:
            hit, ndcg = ([r[m] for r in own] for m in ("hit@10", "ndcg@10"))
            spread = f"sd over seeds {np.std(ndcg, ddof=1):.4f}"
            rows.append([label, "mean", float(np.mean(hit)), float(np.mean(ndcg)), spread, None, None])
    rows.append(["popular_recent", None, *_figures(baseline), None, None])
    columns = ["model", "seed", "HR@10", "NDCG@10", "95 % interval of NDCG@10", "training, s", "best epoch"]
    return table("MovieLens-1M", columns, rows)


def _figures(run: dict[str, Any]) -> list[Any]:
    return [run["hit@10"], run["ndcg@10"], "{} … {}".format(*run["ci95"])]


if __name__ == "__main__":
    main()
