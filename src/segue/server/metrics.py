"""What ``/metrics`` tells Prometheus."""

from __future__ import annotations

import os
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


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

    def answered(self, degraded: Iterable[str]) -> None:
        """Count what an answer names as degraded."""
        for stage in degraded:
            self._degraded.labels(stage).inc()

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
