"""Injected profiles in a world of people with tastes: they are found, with their reasons, and people are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segue.dataset import Dataset
from segue.events import KIND_CODE, EventKind
from segue.profiles.manipulation import SUSPECTED, suspects, suspicions
from segue.suspects import Verdict

from ..toy_world import catalogue

PEOPLE, ITEMS, TARGET, PUSHERS = 400, 300, 290, 14
CATALOGUE = catalogue(ITEMS)


def world(pushers: int = 0, kind: str = "random", seed: int = 0) -> Dataset:
    """People of six tastes and long tails, and profiles that like item 290 and 25 others at random."""
    rng = np.random.default_rng(seed)
    popular = 1 / np.arange(1, ITEMS + 1) ** 0.7
    users: list[int] = []
    items: list[int] = []
    weights: list[float] = []
    for person in range(PEOPLE):
        chance = popular * np.where(np.arange(ITEMS) % 6 == person % 6, 12, 1)
        met = rng.choice(ITEMS, rng.integers(10, 60), replace=False, p=chance / chance.sum())
        users += [person] * len(met)
        items += met.tolist()
        weights += rng.choice([-0.5, 0.0, 0.5, 1.0], len(met), p=[0.1, 0.2, 0.4, 0.3]).tolist()
    for person in range(PEOPLE, PEOPLE + pushers):
        met = rng.choice(TARGET, 25, replace=False)
        users += [person] * 26
        items += [*met.tolist(), TARGET]
        fillers = [-1.0] * 25 if kind == "hate" else rng.choice([-0.5, 0.0, 0.5, 1.0], 25).tolist()
        weights += [*fillers, 1.0]
    n = len(users)
    return Dataset(
        catalogue=CATALOGUE,
        user_ids=tuple(f"u{p}" for p in range(PEOPLE + pushers)),
        users=np.array(users, np.int32),
        items=np.array(items, np.int32),
        kinds=np.full(n, KIND_CODE[EventKind.RATE], np.uint8),
        timestamps=np.full(n, np.nan),
        weights=np.array(weights, np.float32),
        seq=np.arange(n),
    )


@pytest.mark.parametrize("kind", ["random", "hate"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_injected_profiles_are_found_and_people_are_not(kind: str, seed: int) -> None:
    data = world(PUSHERS, kind, seed)
    found = suspicions(data)
    injected = np.arange(data.n_users) >= PEOPLE
    assert (found.suspicion[injected] >= SUSPECTED).mean() >= 0.9
    assert (found.suspicion[~injected] >= SUSPECTED).sum() <= 2
    assert found.score[injected].min() > np.quantile(found.score[~injected], 0.98)
    assert {group.item for group in found.groups} == {TARGET}
    factors = found.factors()
    assert factors[injected].mean() < 0.2
    assert (factors[~injected] == 1).sum() >= PEOPLE - 2


@pytest.mark.parametrize("seed", range(5))
def test_where_nobody_attacks_nobody_is_suspected(seed: int) -> None:
    found = suspicions(world(seed=seed))
    assert found.groups == ()
    assert (found.factors() == 1).all()


def test_a_suspect_is_shown_with_item_figures_and_decision() -> None:
    data = world(PUSHERS)
    found = suspicions(data)
    factors = found.factors()
    verdicts = {"u400": Verdict("u400", confirmed=False), "u3": Verdict("u3", confirmed=True)}
    shown = {s.user_id: s for s in suspects(found, data, verdicts, factors, {})}
    pusher = shown["u401"]
    assert (pusher.status, pusher.items, pusher.reasons[0].code) == ("pending", (f"i{TARGET}",), "pushes")
    assert pusher.reasons[0].facts["found"] > 3 * float(pusher.reasons[0].facts["expected"])
    assert (shown["u400"].status, shown["u400"].suspicion) == ("cleared", 0)
    assert (shown["u3"].status, shown["u3"].suspicion) == ("confirmed", 1)


def test_too_few_people_say_nothing() -> None:
    data = world(PUSHERS)
    few = data.only(data.users < 30)
    assert not suspicions(few).suspicion.any()
    assert not suspicions(data.only(np.zeros(len(data), dtype=bool))).suspicion.any()


def timed(rows: list[tuple[int, int, float]]) -> Dataset:
    """Completed (person, item, hour), in any order."""
    users, items, hours = (np.array(column) for column in zip(*rows, strict=True))
    order = np.lexsort((hours, users))
    n = len(rows)
    return Dataset(
        catalogue=CATALOGUE,
        user_ids=tuple(f"u{p}" for p in range(int(users.max()) + 1)),
        users=users[order].astype(np.int32),
        items=items[order].astype(np.int32),
        kinds=np.full(n, KIND_CODE[EventKind.COMPLETE], np.uint8),
        timestamps=hours[order] * 3600.0,
        weights=np.ones(n, np.float32),
        seq=np.arange(n),
    )


def a_year(rng: np.random.Generator) -> list[tuple[int, int, float]]:
    """200 people who come back all year."""
    return [
        (p, int(i), float(h))
        for p in range(200)
        for i, h in zip(rng.integers(0, 200, 20), rng.uniform(0, 8760, 20), strict=True)
    ]


def test_a_burst_of_accounts_that_do_nothing_else_is_found() -> None:
    rng = np.random.default_rng(0)
    old = [(p, 7, float(h)) for p, h in zip(range(12), rng.uniform(0, 8760, 12), strict=True)]
    burst = [(200 + n, 7, 5000 + n / 60) for n in range(30)]
    found = suspicions(timed([*a_year(rng), *old, *burst]))
    (group,) = found.groups
    assert (group.item, group.code) == (7, "burst")
    assert group.seconds is not None
    assert group.seconds < 3600
    assert (found.suspicion[200:] >= SUSPECTED).mean() > 0.5
    assert not found.suspicion[:200].any()


def test_a_burst_of_regular_people_is_a_hit_and_no_attack() -> None:
    rng = np.random.default_rng(0)
    burst: list[Any] = [(n, 7, 5000 + n / 60) for n in range(60)]
    assert suspicions(timed([*a_year(rng), *burst])).groups == ()


def test_events_count_less_and_stay() -> None:
    data = world(PUSHERS)
    less = data.weighed(suspicions(data).factors()[data.users])
    assert len(less) == len(data)
    assert np.abs(less.weights[data.users >= PEOPLE]).sum() < 0.2 * np.abs(data.weights[data.users >= PEOPLE]).sum()
    np.testing.assert_array_equal(less.items, data.items)
