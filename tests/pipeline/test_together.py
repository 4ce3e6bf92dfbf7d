"""One list for several people: whom it suits, what each of them may refuse, and whose turn it is."""

from dataclasses import replace

import numpy as np
import pytest

from segue.dataset import History
from segue.errors import InvalidInput
from segue.events import KIND_CODE, EventKind
from segue.groups import STRATEGIES, Turn, key_of
from segue.pipeline.answer import answer, examine
from segue.pipeline.filters.everybody import Anybody, Everybody
from segue.pipeline.filters.hidden import Hidden
from segue.pipeline.filters.refused import Refused
from segue.pipeline.filters.seen import Seen
from segue.pipeline.rankers.blend import Blend
from segue.pipeline.rankers.together import Together, aggregated, shares, suited
from segue.pipeline.rerankers.turns import Turns
from segue.pipeline.rerankers.vetoed import Vetoed
from segue.pipeline.sources.everybody import Everybody as Proposed
from segue.pipeline.sources.model import ModelSource
from segue.profiles.companions import FADES, Companion, satisfied
from segue.profiles.history import Live
from segue.queries import Constraints, Query
from segue.settings import FilterSettings, GroupSettings, RankingSettings, Settings
from segue.testing.stages import (
    NOW,
    FilterContract,
    RankerContract,
    RerankerContract,
    SourceContract,
    person,
    pool,
    raising,
    requests,
    world,
)

PLAIN = RankingSettings(diversity=0, one_per_group=False, early_events=0)
"""What everybody likes does not lead: these people differ by what they themselves have met."""


def there(**groups):
    return world(Settings(ranking=PLAIN, groups=GroupSettings(**groups)))


WORLD = there()
EVEN, ODD = person([0, 2, 4]), person([1, 3, 5])
"""Of two tastes: the items of even and those of odd rows."""


def people(*histories, **fields):
    names = ("Ada", "Ben", "Cleo", "Dora")
    return [
        Companion(name.lower(), name, Live(history, **{k: v[n] for k, v in fields.items() if k != "so_far"}), so_far)
        for n, (name, history, so_far) in enumerate(
            zip(names, histories, fields.get("so_far") or [None] * len(histories), strict=False)
        )
    ]


def ask(group, world_=WORLD, **fields):
    query = Query(group=tuple(one.user_id for one in group), recipe="together", **{"k": 6, **fields})
    return answer(world_, query, now=NOW, people=group)


def rows(found, world_=WORLD):
    return [world_.catalogue.row(pick.item.id) for pick in found]


def share(found, user):
    return np.mean([one.share for pick in found for one in pick.suits if one.user_id == user])


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("trained", [True, False])
def test_every_strategy_answers_everybody(strategy, trained):
    world_ = WORLD if trained else world(trained=False)
    found = ask(people(EVEN, ODD, History.empty()), world_, strategy=strategy)
    assert len(found) == 6
    assert not any(part.startswith(("ranker", "reranker", "source", "filter", "reasons")) for part in found.degraded)
    for pick in found:
        assert {one.user_id for one in pick.suits} == {"ada", "ben", "cleo"}
        assert all(0 <= one.share <= 1 for one in pick.suits)
        assert [one.share for one in pick.suits] == sorted((one.share for one in pick.suits), reverse=True)
        assert np.isfinite(pick.score)
    told = found.as_json()
    assert told["group"]["strategy"] == strategy
    assert told["group"]["key"] == key_of(["ada", "ben", "cleo"])
    assert sum(one["counts"] for one in told["group"]["members"]) == pytest.approx(1, abs=1e-3)


def test_a_group_of_one_taste_gets_that_taste_and_two_tastes_share():
    assert all(row % 2 == 0 for row in rows(ask(people(EVEN, person([2, 4, 6])))))
    both = ask(people(EVEN, ODD), strategy="fairness")
    assert {row % 2 for row in rows(both)[:2]} == {0, 1}
    assert abs(share(both, "ada") - share(both, "ben")) < 0.2


def test_the_order_of_the_people_changes_nothing():
    one, two = people(EVEN, ODD), people(EVEN, ODD)[::-1]
    for strategy in STRATEGIES:
        assert rows(ask(one, strategy=strategy)) == rows(ask(two, strategy=strategy))


def test_who_got_least_counts_more():
    before = ask(people(EVEN, ODD, so_far=(0.9, 0.1)), strategy="fairness")
    assert rows(before)[0] % 2 == 1
    after = ask(people(EVEN, ODD, so_far=(0.1, 0.9)), strategy="fairness")
    assert rows(after)[0] % 2 == 0
    counts = [one["counts"] for one in after.as_json()["group"]["members"]]
    assert counts[0] > counts[1]
    same = ask(people(EVEN, ODD, so_far=(0.1, 0.9)), there(fairness=0), strategy="fairness")
    assert same.group.counts == (0.5, 0.5)


def test_aggregation_of_known_figures():
    suits = np.array([[1.0, 0.5, 0.0], [0.0, 0.4, 1.0], [0.2, 0.5, 0.0]], np.float32)
    even = shares([None, None, None], 2)
    np.testing.assert_allclose(even, 1 / 3)
    assert np.argmax(aggregated(suits, "average", even)) == 1
    assert np.argmax(aggregated(suits, "least_misery", even)) == 1
    owed = shares([0.9, 0.0, 0.9], 4)
    np.testing.assert_allclose(owed[1] / owed[0], np.exp(4 * 0.9), rtol=1e-4)
    assert np.argmax(aggregated(suits, "fairness", owed)) == 2
    assert aggregated(np.zeros((2, 2), np.float32), "least_misery", even[:2]).tolist() == [0, 0]


def test_the_scale_is_that_of_what_each_would_get_alone():
    final = np.arange(11, dtype=np.float32)
    none = np.zeros(11, bool)
    got = suited(final, none, 1)
    assert (got[5], got[10], got[0]) == (0, 1, -1)
    np.testing.assert_allclose(suited(3 * final - 7, none, 1), got, atol=1e-6)
    met = none.copy()
    met[[9, 10]] = True
    assert suited(final, met, 1)[8:].tolist() == [1.0, 0.0, 0.0]
    # Half of a small catalogue is good, and most of that is known already: what is left of it stands out still.
    halves = np.repeat(np.array([0, 1], np.float32), 12) + np.linspace(0, 0.1, 24, dtype=np.float32)
    known = np.arange(24) >= 15
    assert suited(halves, known, 10)[12:15].min() > 0.5 > 0.1 > suited(halves, known, 10)[:12].max()
    assert suited(np.full(4, 2.5, np.float32), none[:4], 1).tolist() == [0, 0, 0, 0]
    assert suited(final[:0], none[:0], 3).tolist() == []


def test_what_one_has_hidden_is_hidden_from_all():
    first = rows(ask(people(EVEN, ODD)))[0]
    found = ask(people(EVEN, ODD, hidden_until=({first: np.inf}, {})), k=20)
    assert first not in rows(found)
    topic = f"genre:{WORLD.catalogue.item(first).genres[0].lower()}"
    found = ask(people(EVEN, ODD, hidden_topics=({}, {topic: np.inf})), k=20)
    assert found.picks
    assert {row % 2 for row in rows(found)} == {1 - first % 2}
    assert found.removed["hidden"] > 0


def test_nothing_is_shown_when_the_hidden_cannot_be_read(monkeypatch):
    def broken(self, request, candidates):
        raise RuntimeError("gone")

    monkeypatch.setattr(Hidden, "__call__", broken)
    found = ask(people(EVEN, ODD))
    assert not found.picks
    assert "filter:hidden" in found.degraded


def test_what_all_have_met_is_left_out_or_what_any_has():
    everyone = people(person([0, 2, 4]), person([0, 2, 6]))
    found = rows(ask(everyone, k=24))
    assert not {0, 2} & set(found)
    assert {4, 6} <= set(found)
    found = rows(ask(everyone, there(hide_seen="any"), k=24))
    assert not {0, 2, 4, 6} & set(found)
    open_ = world(Settings(ranking=PLAIN, filters=FilterSettings(hide_seen=False)))
    assert {0, 2} <= set(rows(ask(everyone, open_, k=24)))


def test_veto_takes_out_what_one_dislikes_or_would_refuse():
    liked = rows(ask(people(EVEN, EVEN, ODD), strategy="veto"))[0]
    against = replace(person([liked], [-1.0]), kinds=np.array([KIND_CODE[EventKind.DISLIKE]], np.uint8))
    found = ask(people(EVEN, EVEN, against), strategy="veto", k=24)
    assert liked not in rows(found)
    assert found.removed["refused"] >= 1
    assert liked in rows(ask(people(EVEN, EVEN, against), strategy="average", k=24))
    genre = f"genre:{WORLD.catalogue.item(0).genres[0].lower()}"
    found = ask(people(EVEN, EVEN, History.empty(), stated=({}, {}, {genre: -1.0})), strategy="veto", k=24)
    assert {row % 2 for row in rows(found)} == {1}


def test_what_suits_somebody_least_is_refused_unheard_and_something_is_always_left():
    request = requests(WORLD)["known, plain"]
    request.query = request.query.model_copy(update={"strategy": "veto"})
    rng = np.random.default_rng(5)
    for count in (1, 2, 10, 24):
        for size in (1, 8):
            suits = {f"suits:{n}": rng.random(count).astype(np.float32) for n in range(size)}
            candidates = pool(request, np.arange(count, dtype=np.int32)).with_scores(**suits)
            left = Vetoed(0.12)(request, candidates)
            assert len(left) >= count - size * int(0.12 * count) >= 1
            for column in suits.values():
                assert set(np.argsort(column)[: int(0.12 * (count - 1))]).isdisjoint(left)
    same = pool(request).with_scores(**{"suits:0": np.zeros(24, np.float32)})
    assert len(Vetoed(0.12)(request, same)) == 24


def test_an_explicit_veto_holds_in_every_strategy():
    for strategy in STRATEGIES:
        first = ask(people(EVEN, ODD), strategy=strategy)[0].item.id
        found = ask(people(EVEN, ODD), strategy=strategy, constraints=Constraints(exclude=(first,)), k=24)
        assert first not in [pick.item.id for pick in found]


@pytest.mark.parametrize(("language", "because", "between"), [("en", "because ", "; "), ("zh", "因为", "；")])
def test_reasons_name_each_person_with_their_own_evidence(language, because, between):
    found = ask(people(EVEN, ODD), strategy="fairness", language=language)
    for pick in found:
        (best, _) = pick.suits
        assert f"{best.name}{'：' if language == 'zh' else ': '}{because}" in pick.reason.text
        assert between in pick.reason.text
        own = {WORLD.catalogue.ids[row] for row in (EVEN if best.user_id == "ada" else ODD).items}
        assert {e.ref for e in best.reason.evidence if e.kind == "seed"} <= own
        assert set(best.reason.evidence) <= set(pick.reason.evidence)
    assert all(pick.reason is None and pick.suits[0].reason is None for pick in ask(people(EVEN, ODD), explain=False))


def test_who_knows_an_item_is_told_so():
    found = ask(people(person([0, 2, 4]), person([0, 2, 6])), k=24)
    known = next(pick for pick in found if WORLD.catalogue.row(pick.item.id) == 4)
    text = next(one.reason.text for one in known.suits if one.user_id == "ada")
    assert text == "Because not everybody knows it yet, though you do"


def test_same_reasons_are_told_once():
    found = ask(people(History.empty(), History.empty()))
    assert found[0].reason.text.startswith("Ada and Ben: because ")


def test_nobody_is_read_when_it_is_not_personal():
    query = Query(group=("ada", "ben"), recipe="together", personal=False, k=5, seed=1)
    found = answer(WORLD, query, now=NOW, people=people(EVEN, ODD))
    assert found.group is None
    assert all(not pick.suits for pick in found)
    assert found.as_json() == answer(WORLD, query, now=NOW).as_json()
    assert "ada" not in str(found.as_json())


def test_who_is_not_told_of_is_somebody_unknown():
    known = ask(people(EVEN, History.empty()))
    query = Query(group=("ada", "ben"), recipe="together", k=6)
    found = answer(WORLD, query, now=NOW, people=people(EVEN))
    assert rows(found) == rows(known)
    assert found.group.members[1].name == "ben"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"recipe": "together"}, "two to eight people"),
        ({"recipe": "home", "group": ("ada", "ben")}, "recipe 'together'"),
        ({"recipe": "together", "group": ("ada", "ben"), "user_id": "cleo"}, "without being in it"),
    ],
)
def test_what_is_no_group_is_refused(fields, why):
    with pytest.raises(InvalidInput, match=why):
        answer(WORLD, Query(**fields), now=NOW)


def test_a_broken_ranker_leaves_the_order_of_the_sources(monkeypatch):
    monkeypatch.setattr(Together, "__call__", raising("together").__call__)
    found = ask(people(EVEN, ODD))
    assert found.picks
    assert "ranker:together" in found.degraded
    assert all(one.share == 0 for pick in found for one in pick.suits)


def test_an_item_is_examined_for_a_group():
    query = Query(group=("ada", "ben"), recipe="together", k=3)
    examined = examine(WORLD, query, "i8", people=people(EVEN, ODD), now=NOW)
    assert {one.user_id for one in examined.pick.suits} == {"ada", "ben"}
    gone = examine(WORLD, query, "i0", people=people(EVEN, EVEN), now=NOW)
    assert gone.removed_by == ("seen",)


# What people got so far


def turn(seq, item, fit, at=0.0):
    return Turn("ada", item, at, seq, fit)


def test_satisfaction_fades_and_what_was_said_wins():
    catalogue = WORLD.catalogue
    none = History.empty()
    assert satisfied([], none, catalogue, 9) is None
    assert satisfied([turn(1, "i0", None)], none, catalogue, 9) is None
    assert satisfied([turn(1, "i0", 0.4)], none, catalogue, 9) == pytest.approx(0.4)
    two = [turn(1, "i0", 1.0, at=1.0), turn(2, "i1", 0.0, at=2.0)]
    assert satisfied(two, none, catalogue, 9) == pytest.approx(FADES / (1 + FADES))
    assert satisfied(two[::-1], none, catalogue, 9) == satisfied(two, none, catalogue, 9)
    assert satisfied(two, none, catalogue, 1) == 0.0
    said = replace(person([0], [-1.0]), kinds=np.array([KIND_CODE[EventKind.DISLIKE]], np.uint8))
    assert satisfied([turn(1, "i0", 1.0)], said, catalogue, 9) == 0.0
    # Chosen again: it counts once, where it was chosen last; an item that is gone keeps what was foretold.
    again = [turn(1, "i0", 1.0, at=1.0), turn(2, "i1", 0.0, at=2.0), turn(3, "i0", 1.0, at=3.0)]
    assert satisfied(again, none, catalogue, 9) == pytest.approx(1 / (1 + FADES))
    assert satisfied([turn(1, "nowhere", 0.3)], none, catalogue, 9) == pytest.approx(0.3)


# Every part keeps the contract of its stage, for one person and for several.


def grouped(world_):
    """The requests of the contracts, and each as that of a group with somebody else."""
    found = requests(world_)
    other = next(iter(requests(world_).values()))
    for what, request in list(requests(world_).items()):
        request.members = (replace(request), other)
        found[f"group of {what}"] = request
    for name in STRATEGIES:
        request = requests(world_)["known, plain"]
        request.query = request.query.model_copy(update={"strategy": name})
        request.members = (request, other)
        found[name] = request
    return found


class Grouped:
    def asked(self):
        return grouped(self.world())


class TestSource(Grouped, SourceContract):
    def part(self):
        return Proposed(ModelSource("content", limit=5), 5)


class TestFilters(Grouped, FilterContract):
    @pytest.fixture(
        autouse=True, params=[Everybody(Hidden()), Everybody(Refused()), Anybody(Seen()), Everybody(Seen())]
    )
    def _part(self, request):
        self.made = request.param

    def part(self):
        return self.made


class TestRanker(Grouped, RankerContract):
    def part(self):
        return Together(Blend({ModelSource("content"): 1.0, ModelSource("popular_recent"): 0.5}), 2.0)


def ranked(request, rows_=None):
    """A pool as the ranker leaves it."""
    candidates = pool(request, rows_)
    columns = Together(Blend({ModelSource("content"): 1.0}), 2.0)(request, candidates)
    candidates = candidates.with_scores(**columns)
    return candidates.take(np.argsort(-candidates.scores["final"], kind="stable"))


class TestRerankers(Grouped, RerankerContract):
    @pytest.fixture(autouse=True, params=[Turns(2.0), Vetoed(0.1)])
    def _part(self, request):
        self.made = request.param

    def part(self):
        return self.made

    def test_everybody_has_their_turn_or_their_veto(self):
        for name in STRATEGIES:
            request = grouped(self.world())[name]
            candidates = ranked(request)
            positions = self.part()(request, candidates)
            assert len(np.unique(positions)) == len(positions)
            whole = name != self.part().name.replace("vetoed", "veto")
            assert (len(positions) == len(candidates)) == whole
            if name != "veto":
                assert positions[0] == 0
