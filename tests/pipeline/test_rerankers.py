"""Diversity trades relevance for difference; one entry a group."""

import numpy as np
import pytest

from segue.candidates import Candidates
from segue.catalogue import Catalogue
from segue.dataset import History
from segue.pipeline.rerankers.copies import OnePerRecording
from segue.pipeline.rerankers.diversity import Diversity
from segue.pipeline.rerankers.exploration import Exploration
from segue.pipeline.rerankers.group import OnePerGroup
from segue.pipeline.stages import Request, World
from segue.queries import Query
from segue.settings import Settings
from segue.testing.stages import Counted

from ..toy_world import item

GENRES = [("jazz",)] * 4 + [("rock",)] * 2


def asked(items, vectors=None, history=None, k=3, copies=None, seeds=()):
    world = World(Catalogue.build(items), {}, vectors or {}, Settings(), copies=copies)
    request = Request(
        Query(k=k, seeds=seeds), world, History.of([0]) if history is None else history, 0.0, np.random.default_rng(0)
    )
    rows = np.arange(len(items), dtype=np.int32)
    return request, Candidates(rows, scores={"final": np.linspace(1, 0.5, len(items), dtype=np.float32)})


def greedy(final, alike, strength, k):
    """The definition, one step at a time."""
    relevance = (final - final.min()) / (final.max() - final.min())
    left, picked = list(range(len(final))), []
    while left and len(picked) < k:
        near = {i: max((alike[i][j] for j in picked), default=0) for i in left}
        choice = max(left, key=lambda i: ((1 - strength) * relevance[i] - strength * near[i], -i))
        picked.append(choice)
        left.remove(choice)
    return picked + left


@pytest.mark.parametrize("strength", [0.0, 0.2, 0.5, 0.8])
def test_it_is_maximal_marginal_relevance(strength):
    rng = np.random.default_rng(5)
    vectors = rng.normal(size=(30, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    request, candidates = asked([item(f"i{n}") for n in range(30)], {"mixed": vectors}, k=7)
    expected = greedy(candidates.scores["final"], np.clip(vectors @ vectors.T, 0, 1), strength, 7)
    if strength == 0:
        expected = list(range(30))
    assert Diversity(strength)(request, candidates).tolist() == expected


def test_genres_stand_in_for_missing_vectors():
    items = [item(f"i{n}", genres=g) for n, g in enumerate(GENRES)]
    request, candidates = asked(items, {"mixed": np.full((6, 3), np.nan, np.float32)})
    assert Diversity(0.6)(request, candidates)[:2].tolist() == [0, 4]
    assert Diversity(0)(request, candidates).tolist() == list(range(6))


def test_for_somebody_new_kinds_are_spread():
    items = [item(f"i{n}", kind) for n, kind in enumerate(["track"] * 4 + ["movie", "podcast"])]
    request, candidates = asked(items, history=History.empty())
    kinds = {items[row].kind for row in Diversity(0.7)(request, candidates)[:3]}
    assert len(kinds) == 3


def test_one_entry_a_series_or_album():
    items = [
        item("a1", album="A"),
        item("s1", "episode", series="S"),
        item("a2", album="A"),
        item("x"),
        item("y"),
        item("s2", "episode", series="S"),
    ]
    request, candidates = asked(items)
    assert OnePerGroup()(request, candidates).tolist() == [0, 1, 3, 4]


def test_one_entry_a_recording():
    items = [item(f"i{n}") for n in range(7)]
    copies = np.array([-1, 3, 3, -1, 5, 3, 5], np.int32)
    request, candidates = asked(items, copies=copies)
    assert OnePerRecording()(request, candidates).tolist() == [0, 1, 3, 4]
    request, candidates = asked(items, copies=copies, seeds=("i2",))
    assert OnePerRecording()(request, candidates).tolist() == [0, 3, 4]
    request, candidates = asked(items)
    assert OnePerRecording()(request, candidates).tolist() == list(range(7))


def test_newcomers_explore_until_their_quota_is_used_up():
    items = [item(f"i{n}") for n in range(12)]
    shown = {"i11": 4}
    model = Counted(np.ones(10, np.float32))  # trained when there were ten items
    world = World(Catalogue.build(items), {"ease": model}, {}, Settings(), shown=lambda ids: shown)
    request = Request(Query(k=5), world, History.empty(), 0.0, np.random.default_rng(0))
    candidates = Candidates(np.arange(12, dtype=np.int32), scores={"final": np.linspace(1, 0, 12, dtype=np.float32)})
    explore = Exploration(quota=5, days=30, share=0.4)
    assert explore(request, candidates)[:6].tolist() == [0, 10, 1, 11, 2, 3]
    shown["i11"] = 5
    assert explore(request, candidates)[:6].tolist() == [0, 10, 1, 2, 3, 4]
    shown["i10"] = 9
    assert explore(request, candidates).tolist() == list(range(12))
    assert Exploration(0, 30, 0.4)(request, candidates).tolist() == list(range(12))


def test_newcomers_explore_for_their_days_though_nobody_reports_what_was_shown():
    items = [item(f"i{n}") for n in range(12)]
    came = {"i10": 1000.0, "i11": 1000.0 + 20 * 86_400}
    world = World(
        Catalogue.build(items),
        {"ease": Counted(np.ones(10, np.float32))},
        {},
        Settings(),
        shown=lambda _: {},
        arrived=lambda ids: {item_id: came[item_id] for item_id in ids},
    )
    candidates = Candidates(np.arange(12, dtype=np.int32), scores={"final": np.linspace(1, 0, 12, dtype=np.float32)})

    def page(days_later):
        request = Request(Query(k=5), world, History.empty(), 1000.0 + days_later * 86_400, np.random.default_rng(0))
        return Exploration(quota=5, days=30, share=0.4)(request, candidates)[:6].tolist()

    assert page(29) == [0, 10, 1, 11, 2, 3]
    assert page(31) == [0, 11, 1, 2, 3, 4]
    assert page(51) == [0, 1, 2, 3, 4, 5]


def test_a_newcomer_that_is_shown_by_its_own_merit_takes_no_second_place():
    items = [item(f"i{n}") for n in range(12)]
    world = World(
        Catalogue.build(items), {"ease": Counted(np.ones(10, np.float32))}, {}, Settings(), shown=lambda _: {}
    )
    request = Request(Query(k=5), world, History.empty(), 0.0, np.random.default_rng(0))
    rows = np.array([10, *range(10), 11], dtype=np.int32)
    candidates = Candidates(rows, scores={"final": np.linspace(1, 0, 12, dtype=np.float32)})
    assert Exploration(5, 30, 0.2)(request, candidates).tolist() == list(range(12))
