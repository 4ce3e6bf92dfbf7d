"""The judged queries are what they claim to be; on the sample library, words and meaning together beat either."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest
from benchmarks import search_quality as quality

STATED = {
    name: tomllib.loads((quality.QUERIES / f"{name}.toml").read_text(encoding="utf-8"))["query"]
    for name in quality.SETS
}


def test_there_are_enough_in_both_languages() -> None:
    texts = [query["text"] for queries in STATED.values() for query in queries]
    assert len(texts) == len(set(texts)) >= 60
    chinese = sum(not text.isascii() for text in texts)
    assert 0.4 <= chinese / len(texts) <= 0.6


def test_ndcg_counts_as_defined() -> None:
    relevant = {"a": 2, "b": 1}
    assert quality.ndcg(["a", "b"], relevant) == pytest.approx(1)
    assert quality.ndcg(["x", "a"], relevant) == pytest.approx((3 / np.log2(3)) / (3 + 1 / np.log2(3)))
    assert quality.ndcg([], relevant) == 0


@pytest.mark.slow
def test_both_are_better_than_either_on_the_sample_library() -> None:
    items, levels = quality.catalogue_of("sample")
    world = quality.world_of(items)
    quality.read("warm", world)
    mean = {
        method: np.mean(
            [
                quality.ndcg(quality.ranked(world, query["text"], method), quality.grades(query, world, levels))
                for query in STATED["sample"]
            ]
        )
        for method in quality.METHODS
    }
    assert mean["hybrid"] > max(mean["words"], mean["meaning"])
    assert mean["search"] > mean["hybrid"]
