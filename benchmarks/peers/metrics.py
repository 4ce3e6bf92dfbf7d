"""The evaluators of RecTools and ranx on given lists: one number a person, metric and length.

For each of the ``cases`` reads ``CASE.npz`` (``lists`` (n, k) rows, -1 where shorter; ``answers`` and their
``offsets``; ``train_users`` and ``train_items``; ``n_items``) and writes ``CASE.values.npz`` with arrays named
``library/metric@k``.
"""

import os

os.environ["NUMBA_DISABLE_JIT"] = "1"  # to compile ranx takes longer than to judge a few thousand lists without

import numpy as np
import pandas as pd
import ranx
from protocol import arguments
from rectools import Columns
from rectools.metrics import MAP, MRR, NDCG, CatalogCoverage, HitRate, MeanInvUserFreq, Precision, Recall

RECTOOLS = {
    "hit": HitRate,
    "recall": Recall,
    "precision": Precision,
    "mrr": MRR,
    "map": MAP,
    "ndcg": lambda k: NDCG(k=k, divide_by_achievable=True),
}
RANX = {"hit": "hit_rate", "recall": "recall", "precision": "precision", "mrr": "mrr", "map": "map", "ndcg": "ndcg"}


def main():
    folder, settings = arguments()
    for case in settings["cases"]:
        values = judge(np.load(folder / f"{case}.npz"), settings["lengths"])
        np.savez(folder / f"{case}.values.npz", **values)
    (folder / "said.jsonl").touch()


def judge(given, lengths):
    lists, offsets, answers = given["lists"], given["offsets"], given["answers"]
    n, width = lists.shape
    people = np.arange(n)
    person, place = np.nonzero(lists >= 0)
    listed = pd.DataFrame({Columns.User: person, Columns.Item: lists[person, place], Columns.Rank: place + 1})
    asked = pd.DataFrame({Columns.User: np.repeat(people, np.diff(offsets)), Columns.Item: answers})
    trained = pd.DataFrame({Columns.User: given["train_users"], Columns.Item: given["train_items"]})

    # ranx orders by score; what is listed first gets the most. An empty list is a list of something else.
    judged = {str(u): {str(i): 1 for i in answers[offsets[u] : offsets[u + 1]]} for u in people}
    run = {
        str(u): {str(i): float(width - rank) for rank, i in enumerate(own[own >= 0])} or {"nothing": 1.0}
        for u, own in enumerate(lists)
    }
    judged, run = ranx.Qrels(judged), ranx.Run(run)

    values = {}
    for k in lengths:
        for name, metric in RECTOOLS.items():
            values[f"rectools/{name}@{k}"] = metric(k=k).calc_per_user(listed, asked).reindex(people).to_numpy()
        values[f"rectools/novelty@{k}"] = (
            MeanInvUserFreq(k=k).calc_per_user(listed, trained).reindex(people).to_numpy(dtype=float)
        )
        coverage = CatalogCoverage(k=k, normalize=True).calc(listed, np.arange(int(given["n_items"])))
        values[f"rectools/coverage@{k}"] = np.array(coverage)
        for name, metric in RANX.items():
            ranx.evaluate(judged, run, f"{metric}@{k}", return_mean=False, make_comparable=True)
            scores = run.scores[f"{metric}@{k}"]
            values[f"ranx/{name}@{k}"] = np.array([scores[str(u)] for u in people])
    return values


if __name__ == "__main__":
    main()
