"""The mood of now: words in two languages, what was chosen, and what was just played."""

import time

import numpy as np
import pytest

from segue.dataset import History
from segue.events import KIND_CODE, EventKind
from segue.profiles.item_moods import CARRIES, HINTS, ItemMoods
from segue.profiles.mood import Mood, mood_of_now, session_mood
from segue.profiles.mood_words import Heard, lexicon, moods_of_label, read, readable
from segue.settings import Settings
from segue.understanding.annotators.vocabularies import vocabularies

from ..toy_world import catalogue, item

KNOWN = tuple(vocabularies(Settings())["moods"])


def heard(text):
    return read(readable(text))


def mood(text, stated=(), felt=None):
    return mood_of_now(heard(text), stated, felt or {}, KNOWN)


def wanted(found):
    return [set(way.moods) for way in found.ways]


def test_the_words_are_those_of_the_vocabulary():
    named = {m for word in lexicon().words.values() for part in (word.moods, word.match, word.lift) for m in part}
    named |= {m for moods in lexicon().genres.values() for m in moods}
    assert named == set(KNOWN) == set(lexicon().places)


@pytest.mark.parametrize(
    ("text", "moods"),
    [
        ("something for a good cry", {"melancholic", "uplifting"}),
        ("来点轻松的", {"calm", "cheerful", "funny"}),
        ("I've had an awful day", {"calm", "cheerful", "uplifting", "funny"}),
        ("calm", {"calm"}),
        ("sad songs", {"melancholic"}),
        ("I want something sad", {"melancholic"}),
        ("我想听悲伤的歌", {"melancholic"}),
        ("I'm sad, cheer me up", {"cheerful", "uplifting", "funny"}),
        ("我很难过，来点搞笑的", {"funny"}),
        ("I am not sad, just bored", {"funny", "energetic", "tense"}),
        ("😴", {"calm"}),
        ("特别开心", {"cheerful", "energetic"}),
        ("CALM!!! Please…", {"calm"}),
        ("ＳＡＤ　ｓｏｎｇｓ", {"melancholic"}),
    ],
)
def test_one_way(text, moods):
    found = mood(text)
    assert wanted(found) == [moods]
    assert not found.unwanted
    assert [way.name for way in found.ways] == [""]


@pytest.mark.parametrize(
    "text", ["I'm sad", "我很难过", "I feel so lonely tonight", "刚失恋", "I'm not happy", "我不开心", "😢", "💔"]
)
def test_whether_who_is_sad_wants_what_is_sad_is_left_open(text):
    found = mood(text)
    assert [way.name for way in found.ways] == ["match", "lift"]
    assert wanted(found) == [{"melancholic"}, {"uplifting", "cheerful"}]
    assert found.origin == "state"
    assert found.confidence < mood("I'm stressed").confidence < mood("calm").confidence


@pytest.mark.parametrize(
    ("text", "unwanted"),
    [
        ("nothing sad", {"melancholic"}),
        ("不要太吵", {"energetic"}),
        ("nothing sad, scary or dark", {"melancholic", "scary", "dark"}),
        ("不要悲伤、恐怖的", {"melancholic", "scary"}),
        ("I'm sick of sad songs", {"melancholic"}),
        ("I don't want to cry", {"melancholic"}),
        ("anything but horror", {"scary"}),
        ("没那么压抑的", {"dark"}),
    ],
)
def test_what_is_not_wanted(text, unwanted):
    found = mood(text)
    assert found.unwanted == unwanted
    assert not found.ways
    assert found.decided


def test_a_negation_ends_where_its_clause_does():
    found = mood("not scary but tense")
    assert (found.unwanted, wanted(found)) == ({"scary"}, [{"tense"}])
    found = mood("别太吵，来点开心的")
    assert (found.unwanted, wanted(found)) == ({"energetic"}, [{"cheerful"}])


def test_what_is_asked_for_by_name_stays():
    found = mood("sad but not depressing")
    assert (found.unwanted, wanted(found)) == ({"dark"}, [{"melancholic"}])
    found = mood("sad, but nothing sad")
    assert (found.unwanted, wanted(found)) == ({"melancholic"}, [])


def test_what_is_not_wanted_leaves_one_way_of_two():
    found = mood("I'm sad but don't want to cry")
    assert wanted(found) == [{"uplifting", "cheerful"}]
    assert [way.name for way in found.ways] == [""]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "🪑🧾📎",
        "good evening",
        "随便",
        "\u200b\u202e",
        "<p></p>",
    ],
)
def test_undecided_is_left_undecided(text):
    assert mood(text) == Mood()
    assert not mood(text).decided


@pytest.mark.parametrize("text", ["great, just what I needed: an awful day /s", "呵呵，真开心", "a “happy” day 🙃"])
def test_what_is_not_meant_is_not_guessed(text):
    assert mood(text) == Mood()


def test_a_mood_inside_another_word_is_none():
    assert heard("saddle the horse, calmodulin, 别人 分别") == ()


def test_html_scripts_and_hidden_characters_say_nothing():
    found = heard("<script>sad()</script><b title='scary'>fun\u200bny</b> &amp; c\u00ada\u200blm")
    assert [one.moods for one in found] == [{"funny": 1.0}, {"calm": 1.0}]


@pytest.mark.parametrize("piece", ["sad ", "不", "nothing sad, ", "<", "😢", "a", "feel so "])
def test_a_hundred_kilobytes_are_read_at_once(piece):
    began = time.process_time()
    mood(piece * (100_000 // len(piece)))
    assert time.process_time() - began < 0.5


def test_mixed_scripts():
    found = mood("来点 funny 的 not scary 谢谢")
    assert (wanted(found), found.unwanted) == ([{"funny"}], {"scary"})


def test_what_was_chosen_goes_before_how_somebody_feels():
    found = mood("I'm sad", ("funny",))
    assert (wanted(found), found.origin, found.confidence) == ([{"funny"}], "stated", 1.0)


def test_moods_that_the_vocabulary_lacks_are_left_out():
    assert not mood_of_now(heard("calm and scary"), (), {}, ("cheerful",)).decided
    assert wanted(mood_of_now(heard("calm and scary"), (), {}, ("scary",))) == [{"scary"}]


def test_the_session_speaks_where_nothing_is_said_and_says_which_way_comes_first():
    assert (wanted(mood("", felt={"calm": 0.6})), mood("", felt={"calm": 0.6}).origin) == ([{"calm"}], "session")
    assert wanted(mood("funny", felt={"calm": 0.6})) == [{"funny"}]
    assert not mood("nothing sad", felt={"calm": 0.6}).ways
    assert [way.name for way in mood("I'm sad", felt={"cheerful": 0.6}).ways] == ["lift", "match"]


# The session

ITEMS = catalogue(
    [
        item("calm", extra={"labels": {"mood": ["calm"]}}),
        item("rest", tags=("relaxing music",)),
        item("loud", genres=("Metal",), tags=("energetic",)),
        item("none"),
    ]
)
MOODS = ItemMoods.of(ITEMS, KNOWN, {})


def session(*did, minutes_ago=0.0, kinds=EventKind.COMPLETE, forgotten=None):
    rows = np.array([ITEMS.row(name) for name, _ in did], dtype=np.int32)
    weights = np.array([weight for _, weight in did], dtype=np.float32)
    times = 10_000.0 + 60.0 * np.arange(len(did))
    codes = np.full(len(did), KIND_CODE[kinds], np.uint8)
    history = History(items=rows, weights=weights, timestamps=times, kinds=codes, forgotten=forgotten or {})
    now = (times[-1] if len(times) else 0.0) + 60 * minutes_ago
    return session_mood(history, MOODS, Settings().session, now)


def test_two_that_agree_make_a_mood_and_one_does_not():
    assert session(("calm", 1)) == {}
    assert session(("calm", 1), ("rest", 1)).keys() == {"calm"}
    assert session(("none", 1), ("none", 1)) == {}
    assert session() == {}


def test_what_was_excluded_since_is_no_mood():
    did = ("calm", 1), ("rest", 1)
    assert session(*did, forgotten={"mood:calm": np.array([True, True])}) == {}
    again = *did, ("rest", 1)
    assert session(*again, forgotten={"mood:calm": np.array([True, False, False])}) == session(*again[1:])
    assert session(*did, forgotten={"mood:scary": np.array([True, True])}) == session(*did)


def test_it_fades_and_ends():
    fresh, later = session(("calm", 1), ("rest", 1))["calm"], session(("calm", 1), ("rest", 1), minutes_ago=8)["calm"]
    assert fresh > later
    assert session(("calm", 1), ("rest", 1), minutes_ago=45) == {}


def test_what_was_skipped_draws_away_and_the_latest_counts_most():
    assert session(("calm", 1), ("rest", -0.6)) == {}
    turned = session(("calm", 1), ("rest", 1), ("loud", 1), ("loud", 1), ("loud", 1))
    assert max(turned, key=turned.get) == "energetic"


# Items


def test_the_moods_of_items_come_from_labels_tags_and_genres():
    assert MOODS.share("calm").tolist() == [1, 1, 0, 0]
    assert MOODS.share("energetic")[2] == 1
    assert HINTS <= MOODS.share("dark")[2] < CARRIES
    assert not MOODS.matrix[3].any()


@pytest.mark.parametrize(
    ("tag", "moods"),
    [
        ("Sad Songs", {"melancholic": 1.0}),
        ("舒缓", {"calm": 1.0}),
        ("悲伤的歌", {"melancholic": 1.0}),
        ("warm", {"uplifting": 0.5, "calm": 0.4}),
        ("tired", {}),
        ("not", {}),
        ("sad" * 200, {}),
        ("", {}),
    ],
)
def test_tags(tag, moods):
    assert dict(moods_of_label(tag)) == moods


def test_one_of_several_moods_is_enough_and_neighbours_are_less_than_a_hint():
    fit = MOODS.fit({"calm": 1.0, "funny": 1.0})
    assert fit[0] == 1
    near = MOODS.fit({"nostalgic": 1.0})
    assert 0 < near[0] < HINTS
    assert near[0] > near[2]
    assert near[3] == 0


def test_the_sound_of_music_speaks_where_nothing_else_does():
    there = catalogue(
        [item("soft"), item("wild"), item("sad"), item("film", "movie"), item("told", tags=("romantic",))]
    )
    measures = {
        "energy": np.array([0.1, 0.9, 0.1, 0.1, 0.9], np.float32),
        "tempo_bpm": np.array([60, 170, 65, 60, 170], np.float32),
        "major": np.array([1, 1, 0, 1, 1], np.float32),
    }
    moods = ItemMoods.of(there, KNOWN, measures)
    best = [KNOWN[int(np.argmax(row))] if row.any() else None for row in moods.matrix]
    assert best == ["calm", "energetic", "melancholic", None, "romantic"]
    assert (moods.matrix[:3].max(axis=1) < CARRIES).all()
    assert (moods.matrix[:3].max(axis=1) >= HINTS).all()


def test_sound_without_a_mode_and_facts_that_are_all_the_same():
    there = catalogue([item("soft"), item("wild"), item("dumb")])
    one = ItemMoods.of(there, KNOWN, {"energy": np.array([0.1, 0.9, np.nan], np.float32)})
    assert one.matrix[1, KNOWN.index("energetic")] > one.matrix[0, KNOWN.index("energetic")]
    assert not one.matrix[2].any()
    assert not ItemMoods.of(there, KNOWN, {"energy": np.ones(3, np.float32)}).matrix.any()


def test_a_vocabulary_of_ones_own():
    there = catalogue([item("a", extra={"labels": {"mood": ["Zen", "nonsense"]}}), item("b")])
    moods = ItemMoods.of(there, ("Zen", "calm"), {})
    assert moods.fit({"Zen": 1.0}).tolist() == [1, 0]
    assert isinstance(heard("calm")[0], Heard)
