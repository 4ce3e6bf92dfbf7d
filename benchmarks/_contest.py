"""All models of the house and the peers on the same protocols, each beside most-popular recent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from benchmarks import _peers
from benchmarks._harness import table, write_result
from benchmarks._jobs import each_on_a_core
from benchmarks._protocols import SEED, Protocol, values
from benchmarks._trained import Job, Ours, Peer, protocol_of
from segue.evaluation.bootstrap import paired
from segue.models import TABLE

BASELINE = "popular_recent"
OF_THE_ORDER = ("sequential", "gru", "bert4rec", "generative")
"""Models that read in which order things were met."""
BASELINES: Mapping[str, dict[str, Any]] = {
    "LensKit item-kNN": {"model": "lenskit_item_knn", "feedback": "implicit", "max_nbrs": 100},
    "LensKit EASE": {"model": "lenskit_ease", "regularization": 100.0},
    "LensKit BPR": {"model": "lenskit_bpr", "preset": "bpr", "epochs": 50},
    "implicit ALS": {"model": "implicit_als", "factors": 64, "regularization": 0.01, "alpha": 1.0, "iterations": 15},
}
"""Other libraries under settings that papers use; some defaults are made for ratings, not for what people did."""
SASREC: dict[str, Any] = {
    **{"width": 64, "depth": 2, "heads": 2, "dropout": 0.3, "loss": "softmax", "batch": 128},
    **{"learning_rate": 1e-3, "epochs": 100, "patience": 5, "device": "cpu"},
}


def contest(
    name: str,
    protocols: Iterable[str],
    minutes: float,
    *,
    order: bool = True,
    without: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> None:
    """Train and judge on each protocol; write ``results/NAME.json`` whenever one is done.

    Args:
        minutes: what a network has on one core, ours or a peer's, for learning and validation.
        order: False where the logs have none: models of the order are left out.
        without: label of a contender that is left out → the protocols.

    Models of a content space that a set has no vectors of are left out.
    """
    _peers.python()  # before several trainings at once would set it up
    jobs = {
        protocol: [job for job in _jobs(protocol, minutes, order) if protocol not in without.get(job.label, ())]
        for protocol in protocols
    }
    rows = each_on_a_core(_run, [job for of_one in jobs.values() for job in of_one])
    tables: list[dict[str, Any]] = []
    data: list[dict[str, Any]] = []
    for one, of_one in jobs.items():
        made = [(job, row) for job in of_one if (row := next(rows)) is not None]
        judged = _judged(protocol_of(one), made)
        tables.append(_table(protocol_of(one), judged))
        data.append({**protocol_of(one).facts(), "rows": judged})
        notes = [
            "Seconds are those of one core; of a network they hold the validation after every epoch. "
            f"cut off: the {minutes:g} minutes that a network has were over, and its best state was kept."
        ]
        missing = [other for other in jobs if other not in {found["protocol"] for found in data}]
        notes += [f"{label} is left out on {', '.join(sets)}: too slow there." for label, sets in without.items()]
        if missing:
            notes.append(f"Not run yet: {', '.join(missing)}.")
        write_result(name, {"tables": tables, "data": data, "notes": notes})


def _jobs(protocol: str, minutes: float, order: bool) -> list[Job]:
    jobs: list[Job] = [Ours(protocol, name, minutes=minutes) for name in TABLE if order or name not in OF_THE_ORDER]
    if order:
        train = protocol_of(protocol).train
        length = 200 if len(train) > 100 * train.n_users else 50
        jobs.append(
            Peer(protocol, "RecTools SASRec", "rectools_sasrec", {**SASREC, "length": length, "minutes": minutes})
        )
    jobs += [Peer(protocol, label, "baselines", settings) for label, settings in BASELINES.items()]
    # The long ones first, so that no core is idle at the end.
    return sorted(jobs, key=lambda job: job.label not in (*OF_THE_ORDER, "RecTools SASRec"))


def _run(job: Job) -> dict[str, Any] | None:
    return job.run()


def _judged(protocol: Protocol, made: Sequence[tuple[Job, dict[str, Any]]]) -> list[dict[str, Any]]:
    """The rows with what each is beyond most-popular, best first."""
    gains = {job.label: values(protocol, job.lists)["ndcg@10"] for job, _ in made}
    rows = [
        {**row, "beyond_popular": [round(d, 4) for d in paired(gains[job.label], gains[BASELINE], SEED)]}
        for job, row in made
    ]
    return sorted(rows, key=lambda row: -row["ndcg@10"])


def _table(protocol: Protocol, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
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
                f"cut off at {row['train_s']:.0f}" if row["ended"] else row["train_s"],
                row["list_s"],
            ]
            for row in rows
        ],
    )
