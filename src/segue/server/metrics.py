"""What ``/metrics`` tells Prometheus."""

from __future__ import annotations

import os
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from ..engine.language_models import Entry, listen

_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_LLM_BUCKETS = (0.1, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0)


class Metrics:
    """The counters of one app; with several worker processes, ``/metrics`` of any of them sums over all."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Histogram(
            "segue_request_seconds",
            "Time from the request's arrival to the end of its answer, by route template.",
            ("method", "route", "status"),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._degraded = Counter(
            "segue_degraded_total",
            "Answers in which a stage failed or was missing.",
            ("stage",),
            registry=self._registry,
        )
        self._events = Counter(
            "segue_events_total",
            "Events received, by what became of them.",
            ("result",),
            registry=self._registry,
        )
        for result in ("accepted", "duplicate", "rejected"):
            self._events.labels(result)

        self._chat_turns = Counter(
            "segue_chat_turns_total",
            "Turns of conversations that were answered, by what: code, or a language model.",
            ("by",),
            registry=self._registry,
        )
        self._chat_first = Histogram(
            "segue_chat_first_word_seconds",
            "Time from a turn of a conversation to the first word of its answer.",
            ("by",),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._llm = {
            name: Counter(f"segue_llm_{name}", said, labels, registry=self._registry)
            for name, said, labels in (
                ("calls_total", "Requests to a language model.", ("purpose",)),
                ("tokens_total", "Tokens that language models read and wrote.", ("purpose", "direction")),
                ("cost_total", "What they cost, at the prices of [llm].", ("purpose",)),
                ("questions_total", "Questions to a language model, by how they went.", ("purpose", "result")),
            )
        }
        self._llm_seconds = Histogram(
            "segue_llm_seconds",
            "Time from a question to a language model to the end of its answer, repetitions included.",
            ("purpose",),
            buckets=_LLM_BUCKETS,
            registry=self._registry,
        )
        self._llm_first = Histogram(
            "segue_llm_first_token_seconds",
            "Time from a question to the first word of an answer that streams.",
            ("purpose",),
            buckets=_LLM_BUCKETS,
            registry=self._registry,
        )
        listen(self)

    def llm_used(self, entry: Entry) -> None:
        """Count what this process has used of a language model: the purpose, never a word."""
        purpose = entry.purpose
        if entry.calls:
            self._llm["calls_total"].labels(purpose).inc(entry.calls)
        if entry.tokens_in or entry.tokens_out:
            self._llm["tokens_total"].labels(purpose, "in").inc(entry.tokens_in)
            self._llm["tokens_total"].labels(purpose, "out").inc(entry.tokens_out)
            self._llm["cost_total"].labels(purpose).inc(entry.cost)
        for result in ("cached", "repaired", "retried", "failed", "stopped", "refused"):
            if number := getattr(entry, result):
                self._llm["questions_total"].labels(purpose, result).inc(number)
        if entry.seconds is not None:
            self._llm["questions_total"].labels(purpose, "asked").inc()
            self._llm_seconds.labels(purpose).observe(entry.seconds)
        if entry.first_token_s is not None:
            self._llm_first.labels(purpose).observe(entry.first_token_s)

    def answered(self, degraded: Iterable[str]) -> None:
        """Count what an answer names as degraded."""
        for stage in degraded:
            self._degraded.labels(stage).inc()

    def talked(self, by: str, first_word_s: float | None) -> None:
        """Count a turn of a conversation."""
        self._chat_turns.labels(by).inc()
        if first_word_s is not None:
            self._chat_first.labels(by).observe(first_word_s)

    def received(self, accepted: int, duplicate: int, rejected: int) -> None:
        """Count a batch of events."""
        self._events.labels("accepted").inc(accepted)
        self._events.labels("duplicate").inc(duplicate)
        self._events.labels("rejected").inc(rejected)

    def text(self) -> bytes:
        """The Prometheus text format."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self._registry)
        everyone = CollectorRegistry()
        MultiProcessCollector(everyone)  # type: ignore[no-untyped-call]
        return generate_latest(everyone)
