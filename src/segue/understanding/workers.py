"""Encoders in processes of their own: a file that takes a process down takes nothing else with it.

Each worker is a fresh Python that reads items from its standard input and answers with readings, a line of JSON each.
It gets one item at a time, so that when it dies it is known of which. Unlike a pool that imports the caller's main
module again, this works from any script, notebook or server.
"""

from __future__ import annotations

import base64
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import Floats
from ..errors import SegueError
from ..items import Item
from ..prints import Print
from ..readings import Reading
from ..settings import MediaSettings, Settings, UnderstandingSettings
from .encoders import TABLE
from .encoders.base import Encoder

PROGRAM = ("-m", "segue.understanding.workers")
"""What a worker's Python runs."""


def read_in_processes(encoder: Encoder, items: list[Item], at_once: int) -> Iterator[list[Reading]]:
    """Readings of the items, in the order in which they get ready, up to ``at_once`` together.

    As many processes as ``understanding.workers`` says (0: one a core). All are ended when the iterator is closed.
    """
    if not items:
        return
    workers = min(encoder.settings.understanding.workers or os.cpu_count() or 1, len(items))
    todo: queue.SimpleQueue[Item] = queue.SimpleQueue()
    for item in items:
        todo.put(item)
    ready: queue.SimpleQueue[Reading | BaseException] = queue.SimpleQueue()
    ending = threading.Event()
    threads = [
        threading.Thread(target=_drive, args=(encoder, todo, ready, ending), daemon=True) for _ in range(workers)
    ]
    for thread in threads:
        thread.start()
    batch: list[Reading] = []
    try:
        for _ in items:
            found = ready.get()
            if isinstance(found, BaseException):
                raise found
            batch.append(found)
            if len(batch) == at_once:
                yield batch
                batch = []
    except KeyboardInterrupt:
        # What is ready is handed over before the run stops.
        if batch:
            yield batch
        raise
    finally:
        ending.set()
    if batch:
        yield batch


def _drive(
    encoder: Encoder,
    todo: queue.SimpleQueue[Item],
    ready: queue.SimpleQueue[Reading | BaseException],
    ending: threading.Event,
) -> None:
    """Feed one worker process, item after item; replace it when it dies."""
    child: subprocess.Popen[str] | None = None
    try:
        while not ending.is_set():
            try:
                item = todo.get_nowait()
            except queue.Empty:
                return
            try:
                if child is None:
                    child = _start()
                    _tell(child, _hello(encoder))
                _tell(child, item.model_dump_json())
                assert child.stdout is not None
                answer = child.stdout.readline()
            except BrokenPipeError:
                answer = ""
            if answer.endswith("\n"):
                ready.put(_reading(json.loads(answer), encoder))
            else:
                # Nothing, or a line that it did not get to the end of.
                assert child is not None
                status = child.wait()
                child = None
                ready.put(encoder.reading(item, problem=f"reading it ended the process ({_died(status)})"))
    except BaseException as error:
        ready.put(error)
    finally:
        if child is not None:
            child.kill()
            child.wait()


def _start() -> subprocess.Popen[str]:
    # One thread of arithmetic a process: the processes are what uses the cores.
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return subprocess.Popen(  # noqa: S603 - an argument list, no shell
        [sys.executable, *PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        env={**os.environ, **threads, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )


def _hello(encoder: Encoder) -> str:
    """The first line that a worker gets."""
    settings = encoder.settings
    hello = {
        "encoder": encoder.name,
        "workspace": str(encoder.workspace.absolute()),
        "media": settings.media.model_dump(mode="json"),
        "understanding": settings.understanding.model_dump(mode="json"),
    }
    return json.dumps(hello)


def _tell(child: subprocess.Popen[str], line: str) -> None:
    assert child.stdin is not None
    child.stdin.write(line + "\n")
    child.stdin.flush()


def _died(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    return "out of memory, or killed" if -status == signal.SIGKILL else signal.Signals(-status).name


def _row(reading: Reading) -> dict[str, Any]:
    vector = None if reading.vector is None else base64.b64encode(reading.vector.astype("<f4").tobytes()).decode()
    parts = None if reading.parts is None else base64.b64encode(reading.parts.astype("<f4").tobytes()).decode()
    return {
        "item_id": reading.item_id,
        "fingerprint": reading.fingerprint,
        "vector": vector,
        "parts": parts,
        "part_count": 0 if reading.parts is None else len(reading.parts),
        "facts": dict(reading.facts),
        "print": None if reading.print is None else _print_row(reading.print),
        "problem": reading.problem,
    }


def _print_row(found: Print) -> dict[str, str]:
    parts = {"codes": found.codes, **{n: getattr(found, n).astype("<u4").tobytes() for n in ("keys", "asks")}}
    return {name: base64.b64encode(content).decode() for name, content in parts.items()}


def _reading(row: dict[str, Any], encoder: Encoder) -> Reading:
    vector, parts, count = row.pop("vector"), row.pop("parts"), row.pop("part_count")
    prints = {name: base64.b64decode(content) for name, content in (row.pop("print") or {}).items()}
    keys, asks = (np.frombuffer(prints.get(name, b""), "<u4").astype(np.uint32) for name in ("keys", "asks"))
    return Reading(
        space=encoder.name,
        vector=None if vector is None else _floats(vector),
        parts=None if parts is None else _floats(parts).reshape(count, -1),
        print=Print(prints["codes"], keys, asks) if prints else None,
        **row,
    )


def _floats(text: str) -> Floats:
    return np.frombuffer(base64.b64decode(text), "<f4").astype(np.float32)


def main() -> None:
    """The worker process."""
    # Ctrl-C reaches the whole group; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints must not mix with the answers
    hello = json.loads(sys.stdin.readline())
    settings = Settings(
        media=MediaSettings(**hello["media"]), understanding=UnderstandingSettings(**hello["understanding"])
    )
    encoder = TABLE.load(hello["encoder"])(settings, Path(hello["workspace"]))
    for line in sys.stdin:
        item = Item.model_validate_json(line)
        try:
            reading = encoder.encode([item])[0]
        except SegueError as error:
            reading = encoder.reading(item, problem=str(error))
        except Exception as error:
            # A fault of the encoder on one file: told as such, and the next file gets its turn.
            reading = encoder.reading(item, problem=f"the encoder failed ({type(error).__name__}: {error})")
        answers.write(json.dumps(_row(reading), ensure_ascii=True) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
