"""The protocol reproduces known points on MovieLens-1M: strict leave-one-out, all items compete, ties against us."""

from __future__ import annotations

import gzip
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from segue.arrays import Floats
from segue.catalogue import Catalogue
from segue.dataset import Dataset, History
from segue.evaluation.offline import evaluate
from segue.evaluation.splits import Split, leave_one_out
from segue.events import KIND_CODE, EventKind, EventTable
from segue.items import Item, ItemKind
from segue.models import TABLE
from segue.models.base import TrainOptions
from segue.settings import Settings

pytestmark = [pytest.mark.data, pytest.mark.slow]


@pytest.fixture(scope="module")
def split(data: Path) -> Split:
    with gzip.open(data / "movielens_1m" / "sequences_chronological.txt.gz", "rt") as lines:
        people = {user: items.split() for user, items in (line.rstrip("\n").split("\t") for line in lines)}
    ids = sorted({item for items in people.values() for item in items})
    row = {item: n for n, item in enumerate(ids)}
    items = np.array([row[item] for own in people.values() for item in own], dtype=np.int32)
    n = len(items)
    unknown = np.full(n, np.nan, dtype=np.float32)
    table = EventTable(
        user_ids=tuple(people),
        item_ids=tuple(ids),
        users=np.repeat(np.arange(len(people), dtype=np.int32), [len(own) for own in people.values()]),
        items=items,
        kinds=np.full(n, KIND_CODE[EventKind.COMPLETE], dtype=np.uint8),
        at=np.full(n, np.nan),
        value=unknown,
        scale_low=unknown,
        scale_high=unknown,
        played_s=unknown,
        train=np.ones(n, dtype=bool),
        opinion=unknown,
        said=np.zeros(n, dtype=np.int64),
        seq=np.arange(n, dtype=np.int64),
    )
    catalogue = Catalogue.build(Item(id=i, kind=ItemKind.MOVIE) for i in ids)
    return leave_one_out(Dataset.build(catalogue, table, Settings().signals))


def test_the_split_is_the_published_one(split: Split) -> None:
    assert len(split.test) == len(split.validation or ()) == 6040
    assert np.count_nonzero(split.candidates) == 3416
    assert len(split.train) == 999_611 - 2 * 6040
    assert len(split.history) == 999_611 - 6040


def test_most_popular(split: Split) -> None:
    model = TABLE.load("popular_all")()
    model.train(split.train, TrainOptions())
    row = evaluate(split, {"popular_all": model}).row("popular_all")
    assert row["hit@10"] == pytest.approx(0.0369, rel=0.01)
    assert row["ndcg@10"] == pytest.approx(0.0180, rel=0.01)


def test_ease(split: Split) -> None:
    kind = TABLE.load("ease")
    model = kind(kind.Config(regularization=500.0, history_decay=1.0))  # type: ignore[call-arg]
    model.train(split.train, TrainOptions(threads=2))
    row = evaluate(split, {"ease": model}).row("ease")
    assert row["hit@10"] == pytest.approx(0.108, rel=0.01)
    assert row["ndcg@10"] == pytest.approx(0.0535, rel=0.01)
    low, high = row["ci95"]
    assert 0.045 < low < 0.0535 < high < 0.06


class Ready:
    """Scores that cost nothing, so that only the evaluation is timed."""

    def __init__(self, n_items: int) -> None:
        self.scores = np.random.default_rng(1).random((4096, n_items), dtype=np.float32)

    def score_many(self, histories: Sequence[History]) -> Floats:
        return self.scores[: len(histories)]


def test_judging_a_model_takes_at_most_three_seconds(split: Split) -> None:
    model = Ready(split.history.n_items)
    took = []
    for _ in range(3):
        begin = time.process_time()
        evaluate(split, {"popular_all": model})
        took.append(time.process_time() - begin)
    assert min(took) < 3
