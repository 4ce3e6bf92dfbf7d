"""A model of this process: a tiny chat model that knows its answer by heart, and one that talks by chance."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from segue import Engine
from segue.errors import MissingLibrary, ServiceError, SettingsError
from segue.llm.client import LanguageModel
from segue.llm.probe import probe
from segue.llm.talk import Call, Delta, End, Heard, Model, Person, Result, Tool
from segue.settings import LlmSettings

from . import tiny_chat

SEARCH = ("Let", "me", "look.", '<tool_call>{"name":"search",', '"arguments":{"words":"rain"}}</tool_call>')


class Mood(BaseModel):
    mood: Literal["calm", "tense"]


class Search(BaseModel):
    words: str


TOOLS = (Tool("search", "Find items.", Search),)


def settings(folder: Path, **fields: Any) -> LlmSettings:
    return LlmSettings(url="transformers", model=str(folder), retries=0, device="cpu", **fields)


def text(found: list[Heard]) -> str:
    return "".join(one.text for one in found if isinstance(one, Delta))


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_chat.save(tmp_path_factory.mktemp("calm"), ['{"mood":', '"calm"}'], SEARCH)


@pytest.fixture(scope="module")
def by_chance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_chat.save(tmp_path_factory.mktemp("by_chance"))


@pytest.fixture(scope="module")
def babbler(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_chat.save(tmp_path_factory.mktemp("babbler"), ["well,", "well,"])


def test_a_typed_answer(calm: Path) -> None:
    with LanguageModel(settings(calm)) as asked:
        assert asked.ask(Mood, "Name the mood.", {"text": "Rain on the harbour."}).mood == "calm"
        assert asked.usage.calls == 1
        assert asked.usage.tokens_in > 20
        assert asked.usage.tokens_out == 3
        assert asked.models() == [str(calm)]


def test_a_talk_with_a_tool(calm: Path) -> None:
    with LanguageModel(settings(calm)) as asked:
        first = list(asked.talk("Help.", [Person("rain?")], TOOLS))
        call = next(one for one in first if isinstance(one, Call))
        assert text(first).strip() == "Let me look."
        assert call.arguments == Search(words="rain")
        turns = [Person("rain?"), Model("Let me look.", [call]), Result(call, [{"n": 1, "title": "Rain"}])]
        assert text(list(asked.talk("Help.", turns))) == '{"mood": "calm"}'
        assert isinstance(first[-1], End)
        assert first[-1].usage.tokens_out == len(SEARCH) + 1


def test_words_by_chance_are_no_answer_and_end_where_they_must(by_chance: Path) -> None:
    with LanguageModel(settings(by_chance, max_answer_tokens=16)) as asked:
        with pytest.raises(ServiceError, match="answered twice with something that cannot be used"):
            asked.ask(Mood, "Name the mood.", {"text": "Rain."})
        assert asked.usage.tokens_out <= 2 * 16


def test_one_that_goes_on_for_ever_is_stopped(babbler: Path) -> None:
    with LanguageModel(settings(babbler, max_answer_tokens=2_000)) as asked:
        began = time.monotonic()
        with pytest.raises(ServiceError, match="over and over"):
            list(asked.talk("Help.", [Person("rain?")]))
        assert time.monotonic() - began < 20


def test_the_whole_has_a_deadline_and_the_next_one_its_turn(babbler: Path, calm: Path) -> None:
    with LanguageModel(settings(babbler, max_answer_tokens=3_000, timeout_s=0.5)) as asked:
        asked.models()
        began = time.monotonic()
        with pytest.raises(ServiceError, match="no whole answer within"):
            asked.ask(Mood, "Name the mood.", {"text": "Rain."})
        assert time.monotonic() - began < 5
        time.sleep(0.3)
        assert not [t for t in threading.enumerate() if t.name == "segue-llm-write"], "it was stopped, not left alone"


def test_two_who_ask_at_once_are_answered_one_after_the_other(babbler: Path, calm: Path) -> None:
    with (
        LanguageModel(settings(babbler, max_answer_tokens=3_000)) as one,
        LanguageModel(settings(calm, timeout_s=0.5)) as other,
    ):
        other.models()
        talk = one.talk("Help.", [Person("rain?")])
        next(talk)  # the model is writing
        with pytest.raises(ServiceError, match="no whole answer within"):
            other.ask(Mood, "Name the mood.", {"text": "Rain."})
        talk.close()
        assert LanguageModel(settings(calm)).ask(Mood, "Name the mood.", {"text": "Rain."}).mood == "calm"


def test_a_question_larger_than_the_model_is_told(tmp_path: Path) -> None:
    small = tiny_chat.save(tmp_path / "small", ["yes"], room=64)
    with (
        LanguageModel(settings(small)) as asked,
        pytest.raises(ServiceError, match="reads and writes 64 tokens at most"),
    ):
        asked.ask(Mood, "Name the mood.", {"text": "Rain."})


@pytest.mark.parametrize("name", ["nowhere", "/nowhere/at/all"])
def test_a_model_that_is_not_there(name: str) -> None:
    with pytest.raises(MissingLibrary, match=r"Set \[llm\] model to a folder"):
        LanguageModel(LlmSettings(url="transformers", model=name))


def test_a_model_that_cannot_chat(tmp_path: Path) -> None:
    mute = tiny_chat.save(tmp_path / "mute", template=None)
    with LanguageModel(settings(mute)) as asked, pytest.raises(SettingsError, match="no chat template"):
        asked.models()


def test_pickled_weights_are_refused(tmp_path: Path, by_chance: Path) -> None:
    for file in by_chance.glob("*.json"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04")
    with LanguageModel(settings(tmp_path)) as asked, pytest.raises(MissingLibrary, match="pickled weights"):
        asked.ask(Mood, "Name the mood.", {})


def test_a_template_that_fails_is_told(tmp_path: Path) -> None:
    strict = tiny_chat.save(tmp_path / "strict", ["yes"], template="{{ raise_exception('no system, please') }}")
    with (
        LanguageModel(settings(strict)) as asked,
        pytest.raises(ServiceError, match="cannot be told this talk: no sys"),
    ):
        asked.ask(Mood, "Name the mood.", {})


def test_the_probe_tries_it_out(tmp_path: Path) -> None:
    answer = ['{"word":"turquoise",', '"is_colour":true,', '"surety":"high"}']
    whole = tiny_chat.save(
        tmp_path / "whole", answer, ['<tool_call>{"name":"weather",', '"arguments":{"city":"Oslo"}}</tool_call>']
    )
    found = probe(settings(whole))
    assert (found.ok, found.level, found.streams, found.calls_tools, found.problems) == (True, "text", True, True, [])
    assert found.first_token_s is not None


def test_a_workspace_names_its_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "w"
    Engine.create(place)
    tiny_chat.save(place / "models" / "calm", ['{"mood":', '"calm"}'])
    with (place / "segue.toml").open("a") as file:
        file.write('\n[llm]\nurl = "transformers"\nmodel = "models/calm"\n')
    monkeypatch.chdir(tmp_path)
    with Engine.open(place) as engine:
        assert engine.language_models() == [str((place / "models" / "calm").resolve())]
