"""A real MCP client lists and calls every tool, over stdin and over HTTP."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from segue import Engine
from segue.conversation.agent import TOOLS_OF_MODEL

from .conftest import fill

GRANTS = "feedback,profile,playlist"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mcp") / "workspace"
    fill(folder)
    with (folder / "segue.toml").open("a") as settings:
        settings.write('[understanding]\ntext_model = "bag_of_words"\n')  # each process would load the other
    return folder


def command(place: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "segue", "--workspace", str(place), "mcp", "--user", "ada", *options]


@asynccontextmanager
async def over_stdio(place: Path, *options: str) -> AsyncIterator[Client]:
    program, *arguments = command(place, *options)
    server = StdioServerParameters(command=program, args=arguments, env=dict(os.environ))
    async with Client(stdio_client(server)) as client:
        yield client


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def listening(place: Path, *options: str, key: str | None = None) -> Iterator[str]:
    """The URL of a server process."""
    port = free_port()
    environment = {**os.environ, **({} if key is None else {"SEGUE_SERVER__API_KEY": key})}
    process = subprocess.Popen(command(place, "--http", f"127.0.0.1:{port}", *options), env=environment)
    url = f"http://127.0.0.1:{port}/mcp"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
                break
            except ConnectionRefusedError:
                assert process.poll() is None, "the server did not start"
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


async def called(client: Client, name: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(name, arguments)
    assert not result.is_error, result.content
    content: dict[str, Any] = result.structured_content
    return content


async def refused(client: Client, name: str, **arguments: Any) -> str:
    result = await client.call_tool(name, arguments)
    assert result.is_error
    (block,) = result.content
    text: str = block.text  # type: ignore[union-attr]
    return text


async def every_tool(client: Client) -> None:
    """Lists and calls each of them."""
    listed = [tool.name for tool in (await client.list_tools()).tools]
    used = set()

    async def use(name: str, **arguments: Any) -> dict[str, Any]:
        used.add(name)
        return await called(client, name, **arguments)

    found = await use("search", words="lantern", k=3)
    first = found["items"][0]
    assert first["title"] == "Paper Lantern"
    assert (await use("item", handle=first["handle"]))["title"] == "Paper Lantern"
    assert (await use("item", n=1))["title"] == "Paper Lantern"
    assert (await use("recommend", k=2))["items"]
    assert (await use("similar", handle=first["handle"], k=2))["list"]
    narrowed = await use("filter", where={"op": "is", "field": "genre", "value": "drone"}, k=5)
    assert narrowed["items"]
    assert all("drone" in one["genres"] for one in narrowed["items"])
    assert (await use("explain", handle=first["handle"]))["text"]
    assert (await use("record", handle=first["handle"], kind="like"))["recorded"] == "like"
    assert (await use("state_taste", text="I love drone"))["understood"]
    profile = await use("profile")
    line = next(one["line"] for one in profile["lines"] if one["name"] == "drone")
    edited = await use("edit_profile", edits=[{"line": line, "action": "pin"}])
    assert [one["state"] for one in edited["profile"]["lines"] if one["line"] == line] == ["pinned"]
    assert (await use("make_playlist", words="drone", k=3))["items"]
    assert used == set(listed)


async def every_error(client: Client) -> None:
    assert "Unknown tool" in await refused(client, "fly")
    assert "not given out" in await refused(client, "item", handle="6b127cd3.cHVuay0xMA.forgedforged")
    assert "words" in await refused(client, "search", words=3)
    assert "where" in await refused(client, "filter", where={"op": "is", "field": "password", "value": "x"})
    assert "user" in await refused(client, "profile", user="somebody")
    assert "needs the grant 'feedback'" in await refused(client, "record", n=1, kind="like")
    assert "needs the grant 'profile'" in await refused(client, "state_taste", text="I love drone")
    assert "needs the grant 'playlist'" in await refused(client, "make_playlist", words="drone")
    assert "no list yet" in await refused(client, "item", n=1)


def run(task: Callable[[], Awaitable[None]]) -> None:
    anyio.run(task)


def test_over_stdin_every_tool_is_listed_and_called(place: Path) -> None:
    async def task() -> None:
        async with over_stdio(place, "--grant", GRANTS) as client:
            await every_tool(client)

    run(task)
    with Engine.open(place) as engine:
        assert "like" in {event.kind.value for event, _ in engine.history("ada")}


def test_over_stdin_errors_are_one_sentence(place: Path) -> None:
    async def task() -> None:
        async with over_stdio(place) as client:
            await every_error(client)

    run(task)


def test_over_http_every_tool_is_listed_and_called(place: Path) -> None:
    with listening(place, "--grant", "feedback", "--grant", "profile,playlist") as url:

        async def task() -> None:
            async with Client(streamable_http_client(url)) as client:
                await every_tool(client)

        run(task)


def test_over_http_errors_are_one_sentence_and_strangers_stay_outside(place: Path) -> None:
    with listening(place) as url:

        async def task() -> None:
            async with Client(streamable_http_client(url)) as client:
                await every_error(client)

        run(task)
        ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        headers = {"accept": "application/json, text/event-stream"}
        assert httpx.post(url, json=ping, headers=headers).status_code == 200
        rebound = httpx.post(url, json=ping, headers={**headers, "host": "films.example"})
        assert rebound.status_code == 421
        page = httpx.post(url, json=ping, headers={**headers, "origin": "https://films.example"})
        assert page.status_code == 403


def test_over_http_the_key_is_asked_for(place: Path) -> None:
    import httpx2

    with listening(place, key="open sesame") as url:
        for headers in ({}, {"authorization": "Bearer open"}, {"authorization": "Basic open sesame"}):
            answer = httpx.post(url, json={}, headers=headers)
            assert answer.status_code == 401
            assert "Bearer" in answer.headers["www-authenticate"]

        async def task() -> None:
            async with (
                httpx2.AsyncClient(headers={"authorization": "Bearer open sesame"}) as http,
                Client(streamable_http_client(url, http_client=http)) as client,
            ):
                assert len((await client.list_tools()).tools) == len(TOOLS_OF_MODEL)

        run(task)


def test_one_definition_three_times(place: Path, http: httpx.Client) -> None:
    """What the language model, MCP and HTTP are told of each tool is the same."""

    async def task() -> None:
        async with over_stdio(place) as client:
            mcp = [(one.name, one.description, one.input_schema) for one in (await client.list_tools()).tools]
        rest = [(one["name"], one["about"], one["takes"]) for one in http.get("/v1/tools").json()["tools"]]
        told = [tool.as_json()["function"] for tool in TOOLS_OF_MODEL]
        agent = [(one["name"], one["description"], one["parameters"]) for one in told]
        assert mcp == rest == agent
        assert len(mcp) == 11

    run(task)


@pytest.mark.parametrize(
    ("options", "code", "what"),
    [
        (["--grant", "root"], 1, "grant 'root'"),
        (["--http", "8765"], 2, "HOST:PORT"),
        (["--http", "0.0.0.0:0"], 1, "no key"),
    ],
)
def test_what_cannot_be_served(place: Path, options: list[str], code: int, what: str) -> None:
    done = subprocess.run(command(place, *options), capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == code
    assert what in done.stderr
    assert "Traceback" not in done.stderr
