"""Households and groups over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from .conftest import is_problem, running


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server of its own, since a household stays."""
    from .conftest import fill

    place = tmp_path_factory.mktemp("households") / "workspace"
    fill(place)
    with running(place) as url, httpx.Client(base_url=url, timeout=120) as client:
        yield client


MEMBERS = "/v1/accounts/the%20house/members"


def test_members_are_put_listed_and_removed(http: httpx.Client) -> None:
    assert http.get(MEMBERS).json() == {"account": "the house", "members": []}
    ada = http.put(MEMBERS, json={"user_id": "u0", "name": "Ada"})
    assert ada.json() == {"user_id": "u0", "name": "Ada", "max_maturity": None}
    kim = http.put(MEMBERS, json={"name": "Kim", "max_maturity": 6}).json()
    assert kim == {"user_id": "the house:kim", "name": "Kim", "max_maturity": 6}
    assert http.put(MEMBERS, json={"user_id": kim["user_id"], "name": "Kimi"}).json()["max_maturity"] == 6
    assert http.put(MEMBERS, json={"user_id": kim["user_id"], "max_maturity": None}).json()["max_maturity"] is None
    found = http.get("/v1/accounts", params={"member": "u0"}).json()
    assert found["account"] == "the house"
    assert [one["name"] for one in found["members"]] == ["Ada", "Kimi"]
    assert http.get("/v1/accounts", params={"member": "u9"}).json() == {"account": None, "members": []}
    assert http.delete(MEMBERS, params={"user_id": kim["user_id"]}).json()["name"] == "Kimi"
    is_problem(http.delete(MEMBERS, params={"user_id": kim["user_id"]}), 404)


def test_members_that_are_refused(http: httpx.Client) -> None:
    other = "/v1/accounts/other/members"
    assert http.put(other, json={"user_id": "u2", "name": "Ben"}).status_code == 200
    for path, body, why in (
        (other, {"user_id": "u4", "name": "BEN"}, "already has a member"),
        (MEMBERS, {"user_id": "u2", "name": "Somebody"}, "another account"),
        (other, {"max_maturity": 6}, "needs a name"),
        (other, {"name": "x" * 61}, "name"),
        (other, {"name": "Cy", "max_maturity": -3}, "max_maturity"),
        (other, {"name": "Cy", "admin": True}, "admin"),
    ):
        problem = is_problem(http.put(path, json=body), 422)
        assert why in str(problem)


def test_a_group_gets_one_list_with_whom_it_suits(http: httpx.Client) -> None:
    asked = {"group": ["u0", "u1"], "strategy": "fairness", "k": 4, "cards": True, "language": "zh"}
    found = http.post("/v1/recommendations", json=asked).json()
    assert found["recipe"] == "together"
    assert [one["user_id"] for one in found["group"]["members"]] == ["u0", "u1"]
    for pick in found["picks"]:
        assert {one["user_id"] for one in pick["suits"]} == {"u0", "u1"}
        assert pick["suits"][0]["reason"]["text"].startswith("因为")
        assert pick["card"]["id"] == pick["item"]
    vetoed = {**asked, "constraints": {"exclude": [found["picks"][0]["item"]]}}
    again = http.post("/v1/recommendations", json=vetoed).json()
    assert found["picks"][0]["item"] not in [pick["item"] for pick in again["picks"]]
    alone = http.post("/v1/recommendations", json={"user_id": "u0", "k": 2}).json()
    assert "group" not in alone
    assert all("suits" not in pick for pick in alone["picks"])


def test_a_choice_is_recorded_once_for_everybody(http: httpx.Client) -> None:
    group = ["u4", "u5"]
    item = http.post("/v1/recommendations", json={"group": group, "strategy": "fairness"}).json()["picks"][0]["item"]
    choice = {"id": "tonight", "group": group, "item": item}
    answer = http.post("/v1/groups/choices", json=choice)
    assert answer.status_code == 202
    told = answer.json()
    assert (told["accepted"], told["duplicate"]) == (2, 0)
    assert {one["user_id"] for one in told["members"]} == set(group)
    assert http.post("/v1/groups/choices", json=choice).json()["duplicate"] == 2
    event = http.get("/v1/users/u4/history?limit=1").json()[0]["event"]
    assert event["item_id"] == item
    assert event["context"]["surface"] == "together"
    after = http.post("/v1/recommendations", json={"group": group, "strategy": "fairness"}).json()["group"]
    assert event["context"]["group"] == after["key"]
    assert [one["so_far"] for one in after["members"]] == pytest.approx(
        [next(m["suits"] for m in told["members"] if m["user_id"] == user) for user in group], abs=1e-3
    )


@pytest.mark.parametrize(
    "body",
    [
        {"group": ["u0"]},
        {"group": ["u0", "u0"]},
        {"group": [f"u{n}" for n in range(9)]},
        {"group": ["u0", "u1"], "recipe": "home"},
        {"group": ["u0", "u1"], "strategy": "lottery"},
        {"group": ["u0", "u1"], "user_id": "u3"},
        {"recipe": "together"},
    ],
)
def test_groups_that_are_refused(http: httpx.Client, body: dict[str, object]) -> None:
    is_problem(http.post("/v1/recommendations", json=body), 422)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"group": ["u0", "u1"], "item": "nowhere"}, 404),
        ({"group": ["u0"], "item": "i0"}, 422),
        ({"group": [], "item": "i0"}, 422),
        ({"group": ["u0", "u1"], "item": "i0", "kind": "like"}, 422),
    ],
)
def test_choices_that_are_refused(http: httpx.Client, body: dict[str, object], status: int) -> None:
    is_problem(http.post("/v1/groups/choices", json=body), status)


def test_a_childs_limit_holds_over_http(settings_of: Callable[[str], Path]) -> None:
    with running(settings_of("")) as url, httpx.Client(base_url=url, timeout=60) as http:
        http.put("/v1/items/film16", json={"id": "film16", "kind": "movie", "title": "Harbour Night", "maturity": 16})
        http.put("/v1/items/film0", json={"id": "film0", "kind": "movie", "title": "Harbour Day", "maturity": 0})
        http.put("/v1/accounts/a/members", json={"user_id": "kid", "name": "Kid", "max_maturity": 6})
        for personal in (True, False):
            for more in ({}, {"constraints": {"max_maturity": 18}}, {"group": ["kid", "u0"], "user_id": None}):
                body = {"user_id": "kid", "k": 50, "personal": personal, **more}
                picks = http.post("/v1/recommendations", json=body).json()["picks"]
                assert [pick["item"] for pick in picks] == ["film0"], body
        found = http.get("/v1/search", params={"q": "harbour", "user_id": "kid"}).json()["picks"]
        assert [pick["item"] for pick in found] == ["film0"]
