"""Latency of one request in process, from sources to reasons: `home`, `similar`, `search` (`pipeline.answer.answer`).

Reasons are those of each of the ten items shown, with the influence of every evidence measured.

Three synthetic catalogues with real trained models: the size of the sample library, that of MovieLens-1M, and 100,000
items with content vectors of 128 dimensions. People differ from request to request, so that nothing about them is kept
from one to the next. The goal is p99 ≤ 30 ms for `home` at every size.

EASE keeps one number for each pair of items and is left out at 100,000 (40 GB).
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from segue.catalogue import Catalogue
from segue.dataset import Dataset, History
from segue.events import KIND_CODE, EventKind
from segue.items import Credit, Item, ItemKind
from segue.models import TABLE
from segue.models.base import Model, TrainOptions
from segue.pipeline.answer import answer, warm
from segue.pipeline.stages import World
from segue.profiles.history import Live
from segue.queries import Query
from segue.settings import Settings, TrainSettings

from ._harness import table, write_result

SIZES = {"sample": (170, 300, 12_000), "ml-1m": (3_416, 6_040, 600_000), "100k": (100_000, 20_000, 400_000)}
"""Items, people, events."""
BRIEFLY: dict[str, dict[str, Any]] = {
    **{name: {"history_decay": 0.9} for name in ("item_knn", "user_knn", "ease", "content")},
    **{name: {"history_decay": 0.9, "iterations": 2} for name in ("als", "bpr")},
}
"""Settings that shorten a training; the time of a request does not depend on how well a model has learnt."""

MODELS = ("popular_all", "popular_recent", "item_knn", "user_knn", "als", "bpr", "content", "ease")
TOPICS = 60
DIM = 128
GOAL_MS = 30.0
NOW = 1_750_000_000.0


def synthetic(n_items: int, n_users: int, n_events: int, seed: int = 7) -> Dataset:
    """People of a few topics each, items of one topic, popularity by Zipf; everybody was here a moment ago."""
    rng = np.random.default_rng(seed)
    topic = rng.permutation(n_items) % TOPICS
    kinds = list(ItemKind)[:-1]
    catalogue = Catalogue.build(
        Item(
            id=f"i{row}",
            kind=kinds[row % len(kinds)],
            title=f"Title {row} of topic {t}",
            description=f"A piece about subject {t} and number {row % 977}, made for the night.",
            genres=(f"genre {t % 20}",),
            creators=(Credit(f"Maker {row % max(n_items // 20, 1)}", "artist"),),
            album=f"Album {row // 8}" if row % 3 else None,
            released=str(1960 + row % 60),
            duration_s=60.0 + row % 600,
            language="en",
        )
        for row, t in enumerate(topic.tolist())
    )
    users = np.sort(rng.integers(n_users, size=n_events)).astype(np.int32)
    by_topic = [np.flatnonzero(topic == t) for t in range(TOPICS)]
    wanted = (users * 7 + rng.integers(4, size=n_events) * 13) % TOPICS
    place = rng.zipf(1.3, size=n_events) - 1
    items = np.array([by_topic[t][p % len(by_topic[t])] for t, p in zip(wanted, place, strict=True)], dtype=np.int32)
    since_last = np.concatenate([np.arange(c, 0, -1) for c in np.bincount(users, minlength=n_users)])
    centres = rng.normal(size=(TOPICS, DIM))
    vectors = (centres[topic] + rng.normal(scale=0.7, size=(n_items, DIM))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Dataset(
        catalogue=catalogue,
        user_ids=tuple(f"u{u}" for u in range(n_users)),
        users=users,
        items=items,
        kinds=np.full(n_events, KIND_CODE[EventKind.COMPLETE], dtype=np.uint8),
        timestamps=NOW - 400.0 * since_last,
        weights=np.ones(n_events, dtype=np.float32),
        seq=np.arange(1, n_events + 1, dtype=np.int64),
        vectors={"mixed": vectors, "text": vectors},
    )


def world(dataset: Dataset, names: Sequence[str]) -> tuple[World, dict[str, float]]:
    """Everything trained, with the seconds that each model took."""
    models: dict[str, Model] = {}
    seconds = {}
    for name in names:
        began = time.perf_counter()
        kind = TABLE.load(name)
        model = kind(kind.Config(**BRIEFLY.get(name, {})))
        model.train(dataset, TrainOptions(threads=2))
        models[name] = model
        seconds[name] = round(time.perf_counter() - began, 1)
    settings = Settings(train=TrainSettings(models=tuple(names)))
    return World(dataset.catalogue, models, dataset.vectors, settings, "benchmark"), seconds


def latencies(there: World, people: Sequence[History], queries: Sequence[Query]) -> tuple[dict[str, Any], Any]:
    """Milliseconds of one request after another, and the mean of each part."""
    words = {"text": there.vectors["text"][1]}
    taken, cpu, parts = [], [], []
    for n, (history, query) in enumerate(zip(people, queries, strict=True)):
        began, worked = time.perf_counter(), time.process_time()
        found = answer(there, query, Live(history), NOW, words=words if query.words else None)
        if n >= 10:  # the first ones warm the caches of the processor and of the libraries
            taken.append(1000 * (time.perf_counter() - began))
            cpu.append(1000 * (time.process_time() - worked))
            parts.append(found.timings_ms)
        if len(found) != query.k:
            raise SystemExit(f"benchmark: {len(found)} picks instead of {query.k}; {found.degraded}")
    wall, busy = np.percentile(taken, [50, 90, 99]).tolist(), np.percentile(cpu, [50, 99]).tolist()
    mean = {part: round(float(np.mean([p.get(part, 0.0) for p in parts])), 2) for part in parts[0]}
    figures: dict[str, Any] = {f"p{p}_ms": round(ms, 2) for p, ms in zip((50, 90, 99), wall, strict=True)}
    figures |= {f"p{p}_cpu_ms": round(ms, 2) for p, ms in zip((50, 99), busy, strict=True)}
    figures["requests"] = len(taken)
    return figures, dict(sorted(mean.items(), key=lambda pair: -pair[1]))


def main(sizes: Sequence[str] = tuple(SIZES), names: Sequence[str] = MODELS, requests: int = 400) -> None:
    """Measure and keep the result."""
    figures: dict[str, Any] = {"goal_p99_ms": GOAL_MS, "models": list(names), "sizes": {}}
    load, rows = os.getloadavg(), []
    for size in sizes:
        n_items, n_users, n_events = SIZES[size]
        dataset = synthetic(n_items, n_users, n_events)
        there, seconds = world(dataset, [name for name in names if name != "ease" or n_items <= 20_000])
        began = time.perf_counter()
        warm(there)
        warmed = round(time.perf_counter() - began, 2)
        rng = np.random.default_rng(3)
        people = [dataset.history(int(user)) for user in rng.integers(n_users, size=requests)]
        seeds = rng.integers(n_items, size=requests).tolist()
        asked = {
            "home": [Query(user_id="u")] * requests,
            "similar": [Query(user_id="u", recipe="similar", seeds=(f"i{row}",)) for row in seeds],
            "search": [Query(user_id="u", recipe="search", words=f"topic {row % TOPICS} title") for row in seeds],
        }
        kept: dict[str, Any] = {"items": n_items, "people": n_users, "events": n_events}
        kept |= {"train_s": seconds, "warm_s": warmed, "recipes": {}}
        for recipe, queries in asked.items():
            measured, parts = latencies(there, people, queries)
            kept["recipes"][recipe] = {**measured, "mean_ms_by_part": parts}
            rows.append([size, n_items, recipe, *(v for name, v in measured.items() if name != "requests")])
            print(size, recipe, measured, dict(list(parts.items())[:12]), flush=True)
        figures["sizes"][size] = kept
    columns = ["catalogue", "items", "recipe", "p50 (ms)", "p90 (ms)", "p99 (ms)", "p50 CPU (ms)", "p99 CPU (ms)"]
    figures["tables"] = [table("One request in process, sources to reasons", columns, rows)]
    figures["load_average"] = {"before": list(load), "after": list(os.getloadavg())}
    figures["notes"] = [
        f"Goal: p99 ≤ {GOAL_MS:g} ms. Models: {', '.join(names)} (EASE up to 20,000 items). The machine's load average "
        f"was {load[0]:.1f} before and {os.getloadavg()[0]:.1f} after; CPU is what the request itself has used."
    ]
    write_result("request_latency", figures)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--sizes", nargs="*", default=list(SIZES), choices=list(SIZES))
    options.add_argument("--models", nargs="*", default=list(MODELS))
    options.add_argument("--requests", type=int, default=400)
    given = options.parse_args()
    main(given.sizes, given.models, given.requests)
