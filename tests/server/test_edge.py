"""Problems, keys, limits and headers: what holds for every request."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from segue.engine import Engine
from segue.server.edge import MAX_BODY

from .conftest import is_problem, running

KEY = "correct horse battery staple"


def test_what_does_not_exist(http: httpx.Client) -> None:
    assert is_problem(http.get("/v1/nothing"), 404)["type"] == "about:blank"
    content = is_problem(http.get("/v1/items/nothing"), 404)
    assert content["type"] == "urn:segue:problem:not-found"
    assert "nothing" in content["detail"]


def test_a_wrong_method_names_the_right_ones(http: httpx.Client) -> None:
    answer = http.request("PATCH", "/v1/events", json={})
    is_problem(answer, 405)
    assert "POST" in answer.headers["allow"]


def test_json_that_is_none(http: httpx.Client) -> None:
    answer = http.post("/v1/events", content=b"{not json", headers={"content-type": "application/json"})
    is_problem(answer, 422)
    deep = b"[" * 100_000 + b"]" * 100_000
    is_problem(http.post("/v1/events", content=deep, headers={"content-type": "application/json"}), 400)


def test_a_surrogate_or_a_null_in_an_id_is_no_crash(http: httpx.Client) -> None:
    for raw in (rb'"\ud800"', rb'"a\u0000b"'):
        body = b'{"id": ' + raw + b', "user_id": "ann", "item_id": "tone-0", "kind": "like"}'
        answer = http.post("/v1/events", content=body, headers={"content-type": "application/json"})
        assert answer.status_code in (202, 422), answer.text
    assert http.get("/v1/items/a%00b").status_code == 404
    assert http.get("/v1/items/%ff%fe").status_code == 404
    assert http.get("/v1/users/%ff/history").status_code in (200, 404, 422)


def test_a_body_that_is_too_large(http: httpx.Client, base: str) -> None:
    json_type = {"content-type": "application/json"}
    is_problem(http.post("/v1/events", content=b" " * (MAX_BODY + 1), headers=json_type), 413)

    def unannounced() -> Any:
        for _ in range(MAX_BODY // 100_000 + 1):
            yield b" " * 100_000

    is_problem(http.post("/v1/events", content=unannounced(), headers=json_type), 413)


def test_too_many_at_once(http: httpx.Client) -> None:
    many = [{"id": str(n), "user_id": "a", "item_id": "b", "kind": "like"} for n in range(10_001)]
    assert "10001" in is_problem(http.post("/v1/events", json=many), 422)["detail"]


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_form_of_another_site_cannot_write(http: httpx.Client, media_type: str) -> None:
    is_problem(http.post("/v1/events", content=b"{}", headers={"content-type": media_type}), 415)


def test_a_script_of_another_site_cannot_write(http: httpx.Client) -> None:
    headers = {"sec-fetch-site": "cross-site"}
    is_problem(http.post("/v1/events", json=[], headers=headers), 403)
    is_problem(http.delete("/v1/users/u0", headers=headers), 403)
    allowed = http.options(
        "/v1/events", headers={"origin": "https://evil.example", "access-control-request-method": "POST"}
    )
    assert "access-control-allow-origin" not in allowed.headers


def test_every_answer_carries_the_security_headers(http: httpx.Client) -> None:
    for path in ("/", "/v1/status", "/nothing", "/static/segue.css", "/messages/zh.json", "/covers/tone-0"):
        headers = http.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "no-referrer"
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-eval" not in policy
        assert "script-src" not in policy or "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in http.get("/").headers["content-security-policy"]
    assert "server" not in {k for k, v in http.get("/v1/status").headers.items() if "segue" in v}


def test_a_crash_is_logged_with_its_request_id_and_shows_nothing(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: Engine) -> Any:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(Engine, "status", broken)
    with caplog.at_level(logging.ERROR, "segue.server"), running(workspace) as url:
        answer = httpx.get(f"{url}/v1/status", headers={"x-request-id": "my-id-1"})
    content = is_problem(answer, 500)
    assert content["request_id"] == "my-id-1"
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "my-id-1" in caplog.text
    assert "the secret inside" in caplog.text


def test_a_request_id_that_is_no_id_is_replaced(http: httpx.Client) -> None:
    answer = http.get("/healthz", headers={"x-request-id": "a b<script>"})
    assert len(answer.headers["x-request-id"]) == 32


def test_with_a_key_nothing_of_anybody_is_open(settings_of: Callable[[str], Path]) -> None:
    with running(settings_of(f'[server]\napi_key = "{KEY}"\n')) as url, httpx.Client(base_url=url) as http:
        for path in (
            "/v1/status",
            "/v1/items",
            "/v1/users",
            "/v1/nothing-but-items",
            "/media/tone-0",
            "/covers/tone-0",
        ):
            answer = http.get(path)
            if answer.status_code != 404:
                is_problem(answer, 401)
                assert answer.headers["www-authenticate"].startswith("Bearer")
        is_problem(http.get("/metrics"), 401)
        is_problem(http.get("/readyz"), 401)
        is_problem(http.post("/v1/events", json=[]), 401)
        for wrong in ("Bearer", "Bearer wrong", f"Basic {KEY}", "Bearer \u00e9"):
            headers = {"authorization": wrong.encode("latin-1")}
            is_problem(http.get("/v1/status", headers=headers), 401)
        for open_path in ("/healthz", "/", "/item", "/static/core.js", "/openapi.json"):
            answer = http.get(open_path)
            assert answer.status_code == 200
            assert "Harbour" not in answer.text
        assert http.get("/v1/status", headers={"authorization": f"Bearer {KEY}"}).status_code == 200


def test_a_page_trades_the_key_for_a_cookie(settings_of: Callable[[str], Path]) -> None:
    with running(settings_of(f'[server]\napi_key = "{KEY}"\n')) as url, httpx.Client(base_url=url) as http:
        is_problem(http.post("/v1/session", json={"key": "wrong"}), 401)
        assert not http.cookies
        answer = http.post("/v1/session", json={"key": KEY})
        assert answer.status_code == 204
        cookie = answer.headers["set-cookie"]
        assert KEY not in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert http.get("/v1/status").status_code == 200
        assert http.get("/media/tone-0", headers={"range": "bytes=0-3"}).content == b"RIFF"
        http.delete("/v1/session")
        assert http.get("/v1/status").status_code == 401


def test_a_method_that_somebody_has_made_up_is_not_told_apart(http: httpx.Client) -> None:
    assert http.request("CANARY-4711", "/v1/items").status_code == 415
    told = http.get("/metrics").text
    assert "CANARY" not in told
    assert 'method="other"' in told
