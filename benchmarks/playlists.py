"""Time to make a list from a sentence, and to show one, over 100,000 items, from reading the sentence to the reasons.

The catalogue, people and models are those of `request_latency`. The words' vectors are given: encoding them takes what
it takes in a search. What is kept goes into a SQLite file.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from segue import storage
from segue.answers import Answer
from segue.engine.playlists.keeping import Playlists
from segue.engine.playlists.making import Maker
from segue.pipeline.answer import answer, warm
from segue.profiles.history import Live
from segue.queries import Query
from segue.settings import PlaylistSettings

from ._harness import table, write_result
from .request_latency import NOW, SIZES, synthetic, world

MODELS = ("popular_all", "popular_recent", "content")
SENTENCES = (
    "an hour of genre 3, renewed every day",
    "50 songs from the 90s, no podcasts",
    "calm songs about the night",
    "twenty songs",
    "radio of Maker 12",
    "一小时的音乐，每天更新",
)


def main(items: int = SIZES["100k"][0], rounds: int = 8) -> None:
    """Measure and keep the result."""
    dataset = synthetic(items, *SIZES["100k"][1:])
    there, _ = world(dataset, MODELS)
    there = replace(there, measure=dict, relations=tuple)
    warm(there)
    vector = {"text": there.vectors["text"][1]}

    def live(query: Query, _world: Any) -> Live:
        return Live(dataset.history(int((query.user_id or "u0")[1:])))

    def ask(query: Query, choose: Any = ()) -> Answer:
        return answer(there, query, live(query, there), NOW, words=vector if query.words else None, choose=choose)

    rows = []
    with tempfile.TemporaryDirectory() as folder, storage.open(f"sqlite:///{Path(folder) / 'segue.db'}") as store:
        maker = Maker(lambda: there, ask, live, lambda query: query)
        playlists = Playlists(store, maker, PlaylistSettings())
        for sentence in SENTENCES:
            made_ms, shown_ms, entries = [], [], 0
            for n in range(rounds + 1):
                began = time.perf_counter()
                made = playlists.make(f"u{n}", sentence, {})
                between = time.perf_counter()
                playlists.one(made.id, f"u{n}")
                if n:  # the first one builds what the others find
                    made_ms.append(1000 * (between - began))
                    shown_ms.append(1000 * (time.perf_counter() - between))
                entries = len(made.entries)
            times = (np.median(made_ms), max(made_ms), np.median(shown_ms))
            rows.append([sentence, entries, *(round(float(ms), 1) for ms in times)])
            print(rows[-1], flush=True)
    columns = ["sentence", "entries", "make p50 (ms)", "make max (ms)", "show p50 (ms)"]
    title = f"Playlists over {items:,} items"
    write_result("playlists", {"items": items, "rounds": rounds, "tables": [table(title, columns, rows)]})


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--items", type=int, default=SIZES["100k"][0])
    options.add_argument("--rounds", type=int, default=8)
    given = options.parse_args()
    main(given.items, given.rounds)
