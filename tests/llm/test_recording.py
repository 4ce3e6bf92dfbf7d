"""What a server answered is recorded as it came, and replayed without that server."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, SecretStr

from segue.errors import ServiceError, SettingsError
from segue.llm.client import LanguageModel
from segue.llm.prompts import prompt
from segue.llm.talk import Call, Delta, Person, Tool
from segue.settings import LlmSettings
from segue.testing.llm_recording import Recorder
from segue.testing.llm_server import ScriptedServer, calls, says, status


class Mood(BaseModel):
    mood: Literal["calm", "tense"]


class Search(BaseModel):
    words: str


TOOLS = (Tool("search", "Find items.", Search),)
KEY = "sk-very-secret-key"


def model(url: str, **fields: Any) -> LanguageModel:
    return LanguageModel(LlmSettings(url=url, model="scripted", retries=0, api_key=SecretStr(KEY), **fields))


def talk_all(url: str) -> list[Any]:
    with model(url) as asked:
        found: list[Any] = [asked.ask(Mood, prompt("summary"), {"text": text}) for text in ("rain", "storm", "rain")]
        for heard in asked.talk("Talk.", [Person("Something calm")], TOOLS):
            found.append(heard.text if isinstance(heard, Delta) else type(heard).__name__)
            if isinstance(heard, Call):
                found.append(heard.arguments)
        return found


def test_what_is_recorded_is_replayed(tmp_path: Path) -> None:
    file = tmp_path / "talk.jsonl"
    script = [
        *(says({"mood": mood}) for mood in ("calm", "tense", "calm")),
        calls(("search", {"words": "雨"}), text="So:"),
    ]
    with ScriptedServer(script, refuses=["json_schema"]) as server, Recorder(server.url, file) as recorder:
        real = talk_all(recorder.url)
        headers = {name.lower(): value for name, value in server.requests()[0]["headers"].items()}
    assert headers["authorization"] == f"Bearer {KEY}"
    assert real[-3:] == ["Call", Search(words="雨"), "End"]
    assert KEY not in file.read_text(encoding="utf-8")
    with ScriptedServer(replay=file) as replayed:
        assert talk_all(replayed.url) == real


def once(url: str, text: str) -> Mood:
    with model(url) as asked:
        return asked.ask(Mood, "Name the mood.", {"text": text})


def test_what_was_not_recorded_is_told(tmp_path: Path) -> None:
    file = tmp_path / "talk.jsonl"
    with ScriptedServer([says({"mood": "calm"})]) as server, Recorder(server.url, file) as recorder:
        once(recorder.url, "rain")
    told = pytest.raises(SettingsError, match="not in the recording")
    with ScriptedServer(replay=file) as replayed, told:
        once(replayed.url, "snow")


def test_errors_are_recorded_too(tmp_path: Path) -> None:
    file = tmp_path / "talk.jsonl"
    told = pytest.raises(ServiceError, match="HTTP 500: not now")
    with ScriptedServer([status(500)]) as server, Recorder(server.url, file) as recorder, told:
        once(recorder.url, "rain")
    with ScriptedServer(replay=file) as replayed, pytest.raises(ServiceError, match="HTTP 500: not now"):
        once(replayed.url, "rain")


def test_no_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no address"):
        Recorder("file:///etc/passwd", tmp_path / "x")
