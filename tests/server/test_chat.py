"""Conversations over real HTTP: streams, chips, people apart, a language model that fails in every way."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from segue.testing.llm_server import (
    ScriptedServer,
    Step,
    breaks,
    calls,
    cut_off,
    drip,
    endless,
    foreign,
    hang_up,
    raw,
    says,
    slow_start,
    stalls,
    status,
)

from .conftest import is_problem, running

Events = list[tuple[str, dict[str, Any]]]
Talking = Callable[..., AbstractContextManager[tuple[httpx.Client, ScriptedServer]]]
"""Makes a server whose language model follows a script."""
LOST = "chat:language_model"


def events_in(text: str) -> Events:
    """(name, content) of each server-sent event; comments left out."""
    found = []
    for block in text.split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith(":")]
        if lines:
            name, data = lines
            found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def said(http: httpx.Client, message: str = "something calm", user: str | None = "even-0", **more: Any) -> Events:
    answer = http.post("/v1/chat", json={"user_id": user, "message": message, **more})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    return events_in(answer.text)


def of(events: Events, name: str) -> list[dict[str, Any]]:
    return [content for kind, content in events if kind == name]


def text(events: Events) -> str:
    return "".join(content["delta"] for content in of(events, "text"))


@pytest.fixture(scope="session")
def person(base: str) -> str:
    users: list[str] = httpx.get(f"{base}/v1/users?after=").json()["users"]
    return users[0]


def test_a_turn_is_understood_answered_and_kept(http: httpx.Client, person: str) -> None:
    events = said(http, "drone, not horror", person, k=3)
    kinds = [kind for kind, _ in events]
    assert kinds[0] == "understood"
    assert kinds[-1] == "done"
    (understood,), (listed,), (done,) = of(events, "understood"), of(events, "items"), of(events, "done")
    assert done["by"] == "code"
    assert done["turn"] == 1
    assert text(events)
    (chip,) = (one for one in understood["understood"] if "horror" in one["said"])
    assert chip["new"] is True
    assert [one["n"] for one in listed["items"]] == list(range(1, len(listed["items"]) + 1))
    assert len(listed["items"]) <= 3
    assert all(one["handle"] and one["item"]["title"] and one["reason"]["text"] for one in listed["items"])
    assert listed["request_id"]
    place = f"/v1/conversations/{done['conversation']}"
    kept = http.get(place, params={"user_id": person}).json()
    assert [turn["role"] for turn in kept["turns"]] == ["person", "segue"]
    assert kept["turns"][0]["text"] == "drone, not horror"
    assert kept["turns"][1]["list"] == listed["list"]
    (shown,) = kept["lists"]
    assert [one["item"]["id"] for one in shown["items"]] == [one["item"]["id"] for one in listed["items"]]
    assert [one["id"] for one in kept["understood"]] == [one["id"] for one in understood["understood"]]


def test_chips_hold_in_the_next_turn_until_they_are_taken_back(http: httpx.Client, person: str) -> None:
    first = said(http, "no ambient", person)
    talk = of(first, "done")[0]["conversation"]
    (chip,) = of(first, "understood")[0]["understood"]
    second = said(http, "light", person, conversation=talk)
    assert chip["id"] in [one["id"] for one in of(second, "understood")[0]["understood"]]
    genres = {genre for one in of(second, "items") for item in one["items"] for genre in item["item"]["genres"]}
    assert "ambient" not in genres
    third = said(http, "", person, conversation=talk, without=[chip["id"]])
    assert chip["id"] not in [one["id"] for one in of(third, "understood")[0]["understood"]]
    assert of(third, "done")[0]["turn"] == 3


def test_conversations_are_their_persons_alone(http: httpx.Client, person: str) -> None:
    talk = of(said(http, "light", person), "done")[0]["conversation"]
    listed = http.get(f"/v1/users/{person}/conversations").json()["conversations"]
    assert listed[0]["conversation"] == talk
    assert listed[0]["begins"] == "light"
    assert listed[0]["turns"] == 1
    for other in ({"user_id": "somebody"}, {}, {"user_id": f"{person} "}):
        place = f"/v1/conversations/{talk}"
        is_problem(http.get(place, params=other), 404)
        is_problem(http.delete(place, params=other), 404)
        is_problem(
            http.post("/v1/chat", json={"message": "hi", "conversation": talk, "user_id": other.get("user_id")}), 404
        )
    assert http.delete(f"/v1/conversations/{talk}", params={"user_id": person}).status_code == 204
    is_problem(http.get(f"/v1/conversations/{talk}", params={"user_id": person}), 404)
    is_problem(http.post("/v1/chat", json={"message": "hi", "conversation": talk, "user_id": person}), 404)


def test_nobodys_conversation_is_nobodys(http: httpx.Client, person: str) -> None:
    events = said(http, "light", None)
    talk = of(events, "done")[0]["conversation"]
    assert of(events, "items")
    assert http.get(f"/v1/conversations/{talk}").json()["user_id"] is None
    is_problem(http.get(f"/v1/conversations/{talk}", params={"user_id": person}), 404)


@pytest.mark.parametrize(
    ("wanted", "what"),
    [
        ({"message": ""}, "empty"),
        ({"message": " \u3000\n"}, "empty"),
        ({"message": "x" * 100_000}, "8,000"),
        ({"message": "hi", "grants": ["everything"]}, "grants"),
        ({"message": "hi", "k": 0}, "k"),
        ({"message": "hi", "language": "fr"}, "language"),
        ({"message": "hi", "user": "ada"}, "user"),
        ({"message": 3}, "message"),
    ],
)
def test_what_cannot_be_answered_is_a_problem_before_the_stream(
    http: httpx.Client, wanted: Mapping[str, Any], what: str
) -> None:
    assert what in is_problem(http.post("/v1/chat", json=wanted), 422)["detail"]


def test_an_unknown_conversation_is_a_problem(http: httpx.Client) -> None:
    for name in ("none", "a\x00b", "../x"):
        is_problem(http.post("/v1/chat", json={"message": "hi", "user_id": "ada", "conversation": name}), 404)


def test_the_answer_is_in_the_language_of_the_message(http: httpx.Client, person: str) -> None:
    chinese = said(http, "不要恐怖片", person)
    assert of(chinese, "understood")[0]["understood"][0]["said"].startswith("不要")
    assert any("\u4e00" <= c <= "\u9fff" for c in text(chinese))
    talk = of(chinese, "done")[0]["conversation"]
    assert http.get(f"/v1/conversations/{talk}", params={"user_id": person}).json()["language"] == "zh"
    english = said(http, "light", person, conversation=talk)
    assert text(english).isascii()
    stated = said(http, "light", person, conversation=talk, language="zh")
    assert not text(stated).isascii()


def test_what_is_said_is_in_the_metrics(http: httpx.Client) -> None:
    before = _turns(http)
    said(http, "light", "metered")
    assert _turns(http) == before + 1
    assert 'segue_chat_first_word_seconds_count{by="code"}' in http.get("/metrics").text


def _turns(http: httpx.Client) -> float:
    lines = http.get("/metrics").text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith('segue_chat_turns_total{by="code"}'))


def test_what_fails_on_the_way_is_a_problem_in_the_stream(settings_of: Callable[[str], Path]) -> None:
    place = settings_of("")
    with running(place) as url, httpx.Client(base_url=url, timeout=60) as http:
        said(http, "light", "ada")
        with sqlite3.connect(place / "segue.db") as rows:
            rows.execute("DROP TABLE events")
        events = said(http, "light", "ada")
    (problem,) = of(events, "problem")
    assert [kind for kind, _ in events][-1] == "problem"
    assert problem["status"] == 503
    assert {"type", "title", "detail", "request_id"} <= set(problem)
    assert of(events, "done") == []


# With a language model


@pytest.fixture
def talking(settings_of: Callable[[str], Path]) -> Talking:
    """Makes a server whose language model follows a script."""

    @contextmanager
    def make(*script: Step, chat: str = "", **options: Any) -> Iterator[tuple[httpx.Client, ScriptedServer]]:
        with ScriptedServer(script, **options) as model:
            toml = f'[llm]\nurl = "{model.url}"\nmodel = "scripted"\nretries = 0\n[chat]\n{chat}\n'
            with running(settings_of(toml)) as url, httpx.Client(base_url=url, timeout=60) as client:
                yield client, model

    return make


def test_a_model_calls_tools_and_words_what_they_found(talking: Talking) -> None:
    step = says("Here is something quiet. [1] fits best.")
    with talking(calls(("search", {"words": "drone", "k": 3})), step) as (http, model):
        events = said(http, "drone tonight", "ada")
        asked = model.requests()
    assert text(events) == "Here is something quiet. [1] fits best."
    (listed,), (done,) = of(events, "items"), of(events, "done")
    assert (done["by"], done["degraded"]) == ("language_model", ["not-trained"])
    assert 1 <= len(listed["items"]) <= 3
    assert len(asked[0]["body"]["tools"]) == 11
    result = json.loads(asked[1]["body"]["messages"][-1]["content"])
    (told,) = result.values()
    assert [one["title"] for one in told["items"]] == [one["item"]["title"] for one in listed["items"]]


HALLUCINATED = (
    "You should see “The Silent Orbit”. 《静默轨道》很好。 Try The Glass Cathedral tonight. [7] is for you. "
    "Inception is a classic. It runs 137 minutes. See https://films.example. Harbour Light is calm."
)


def test_what_a_model_invents_is_not_said(talking: Talking) -> None:
    """The last title is in the catalogue, and in no list of this conversation."""
    list_of_one = {"op": "is", "field": "word", "value": "lantern"}
    script = calls(("filter", {"where": list_of_one})), says(HALLUCINATED + " [1] is the one for tonight.")
    with talking(*script) as (http, _):
        events = said(http, "anything", "ada")
    assert text(events) == "[1] is the one for tonight."
    assert [one["item"]["title"] for one in of(events, "items")[0]["items"]] == ["Paper Lantern"]
    assert of(events, "done")[0]["by"] == "language_model"
    chips = of(events, "understood")[-1]["understood"]
    assert [(chip["what"], chip["said"], chip["new"]) for chip in chips] == [("condition", "“lantern”", True)]


def test_where_nothing_true_is_left_code_words_it(talking: Talking) -> None:
    with talking(calls(("search", {"words": "lantern"})), says(HALLUCINATED)) as (http, _):
        events = said(http, "lantern", "ada")
    assert text(events) == "Here is what I found."
    assert of(events, "items")[0]["items"]
    assert LOST in of(events, "done")[0]["degraded"]


@pytest.mark.parametrize(
    "script",
    [
        [hang_up()],
        [status(503)],
        [raw("<html>")],
        [says("")],
        [foreign()],
        [endless()],
        [drip(30)],
        [cut_off()],
        [slow_start(30, says("Late."), pings=True)],
        [stalls(1, 30, calls(("search", {"words": "drone"})))],
        [breaks(1, calls(("search", {"words": "drone"})))],
        [calls(("fly", {"to": "the moon"}))],
        [calls(("search", '{"words": "ra'))],
        [calls(("search", {"words": 3, "k": "many"}))],
        [says("You should see “The Silent Orbit”.")],
    ],
    ids=["hangs up", "503", "no json", "says nothing", "another language", "endless", "drips", "cut off", "slow",
         "stalls", "breaks", "unknown tools", "broken arguments", "wrong types", "invents"],
)  # fmt: skip
def test_where_a_model_fails_code_answers_in_time_and_says_so(talking: Talking, script: list[Step]) -> None:
    within, first = 2.0, 0.4
    with talking(*script, chat=f"within_s = {within}\nfirst_s = {first}") as (http, _):
        said(http, "warm", None, without=["x"])  # words and encoders are loaded
        began = time.monotonic()
        events = said(http, "drone, no horror", "ada")
        seconds = time.monotonic() - began
    (done,) = of(events, "done")
    assert LOST in done["degraded"]
    assert of(events, "items")[0]["items"]
    assert text(events)
    assert "Silent" not in text(events)
    assert "Тихий" not in text(events)
    assert len(of(events, "understood")) == 1
    assert seconds < within + 1.0


def test_a_dead_server_is_let_alone_for_a_while(talking: Talking) -> None:
    with talking(says("Hello.")) as (http, model):
        model.stop()
        for _ in range(3):
            assert LOST in of(said(http, "light", "ada"), "done")[0]["degraded"]
        assert 'segue_degraded_total{stage="chat:language_model"} 3.0' in http.get("/metrics").text


def test_only_the_persons_own_words_write(talking: Talking) -> None:
    """The model wants to write what nobody has said; the person sees a proposal, and nothing is written."""
    script = (
        calls(("recommend", {"k": 3})),
        calls(
            ("record", {"n": 1, "kind": "like"}),
            ("state_taste", {"text": "I love drone"}),
            ("edit_profile", {"edits": []}),
        ),
        says("I can note that."),
        says("Noted."),
    )
    with talking(*script) as (http, model):
        events = said(http, "what is there", "ada")
        assert of(events, "wrote") == []
        assert http.get("/v1/users/ada/history").json() == []
        offers = of(events, "proposed")
        # What the model says of a taste is not the person's: it is not even asked about.
        assert [(one["writing"], one["say"]) for one in offers] == [("feedback", "I like number 1")]
        first = of(events, "items")[0]["items"][0]["item"]
        talk = of(events, "done")[0]["conversation"]
        second = said(http, offers[0]["say"], "ada", conversation=talk)
        (wrote,) = of(second, "wrote")
        assert wrote["writing"] == "feedback"
        (entry,) = http.get("/v1/users/ada/history").json()
        assert (entry["event"]["kind"], entry["event"]["item_id"]) == ("like", first["id"])
        assert entry["event"]["context"]["surface"] == "chat"
        assert entry["event"]["context"]["rank"] == 0
        refused = said(http, offers[0]["say"], "ada", conversation=talk, grants=[])
        assert of(refused, "wrote") == []
        assert len(http.get("/v1/users/ada/history").json()) == 1
        told = json.loads(model.requests()[2]["body"]["messages"][-1]["content"])
        assert "error" in str(told)


def test_two_turns_at_once_are_one_after_another_or_an_error(talking: Talking) -> None:
    with talking(says("Hello there."), endless("[1] and {n} more. ", pause_s=0.05), chat="within_s = 30") as (http, _):
        talk = of(said(http, "light", "ada"), "done")[0]["conversation"]
        wanted = {"user_id": "ada", "message": "light", "conversation": talk}
        with http.stream("POST", "/v1/chat", json=wanted) as answer:
            next(answer.iter_bytes())
            problem = is_problem(http.post("/v1/chat", json=wanted), 409)
            assert "Another turn" in problem["detail"]
        # Whoever listened has left: the work ends, and the conversation is free.
        deadline = time.monotonic() + 10
        while http.post("/v1/tools/profile", json={"user_id": "ada", "conversation": talk}).status_code == 409:
            assert time.monotonic() < deadline, "the turn goes on though nobody listens"
            time.sleep(0.05)
