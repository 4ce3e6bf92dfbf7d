"""A language model's server that answers by script: a real HTTP server in a process of its own.

::

    with ScriptedServer([says({"labels": []}), status(429, retry_after=0), calls(("search", {"k": 3}))]) as server:
        model = LanguageModel(LlmSettings(url=server.url, model="scripted"))
        …
        server.requests()          # what came in: path, headers, body

Each request takes the next step of the script; the last one is repeated. A request that asks for a stream gets the same
answer in server-sent events. Steps are plain dictionaries, so that a script can be written in any language and handed
to ``python -m segue.testing.llm_server SCRIPT LOG``. Exchanges with another server that `segue.testing.llm_recording`
has recorded are replayed with ``ScriptedServer(replay=FILE)``.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

Step = Mapping[str, Any]


def says(content: Any, **usage: int) -> Step:
    """A right answer: JSON, or a text as it is."""
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return {"do": "say", "text": text, "usage": usage}


def calls(*made: tuple[str, Any], text: str = "") -> Step:
    """Calls of tools: (name, arguments); arguments that are a text stand as they are, and may be no JSON."""
    tools = [[name, a if isinstance(a, str) else json.dumps(a, ensure_ascii=False)] for name, a in made]
    return {"do": "say", "text": text, "calls": tools, "usage": {}}


def rubbish(text: str = "Certainly! Here are some lovely labels for you.") -> Step:
    """An answer that is no JSON."""
    return {"do": "say", "text": text, "usage": {}}


def cut_off() -> Step:
    """Half a JSON object, as from a model that has run out of tokens."""
    return {"do": "say", "text": '{"labels": [{"vocabulary": "moods", "lab', "usage": {}, "finish": "length"}


def foreign() -> Step:
    """A good answer in a language that nobody asked for."""
    return {"do": "say", "text": "Тихий дождь над гаванью, и никто не спешит домой.", "usage": {}}


def endless(text: str = "and on and on ", pause_s: float = 0.0) -> Step:
    """The same words for ever, until the client leaves; ``{n}`` in them is a number that rises."""
    return {"do": "endless", "text": text, "pause_s": pause_s}


def slow_start(seconds: float, then: Step, pings: bool = True) -> Step:
    """The first word comes late; until then a stream has only comments, which are a sign of life and no word."""
    return {**then, "start_s": seconds, "pings": pings}


def stalls(after: int, seconds: float, then: Step) -> Step:
    """A stream that falls silent after some pieces, for so long."""
    return {**then, "stall_after": after, "stall_s": seconds}


def breaks(after: int, then: Step) -> Step:
    """A stream whose connection is lost after some pieces."""
    return {**then, "break_after": after}


def status(code: int, retry_after: float | None = None, message: str = "not now") -> Step:
    """An HTTP error."""
    return {"do": "status", "code": code, "retry_after": retry_after, "message": message}


def slow(seconds: float) -> Step:
    """Nothing for so long, and then a right but empty answer."""
    return {"do": "slow", "seconds": seconds}


def drip(seconds: float, pause_s: float = 0.05) -> Step:
    """A byte now and then, for so long: each read succeeds and the answer never ends."""
    return {"do": "drip", "seconds": seconds, "pause_s": pause_s}


def hang_up() -> Step:
    """The connection is closed without an answer."""
    return {"do": "hang_up"}


def raw(body: str, kind: str = "application/json") -> Step:
    """HTTP 200 with a body that is no chat completion; as ``text/event-stream``, events that are none."""
    return {"do": "raw", "body": body, "kind": kind}


def by_rule() -> Step:
    """Answers a request for labels, relations, a summary or an order by a simple rule: a label holds if its name stands
    in the text, a relation if its name stands there before a name in capitals; items come first that share most words
    with what is told of the person."""
    return {"do": "rule"}


def by_words(answers: Mapping[str, Any], otherwise: Any = None) -> Step:
    """The answer whose key, a few words, stands in the data of the request; where none does, the other one."""
    told = {words: json.dumps(answer, ensure_ascii=False) for words, answer in answers.items()}
    return {"do": "words", "answers": told, "otherwise": json.dumps(otherwise or {}, ensure_ascii=False)}


def by_plan() -> Step:
    """Plans by a few rules, as a small model might: searches for what the person has said so far, looks for more like
    the item that they point to, and says in a sentence what was found. It shows that the way through a model works, and
    nothing of how well a real one talks."""
    return {"do": "plan"}


def data_of(body: Mapping[str, Any]) -> Any:
    """What stands in the data of a request: the one field of its first message of the user."""
    said = next(message["content"] for message in body["messages"] if message["role"] == "user")
    (data,) = json.loads(said).values()
    return data


class ScriptedServer:
    """The server as a context manager; ``url`` is what ``[llm] url`` takes.

    Args:
        script: what it answers, one step a request.
        refuses: what it does not know of a request: ``json_schema``, ``json_object``, ``tools``, ``tool_choice``,
            ``stream_options``, ``max_tokens``, ``temperature``, ``stream``. It answers 400 and names it, but for
            ``stream``, which it overlooks.
        models: names that it lists; None: it has no list.
        replay: a file of `segue.testing.llm_recording`, in place of a script.
        port: where it listens; 0: any that is free.
    """

    def __init__(
        self,
        script: Sequence[Step] = (),
        *,
        refuses: Sequence[str] = (),
        models: Sequence[str] | None = ("scripted",),
        replay: Path | None = None,
        port: int = 0,
    ) -> None:
        self._plan = {
            "port": port,
            "script": [dict(step) for step in script],
            "refuses": list(refuses),
            "models": None if models is None else list(models),
            "replay": None if replay is None else str(replay),
        }
        self.url = ""

    def __enter__(self) -> ScriptedServer:
        self._folder = tempfile.TemporaryDirectory(prefix="segue-llm-")
        folder = Path(self._folder.name)
        self._log = folder / "requests.jsonl"
        self._log.touch()
        (folder / "script.json").write_text(json.dumps(self._plan), encoding="utf-8")
        self._process = subprocess.Popen(  # noqa: S603 - an argument list, no shell
            [sys.executable, str(Path(__file__)), str(folder / "script.json"), str(self._log)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the scripted server did not start"
        self.port = int(line)
        self.url = f"http://127.0.0.1:{self.port}/v1"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._folder.cleanup()

    def stop(self) -> None:
        """End the process, as a server that goes down."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def go_on_with(self, script: Sequence[Step]) -> None:
        """From now on it answers by another script, from its beginning."""
        body = json.dumps([dict(step) for step in script]).encode()
        asked = urllib.request.Request(f"{self.url}/script", body, method="PUT")  # noqa: S310 - of this machine
        with urllib.request.urlopen(asked, timeout=10):  # noqa: S310
            pass

    def requests(self) -> list[dict[str, Any]]:
        """What came in so far: ``{"path", "headers", "body"}``, oldest first."""
        return [json.loads(line) for line in self._log.read_text(encoding="utf-8").splitlines()]


def key_of(body: Mapping[str, Any]) -> str:
    """What makes two requests the same question: all but the name of the field that holds the data, which is new each
    time."""
    asked = json.dumps(body, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(re.sub(r"data_[0-9a-f]{16}", "data", asked).encode("utf-8", "surrogatepass")).hexdigest()


def _rule(body: Mapping[str, Any]) -> str:
    """Reads the request as a model would: the task from the system's message, the data from the user's."""
    system = str(body["messages"][0]["content"])
    data = data_of(body)
    item = data.get("item", data)
    text = " ".join(str(v) for v in item.values()) if isinstance(item, dict) else str(item)
    if "vocabularies" in data:
        found = [
            {"vocabulary": vocabulary, "label": label, "confidence": 0.9, "quote": match.group(0)}
            for vocabulary, labels in data["vocabularies"].items()
            for label in labels
            if (match := re.search(rf"\b{re.escape(label)}\b", text, re.IGNORECASE))
        ]
        return json.dumps({"labels": found}, ensure_ascii=False)
    if "relations" in data:
        stated = [
            {"relation": relation, "kind": kinds[0], "name": match.group(1), "quote": match.group(0)}
            for relation, kinds in data["relations"].items()
            for match in re.finditer(rf"\b{relation}:? ([A-Z]\w+(?: [A-Z]\w+)*)", text)
        ]
        return json.dumps({"relations": stated}, ensure_ascii=False)
    if '"order"' in system:
        person = set(re.findall(r"\w+", json.dumps(data["person"]).lower()))
        told = [(one["number"], set(re.findall(r"\w+", json.dumps(one).lower()))) for one in data["items"]]
        ranked = sorted(told, key=lambda one: (-len(one[1] & person), one[0]))
        return json.dumps({"order": [number for number, _ in ranked]})
    if '"summary"' in system:
        return json.dumps({"summary": f"In short: {text.split('.')[0]}."}, ensure_ascii=False)
    return "{}"


_LIKE = re.compile(r"like|similar|close|direction|像|类似|差不多|接近|方向", re.IGNORECASE)
_N = re.compile(r"(?:number|no\.|#|第)?\s*(\d{1,2})(?:st|nd|rd|th|个|部|号)?\b", re.IGNORECASE)
_NTH = {
    word: n
    for words in (("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"),
                  ("第一", "第二", "第三", "第四", "第五", "第六", "第七", "第八", "第九", "第十"))
    for n, word in enumerate(words, 1)
}  # fmt: skip
_ONWARD = re.compile(
    r"^(?:more|others?|next|again|keep going|what else|none of|还有|换|下一|继续|再|都不是|不是我要的)", re.IGNORECASE
)
_OVER = re.compile(
    r"forget|scrap|start over|changed my mind|something else:|on second|算了|重新来|不，换|改主意|刚才的不算",
    re.IGNORECASE,
)


def _planned(body: Mapping[str, Any]) -> tuple[str, list[list[str]]]:
    """What it says, and what it calls: see `by_plan`."""
    said = [next(iter(json.loads(m["content"]).values())) for m in body["messages"] if m["role"] == "user"]
    chinese = str(said[-1].get("language", "")).lower().startswith("chin")
    last = body["messages"][-1]
    if last["role"] == "tool":
        told = next(iter(json.loads(last["content"]).values()))
        count = len(told.get("items", ())) if isinstance(told, dict) else 0
        if not count:
            return "没有找到。" if chinese else "I found nothing for that.", []
        return "这些可能合适。" if chinese else "These may suit you, the best one first [1].", []
    now = str(said[-1]["person"])
    shown = said[-1].get("newest_list") or []
    nth = next((n for word, n in _NTH.items() if word in now), 0)
    nth = nth or (int(match[1]) if (match := _N.search(now)) else 0)
    if _LIKE.search(now) and 1 <= nth <= len(shown):
        return "", [["similar", json.dumps({"n": nth})]]
    words: list[str] = []
    for one in said:
        text = str(one["person"])
        words = [text] if _OVER.search(text) else words if _ONWARD.search(text) else [*words, text]
    if not words:
        return "", [["recommend", "{}"]]
    return "", [["search", json.dumps({"words": ", ".join(words)[-400:]}, ensure_ascii=False)]]


def _said(step: Mapping[str, Any], body: Mapping[str, Any]) -> tuple[str, list[list[str]]]:
    """The text of an answer and its calls; where a tool must be called, the answer is its argument."""
    if step["do"] == "plan":
        return _planned(body)
    text = {"say": step.get("text", ""), "rule": ""}.get(step["do"], "{}")
    text = _rule(body) if step["do"] == "rule" else text
    if step["do"] == "words":
        data = json.dumps(data_of(body), ensure_ascii=False)
        text = next((answer for words, answer in step["answers"].items() if words in data), step["otherwise"])
    made = step.get("calls", [])
    if isinstance(body.get("tool_choice"), dict) and not made:
        return "", [[body["tool_choice"]["function"]["name"], text]]
    return text, made


def _pieces(text: str, made: list[list[str]], finish: str | None) -> Iterator[dict[str, Any]]:
    """The deltas of a stream: words, then calls with their arguments in halves."""
    for word in re.findall(r"\s*\S+\s*$|\s*\S+", text):
        yield {"delta": {"content": word}, "finish_reason": None}
    for number, (name, arguments) in enumerate(made):
        half = len(arguments) // 2
        begun = {"index": number, "id": f"id_{number}", "type": "function", "function": {"name": name, "arguments": ""}}
        yield {"delta": {"tool_calls": [begun]}, "finish_reason": None}
        for part in (arguments[:half], arguments[half:]):
            more = {"index": number, "function": {"arguments": part}}
            yield {"delta": {"tool_calls": [more]}, "finish_reason": None}
    yield {"delta": {}, "finish_reason": finish or ("tool_calls" if made else "stop")}


_FIELDS = ("tools", "tool_choice", "stream_options", "max_tokens", "temperature")
_REFUSALS = {
    "max_tokens": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
    "temperature": "Unsupported value: 'temperature' does not support 0.",
}


def _unknown(body: Mapping[str, Any], refuses: Sequence[str]) -> str | None:
    """The first thing in a request that the server does not know."""
    kind = (body.get("response_format") or {}).get("type")
    there = {kind, *(name for name in _FIELDS if name in body)}
    return next((name for name in refuses if name in there), None)


def _recorded(file: str | None) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for line in Path(file).read_text(encoding="utf-8").splitlines() if file else ():
        exchange = json.loads(line)
        found.setdefault(key_of(exchange["request"]), []).append(exchange)
    return found


def _handler(plan: dict[str, Any], log: Path) -> type[BaseHTTPRequestHandler]:
    lock = threading.Lock()
    script, refuses, recorded = plan["script"], plan["refuses"], _recorded(plan["replay"])
    count = 0

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._note(None)
            if self.path.split("?")[0].endswith("/models") and plan["models"] is not None:
                listed = [{"id": name, "object": "model"} for name in plan["models"]]
                self._send(200, json.dumps({"object": "list", "data": listed}))
            else:
                self._send(404, json.dumps({"error": {"message": "not found"}}))

        def do_POST(self) -> None:
            nonlocal count
            body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
            self._note(body)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # some scripts want the client to give up
                if plan["replay"]:
                    self._replay(body)
                elif unknown := _unknown(body, refuses):
                    said = _REFUSALS.get(unknown, f"unknown field: {unknown}")
                    self._send(400, json.dumps({"error": {"message": said}}))
                else:
                    with lock:
                        step = script[min(count, len(script) - 1)]
                        count += 1
                    self._answer(step, body)

        def do_PUT(self) -> None:
            nonlocal script, count
            fresh = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
            with lock:
                script, count = fresh, 0
            self._send(200, "{}")

        def _note(self, body: Any) -> None:
            line = {"path": self.path, "headers": dict(self.headers), "body": body}
            with lock, log.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(line) + "\n")

        def _replay(self, body: Mapping[str, Any]) -> None:
            with lock:
                left = recorded.get(key_of(body), [])
                exchange = left.pop(0) if len(left) > 1 else next(iter(left), None)
            if exchange is None:
                self._send(404, json.dumps({"error": {"message": "this question is not in the recording"}}))
            else:
                self._send(exchange["status"], exchange["answer"], {"content-type": exchange["type"]})

        def _answer(self, step: Mapping[str, Any], body: Mapping[str, Any]) -> None:
            do = step["do"]
            if do == "hang_up":
                self.close_connection = True
            elif do == "status":
                extra = {} if step["retry_after"] is None else {"retry-after": str(step["retry_after"])}
                self._send(step["code"], json.dumps({"error": {"message": step["message"]}}), extra)
            elif do == "raw":
                self._send(200, step["body"], {"content-type": step["kind"]})
            elif do == "drip":
                self.send_response(200)
                self.end_headers()
                until = time.monotonic() + step["seconds"]
                while time.monotonic() < until:
                    self._write(" ")
                    time.sleep(step["pause_s"])
            elif body.get("stream") and "stream" not in refuses:
                self._stream(step, body)
            else:
                time.sleep(step.get("seconds", 0) + step.get("start_s", 0))
                self._whole(step, body)

        def _whole(self, step: Mapping[str, Any], body: Mapping[str, Any]) -> None:
            if step["do"] == "endless":
                self.send_response(200)
                self.end_headers()
                number = 0
                while True:
                    number += 1
                    self._write(step["text"].replace("{n}", str(number)))
            text, made = _said(step, body)
            message: dict[str, Any] = {"role": "assistant", "content": text or (None if made else "")}
            if made:
                message["tool_calls"] = [
                    {"id": f"id_{n}", "type": "function", "function": {"name": name, "arguments": arguments}}
                    for n, (name, arguments) in enumerate(made)
                ]
            usage = step.get("usage") or {"prompt_tokens": 100, "completion_tokens": 20}
            self._send(200, json.dumps({"choices": [{"message": message}], "usage": usage}))

        def _stream(self, step: Mapping[str, Any], body: Mapping[str, Any]) -> None:
            time.sleep(step.get("seconds", 0))
            self.send_response(200)
            self.send_header("content-type", "text/event-stream; charset=utf-8")
            self.end_headers()
            until = time.monotonic() + step.get("start_s", 0)
            while time.monotonic() < until:
                if step["pings"]:
                    self._write(": still here\n\n")
                time.sleep(0.05)
            pieces = self._endless(step) if step["do"] == "endless" else _pieces(*_said(step, body), step.get("finish"))
            for number, piece in enumerate(pieces):
                if number == step.get("break_after"):
                    self.close_connection = True
                    return
                if number == step.get("stall_after"):
                    time.sleep(step["stall_s"])
                self._event({"choices": [{"index": 0, **piece}]})
            if (body.get("stream_options") or {}).get("include_usage"):
                usage = step.get("usage") or {"prompt_tokens": 100, "completion_tokens": 20}
                self._event({"choices": [], "usage": usage})
            self._write("data: [DONE]\n\n")

        def _endless(self, step: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
            number = 0
            while True:
                number += 1
                time.sleep(step["pause_s"])
                yield {"delta": {"content": step["text"].replace("{n}", str(number))}, "finish_reason": None}

        def _event(self, content: Mapping[str, Any]) -> None:
            self._write(f"data: {json.dumps(content, ensure_ascii=False)}\n\n")

        def _write(self, text: str) -> None:
            self.wfile.write(text.encode())
            self.wfile.flush()

        def _send(self, code: int, text: str, extra: Mapping[str, str] | None = None) -> None:
            content = text.encode()
            self.send_response(code)
            for name, value in {
                "content-type": "application/json",
                "content-length": str(len(content)),
                **(extra or {}),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    return Handler


def main() -> None:
    """The server's process: prints its port, answers until it is ended."""
    script, log = Path(sys.argv[1]), Path(sys.argv[2])
    plan = json.loads(script.read_text(encoding="utf-8"))
    server = ThreadingHTTPServer(("127.0.0.1", plan["port"]), _handler(plan, log))
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
