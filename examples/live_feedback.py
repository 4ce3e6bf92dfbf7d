"""The next answer changes after every event: a server, a listener, and what the list says before and after.

python examples/live_feedback.py
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from segue import Engine, Item

TRACKS = [
    ("rain", "Rain on the Tin Roof", "ambient", "Slow piano over the sound of rain at night."),
    ("harbour", "Harbour Lights", "ambient", "A quiet piano and distant ships at night."),
    ("lantern", "灯笼河", "ambient", "夜里的河水与古琴，安静而缓慢。"),
    ("riot", "Riot Bus", "punk", "Two minutes of loud guitars and shouting."),
    ("polka", "Broken Polka", "punk", "Fast drums, louder guitars, no patience."),
    ("basement", "Basement Show", "punk", "Loud guitars, recorded live in a cellar."),
]
OTHERS = {"bo": ["riot", "polka", "basement"], "chen": ["rain", "lantern", "harbour"], "dora": ["riot", "basement"]}


def call(url: str, body: Any = None) -> Any:
    """JSON there and back."""
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(url, data, {"content-type": "application/json"}), timeout=30) as answer:  # noqa: S310
        return json.load(answer)


def show(base: str, after: str) -> None:
    """Print what the server recommends to ada now."""
    print(f"\n{after}")
    answer = call(f"{base}/v1/recommendations", {"user_id": "ada", "k": 3})
    for pick in answer["picks"]:
        print(f"  {pick['title']}: {(pick['reason'] or {}).get('text', '')}")


def prepare(folder: str) -> None:
    """A small trained workspace."""
    Engine.create(folder)
    with Engine.open(folder) as engine:
        engine.add_items(
            Item(id=i, kind="track", title=title, genres=(genre,), description=text) for i, title, genre, text in TRACKS
        )
        engine.record(engine.event(user, item, "complete") for user, items in OTHERS.items() for item in items)
        engine.understand(only=["ngram"])
        engine.train()


def wait_for(base: str, server: subprocess.Popen[bytes]) -> None:
    """Return when the server answers."""
    for _ in range(600):
        if server.poll() is not None:
            raise SystemExit(f"The server ended with {server.returncode}.")
        try:
            urlopen(f"{base}/readyz", timeout=5).close()  # noqa: S310
            return
        except URLError:
            time.sleep(0.1)
    raise SystemExit("The server did not answer within a minute.")


def main() -> None:
    """Serve, tell, ask again."""
    with tempfile.TemporaryDirectory() as folder:
        prepare(folder)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        base = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "segue", "--workspace", folder, "serve", "--port", str(port)]
        with (Path(folder) / "server.log").open("wb") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603
        try:
            wait_for(base, server)
            show(base, "Nothing is known about ada yet.")
            for item, kind in (("rain", "complete"), ("harbour", "skip"), ("riot", "like")):
                call(f"{base}/v1/events", {"id": f"ada-{item}", "user_id": "ada", "item_id": item, "kind": kind})
                show(base, f"ada: {kind} {item}")
        finally:
            server.terminate()
            server.wait(timeout=20)


if __name__ == "__main__":
    main()
