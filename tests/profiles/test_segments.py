"""People of each kind, and groups whose tastes are known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from segue.catalogue import Catalogue
from segue.dataset import Dataset, History
from segue.errors import StorageError
from segue.events import Event, EventTable
from segue.items import Item
from segue.profiles.segments import ACTIVITY, KNOWN, NAMES, activity, known, segments
from segue.profiles.tastes import Tastes, tastes
from segue.settings import SegmentSettings, Settings
from segue.storage.artifacts import ArtifactFolder

DAY = 86_400.0
NOW = 1.7e9
GAP_S = 1800.0
WANTED = SegmentSettings()


def told(days_ago, weights=None):
    """Events so many days ago, oldest first."""
    history = History.of([0] * len(days_ago), weights)
    return replace(history, timestamps=NOW - DAY * np.asarray(days_ago, float))


def kind(days_ago, **stated):
    return activity(told(days_ago), WANTED.model_copy(update=stated), NOW, GAP_S)


@pytest.mark.parametrize(("events", "found"), [([], "new"), ([0, 0], "new"), ([1], "few"), ([1] * 5, "warm")])
def test_how_much_is_known_counts_the_events_that_say_something(events, found):
    assert known(History.of(list(range(len(events))), events)) == found


@pytest.mark.parametrize(
    ("days_ago", "found"),
    [
        ([], "new"),
        ([3, 2, 1, 0], "new"),
        (np.linspace(60, 1, 12), "light"),
        (np.linspace(29, 1, 20), "heavy"),
        (np.linspace(31, 1, 20), "light"),
        ([90, 89, 88, 87, 86, 5], "returning"),
        ([90, 89, 88, 87, 86, 8, 5], "light"),  # back for longer than a week
        (np.linspace(60, 15, 10), "light"),  # comes every five days: two weeks are not long
        (np.linspace(60, 16, 10), "at_risk"),
        (np.linspace(60, 13, 80), "heavy"),  # usually here daily, but two weeks are not over
        (np.linspace(400, 40, 10), "light"),  # comes every forty days
    ],
)
def test_activity(days_ago, found):
    assert kind(days_ago) == found


def test_the_definitions_are_settings():
    seldom = np.linspace(60, 1, 12)
    assert kind(seldom, new_events=13) == "new"
    assert kind(seldom, heavy_events=3) == "heavy"
    assert kind([90, 89, 88, 87, 86, 5], away_days=100) == "light"
    assert kind(np.linspace(60, 16, 10), risk_days=20) == "light"
    assert kind(np.linspace(60, 16, 10), risk_factor=4) == "light"


def test_later_events_and_those_that_say_nothing_do_not_count():
    assert kind([*np.linspace(29, 1, 20), -1, -2]) == "heavy"
    assert kind([2, 1, 0, -1, -2]) == "new"
    assert activity(told([5, 4, 3, 2, 1], [1, 0, 0, 1, 1]), WANTED, NOW, GAP_S) == "new"


def test_without_times_the_number_decides():
    assert activity(History.of(range(6)), WANTED, NOW, GAP_S) == "light"
    assert activity(History.of(range(20)), WANTED, NOW, GAP_S) == "heavy"


def test_the_order_of_events_does_not_matter():
    days = np.array([90, 89, 88, 87, 86, 5.0])
    assert kind(days[::-1]) == "returning"


def test_the_most_telling_comes_first():
    heavy = told(np.linspace(29, 1, 20))
    assert segments(heavy, WANTED, NOW, GAP_S, "taste_horror") == ("taste_horror", "heavy", "warm")
    assert segments(told([1]), WANTED, NOW, GAP_S) == ("few", "new")
    assert segments(History.empty(), WANTED, NOW, GAP_S) == ("new",)
    assert set(NAMES["en"]) == set(NAMES["zh"]) == {*ACTIVITY, *KNOWN}


# Tastes

GENRES = ("horror", "musical", "western")


def lovers(per_taste=40, own=0.9, seed=3):
    """A third of the people love each genre; every item is also a drama, and has one of many tags."""
    rng = np.random.default_rng(seed)
    items = [
        Item(id=f"i{n}", kind="movie", genres=(GENRES[n % 3], "drama"), tags=(f"tag {n % 40}",), language="en")
        for n in range(120)
    ]
    events = []
    for person in range(3 * per_taste):
        for n in rng.permutation(120):
            if rng.random() < (own if n % 3 == person % 3 else (1 - own) / 2) * 0.3:
                events.append(Event(id=f"e{len(events)}", user_id=f"u{person}", item_id=f"i{n}", kind="like"))
    return Dataset.build(Catalogue.build(items), EventTable.of(events), Settings().signals)


@pytest.fixture(scope="module")
def log():
    return lovers()


@pytest.fixture(scope="module")
def found(log):
    return tastes(log, 8, 7)


def test_tastes_are_found_and_named_by_what_sets_them_apart(log, found):
    assert sorted(cluster.key for cluster in found.clusters) == ["taste_horror", "taste_musical", "taste_western"]
    for cluster in found.clusters:
        genre = cluster.key.removeprefix("taste_")
        assert cluster.topics[0].key == f"genre:{genre}"
        assert cluster.topics[0].lift > 2
        assert "genre:drama" not in {topic.key for topic in cluster.topics}
        assert cluster.name().startswith(genre)
        assert cluster.name(True, {genre: "中文"}).startswith("中文")
        assert 35 <= cluster.people <= 45
    own = [found.of(log.history(u), log.catalogue) for u in range(log.n_users)]
    right = [cluster.key == f"taste_{GENRES[int(log.user_ids[u][1:]) % 3]}" for u, cluster in enumerate(own) if cluster]
    assert np.mean(right) > 0.97


def test_who_has_shown_no_taste_is_in_no_cluster(log, found):
    assert found.of(History.empty(), log.catalogue) is None
    assert found.of(History.of([0], [-1]), log.catalogue) is None
    assert found.of(History.of(range(120)), log.catalogue) is None  # likes all alike
    assert Tastes().of(log.history(0), log.catalogue) is None


def test_where_there_are_no_groups_none_are_made(log):
    assert not tastes(log, 0, 7).clusters
    assert not tastes(log.only(log.users < 20), 8, 7).clusters  # too few people
    bare = Catalogue.build([Item(id=item_id, kind="movie") for item_id in log.catalogue.ids])
    assert not tastes(replace(log, catalogue=bare), 8, 7).clusters
    assert not tastes(log.only(np.zeros(len(log), bool)), 8, 7).clusters


def test_the_same_log_gives_the_same_tastes(log, found):
    again = tastes(log, 8, 99)
    assert again.clusters == found.clusters
    np.testing.assert_array_equal(again.centres, found.centres)


def test_items_that_came_or_went_since(log, found):
    more = Catalogue((*log.catalogue.ids, "new"), (None, *log.catalogue.items[1:], Item(id="new", kind="track")))
    assert found.of(History.of([120, 1, 4, 7]), more).key == "taste_musical"


def test_saved_and_loaded(log, found, tmp_path: Path):
    found.save(ArtifactFolder(tmp_path))
    again = Tastes.load(ArtifactFolder(tmp_path))
    assert again.clusters == found.clusters
    assert again.of(log.history(5), log.catalogue) == found.of(log.history(5), log.catalogue)
    assert Tastes.load(ArtifactFolder(tmp_path / "none")).clusters == ()
    stated = ArtifactFolder(tmp_path).read_json("tastes")
    ArtifactFolder(tmp_path).write_json("tastes", {**stated, "clusters": [{"key": "x"}]})
    with pytest.raises(StorageError, match="Train again"):
        Tastes.load(ArtifactFolder(tmp_path))


def test_names_that_could_be_mistaken_are_told_apart(log):
    items = [replace_genres(item, f"{genre}!" if n % 2 else genre) for n, (item, genre) in enumerate(named(log))]
    renamed = replace(log, catalogue=Catalogue.build(items))
    keys = [cluster.key for cluster in tastes(renamed, 8, 7).clusters]
    assert len(set(keys)) == len(keys)


def named(log):
    return [(item, item.genres[0]) for item in log.catalogue.items]


def replace_genres(item, genre):
    return item.model_copy(update={"genres": (genre, "drama")})
