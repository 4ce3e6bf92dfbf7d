"""What people do next: whether a session ends, whether they come back within a week, whether they finish.

The events before the newest tenth are learnt from (`segue.models.next_action`), the moments in that tenth are asked
about: whole histories are told, outcomes are not. Beside each figure stands that of the base rate, which says how often
it happened in the training, always. Intervals are 95 % bootstraps over people.

Logs: ratings of films (MovieLens latest-small, MovieTweetings), where a session is a sitting of rating; views of short
videos (MicroLens), of which only those within an hour of another are in the set, so that coming back is not to be
compared with that of whole logs; and the sample library, made by a program, the only one of the four that shows what
was left unfinished. None shows impressions, so ``start`` is asked of none.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import numpy as np

from benchmarks._harness import data_file, sha256, table, write_result
from benchmarks._protocols import MICROLENS, TEST_SHARE, imported, short_video_log
from segue.catalogue import Catalogue
from segue.dataset import Dataset
from segue.evaluation.probabilities import auc, judged
from segue.events import EventTable
from segue.ingest.sampler.listeners import live
from segue.ingest.sampler.words import works
from segue.models.base import TrainOptions
from segue.models.next_action import NextAction
from segue.profiles.moments import Course
from segue.settings import Settings

RESAMPLES = 200
SEED = 7
NOW = datetime(2026, 1, 1, tzinfo=UTC)
FILMS = {
    "ml_latest_small": "ml_latest_small/ratings.csv",
    "movietweetings_100k": "movietweetings_100k/ratings.dat.gz",
}


def main() -> None:
    """All four logs."""
    figures: dict[str, Any] = {"tables": [], "data": {}, "notes": []}
    for name, file in FILMS.items():
        figures["data"][name] = {
            "file": file,
            "sha256": sha256(data_file(file)),
            **measured(imported("movielens", file)),
        }
    file = MICROLENS[0]
    figures["data"]["microlens"] = {
        "file": file,
        "sha256": sha256(data_file(file)),
        **measured(short_video_log(*MICROLENS)),
    }
    figures["data"]["sample library"] = measured(sample_library())
    for name, found in figures["data"].items():
        figures["tables"].append(_table(name, found))
        print(name, found["rows"], flush=True)
    print(write_result("next_action", figures))


def measured(log: Dataset) -> dict[str, Any]:
    """All rows of one log."""
    since = float(np.quantile(log.timestamps, 1 - TEST_SHARE))
    model = NextAction()
    began = time.process_time()
    model.train(log.only(log.timestamps < since), TrainOptions())
    seconds = time.process_time() - began
    rows = judged(model, log, since)
    for row in rows:
        row["auc_ci95"] = _interval(model, log, since, row["action"])
    return {"events": len(log), "people": log.n_users, "since": since, "train_cpu_s": round(seconds, 2), "rows": rows}


def _interval(model: NextAction, log: Dataset, since: float, action: str) -> list[float]:
    """Of the AUC, over people."""
    asked = Course.of(log, model.gap_s, model.config.horizon_days).asked()[action]
    users = asked.users[asked.at >= since]
    moments = model.moments(log, since)[action]
    said = model.probabilities(action, moments.x)
    people, of = np.unique(users, return_inverse=True)
    own = np.split(np.argsort(of, kind="stable"), np.cumsum(np.bincount(of))[:-1])
    rng = np.random.default_rng(SEED)
    values = []
    for _ in range(RESAMPLES):
        drawn = np.concatenate([own[n] for n in rng.integers(0, len(people), len(people))])
        values.append(auc(said[drawn], moments.happened[drawn]))
    return [round(float(bound), 4) for bound in np.nanquantile(values, [0.025, 0.975])]


def sample_library() -> Dataset:
    """The events of the library that the sampler makes, as of a fixed day."""
    made = works(SEED, NOW)
    events = live(made, SEED, NOW).events
    catalogue = Catalogue.build(work.item for work in made)
    return Dataset.build(catalogue, EventTable.of(events), Settings().signals)


def _table(name: str, found: dict[str, Any]) -> dict[str, Any]:
    heads = ["action", "moments", "happened", "AUC", "95 %", "log loss", "of the base rate", "ECE", "of the base rate"]
    rows = [
        [
            row["action"],
            row["moments"],
            row["happened"],
            row["auc"],
            "{} … {}".format(*row["auc_ci95"]),
            row["log_loss"],
            row["log_loss_base"],
            row["ece"],
            row["ece_base"],
        ]
        for row in found["rows"]
    ]
    return table(f"{name}: {found['events']:,} events of {found['people']:,} people", heads, rows)


if __name__ == "__main__":
    main()
