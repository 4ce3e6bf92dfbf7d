"""Reasons are true, in order of influence, and safe to show."""

from dataclasses import replace

import numpy as np
import pytest

from segue.catalogue import Catalogue
from segue.dataset import History
from segue.events import KIND_CODE, EventKind
from segue.items import Credit, ItemKind
from segue.pipeline import wording
from segue.pipeline.answer import answer
from segue.pipeline.stages import World
from segue.profiles.history import Live
from segue.queries import Query
from segue.settings import RankingSettings, Settings
from segue.testing.stages import NOW, Counted, Nearest

from ..toy_world import item

ITEMS = [
    item("a", title="Blue", genres=("Jazz",), creators=(Credit("Ann Lee", "composer"),)),
    item("b", title="夜曲", genres=("Classical",), tags=("night",)),
    item("c", "movie", title="Noir", genres=("Crime",), creators=(Credit("Ann Lee", "director"),)),
    item("d", title="Near blue", genres=("jazz",)),
    item("e", "game", title="Near noir", creators=(Credit("Ann Lee", "director"),)),
    item("f", title="Near night", tags=("Night",), released="2024-01-02"),
    item("g", "live", title="On air"),
]
AXES = np.eye(3, dtype=np.float32)
VECTORS = np.vstack([AXES, 0.9 * AXES[[0, 2, 1]], np.full((1, 3), np.nan, np.float32)])
VECTORS[3:6] += 0.1 * np.roll(AXES, 1, axis=1)
VECTORS /= np.linalg.norm(VECTORS, axis=1, keepdims=True)


def world(blend=None, models=None):
    ranking = RankingSettings(blend={"home": blend or {"content": 1.0}}, diversity=0)
    return World(
        Catalogue.build(ITEMS),
        {"content": Nearest(np.nan_to_num(VECTORS))} if models is None else models,
        {"mixed": VECTORS},
        Settings(ranking=ranking),
        "v1",
    )


def did(*events, ago=1e6):
    history = History.of([row for row, _, _ in events], [weight for _, _, weight in events], "ann")
    return replace(
        history,
        kinds=np.array([KIND_CODE[EventKind(kind)] for _, kind, _ in events], np.uint8),
        timestamps=np.full(len(events), NOW - ago),
    )


def reason(item_id, history, there=None, language="en", **fields):
    found = answer(there or world(), Query(user_id="ann", k=7, language=language, **fields), Live(history), NOW)
    return next(pick.reason for pick in found if pick.item.id == item_id)


@pytest.mark.parametrize(
    ("events", "item_id", "en", "zh"),
    [
        (
            [(0, "complete", 1)],
            "d",
            "Because you finished “Blue” (also jazz)",
            "因为你听完了《Blue》（同为“jazz”）",
        ),
        (
            [(2, "complete", 1)],
            "e",
            "Because you finished “Noir” (same director: Ann Lee)",
            "因为你看完了《Noir》（同一位导演：Ann Lee）",
        ),
        (
            [(1, "like", 1)],
            "f",
            "Because you liked “夜曲” (both tagged Night)",
            "因为你喜欢《夜曲》（都有“Night”标签）",
        ),
        ([(0, "rate", 1)], "d", "Because you rated “Blue” highly (also jazz)", "因为你给了《Blue》高分（同为“jazz”）"),
        (
            [(0, "click", 0.2), (0, "like", 1)],
            "d",
            "Because you liked “Blue” (also jazz)",
            "因为你喜欢《Blue》（同为“jazz”）",
        ),
    ],
)
def test_what_you_did_and_what_is_in_common(events, item_id, en, zh):
    assert reason(item_id, did(*events)).text == en
    assert reason(item_id, did(*events), language="zh").text == zh


def test_two_seeds_when_both_carry_it():
    between = VECTORS.copy()
    between[3:6] = (AXES[0] + AXES[1]) / np.sqrt(2), 0.9 * AXES[0], 0.9 * AXES[1]
    there = world(models={"content": Nearest(np.nan_to_num(between))})
    told = reason("d", did((0, "complete", 1), (1, "like", 1)), there)
    assert told.text == "Because you finished “Blue” and liked “夜曲”"
    assert [e.ref for e in told.evidence] == ["a", "b"]
    assert told.evidence[0].weight >= told.evidence[1].weight > 0
    assert (
        reason("d", did((0, "complete", 1), (1, "like", 1)), there, "zh").text == "因为你听完了《Blue》，还喜欢《夜曲》"
    )


def test_a_seed_that_added_nothing_is_never_named():
    told = reason("d", did((0, "complete", 1), (2, "like", 1)))
    assert [e.ref for e in told.evidence if e.kind == "seed"] == ["a"]


def test_the_largest_share_speaks():
    models = {"content": Nearest(np.nan_to_num(VECTORS)), "popular_recent": Counted(np.arange(7, dtype=np.float32))}
    history = did((0, "complete", 1))
    assert reason("d", history, world({"content": 1, "popular_recent": 0.01}, models)).text.startswith("Because you")
    popular = reason("f", history, world({"content": 0.01, "popular_recent": 1}, models))
    assert popular.text == "Because it is popular right now"
    assert [(e.kind, e.ref) for e in popular.evidence] == [("popularity", "f")]


def test_the_session_and_what_was_just_passed_over():
    there = world({"session": 1.0})
    fits = reason("d", did((0, "play", 0.6), ago=60), there)
    assert fits.text == "Because it fits what you are into right now: “Blue” (also jazz)"
    assert fits.evidence[0].kind == "session"
    assert reason("e", did((0, "skip", -0.6), (1, "play", 0.6), ago=60), there) is not None


def test_what_a_model_cannot_explain_is_told_by_taste():
    class Silent(Nearest):
        name = "als"

        def contributions(self, history, items):
            return None

    items = [*ITEMS, item("h", title="More jazz", genres=("Jazz",))]
    vectors = np.vstack([np.nan_to_num(VECTORS), VECTORS[:1]])
    there = World(
        Catalogue.build(items),
        {"als": Silent(vectors)},
        {},
        Settings(ranking=RankingSettings(blend={"home": {"als": 1.0}})),
    )
    told = reason("d", did((0, "complete", 1), (7, "complete", 1)), there)
    assert told.text == "Because you often choose jazz"
    assert (told.evidence[0].kind, told.evidence[0].ref) == ("topic", "jazz")
    past = did((0, "complete", 1), (7, "complete", 1))
    excluded = replace(past, forgotten={"genre:jazz": np.ones(2, bool)})
    assert "jazz" not in reason("d", excluded, there).text
    in_part = replace(past, forgotten={"genre:jazz": np.array([True, False])})
    assert "jazz" not in reason("d", in_part, there).text  # one item is no habit


def test_time_speaks_when_nothing_else_does():
    there = replace(world(models={}), vectors={})
    assert reason("g", History.empty(), there).text == "Because it is live now"
    assert reason("f", History.empty(), there).text == "Because it came out lately (2024-01-02)"
    assert reason("b", History.empty(), there, "zh").text == "因为它就在这个片库里"


@pytest.mark.parametrize("recipe", ["similar", "radio"])
def test_seeds_of_a_query(recipe):
    told = reason("d", History.empty(), recipe=recipe, seeds=("a",))
    words = {"similar": "is close to", "radio": "goes well with"}[recipe]
    assert told.text == f"Because it {words} “Blue” (also jazz)"


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines\tand  spaces ", "two lines and spaces"),
        ("bell\x07 and \u202eright to left", "bell and right to left"),
        ("x" * 500, "x" * 59 + "…"),
        ("夜" * 500, "夜" * 59 + "…"),
    ],
)
def test_titles_are_data(title, shown):
    assert wording.cleaned(title) == shown


def test_quotation_marks_cannot_be_broken_out_of():
    assert wording.title("a” b “c", False) == "“a' b 'c”"
    assert wording.title("甲》乙", True) == "《甲〉乙》"


def test_every_sentence_and_verb_exists_in_both_languages():
    for table in (wording._SENTENCES, wording._SHARED, wording._CONNECTED, wording._ROLES, wording._VERBS):
        for english, chinese in table.values():
            assert english.isascii()
            assert not chinese.isascii()
    assert wording.deeds([(EventKind.COMPLETE, ItemKind.GAME, "x")], True) == "玩过《x》"
    assert wording.deeds([(EventKind.ALREADY_SEEN, ItemKind.MOVIE, "x")], False) == "know “x”"


def test_nothing_listed_is_nothing():
    assert wording.listed([], chinese=False) == wording.listed([], chinese=True) == ""
