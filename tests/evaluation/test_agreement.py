"""Our metrics equal the evaluators of RecTools and ranx on the lists that ``benchmarks/metric_agreement.py`` kept."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from benchmarks._harness import RESULTS
from benchmarks.metric_agreement import LENGTHS, ours

KEPT = json.loads((RESULTS / "metric_agreement.json").read_text(encoding="utf-8"))["figures"]["kept"]


@pytest.fixture(scope="module")
def case() -> dict[str, Any]:
    return {name: np.array(value) for name, value in KEPT.items() if name != "values"}


@pytest.mark.parametrize("key", KEPT["values"])
def test_equal_values(key: str, case: dict[str, Any]) -> None:
    theirs = np.array(KEPT["values"][key], dtype=np.float64)  # None becomes NaN
    np.testing.assert_allclose(ours(case, key.split("/")[1]), theirs, rtol=0, atol=1e-9, equal_nan=True)


def test_nothing_is_missing() -> None:
    both = {"hit", "recall", "precision", "mrr", "map", "ndcg"}
    assert {f"{library}/{name}@{k}" for library in ("rectools", "ranx") for name in both for k in LENGTHS} < set(
        KEPT["values"]
    )


def test_the_lists_are_worth_comparing(case: dict[str, Any]) -> None:
    lengths, answers = (case["lists"] >= 0).sum(axis=1), np.diff(case["offsets"])
    assert lengths.min() == 0
    assert lengths.max() == 10
    assert answers.min() == 1
    assert answers.max() > 10
    assert 0.1 < ours(case, "recall@10").mean() < 0.9
