from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from segue.models import TABLE
from segue.pipeline.rankers.blend import Blend, standardised
from segue.pipeline.rankers.fusion import Fusion
from segue.pipeline.sources.scored import Scored
from segue.testing.stages import pool, requests, world
from segue.training.contenders import RULES, Size, contenders
from segue.training.ensemble import (
    RANK_CONSTANT,
    Asked,
    Mix,
    alone,
    by_likelihood,
    by_ndcg,
    cross_fitted,
    fusion,
    reciprocal_ranks,
)

Learner = Callable[[Asked], Mix]
SIZE = Size(
    items=5000,
    people=2000,
    events=200_000,
    history=40,
    times=True,
    spaces=("text", "mixed"),
    gpu=False,
    cores=2,
)


def asked(scores: np.ndarray, answers: np.ndarray, models: tuple[str, ...]) -> Asked:
    """From raw scores (people, candidates, models) and one answer each."""
    standard = np.full(scores.shape, np.nan, np.float32)
    reciprocal = np.zeros(scores.shape, np.float32)
    for u in range(scores.shape[0]):
        for m in range(scores.shape[2]):
            own = scores[u, :, m].astype(np.float32)
            z = standardised(own)
            standard[u, :, m] = np.nan if z is None else np.where(np.isfinite(own), z, np.nan)
            reciprocal[u, :, m] = reciprocal_ranks(own)
    chosen = np.zeros(scores.shape[:2], bool)
    chosen[np.arange(len(answers)), answers] = True
    return Asked(models, standard, reciprocal, np.ones_like(chosen), chosen, np.ones(len(answers), np.int32))


def noisy(signals: list[float], people: int = 300, candidates: int = 60, seed: int = 0) -> Asked:
    """Models of noise in which the answer stands out by so much."""
    rng = np.random.default_rng(seed)
    answers = rng.integers(0, candidates, people)
    scores = rng.normal(size=(people, candidates, len(signals)))
    scores[np.arange(people), answers] += signals
    return asked(scores, answers, tuple(f"m{n}" for n in range(len(signals))))


@pytest.mark.parametrize("learn", [by_likelihood, by_ndcg])
def test_weights_are_convex_and_favour_what_knows_the_answer(learn: Learner) -> None:
    world = noisy([2.0, 1.0, 0.0, 0.0])
    learnt = learn(world)
    assert learnt.fusion == "scores"
    assert all(weight > 0 for weight in learnt.weights.values())
    assert sum(learnt.weights.values()) == pytest.approx(1, abs=0.02)
    assert learnt.weights["m0"] > learnt.weights["m1"] > max(learnt.weights.get(n, 0) for n in ("m2", "m3"))


@pytest.mark.parametrize("learn", [by_likelihood, by_ndcg])
def test_models_that_err_apart_are_better_together_also_for_people_not_learnt_from(learn: Learner) -> None:
    world = noisy([1.5, 1.5])
    together = cross_fitted(world, learn, 7).mean()
    for model in world.models:
        assert together > world.ndcg(alone(model).scores(world)).mean() + 0.05


def test_what_is_learnt_from_noise_does_not_count_for_others() -> None:
    world = noisy([0.0] * 8, people=40)
    assert cross_fitted(world, by_ndcg, 7).mean() < world.ndcg(by_ndcg(world).scores(world)).mean()


def test_learning_is_never_below_the_best_model_on_what_it_learns_from() -> None:
    for seed in range(5):
        world = noisy([1.0, 0.2, -2.0], people=50, seed=seed)
        single = max(world.ndcg(Mix("scores", {m: 1.0}).scores(world)).mean() for m in world.models)
        assert world.ndcg(by_ndcg(world).scores(world)).mean() >= single - 1e-3


@pytest.mark.parametrize("learn", [by_likelihood, by_ndcg])
def test_learning_without_any_answer_among_the_candidates_still_gives_weights(learn: Learner) -> None:
    world = noisy([1.0, 1.0], people=20)
    unanswered = replace(world, answers=np.zeros_like(world.answers))
    assert sum(learn(unanswered).weights.values()) == pytest.approx(1, abs=0.02)


def test_ndcg_counts_ties_against_and_answers_that_are_no_candidates() -> None:
    world = noisy([0.0], people=1, candidates=12)
    flat = np.zeros((1, 12), np.float32)
    assert world.ndcg(flat).tolist() == [0]  # eleven rivals come first
    perfect = world.answers.astype(np.float32)
    assert world.ndcg(perfect).tolist() == [1]
    assert replace(world, counts=np.array([2], np.int32)).ndcg(perfect)[0] == pytest.approx(1 / (1 + 1 / np.log2(3)))


def test_reciprocal_ranks_are_those_of_the_paper() -> None:
    found = reciprocal_ranks(np.array([0.3, np.nan, 9.0, 0.3], np.float32))
    np.testing.assert_allclose(found, [1 / 62.5, 0, 1 / (RANK_CONSTANT + 1), 1 / 62.5], rtol=1e-6)
    world = noisy([1.0, 1.0, 1.0])
    np.testing.assert_allclose(fusion(world.models).scores(world), world.reciprocal.mean(axis=2), rtol=1e-5)


class Says(Scored):
    def __init__(self, name: str, scores: np.ndarray) -> None:
        super().__init__()
        self.name, self.given = name, scores

    def compute(self, request: object) -> np.ndarray:
        return self.given


@pytest.mark.parametrize("ranker", [Blend, Fusion])
def test_what_is_learnt_is_what_is_served(ranker: type[Blend] | type[Fusion]) -> None:
    request = requests(world())["known, plain"]
    candidates = pool(request)
    rng = np.random.default_rng(3)
    scores = rng.normal(size=(len(request.world.catalogue), 4)).astype(np.float32)
    scores[rng.random(scores.shape) < 0.2] = np.nan
    scores[:, 2] = 1.0  # says nothing
    scores[:, 3] = np.nan
    names = ("a", "b", "flat", "mute")
    weights = dict(zip(names, (0.5, 0.2, 0.2, 0.1), strict=True))
    served = ranker({Says(n, scores[:, m]): weights[n] for m, n in enumerate(names)})(request, candidates)["final"]
    seen = asked(scores[candidates.items][None], np.array([0]), names)
    learnt = Mix("scores" if ranker is Blend else "ranks", weights).scores(seen)[0]
    np.testing.assert_allclose(served, learnt, rtol=1e-5, atol=1e-6)


def test_every_rule_names_a_model_once() -> None:
    names = [rule.model for rule in RULES]
    assert set(names) <= set(TABLE)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("change", "tried", "not_tried"),
    [
        ({}, {"popular_recent", "ease", "sequential", "vae", "graph", "content_text"}, {"bert4rec", "content_audio"}),
        ({"history": 2.0}, {"ease"}, {"sequential"}),
        ({"spaces": ()}, {"ease"}, {"content", "content_text", "text_recommender", "generative"}),
        ({"gpu": True}, {"bert4rec", "gru", "generative"}, set()),
        ({"events": 3_000_000}, {"ease", "als"}, {"sequential"}),
        ({"events": 3_000_000, "gpu": True}, {"sequential"}, set()),
        ({"people": 300_000}, {"item_knn"}, {"user_knn"}),
        ({"people": 30, "events": 200}, {"popular_recent", "ease"}, {"vae", "graph"}),
    ],
)
def test_the_table_chooses_by_size(change: dict[str, object], tried: set[str], not_tried: set[str]) -> None:
    names, left_out = contenders(replace(SIZE, **change), 30)  # type: ignore[arg-type]
    assert tried <= set(names)
    assert not_tried <= set(left_out)
    assert set(names) | set(left_out) == {rule.model for rule in RULES}


def test_what_takes_too_long_says_how_long() -> None:
    _, left_out = contenders(replace(SIZE, events=2_000_000), 5)
    assert "about" in left_out["sequential"]
    assert "[train] minutes = 5" in left_out["sequential"]
