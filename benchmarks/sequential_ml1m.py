"""The sequential models on MovieLens-1M: strict leave-one-out, all 3,416 items, history excluded, time-blind.

Last item of each person = test, the one before = validation, never fitted on. Published under this protocol without
target time (see each paper for its settings): SASRec as first published .1078 to .1341 NDCG@10, HSTU .1720, gSASRec
.1726, SASRec with full cross-entropy .1821, with 3000 negatives .1857 and HR@10 .3159.

Each training has one core, and an hour; ``bert4rec``, a fifth of whose events are answers, learns slowly and is cut off
after 45 minutes while it still rises. An interrupted run goes on where it was.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks._harness import table, write_result
from benchmarks._jobs import each_on_a_core
from benchmarks._trained import Ours, protocol_of

SEEDS = (1, 2, 3)
FEW = {"epochs": 20}
SOFTMAX = {"block": "attention", "positions": "absolute"}
JOBS = (
    *(Ours("ml1m", "sequential", seed=seed) for seed in SEEDS),
    Ours("ml1m", "sequential", FEW, label="sequential, few epochs"),
    Ours("ml1m", "sequential", SOFTMAX, label="sequential, softmax attention"),
    Ours("ml1m", "gru"),
    Ours("ml1m", "bert4rec", minutes=45),
    Ours("ml1m", "popular_recent"),
)


def main() -> None:
    """Train, judge, write."""
    rows = [row for row in each_on_a_core(_run, JOBS) if row is not None]
    figures = {
        "data": protocol_of("ml1m").facts(),
        "threads": 1,
        "runs": rows,
        "tables": [_table(rows)],
        "notes": [
            "Seconds of training are those of one core and hold the validation after every epoch. The epoch that is "
            "kept is chosen on validation."
        ],
    }
    print(write_result("sequential_ml1m", figures))


def _run(job: Ours) -> dict[str, Any] | None:
    return job.run()


def _table(rows: list[dict[str, Any]]) -> dict[str, Any]:
    shown: list[list[Any]] = []
    for label in dict.fromkeys(row["model"] for row in rows):
        own = [row for row in rows if row["model"] == label]
        for row in own:
            epochs = f"{row['best_epoch']} of {row['epochs']}" if "epochs" in row else None
            if row["ended"]:
                epochs = f"{epochs}, cut off"
            interval = "{} … {}".format(*row["ci95"])
            shown.append([label, row["seed"], row["hit@10"], row["ndcg@10"], interval, row["train_s"], epochs])
        if len(own) > 1:
            hit, ndcg = ([row[metric] for row in own] for metric in ("hit@10", "ndcg@10"))
            spread = f"sd over seeds {np.std(ndcg, ddof=1):.4f}"
            shown.append([label, "mean", float(np.mean(hit)), float(np.mean(ndcg)), spread, None, None])
    columns = ["model", "seed", "HR@10", "NDCG@10", "95 % interval of NDCG@10", "training, s", "best epoch"]
    return table("MovieLens-1M", columns, shown)


if __name__ == "__main__":
    main()
