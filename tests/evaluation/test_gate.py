"""The metric gate: every model is as good on LastFM as its label in benchmarks/gate.json says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks import gate

from segue.models import TABLE

LABELS = json.loads(gate.LABELS.read_text(encoding="utf-8"))


def test_every_model_has_a_label() -> None:
    assert set(LABELS) == set(TABLE)


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(LABELS))
def test_a_model_is_as_good_as_its_label(data: Path, name: str) -> None:
    label = LABELS[name]
    assert gate.measure(name)["ndcg@10"] == pytest.approx(label["ndcg@10"], abs=label["tolerance"]), (
        "`python -m benchmarks gate` writes new labels, if the change is meant"
    )
