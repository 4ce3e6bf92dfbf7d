"""A turn of a conversation over HTTP at 100,000 items: milliseconds until the first piece, the first word, the end.

The catalogue is that of `newcomer_scale`, trained and served by ``segue serve`` in a process of its own that is kept to
one core. Turns are of six sorts, in English and Chinese: a recommendation, a search with conditions, a critique of the
list that was shown, more like one of it, a feeling, and why. Each conversation is of another person. The goal is a
first word within 300 ms without a language model.

Then the same with a language model that a script plays: one that answers at once, and four that fail. Timed is until
the first word of the answer that stands in for theirs, beside the seconds that the settings state: ``[chat] first_s``
for silence, ``within_s`` for all else.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from segue.testing.llm_server import ScriptedServer, Step, calls, drip, endless, says, slow_start

from ._harness import table, write_result
from .newcomer_scale import PEOPLE, Server, build, served

SIZE = 100_000
CONVERSATIONS = 60
GOAL_MS = 300.0
FIRST_S, WITHIN_S = 3.0, 8.0
TURNS: Mapping[str, Sequence[str]] = {
    "recommend": ("What should I watch tonight?", "今晚看什么好？"),
    "search": ("a comedy about families, not horror, after 2010", "2010年以后的喜剧，不要恐怖片"),
    "critique": ("something older", "老一点的"),
    "like": ("like the second but newer", "像第二个，但是新一点"),
    "feeling": ("I feel down and want something warm", "心情不好，想看点温暖的"),
    "why": ("why the first one?", "为什么推荐第一个？"),
}
"""What is said, turn after turn of one conversation, in both languages."""
FAILING: Mapping[str, tuple[Step | None, float]] = {
    "not there": (None, FIRST_S),
    "silent": (slow_start(60, says("Late.")), FIRST_S),
    "a byte now and then": (drip(60), FIRST_S),
    "babbling without end": (endless("{n} and on "), WITHIN_S),
}
"""What the server does, and the seconds that the settings state for it. None: nobody listens."""


def main(size: int = SIZE, conversations: int = CONVERSATIONS, workspace: Path | None = None) -> None:
    """Measure and keep the result."""
    with tempfile.TemporaryDirectory(prefix="segue-bench-") as folder:
        place = workspace or Path(folder)
        if not (place / "segue.toml").exists():
            began = time.perf_counter()
            build(place, size)
            print(f"{size} items are there after {time.perf_counter() - began:.0f} s", flush=True)
        rows, kept = without_model(place, conversations)
        failing, lost = with_models(place)
    columns = ["turn", "first piece, p50 (ms)", "p99", "first word, p50 (ms)", "p99", "whole, p50 (ms)", "p99"]
    models = ["language model", "first word (s), slowest", "stated (s)", "turns", "says so"]
    write_result(
        "chat_latency",
        {
            "goal_first_word_p99_ms": GOAL_MS,
            "items": size,
            "conversations": conversations,
            "without_model": kept,
            "with_model": lost,
            "tables": [
                table(f"Without a language model, {size:,} items, one core", columns, rows),
                table("With a language model that a script plays", models, failing),
            ],
            "notes": [
                f"Goal: first word p99 ≤ {GOAL_MS:g} ms. {conversations} conversations of {len(TURNS)} turns, half of "
                "them in Chinese, one after another over HTTP; the client shares the machine.",
            ],
        },
    )


@contextmanager
def on_one_core(workspace: Path) -> Iterator[Server]:
    """The server, all threads of which share one core (Linux), warm."""
    with served(workspace) as server:
        if hasattr(os, "sched_setaffinity"):
            core = {max(os.sched_getaffinity(0))}
            for thread in Path(f"/proc/{server.pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), core)
        for messages in zip(*TURNS.values(), strict=True):
            _conversation(server.http, "warm", messages)
        yield server


def without_model(workspace: Path, conversations: int) -> tuple[list[list[Any]], dict[str, Any]]:
    """Rows of the table, and the figures."""
    taken: dict[str, list[tuple[float, float, float]]] = {sort: [] for sort in TURNS}
    with on_one_core(workspace) as server:
        for n in range(conversations):
            messages = [said[n % 2] for said in TURNS.values()]
            for sort, times in zip(TURNS, _conversation(server.http, f"u{n % PEOPLE}", messages), strict=True):
                taken[sort].append(times)
    taken["all"] = [times for sort in TURNS for times in taken[sort]]
    rows, kept = [], {}
    for sort, times in taken.items():
        spread = np.percentile(1000 * np.array(times), [50, 99], axis=0).round(1)
        kept[sort] = {
            name: {"p50_ms": float(spread[0, at]), "p99_ms": float(spread[1, at])}
            for at, name in enumerate(("first_piece", "first_word", "whole"))
        }
        rows.append([sort, *(float(value) for at in range(3) for value in spread[:, at])])
        print(rows[-1], flush=True)
    return rows, kept


def with_models(workspace: Path, turns: int = 3) -> tuple[list[list[Any]], dict[str, Any]]:
    """Rows of the table, and the figures."""
    rows: list[list[Any]] = []
    found = {}
    helpful = [calls(("recommend", {"k": 5})), says("Here is something for tonight. [1] fits best.")]
    for name, (step, stated) in {"answers at once": (helpful[0], FIRST_S), **FAILING}.items():
        script = helpful * (turns + len(TURNS) * 2) if step is helpful[0] else [step or says("")]
        with ScriptedServer(script) as model:
            if step is None:
                model.stop()
            settings = {
                "SEGUE_LLM__URL": model.url,
                "SEGUE_LLM__MODEL": "scripted",
                "SEGUE_CHAT__FIRST_S": str(FIRST_S),
                "SEGUE_CHAT__WITHIN_S": str(WITHIN_S),
            }
            before = dict(os.environ)
            os.environ.update(settings)
            try:
                with served(workspace) as server:
                    server.http.get("/v1/search", params={"q": "music"}).raise_for_status()
                    firsts, degraded = [], []
                    for n in range(turns):
                        (times,), lost = _told(server.http, f"u{n}", ["What should I watch tonight?"])
                        firsts.append(times[1])
                        degraded.append(lost)
            finally:
                os.environ.clear()
                os.environ.update(before)
        slowest = round(max(firsts), 2)
        says_so = "yes" if all(degraded) else "it answers" if not any(degraded) else "no"
        rows.append([name, slowest, stated, turns, says_so])
        found[name] = {"first_word_s": [round(one, 3) for one in firsts], "stated_s": stated, "degraded": degraded}
        print(rows[-1], flush=True)
    return rows, found


Times = tuple[float, float, float]
"""Seconds until the first piece, the first word, the end."""


def _conversation(http: httpx.Client, user: str, messages: Sequence[str]) -> list[Times]:
    return _told(http, user, messages)[0]


def _told(http: httpx.Client, user: str, messages: Sequence[str]) -> tuple[list[Times], bool]:
    """The times of each turn of a new conversation, and whether a language model was missed in the last."""
    conversation, degraded, found = None, False, []
    for message in messages:
        wanted = {"user_id": user, "message": message, "conversation": conversation}
        began = time.perf_counter()
        first_piece = first_word = 0.0
        name = ""
        with http.stream("POST", "/v1/chat", json=wanted) as answer:
            answer.raise_for_status()
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                    first_piece = first_piece or time.perf_counter() - began
                    if name == "text":
                        first_word = first_word or time.perf_counter() - began
                elif line.startswith("data: ") and name == "done":
                    done = json.loads(line.removeprefix("data: "))
                    conversation = done["conversation"]
                    degraded = "chat:language_model" in done["degraded"]
        whole = time.perf_counter() - began
        if name != "done" or not first_word:
            raise SystemExit(f"benchmark: no whole answer to {message!r}; the last piece was {name!r}")
        found.append((first_piece, first_word, whole))
    return found, degraded


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--size", type=int, default=SIZE)
    options.add_argument("--conversations", type=int, default=CONVERSATIONS)
    options.add_argument("--workspace", type=Path, help="made where it is not there yet, and kept")
    given = options.parse_args()
    main(given.size, given.conversations, given.workspace)
