"""A language model's server that answers by script: a real HTTP server in a process of its own.

::

    with ScriptedServer([says({"labels": []}), status(429, retry_after=0), cut_off(), by_rule()]) as server:
        model = LanguageModel(LlmSettings(url=server.url, model="scripted"))
        …
        server.requests()          # what came in: path, headers, body

Each request takes the next step of the script; the last one is repeated. Steps are plain dictionaries, so that a script
can be written in any language and handed to ``python -m segue.testing.llm_server SCRIPT LOG``.
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

Step = Mapping[str, Any]


def says(content: Any, **usage: int) -> Step:
    """A right answer: JSON, or a text as it is."""
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return {"do": "say", "text": text, "usage": usage}


def rubbish(text: str = "Certainly! Here are some lovely labels for you.") -> Step:
    """An answer that is no JSON."""
    return {"do": "say", "text": text, "usage": {}}


def cut_off() -> Step:
    """Half a JSON object, as from a model that has run out of tokens."""
    return {"do": "say", "text": '{"labels": [{"vocabulary": "moods", "lab', "usage": {}}


def status(code: int, retry_after: float | None = None, message: str = "not now") -> Step:
    """An HTTP error."""
    return {"do": "status", "code": code, "retry_after": retry_after, "message": message}


def slow(seconds: float) -> Step:
    """Nothing for so long, and then a right but empty answer."""
    return {"do": "slow", "seconds": seconds}


def drip(seconds: float) -> Step:
    """A byte now and then, for so long: each read succeeds and the answer never ends."""
    return {"do": "drip", "seconds": seconds}


def hang_up() -> Step:
    """The connection is closed without an answer."""
    return {"do": "hang_up"}


def raw(body: str) -> Step:
    """HTTP 200 with a body that is no chat completion."""
    return {"do": "raw", "body": body}


def by_rule() -> Step:
    """Answers a request for labels, relations or a summary by a simple rule: a label holds if its name stands in the
    text, a relation if its name stands there before a name in capitals."""
    return {"do": "rule"}


class ScriptedServer:
    """The server as a context manager; ``url`` is what ``[llm] url`` takes."""

    def __init__(self, script: Sequence[Step]) -> None:
        self._script = [dict(step) for step in script]
        self.url = ""

    def __enter__(self) -> ScriptedServer:
        self._folder = tempfile.TemporaryDirectory(prefix="segue-llm-")
        folder = Path(self._folder.name)
        self._log = folder / "requests.jsonl"
        self._log.touch()
        (folder / "script.json").write_text(json.dumps(self._script), encoding="utf-8")
        self._process = subprocess.Popen(  # noqa: S603 - an argument list, no shell
            [sys.executable, str(Path(__file__)), str(folder / "script.json"), str(self._log)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the scripted server did not start"
        self.url = f"http://127.0.0.1:{int(line)}/v1"
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

    def requests(self) -> list[dict[str, Any]]:
        """What came in so far: ``{"path", "headers", "body"}``, oldest first."""
        return [json.loads(line) for line in self._log.read_text(encoding="utf-8").splitlines()]


def _rule(body: Mapping[str, Any]) -> str:
    """Reads the request as a model would: the task from the system's message, the data from the user's."""
    system = str(body["messages"][0]["content"])
    data = json.loads(body["messages"][1]["content"]).get("data", {})
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
    if '"summary"' in system:
        return json.dumps({"summary": f"In short: {text.split('.')[0]}."}, ensure_ascii=False)
    return "{}"


def _handler(script: list[dict[str, Any]], log: Path) -> type[BaseHTTPRequestHandler]:
    lock = threading.Lock()
    count = 0

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            nonlocal count
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            with lock:
                step = script[min(count, len(script) - 1)]
                count += 1
                with log.open("a", encoding="utf-8") as stream:
                    line = {"path": self.path, "headers": dict(self.headers), "body": json.loads(body)}
                    stream.write(json.dumps(line) + "\n")
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # some scripts want the client to give up
                self._answer(step, json.loads(body))

        def _answer(self, step: Mapping[str, Any], body: Mapping[str, Any]) -> None:
            do = step["do"]
            if do == "hang_up":
                self.close_connection = True
            elif do == "status":
                extra = {} if step["retry_after"] is None else {"retry-after": str(step["retry_after"])}
                self._send(step["code"], json.dumps({"error": {"message": step["message"]}}), extra)
            elif do == "raw":
                self._send(200, step["body"])
            elif do == "drip":
                self.send_response(200)
                self.end_headers()
                until = time.monotonic() + step["seconds"]
                while time.monotonic() < until:
                    self.wfile.write(b" ")
                    self.wfile.flush()
                    time.sleep(0.05)
            else:
                if do == "slow":
                    time.sleep(step["seconds"])
                text = step["text"] if do == "say" else _rule(body) if do == "rule" else "{}"
                usage = step.get("usage") or {"prompt_tokens": 100, "completion_tokens": 20}
                self._send(
                    200, json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}], "usage": usage})
                )

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
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(json.loads(script.read_text(encoding="utf-8")), log))
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
