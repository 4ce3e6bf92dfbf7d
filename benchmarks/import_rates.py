"""How fast a catalogue and a million events come in: rows a second into SQLite, and what reading them back costs.

The chronological sequences of MovieLens-1M, once as `Item` and `Event` objects through `segue.Engine` and once as
tables (CSV) through the origin ``table``, each into a fresh workspace on this machine's disk. Rates are by the wall
clock; the processor's seconds are beside them. An event counts as kept when it is durable.
"""

from __future__ import annotations

import csv
import gzip
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from segue import Engine, Event, Item
from segue.events import EventKind
from segue.items import ItemKind
from segue.storage import Store

from ._harness import data_file, peak_mib, sha256, table, write_result

FILE = "movielens_1m/sequences_chronological.txt.gz"
BEGIN = datetime(2000, 1, 1, tzinfo=UTC)
ONE_BY_ONE = 200


def main() -> None:
    """Import twice, read back, write."""
    path = data_file(FILE)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        people = [(user, items.split()) for user, items in (line.rstrip("\n").split("\t") for line in lines)]
    ids = sorted({item for _, items in people for item in items}, key=int)
    n_events = sum(len(items) for _, items in people)
    rates: list[list[Any]] = []
    with tempfile.TemporaryDirectory(prefix="segue-bench-") as name:
        folder = Path(name)
        single = _through_api(folder / "api", people, ids, n_events, rates)
        reads = _read_back(folder / "api")
        _through_tables(folder, people, ids, n_events, rates)
    figures = {
        "data": {"file": FILE, "sha256": sha256(path), "items": len(ids), "events": n_events},
        "peak_mib": peak_mib(),
        "tables": [
            table("Into a fresh SQLite workspace", ["what", "rows", "seconds", "rows a second", "CPU seconds"], rates),
            table(f"With {n_events:,} events stored", ["what", "ms (median)", "ms (p99)"], [*reads, single]),
        ],
        "notes": [f"Peak memory of the process: {peak_mib():.0f} MiB, the objects of the first run included."],
    }
    for row in (*rates, *reads, single):
        print(*row)
    write_result("import_rates", figures)


def _through_api(
    workspace: Path, people: Sequence[tuple[str, list[str]]], ids: Sequence[str], n_events: int, rates: list[list[Any]]
) -> list[Any]:
    """Fills ``rates``; returns the row of one event at a time."""
    Engine.create(workspace)
    with Engine.open(workspace) as engine:
        items = [Item(id=i, kind=ItemKind.MOVIE, title=f"Film {i}") for i in ids]
        rates.append(["items, API", len(ids), *_timed(lambda: engine.add_items(items), len(ids))])
        began = time.perf_counter(), time.process_time()
        taken = 0
        for start in range(0, len(people), 600):  # about 100,000 events a call, as one transaction holds
            batch = [
                Event(
                    id=f"{user}-{n}",
                    user_id=user,
                    item_id=item,
                    kind=EventKind.COMPLETE,
                    at=BEGIN + timedelta(minutes=n),
                )
                for user, items_ in people[start : start + 600]
                for n, item in enumerate(items_)
            ]
            taken += engine.record(batch).accepted
        seconds, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
        assert taken == n_events
        rates.append(["events, API", n_events, round(seconds, 2), round(n_events / seconds), round(cpu, 2)])
        rows = (engine.event("1", ids[n], EventKind.PLAY) for n in range(ONE_BY_ONE))
        return ["record one event", *_milliseconds(lambda: engine.record([next(rows)]), ONE_BY_ONE)]


def _read_back(workspace: Path) -> list[list[Any]]:
    with Store(f"sqlite:///{workspace / 'segue.db'}") as store:
        return [
            ["event_table, everybody's", *_milliseconds(store.event_table, 3)],
            ["event_table, one person's", *_milliseconds(lambda: store.event_table("1"), ONE_BY_ONE)],
            ["last_seq", *_milliseconds(store.last_seq, ONE_BY_ONE)],
            ["last_seq, one person's", *_milliseconds(lambda: store.last_seq("1"), ONE_BY_ONE)],
        ]


def _through_tables(
    folder: Path, people: Sequence[tuple[str, list[str]]], ids: Sequence[str], n_events: int, rates: list[list[Any]]
) -> None:
    items, events = folder / "items.csv", folder / "events.csv"
    with items.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "kind", "title"])
        writer.writerows([i, "movie", f"Film {i}"] for i in ids)
    with events.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["user_id", "item_id", "kind", "at"])
        at = [(BEGIN + timedelta(minutes=n)).isoformat() for n in range(max(len(own) for _, own in people))]
        writer.writerows((user, item, "complete", at[n]) for user, own in people for n, item in enumerate(own))
    Engine.create(folder / "table")
    with Engine.open(folder / "table") as engine:
        for what, file, rows in (("items", items, len(ids)), ("events", events, n_events)):
            taken = _timed(lambda file=file: engine.import_from("table", file), rows)
            rates.append([f"{what}, table", rows, *taken])


def _timed(work: Callable[[], object], rows: int) -> list[Any]:
    """Seconds, rows a second, seconds of the processor."""
    began, busy = time.perf_counter(), time.process_time()
    work()
    seconds, cpu = time.perf_counter() - began, time.process_time() - busy
    return [round(seconds, 2), round(rows / seconds), round(cpu, 2)]


def _milliseconds(work: Callable[[], object], times: int) -> list[float]:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - began))
    return [round(float(v), 3) for v in np.percentile(taken, [50, 99])]


if __name__ == "__main__":
    main()
