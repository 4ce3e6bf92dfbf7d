"""Entities over HTTP: what they are, their items, their neighbours; names that want to be markup stay names."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from segue.engine import Engine
from segue.items import Credit, Item
from segue.server.routes.entities import entity

from .conftest import HOSTILE, is_problem


def test_an_entity_with_its_items_and_neighbours(http: httpx.Client) -> None:
    for n in (1, 2):
        body = {
            "id": f"kg-{n}",
            "kind": "movie",
            "title": f"Graph {n}",
            "creators": [["Vera Knot", "director"], [HOSTILE, "actor"]],
            "description": "Set in Lisbon.",
        }
        assert http.put(f"/v1/items/kg-{n}", json=body).status_code == 201
    deadline = time.monotonic() + 10
    found: dict[str, Any] = {}
    while len(found.get("items", ())) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
        found = http.get("/v1/entities/person:vera knot").json()
    assert (found["kind"], found["name"]) == ("person", "Vera Knot")
    assert {one["item"] for one in found["items"]} == {"kg-1", "kg-2"}
    assert {"place:lisbon"} <= {one["id"] for one in found["related"]}
    told = http.get("/v1/items/kg-1/knowledge").json()
    assert told["neighbours"][0]["item"] == "kg-2"
    assert ("set in", "Lisbon") in {(one["relation"], one["name"]) for one in told["entities"]}


def test_what_is_not_there(http: httpx.Client) -> None:
    assert "entity" in is_problem(http.get("/v1/entities/person:nobody"), 404)["detail"]
    is_problem(http.get("/v1/items/no-such-item/knowledge"), 404)


def test_the_page_is_there_in_both_languages(http: httpx.Client) -> None:
    for language, word in (("en", "Connections"), ("zh", "关联")):
        page = http.get("/entity", params={"id": "person:x"}, headers={"accept-language": language})
        assert page.status_code == 200
        assert word in page.text


def test_a_search_tells_what_it_understood(http: httpx.Client) -> None:
    found = http.get("/v1/search", params={"q": "music under 10 seconds", "cards": True}).json()
    assert [(part["what"], part["without"]) for part in found["understood"]] == [
        ("kind", "under 10 seconds"),
        ("duration", "music"),
    ]
    assert found["picks"]
    none = http.get("/v1/search", params={"q": "drone music before 1900", "language": "zh"}).json()
    assert none["picks"] == []
    assert none["emptied_by"] == ["1899 年及以前"]
    literal = http.get("/v1/search", params={"q": "music under 10 seconds", "filters": False}).json()
    assert literal["understood"] == []


def test_hostile_searches_are_words(http: httpx.Client) -> None:
    for words in ("'; DROP TABLE items; --", HOSTILE, "\u202e\u0007rain", "!!!", "不要不要不要", "x" * 500):
        assert http.get("/v1/search", params={"q": words}).status_code == 200, words
    is_problem(http.get("/v1/search", params={"q": "x" * 10_000}), 422)


def test_an_entitys_items_are_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Engine.create(tmp_path)
    with Engine.open(tmp_path) as engine:
        engine.add_items(Item(id=f"i{n}", kind="movie", creators=(Credit("Vera Knot", "director"),)) for n in range(9))
        engine.understand(only=["knowledge"])
        asked: list[list[str]] = []
        find = engine.find_items
        monkeypatch.setattr(engine, "find_items", lambda ids: find(asked.append(ids := list(ids)) or ids))
        monkeypatch.setattr(engine, "item", None)
        found = entity(engine, "person:vera knot")
        assert [one["card"]["id"] for one in found["items"]] == asked[0] == [f"i{n}" for n in range(9)]
        assert len(asked) == 1
