"""The prompts are files with versions that say which they are."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from segue.errors import NotFound
from segue.llm import prompts
from segue.llm.prompts import prompt, versions

SERVED = {
    "blurb.v1": "043472a90c20765d",
    "cold_start.v1": "042a2f4959484bc5",
    "chat.v2": "eb7f51749c25c4f3",
    "explanation.v1": "03615277e840a8f0",
    "labels.v1": "85cdf49e792f2902",
    "portrait.v1": "67d768a17b8b4b8a",
    "preview.v1": "bda86315f2979491",
    "relations.v1": "f29d3e633572e5b3",
    "rewrite.v1": "3432a900c27f3ffc",
    "rules_of_a_talk.v1": "716828f4dea533f0",
    "rules_of_an_answer.v1": "6fc7b964cc694076",
    "summary.v1": "145629e722c9f18c",
    "test_stream.v1": "77c7a35f19e8b942",
    "test_tools.v1": "f837e023b0b9f351",
    "test_typed.v1": "b32a09bbfe555df0",
}
"""The first hex digits of texts that have been served: an edited one must be a new version."""


def test_every_file_is_a_prompt() -> None:
    files = {file.name for file in Path(prompts.__file__).parent.glob("*.md")}
    assert files == {f"{name}.v{number}.md" for name, numbers in versions().items() for number in numbers}
    assert {"labels", "relations", "summary"} <= set(versions())


def test_a_prompt_says_who_it_is() -> None:
    one = prompt("labels")
    assert (one.name, one.version) == ("labels", versions()["labels"][-1])
    assert one.text.startswith("You catalogue films")
    assert prompt("labels", 1).digest == prompts.Prompt("labels", 1, prompt("labels", 1).text).digest
    assert len({prompt(name).digest for name in versions()}) == len(versions())


@pytest.mark.parametrize(("name", "start"), SERVED.items())
def test_a_served_text_is_not_edited(name: str, start: str) -> None:
    text = (Path(prompts.__file__).parent / f"{name}.md").read_bytes()
    assert hashlib.sha256(text).hexdigest().startswith(start)


def test_one_that_there_is_not() -> None:
    with pytest.raises(NotFound, match="Did you mean 'labels'"):
        prompt("lables")
    with pytest.raises(NotFound, match="version of the prompt labels '9'"):
        prompt("labels", 9)
