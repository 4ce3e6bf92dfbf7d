"""A new text in a large catalogue: seconds from its PUT until the running server finds it everywhere.

Catalogues of 10,000 and 100,000 films and series, trained, served by ``segue serve`` in a process of its own. Ten items
are put in over HTTP, one after another; each is another version of an item that is there, under a new title. Timed is,
from the PUT on, until it is

- found by a search for its title,
- among what is similar to the item that it is a version of, for which its text has to be read and compared,
- at home: among what is shown to somebody of whom nothing is known, where newcomers have a share.

The client asks for one after the other without a pause, and takes the item out again before the next, since newcomers
share the places that are kept for them. The goal is 2 s. CPU seconds are those of the server from the
PUT until all three are so, requests of the client included; memory is the largest resident set of the server.

Titles, plots, people and genres are real (Netflix titles and TMDB films, 13,610 together), so that texts, words and
names have real sizes. Further rounds of them have another one's people, the first half of their own plot, the second
half of another's, and a number behind the title. The sentence encoder of the base install has read 1,500 of the texts
for the catalogue; the others have sums of two of these vectors and noise, since their reading is not what is timed. All
else, the new items in particular, is read by `segue understand` and by the server as always.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from segue import Engine
from segue.events import Event, EventKind, now
from segue.items import Credit, Item, ItemKind
from segue.settings import Settings
from segue.understanding.encoders.text import TextEncoder

from ._harness import DATA, data_file, sha256, table, write_result

SIZES = (10_000, 100_000)
NEW = 10
"""Items put in at each size, after one that is not counted: the first request of all loads the text model."""
READ = 1_500
PEOPLE, MET = 2_000, 50
GOAL_S = 2.0
PATIENCE_S = 120.0
FILES = ("netflix_titles/netflix_titles.csv.gz", "tmdb_5000/tmdb_5000_movies.csv.gz")
SETTINGS = """
[train]
models = ["popular_all", "popular_recent", "item_knn", "content"]

[models.item_knn]
history_decay = 0.9

[models.content]
history_decay = 0.9
"""
WAYS = ("search", "similar", "home")


def main(sizes: Sequence[int] = SIZES, count: int = NEW) -> None:
    """Measure both sizes and keep the result."""
    rows, kept = [], {}
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="segue-bench-") as folder:
            began = time.perf_counter()
            build(Path(folder), size)
            print(f"{size} items are there after {time.perf_counter() - began:.0f} s", flush=True)
            figures = measured(Path(folder), size, count)
        kept[str(size)] = figures
        row: list[Any] = [f"{size:,}"]
        for way in (*WAYS, "everywhere"):
            row += [figures["seconds"][way][name] for name in ("p50", "p95")]
        rows.append([*row, figures["cpu_s"]["p50"], figures["peak_mib"], figures["ready_s"]])
        print(rows[-1], flush=True)
    columns = ["items", *(f"{way}, {name}" for way in (*WAYS, "everywhere") for name in ("p50 (s)", "p95 (s)"))]
    title = "A new text, from its PUT until the server has it"
    write_result(
        "newcomer_scale",
        {
            "goal_s": GOAL_S,
            "sizes": kept,
            "data": [{"file": name, "sha256": sha256(DATA / name)} for name in FILES],
            "tables": [table(title, [*columns, "CPU, p50 (s)", "peak MiB", "start (s)"], rows)],
            "notes": [
                f"Goal: within {GOAL_S:g} s everywhere. {count} items at each size, over HTTP; client and server share "
                "the machine.",
            ],
        },
    )


# The catalogue


def real() -> list[Item]:
    """Every film and series of both files, as an owner would state it."""
    found = []
    with gzip.open(data_file(FILES[0]), "rt", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            people = [(name, "director") for name in _names(row["director"])[:2]]
            people += [(name, "actor") for name in _names(row["cast"])]
            found.append(
                _item(
                    f"n{row['show_id']}",
                    ItemKind.MOVIE if row["show_type"] == "Movie" else ItemKind.SERIES,
                    row["title"],
                    row["description"],
                    people,
                    _names(row["categories"]),
                    released=row["release_year"],
                )
            )
    with gzip.open(data_file(FILES[1]), "rt", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            genres, tags = ([one["name"] for one in json.loads(row[name])] for name in ("genres", "keywords"))
            released = row["release_date"] or None
            found.append(
                _item(f"t{row['id']}", ItemKind.MOVIE, row["title"], row["overview"], [], genres, tags, released)
            )
    return found


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",") if name.strip()]


def _item(
    item_id: str,
    kind: ItemKind,
    title: str,
    description: str,
    people: Sequence[tuple[str, str]],
    genres: Sequence[str],
    tags: Sequence[str] = (),
    released: str | None = None,
) -> Item:
    stated = {
        "id": item_id,
        "kind": kind,
        "title": title,
        "description": description.strip(),
        "creators": tuple(Credit(name, role) for name, role in dict.fromkeys(people)),
        "genres": tuple(dict.fromkeys(genres)),
        "tags": tuple(dict.fromkeys(tags)),
        "released": released,
        "language": "en",
    }
    return Item(**{name: value for name, value in stated.items() if value})


def catalogue(size: int, seed: int = 7) -> Iterator[Item]:
    """That many items: the real ones, then rounds of others that are made of them."""
    there = real()
    rng = np.random.default_rng(seed)
    for n in range(size):
        own, turn = there[n % len(there)], n // len(there)
        if not turn:
            yield own
            continue
        other = there[int(rng.integers(len(there)))]
        halves = [(one.description or "").split() for one in (own, other)]
        plot = " ".join([*halves[0][: len(halves[0]) // 2], *halves[1][len(halves[1]) // 2 :]])
        people = [(credit.name, credit.role) for credit in other.creators]
        title = f"{own.title} {turn + 1}"
        yield _item(f"{own.id}-{turn}", own.kind, title, plot, people, own.genres, other.tags, own.released)


def build(folder: Path, size: int) -> None:
    """A workspace with that many items, read and trained."""
    Engine.create(folder)
    with (folder / "segue.toml").open("a", encoding="utf-8") as stream:
        stream.write(SETTINGS)
    with Engine.open(folder) as engine:
        items = list(catalogue(size))
        engine.add_items(items)
        for start in range(0, size, 5_000):
            engine._store.put_readings(_texts_read(items[start : start + 5_000], seed=start))
        engine.understand(only=["text", "ngram", "knowledge"])
        engine.record(_events(items))
        engine.train(force=True)


def _texts_read(items: Sequence[Item], seed: int) -> Iterator[Any]:
    """Readings of the space ``text``: vectors of real texts, and sums of two with noise."""
    encoder = TextEncoder(Settings())
    if not _READ:
        _READ.update({r.item_id: r.vector for r in encoder.encode(real()[:READ]) if r.vector is not None})
    known, rng = np.stack(list(_READ.values())), np.random.default_rng(seed)
    for item in items:
        one, other = known[rng.integers(len(known), size=2)]
        made = one + 0.7 * other + rng.normal(scale=0.02, size=known.shape[1])
        yield encoder.reading(item, _READ.get(item.id, made))


_READ: dict[str, np.ndarray] = {}
"""What the encoder has read, once: id → vector."""


def _events(items: Sequence[Item], seed: int = 7) -> Iterator[Event]:
    """People of two genres each, over the last half year."""
    rng = np.random.default_rng(seed)
    by_genre: dict[str, list[str]] = {}
    for item in items:
        for genre in item.genres:
            by_genre.setdefault(genre, []).append(item.id)
    genres, end = [one for one in by_genre.values() if len(one) >= 20], now()
    for person in range(PEOPLE):
        liked = rng.choice(len(genres), 2, replace=False)
        for n in range(MET):
            shelf = genres[int(liked[n % 2])]
            item_id = shelf[int(len(shelf) * rng.random() ** 2)]
            at = end - timedelta(hours=float(rng.uniform(1, 4000)))
            yield Event(id=f"e{person}-{n}", user_id=f"u{person}", item_id=item_id, kind=EventKind.COMPLETE, at=at)


# The server


@dataclass
class Server:
    """A server in a process of its own."""

    url: str
    pid: int
    ready_s: float
    http: httpx.Client = field(repr=False)

    def cpu_s(self) -> float:
        """Processor seconds of the process so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mib(self) -> float:
        """Its largest resident set."""
        for line in Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM"):
                return round(int(line.split()[1]) / 1024, 1)
        return float("nan")


@contextmanager
def served(workspace: Path) -> Iterator[Server]:
    """``segue serve`` until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "segue", "--workspace", str(workspace), "--quiet", "serve", "--port", str(port)]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(base_url=url, timeout=PATIENCE_S) as http:
            while not _is_ready(http):
                if process.poll() is not None or time.perf_counter() - began > 10 * PATIENCE_S:
                    sys.exit("benchmark: the server did not start")
                time.sleep(0.1)
            yield Server(url, process.pid, round(time.perf_counter() - began, 1), http)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _is_ready(http: httpx.Client) -> bool:
    try:
        return http.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def measured(workspace: Path, size: int, count: int) -> dict[str, Any]:
    """Put items in, one after another, and time each."""
    there = real()[: min(size, READ)]
    seconds: dict[str, list[float]] = {way: [] for way in (*WAYS, "everywhere")}
    cpu = []
    with served(workspace) as server:
        for n in range(count + 1):
            before = server.cpu_s()
            took = _put(server.http, there[n * len(there) // (count + 1)], n)
            used = server.cpu_s() - before
            server.http.delete(f"/v1/items/new-{n}").raise_for_status()
            if n:
                cpu.append(used)
                for way, taken in (*took.items(), ("everywhere", max(took.values()))):
                    seconds[way].append(taken)
        return {
            "items": size,
            "new": count,
            "ready_s": server.ready_s,
            "seconds": {way: _percentiles(taken) for way, taken in seconds.items()},
            "cpu_s": _percentiles(cpu),
            "peak_mib": server.peak_mib(),
        }


def _put(http: httpx.Client, original: Item, n: int) -> dict[str, float]:
    """Seconds until the item is there, by the way it is looked for."""
    word = "".join(chr(ord("a") + int(digit)) for digit in str(7919 * (n + 3)))
    new = original.model_copy(update={"id": f"new-{n}", "title": f"Zq{word} of {original.title}"})
    asked: Mapping[str, Callable[[], Sequence[str]]] = {
        "search": lambda: _picks(http.get("/v1/search", params={"q": f"Zq{word}", "k": 5})),
        "similar": lambda: _picks(http.get(f"/v1/items/{original.id}/similar", params={"k": 20})),
        "home": lambda: _picks(http.post("/v1/recommendations", json={"k": 100})),
    }
    began = time.perf_counter()
    answer = http.put(f"/v1/items/{new.id}", json=new.model_dump(mode="json", exclude_defaults=True))
    answer.raise_for_status()
    took: dict[str, float] = {}
    while len(took) < len(asked):
        for way, ask in asked.items():
            if way not in took and new.id in ask():
                took[way] = time.perf_counter() - began
        if time.perf_counter() - began > PATIENCE_S:
            sys.exit(f"benchmark: {new.id} was not found by {set(asked) - set(took)} within {PATIENCE_S:g} s")
    return took


def _picks(answer: httpx.Response) -> list[str]:
    answer.raise_for_status()
    return [pick["item"] for pick in answer.json()["picks"]]


def _percentiles(taken: Sequence[float]) -> dict[str, float]:
    p50, p95 = np.percentile(taken, [50, 95]).tolist()
    return {"p50": round(p50, 3), "p95": round(p95, 3), "max": round(max(taken), 3)}


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--sizes", nargs="*", type=int, default=list(SIZES))
    options.add_argument("--new", type=int, default=NEW)
    given = options.parse_args()
    main(given.sizes, given.new)
