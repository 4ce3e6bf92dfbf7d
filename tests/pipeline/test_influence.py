"""What a reason says did something for the score, did: the score falls when it is ranked again without it."""

from __future__ import annotations

from copy import copy

import numpy as np
import pytest

from segue.answers import Evidence
from segue.models import TABLE as MODELS
from segue.models.base import TrainOptions
from segue.pipeline.answer import examine, recipe_of, request_of, requested
from segue.pipeline.reasons import Teller
from segue.pipeline.recipes import TABLE
from segue.pipeline.runner import run
from segue.pipeline.stages import World
from segue.pipeline.without import influence, measurable, ranked, resolves, without
from segue.profiles.companions import Companion
from segue.profiles.history import Live
from segue.profiles.session import session_vector
from segue.queries import Query
from segue.settings import Settings, TrainSettings
from segue.testing.stages import NOW, people, person, world

from ..toy_world import checkerboard

BOARD = checkerboard(groups=3, size=10)
NAMES = ("popular_recent", "item_knn", "ease", "als", "user_knn", "content")
WORLD = world()


@pytest.fixture(scope="module")
def trained() -> World:
    models = {}
    for name in NAMES:
        models[name] = MODELS.load(name)()
        models[name].train(BOARD.dataset, TrainOptions(threads=1))
    counts = np.bincount(BOARD.dataset.items, minlength=30).astype(np.float32)
    settings = Settings(train=TrainSettings(models=NAMES))
    return World(BOARD.dataset.catalogue, models, BOARD.dataset.vectors, settings, "v1", counts)


def asked(there: World, history, **fields):
    query = Query(user_id="ann", k=5, seed=1, **fields)
    recipe = recipe_of(there, query.recipe)
    vectors = {"text": there.vectors["text"][3]} if query.recipe == "search" else {}
    request, _ = requested(there, recipe, query, Live(history), NOW, vectors)
    return recipe, request, run(recipe, request)


ASKED = {
    "home": {},
    "best": {},
    "similar": {"seeds": ("i0", "i3")},
    "radio": {"seeds": ("i0", "i1")},
    "search": {"words": "Title 3 jazz"},
    "mood": {"moods": ("calm",)},
    "mix": {},
    "playlist": {"words": "Title 3 jazz"},
}


@pytest.mark.parametrize("recipe", list(ASKED))
@pytest.mark.parametrize("who", ["known", "nobody", "only negative", "items newer than the models"])
def test_every_pick_has_a_reason_whose_evidence_is_there(trained: World, recipe: str, who: str) -> None:
    for there in (trained, WORLD, world(trained=False)):
        history = people(len(there.catalogue))[who]
        which, request, outcome = asked(there, history, recipe=recipe, **ASKED[recipe])
        teller = Teller(which, request, outcome)
        assert len(outcome.chosen)
        for position in range(len(outcome.chosen)):
            reason = teller.reason(position)
            assert reason.text
            assert reason.evidence
            assert all(resolves(one, request) for one in reason.evidence), reason
            assert not any(one.influence is not None and one.influence <= 0 for one in reason.evidence), reason


def test_every_recipe_is_asked_above() -> None:
    assert {*ASKED, "together"} == set(TABLE)


def test_a_group_has_reasons_that_are_there_too(trained: World) -> None:
    own = [Companion(str(n), f"P{n}", Live(BOARD.dataset.history(n))) for n in range(3)]
    query = Query(group=("0", "1", "2"), recipe="together", k=5, seed=1)
    request = request_of(trained, query, None, NOW, None, own)
    recipe = recipe_of(trained, "together")
    outcome = run(recipe, request)
    assert len(outcome.chosen)
    for row in outcome.chosen.items.tolist():
        found = examine(trained, query, trained.catalogue.ids[row], now=NOW, people=own, account=True)
        assert found.pick.reason is not None
        for one in found.pick.reason.evidence:
            assert any(resolves(one, member) for member in request.members)
        assert set(found.accounts) == {"0", "1", "2"}


@pytest.mark.parametrize(
    "made_up",
    [
        Evidence("seed", "i9", "", 0.1, "history"),
        Evidence("seed", "nowhere", "", 0.1, "history"),
        Evidence("seed", "i2", "", 0.1, "seeds"),
        Evidence("topic", "genre:nothing", "", 0.1, "stated"),
        Evidence("topic", "no such genre", "", 0.1, "shared"),
        Evidence("entity", "person:nobody", "", 0.1, "shared"),
        Evidence("words", "never typed", "", 0.1, "words"),
        Evidence("mood", "calm", "", 0.1, "mood"),
        Evidence("said", "genre:jazz", "", 0.1, "said"),
        Evidence("answers", "i1", "", 0.1, "answers"),
        Evidence("prior", "i1", "", 0.1, "prior"),
        Evidence("popularity", "nowhere", "", 0.1, "popularity"),
        Evidence("gossip", "i1", "", 0.1, "fact"),
    ],
    ids=lambda one: f"{one.kind}-{one.via}",
)
def test_what_is_made_up_does_not_resolve(made_up: Evidence) -> None:
    _, request, _ = asked(WORLD, person([0, 2, 4]))
    assert not resolves(made_up, request)


def test_without_what_is_cited_the_score_falls_more_than_without_what_is_unlike_it(trained: World) -> None:
    history = person([0, 3, 1, 4, 2, 5])  # two of each of three groups
    recipe, request, outcome = asked(trained, history)
    teller, told = Teller(recipe, request, outcome), 0
    for position, row in enumerate(outcome.chosen.items.tolist()):
        own = [one for one in teller.reason(position).evidence if one.via in ("history", "session")]
        for one in own:
            told += 1
            assert trained.catalogue.row(one.ref) % 3 == row % 3
            fell = influence(recipe, request, outcome.pool.items, row, [one])
            assert fell > 0
            for other in (n for n in history.items.tolist() if n % 3 != row % 3):
                drawn = [Evidence("seed", f"i{other}", "", 0, "history")]
                assert fell > influence(recipe, request, outcome.pool.items, row, drawn)
    assert told >= 2


def test_asking_again_with_everything_changes_nothing(trained: World) -> None:
    for fields in ({}, {"recipe": "similar", "seeds": ("i0", "i3")}, {"recipe": "search", "words": "Title 3"}):
        recipe, request, outcome = asked(trained, BOARD.dataset.history(1), **fields)
        again = ranked(recipe, request.again(), outcome.pool.items)
        np.testing.assert_allclose(again, outcome.pool.scores["final"], atol=1e-5)
        assert len(without(request, []).history) == len(request.history)


@pytest.mark.parametrize("fusion", ["scores", "ranks"])
def test_a_part_that_is_left_out_takes_with_it_what_it_added(fusion: str) -> None:
    there = world(Settings(ranking={"fusion": {"home": fusion}}))  # type: ignore[arg-type]
    recipe, request, outcome = asked(there, person([0, 2, 4]))
    less = ranked(recipe, request.again(muted=frozenset({"popular_recent"})), outcome.pool.items)
    added = outcome.pool.scores["blend:popular_recent"]
    np.testing.assert_allclose(outcome.pool.scores["final"] - less, added, atol=1e-4)
    claim = Evidence("popularity", "i7", "", 0.1, "popularity")
    np.testing.assert_allclose(less, ranked(recipe, without(request, [claim]), outcome.pool.items), atol=1e-5)


def test_evidence_that_is_gone_is_gone_everywhere(trained: World) -> None:
    history = person([0, 3, 6])
    _, request, _ = asked(trained, history)
    less = without(request, [Evidence("seed", "i3", "", 0, "history")])
    assert less.history.items.tolist() == [0, 6]
    assert less.history.consumed.tolist() == [0, 6]
    assert not np.allclose(less.session, request.session)
    none = without(request, [Evidence("seed", ref, "", 0, "history") for ref in ("i0", "i3", "i6")])
    assert none.session is None
    _, seeded, _ = asked(trained, history, recipe="similar", seeds=("i0", "i3"))
    assert without(seeded, [Evidence("seed", "i0", "", 0, "seeds")]).told.items.tolist() == [3]
    assert not len(without(seeded, [Evidence("seed", one, "", 0, "seeds") for one in ("i0", "i3")]).told)
    _, typed, _ = asked(trained, history, recipe="search", words="Title 3 jazz")
    assert without(typed, [Evidence("words", "jazz", "", 0, "words")]).query.words == "Title 3"
    assert not measurable(Evidence("topic", "jazz", "", 0, "shared"))


def test_als_knows_what_it_would_say_without_an_event(trained: World) -> None:
    model, told = copy(trained.models["als"]), BOARD.dataset.history(4)
    model.history_decay = 1.0  # else the events before it would count a little more without it
    items = np.arange(30, dtype=np.int32)
    lost = model.removals(told, items)
    assert lost is not None
    for event in range(len(told)):
        left = model.score(told.only(np.arange(len(told)) != event))
        np.testing.assert_allclose(model.score(told) - left, lost[:, event], atol=2e-3)


def test_the_account_adds_up(trained: World) -> None:
    history = BOARD.dataset.history(1)
    _, _, outcome = asked(trained, history)
    item_id = trained.catalogue.ids[outcome.chosen.items[0]]
    found = examine(trained, Query(user_id="ann", k=5, seed=1), item_id, Live(history), NOW, account=True)
    account = found.account
    assert account is not None
    assert sum(part.added for part in account.parts) == pytest.approx(account.score, abs=1e-4)
    assert all(one.influence > 0 for one in account.claims[0].evidence if measurable(one))
    assert [c.influence for c in account.claims] == sorted((c.influence for c in account.claims), reverse=True)
    assert found.pick.reason is not None
    assert found.pick.reason.text == account.claims[0].text
    assert account.as_json()["parts"][0]["name"]


def test_a_claim_without_which_nothing_falls_is_left_out(trained: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from segue.pipeline import accounts

    monkeypatch.setattr(accounts, "influence", lambda *_: 0.0)
    history = BOARD.dataset.history(1)
    found = examine(trained, Query(user_id="ann", k=5, seed=1), "i1", Live(history), NOW, account=True)
    if found.account is not None:
        assert [claim.channel for claim in found.account.claims] == ["catalogue"]


def test_a_session_without_one_of_its_events_is_that_of_the_others() -> None:
    from segue.pipeline.reasons.influence import _directions

    told = person([0, 3, 5, 8, 5], [1.0, -0.6, 0.3, 1.5, 0.6])
    vectors, settings = WORLD.vectors["mixed"], WORLD.settings.session
    found = _directions(vectors[told.items], told.weights, settings.step)
    for event in range(5):
        left = session_vector(told.only(np.arange(5) != event), vectors, settings, NOW)
        np.testing.assert_allclose(found[event], left, atol=1e-5)


def test_a_search_by_taste_measures_what_each_event_did(trained: World) -> None:
    recipe, request, outcome = asked(trained, BOARD.dataset.history(4), recipe="search", words="jazz", by_taste=True)
    told = Teller(recipe, request, outcome).influence
    assert "taste" in told.parts
    ids, rows = trained.catalogue.ids, outcome.pool.items
    pairs = [
        (
            told.drops[position, n],
            influence(recipe, request, rows, int(row), [Evidence("seed", ids[s], "", 0, "history")]),
        )
        for position, row in enumerate(outcome.chosen.items)
        for n, s in enumerate(told.seeds.tolist())
    ]
    card, again = np.array(pairs).T
    assert np.ptp(again) > 0.001
    assert np.abs(card - again).max() < 0.05 * np.ptp(again)
