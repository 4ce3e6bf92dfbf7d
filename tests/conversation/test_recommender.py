"""In a small world it is known what should be recommended, and why."""

import json

import numpy as np
import pytest

from segue.conversation.context import Turn, understood
from segue.conversation.experience import Experience, moments_of
from segue.conversation.features import FEATURES, LEARNT_FROM_TALK, Features
from segue.conversation.judge import SHIPPED, Judge, shipped
from segue.conversation.learning import UNITS, Choices, choices, learn, taught
from segue.conversation.recommender import Recommender
from segue.errors import InvalidInput
from segue.items import Credit
from segue.models.base import TrainOptions
from segue.models.ease import EASE, EASEConfig
from segue.pipeline.stages import World
from segue.settings import Settings
from segue.storage.artifacts import ArtifactFolder

from ..toy_world import catalogue, checkerboard, item

DIRECTOR = Credit("Agnès Varda", "director")
ITEMS = [
    item("laugh", "movie", title="Big Laugh", genres=("comedy",), released="2019"),
    item("laugh2", "movie", title="Big Laugh Again", genres=("comedy",), released="2021"),
    item("fear", "movie", title="Night Fear", genres=("horror",), released="1979"),
    item("cleo", "movie", title="Cleo", genres=("drama",), creators=(DIRECTOR,), released="1962"),
    item("vagabond", "movie", title="Vagabond", genres=("drama",), creators=(DIRECTOR,), released="1985"),
    item("bare", "movie", title=None),
]
WORLD = World(catalogue(ITEMS), {}, {}, Settings())


def person(text, *rows):
    return Turn(text, True, rows)


def guide(text, *rows):
    return Turn(text, False, rows)


def table(turns, world=WORLD, experience=None):
    features = Features(world, experience or Experience.none(len(world.catalogue)))
    return dict(zip(FEATURES, features.of(understood(turns)).T, strict=True))


def letters(texts):
    """Vectors that count letters: enough to tell which texts are alike."""
    return np.array([[text.count(c) for c in "abcdefgh"] for text in texts], np.float32).reshape(-1, 8)


def test_what_is_asked_for_comes_first() -> None:
    recommender = Recommender(WORLD)
    assert recommender.recommend(understood([person("something scary")]), 1).tolist() == [2]
    assert recommender.recommend(understood([person("a comedy please")]), 2)[0] in (0, 1)
    plain, by_varda = (recommender.scores(understood([person(text)])) for text in ("a film", "a film by Agnès Varda"))
    assert (by_varda - plain)[3] > (by_varda - plain)[0]


def test_what_was_named_is_not_recommended_and_leads_to_its_like() -> None:
    best = Recommender(WORLD).recommend(understood([person("I liked", 3)]), 10).tolist()
    assert best[0] == 4
    assert 3 not in best
    assert len(best) == len(ITEMS) - 1


def test_only_what_may_be_shown_is_recommended() -> None:
    allowed = np.array([True, False, False, True, False, False])
    assert set(Recommender(WORLD).recommend(understood([person("horror")]), 5, allowed).tolist()) == {0, 3}
    assert not len(Recommender(WORLD).recommend(understood([person("horror")]), 0))


def test_features_of_an_empty_conversation_say_nothing_but_what_always_holds() -> None:
    still = {"undated", "age_1", "age_3", "age_8", "age_18", "age_38"}
    for name, values in table([]).items():
        assert name in still or not values.any(), name


def test_each_feature_of_the_moment_says_what_it_tells() -> None:
    found = table([person("I liked", 3), person("a funny one, please no horror, new")])
    assert found["credits"][4] > 0 == found["credits"][0]
    assert found["genres"][4] > found["genres"][0]
    assert found["asked"][0] > 0 == found["asked"][2]
    assert found["refused"][2] > 0 == found["refused"][0]
    assert found["new"][1] > 0 == found["new"][3]
    assert found["years"][4] > found["years"][1]
    assert table([person("", 0)])["title"][1] > 0
    assert table([person("agnes varda")])["credit_words"][3] > 0


def test_models_speak_for_what_people_met_together() -> None:
    board = checkerboard()
    ease = EASE(EASEConfig(regularization=1.0, history_decay=1.0))
    ease.train(board.dataset, TrainOptions(threads=1))
    world = World(board.dataset.catalogue, {"ease": ease}, {}, Settings())
    for feeling, sign in (("I loved", 1), ("I hated", -1)):
        found = table([person(feeling, 0)], world)
        same, other = found["people_liked"][2::2].mean(), found["people_liked"][1::2].mean()
        assert sign * (same - other) > 0
        assert found["people"][2::2].mean() > found["people"][1::2].mean()


TALKS = [
    [person("bad cafe", 0), guide("see", 1), guide("or", 1, 2)],
    [person("bad cab", 0), guide("see", 1)],
    [person("hedge", 3), guide("see", 4)],
]


def test_moments_are_what_is_named_first_by_the_one_who_recommends() -> None:
    assert list(moments_of(TALKS[0])) == [(1, (1,)), (2, (2,))]
    assert list(moments_of([person("", 1), guide("", 1)])) == []


def test_experience_counts_and_remembers() -> None:
    past = Experience.of(TALKS, len(ITEMS), letters, 8)
    assert past.times_recommended.tolist() == [0, 2, 1, 0, 1, 0]
    assert past.times_named.tolist() == [2, 2, 1, 1, 1, 0]
    assert past.together(np.array([0], np.int32))[0].tolist() == [0, 2, 1, 0, 0, 0]
    heard = understood([person("bad face")]).heard_as(letters, past.centre)
    after = past.after("asked", heard["asked"])
    assert after.argmax() == 1
    assert after[4] < after[1]
    part = past.without(np.array([True, False, False]))
    assert len(part) == 2
    assert part.times_recommended.tolist() == [0, 1, 0, 0, 1, 0]
    assert part.conversation.tolist() == [0, 1]


def test_experience_comes_back_from_disk(tmp_path) -> None:
    past = Experience.of(TALKS, len(ITEMS), letters, 8)
    past.save(ArtifactFolder(tmp_path))
    again = Experience.load(ArtifactFolder(tmp_path))
    turns = [person("bad", 0)]
    np.testing.assert_array_equal(
        Features(WORLD, past, letters).of(understood(turns)), Features(WORLD, again, letters).of(understood(turns))
    )
    assert not any("bad" in file.read_text(errors="ignore") for file in tmp_path.rglob("*") if file.is_file())


def test_past_conversations_change_what_is_recommended() -> None:
    talks = [[person("", 3), guide("see", 2)]] * 30
    past = Experience.of(talks, len(ITEMS), letters, 8)
    context = understood([person("", 3)])
    assert Recommender(WORLD, past).recommend(context, 1).tolist() == [2]
    assert Recommender(WORLD).recommend(context, 1).tolist() != [2]


def test_without_conversations_what_they_teach_is_zero() -> None:
    found = table([person("comedy", 0)])
    assert not any(found[name].any() for name in LEARNT_FROM_TALK)


def test_parts_say_what_the_score_would_lose() -> None:
    judge = Judge.weighted({"genres": 2.0, "refused": -1.0, "age_1": 0.0})
    recommender = Recommender(WORLD, judge=judge)
    context = understood([person("I liked", 3), person("not a drama")])
    parts = {part.feature: part.added for part in recommender.parts(context, 4)}
    assert list(parts) == ["genres", "refused"]
    features = recommender.features.of(context)[:, list(FEATURES).index("genres")]
    assert parts["genres"] == pytest.approx(2 * (features[4] - features.mean()), abs=1e-5)
    assert parts["refused"] < 0 < parts["genres"]
    assert Recommender(WORLD).parts(context, 4)


def test_weights_are_learnt_from_choices() -> None:
    rng = np.random.default_rng(7)
    good = list(FEATURES).index("asked")
    drawn = []
    for _ in range(200):
        items = rng.normal(size=(40, len(FEATURES))).astype(np.float32)
        items[:, 0] = 1.0
        answer = np.array([items[:, good].argmax()], np.int32)
        drawn.append(choices(items, answer, np.zeros(0, np.int32), np.zeros(40, np.float32), rng, 20))
    weights = learn(Choices.joined(drawn))
    assert max(weights, key=lambda name: weights[name]) == "asked"
    assert next(iter(FEATURES)) not in weights  # it never differs


def test_named_items_are_never_drawn() -> None:
    rng = np.random.default_rng(7)
    items = np.zeros((5, len(FEATURES)), np.float32)
    items[:, 0] = np.arange(5)
    found = choices(items, np.array([4], np.int32), np.array([1, 2], np.int32), np.zeros(5, np.float32), rng, 50)
    assert set(found.table[0, 1:, 0].tolist()) <= {0.0, 3.0}


def together_only(rng, n=1500):
    """Choices that no weighted sum explains: the answer is where two features have the same sign."""
    drawn = []
    for _ in range(n):
        items = np.zeros((40, len(FEATURES)), np.float32)
        items[:, :2] = rng.normal(size=(40, 2))
        answer = np.array([(items[:, 0] * items[:, 1]).argmax()], np.int32)
        drawn.append(choices(items, answer, np.zeros(0, np.int32), np.zeros(40, np.float32), rng, 20))
    return Choices.joined(drawn)


def test_the_network_learns_what_goes_together() -> None:
    rng = np.random.default_rng(7)
    told, asked = together_only(rng), together_only(rng, 100)
    summed = Judge.weighted(learn(told))
    network = taught(told, networks=1)
    right = {
        name: np.mean([judge.scores(moment).argmax() == 0 for moment in asked.table])
        for name, judge in (("sum", summed), ("network", network))
    }
    assert right["network"] > 2 * right["sum"]
    again = taught(told, networks=1)
    np.testing.assert_array_equal(again.scores(asked.table[0]), network.scores(asked.table[0]))


def test_judges_are_written_and_read_and_joined() -> None:
    judge = taught(together_only(np.random.default_rng(7), 64), networks=2)
    table = np.random.default_rng(1).normal(size=(9, len(FEATURES))).astype(np.float32)
    again = Judge.of_json(json.loads(json.dumps(judge.as_json())))
    np.testing.assert_allclose(again.scores(table), judge.scores(table), atol=0.01)
    assert judge.hidden.shape == (len(FEATURES), len(judge.out)) == (len(FEATURES), 2 * UNITS)
    np.testing.assert_allclose(Judge.together([judge, judge]).scores(table), judge.scores(table), rtol=1e-4, atol=1e-4)


def test_a_judge_that_knows_fewer_features_passes_over_the_others() -> None:
    stored = Judge.weighted({"asked": 2.0}).as_json()
    for part in ("features", "middle", "spread", "linear", "hidden"):
        stored[part] = stored[part][5:]
    table = np.ones((1, len(FEATURES)), np.float32)
    assert Judge.of_json(stored).scores(table)[0] == pytest.approx(2.0, rel=1e-3)
    with pytest.raises(InvalidInput, match="charm"):
        Judge.of_json({**stored, "features": ["charm", *stored["features"][1:]]})


def test_huge_features_do_not_drown_everything() -> None:
    judge = shipped("fresh")
    table = np.full((2, len(FEATURES)), 1e9, np.float32)
    assert np.isfinite(judge.scores(table)).all()


def test_those_that_ship_can_be_read() -> None:
    assert set(json.loads(SHIPPED.read_text(encoding="utf-8"))) >= {"experienced", "fresh"}
    table = np.zeros((3, len(FEATURES)), np.float32)
    for name in ("experienced", "fresh"):
        assert np.isfinite(shipped(name).scores(table)).all()
    told = [list(FEATURES).index(name) for name in LEARNT_FROM_TALK]
    assert not shipped("fresh").linear[told].any()


def test_unknown_weights_are_refused() -> None:
    with pytest.raises(InvalidInput, match="charm"):
        Judge.weighted({"charm": 1.0})


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("items", [[], [item("bare", "movie", title=None)]])
def test_small_catalogues(items) -> None:
    world = World(catalogue(items), {}, {}, Settings())
    turns = [person("a horror film, not a comedy, something old or new"), guide("what about it")]
    best = Recommender(world, encode=letters).recommend(understood(turns), 3)
    assert len(best) == len(items)


def test_items_that_were_removed_are_not_recommended() -> None:
    whole = catalogue(ITEMS)
    part = type(whole)(whole.ids, (None, *whole.items[1:]))
    assert 0 not in Recommender(World(part, {}, {}, Settings())).recommend(understood([person("comedy")]), 10)
