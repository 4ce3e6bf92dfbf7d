"""Does a conversation end in what somebody had in mind? Simulated people with hidden targets, by language and manner.

Each person has one item in mind (or, of the manner ``any``, whatever meets two to four wishes), says only what is
true of it and what somebody would remember, and never its title, but for those who know it. They tell facts one by
one, complain of the list that they see, point to its items, answer questions, and leave when the target is among the
ten that are shown (success) or after 4, 6 or 8 turns. Films: TMDB 5000 with the ratings of MovieLens (ml-latest-
small), by which targets are drawn, as people look for what people like. Netflix and the sample library: no ratings;
every item equally often. Targets and wordings are of the part ``test``; nothing was tuned on it. The wordings come
from tables of the simulation, not from those that the engine reads with.

- conversation: the engine without a language model;
- search_alone, search_together: the engine's search of each sentence alone, and of all sentences so far as one;
- popular_pages, random: the next ten best known films at each turn; ten at random;
- planner: the agent with a server of ours in the place of a language model, which plans by a few rules. It shows what
  the way through the agent, its tools and its checks costs; it does not show how well a real model talks, of which
  none can be had here;
- dead, babbling: the agent where nobody is at the server's address, and where the model goes on and on. Both must do
  as well as no model, and say so in ``degraded``.

95 % bootstraps over people; differences are of the same people.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from segue import Engine
from segue.evaluation.simulate.baselines import AtRandom, PopularPages, SearchAlone
from segue.evaluation.simulate.facts import Shelf
from segue.evaluation.simulate.ideas import Part
from segue.evaluation.simulate.meeting import Outcome, Talker, meet
from segue.evaluation.simulate.people import MANNERS, Person, people
from segue.evaluation.simulate.success import gain, success
from segue.evaluation.simulate.talkers import Conversation
from segue.items import Item
from segue.testing.llm_server import ScriptedServer, by_plan, endless

from ._harness import data_file, sha256, table, write_result
from ._simulated import CATALOGUES, FILMS, LINKS, RATINGS, SERIES, items_of, shelf_of, workspace

EACH = {"films": 20, "netflix": 10, "sample": 6}
"""People of one manner in one language."""
MODELS = ("planner", "dead", "babbling")
WITH_MODEL = 4
"""Of those people, so many of each manner and language also talk with each of the three."""
NOBODY = "http://127.0.0.1:9/v1"
LOST = "chat:language_model"
K = 10


def main(kept: Path | None = None, each: Mapping[str, int] = EACH, part: Part = "test") -> None:
    """Measure and keep the result.

    Args:
        kept: where workspaces are that have been made before, or are to be left.
    """
    figures: dict[str, Any] = {"files": {f: sha256(data_file(f)) for f in (FILMS, RATINGS, LINKS, SERIES)}}
    rows: list[list[Any]] = []
    by_manner: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    notes: list[str] = []
    examples: list[dict[str, Any]] = []
    for name in CATALOGUES:
        with tempfile.TemporaryDirectory(prefix="segue-bench-") as made:
            place = workspace(name, Path(made), kept)
            shelf = shelf_of(name, items_of(name))
            every = people(shelf, part, each[name])
            outcomes = without_model(place, shelf, every)
            print(name, len(every), "people", flush=True)
            with_model = few(every) if name == "films" else []
            if with_model:
                outcomes |= modelled(place, with_model)
        for talker, held in outcomes.items():
            rows.append(row(name, talker, held))
            print(*rows[-1], flush=True)
            for one in held:
                by_manner[talker, one.person.manner].append(one)
        own = outcomes["conversation"]
        told = [
            f"over {other} {middle:+.3f} ({low:+.3f} … {high:+.3f})"
            for other in ("search_alone", "search_together", "popular_pages", "random")
            if other in outcomes
            for middle, low, high in (gain(own, outcomes[other]),)
        ]
        notes.append(f"{name}: conversation {', '.join(told)}.")
        if with_model:
            notes += compared(own, outcomes, {person.name for person in with_model})
        examples += [shown(one) for one in own if not one.accepted][:10]
        figures[name] = {
            talker: {"people": len(held), "success": [one.person.name for one in held if one.accepted]}
            for talker, held in outcomes.items()
        }
    columns = ["catalogue", "talker", "people", "success", "95 %", "English", "Chinese", "turns to accept", "95 %"]
    manners = [m for m in MANNERS if ("conversation", m) in by_manner]
    talkers = ("conversation", "search_alone", "search_together", "popular_pages", "random")
    ways = [
        [manner, MANNERS[manner], len(by_manner["conversation", manner])]
        + [round(success(by_manner[talker, manner]).rate, 3) for talker in talkers]
        for manner in manners
    ]
    figures |= {
        "part": part,
        "failed": examples,
        "tables": [
            table("Who got what they had in mind", columns, rows),
            table("By manner, all catalogues", ["manner", "who", "people", *talkers], ways),
        ],
        "notes": notes,
    }
    for note in notes:
        print(note)
    print(write_result("conversation_success", figures))


def without_model(place: Path, shelf: Shelf, every: Sequence[Person]) -> dict[str, list[Outcome]]:
    """Everybody talks with the engine and with each baseline."""
    with Engine.open(place) as engine:

        def search(words: str, language: str) -> list[Item]:
            return [pick.item for pick in engine.search(words, k=K, language=language)]

        talkers: list[Talker] = [
            Conversation(engine.chat),
            SearchAlone(search),
            SearchAlone(search, together=True),
            *([PopularPages(shelf)] if shelf.popular else []),
            AtRandom(shelf),
        ]
        return {talker.name: [meet(person, talker) for person in every] for talker in talkers}


def modelled(place: Path, every: Sequence[Person]) -> dict[str, list[Outcome]]:
    """The same with each server in the place of a language model."""
    found = {}
    for name in MODELS:
        began = time.perf_counter()
        with address(name) as url, stated(url), Engine.open(place) as engine:
            talker = Conversation(engine.chat, name)
            found[name] = [meet(person, talker) for person in every]
        turns = sum(outcome.turns for outcome in found[name])
        print(name, f"{(time.perf_counter() - began) / turns:.2f} s a turn", flush=True)
    return found


@contextmanager
def address(name: str) -> Iterator[str]:
    """Where the server is."""
    if name == "dead":
        yield NOBODY
        return
    with ScriptedServer([by_plan() if name == "planner" else endless("and on and on ")]) as server:
        yield server.url


@contextmanager
def stated(url: str) -> Iterator[None]:
    """As the settings of a workspace that is opened meanwhile."""
    said = {
        "SEGUE_LLM__URL": url,
        "SEGUE_LLM__MODEL": "scripted",
        "SEGUE_LLM__BUDGET_CALLS": "0",
        "SEGUE_LLM__RETRIES": "0",
    }
    before = {name: os.environ.get(name) for name in said}
    os.environ.update(said)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def few(every: Sequence[Person]) -> list[Person]:
    """A few of each manner and language."""
    taken: dict[tuple[str, str], int] = defaultdict(int)
    found = []
    for person in every:
        key = person.manner, person.language
        if taken[key] < WITH_MODEL:
            taken[key] += 1
            found.append(person)
    return found


def compared(own: Sequence[Outcome], outcomes: Mapping[str, Sequence[Outcome]], names: set[str]) -> list[str]:
    """What the servers change, for the same people."""
    plain = [one for one in own if one.person.name in names]
    notes = [f"The {len(names)} people who also talked with a server, without one: {success(plain).rate:.3f}."]
    for name in MODELS:
        held = outcomes[name]
        middle, low, high = gain(held, plain)
        answers = [exchange for one in held for exchange in one.exchanges]
        lost = sum(LOST in exchange.degraded for exchange in answers) / len(answers)
        by_model = sum(exchange.by == "language_model" for exchange in answers) / len(answers)
        notes.append(
            f"{name}: {success(held).rate:.3f}, {middle:+.3f} ({low:+.3f} … {high:+.3f}) against none; "
            f"{by_model:.0%} of the answers by the server, {lost:.0%} told as degraded."
        )
    return notes


def row(name: str, talker: str, held: Sequence[Outcome]) -> list[Any]:
    """A line of the first table."""
    every = success(held)
    spoken = [success([one for one in held if one.person.language == language]).rate for language in ("en", "zh")]
    return [
        name,
        talker,
        every.people,
        round(every.rate, 3),
        _span(every.rate_ci95),
        *(round(rate, 3) for rate in spoken),
        round(every.turns, 2) if every.turns == every.turns else None,
        _span(every.turns_ci95) if every.turns == every.turns else "",
    ]


def _span(ends: tuple[float, float]) -> str:
    return f"{ends[0]:.3g} … {ends[1]:.3g}"


def shown(outcome: Outcome) -> dict[str, Any]:
    """A conversation, to be read."""
    return {
        "person": outcome.person.name,
        "target": outcome.person.target.name,
        "said": [exchange.said for exchange in outcome.exchanges],
        "shown": [list(exchange.shown[:3]) for exchange in outcome.exchanges],
    }


if __name__ == "__main__":
    main()
