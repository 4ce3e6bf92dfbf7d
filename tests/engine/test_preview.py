"""A preview says of the picks what is stated of them, in either language, whoever words it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from segue import Engine
from segue.engine.previewing import DEGRADED
from segue.testing.llm_server import ScriptedServer, Step, data_of, rubbish, says

FAN = "ambient-fan-0"


@pytest.fixture
def asked(trained: Path, tmp_path: Path) -> Iterator[Any]:
    held: list[Any] = []
    place = Path(shutil.copytree(trained, tmp_path / "workspace"))

    def begin(*script: Step) -> tuple[Engine, ScriptedServer]:
        server = ScriptedServer(list(script)).__enter__()
        plain = Engine.open(place)
        llm = plain.settings.llm.model_copy(
            update={"url": server.url, "model": "scripted", "retries": 0, "cold_start": 0.0}
        )
        engine = Engine(place, plain.settings.model_copy(update={"llm": llm}), plain._store)
        held.extend((engine, server))
        return engine, server

    yield begin
    for one in held:
        one.__exit__(None, None, None)


def titles(engine: Engine) -> list[str]:
    return [pick.item.name for pick in engine.recommend(FAN, k=4, explain=False)]


def test_without_a_model_code_words_it(engine: Engine) -> None:
    first = titles(engine)[0]
    english, chinese = engine.preview(FAN), engine.preview(FAN, "zh")
    assert english.by == chinese.by == "code"
    assert english.text.startswith(f"For you tonight: “{first}” (track, ")
    assert chinese.text.startswith(f"今晚为你准备：《{first}》（音乐，")
    assert len(english.items) == 3


def test_each_sentence_is_checked_against_its_item(asked: Any) -> None:
    with Engine.open(asked()[0].workspace) as plain:
        one, two, three, _ = titles(plain)
    said = [
        {"text": f"“{one}” is a slow piece with rain.", "item": 1},
        {"text": f"“{two}” won a Grammy.", "item": 2},
        {"text": f"“{two}” is a track of 3 minutes.", "item": 2},
        {"text": f"“{one}” is a track of 3 minutes.", "item": 3},
        {"text": f"“{three}” is a punk track.", "item": 3},
        {"text": f"“{three}” is here.", "item": 99},
        {"text": "A slow piece.", "item": 3},
    ]
    engine, server = asked(says({"sentences": said}))
    found = engine.preview(FAN)
    assert found.by == "language_model"
    assert found.degraded == ()
    assert found.text == f"“{one}” is a slow piece with rain. “{two}” is a track of 3 minutes."
    assert len(found.items) == 2
    assert engine.preview(FAN) == found
    (request,) = server.requests()
    assert FAN not in str(data_of(request["body"]))
    engine.erase(FAN)
    assert engine._previews._kept == {}


@pytest.mark.parametrize("step", [rubbish(), says({"sentences": [{"text": "Ten awards for you.", "item": 1}]})])
def test_where_too_little_may_stand_code_words_it_and_says_so(asked: Any, step: Step) -> None:
    engine, _ = asked(step)
    found = engine.preview(FAN)
    assert (found.by, found.degraded) == ("code", (DEGRADED,))
    assert "award" not in found.text
