"""Every recipe, for everybody, in both languages; and what the answer says about itself."""

import dataclasses

import numpy as np
import pytest

from segue.catalogue import Catalogue
from segue.dataset import History
from segue.engine.explanation import explanation
from segue.errors import InvalidInput, NotFound
from segue.events import KIND_CODE, EventKind
from segue.models.base import Model
from segue.pipeline import wording
from segue.pipeline.answer import answer, examine, warm
from segue.pipeline.recipes import TABLE
from segue.pipeline.stages import World
from segue.profiles.history import Live
from segue.queries import Constraints, Query
from segue.settings import FilterSettings, RankingSettings, Settings
from segue.testing.stages import NOW, people, person, raising, world

from ..toy_world import item

WORLD = world()
UNTRAINED = world(trained=False)
ASKED = {
    "home": {},
    "best": {},
    "similar": {"seeds": ("i0", "i2")},
    "radio": {"seeds": ("i0",)},
    "search": {"words": "Title 3 古典"},
    "mood": {"words": "I'm sad, nothing scary", "moods": ("calm",)},
    "mix": {},
    "playlist": {"words": "calm Title 3 古典"},
}


def ask(recipe="home", history=None, there=WORLD, now=NOW, **fields):
    query = Query(user_id="ann", recipe=recipe, **{"k": 5, **ASKED[recipe], **fields})
    return answer(there, query, Live(person([0, 2, 4]) if history is None else history), now)


def ids(found):
    return [pick.item.id for pick in found]


def resolves(evidence, there):
    names = {g for i in there.catalogue.items if i for g in i.genres} | {
        c.name for i in there.catalogue.items if i for c in i.creators
    }
    known = evidence.ref in there.catalogue.row_of or evidence.ref in there.catalogue.topics.column
    return known or evidence.ref in names or evidence.kind in ("words", "meaning", "mood")


def test_every_recipe_has_a_question_here():
    assert {*ASKED, "together"} == set(TABLE)  # what is for several people has tests of its own


@pytest.mark.parametrize("there", [WORLD, UNTRAINED], ids=["trained", "untrained"])
@pytest.mark.parametrize("who", people(24))
@pytest.mark.parametrize("language", ["en", "zh-Hans"])
@pytest.mark.parametrize("recipe", list(ASKED))
def test_every_recipe_for_everybody(recipe, language, who, there):
    history = people(24)[who]
    found = ask(recipe, history, there, language=language)
    if who == "seen everything" and recipe in ("home", "best", "radio", "mood"):
        assert not found.picks
    else:
        assert found.picks
    assert len(set(ids(found))) == len(found) <= 5
    for pick in found:
        assert pick.reason.text.startswith("因为" if language == "zh-Hans" else "Because ")
        assert pick.reason.evidence
        assert all(resolves(e, there) and 0 <= e.weight <= 1.001 for e in pick.reason.evidence)
        assert pick.sources
        assert np.isfinite(pick.score)
    json = found.as_json()
    assert json["recipe"] == recipe
    if recipe in ("home", "best", "mood"):
        assert not set(ids(found)) & {there.catalogue.ids[row] for row in history.consumed}


@pytest.mark.parametrize("recipe", list(ASKED))
def test_constraints_that_exclude_everything(recipe):
    found = ask(recipe, constraints=Constraints(kinds=("ad",), max_year=1))
    assert not found.picks
    assert sum(found.removed.values()) >= 24


def test_home_is_personal_and_session_moves_it():
    even = ask(history=person([0, 2, 4]))
    odd = ask(history=person([1, 3, 5]))
    assert WORLD.catalogue.row(ids(even)[0]) % 2 == 0
    assert WORLD.catalogue.row(ids(odd)[0]) % 2 == 1
    shares = {}
    for name, weight in (("liked", 1.0), ("skipped", -0.6)):
        found = ask(history=person([0, 1, 3], [1, 1, weight]), k=8)
        shares[name] = np.mean([WORLD.catalogue.row(i) % 2 for i in ids(found)])
    assert shares["liked"] > shares["skipped"]


def test_untrained_says_so_and_goes_by_counts():
    flat = dataclasses.replace(UNTRAINED, vectors={}, settings=Settings(ranking=RankingSettings(diversity=0)))
    found = ask(history=History.empty(), there=flat, k=24)
    assert found.degraded == ("not-trained",)
    assert found.version is None
    assert "counts" in found[0].sources
    nothing = dataclasses.replace(flat, counts=None)
    assert len(ask(history=History.empty(), there=nothing, k=5)) == 5


def test_a_model_that_the_version_lacks_is_named():
    assert {"model:als", "model:bpr"} <= set(ask().degraded)


def test_home_is_never_empty_while_something_may_be_shown():
    items = [*(item(f"x{n}", maturity=18) for n in range(400)), item("last"), item("gone", available_until=_at(NOW))]
    there = World(Catalogue.build(items), {}, {}, Settings(filters=FilterSettings(max_maturity=12)))
    assert ids(ask(there=there, history=History.empty())) == ["last"]


def test_not_personal_reads_nobody():
    poison = Live(person([0, 2, 4]), {1: np.inf})
    query = Query(k=5, personal=False, seed=1)
    plain = answer(WORLD, query, None, NOW)
    named = answer(WORLD, query.model_copy(update={"user_id": "ann"}), poison, NOW)
    assert ids(plain) == ids(named)
    assert named.user_id is None
    assert all("session" not in pick.sources for pick in named)


def test_hidden_snoozed_and_seen_again():
    top = ids(ask())[0]
    row = WORLD.catalogue.row(top)
    query = Query(user_id="ann", k=5)
    hidden = answer(WORLD, query, Live(person([0, 2, 4]), {row: NOW + 10}), NOW)
    assert top not in ids(hidden)
    assert hidden.removed["hidden"] == 1
    assert top in ids(answer(WORLD, query, Live(person([0, 2, 4]), {row: NOW - 10}), NOW))
    shown = World(WORLD.catalogue, WORLD.models, WORLD.vectors, Settings(filters=FilterSettings(hide_seen=False)))
    assert "i0" in ids(ask(there=shown, k=24))


def test_one_failing_model_is_named_and_the_rest_goes_on():
    class Broken(Model):
        name = "als"
        n_items = 24
        train = save = load = lambda *a: None

        def score(self, history):
            raise RuntimeError("broken")

    there = dataclasses.replace(WORLD, models={**WORLD.models, "als": Broken()})
    found = ask(there=there)
    assert len(found) == 5
    assert "source:als" in found.degraded
    assert "ranker:blend" not in found.degraded


def test_new_items_are_found_by_the_fresh_source():
    board = WORLD.catalogue
    newer = Catalogue.build([*board.items, item("brand new")], order=board.ids)
    vectors = {s: np.vstack([v, np.full((1, v.shape[1]), np.nan, np.float32)]) for s, v in WORLD.vectors.items()}
    there = World(newer, WORLD.models, vectors, Settings())
    seen = Live(person(list(range(24))))
    found = answer(there, Query(user_id="ann", k=5), seen, NOW)
    assert ids(found) == ["brand new"]
    assert found[0].reason.text == "Because it is new in the library"


@pytest.mark.parametrize("recipe", ["similar", "radio"])
def test_seeds_are_asked_for_and_must_exist(recipe):
    with pytest.raises(InvalidInput, match="seeds"):
        answer(WORLD, Query(recipe=recipe), now=NOW)
    with pytest.raises(NotFound, match="'nowhere'"):
        answer(WORLD, Query(recipe=recipe, seeds=("nowhere",)), now=NOW)


def test_search_asks_for_words_and_recipes_must_exist():
    with pytest.raises(InvalidInput, match="words"):
        answer(WORLD, Query(recipe="search"), now=NOW)
    with pytest.raises(NotFound, match="Did you mean 'home'"):
        answer(WORLD, Query(recipe="hom"), now=NOW)


def test_the_same_seed_gives_the_same_answer():
    assert ask(seed=3).request_id == ask(seed=3).request_id != ask(seed=4).request_id
    assert ask().request_id != ask().request_id
    assert len(ask().request_id) == len(ask(seed=3).request_id) == 32


def test_the_answer_accounts_for_itself():
    found = ask(constraints=Constraints(without_genres=("jazz",)))
    assert found.removed == {"adverts": 2, "constraints": 11}
    assert {"source:content", "filter:seen", "ranker:blend", "reranker:diversity", "reasons", "total"} <= set(
        found.timings_ms
    )
    assert {"content", "ease", "session", "popular_recent"} <= set(found[0].scores)
    assert ask(explain=False)[0].reason is None


def test_effects_see_the_answer_and_a_lost_one_is_named():
    there, seen = world(), []

    class Telling:
        name = "telling"

        def __call__(self, request, candidates, answer):
            seen.append((len(candidates), answer.request_id))

    effects = (Telling(), raising("record"))
    there.derived(("recipe", "home"), lambda: dataclasses.replace(TABLE.load("home")(there.settings), effects=effects))
    found = answer(there, Query(k=3), None, NOW)
    assert seen == [(3, found.request_id)]
    assert found.degraded[-1] == "effect:record"
    assert len(found) == 3


def test_examine_survives_a_filter_that_fails():
    there = world()
    bad = raising("rights")
    bad.safety = True
    whole = TABLE.load("home")(there.settings)
    there.derived(("recipe", "home"), lambda: dataclasses.replace(whole, filters=(*whole.filters, bad)))
    found = examine(there, Query(k=3), "i7", None, NOW)
    assert found.removed_by == ("rights",)
    assert not found.shown
    assert found.degraded.count("filter:rights") == 1


def test_examine_survives_reasons_that_fail(monkeypatch):
    def fail(*_, **__):
        raise ValueError("no words")

    monkeypatch.setattr(wording, "sentence", fail)
    found = examine(WORLD, Query(k=3), "i7", None, NOW)
    assert found.pick.reason is None
    assert "reasons" in found.degraded
    assert explanation("ann", found, 3, "en").text


def test_examine_says_why_and_why_not():
    live = Live(person([0, 2, 4]), {6: np.inf})
    query = Query(user_id="ann", k=5)
    shown = examine(WORLD, query, ids(answer(WORLD, query, live, NOW))[0], live, NOW)
    assert (shown.shown, shown.removed_by) == (True, ())
    assert shown.rank == 0
    assert [examine(WORLD, query, p.item.id, live, NOW).rank for p in answer(WORLD, query, live, NOW)] == [*range(5)]
    assert shown.pick.reason.text.startswith("Because")
    assert examine(WORLD, query, "i0", live, NOW).removed_by == ("seen",)
    hidden = examine(WORLD, query, "i6", live, NOW)
    assert (hidden.removed_by, hidden.rank, hidden.shown) == (("hidden",), None, False)
    with pytest.raises(NotFound):
        examine(WORLD, query, "nowhere", live, NOW)


def test_warm_builds_what_requests_read():
    there = world()
    warm(there)
    assert {"words", "fresh", ("recipe", "home")} <= set(there._derived)


def test_one_item_and_no_item():
    for n in (0, 1):
        there = World(Catalogue.build([item("a")][:n]), {}, {}, Settings())
        assert len(ask(there=there, history=History.empty())) == n
        assert len(ask("search", there=there, history=History.empty(), words="a")) == n


def test_removed_items_never_come_back():
    gone = Catalogue.build([i for i in WORLD.catalogue.items if i.id != "i6"], order=WORLD.catalogue.ids)
    there = dataclasses.replace(WORLD, catalogue=gone)
    assert "i6" not in ids(ask(there=there, k=24))
    liked = person([6, 0])
    assert all(e.ref != "i6" for pick in ask(there=there, history=liked) for e in pick.reason.evidence)


def test_skips_are_no_seeds():
    history = person([0, 1], [-1.0, 1.0])
    kinds = np.array([KIND_CODE[EventKind.SKIP], KIND_CODE[EventKind.LIKE]], np.uint8)
    found = ask(history=dataclasses.replace(history, kinds=kinds), k=24)
    seeds = {e.ref for pick in found for e in pick.reason.evidence if e.kind == "seed"}
    assert seeds <= {"i1"}


def _at(seconds):
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC)
