"""Attacks on the tools, over HTTP and over MCP: other people's handles, forged, expired and reused ones, handles of
another conversation, ids and grants in arguments, values beyond all size. And the control: what a grant does."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import httpx2
from mcp import MCPError
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from segue.conversation.handles import Handles, key_in
from segue.conversation.tools import TOOLS

from ._attack_chat import WRITTEN_BY_TALK
from ._attack_talk import Asking, served
from ._attack_world import ATTACKER, KEY, VICTIM, rows
from ._attacks import Attack

GRANTS = ("feedback", "profile", "playlist")
WRITING = ("state_taste", "edit_profile", "record", "make_playlist")
"""Tools that write; a taste first, since it makes the line of a portrait that the next one edits."""
assert set(WRITING) == {tool.name for tool in TOOLS if tool.writes}
ALONE = "tools"
"""The conversation of handles that were given out in none."""
TRIES = 4
"""Calls of one tool that a model has made and that are made again with a grant."""
_JSON = {"content-type": "application/json"}
_ALLOWED = {"authorization": f"Bearer {KEY}"}


@dataclass
class Tried:
    """Calls that must be refused, and calls that a grant allows."""

    calls: int = 0
    refused: int = 0
    allowed: int = 0
    wrote: int = 0
    """Of those that were allowed, how many changed rows."""
    let_through: list[str] = field(default_factory=list)
    """Forged calls that were answered."""

    idle: list[str] = field(default_factory=list)
    """Allowed calls that changed nothing."""

    def allow(self, what: str, wrote: bool) -> None:
        """A call with a grant."""
        self.allowed += 1
        self.wrote += wrote
        if not wrote:
            self.idle.append(what)

    def add(self, what: str, refused: bool) -> None:
        """A forged call."""
        self.calls += 1
        self.refused += refused
        if not refused:
            self.let_through.append(what)


def handles(workspace: Path, item_id: str, conversation: str) -> dict[str, str]:
    """Handles of one item that its attacker may not use, by what is wrong with them; signed with the workspace's own
    key where it is not the signature that is wrong."""
    key = key_in(workspace)
    own = Handles(key)
    good = own.give(item_id, ATTACKER, ALONE)
    return {
        "another person's": own.give(item_id, VICTIM, ALONE),
        "nobody's": own.give(item_id, None, ALONE),
        "another conversation's": own.give(item_id, ATTACKER, conversation),
        "another person's conversation's": own.give(item_id, VICTIM, conversation),
        "expired": Handles(key, lasts_s=-60).give(item_id, ATTACKER, ALONE),
        "expired long ago": Handles(key, lasts_s=-1e9).give(item_id, ATTACKER, ALONE),
        "of another key": Handles(os.urandom(32)).give(item_id, ATTACKER, ALONE),
        "made to last": f"ffffffff.{good.split('.', 1)[1]}",
        "cut": good[:-1],
        "altered": f"{good[:-3]}AAA",
        "of another item": f"{good.split('.')[0]}.{own.give('x', ATTACKER, ALONE).split('.', 1)[1].split('.')[0]}."
        f"{good.rsplit('.', 1)[1]}",
        "the id itself": item_id,
        "empty": "",
        "a path": "../../segue.toml",
        "too long": good * 100,
    }


def forged(
    workspace: Path, item_id: str, conversation: str, attacks: Sequence[Attack], names: Mapping[str, str]
) -> Any:
    """(what it is, arguments) of calls that no tool may answer."""
    for what, handle in handles(workspace, item_id, conversation).items():
        yield f"handle {what}", {"handle": handle}
        yield f"handle {what}, like", {"handle": handle, "kind": "like"}
    for attack in attacks:
        yield attack.id, json.loads(attack.filled(**names))
    good = Handles(key_in(workspace)).give(item_id, ATTACKER, ALONE)
    yield "both names", {"n": 1, "handle": good, "kind": "like"}
    for name in ("user", "user_id", "person", "item_id", "id"):
        yield f"argument {name}", {name: VICTIM, "words": "rain", "handle": good}
    yield "grants", {"handle": good, "kind": "like", "grants": list(GRANTS)}
    yield "grant", {"text": "I love jazz", "grant": "profile"}
    yield "conversation", {"words": "rain", "conversation": conversation}
    yield "long words", {"words": "rain " * 100_000}
    yield "long text", {"text": "I love jazz. " * 50_000}
    yield "many edits", {"edits": [{"line": "genre:jazz", "action": "like"}] * 5_000}
    yield "edit of another's", {"edits": [{"line": "genre:jazz", "action": "like", "user_id": VICTIM}]}
    yield "large numbers", {"words": "rain", "k": 10**30}
    yield "numbers that are none", {"handle": good, "kind": "rate", "value": 10**400}


class Using(Asking):
    """Uses the tools of one served world."""

    def rest(self, item_id: str, attacks: Sequence[Attack], names: Mapping[str, str]) -> Tried:
        """Every tool with every forged call, without grants and with all; other people's conversations."""
        tried = Tried()
        held = _begun(self.workspace, VICTIM)
        with self._watched("tools") as client:
            before = rows(self.workspace)
            every = list(forged(self.workspace, item_id, held, attacks, names))
            own = Handles(key_in(self.workspace)).give(item_id, ATTACKER, ALONE)
            for name in (tool["name"] for tool in client.get("/v1/tools").json()["tools"]):
                for grants in ([], list(GRANTS)):
                    for what, arguments in every:
                        self._rest(client, tried, f"{name}: {what}", name, {"arguments": arguments, "grants": grants})
                for what, sent in (
                    ("a grant that there is not", {"arguments": {}, "grants": ["everything"]}),
                    ("another's conversation", {"arguments": {"handle": own}, "conversation": held}),
                    ("another's list", {"arguments": {"n": 1}, "conversation": held}),
                ):
                    self._rest(client, tried, f"{name}: {what}", name, sent)
            for name, arguments in calls_that_write(own):
                sent = {"arguments": arguments}
                self._rest(client, tried, f"{name}: well-formed, without a grant", name, sent)
            for path in (f"/v1/conversations/{held}?user_id={ATTACKER}", f"/v1/conversations/{held}"):
                for method in ("GET", "DELETE"):
                    answer = client.request(method, path)
                    tried.add(f"{method} {path}", answer.status_code == 404)
                    if answer.status_code != 404:
                        self.found.leaks.append(("tools", path, "conversation of another"))
            self._unchanged("tools", "all", before)
        return tried

    def _rest(self, client: httpx.Client, tried: Tried, what: str, name: str, sent: Mapping[str, Any]) -> None:
        body = json.dumps({"user_id": ATTACKER, **sent})
        answer = client.post(f"/v1/tools/{name}", content=body, headers=_JSON)
        tried.add(what, answer.status_code >= 400)
        self.found.look("tools", what, answer.text, body)
        if answer.status_code >= 500:
            self.found.errors.append(("tools", what, answer.text[:150]))

    def mcp(
        self, item_id: str, attacks: Sequence[Attack], names: Mapping[str, str], ways: Sequence[Way] | None = None
    ) -> Tried:
        """The same over MCP by a client of its own SDK, without grants and with all. At last, with them, what writes.

        Args:
            ways: to reach the server; None: on stdin and stdout, and over streamable HTTP.
        """
        tried = Tried()
        before = rows(self.workspace)
        every = list(forged(self.workspace, item_id, "0" * 32, attacks, names))
        own = Handles(key_in(self.workspace)).give(item_id, ATTACKER, ALONE)

        async def attack(granted: bool, client: Client) -> None:
            for name in [tool.name for tool in (await client.list_tools()).tools]:
                for what, arguments in every:
                    await self._mcp(client, tried, f"{name}: {what}", name, arguments)
                await self._mcp(client, tried, f"{name}: no list", name, {"n": 1})
            for name in ("../search", "__class__", "", "search\0", "x" * 100_000):
                await self._mcp(client, tried, f"tool {name[:20]}", name, {})
            for uri in ("file:///etc/hostname", f"file://{names['secret']}", "segue://users/" + VICTIM):
                tried.add(f"resource {uri}", await self._resource(client, uri))
            if not granted:
                for name, arguments in calls_that_write(own):
                    await self._mcp(client, tried, f"{name}: well-formed, without a grant", name, arguments)

        async def allowed(client: Client) -> None:
            await client.call_tool("search", {"words": "rain"})
            for name, arguments in calls_that_write(own):
                there = rows(self.workspace)
                result = await client.call_tool(name, arguments)
                told = f"{name} {arguments} {result.content[0].text if result.is_error else ''}"
                tried.allow(told, not result.is_error and _changed(there, rows(self.workspace)))

        for way in ways or (over_stdio, over_http):
            for granted in (False, True):
                _in_session(way, self.workspace, granted, partial(attack, granted))
                self._unchanged("mcp", str(way), before)
        _in_session(over_stdio, self.workspace, True, allowed)
        return tried

    async def _mcp(self, client: Client, tried: Tried, what: str, name: str, arguments: Mapping[str, Any]) -> None:
        try:
            result = await client.call_tool(name, dict(arguments))
            told, refused = json.dumps([one.model_dump() for one in result.content]), bool(result.is_error)
        except (MCPError, ValueError) as error:
            told, refused = str(error), True
        tried.add(what, refused)
        self.found.look("mcp", what, told, json.dumps(arguments))
        if "Something went wrong inside" in told:
            self.found.errors.append(("mcp", what, told[:150]))

    async def _resource(self, client: Client, uri: str) -> bool:
        try:
            self.found.look("mcp", uri, str(await client.read_resource(uri)), uri)
        except MCPError:
            return True
        return False

    def granted(self, folder: Path, calls: Sequence[tuple[str, str]]) -> Tried:
        """The control, in a copy of the world: the well-formed calls of tools that write, and those that a model has
        made while it was attacked, do write where they are granted. A handle does not outlive its item's being hidden.

        Args:
            folder: that the copy is put into.
            calls: (tool, arguments in JSON) that a model has made.
        """
        copy = folder / "granted"
        shutil.copytree(self.workspace, copy)
        tried, other = Tried(), Using(copy, self.found, self._bodies)
        held = _begun(copy, ATTACKER)
        with other._watched("granted") as client:
            own = client.post(
                "/v1/tools/search", json={"user_id": ATTACKER, "conversation": held, "arguments": {"words": "rain"}}
            ).json()["items"][0]["handle"]
            for name, arguments in (*calls_that_write(own), *_each(calls)):
                sent = {"user_id": ATTACKER, "conversation": held, "arguments": arguments, "grants": GRANTS}
                before = rows(copy)
                answer = client.post(f"/v1/tools/{name}", json=sent)
                wrote = answer.status_code == 200 and _changed(before, rows(copy))
                tried.allow(f"{name} {arguments} {answer.text[:200]}", wrote)
            hide = {"handle": own, "kind": "not_interested"}
            sent = {"user_id": ATTACKER, "conversation": held, "grants": GRANTS}
            client.post("/v1/tools/record", json={**sent, "arguments": hide}).raise_for_status()
            for name in ("item", "explain", "similar"):
                answer = client.post(f"/v1/tools/{name}", json={**sent, "arguments": {"handle": own}})
                tried.add(f"{name}: reused after it was hidden", answer.status_code == 422)
        return tried


def _begun(workspace: Path, user: str) -> str:
    """A conversation of somebody; what a model is told in it is their own."""
    with served(workspace) as url, httpx.Client(base_url=url, headers=_ALLOWED, timeout=120) as client:
        answer = client.post("/v1/chat", json={"user_id": user, "message": "something calm"})
    return str(json.loads(answer.text.split("data: ", 1)[1].split("\n", 1)[0])["conversation"])


def calls_that_write(handle: str) -> list[tuple[str, dict[str, Any]]]:
    """A well-formed call of every tool that writes."""
    return [
        ("record", {"handle": handle, "kind": "already_seen"}),
        ("state_taste", {"text": "I hate metal"}),
        ("edit_profile", {"edits": [{"line": "genre:metal", "action": "pin"}]}),
        ("make_playlist", {"words": "calm rain"}),
    ]


def _each(calls: Sequence[tuple[str, str]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Some of the calls of each tool that writes: those by number, since handles are for the talk they were made in."""
    for name in WRITING:
        own = dict.fromkeys(told for called, told in calls if called == name and '"handle"' not in told)
        # Those that an attack has worded itself may not fit the tool; those that the model has worded come last.
        for told in list(own)[-TRIES:]:
            yield name, json.loads(told)


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    return any(after[table] != before.get(table) for table in after if table not in WRITTEN_BY_TALK)


# A server process and a client of it


Way = Callable[[Path, bool], AbstractAsyncContextManager[Client]]


def _in_session(way: Way, workspace: Path, granted: bool, task: Callable[[Client], Awaitable[None]]) -> None:
    async def run() -> None:
        async with way(workspace, granted) as client:
            await task(client)

    anyio.run(run)


def _command(workspace: Path, granted: bool, *more: str) -> list[str]:
    grants = ("--grant", ",".join(GRANTS)) if granted else ()
    return [sys.executable, "-m", "segue", "--workspace", str(workspace), "mcp", "--user", ATTACKER, *grants, *more]


@asynccontextmanager
async def over_stdio(workspace: Path, granted: bool) -> AsyncIterator[Client]:
    """A client of a server on stdin and stdout."""
    program, *arguments = _command(workspace, granted)
    server = StdioServerParameters(command=program, args=arguments, env=dict(os.environ))
    async with Client(stdio_client(server)) as client:
        yield client


@asynccontextmanager
async def over_http(workspace: Path, granted: bool) -> AsyncIterator[Client]:
    """A client of a server on this machine, with its key."""
    with _listening(workspace, granted) as url:
        async with (
            httpx2.AsyncClient(headers=_ALLOWED, timeout=120) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            yield client


@contextmanager
def _listening(workspace: Path, granted: bool) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        _command(workspace, granted, "--http", f"127.0.0.1:{port}"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
                break
            except ConnectionRefusedError:
                assert process.poll() is None, "the MCP server did not start"
                assert time.monotonic() < deadline
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        process.wait(timeout=20)
