"""A server process that answers ``POST /v1/audio/transcriptions``, well or badly, as the name of the model asks.

Prints its port, then serves until it is ended. ``GET /calls`` tells what it was asked.
"""

from __future__ import annotations

import json
import re
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CALLS: list[dict[str, Any]] = []
KEY = "s3cret-key"
GOOD = {
    "language": "french",
    "text": "The quick brown fox is on the bridge and it was in the rain. It is not what we have in the house.",
    "segments": [
        {"start": 0.5, "end": 2.0, "text": " The quick brown fox is on the bridge and it was in the rain."},
        {"start": 2.0, "end": 2.8, "text": " It is not what we have in the house.\u202e\u0007"},
    ],
}
RUBBISH = {
    "rubbish": b"<html>not a transcript</html>",
    "list": b"[1, 2, 3]",
    "numbers": b'{"segments": [{"start": "soon", "text": 7}]}',
    "other": b'{"hello": "world"}',
    "deep": b"[" * 100_000,
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer(200, json.dumps(CALLS).encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fields = dict(re.findall(rb'name="(model|response_format)"\r\n\r\n([^\r]*)\r\n', body))
        model = fields[b"model"].decode()
        shape = fields[b"response_format"].decode()
        CALLS.append({"path": self.path, "model": model, "shape": shape, "flac": b"fLaC" in body, "bytes": len(body)})
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            self._answer(401, b'{"error": "no"}')
        elif model == "slow":
            time.sleep(5)
            self._answer(200, json.dumps(GOOD).encode())
        elif model == "drip":
            self.send_response(200)
            self.end_headers()
            for _ in range(50):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.1)
        elif model == "busy":
            self._answer(503, b"")
        elif model == "broken":
            self._answer(500, b"oops")
        elif model == "plain" and shape == "verbose_json":
            self._answer(400, b"{}")
        elif model == "plain":
            self._answer(200, b'{"text": "only words, no times"}')
        elif model in RUBBISH:
            self._answer(200, RUBBISH[model])
        elif model == "endless":
            self._answer(200, b" " * (17 << 20))
        else:
            self._answer(200, json.dumps(GOOD).encode())

    def _answer(self, status: int, body: bytes) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            pass

    def log_message(self, *_: Any) -> None:
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    sys.stdout.close()
    server.serve_forever()
