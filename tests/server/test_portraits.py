"""Over HTTP a person reads their portrait, corrects it, begins afresh, and the next answer follows."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from segue.engine import Engine
from segue.testing.llm_server import ScriptedServer, says

from ..engine import conftest as trained_world
from .conftest import is_problem, running

BEGIN = datetime(2026, 5, 1, 20, tzinfo=UTC)


def did(user: str, item: str | None, kind: str = "complete", hour: int = 0, **fields: Any) -> dict[str, Any]:
    at = (BEGIN + timedelta(hours=hour)).isoformat()
    return {"id": uuid.uuid4().hex, "user_id": user, "item_id": item, "kind": kind, "at": at, **fields}


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server over a small trained world of three genres."""
    folder = tmp_path_factory.mktemp("learnt") / "workspace"
    Engine.create(folder)
    with (folder / "segue.toml").open("a") as settings:
        settings.write(trained_world.SETTINGS)
    with Engine.open(folder) as engine:
        engine.add_items(trained_world.items())
        engine.record(trained_world.events())
        engine.understand(only=["ngram"])
        assert engine.train().promoted
    with running(folder) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


@pytest.fixture
def fan(http: httpx.Client) -> str:
    """Somebody who listens to drones and, less, to jazz."""
    user = f"fan/{uuid.uuid4().hex}"
    events = [*(did(user, f"tone-{n}", hour=n) for n in range(3)), did(user, "i2", hour=9)]
    assert http.post("/v1/events", json=events).json()["accepted"] == 4
    return user


def profile_of(user: str) -> str:
    return f"/v1/users/{user.replace('/', '%2F')}/profile"


def read(http: httpx.Client, user: str, **query: Any) -> dict[str, Any]:
    answer = http.get(profile_of(user), params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["portrait"]


def patch(http: httpx.Client, user: str, *edits: dict[str, Any]) -> httpx.Response:
    return http.patch(profile_of(user), json=list(edits))


def line(portrait: dict[str, Any], line_id: str) -> dict[str, Any] | None:
    return next((one for one in portrait["lines"] if one["id"] == line_id), None)


def test_the_profile_has_a_portrait_beside_what_it_had(http: httpx.Client, fan: str) -> None:
    profile = http.get(profile_of(fan)).json()
    assert {"genres", "liked", "hours", "titles", "user_id"} <= set(profile)
    portrait = profile["portrait"]
    drone = line(portrait, "genre:drone")
    assert drone
    assert drone["name"]["en"] == "drone"
    assert [proof["item"] for proof in drone["evidence"]] == ["tone-0", "tone-1", "tone-2"]
    assert all(profile["titles"][proof["item"]] for proof in drone["evidence"])
    past = http.get(f"/v1/users/{fan.replace('/', '%2F')}/history").json()
    stored = {(e["event"]["kind"], e["event"]["item_id"]) for e in past}
    for one in portrait["lines"]:
        assert {(proof["kind"], proof["item"]) for proof in one["evidence"]} <= stored
    assert portrait["text"]["en"].startswith("You turn most to")
    assert portrait["text"]["zh"].startswith("你最常选")
    assert portrait["degraded"] == []


def test_removing_a_line_changes_the_next_answer(learnt: httpx.Client) -> None:
    user, line_id = "ambient-fan-0", "genre:ambient"
    before = scored(learnt, user)
    new = {"ambient-10", "ambient-11"}
    assert set(list(before)[:2]) == new
    answer = patch(learnt, user, {"line": line_id, "action": "delete"})
    assert answer.status_code == 200, answer.text
    assert line(answer.json()["portrait"], line_id) is None
    assert [one["id"] for one in answer.json()["portrait"]["forgotten"]] == [line_id]
    assert answer.json()["genres"] == []
    after = scored(learnt, user)
    assert next(iter(after)) not in new
    assert set(list(after)[:2]) != new
    assert all(after[item] < before[item] for item in new)
    patch(learnt, user, {"line": line_id, "action": "mute"})
    assert not new & set(scored(learnt, user))
    patch(learnt, user, {"line": line_id, "action": "unmute"})
    assert scored(learnt, user) == after  # unmuting does not undo the deletion
    patch(learnt, user, {"line": line_id, "action": "restore"})
    assert scored(learnt, user) == before
    patch(learnt, user, {"line": line_id, "action": "dislike"})
    assert all(scored(learnt, user)[item] < before[item] for item in new)


def scored(http: httpx.Client, user: str, *without: str) -> dict[str, float]:
    """Everything that may be shown, best first."""
    asked = {"user_id": user, "k": 200, "seed": 1, "constraints": {"exclude": list(without)}}
    found = http.post("/v1/recommendations", json=asked).json()["picks"]
    return {pick["item"]: pick["score"] for pick in found}


def test_every_action_is_taken_and_said_back(http: httpx.Client, fan: str) -> None:
    key = "genre:drone"
    for edit, state in [
        ({"action": "lock"}, "locked"),
        ({"action": "pin"}, "pinned"),
        ({"action": "strength", "value": 0.4}, "pinned"),
        ({"action": "unpin"}, "locked"),
        ({"action": "unlock"}, "stated"),
        ({"action": "mute", "days": 3}, "muted"),
        ({"action": "unmute"}, "stated"),
        ({"action": "dislike"}, "stated"),
        ({"action": "like", "value": 1}, "stated"),
    ]:
        portrait = patch(http, fan, {"line": key, **edit}).json()["portrait"]
        one = line(portrait, key)
        assert one
        assert one["state"] == state, edit
        assert one == line(read(http, fan), key)
        assert edit["action"] not in one["actions"] or edit["action"] == "strength"


@pytest.mark.parametrize(
    ("edit", "status", "said"),
    [
        ({"line": "genre:polka", "action": "delete"}, 404, "genre:polka"),
        ({"line": "habit:polka", "action": "delete"}, 404, "habit:polka"),
        ({"line": "item:nothing", "action": "unmute"}, 404, "item:nothing"),
        ({"line": "genre:drone", "action": "restore"}, 404, "genre:drone"),
        ({"line": "genre:jazz", "action": "strength"}, 422, "needs a value"),
        ({"line": "genre:jazz", "action": "strength", "value": 2}, 422, "value"),
        ({"line": "genre:jazz", "action": "burn"}, 422, "action"),
        ({"line": "genre:jazz", "action": "pin", "days": 2}, 422, "days"),
        ({"line": "", "action": "pin"}, 422, "line"),
        ({"action": "pin"}, 422, "line"),
        ({"line": "genre:jazz", "action": "pin", "colour": "red"}, 422, "colour"),
        ({"line": "x" * 5000, "action": "delete"}, 422, "line"),
    ],
)
def test_what_cannot_be_edited_is_named_and_changes_nothing(
    http: httpx.Client, fan: str, edit: dict[str, Any], status: int, said: str
) -> None:
    before = read(http, fan)
    problem = is_problem(patch(http, fan, {"line": "genre:drone", "action": "delete"}, edit), status)
    assert said in problem["detail"]
    assert read(http, fan) == before


def test_an_edit_needs_edits(http: httpx.Client, fan: str) -> None:
    is_problem(http.patch(profile_of(fan), json=[]), 422)
    is_problem(http.patch(profile_of(fan), json={"line": "genre:drone", "action": "pin"}), 422)
    is_problem(http.patch(profile_of(fan), json=[{"line": "genre:drone", "action": "pin"}] * 101), 422)


def test_a_reset_keeps_explicit_choices_and_deletes_nothing(http: httpx.Client, fan: str) -> None:
    timeless = {"id": uuid.uuid4().hex, "user_id": fan, "item_id": "tone-3", "kind": "complete"}
    http.post("/v1/events", json=[did(fan, "i2", "like", 10), timeless])
    patch(http, fan, {"line": "genre:ambient", "action": "pin"}, {"line": "genre:drone", "action": "mute"})
    answer = http.delete(profile_of(fan))
    assert answer.status_code == 200
    assert answer.json()["liked"] == ["i2"]
    states = {one["id"]: one["state"] for one in answer.json()["portrait"]["lines"]}
    assert states["genre:ambient"] == "pinned"
    assert states["genre:drone"] == "muted"
    assert "tag:夜晚" not in states
    past = http.get(f"/v1/users/{fan.replace('/', '%2F')}/history").json()
    assert sum(entry["event"]["item_id"] == "tone-0" for entry in past) == 1  # the log is as it was
    assert not any(item.startswith("tone") for item in scored(http, fan))


def test_after_an_erasure_nothing_is_left(http: httpx.Client, fan: str) -> None:
    patch(http, fan, {"line": "genre:drone", "action": "pin"}, {"line": "genre:jazz", "action": "mute"})
    path = f"/v1/users/{fan.replace('/', '%2F')}"
    assert "genre:drone" in http.get(f"{path}/export").text
    assert http.delete(path).json()["left"] == 0
    empty = read(http, fan)
    assert empty["lines"] == empty["forgotten"] == []
    assert "genre:" not in http.get(f"{path}/export").text
    assert scored(http, fan) == scored(http, f"nobody-{uuid.uuid4().hex}")
    assert http.delete(profile_of(fan)).json()["portrait"]["lines"] == []
    assert fan not in http.get("/v1/users", params={"limit": 1000}).json()["users"]  # a reset of nobody keeps nothing


def test_incognito_and_excluded_events_leave_no_trace(learnt: httpx.Client) -> None:
    plain, other, shut, deleted = (f"{who}-{uuid.uuid4().hex}" for who in ("plain", "other", "shut", "deleted"))
    for user in (plain, other, shut, deleted):
        learnt.post("/v1/events", json=[did(user, f"folk-{n}", hour=n) for n in range(3)])
    more: list[dict[str, Any]] = [{"item": "punk-1"}, {"item": "punk-2", "kind": "like"}, {"item": "punk-3", "hour": 9}]
    words = {"item": None, "kind": "comment", "hour": 2, "text": "I love punk, it is fantastic"}
    liked = {"item": None, "kind": "like", "hour": 3, "topic": "genre:punk"}
    for user, events in ((other, [*more, words, liked]), (shut, more), (deleted, [*more, words, liked])):
        made = [did(user, **one, train=user != other) for one in events]
        assert learnt.post("/v1/events", json=made).json()["accepted"] == len(events)
    for user in (shut, deleted):
        assert known(learnt, user) != known(learnt, plain)
    learnt.post("/v1/events", json=[did(shut, one["item"], "exclude", 50) for one in more])
    patch(learnt, deleted, {"line": "genre:punk", "action": "delete"})
    for user in (other, shut, deleted):
        assert known(learnt, user) == known(learnt, plain), user
    assert scored(learnt, shut) == scored(learnt, plain)
    # Known, therefore no candidates, beside which all others are scored; nothing else follows from it.
    expected = scored(learnt, plain, *(one["item"] for one in more))
    assert scored(learnt, other) == scored(learnt, deleted) == pytest.approx(expected)


def known(http: httpx.Client, user: str) -> str:
    """All that is believed about somebody, but for what they deleted and can restore."""
    profile = http.get(profile_of(user)).json()
    profile["portrait"].pop("forgotten")
    patterns = http.get(f"/v1/users/{user}/patterns").json()
    return json.dumps([profile, patterns, http.get(f"/v1/users/{user}/segments").json()]).replace(user, "USER")


def test_a_language_model_writes_the_text_where_one_is_set(settings_of: Callable[[str], Path]) -> None:
    good = {"sentences": [{"text": "Drone is home to you.", "lines": [1]}]}
    bad = {"sentences": [{"text": "Drone is home to you.", "lines": [77]}]}
    with ScriptedServer([says(good), says(bad)]) as model:
        workspace = settings_of(f'[llm]\nurl = "{model.url}"\nmodel = "scripted"\nretries = 0\n')
        with running(workspace) as url, httpx.Client(base_url=url, timeout=60) as http:
            http.post("/v1/events", json=[did("ann", f"tone-{n}", hour=n) for n in range(4)])
            deleted = [{"line": f"genre:{name}", "action": "delete"} for name in ("ambient",)]
            assert http.patch("/v1/users/ann/profile", json=deleted).status_code == 200
            assert model.requests() == []  # an edit waits for nobody
            assert read(http, "ann", written=False)["written_by"]["en"] == "code"
            told = read(http, "ann")
            assert told["text"]["en"] == "Drone is home to you."
            assert told["written_by"] == {"en": "language_model", "zh": "code"}
            other = read(http, "ann", language="zh")
            assert other["degraded"] == ["portrait:language_model"]
            assert other["text"]["zh"].startswith("你最常选")
