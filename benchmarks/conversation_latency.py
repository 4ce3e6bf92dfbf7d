"""Latency of a turn of a conversation by code, at 100,000 items: until the first piece, the first words, and the end.

The catalogue is the synthetic one of `request_latency` with its content vectors and the model `popular_all`; the turns
are ours, English and Chinese. Each conversation is held by code (`segue.conversation.answering`), one after the other
on one core; words are looked up but not encoded, as the vectors are made up. The first conversations of a process also
build what is derived from a catalogue once, and are told apart. The goal is ≤ 300 ms until the first words.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from segue.answers import Answer
from segue.conversation.answering import Grammar
from segue.conversation.desk import Desk
from segue.conversation.dialogue import Dialogue, Understood, Words
from segue.conversation.handles import Handles
from segue.conversation.understanding.turn import ready
from segue.pipeline.answer import answer, warm
from segue.queries import Query

from ._harness import table, write_result
from .conversation_constraints import Core
from .request_latency import synthetic, world

TALKS: tuple[tuple[str, ...], ...] = (
    ("something from genre 3", "under 8 minutes", "shorter", "others", "like the second but newer", "why the first?"),
    ("a film from the eighties", "not so famous", "before 1975, over 3 hours", "never mind the length"),
    ("topic 5 title 77", "来点轻松的", "换一批", "有没有短一点的", "跟第二个类似但更新的", "为什么推荐第一个"),
    ("hello", "surprise me", "music in English, no genre 4", "like Title 9 of topic 9", "I've seen the second"),
    ("2000年以后的电影", "不要 genre 7", "换一批", "算了不限年份", "重新来", "来点音乐"),
)
TIMES = 6
GOAL_MS = 300.0
PARTS = ("understood", "first words", "end")


class Quick(Core):
    """Answers without an encoder."""

    def ask(self, query: Query) -> Answer:
        """Words are looked up."""
        return answer(self.world(), query, words={})


def turn(desk: Desk, message: str) -> dict[str, float]:
    """Milliseconds until each part of an answer."""
    began = time.perf_counter()
    found: dict[str, float] = {}
    for piece in Grammar().reply(desk, message, ()):
        now = 1000 * (time.perf_counter() - began)
        if isinstance(piece, Understood):
            found["understood"] = now
        elif isinstance(piece, Words):
            found.setdefault("first words", now)
    found["end"] = 1000 * (time.perf_counter() - began)
    return found


def main(items: int = 100_000, talks: Sequence[Sequence[str]] = TALKS, times: int = TIMES) -> None:
    """Measure and keep the result."""
    there, _ = world(synthetic(items, 2_000, 40_000), ("popular_all",))
    began = time.perf_counter()
    warm(there)
    ready(there)
    warmed = time.perf_counter() - began
    core = Quick(there)
    first: list[dict[str, float]] = []
    later: list[dict[str, float]] = []
    for n in range(times):
        for says in talks:
            desk = Desk(core, Dialogue(id="c"), Handles(b"0" * 32))  # type: ignore[arg-type]
            for message in says:
                (later if n else first).append(turn(desk, message))
    figures: dict[str, Any] = {"items": items, "goal_ms": GOAL_MS, "warm_s": round(warmed, 1), "turns": len(later)}
    rows = []
    for part in PARTS:
        own = [one[part] for one in later if part in one]
        p50, p90, p99 = np.percentile(own, [50, 90, 99]).tolist()
        worst = max(one[part] for one in first if part in one)
        names = ("p50_ms", "p90_ms", "p99_ms", "first_max_ms")
        figures[part] = dict(zip(names, (round(ms, 1) for ms in (p50, p90, p99, worst)), strict=True))
        rows.append([part, *(round(value, 1) for value in (p50, p90, p99, worst))])
    columns = ["until", "p50 (ms)", "p90 (ms)", "p99 (ms)", "slowest of the first conversations (ms)"]
    figures["tables"] = [table(f"One turn at {items:,} items, without a language model", columns, rows)]
    figures["notes"] = [f"Goal: ≤ {GOAL_MS:g} ms until the first words; {len(later)} turns."]
    print(figures)
    write_result("conversation_latency", figures)


if __name__ == "__main__":
    main()
