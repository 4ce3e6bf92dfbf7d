"""A model that makes things up says the same in the same turn of the same conversation, and elsewhere other things."""

from __future__ import annotations

import json

import pytest

from segue.conversation.tools import TOOLS
from segue.testing.fuzz.inventing import answers
from segue.testing.fuzz.turns import INVENTED
from segue.testing.llm_server import ScriptedServer, says

TITLES = ("Amber Meadow", "雨夜钢琴")


def test_a_turn_hangs_on_its_seed_and_numbers_alone() -> None:
    assert answers(7, 3, 1, TITLES) == answers(7, 3, 1, TITLES)
    others = [answers(8, 3, 1, TITLES), answers(7, 4, 1, TITLES), answers(7, 3, 2, TITLES)]
    assert all(one != answers(7, 3, 1, TITLES) for one in others)


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    """All arguments that each tool is called with in many turns."""
    found: dict[str, str] = {}
    for number in range(400):
        for step in answers(7, number, 1, TITLES):
            for name, arguments in step.get("calls", ()):
                found[name] = found.get(name, "") + arguments + "\n"
    return found


def test_every_tool_is_called_and_some_that_there_are_not(made: dict[str, str]) -> None:
    assert {tool.name for tool in TOOLS} < set(made)
    assert set(made) - {tool.name for tool in TOOLS} == {"delete_everything", "Neon Parsnip"}


@pytest.mark.parametrize(
    "tool",
    ["search", "recommend", "filter", "similar", "state_taste", "make_playlist", "edit_profile", "record", "item"],
)
def test_invented_titles_stand_in_what_tools_are_called_with(tool: str, made: dict[str, str]) -> None:
    assert all(json.dumps(title, ensure_ascii=False)[1:-1] in made[tool] for title in INVENTED)


def test_arguments_are_broken_and_contradict_one_another(made: dict[str, str]) -> None:
    assert "{broken" in made["search"]
    both = [line for line in made["record"].splitlines() if '"handle"' in line and '"n": 1' in line]
    assert both


def test_a_server_goes_on_with_another_script() -> None:
    import httpx

    asked = {"messages": [{"role": "user", "content": "{}"}]}
    with ScriptedServer([says("first")]) as server:

        def said() -> str:
            answer = httpx.post(f"{server.url}/chat/completions", json=asked).json()
            return str(answer["choices"][0]["message"]["content"])

        assert said() == "first"
        server.go_on_with([says("second"), says("third")])
        assert [said(), said(), said()] == ["second", "third", "third"]
