"""The recipe mood: what is asked for, in whose order, and how it is told."""

import numpy as np
import pytest

from segue.catalogue import Catalogue
from segue.dataset import History
from segue.errors import InvalidInput
from segue.events import KIND_CODE, EventKind
from segue.pipeline.answer import answer
from segue.pipeline.stages import World
from segue.profiles.history import Live
from segue.queries import Constraints, Query
from segue.settings import CataloguingSettings, Label, RankingSettings, Settings
from segue.testing.stages import NOW

from ..toy_world import item

BLEND = {"mood": {"mood": 1.0, "words": 1.0, "stated": 0.5}}
SETTINGS = Settings(ranking=RankingSettings(blend=BLEND, diversity=0))
MOODS = ("calm", "melancholic", "uplifting", "scary")


def made(settings=SETTINGS, each=30):
    items = [
        item(
            f"{mood}-{n}",
            kind="track" if n % 2 else "movie",
            genres=("Piano",) if n == 5 else (),
            extra={"labels": {"mood": [mood]}},
        )
        for mood in MOODS
        for n in range(each)
    ]
    items += [item("both", extra={"labels": {"mood": ["calm", "scary"]}}), item("plain")]
    return World(Catalogue.build(items), {}, {}, settings, counts=np.arange(len(items), dtype=np.float32))


WORLD = made()


def ask(words=None, moods=(), there=WORLD, live=None, **fields):
    query = Query(user_id="ann", recipe="mood", **{"k": 10, "words": words, "moods": moods, **fields})
    return answer(there, query, live or Live.nobody(), NOW)


def of(found):
    return [pick.item.id.split("-")[0] for pick in found]


def said(found):
    return [(part["what"], part["said"], part["without"]) for part in found.understood]


def test_only_the_mood_that_was_asked_for():
    assert set(of(ask(moods=("calm",)))) <= {"calm", "both"}
    assert set(of(ask("来点平静的"))) <= {"calm", "both"}
    assert set(of(ask(moods=("可怕",)))) <= {"scary", "both"}


def test_within_it_the_person_decides():
    liking = Live(History.empty(), stated={"genre:piano": 1.0})
    assert ask("something calm", live=liking)[0].item.id == "calm-5"


def test_what_is_not_wanted_is_taken_out_and_counted():
    found = ask("nothing scary or sad", k=60)
    assert set(of(found)) == {"calm", "uplifting", "plain"}
    assert found.removed["mood"] == 61
    assert said(found) == [("not_mood", "not scary or melancholic", "")]
    assert "both" not in of(ask("calm but not scary", k=60))


def test_two_ways_take_turns_and_each_can_be_taken_back():
    found = ask("I'm sad", k=6)
    assert of(found) == ["melancholic", "uplifting"] * 3
    assert said(found) == [
        ("match", "to feel with you: melancholic", "uplifting or cheerful"),
        ("lift", "to lift you: uplifting or cheerful", "melancholic"),
    ]
    assert set(of(ask(found.understood[0]["without"]))) == {"uplifting"}
    assert set(of(ask(found.understood[1]["without"]))) == {"melancholic"}
    chinese = ask("我很难过", k=2, language="zh")
    assert [part[1] for part in said(chinese)] == ["陪着你：忧伤", "让你好起来：振奋、欢快"]
    assert set(of(ask(chinese.understood[0]["without"]))) == {"uplifting"}


def test_reasons_in_both_languages():
    def why(words=None, moods=(), **fields):
        return [pick.reason.text for pick in ask(words, moods, k=2, **fields)]

    assert why("something for a good cry")[0] == "Because you asked for “something for a good cry”: melancholic"
    assert why("想大哭一场", language="zh")[0] == "因为你想要“想大哭一场”：忧伤"
    assert why(moods=("calm",))[0] == "Because you are in the mood for something calm"
    assert why(moods=("calm",), language="zh")[0] == "因为你此刻想要的氛围是“平静”"
    assert why("I'm sad") == [
        "Because you said “I'm sad”, and this feels with you: melancholic",
        "Because you said “I'm sad”, and this may lift you: uplifting",
    ]
    assert why("好累", language="zh")[0] == "因为你说“好累”：平静"
    assert why("calm")[0] == "Because you asked for “calm”"  # what names the mood is not said twice
    assert why("來點平靜的", language="zh")[0] == "因为你想要“來點平靜的”"
    assert why("来点平静的")[0] == "Because you asked for “来点平静的”: calm"
    (evidence,) = ask("calm", k=1)[0].reason.evidence
    assert (evidence.kind, evidence.ref, evidence.name) == ("mood", "calm", "calm")


def test_filters_and_names_stand_beside_the_mood():
    found = ask("calm piano music", k=3)
    assert found[0].item.id == "calm-5"
    assert {pick.item.kind.value for pick in found} == {"track"}
    assert ("kind", "only tracks", "calm piano") in said(found)
    assert {p.item.kind.value for p in ask("something calm", constraints=Constraints(kinds=("movie",)))} == {"movie"}


def test_too_few_with_the_mood_come_first_and_the_nearest_follow():
    there = made(each=2)
    found = ask(moods=("scary",), there=there, k=6)
    assert set(of(found)[:3]) == {"scary", "both"}
    assert len(found) == 6


def test_undecided_it_is_an_ordinary_answer():
    for words in (None, "good evening", "🪑🧾"):
        found = ask(words)
        assert found.understood == ()
        assert len(found) == 10
        assert not found.removed.get("mood")


def session(*ids):
    rows = WORLD.catalogue.rows(ids)
    times = NOW - 60.0 * np.arange(len(ids), 0, -1)
    kinds = np.full(len(ids), KIND_CODE[EventKind.COMPLETE], np.uint8)
    return Live(History(items=rows, weights=np.ones(len(ids), np.float32), timestamps=times, kinds=kinds))


def test_the_session_suggests_and_takes_nothing_out():
    found = ask(live=session("calm-1", "calm-3", "calm-7"), k=5)
    assert set(of(found)) == {"calm"}
    assert said(found) == [("session", "as what you just played: calm", "")]
    assert found[0].reason.text == "Because it fits the mood of what you just played: calm"
    assert not found.removed.get("mood")
    assert not said(ask(live=session("calm-1", "calm-3", "calm-7"), personal=False))


def test_words_and_moods_are_refused_where_nothing_reads_them():
    for recipe in ("home", "best", "radio"):
        with pytest.raises(InvalidInput, match=r"reads no words.*“something calm”.*'mood'"):
            answer(WORLD, Query(recipe=recipe, words="something calm", seeds=("calm-1",)))
    with pytest.raises(InvalidInput, match=r"reads no moods.*calm.*'mood'"):
        answer(WORLD, Query(moods=("calm",)))
    blend = {**BLEND, "home": {"words": 1.0}}
    reading = made(Settings(ranking=RankingSettings(blend=blend, diversity=0)))
    assert len(answer(reading, Query(words="piano"), now=NOW))


def test_an_unknown_mood_is_one_clear_error():
    with pytest.raises(InvalidInput, match=r"'gloomyish'.*calm, cheerful, dark.*thoughtful.*'moods'"):
        ask(moods=("gloomyish",))
    with pytest.raises(InvalidInput, match=r"'home' reads no moods.*recipe 'mood'"):
        answer(WORLD, Query(recipe="home", moods=("calm",)), None, NOW)


@pytest.mark.parametrize(
    "words", ["<script>alert(1)</script>", "'; DROP TABLE items; --", "x" * 99_000, "😀" * 20_000, "\u202e\u0000"]
)
def test_hostile_words_are_only_words(words):
    found = ask(words)
    assert len(found) == 10
    assert not found.degraded or found.degraded == ("not-trained",)
    assert all("<script" not in part["text"] for part in found.understood)


def test_a_vocabulary_of_ones_own_and_none():
    own = Settings(ranking=SETTINGS.ranking, cataloguing=CataloguingSettings(vocabularies={"moods": {"calm": Label()}}))
    assert set(of(ask("calm and scary", there=made(own)))) <= {"calm", "both"}
    none = Settings(ranking=SETTINGS.ranking, cataloguing=CataloguingSettings(vocabularies={"moods": {}}))
    assert ask("calm", there=made(none)).understood == ()
