"""The benchmark of groups asks for what was held out, and its figures mean what they say."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks import groups

from segue.groups import STRATEGIES
from segue.testing.stages import Nearest

from ..toy_world import checkerboard


@pytest.fixture(scope="module")
def data() -> groups.Data:
    return groups.split(checkerboard(size=12).dataset)


@pytest.fixture(scope="module")
def there(data: groups.Data) -> groups.World:
    models = {"ease": Nearest(data.train.vectors["mixed"])}
    return groups._world(data.train, models, "all")


def test_what_is_asked_for_is_the_last_and_is_not_told(data: groups.Data) -> None:
    log = checkerboard(size=12).dataset
    for user in range(log.n_users):
        told, whole = data.train.history(user).items.tolist(), log.history(user).items.tolist()
        assert whole[: len(told)] == told
        assert data.answers[user] == set(whole[len(told) :])
        assert len(data.answers[user]) == 2  # of eleven


def test_like_minded_groups_are_of_one_taste(data: groups.Data, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "ALIKE", 8)
    people = np.arange(data.train.n_users, dtype=np.int32)
    drawn = groups.drawn(data, people, 4, 10, alike=True, seed=1)
    assert all(len({user % 2 for user in group}) == 1 and len(set(group)) == 4 for group in drawn)
    mixed = groups.drawn(data, people, 4, 10, alike=False, seed=1)
    assert any(len({user % 2 for user in group}) == 2 for group in mixed)
    assert groups.drawn(data, people, 4, 10, alike=False, seed=1) == mixed


def test_halves_have_nobody_in_common() -> None:
    one, other = groups.halves(101)
    assert len(one) + len(other) == 101
    assert not set(one.tolist()) & set(other.tolist())


def test_ndcg_of_known_lists() -> None:
    assert groups.ndcg([3, 1, 2], {3}) == 1
    assert groups.ndcg([1, 3], {3}) == pytest.approx(1 / np.log2(3))
    assert groups.ndcg([1, 2], {3}) == groups.ndcg([1], set()) == 0
    assert groups.ndcg(list(range(20)), set(range(20))) == pytest.approx(1)


def test_balance_is_the_least_beside_the_mean() -> None:
    np.testing.assert_allclose(groups.balance(np.array([[1.0, 3.0], [2.0, 2.0], [0.0, 0.0]])), [0.5, 1, np.nan])


def test_one_taste_is_served_like_one_person_and_the_least_is_never_above_the_mean(
    data: groups.Data, there: groups.World
) -> None:
    ways = groups.ways(data, there, there, there)
    assert set(STRATEGIES) < set(ways)
    for name, way in ways.items():
        found = groups.judged(data, [[0, 2, 4], [1, 3, 0]], way)
        assert (found["least"] <= found["mean"] + 1e-9).all(), name
        assert found["hit"][0] > 0, name
    assert groups.judged(data, [[0, 1]], ways["own list"])["mean"][0] > 0.3


def test_turns_are_taken_and_nothing_is_taken_twice(data: groups.Data, there: groups.World) -> None:
    seen: list[int] = []
    ask = groups.ask

    def watched(*arguments: object, **fields: object) -> object:
        found = ask(*arguments, **fields)  # type: ignore[arg-type]
        seen.append(there.catalogue.row(found[0].item.id))
        return found

    groups.ask = watched  # type: ignore[assignment]
    try:
        fits, gains, hits = groups.taken(data, there, there, [0, 1], "fairness")
    finally:
        groups.ask = ask  # type: ignore[assignment]
    assert len(set(seen)) == len(seen) == groups.TURNS
    assert {row % 2 for row in seen[:2]} == {0, 1}
    assert groups.balance(fits[None])[0] > 0.7
    assert (gains > 0).all()
    assert hits.sum() <= groups.TURNS
