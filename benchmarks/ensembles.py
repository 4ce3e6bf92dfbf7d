"""What several models make together of the published sets, chosen by the code of `segue train --recipe best`.

Strict leave-one-out of MovieLens-1M, Beauty and LastFM: the last item of each person is asked, the one before is for
validation, all items compete. Models are stopped, and the way to make one score of them chosen and its weights learnt,
on the validation item alone, for people of few events apart (`segue.engine.choosing`). The tables show every model,
their fusion by rank, and what was chosen, on the test item. Published without target time: MovieLens-1M NDCG@10 .1857
(SASRec, cross-entropy with 3000 negatives); Beauty NDCG@10 .0531 (SASRec, sampled softmax), Recall@10 .0928 (eSASRec);
LastFM NDCG@10 .0517 (EASE with recency).

Which models take part is stated here, and each network has an hour on one core; the command decides by the size of the
data and by ``[train] minutes``, and tries one of each kind. On MovieLens-1M all have their defaults. The models of
sequences of Beauty and LastFM have settings found on Beauty's validation: dropout .5, 2,048 events in a step, averages
over 200 steps, histories of 50, and one block of attention; they compare with the whole catalogue. The files of Beauty
and LastFM name attributes of items (categories and brands, tags), which `graph` reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks._contest import BASELINE
from benchmarks._harness import table, write_result
from benchmarks._jobs import each_on_a_core
from benchmarks._protocols import SEED, Protocol
from benchmarks._trained import Ours, protocol_of
from segue.engine import choosing
from segue.evaluation.bootstrap import ci95
from segue.profiles.segments import KNOWN
from segue.settings import Settings
from segue.training import ensemble
from segue.training.ensemble import Mix

SMALL: dict[str, Any] = {
    **{"dropout": 0.5, "batch_size": 2048, "averaging": 0.995, "max_length": 50, "loss": "cross_entropy"},
}
SHALLOW = {**SMALL, "layers": 1}
SOFTMAX = {"block": "attention", "positions": "absolute"}
CLASSICS = (BASELINE, "item_knn", "user_knn", "als", "ease")
MEMBERS: Mapping[str, tuple[Ours, ...]] = {
    "ml1m": (
        Ours("ml1m", "sequential"),
        Ours("ml1m", "sequential", SOFTMAX, label="sequential, softmax attention"),
        Ours("ml1m", "gru"),
        *(Ours("ml1m", name) for name in (*CLASSICS, "vae", "graph")),
    ),
    "beauty": (
        Ours("beauty", "sequential", SHALLOW),
        Ours("beauty", "sequential", {**SHALLOW, **SOFTMAX}, label="sequential, softmax attention"),
        Ours("beauty", "gru", SMALL),
        *(Ours("beauty", name) for name in (*CLASSICS, "slim", "graph")),
    ),
    "lastfm": (
        Ours("lastfm", "sequential", SHALLOW),
        Ours("lastfm", "gru", SMALL),
        *(Ours("lastfm", name) for name in (*CLASSICS, "slim", "vae", "graph")),
    ),
}


def main() -> None:
    """Train what is missing, one model on each core; choose, judge, write."""
    list(each_on_a_core(_run, [job for jobs in MEMBERS.values() for job in jobs]))
    data = [_chosen(protocol_of(name), jobs) for name, jobs in MEMBERS.items()]
    columns = ["way", "HR@10 = Recall@10", "NDCG@10", "95 %"]
    cells = [[[*list(row.values())[:3], "{} … {}".format(*row["ci95"])] for row in found["rows"]] for found in data]
    tables = [table(found["title"], columns, rows) for found, rows in zip(data, cells, strict=True)]
    notes = [line for found in data for line in _told(found)]
    print(write_result("ensembles", {"data": data, "tables": tables, "notes": notes}))


def _run(job: Ours) -> Any:
    return job.run()


def _chosen(protocol: Protocol, jobs: tuple[Ours, ...]) -> dict[str, Any]:
    models = {job.label: found[0] for job in jobs if (found := job.trained()) is not None}
    split, settings = protocol.split, Settings()
    learnt = choosing.ask(split.train, protocol.validation, split.candidates, models, settings)
    decisions = choosing.decide(learnt, settings.ranking.blend["home"], SEED)
    asked = choosing.ask(split.history, split.test, split.candidates, models, settings, len(split.test))
    ways: dict[str, Mapping[str, Mix]] = {
        **{name: dict.fromkeys(KNOWN, ensemble.alone(name)) for name in models},
        "fusion of all": dict.fromkeys(KNOWN, ensemble.fusion(tuple(models))),
        "chosen": {decision.segment: decision.mix for decision in decisions},
    }
    rows = []
    for name, mixes in ways.items():
        gains = np.concatenate([part.ndcg(mixes[segment].scores(part)) for segment, part in asked.items() if len(part)])
        rows.append(
            {
                "way": name,
                "hit@10": round(float((gains > 0).mean()), 5),
                "ndcg@10": round(float(gains.mean()), 5),
                "ci95": [round(bound, 4) for bound in ci95(gains, SEED)],
            }
        )
        print(protocol.name, rows[-1], flush=True)
    rows.sort(key=lambda row: -row["ndcg@10"])
    return {
        **protocol.facts(),
        "title": f"{protocol.name}: {len(split.test):,} people, {protocol.n_items:,} items",
        "choice": {decision.segment: decision.as_json() for decision in decisions},
        "rows": rows,
    }


def _told(found: Mapping[str, Any]) -> list[str]:
    """What was chosen for whom, in words."""
    return [
        f"{found['protocol']}, {choice['people']:,} {segment} people of the validation: {choice['chosen']} ("
        + ", ".join(f"{model} {weight:.2f}" for model, weight in choice["weights"].items())
        + f"); {choice['why']}."
        for segment, choice in found["choice"].items()
        if choice["people"]
    ]


if __name__ == "__main__":
    main()
