"""A server that is not ours: ``transformers serve`` with a tiny chat model, in a process of its own.

It overlooks what it does not know (``response_format``, ``tool_choice``), so what holds is that answers are checked.
What it answered is kept in ``recordings/transformers_serve.jsonl``, which is replayed where it cannot run.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from segue.llm.client import LanguageModel
from segue.llm.probe import probe
from segue.llm.talk import Call, Delta, End, Person, Tool
from segue.settings import LlmSettings
from segue.testing.llm_recording import Recorder
from segue.testing.llm_server import ScriptedServer

from . import tiny_chat

RECORDED = Path(__file__).parent / "recordings" / "transformers_serve.jsonl"
SEARCH = ("Let", "me", "look.", '<tool_call>{"name":"search",', '"arguments":{"words":"rain"}}</tool_call>')
START_S = 400


class Mood(BaseModel):
    mood: Literal["calm", "tense"]


class Search(BaseModel):
    words: str


def settings(url: str, name: str) -> LlmSettings:
    return LlmSettings(url=url, model=name, retries=0, timeout_s=120, first_token_s=100, max_answer_tokens=32)


def held(asked: LanguageModel) -> list[Any]:
    """A typed answer, a talk, and a talk with a tool."""
    mood = asked.ask(Mood, "Name the mood.", {"text": "Rain on the harbour."})
    words = list(asked.talk("Talk.", [Person("Something calm, please.")]))
    tool = list(asked.talk("Talk.", [Person("Something calm, please.")], [Tool("search", "Find items.", Search)]))
    return [mood, words, tool]


def check(found: list[Any]) -> None:
    mood, words, tool = found
    assert mood == Mood(mood="calm")
    assert "".join(one.text for one in words if isinstance(one, Delta)).strip() == '{"mood": "calm"}'
    assert isinstance(words[-1], End)
    assert "".join(one.text for one in tool if isinstance(one, Delta)).strip() == "Let me look."
    assert [one.arguments for one in tool if isinstance(one, Call)] == [Search(words="rain")]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    command = shutil.which("transformers", path=str(Path(sys.executable).parent))
    if command is None:
        pytest.skip("the command `transformers` is not installed beside this Python")
    folder = tiny_chat.save(tmp_path_factory.mktemp("served"), ['{"mood":', '"calm"}'], SEARCH)
    with socket.socket() as probe_:
        probe_.bind(("127.0.0.1", 0))
        port = probe_.getsockname()[1]
    place = f"http://127.0.0.1:{port}"
    log = folder / "server.log"
    with log.open("w") as stream:
        arguments = [command, "serve", str(folder), "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
        server = subprocess.Popen(arguments, stdout=stream, stderr=stream, env=environment)
    try:
        until = time.monotonic() + START_S
        while True:
            if server.poll() is not None:
                said = log.read_text()[-600:]
                if "Missing dependencies for serving" in said:
                    pytest.skip("`transformers serve` needs the extra transformers[serving]")
                raise AssertionError(f"`transformers serve` ended: {said}")
            try:
                urllib.request.urlopen(f"{place}/health", timeout=5).close()
                break
            except OSError:
                assert time.monotonic() < until, f"`transformers serve` did not start: {log.read_text()[-600:]}"
                time.sleep(0.5)
        yield f"{place}/v1", str(folder)
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.mark.slow
def test_the_other_server_is_asked_and_recorded(served: tuple[str, str], tmp_path: Path) -> None:
    url, name = served
    file = tmp_path / "recorded.jsonl"
    with Recorder(url, file) as recorder, LanguageModel(settings(recorder.url, name)) as asked:
        real = held(asked)
        check(real)
        assert asked.usage.calls == 3
        assert asked.usage.tokens_in > 20
    with ScriptedServer(replay=file) as replayed, LanguageModel(settings(replayed.url, name)) as asked:
        assert held(asked)[0] == real[0]
    if wanted := os.environ.get("SEGUE_RECORD"):  # to write the recording of this folder anew
        Path(wanted).write_text(file.read_text(encoding="utf-8").replace(name, "tiny"), encoding="utf-8")


@pytest.mark.slow
def test_the_other_server_is_probed(served: tuple[str, str]) -> None:
    url, name = served
    found = probe(settings(url, name))
    assert [(one.level, one.ok) for one in found.typed][:3] == [
        ("json_schema", False),
        ("tool", False),
        ("json_object", False),
    ]
    assert found.streams
    assert found.first_token_s is not None


def test_what_it_answered_once_is_still_understood() -> None:
    with ScriptedServer(replay=RECORDED) as replayed, LanguageModel(settings(replayed.url, "tiny")) as asked:
        check(held(asked))
