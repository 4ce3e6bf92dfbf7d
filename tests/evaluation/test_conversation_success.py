"""Simulated people and the engine: without a model, with one that plans by rules, with none that answers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from benchmarks.conversation_success import LOST, address, few, row, stated

from segue import Engine
from segue.evaluation.simulate.facts import Shelf
from segue.evaluation.simulate.meeting import Outcome, meet
from segue.evaluation.simulate.people import Person, people
from segue.evaluation.simulate.talkers import Conversation
from segue.testing.fuzz.world import SETTINGS

from .test_simulate import film

MANNERS = ("facts", "any", "title")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("success") / "workspace"
    Engine.create(folder)
    with (folder / "segue.toml").open("a", encoding="utf-8") as settings:
        settings.write(SETTINGS)
    with Engine.open(folder) as engine:
        engine.add_items([film(n) for n in range(300)])
        engine.understand(only=["knowledge", "text", "ngram"])
    return folder


@pytest.fixture(scope="module")
def everybody() -> list[Person]:
    return few(people(Shelf([film(n) for n in range(300)]), "tuning", 1, manners=MANNERS))


def held(place: Path, everybody: list[Person], name: str = "conversation") -> list[Outcome]:
    with Engine.open(place) as engine:
        return [meet(person, Conversation(engine.chat, name)) for person in everybody]


@pytest.fixture(scope="module")
def plain(place: Path, everybody: list[Person]) -> list[Outcome]:
    return held(place, everybody)


def test_a_conversation_ends_in_what_most_have_in_mind(plain: list[Outcome]) -> None:
    accepted = [outcome.accepted for outcome in plain]
    assert sum(accepted) * 2 > len(accepted)
    assert row("films", "conversation", plain)[2] == len(plain)


@pytest.mark.parametrize("name", ["dead", "babbling"])
def test_a_model_that_fails_costs_nobody_anything(
    name: str, place: Path, everybody: list[Person], plain: list[Outcome], tmp_path: Path
) -> None:
    own = Path(shutil.copytree(place, tmp_path / "workspace"))
    with address(name) as url, stated(url):
        outcomes = held(own, everybody, name)
    assert [o.accepted for o in outcomes] == [o.accepted for o in plain]
    assert [o.turns for o in outcomes] == [o.turns for o in plain]
    answers = [exchange for outcome in outcomes for exchange in outcome.exchanges]
    # What the person can only mean in one way is answered by code at once, and asks no model.
    assert sum(LOST in exchange.degraded for exchange in answers) > 0
    assert all(exchange.by == "code" for exchange in answers)


def test_a_model_that_plans_by_rules_gets_through(place: Path, everybody: list[Person], tmp_path: Path) -> None:
    own = Path(shutil.copytree(place, tmp_path / "workspace"))
    with address("planner") as url, stated(url):
        outcomes = held(own, everybody, "planner")
    answers = [exchange for outcome in outcomes for exchange in outcome.exchanges]
    assert any(exchange.by == "language_model" for exchange in answers)
    assert not any(LOST in exchange.degraded for exchange in answers)
    assert any(outcome.accepted for outcome in outcomes)
