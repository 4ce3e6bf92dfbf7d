"""The OpenAPI document is whole: every reference leads somewhere, every operation says what it does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

METHODS = {"get", "put", "post", "delete", "head", "patch"}


@pytest.fixture
def document(http: httpx.Client) -> dict[str, Any]:
    content: dict[str, Any] = http.get("/openapi.json").json()
    return content


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, entry in document["paths"].items():
        for method in METHODS & entry.keys():
            yield path, method, entry[method]


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def test_it_holds_what_the_design_promises(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    found = {(path.replace(":path", ""), method) for path, method, _ in operations(document)}
    assert found >= {
        ("/v1/events", "post"),
        ("/v1/items", "get"),
        ("/v1/items", "post"),
        ("/v1/items/{item_id}", "get"),
        ("/v1/items/{item_id}", "put"),
        ("/v1/items/{item_id}", "delete"),
        ("/v1/items/{item_id}/similar", "get"),
        ("/v1/items/{item_id}/moments", "get"),
        ("/v1/recommendations", "post"),
        ("/v1/search", "get"),
        ("/v1/explanations", "get"),
        ("/v1/users", "get"),
        ("/v1/users/{user_id}", "delete"),
        ("/v1/users/{user_id}/profile", "get"),
        ("/v1/users/{user_id}/history", "get"),
        ("/v1/users/{user_id}/export", "get"),
        ("/v1/transparency", "get"),
        ("/v1/status", "get"),
        ("/v1/evaluation", "get"),
        ("/healthz", "get"),
        ("/readyz", "get"),
        ("/metrics", "get"),
        ("/media/{item_id}", "get"),
        ("/covers/{item_id}", "get"),
    }


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in references(document):
        node: Any = document
        for part in reference.removeprefix("#/").split("/"):
            assert part in node, reference
            node = node[part]


def test_every_operation_is_described(document: dict[str, Any]) -> None:
    ids = []
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        ids.append(operation["operationId"])
        assert operation["summary"], where
        assert operation["description"], where
        assert operation["tags"], where
        assert any(status.startswith("2") for status in operation["responses"]), where
        assert "application/problem+json" in operation["responses"]["default"]["content"], where
        declared = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
        assert declared == {name.split(":")[0] for name in re.findall(r"{(.+?)}", path)}, where
        guarded = path.startswith("/v1") and path != "/v1/session"
        assert bool(operation.get("security")) or not guarded, where
    assert len(ids) == len(set(ids))


def test_the_examples_are_taken(http: httpx.Client, document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    answer = http.post("/v1/recommendations", json=schemas["RecommendationsIn"]["example"])
    assert answer.status_code == 200, answer.text
    events = document["paths"]["/v1/events"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    http.put("/v1/items/t1", json={"id": "t1", "kind": "track"})
    assert http.post("/v1/events", json=events["one"]["value"]).status_code == 202
    assert http.post("/v1/events", json=events["many"]["value"]).status_code == 202
    http.delete("/v1/items/t1")
