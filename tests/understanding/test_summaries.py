"""Summaries say what a text says most, in its own sentences, in any script; or in a model's words, and say whose."""

from __future__ import annotations

from pathlib import Path

import pytest

from segue import storage
from segue.items import Item, ItemKind
from segue.settings import Settings
from segue.testing.llm_server import ScriptedServer, by_rule, rubbish
from segue.understanding.annotate import annotate
from segue.understanding.summaries import MAX_CHARACTERS, extract, sentences


def test_sentences_of_any_script() -> None:
    assert sentences("Dr. Lee waits. “Who goes there?” Nobody answers!\nA new line") == [
        "Dr. Lee waits.",
        "“Who goes there?”",
        "Nobody answers!",
        "A new line",
    ]
    assert sentences("他来了。“你是谁？”她问道！之后，没有人说话……") == [
        "他来了。",
        "“你是谁？”",
        "她问道！",
        "之后，没有人说话……",
    ]
    assert sentences("  \n ") == []
    assert sentences("evil\u202e text\x00 here.") == ["evil text here."]


def test_the_most_telling_sentences_without_repetition() -> None:
    text = (
        "A sheriff hunts a gang of outlaws through the desert. The sheriff hunts the outlaws through the desert again. "
        "It rains. His daughter has been taken by the gang and he has three days. Tickets cost nine dollars."
    )
    found = extract(text, 2)
    assert found is not None
    assert found.startswith("A sheriff hunts a gang")
    assert "again" not in found


def test_chinese_sentences_are_chosen_too() -> None:
    text = "一名警长在沙漠里追捕一伙逃犯。警长在沙漠里追捕逃犯。下雨了。他的女儿被逃犯带走了，只剩三天时间。"
    found = extract(text, 2)
    assert found is not None
    assert found.startswith("一名警长在沙漠里追捕一伙逃犯。")
    assert found.count("。") == 2


@pytest.mark.parametrize("text", ["", " ", "...", "!!! ??"])
def test_nothing_to_sum_up(text: str) -> None:
    assert extract(text, 2) is None


def test_a_long_text_without_an_end_is_cut() -> None:
    found = extract("word " * 20_000, 2)
    assert found is not None
    assert len(found) <= MAX_CHARACTERS


def test_a_model_s_words_come_with_its_name_and_fall_back(tmp_path: Path) -> None:
    item = Item(id="a", kind=ItemKind.MOVIE, title="A", description="A sheriff waits for the train. The train is late.")
    with storage.open(f"sqlite:///{tmp_path}/segue.db") as store:
        store.put_items([item])
        with ScriptedServer([rubbish()]) as server:
            chosen = Settings(llm={"url": server.url, "model": "scripted", "retries": 0})
            report = annotate(store, chosen, only=["summaries"])
        assert report.steps[0].failed == 1
        assert report.problems[0]["where"] == "a"
        assert {s.annotator: s.text for s in store.summaries(["a"])} == {
            "extractive": item.description,
            "language_model": None,
        }
        with ScriptedServer([by_rule()]) as server:
            chosen = Settings(llm={"url": server.url, "model": "scripted", "retries": 0})
            report = annotate(store, chosen, only=["summaries"])
            again = annotate(store, chosen, only=["summaries"])
            assert len(server.requests()) == 1
        assert (report.steps[0].done, again.steps[0].done) == (1, 0)
        texts = {s.annotator: s.text for s in store.summaries(["a"])}
        assert str(texts["language_model"]).startswith("In short: ")
