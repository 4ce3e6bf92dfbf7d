"""What a day and a person may use, shared by processes; what the accounts and ``/metrics`` say of it."""

from __future__ import annotations

import multiprocessing
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from fastapi.testclient import TestClient
from pydantic import BaseModel

from segue import Engine, storage
from segue.errors import BudgetSpent, ServiceError, StorageError
from segue.llm import budget
from segue.llm.budget import Budget
from segue.llm.client import LanguageModel
from segue.llm.prompts import prompt
from segue.llm.talk import Person
from segue.server.app import create_app
from segue.server.metrics import Metrics
from segue.settings import LlmSettings
from segue.storage import Store
from segue.testing.llm_server import ScriptedServer, endless, rubbish, says, status

DAY = datetime(2026, 11, 27, 23, 59, tzinfo=UTC)


class Mood(BaseModel):
    mood: Literal["calm", "tense"]


def model(server: ScriptedServer, store: Store | None = None, **fields: Any) -> LanguageModel:
    return LanguageModel(LlmSettings(url=server.url, model="scripted", retries=1, **fields), store)


def ask(asked: LanguageModel, person: str | None = None) -> Mood:
    return asked.ask(Mood, prompt("summary"), {"text": "rain"}, person=person)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    times = [DAY]
    monkeypatch.setattr(budget, "now", lambda: times[-1])
    return times


CALM = says({"mood": "calm"}, prompt_tokens=90, completion_tokens=10)


def test_the_day_s_tokens_are_those_of_all_and_end_with_the_day(store: Store, clock: list[datetime]) -> None:
    with ScriptedServer([CALM]) as server, storage.open(f"sqlite:///{store.name}") as other:
        limits = {"tokens_per_day": 200}
        with model(server, store, **limits) as one, model(server, other, **limits) as two:
            ask(one, "ada")
            ask(two, "bo")
            for asked, person in ((one, "ada"), (two, "cy"), (one, None)):
                with pytest.raises(BudgetSpent, match=r"Today's 200 tokens .* asked again tomorrow"):
                    ask(asked, person)
            with pytest.raises(BudgetSpent, match="tokens_per_day"):
                list(two.talk("Talk.", [Person("hi")], person="bo"))
            assert len(server.requests()) == 2
            clock.append(datetime(2026, 11, 28, 0, 1, tzinfo=UTC))
            assert ask(one, "ada").mood == "calm"
    assert store.llm_tokens("2026-11-27") == 200


def test_one_person_s_tokens_are_theirs_alone(store: Store, clock: list[datetime]) -> None:
    with ScriptedServer([CALM]) as server, model(server, store, tokens_per_person=100) as asked:
        ask(asked, "ada")
        with pytest.raises(BudgetSpent, match="one person may use in a day"):
            ask(asked, "ada")
        assert ask(asked, "bo").mood == "calm"
        assert ask(asked).mood == "calm"
    assert [row["tokens_in"] for row in store.llm_usage("ada")] == [90]
    store.erase_user("ada")
    assert store.llm_usage("ada") == []
    assert store.llm_tokens("2026-11-27") == 300, "what was used stays used, by nobody"


def test_who_used_it_is_kept_only_where_people_have_a_budget(store: Store, clock: list[datetime]) -> None:
    with ScriptedServer([CALM]) as server, model(server, store) as asked:
        ask(asked, "ada")
    assert store.llm_usage("ada") == []
    (row,) = store.llm_usage()
    assert row == {"day": "2026-11-27", "purpose": "summary", "calls": 1, "tokens_in": 90, "tokens_out": 10}


def test_without_a_store_the_day_is_that_of_the_process(clock: list[datetime]) -> None:
    with ScriptedServer([CALM]) as server, model(server, tokens_per_day=100, tokens_per_person=100) as asked:
        ask(asked, "ada")
        with pytest.raises(BudgetSpent):
            ask(asked, "bo")


def test_an_account_that_cannot_be_written_costs_no_answer(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: Any) -> None:
        raise StorageError("the disk is full")

    monkeypatch.setattr(store, "add_llm_usage", full)
    with ScriptedServer([CALM]) as server, model(server, store) as asked:
        assert ask(asked, "ada").mood == "calm"
    assert "100 tokens of a language model are not counted: the disk is full" in caplog.text


def _spend(url: str, times: int) -> None:
    with storage.open(url) as store:
        for _ in range(times):
            store.add_llm_usage("2026-11-27", "ada", "talk", 1, 3, 4)


def test_processes_side_by_side_lose_no_token(store: Store) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_spend, args=(f"sqlite:///{store.name}", 40)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert store.llm_tokens("2026-11-27", "ada") == 3 * 40 * 7
    assert store.llm_usage("ada")[0]["calls"] == 120


def test_old_days_are_forgotten(store: Store) -> None:
    store.add_llm_usage("2025-01-01", "ada", "talk", 1, 3, 4)
    store.add_llm_usage("2026-11-27", "ada", "talk", 1, 3, 4)
    assert [row["day"] for row in store.llm_usage()] == ["2026-11-27"]


def test_a_server_s_budget_is_that_of_the_day_only() -> None:
    with ScriptedServer([CALM]) as server:
        settings = LlmSettings(url=server.url, model="scripted", budget_calls=1)
        with LanguageModel(settings, budget=Budget()) as asked:
            for _ in range(3):
                ask(asked, "ada")


def value(text: str, name: str, **labels: str) -> float:
    wanted = ",".join(f'{key}="{labels[key]}"' for key in sorted(labels))
    found = re.search(rf"^{re.escape(name)}{{{re.escape(wanted)}}} (\S+)$", text, re.MULTILINE)
    return float(found.group(1)) if found else 0.0


def test_the_metrics_tell_what_was_used_for_what(store: Store) -> None:
    metrics = Metrics()
    script = [CALM, rubbish(), says({"mood": "tense"}), says("a b c", prompt_tokens=50, completion_tokens=3)]
    with ScriptedServer([*script, endless(), status(500)]) as server:
        limits: dict[str, Any] = {"price_in": 2.0, "price_out": 10.0, "max_answer_tokens": 200}
        with model(server, store, **limits) as asked:
            ask(asked)
            ask(asked)  # kept
            ask(asked, "ada")  # repaired
            list(asked.talk(prompt("test_stream"), [Person("A secret wish")]))
            for _ in range(2):
                with pytest.raises(ServiceError):
                    list(asked.talk(prompt("test_stream"), [Person("A secret wish")]))
        with model(server, store, tokens_per_day=1) as spent, pytest.raises(BudgetSpent):
            ask(spent, "ada")
    text = metrics.text().decode()
    assert value(text, "segue_llm_calls_total", purpose="summary") == 3
    assert value(text, "segue_llm_tokens_total", purpose="summary", direction="in") == 290
    assert value(text, "segue_llm_tokens_total", purpose="summary", direction="out") == 50
    assert value(text, "segue_llm_cost_total", purpose="summary") == pytest.approx((290 * 2 + 50 * 10) / 1e6)
    results = {name: value(text, "segue_llm_questions_total", purpose="summary", result=name) for name in RESULTS}
    assert results == {"asked": 3, "cached": 1, "repaired": 1, "retried": 0, "failed": 0, "stopped": 0, "refused": 1}
    results = {name: value(text, "segue_llm_questions_total", purpose="test_stream", result=name) for name in RESULTS}
    assert results == {"asked": 3, "cached": 0, "repaired": 0, "retried": 1, "failed": 2, "stopped": 1, "refused": 0}
    assert value(text, "segue_llm_seconds_count", purpose="summary") == 3
    assert value(text, "segue_llm_first_token_seconds_count", purpose="test_stream") == 2
    assert "secret wish" not in text


RESULTS = ("asked", "cached", "repaired", "retried", "failed", "stopped", "refused")


def test_the_metrics_route_tells_it(tmp_path: Path) -> None:
    Engine.create(tmp_path / "w")
    with (
        Engine.open(tmp_path / "w") as engine,
        TestClient(create_app(engine)) as http,
        ScriptedServer([CALM]) as server,
    ):
        with model(server) as asked:
            ask(asked)
        told = http.get("/metrics").text
    assert 'segue_llm_tokens_total{direction="in",purpose="summary"} 90.0' in told
