"""The judged requests for a mood are what they claim to be, and are read as the reader promises."""

from __future__ import annotations

import pytest
from benchmarks._mood_prompts import KNOWN, mood_of, prompts, right

STATED = prompts()


def test_there_are_enough_in_both_languages() -> None:
    texts = [one["text"] for one in STATED]
    assert len(texts) == len(set(texts)) >= 60
    assert 0.4 <= sum(not text.isascii() for text in texts) / len(texts) <= 0.6


@pytest.mark.parametrize("one", STATED, ids=lambda one: one["text"])
def test_they_name_moods_of_the_vocabulary(one: dict[str, object]) -> None:
    assert set(one) <= {"text", "wanted", "fine", "unwanted", "both", "round", "at_first"}
    named = {mood for field in ("wanted", "fine", "unwanted") for mood in one.get(field, ())}  # type: ignore[attr-defined]
    assert named <= set(KNOWN)
    assert one.get("round", 1) in (1, 2, 3)
    assert one.get("at_first", "wrong") in ("undecided", "wrong")


def test_the_judge_is_strict() -> None:
    sad = {"wanted": ["melancholic", "uplifting", "cheerful"], "both": True}
    assert right(sad, mood_of("I'm sad"))
    assert not right({**sad, "both": False}, mood_of("I'm sad"))
    assert not right({"wanted": ["calm"]}, mood_of("something light"))
    assert right({"wanted": ["calm"], "fine": ["cheerful", "funny"]}, mood_of("something light"))
    assert not right({"wanted": ["calm"]}, mood_of("calm but not sad"))
    assert not right({}, mood_of("calm"))
    assert right({}, mood_of("good evening"))


def test_most_are_read_rightly_and_few_wrongly() -> None:
    told = [(right(one, mood_of(one["text"])), mood_of(one["text"]).decided) for one in STATED]
    assert sum(hit for hit, _ in told) / len(told) >= 0.88
    assert sum(decided and not hit for hit, decided in told) <= 4
