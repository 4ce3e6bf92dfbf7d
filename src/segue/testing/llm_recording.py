"""Recordings of real language models: what they answered, as a file that `ScriptedServer` replays.

::

    with Recorder("http://localhost:11434/v1", Path("talk.jsonl")) as recorder:
        model = LanguageModel(LlmSettings(url=recorder.url, model="qwen3:8b"))
        …                                    # each exchange is a line of the file
    with ScriptedServer(replay=Path("talk.jsonl")) as server:
        …                                    # the same questions get the same answers, without the model

It stands between client and server, so that a stream is recorded as it came. A line holds the request and the answer,
never a header, so no key. The words of whoever was recorded stand in it.
"""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any


class Recorder:
    """Hands every request on to a server, and writes down what came of it.

    Args:
        url: of the server, as ``[llm] url`` has it.
        file: to append to.
    """

    def __init__(self, url: str, file: Path) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"{url!r} is no address. Expected something like http://localhost:8000/v1.")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(url.rstrip("/"), file))
        self._thread = threading.Thread(target=self._server.serve_forever, name="segue-record", daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        """What the client is given in place of the server's."""

    def __enter__(self) -> Recorder:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _handler(url: str, file: Path) -> type[BaseHTTPRequestHandler]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {n: v for n, v in self.headers.items() if n.lower() in ("content-type", "authorization")}
            place = url + self.path.removeprefix("/v1")
            request = urllib.request.Request(place, data=body, headers=headers)  # noqa: S310 - checked above
            try:
                answer: Any = urllib.request.urlopen(request)  # noqa: S310
            except urllib.error.HTTPError as error:
                answer = error
            with answer:
                kind = answer.headers.get("content-type", "application/json")
                self.send_response(answer.status)
                self.send_header("content-type", kind)
                self.end_headers()
                parts = []
                while part := answer.read1(65_536):
                    parts.append(part)
                    self.wfile.write(part)
                    self.wfile.flush()
            line = {
                "request": json.loads(body),
                "status": answer.status,
                "type": kind,
                "answer": b"".join(parts).decode("utf-8", "replace"),
            }
            with lock, file.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(line, ensure_ascii=False) + "\n")

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    return Handler
