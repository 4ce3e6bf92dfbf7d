"""Conversations over real HTTP: streams, chips, people apart, a language model that fails in every way."""

from __future__ import annotations

import json
import sqlite3
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from segue.server.turns import PATIENCE_S
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


def test_a_server_deletes_what_has_expired(settings_of: Callable[[str], Path]) -> None:
    place = settings_of("[chat]\nkeep_days = 1\n")
    with running(place) as url, httpx.Client(base_url=url, timeout=60) as http:
        talk = of(said(http, "light", "ada"), "done")[0]["conversation"]
    with sqlite3.connect(place / "segue.db") as rows:
        rows.execute("UPDATE conversations SET changed_at = changed_at - 2 * 86400")
    with running(place) as url, sqlite3.connect(place / "segue.db") as rows:
        deadline = time.monotonic() + 20
        while rows.execute("SELECT count(*) FROM conversations WHERE id = ?", [talk]).fetchone() != (0,):
            assert time.monotonic() < deadline, "nobody has begun a new one, and the old one is still there"
            time.sleep(0.1)


def test_what_may_not_be_shown_any_more_is_not_read_back(settings_of: Callable[[str], Path]) -> None:
    with running(settings_of("")) as url, httpx.Client(base_url=url, timeout=60) as http:
        events = said(http, "drone", "ada")
        talk = of(events, "understood")[0]["conversation"]
        shown = [one["item"]["id"] for one in of(events, "items")[0]["items"]]
        hide = {
            "id": "hide",
            "user_id": "ada",
            "item_id": shown[1],
            "kind": "not_interested",
            "at": "2026-11-01T00:00:00Z",
        }
        assert http.post("/v1/events", json=hide).status_code < 300
        (kept,) = http.get(f"/v1/conversations/{talk}", params={"user_id": "ada"}).json()["lists"]
        assert [one["n"] for one in kept["items"]] == list(range(1, len(shown) + 1))  # numbers mean what they meant
        assert [one["item"] and one["item"]["id"] for one in kept["items"]] == [shown[0], None, *shown[2:]]
        assert [bool(one["handle"]) for one in kept["items"]] == [True, False, *(True for _ in shown[2:])]


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
        events = said(http, "is there a lantern", "ada")
    assert text(events) == "[1] is the one for tonight."
    assert [one["item"]["title"] for one in of(events, "items")[0]["items"]] == ["Paper Lantern"]
    assert of(events, "done")[0]["by"] == "language_model"
    chips = of(events, "understood")[-1]["understood"]
    assert ("condition", "“lantern”", True) in [(chip["what"], chip["said"], chip["new"]) for chip in chips]


def test_words_of_a_model_alone_are_not_kept_with_its_list(talking: Talking) -> None:
    """They may be a title that there is not, and would be quoted when the list is read back or explained."""
    with talking(calls(("search", {"words": "velvet tortoise lantern"})), says("[1] is the one.")) as (http, _):
        events = said(http, "something for tonight", "ada")
        talk = of(events, "understood")[0]["conversation"]
        kept = http.get(f"/v1/conversations/{talk}", params={"user_id": "ada"}).text
    (listed,) = of(events, "items")
    assert listed["items"]
    assert listed["query"] is None
    assert "tortoise" not in json.dumps(events).lower() + kept.lower()


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


SILENT = slow_start(120, says("Late."), pings=False)
PATIENT = "first_s = 100\nwithin_s = 100\n"


@contextmanager
def waiting(http: httpx.Client, model: ScriptedServer, count: int) -> Iterator[list[Events]]:
    """That many turns, each of which has been understood and waits for a silent model.

    The model goes down at the end of the block; then the list holds what became of the turns.
    """
    understood = threading.Semaphore(0)
    ended: list[Events] = []

    def talk(n: int) -> Events:
        found = ""
        with httpx.Client(base_url=http.base_url, timeout=120) as own:
            wanted = {"user_id": f"waits-{n}", "message": "light"}
            with own.stream("POST", "/v1/chat", json=wanted) as answer:
                assert answer.status_code == 200, answer.read()
                for line in answer.iter_lines():
                    if line == "event: understood":
                        understood.release()
                    found += f"{line}\n"
        return events_in(found)

    with ThreadPoolExecutor(count) as pool:
        turns = [pool.submit(talk, n) for n in range(count)]
        try:
            for _ in turns:
                assert understood.acquire(timeout=60)
            yield ended
        finally:
            model.stop()
        ended += [turn.result() for turn in turns]


def _seconds(http: httpx.Client, method: str, path: str, **wanted: Any) -> float:
    """Median of what a request takes."""
    taken = []
    for _ in range(15):
        began = time.monotonic()
        http.request(method, path, **wanted).raise_for_status()
        taken.append(time.monotonic() - began)
    return statistics.median(taken)


def test_turns_that_wait_for_a_model_keep_nobody_else_waiting(settings_of: Callable[[str], Path]) -> None:
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/healthz", {}),
        ("POST", "/v1/recommendations", {"json": {"user_id": "even-0"}}),
        ("GET", "/v1/items/tone-0", {}),
    ]
    count = 60  # more than there are threads for other requests
    with ScriptedServer([SILENT]) as model:
        llm = f'[llm]\nurl = "{model.url}"\nmodel = "scripted"\nmax_parallel = 64\ncold_start = 0\n'
        with (
            running(settings_of(f"{llm}[chat]\nat_once = 64\n{PATIENT}")) as url,
            httpx.Client(base_url=url, timeout=60) as http,
        ):
            alone = [_seconds(http, method, path, **more) for method, path, more in requests]
            with waiting(http, model, count) as ended:
                beside = [_seconds(http, method, path, **more) for method, path, more in requests]
    assert len(ended) == count
    assert all(LOST in of(events, "done")[0]["degraded"] for events in ended)
    for (_, path, _), before, after in zip(requests, alone, beside, strict=True):
        assert after < 5 * max(before, 0.01), f"{path} took {before:.3f} s alone, {after:.3f} s beside {count} turns"


def test_where_too_many_turns_wait_one_more_is_told_to_come_again(settings_of: Callable[[str], Path]) -> None:
    with ScriptedServer([SILENT]) as model:
        llm = f'[llm]\nurl = "{model.url}"\nmodel = "scripted"\n'
        with (
            running(settings_of(f"{llm}[chat]\nat_once = 2\n{PATIENT}")) as url,
            httpx.Client(base_url=url, timeout=60) as http,
        ):
            with waiting(http, model, 2):
                began = time.monotonic()
                refused = http.post("/v1/chat", json={"user_id": "ada", "message": "light"})
                assert time.monotonic() - began < PATIENCE_S + 3
                assert is_problem(refused, 503)["type"] == "urn:segue:problem:overloaded"
                assert "[chat] at_once" in refused.json()["detail"]
                assert refused.headers["retry-after"] == "2"
                assert http.get("/v1/users/ada/conversations").json()["conversations"] == []
            # Both have left their places, and so does a turn that is refused for what it says.
            for _ in range(5):
                is_problem(http.post("/v1/chat", json={"user_id": "ada", "message": " "}), 422)
            assert of(said(http, "light", "ada"), "done")


def test_who_hangs_up_gives_the_place_back(settings_of: Callable[[str], Path]) -> None:
    with ScriptedServer([endless("[1] and {n} more. ", pause_s=0.05)]) as model:
        llm = f'[llm]\nurl = "{model.url}"\nmodel = "scripted"\n'
        with (
            running(settings_of(f"{llm}[chat]\nat_once = 1\n{PATIENT}")) as url,
            httpx.Client(base_url=url, timeout=60) as http,
        ):
            for n in range(4):
                with http.stream("POST", "/v1/chat", json={"user_id": f"u{n}", "message": "light"}) as answer:
                    assert answer.status_code == 200, answer.read()
                    next(answer.iter_bytes())
            deadline = time.monotonic() + 20
            while http.post("/v1/chat", json={"user_id": "ada", "message": " "}).status_code == 503:
                assert time.monotonic() < deadline, "the turn goes on though nobody listens"


def test_who_waits_for_words_waits_for_a_stated_time(settings_of: Callable[[str], Path]) -> None:
    with ScriptedServer([SILENT]) as model:
        llm = f'[llm]\nurl = "{model.url}"\nmodel = "scripted"\nwords_s = 0.5\ncold_start = 0\n'
        with running(settings_of(llm)) as url, httpx.Client(base_url=url, timeout=60) as http:
            who = http.get("/v1/users").json()["users"][0]
            shown = http.post("/v1/recommendations", json={"user_id": who, "k": 1}).json()["picks"][0]["item"]
            why = {"user_id": who, "item": shown, "level": "paragraph", "worded": True}
            for path, params, lost in (
                (f"/v1/users/{who}/preview", {}, "preview:language_model"),
                ("/v1/explanations", why, "explanation:language_model"),
                (f"/v1/users/{who}/profile", {}, "portrait:language_model"),
            ):
                began = time.monotonic()
                told = http.get(path, params=params).json()
                assert lost in str(told), told
                assert time.monotonic() - began < 5, path
