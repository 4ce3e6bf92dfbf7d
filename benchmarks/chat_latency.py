"""A turn of a conversation over HTTP at 100,000 items: milliseconds until the first word, the first card, the end.

The catalogue is that of `newcomer_scale`, trained and served by ``segue serve`` in a process of its own on one core, of
which nothing is asked before it says at ``/readyz`` that it is ready. Turns are of eight sorts, in English and Chinese:
a recommendation, a search with conditions, a critique of the list that was shown, others than these, more like one of
it, a feeling, why, and a wish that is dropped again. Each conversation is of another person. The goal is a first word
within 300 ms without a language model: at the 99th percentile, and in the very first turn of a server that has just
been started, which is measured over several starts.

Then the same with a language model that a script plays: one that answers at once, and five that fail. Timed is until
the first word of the answer that stands in for theirs, and until its end, beside the seconds that the settings state:
``[chat] first_s`` for silence, ``within_s`` for all else. Last, how long a request for recommendations takes while as
many turns as there may be wait for a silent model.

With ``--workspace DIR`` the catalogue is made there where it is not there yet, and kept for the next run.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import numpy as np

from segue.testing.llm_server import ScriptedServer, Step, calls, drip, endless, says, slow_start

from ._harness import table, write_result
from .newcomer_scale import PEOPLE, Server, build, served

SIZE = 100_000
CONVERSATIONS = 60
STARTS = 3
GOAL_MS = 300.0
FIRST_S, WITHIN_S = 3.0, 8.0
WAITING = 32
"""Turns that wait for a silent model, all places that there are."""
TURNS: Mapping[str, Sequence[str]] = {
    "recommend": ("What should I watch tonight?", "今晚看什么好？"),
    "search": ("a comedy about families, not horror, after 2010", "2010年以后的喜剧，不要恐怖片"),
    "critique": ("something older", "老一点的"),
    "others": ("others", "换一批"),
    "like": ("like the second but newer", "像第二个，但是新一点"),
    "feeling": ("I feel down and want something warm", "心情不好，想看点温暖的"),
    "why": ("why the first one?", "为什么推荐第一个？"),
    "reset": ("never mind the year", "算了不限年份"),
}
"""What is said, turn after turn of one conversation, in both languages."""
FIRST_TURNS = ("recommend", "search", "feeling")
"""With which a server that has just been started is asked."""
FAILING: Mapping[str, tuple[Step | None, float]] = {
    "silent": (slow_start(60, says("Late."), pings=False), FIRST_S),
    "a byte a second": (drip(60, pause_s=1.0), FIRST_S),
    "a word a second": (endless("and {n} on ", pause_s=1.0), WITHIN_S),
    "babbling without end": (endless("{n} and on "), WITHIN_S),
    "not there": (None, FIRST_S),
}
"""What the server does, and the seconds that the settings state for it. None: nobody listens."""


class Times(NamedTuple):
    """Seconds of one turn."""

    first_piece: float
    first_word: float
    first_card: float | None
    """None: no list was shown."""
    whole: float


def main(
    size: int = SIZE, conversations: int = CONVERSATIONS, starts: int = STARTS, workspace: Path | None = None
) -> None:
    """Measure and keep the result."""
    load = os.getloadavg()
    with tempfile.TemporaryDirectory(prefix="segue-bench-") as folder:
        place = workspace or Path(folder)
        if not (place / "segue.toml").exists():
            began = time.perf_counter()
            build(place, size)
            print(f"{size} items are there after {time.perf_counter() - began:.0f} s", flush=True)
        fresh: list[dict[str, Any]] = []
        for n in range(starts):
            with on_one_core(place) as server:
                fresh.append(first_turn(server, n))
                if not n:
                    rows, kept = without_model(server, conversations)
        failing, lost = with_models(place)
        waited = while_turns_wait(place)
    parts = ("first word", "first card", "whole")
    columns = ["turn", *(f"{part}, {p} (ms)" for part in parts for p in ("p50", "p95", "p99"))]
    models = ["language model", "first word (s), slowest", "whole (s), slowest", "stated (s)", "turns", "says so"]
    waiting = [[name, one["p50_ms"], one["p95_ms"]] for name, one in waited.items()]
    write_result(
        "chat_latency",
        {
            "goal_first_word_p99_ms": GOAL_MS,
            "items": size,
            "conversations": conversations,
            "load_average": {"before": list(load), "after": list(os.getloadavg())},
            "without_model": kept,
            "first_turns": fresh,
            "with_model": lost,
            "while_turns_wait": waited,
            "tables": [
                table(f"Without a language model, {size:,} items, one core", columns, rows),
                table("The very first turn of a server", list(fresh[0]), [[*one.values()] for one in fresh]),
                table("With a language model that a script plays", models, failing),
                table(
                    "A request for recommendations", ["while turns wait for a model", "p50 (ms)", "p95 (ms)"], waiting
                ),
            ],
            "notes": [
                f"Goal: first word ≤ {GOAL_MS:g} ms, p99 and very first turn. {conversations} conversations of "
                f"{len(TURNS)} turns, half of them in Chinese, one after another over HTTP; the client shares the "
                f"machine, whose load average was {load[0]:.1f} before and {os.getloadavg()[0]:.1f} after.",
            ],
        },
    )


@contextmanager
def on_one_core(workspace: Path) -> Iterator[Server]:
    """The server, all threads of which share one core (Linux), as soon as it says that it is ready."""
    with served(workspace) as server:
        if hasattr(os, "sched_setaffinity"):
            core = {max(os.sched_getaffinity(0))}
            for thread in Path(f"/proc/{server.pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), core)
        yield server


def first_turn(server: Server, n: int) -> dict[str, Any]:
    """What is asked of a server first, and how long it took.

    Args:
        n: number of its start.
    """
    sort, chinese = FIRST_TURNS[n % len(FIRST_TURNS)], n % 2
    (times,), _ = told(server.http, f"u{n}", [TURNS[sort][chinese]])
    found = {"turn": sort, "language": ("English", "Chinese")[chinese], "ready_s": server.ready_s}
    named = zip(("first_word_ms", "first_card_ms", "whole_ms"), times[1:], strict=True)
    found |= {name: None if one is None else round(1000 * one, 1) for name, one in named}
    print(found, flush=True)
    return found


def without_model(server: Server, conversations: int) -> tuple[list[list[Any]], dict[str, Any]]:
    """Rows of the table, and the figures."""
    taken: dict[str, list[Times]] = {sort: [] for sort in TURNS}
    for n in range(conversations):
        messages = [said[n % 2] for said in TURNS.values()]
        for sort, times in zip(TURNS, told(server.http, f"u{n % PEOPLE}", messages)[0], strict=True):
            taken[sort].append(times)
    taken["all"] = [times for sort in TURNS for times in taken[sort]]
    rows, kept = [], {}
    for sort, turns in taken.items():
        kept[sort] = {
            part: percentiles([one for one in (getattr(turn, part) for turn in turns) if one is not None])
            for part in Times._fields
        }
        shown = [kept[sort][part] for part in ("first_word", "first_card", "whole")]
        rows.append([sort, *(one.get(f"{p}_ms") for one in shown for p in ("p50", "p95", "p99"))])
        print(rows[-1], flush=True)
    return rows, kept


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """In milliseconds; nothing of nothing."""
    if not seconds:
        return {}
    found = np.percentile(1000 * np.array(seconds), [50, 95, 99, 100]).round(1).tolist()
    return dict(zip(("p50_ms", "p95_ms", "p99_ms", "max_ms"), found, strict=True))


def with_models(workspace: Path, turns: int = 4) -> tuple[list[list[Any]], dict[str, Any]]:
    """Rows of the table, and the figures: one server of Segue, beside which one model takes the place of another."""
    rows: list[list[Any]] = []
    found = {}
    helpful = [calls(("recommend", {"k": 5})), says("Here is something for tonight. [1] fits best.")] * turns
    with ScriptedServer(helpful) as model, beside(model, workspace) as server:
        for name, (step, stated) in {"answers at once": (None, FIRST_S), **FAILING}.items():
            if rows:
                model.stop()
            with ScriptedServer([step], port=model.port) if step is not None else nullcontext():
                timed = [told(server.http, f"u{n}", [TURNS["recommend"][0]]) for n in range(turns)]
            taken, degraded = [times for (times,), _ in timed], [lost for _, lost in timed]
            slowest = [round(max(getattr(one, part) for one in taken), 2) for part in ("first_word", "whole")]
            says_so = "yes" if all(degraded) else "it answers" if not any(degraded) else "no"
            rows.append([name, *slowest, stated, turns, says_so])
            found[name] = {
                "first_word_s": [round(one.first_word, 3) for one in taken],
                "whole_s": [round(one.whole, 3) for one in taken],
                "stated_s": stated,
                "degraded": degraded,
            }
            print(rows[-1], flush=True)
    return rows, found


@contextmanager
def beside(model: ScriptedServer, workspace: Path, **more: str) -> Iterator[Server]:
    """The server, which asks this language model.

    Args:
        more: settings: ``chat__at_once="32"``.
    """
    stated = {"llm__url": model.url, "llm__model": "scripted", "llm__cold_start": "0"}
    stated |= {"chat__first_s": str(FIRST_S), "chat__within_s": str(WITHIN_S), **more}
    before = dict(os.environ)
    os.environ.update({f"SEGUE_{name.upper()}": value for name, value in stated.items()})
    try:
        with served(workspace) as server:
            yield server
    finally:
        os.environ.clear()
        os.environ.update(before)


def while_turns_wait(workspace: Path, requests: int = 40) -> dict[str, Any]:
    """What a request for recommendations takes alone, and while turns wait for a silent model."""
    silent = [slow_start(600, says("Late."), pings=False)]
    long = {"chat__first_s": "300", "chat__within_s": "300", "chat__at_once": str(WAITING)}
    understood = threading.Semaphore(0)
    long |= {"llm__max_parallel": str(WAITING)}
    with ScriptedServer(silent) as model, beside(model, workspace, **long) as server:

        def asked() -> dict[str, float]:
            taken = []
            for n in range(requests):
                began = time.perf_counter()
                server.http.post("/v1/recommendations", json={"user_id": f"u{n + 100}"}).raise_for_status()
                taken.append(time.perf_counter() - began)
            return percentiles(taken)

        def wait(n: int) -> None:
            wanted = {"user_id": f"u{n}", "message": TURNS["recommend"][0]}
            with httpx.stream("POST", f"{server.url}/v1/chat", json=wanted, timeout=600) as answer:
                answer.raise_for_status()
                for line in answer.iter_lines():
                    if line == "event: understood":
                        understood.release()

        found = {"alone": asked()}
        with ThreadPoolExecutor(WAITING) as pool:
            turns = [pool.submit(wait, n) for n in range(WAITING)]
            for _ in turns:
                if not understood.acquire(timeout=120):
                    raise SystemExit("benchmark: a turn was not even understood while others wait for a model")
            found[f"beside {WAITING} turns"] = asked()
            model.stop()
            for turn in turns:
                turn.result()
    print(found, flush=True)
    return found


def told(http: httpx.Client, user: str, messages: Sequence[str]) -> tuple[list[Times], bool]:
    """The times of each turn of a new conversation, and whether a language model was missed in the last."""
    conversation, degraded, found = None, False, []
    for message in messages:
        wanted = {"user_id": user, "message": message, "conversation": conversation}
        began = time.perf_counter()
        firsts: dict[str, float] = {}
        name = ""
        with http.stream("POST", "/v1/chat", json=wanted) as answer:
            answer.raise_for_status()
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                    firsts.setdefault("any", time.perf_counter() - began)
                    firsts.setdefault(name, time.perf_counter() - began)
                elif line.startswith("data: ") and name == "done":
                    done = json.loads(line.removeprefix("data: "))
                    conversation = done["conversation"]
                    degraded = "chat:language_model" in done["degraded"]
        whole = time.perf_counter() - began
        if name != "done" or "text" not in firsts:
            raise SystemExit(f"benchmark: no whole answer to {message!r}; the last piece was {name!r}")
        found.append(Times(firsts["any"], firsts["text"], firsts.get("items"), whole))
    return found, degraded


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--size", type=int, default=SIZE)
    options.add_argument("--conversations", type=int, default=CONVERSATIONS)
    options.add_argument("--starts", type=int, default=STARTS)
    options.add_argument("--workspace", type=Path, help="made where it is not there yet, and kept")
    given = options.parse_args()
    main(given.size, given.conversations, given.starts, given.workspace)
