"""Somebody new gets a language model's advice on the first entries; somebody who is known well never does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segue import Engine
from segue.answers import Answer
from segue.candidates import Candidates
from segue.errors import ServiceError
from segue.pipeline.rerankers.advised import MOST, Advised
from segue.profiles.cold_start import repaired
from segue.testing.llm_server import ScriptedServer, Step, by_rule, data_of, rubbish, says, slow
from segue.testing.stages import RerankerContract, requests

DEGRADED = "reranker:language_model"
WARM = "ambient-fan-0"


@pytest.fixture
def asked(trained: Path, tmp_path: Path) -> Iterator[Any]:
    held: list[Any] = []
    place = Path(shutil.copytree(trained, tmp_path / "workspace"))

    def begin(*script: Step, **more: Any) -> tuple[Engine, ScriptedServer]:
        server = ScriptedServer(list(script)).__enter__()
        plain = Engine.open(place)
        llm = plain.settings.llm.model_copy(update={"url": server.url, "model": "scripted", "retries": 0, **more})
        engine = Engine(place, plain.settings.model_copy(update={"llm": llm}), plain._store)
        held.extend((engine, server))
        return engine, server

    yield begin
    for one in held:
        one.__exit__(None, None, None)


def newcomer(engine: Engine, user: str = "newcomer", genre: str = "folk") -> None:
    engine.record([engine.event(user, None, "like", value=1, topic=f"genre:{genre}")])


def ids(answer: Answer) -> list[str]:
    return [pick.item.id for pick in answer]


def test_somebody_new_gets_the_advised_order(asked: Any) -> None:
    engine, server = asked(by_rule(), cold_start=1.0)
    engine.state("newcomer", "I like folk and hate punk")
    found = engine.recommend("newcomer", k=30, seed=1)
    assert found.degraded == ()
    (request,) = server.requests()
    data = data_of(request["body"])
    assert data["person"] == {"likes": ["genre folk"], "dislikes": ["genre punk"], "did": []}
    assert "newcomer" not in str(data), "nobody is named"
    assert len(data["items"]) == MOST
    assert sorted(one["number"] for one in data["items"]) == list(range(1, MOST + 1))
    assert "id" not in data["items"][0]
    plain = Engine.open(engine.workspace)
    before = ids(plain.recommend("newcomer", k=30, seed=1))
    plain.close()
    assert set(ids(found)[:MOST]) == set(before[:MOST]), "the same entries"
    assert ids(found)[MOST:] == before[MOST:]
    shown = {one["number"]: one for one in data["items"]}
    assert shown
    reasons = [pick.reason.text for pick in found if pick.reason]
    assert len(reasons) == 30


def test_people_who_are_known_well_are_never_asked_about(asked: Any) -> None:
    engine, server = asked(by_rule())
    plain = Engine.open(engine.workspace)
    for recipe in ("home", "best"):
        for user in (WARM, "punk-fan-3"):
            assert ids(engine.recommend(user, recipe=recipe, seed=1)) == ids(
                plain.recommend(user, recipe=recipe, seed=1)
            )
    newcomer(engine)
    engine.explain(WARM, "folk-1")
    engine.explain("newcomer", "folk-1")
    engine.recommend(None, seed=1)
    engine.recommend("nobody knows them", seed=1)
    engine.recommend("newcomer", personal=False, seed=1)
    engine.recommend("newcomer", recipe="best", seed=1)
    engine.recommend("newcomer", group=["newcomer", WARM], seed=1)
    engine.similar("folk-1", user_id="newcomer")
    plain.close()
    assert server.requests() == []


def test_who_becomes_known_is_no_longer_asked_about(asked: Any) -> None:
    engine, server = asked(by_rule())
    for n in range(5):
        engine.record([engine.event("rising", f"folk-{n}", "complete")])
        engine.recommend("rising", seed=1)
    assert len(server.requests()) == 4, "with the fifth event they are known well"


def test_the_next_page_view_does_not_ask_again(asked: Any) -> None:
    engine, server = asked(by_rule())
    newcomer(engine)
    first = ids(engine.recommend("newcomer", k=MOST, seed=1))
    assert ids(engine.recommend("newcomer", k=MOST, seed=1)) == first
    engine.record([engine.event("newcomer", "punk-1", "impression")])
    engine.recommend("newcomer", k=5, language="zh")
    assert len(server.requests()) == 1
    newcomer(engine, genre="ambient")
    engine.recommend("newcomer", k=5)
    assert len(server.requests()) == 2, "they said something new"
    assert engine.erase("newcomer")["left"] == 0
    assert engine._advising._people == {}


def test_limits_and_filters_hold(asked: Any) -> None:
    engine, server = asked(by_rule(), cold_start=1.0)
    newcomer(engine)
    engine.record([engine.event("newcomer", "folk-2", "block")])
    found = engine.recommend("newcomer", k=30, constraints={"exclude": ["folk-3"]}, seed=1)
    assert len(server.requests()) == 1
    assert not {"folk-2", "folk-3"} & set(ids(found))
    sent = str(data_of(server.requests()[0]["body"])["items"])
    assert "Folk number 2" not in sent
    assert "Folk number 3" not in sent
    engine.recommend("newcomer", constraints={"genres": ["folk"]}, seed=1)
    assert len(server.requests()) == 1, "further rows of the page are not asked about"


@pytest.mark.parametrize("step", [rubbish(), slow(3), says({"order": [777, -1, 0]}), says({"order": "folk"})])
def test_a_model_that_fails_leaves_the_order_and_says_so(asked: Any, step: Step) -> None:
    engine, server = asked(step, cold_start_s=0.4)
    newcomer(engine)
    plain = Engine.open(engine.workspace)
    before = ids(plain.recommend("newcomer", seed=1))
    plain.close()
    found = engine.recommend("newcomer", seed=1)
    assert ids(found) == before
    assert DEGRADED in found.degraded
    count = len(server.requests())
    assert DEGRADED in engine.recommend("newcomer", seed=1).degraded
    assert len(server.requests()) == count, "nobody waits for it again at once"


def test_it_can_be_switched_off(asked: Any) -> None:
    engine, server = asked(by_rule(), cold_start=0.0)
    newcomer(engine)
    assert engine.recommend("newcomer").degraded == ()
    assert server.requests() == []
    assert "language model" not in str(engine.transparency()["text"])
    on, _ = asked(by_rule(), cold_start=0.25)
    assert "25%" in str(on.transparency()["text"])
    assert "语言模型" in str(on.transparency("zh")["text"])


def test_numbers_are_repaired() -> None:
    shown = [2, 0, 3, 1]
    assert repaired([4, 4, 99, 1, -3, 0], shown) == [1, 2, 0, 3]
    assert repaired([1, 2, 3, 4], shown) == shown
    with pytest.raises(ServiceError, match="there are 4"):
        repaired([9, 0], shown)


class TestAdvised(RerankerContract):
    """Without advice it leaves everything as it is."""

    def part(self) -> Advised:
        return Advised(0.5)


def test_it_only_changes_places() -> None:
    request = next(iter(requests().values()))
    candidates = Candidates(np.arange(5, dtype=np.int32)).with_scores(final=np.arange(5, 0, -1).astype(np.float32))
    ids = [request.world.catalogue.ids[n] for n in range(5)]
    request.advice = lambda items: [item.id for item in reversed(items)]
    assert Advised(1.0)(request, candidates).tolist() == [4, 3, 2, 1, 0]
    assert Advised(0.0)(request, candidates).tolist() == [0, 1, 2, 3, 4]
    request.advice = lambda _items: [ids[3]]  # of the others nothing is said
    assert Advised(1.0)(request, candidates).tolist() == [0, 3, 1, 2, 4]
