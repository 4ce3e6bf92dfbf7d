"""From films to music: shared topics and contents say what to hear, seen from the mean of each medium."""

from dataclasses import replace

import numpy as np
import pytest

from segue.catalogue import Catalogue
from segue.dataset import History
from segue.items import Credit, ItemKind
from segue.pipeline.answer import answer
from segue.pipeline.sources.across import Across, bridge
from segue.pipeline.stages import Request, World
from segue.profiles.history import Live
from segue.queries import Constraints, Query
from segue.settings import RankingSettings, Settings
from segue.testing.stages import NOW, Counted, Nearest

from ..toy_world import item

ANN = (Credit("Ann Lee", "composer"),)
ITEMS = [
    item("slow film", "movie", genres=("drama",), tags=("melancholic",), language="fr"),
    item("slow film 2", "movie", genres=("drama",), tags=("melancholic",), language="en"),
    item("loud film", "movie", genres=("action",), tags=("fierce",), language="en", creators=ANN),
    item("loud film 2", "movie", genres=("action",), tags=("fierce",), language="en"),
    item("slow song", tags=("melancholic",), language="en"),
    item("loud song", tags=("fierce",), language="en"),
    item("hit", tags=("happy",), language="en"),
    item("ann's song", tags=("happy",), language="en", creators=(Credit("Ann Lee", "artist"),)),
    item("french song", tags=("happy",), language="fr"),
    item("talk", "podcast_episode", tags=("melancholic",), language="en"),
    item("other talk", "podcast_episode", tags=("fierce",), language="en"),
    item("spot", "ad", tags=("melancholic",), language="en"),
    *(item(f"song {n}", tags=("happy",), language="en") for n in range(20)),
]
ROW = {one.id: row for row, one in enumerate(ITEMS)}
TRACKS = [row for row, one in enumerate(ITEMS) if one.kind is ItemKind.TRACK]
COUNTS = np.array([9, 8, 9, 8, 10, 10, 20, 12, 12, 2, 2, 1, *[6, 8, 10, 12, 16] * 4], np.float32)


def world(vectors=None, items=ITEMS, counts=COUNTS, models=None):
    ranking = RankingSettings(blend={"home": {"across": 1.0, "content": 1.0, "popular_recent": 0.1}}, diversity=0)
    return World(Catalogue.build(items), models or {}, vectors or {}, Settings(ranking=ranking), "v1", counts)


def likes(*ids, **disliked):
    ids = [name.replace("_", " ") for name in (*ids, *disliked)]
    return History.of([ROW[name] for name in ids], [1.0] * (len(ids) - len(disliked)) + list(disliked.values()), "ann")


def scores(history, there=None, **query):
    request = Request(Query(user_id="ann", **query), there or world(), history, NOW, np.random.default_rng(0))
    return Across().scores(request)


def test_tracks_of_the_mood_of_the_films_come_before_the_hit():
    found = scores(likes("slow film 2"))
    assert max(TRACKS, key=lambda row: found[row]) == ROW["slow song"]
    assert found[ROW["slow song"]] > found[ROW["hit"]] > found[ROW["loud song"]]
    other = scores(likes("loud film 2"))
    assert max(TRACKS, key=lambda row: other[row]) == ROW["loud song"]


def test_what_is_disliked_turns_away():
    found = scores(likes("slow film", loud_film_2=-1.0))
    assert found[ROW["loud song"]] < scores(likes("slow film"))[ROW["loud song"]]


def test_what_is_left_of_a_film_says_nothing_of_a_forgotten_topic():
    mixed = item("mixed film", "movie", tags=("melancholic", "happy"))
    there = world(items=[*ITEMS, mixed])
    column = there.catalogue.topics.column
    liked = History.of([len(ITEMS)], [0.5], "ann")
    forgetting = replace(liked, forgotten={"tag:melancholic": np.array([True])})
    plain, found = (bridge(Request(Query(), there, one, NOW, np.random.default_rng(0))) for one in (liked, forgetting))
    assert plain.topics[column["tag:melancholic"]] > 0.01
    assert found.topics[column["tag:melancholic"]] == pytest.approx(0, abs=1e-6)
    assert found.topics[column["tag:happy"]] == plain.topics[column["tag:happy"]]
    song = ROW["slow song"]
    assert found.parts["topics"][song] < plain.parts["topics"][song]


def test_it_speaks_of_new_media_alone_and_never_of_adverts():
    found = scores(likes("slow film"))
    assert np.isfinite(found[TRACKS]).all()
    assert np.isfinite(found[[ROW["talk"], ROW["other talk"]]]).all()
    assert np.isnan(found[[ROW["slow film 2"], ROW["loud film"], ROW["spot"]]]).all()
    both = scores(likes("slow film", "hit"))
    assert np.isnan(both[TRACKS]).all()
    assert both[ROW["talk"]] > both[ROW["other talk"]]
    skipped = scores(likes("slow film", hit=-1.0))  # to have skipped one track is no taste in music
    assert np.isfinite(skipped[TRACKS]).all()


@pytest.mark.parametrize(
    ("history", "query"),
    [
        (History.empty("ann"), {}),
        (likes(slow_film=-1.0), {}),
        (likes("slow film", "hit", "talk"), {}),
        (likes("slow film"), {"recipe": "similar", "seeds": ("hit",)}),
    ],
    ids=["nothing known", "only dislikes", "knows all media", "seeds"],
)
def test_it_is_silent_where_there_is_nothing_to_cross(history, query):
    assert scores(history, **query) is None


def test_it_is_silent_where_media_have_nothing_in_common():
    bare = [item("f", "movie", genres=("drama",)), item("f2", "movie", genres=("war",)), item("a"), item("b")]
    there = world(items=bare, counts=np.ones(4, np.float32))
    request = Request(Query(), there, History.of([0]), NOW, np.random.default_rng(0))
    assert Across().scores(request) is None


def contents():
    """What is said and how it sounds: three moods; and a fourth direction, much stronger, that is the medium's own."""
    mood = {"melancholic": 0, "fierce": 1, "happy": 2}
    rows = np.zeros((len(ITEMS), 4), np.float32)
    for row, one in enumerate(ITEMS):
        rows[row, mood[one.tags[0]]] = 1
        rows[row, 3] = {ItemKind.MOVIE: 3, ItemKind.TRACK: -3}.get(one.kind, 0)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_contents_are_seen_from_the_mean_of_their_medium():
    bare = [one.model_copy(update={"tags": (), "genres": (), "language": None, "creators": ()}) for one in ITEMS]
    vectors = contents()
    # One track that sounds a little like a film and like nothing that anybody likes.
    vectors[ROW["hit"]] = np.array([0, 0.1, 1, 0], np.float32) / np.sqrt(np.float32(1.01))
    there = world({"mixed": vectors}, bare, np.ones(len(ITEMS), np.float32))
    near = vectors[TRACKS] @ vectors[ROW["slow film"]]
    assert TRACKS[int(np.argmax(near))] == ROW["hit"]
    found = scores(likes("slow film"), there)
    assert max(TRACKS, key=lambda row: found[row]) == ROW["slow song"]


def test_what_is_missing_is_unknown_and_newer_items_are_scored():
    vectors = contents()
    vectors[ROW["loud song"]] = np.nan
    bare = [one.model_copy(update={"tags": (), "language": None}) for one in ITEMS]
    there = world({"mixed": vectors}, bare, models={"popular_all": Counted(COUNTS[: ROW["hit"]])})
    found = scores(likes("slow film"), there)
    assert np.isnan(found[ROW["loud song"]])
    assert np.isfinite(found[ROW["hit"]])


def test_popularity_decides_between_equals():
    counts = COUNTS.copy()
    counts[[ROW["french song"], ROW["ann's song"]]] = 5, 2
    same = [replace_language(one) for one in ITEMS]
    found = scores(likes("slow film"), world(items=same, counts=counts))
    assert found[ROW["hit"]] > found[ROW["french song"]] > found[ROW["ann's song"]]


def replace_language(one):
    return one.model_copy(update={"language": None, "creators": ()})


def test_the_home_page_of_a_filmgoer_who_asks_for_music():
    there = world({"mixed": contents()}, models={"content": Nearest(contents()), "popular_recent": Counted(COUNTS)})
    query = Query(user_id="ann", k=3, constraints=Constraints(kinds=(ItemKind.TRACK,)), seed=1)
    found = answer(there, query, Live(likes("slow film", "slow film 2")), NOW)
    assert next(iter(found)).item.id == "slow song"
    assert "across" in next(iter(found)).sources
    unread = answer(there, query.model_copy(update={"personal": False}), Live(likes("slow film")), NOW)
    assert next(iter(unread)).item.id == "hit"


@pytest.mark.parametrize(
    ("history", "item_id", "en", "zh"),
    [
        (
            likes("slow film", "slow film 2"),
            "slow song",
            "Because you like “melancholic” films",
            "因为你喜欢“melancholic”的电影",
        ),
        (likes("loud film"), "ann's song", "Because you like films with Ann Lee", "因为你喜欢Ann Lee的电影"),
        (likes("slow film"), "french song", "Because you like films in its language", "因为你喜欢同一语言的电影"),
        (likes("slow film"), "hit", "Because many people here choose it", "因为这里有很多人选择它"),
        (likes("slow song"), "talk", "Because you like “melancholic” music", "因为你喜欢“melancholic”的音乐"),
    ],
    ids=["mood", "person", "language", "popular", "other medium"],
)
def test_the_reason_names_what_brought_it_over(history, item_id, en, zh):
    for language, expected in (("en", en), ("zh", zh)):
        found = answer(world(), Query(user_id="ann", k=40, language=language, seed=1), Live(history), NOW)
        told = next(pick.reason for pick in found if pick.item.id == item_id)
        assert told.text == expected
        assert all(e.weight > 0 for e in told.evidence)


def test_the_reason_of_shared_contents_names_what_was_liked():
    bare = [one.model_copy(update={"tags": (), "language": None, "creators": ()}) for one in ITEMS]
    there = world({"mixed": contents()}, bare, np.ones(len(ITEMS), np.float32))
    found = answer(there, Query(user_id="ann", k=40, seed=1), Live(likes("loud film 2", slow_film=-1.0)), NOW)
    told = next(pick.reason for pick in found if pick.item.id == "loud song")
    assert told.text == "Because you finished “Loud Film 2”"


def test_a_bridge_is_built_once_a_request():
    request = Request(Query(), world(), likes("slow film"), NOW, np.random.default_rng(0))
    assert bridge(request) is bridge(request)
    assert bridge(replace(request)) is not bridge(request)
