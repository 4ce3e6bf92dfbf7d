"""The language-model recommender, zero-shot and with events, on films with plots, games and short videos with titles.

MovieLens-1M (title, genres, people and plot) and Amazon games (title) are asked leave-one-out, MicroLens (title) by the
global time split; all items compete. 1,000 people of each set are asked, drawn by a seed, and all rows are about the
same people. Zero-shot rows are told the history of the person asked and not one event of anybody else.

"Together" is one text of the newest liked titles, read at request time; "best match" compares an item with every
event and takes a soft maximum (late interaction), where the other rows sum the history into one vector first.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._harness import data_file, table, write_result
from benchmarks._protocols import MOVIELENS_1M, SEED, Protocol, films, lists, load, measure, sequences, values
from segue.arrays import Floats, Mask
from segue.dataset import History, Holdout
from segue.evaluation.bootstrap import paired
from segue.items import Credit, Item
from segue.models.base import Model, TrainOptions
from segue.models.content import ContentConfig, ContentText
from segue.models.popular import PopularRecent
from segue.models.text_recommender import TextRecommender, TextRecommenderConfig
from segue.settings import Settings
from segue.understanding.encoders.text import TextEncoder

ASKED = 1000
DECAY = 0.8
CACHE = Path(tempfile.gettempdir()) / "segue-benchmark-vectors"
"""Vectors of the catalogues, so that a run that was stopped does not read them again."""


def main() -> None:
    """All sets, one after the other."""
    keep([rows_of(protocol) for protocol in protocols()])


def keep(made: Sequence[dict[str, Any]]) -> None:
    """Write the figures of the sets."""
    columns = ["recommender", "events used", "HR@10", "NDCG@10", "95 % interval", "beyond content mean", "ms a request"]
    figures = {
        "sets": made,
        "load_average": round(os.getloadavg()[0], 1),
        "tables": [table(one["title"], columns, cells(one["rows"])) for one in made],
    }
    print(write_result("text_recommender", figures))


def protocols() -> Iterable[Protocol]:
    """With vectors of words, and some of the people."""
    described = partial(sequences, "ml1m", MOVIELENS_1M, described_films)
    for protocol in (made() for made in (described, partial(load, "games"), partial(load, "microlens"))):
        vectors = {"text": read(protocol.catalogue.items)}
        split, test = protocol.split, protocol.split.test
        some = np.sort(np.random.default_rng(SEED).permutation(len(test))[:ASKED]).tolist()
        asked = Holdout.of({int(test.users[j]): test.answers(j) for j in some})
        train, history = replace(split.train, vectors=vectors), replace(split.history, vectors=vectors)
        yield replace(protocol, split=replace(split, train=train, history=history, test=asked))


def described_films() -> Iterable[Item]:
    """The films of MovieLens-1M with what OMDb says of them."""
    with gzip.open(data_file("movielens_1m/omdb_metadata.jsonl.gz"), "rt", encoding="utf-8") as lines:
        records = {str(record["movie_id"]): record for record in map(json.loads, lines)}
    for film in films():
        told = {k: v for k, v in records.get(film.id, {}).items() if v not in (None, "N/A")}
        people = [name.strip() for role in ("Director", "Actors") for name in told.get(role, "").split(",")]
        credits = tuple(Credit(name, "film") for name in people if name)
        yield film.model_copy(update={"description": told.get("Plot"), "creators": credits})


def read(items: Sequence[Item | None], settings: Settings | None = None) -> Floats:
    """(n items, 384) what the text encoder makes of them; NaN for those that say nothing."""
    encoder = TextEncoder(settings or Settings())
    said = [item for item in items if item is not None]
    state = hashlib.sha256("\n".join([encoder.version, *(encoder.wants(i) or "" for i in said)]).encode()).hexdigest()
    kept = CACHE / f"{state[:32]}.npy"
    if not kept.exists():
        nothing = np.full(encoder.dim, np.nan, np.float32)
        rows = [r.vector if r.vector is not None else nothing for r in encoder.encode(said)]
        CACHE.mkdir(exist_ok=True)
        np.save(kept, np.stack(rows))
    vectors: Floats = np.load(kept)
    return vectors


def rows_of(protocol: Protocol) -> dict[str, Any]:
    """Train, ask, compare."""
    told = protocol.train
    untold = told.only(np.zeros(len(told), bool))
    contenders: list[tuple[str, Model, Any]] = [
        ("most popular, recent", PopularRecent(), told),
        ("content mean", ContentText(ContentConfig(history_decay=1.0)), untold),
        ("content mean, fading", ContentText(ContentConfig(history_decay=DECAY)), untold),
        ("best match, fading", ContentText(), untold),
        ("together alone, 3 titles", _model(titles=3, together=1.0), untold),
        ("together alone, 10 titles", _model(titles=10, together=1.0), untold),
        ("text_recommender", _model(), untold),
        ("text_recommender, a quarter together", _model(titles=3, together=0.25), untold),
        ("text_recommender, half together", _model(titles=3, together=0.5), untold),
        ("content mean, fading as chosen", ContentText(), told),
        ("text_recommender", _model(), told),
        ("text_recommender, a quarter together", _model(titles=3, together=0.25), told),
    ]
    rows: list[dict[str, Any]] = []
    base = None
    for name, model, dataset in contenders:
        began = time.perf_counter()
        model.train(dataset, TrainOptions(seed=SEED, validation=protocol.validation if dataset is told else None))
        seconds = time.perf_counter() - began
        score_many = model.score_many if name != "best match, fading" else best_match(told.vectors["text"])
        began = time.perf_counter()
        listed = lists(protocol, score_many)
        each = (time.perf_counter() - began) / len(protocol.histories) * 1000
        gains = values(protocol, listed)["ndcg@10"]
        base = gains if name == "content mean" else base
        beyond = None if base is None else [round(d, 4) for d in paired(gains, base, SEED)]
        chosen = {k: getattr(model, k) for k in ("history_decay", "trust") if hasattr(model, k)}
        row = {"model": name, "events": dataset is told, **measure(protocol, listed), "beyond_content_mean": beyond}
        rows.append({**row, "chosen": chosen, "training_s": round(seconds, 2), "ms_each": round(each, 2)})
        print(protocol.name, rows[-1], flush=True)
    title = f"{protocol.name}: {len(protocol.histories):,} people asked, {protocol.n_items:,} items"
    return {**protocol.facts(), "title": title, "rows": rows}


def cells(rows: Sequence[dict[str, Any]]) -> list[list[Any]]:
    """The rows as the page shows them."""
    return [
        [
            *(r["model"], "all" if r["events"] else "none", r["hit@10"], r["ndcg@10"], "{} … {}".format(*r["ci95"])),
            *("" if r["beyond_content_mean"] is None else "{:+} ({:+} … {:+})".format(*r["beyond_content_mean"]),),
            r["ms_each"],
        ]
        for r in rows
    ]


def _model(**settings: Any) -> TextRecommender:
    return TextRecommender(TextRecommenderConfig(**settings))


def best_match(vectors: Floats, warmth: float = 0.3, most: int = 50) -> Callable[[Sequence[History]], Any]:
    """Late interaction: the soft maximum over the events of cosine + warmth · log of the event's weight."""
    known: Mask = np.asarray(np.isfinite(vectors).all(axis=1))
    centred = np.where(known[:, None], vectors - vectors[known].mean(axis=0), 0)
    units = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)

    def scores(histories: Sequence[History]) -> Any:
        rows = []
        for history in histories:
            items = history.positive.items[-most:]
            age = np.arange(len(items))[::-1]
            near = np.exp(units @ units[items].T / warmth + age * np.log(DECAY))
            rows.append(np.where(known & bool(len(items)), near.sum(axis=1), np.nan))
        return np.stack(rows)

    return scores


if __name__ == "__main__":
    main()
