"""Tools over real HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from .conftest import is_problem


@pytest.fixture
def user(http: httpx.Client) -> str:
    users: list[str] = http.get("/v1/users?after=").json()["users"]
    return users[0]


def used(http: httpx.Client, name: str, user: str | None, arguments: Any = None, **more: Any) -> dict[str, Any]:
    answer = http.post(f"/v1/tools/{name}", json={"user_id": user, "arguments": arguments or {}, **more})
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


def test_the_tools_are_described(http: httpx.Client) -> None:
    tools = {tool["name"]: tool for tool in http.get("/v1/tools").json()["tools"]}
    assert set(tools) == {
        "search", "recommend", "similar", "filter", "item", "explain", "profile", "edit_profile", "state_taste",
        "record", "make_playlist",
    }  # fmt: skip
    assert tools["record"]["writes"] == "feedback"
    assert tools["search"]["writes"] is None
    assert tools["search"]["takes"]["properties"]["words"]["type"] == "string"
    for tool in tools.values():
        assert "user_id" not in tool["takes"].get("properties", {}), "a tool is told whom it works for"


def test_items_are_spoken_of_by_handle(http: httpx.Client, user: str) -> None:
    found = used(http, "search", user, {"words": "drone", "k": 2})
    handle = found["items"][0]["handle"]
    item = used(http, "item", user, {"handle": handle})
    assert item["title"] == found["items"][0]["title"]
    assert used(http, "similar", user, {"handle": handle, "k": 2})["items"]
    assert used(http, "explain", user, {"handle": handle})["text"]
    for stranger in ("somebody", None):
        wrong = http.post("/v1/tools/item", json={"user_id": stranger, "arguments": {"handle": handle}})
        assert "not given out" in is_problem(wrong, 422)["detail"]


def test_numbers_mean_the_newest_list_of_a_conversation(http: httpx.Client, user: str) -> None:
    stream = http.post("/v1/chat", json={"user_id": user, "message": "light"}).text
    talk = stream.split('"conversation": "')[1].split('"')[0]
    found = used(http, "search", user, {"words": "lantern", "k": 2}, conversation=talk)
    item = used(http, "item", user, {"n": 1}, conversation=talk)
    assert item["title"] == found["items"][0]["title"]
    kept = http.get(f"/v1/conversations/{talk}", params={"user_id": user}).json()
    assert kept["lists"][-1]["list"] == found["list"]
    wrong = http.post("/v1/tools/item", json={"user_id": user, "arguments": {"n": 1}})
    assert "no list yet" in is_problem(wrong, 422)["detail"]
    is_problem(http.post("/v1/tools/item", json={"user_id": "bo", "arguments": {"n": 1}, "conversation": talk}), 404)


def test_what_writes_needs_a_grant(http: httpx.Client) -> None:
    handle = used(http, "search", "granted", {"words": "drone"})["items"][0]["handle"]
    arguments = {"handle": handle, "kind": "like"}
    refused = http.post("/v1/tools/record", json={"user_id": "granted", "arguments": arguments, "grants": ["profile"]})
    assert "needs the grant 'feedback'" in is_problem(refused, 403)["detail"]
    assert http.get("/v1/users/granted/history").json() == []
    assert used(http, "record", "granted", arguments, grants=["feedback"])["recorded"] == "like"
    assert [one["event"]["kind"] for one in http.get("/v1/users/granted/history").json()] == ["like"]


@pytest.mark.parametrize(
    ("name", "wanted", "status", "what"),
    [
        ("fly", {}, 404, "tool 'fly'"),
        ("search", {"arguments": {"words": ""}}, 422, "words"),
        ("search", {"arguments": {"words": "x", "user_id": "ada"}}, 422, "user_id"),
        ("search", {"arguments": {"words": "x", "k": "many"}}, 422, "k"),
        ("filter", {"arguments": {"where": {"op": "drop", "table": "events"}}}, 422, "where"),
        ("item", {"arguments": {"handle": "forged.x.y"}}, 422, "not given out"),
        ("item", {"arguments": {}}, 422, "either n"),
        ("profile", {}, 422, "needs a person"),
        ("profile", {"user_id": "ada", "conversation": "none"}, 404, "no conversation"),
        ("profile", {"user_id": "ada", "grants": ["root"]}, 422, "grants"),
    ],
)
def test_errors_say_what_is_wrong(http: httpx.Client, name: str, wanted: Any, status: int, what: str) -> None:
    assert what in is_problem(http.post(f"/v1/tools/{name}", json=wanted), status)["detail"]
