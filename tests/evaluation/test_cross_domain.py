"""The benchmark across media tells people nothing of the medium it asks about, and its figures mean what they say."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks import cross_domain as cross

from segue.arrays import Mask
from segue.dataset import Dataset

from ..toy_world import catalogue, dataset, item

TASTES, FILMS, TRACKS, PEOPLE = 2, 8, 12, 40


@pytest.fixture(scope="module")
def log() -> Dataset:
    """Two tastes that hold in both media; each person meets films and tracks of theirs, in turn, the tracks twice."""
    items = [
        item(f"{kind}{taste}-{n}", kind, tags=(f"taste {taste}",))
        for taste in range(TASTES)
        for kind, many in (("movie", FILMS), ("track", TRACKS))
        for n in range(many)
    ]
    rng = np.random.default_rng(5)
    events = []
    for turn in range(10):
        for user in range(PEOPLE):
            taste, kind = user % TASTES, ("movie", "track")[turn % 2]
            events.append((f"u{user}", f"{kind}{taste}-{rng.integers(FILMS if kind == 'movie' else TRACKS)}"))
    return dataset(events, catalogue(items))


@pytest.fixture(scope="module")
def media(log: Dataset) -> tuple[Mask, Mask]:
    return cross.of_kinds(log.catalogue, ["movie"]), cross.of_kinds(log.catalogue, ["track"])


def cut(log: Dataset, media: tuple[Mask, Mask]) -> list[cross.Fold]:
    past = log.timestamps < np.quantile(log.timestamps, 0.7)
    return list(cross.folds(log, *media, past, ~past))


def test_everybody_is_asked_once_and_told_nothing_of_the_medium(log: Dataset, media: tuple[Mask, Mask]) -> None:
    found = cut(log, media)
    people = np.concatenate([fold.people for fold in found])
    assert len(found) == cross.FOLDS
    assert sorted(people.tolist()) == sorted(set(people.tolist()))
    assert len(people) > PEOPLE / 2
    began = np.quantile(log.timestamps, 0.7)
    for fold in found:
        assert (fold.train.timestamps < began).all()
        asked = np.isin(fold.train.users, fold.people)
        assert media[0][fold.train.items[asked]].all()
        assert media[1][fold.train.items[~asked]].any()
        for user, answers in zip(fold.people.tolist(), fold.answers, strict=True):
            own = log.items[(log.users == user) & (log.timestamps >= began) & log.positive]
            assert set(answers.tolist()) == {row for row in own.tolist() if media[1][row]}


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0.0), (1.0, 1.0)])
def test_so_many_know_both_media(log: Dataset, media: tuple[Mask, Mask], share: float, expected: float) -> None:
    fold = cross.with_bridges(cut(log, media)[0], media[0], share, 3)
    others = ~np.isin(np.arange(log.n_users), fold.people)
    knows = [np.bincount(fold.train.users[own[fold.train.items]], minlength=log.n_users)[others] > 0 for own in media]
    assert (knows[0] & knows[1]).mean() == pytest.approx(expected, abs=0.1)
    assert (knows[0] | knows[1]).mean() > 0.9


def test_the_taste_is_found_and_the_figures_are_those_of_the_lists(log: Dataset, media: tuple[Mask, Mask]) -> None:
    found = cross.Asked(media[1])
    names = ("popular_all", "popular_recent", "item_knn", "ease")
    truth = {user: np.ones(log.n_items, np.float32) for user in log.user_ids}
    for fold in cut(log, media)[:2]:
        cross.ask(fold, [found], names, truth=truth.__getitem__)
    by_name = {row["ranks by"]: row for row in cross.rows(found)}
    assert by_name["topics alone"]["ratio"][1] > 1  # shared tags: the lower bound is above most-popular
    assert by_name["shared people: ease"]["ratio"][0] > 1.2
    assert by_name["home by score"]["ratio"][0] > 1.2
    assert by_name["implicit: item-item cosine"]["ratio"][0] > 1.2
    assert max(by_name[name]["ratio"][0] for name in cross.BASELINES) == 1
    assert len(found.lists["across"]) == len(found.answers)
    tracks = set(np.flatnonzero(media[1]).tolist())
    assert all(set(rows.tolist()) <= tracks for listed in found.lists.values() for rows in listed)


def test_ratio_and_its_interval() -> None:
    a, b = np.full(50, 0.6), np.full(50, 0.3)
    assert cross.ratio(a, b) == [2.0, 2.0, 2.0]
    b[:25] = 0.1
    value, low, high = cross.ratio(a, b)
    assert low < value == 3.0 < high
