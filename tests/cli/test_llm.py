"""``segue llm``: whether the model works, in words and in JSON; every way to fail is one line and the exit code 1."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from segue.engine import Engine
from segue.llm import ladder
from segue.testing.llm_server import ScriptedServer, Step, calls, hang_up, rubbish, says, status

from .test_cli import Shell

RIGHT = says({"word": "turquoise", "is_colour": True, "surety": "high"})
WORDS = says("The sea is wide and never twice the same.", prompt_tokens=40, completion_tokens=12)
TOOL = calls(("weather", {"city": "Oslo"}))


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    Engine.create(tmp_path / "w")
    ladder.forget()
    return tmp_path / "w"


def point(workspace: Path, url: str, **more: Any) -> None:
    lines = [f"{name} = {json.dumps(value)}" for name, value in {"url": url, "model": "scripted", **more}.items()]
    with (workspace / "segue.toml").open("a") as file:
        file.write("\n[llm]\n" + "\n".join(lines) + "\n")


@pytest.fixture
def shell(workspace: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(workspace, capsys)


def test_a_model_that_does_everything(shell: Shell) -> None:
    with ScriptedServer([RIGHT, RIGHT, RIGHT, RIGHT, WORDS, TOOL]) as server:
        point(shell.workspace, server.url)
        content = shell.json("llm", "test")
    assert content["ok"] is True
    assert (content["level"], content["streams"], content["calls_tools"]) == ("json_schema", True, True)
    assert [one["level"] for one in content["typed"]] == ["json_schema", "tool", "json_object", "text"]
    assert content["models"] == ["scripted"]
    assert content["problems"] == []
    assert content["first_token_s"] >= 0


def test_a_small_server_in_words(shell: Shell) -> None:
    refuses = ["json_schema", "tools"]
    with ScriptedServer([RIGHT, RIGHT, WORDS], refuses=refuses, models=["another"]) as server:
        point(shell.workspace, server.url)
        code, out, _ = shell("llm")
    assert code == 0
    assert "typed answers by" in out
    assert "json_object" in out
    assert "'scripted' is not among the models that it lists: another." in out
    assert "knows no tools" in out


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ([rubbish()], "No way to ask for a typed answer works"),
        ([status(500)], "HTTP 500"),
    ],
)
def test_a_model_that_cannot_be_used_ends_with_1(shell: Shell, script: list[Step], said: str) -> None:
    with ScriptedServer(script) as server:
        point(shell.workspace, server.url)
        code, out, err = shell("llm", "test", "--json")
    content = json.loads(out)
    assert (code, err, content["ok"], content["level"]) == (1, "", False, None)
    assert any(said in problem for problem in content["problems"])


@pytest.mark.parametrize(
    ("script", "said"),
    [([status(401)], "refuses the key"), ([status(503)], "cannot work now"), ([hang_up()], "broke off the call")],
)
def test_one_that_answers_nothing_is_one_line(shell: Shell, script: list[Step], said: str) -> None:
    with ScriptedServer(script) as server:
        point(shell.workspace, server.url)
        code, out, err = shell("llm", "test")
    assert (code, out) == (1, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1


def test_one_that_is_not_there(shell: Shell) -> None:
    point(shell.workspace, "http://127.0.0.1:9/v1")
    for action in ("test", "models"):
        code, _, err = shell("llm", action)
        assert code == 1
        assert "cannot be reached. Start it, or correct [llm] url" in err


def test_none_is_stated(shell: Shell) -> None:
    for action in ("test", "models"):
        code, _, err = shell("llm", action)
        assert code == 1
        assert "[llm] url is empty" in err
    code, _, err = shell("llm", "tset")
    assert code == 1
    assert "Did you mean 'test'" in err


def test_the_models_and_the_use(shell: Shell) -> None:
    with ScriptedServer([RIGHT], models=["a", "b"]) as server:
        point(shell.workspace, server.url, price_in=2.0, price_out=4.0)
        assert shell.json("llm", "models") == {"models": ["a", "b"]}
    with Engine.open(shell.workspace) as engine:
        engine._store.add_llm_usage("2026-11-27", "ada", "labels", 2, 1_000_000, 500_000)
    assert shell.json("llm", "usage")["used"] == [
        {
            "day": "2026-11-27",
            "purpose": "labels",
            "calls": 2,
            "tokens_in": 1_000_000,
            "tokens_out": 500_000,
            "cost": 4.0,
        }
    ]


def test_a_server_without_a_list(shell: Shell) -> None:
    with ScriptedServer([RIGHT, RIGHT, RIGHT, RIGHT, WORDS, TOOL], models=None) as server:
        point(shell.workspace, server.url)
        content = shell.json("llm", "test")
    assert content["ok"] is True
    assert content["models"] is None
    assert content["problems"][0].startswith("It lists no models")


def test_the_doctor_looks_at_it(shell: Shell, tmp_path: Path) -> None:
    def found() -> tuple[bool, str]:
        _, out, _ = shell("doctor", "--json")
        return next((c["ok"], c["say"]) for c in json.loads(out)["checks"] if c["what"] == "language model")

    assert found() == (True, "none is stated; everything works without")
    toml = (shell.workspace / "segue.toml").read_text()
    for url, model, ok, said in (
        ("http://127.0.0.1:9/v1", "m", True, "m is stated; `segue llm test` tries it out"),
        ("127.0.0.1:9", "m", False, "[llm] url is no address"),
        ("http://127.0.0.1:9/v1", "", False, "[llm] model is not"),
        ("transformers", "nowhere", False, "Set [llm] model to a folder"),
        ("transformers", ".", False, "holds no weights"),
    ):
        (shell.workspace / "segue.toml").write_text(f'{toml}\n[llm]\nurl = "{url}"\nmodel = "{model}"\n')
        assert found()[0] is ok, (url, model)
        assert said in found()[1]
