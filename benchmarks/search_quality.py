"""Search: nDCG@10 of words only, meaning only and both, over judged queries of ours, English and Chinese.

Four catalogues: the sample library (236 items, both languages), the films of TMDB 5000 (English), 299 films under what
people wrote about them on Douban (Chinese), 10,728 captions of Kuaishou (Chinese). The queries and their judgements are
in ``search_queries/*.toml``, each with its rule: 2 what is asked for, 1 what is so in part. They were judged by reading
the metadata, before any engine was asked, and hold ids and our own sentences only.

Each method answers through `pipeline.answer.answer` with its own blend: ``words`` (BM25 with corrections), ``meaning``
(all-MiniLM-L6-v2 and character n-grams), ``hybrid`` (the default table), all on the sentence as typed; ``search`` is
the hybrid with filters read from the sentence, as `segue search` answers. The gain of a grade is 2^grade - 1; the
intervals are 95 % bootstraps over the queries. Then: the share of sentences of which exactly the right filters are read
(``sentences.toml``). There are no published points for these sets.
"""

from __future__ import annotations

import csv
import fnmatch
import gzip
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from segue.arrays import Floats
from segue.catalogue import Catalogue
from segue.engine.searching import poles, query_of, read
from segue.ingest.origin import Problems
from segue.ingest.sampler.words import works
from segue.ingest.sources.tmdb import Tmdb
from segue.items import Item, ItemKind
from segue.pipeline.answer import answer
from segue.pipeline.asking.lexicon import GENRES
from segue.pipeline.stages import World
from segue.queries import Constraints, Query
from segue.settings import Settings
from segue.understanding.encoders import TABLE
from segue.understanding.fuse import serving_projection
from segue.understanding.knowledge.extract import EXTRACTORS
from segue.understanding.run import encode_words

from ._harness import data_file, sha256, table, write_result

QUERIES = Path(__file__).parent / "search_queries"
SETS = ("sample", "films", "reviews", "captions")
FILES = {
    "films": "tmdb_5000/tmdb_5000_movies.csv.gz",
    "reviews": "douban_short_reviews_zh/reviews.csv.gz",
    "captions": "kuairec_captions_zh/kuairec_caption_category.csv.gz",
}
BLENDS: dict[str, dict[str, float]] = {"words": {"words": 1.0}, "meaning": {"meaning": 1.0}}
METHODS = ("words", "meaning", "hybrid", "search")
K = 10
REVIEWS = 12
"""Reviews of a film that are searched: those that most people found useful."""


def catalogue_of(name: str) -> tuple[list[Item], dict[str, tuple[str, str]]]:
    """The items, and for the captions the two levels of category of each."""
    if name == "sample":
        return [work.item for work in works(7, datetime(2026, 11, 1, tzinfo=UTC), 1.0)], {}
    path = data_file(FILES[name])
    if name == "films":
        return [one for one in Tmdb().read(path.parent, Problems()) if isinstance(one, Item)], {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row.get("video_id", "1").isdigit()]
    if name == "captions":
        levels = {r["video_id"]: (r["first_level_category_name"], r["second_level_category_name"]) for r in rows}
        items = []
        for row in rows:
            cover = row["manual_cover_text"] if row["manual_cover_text"] != "UNKNOWN" else ""
            items.append(
                Item(
                    id=row["video_id"],
                    kind=ItemKind.SHORT,
                    title=cover[:200].strip() or None,
                    description=row["caption"][:1000].strip() or None,
                )
            )
        return items, levels
    said: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for row in rows:
        said[row["movie"]].append((int(float(row["votes"] or 0)), row["text"]))
    return [
        Item(id=title, kind=ItemKind.MOVIE, title=title,
             description=" ".join(text for _, text in sorted(texts, key=lambda one: -one[0])[:REVIEWS])[:4000])
        for title, texts in sorted(said.items())
    ], {}  # fmt: skip


def world_of(items: list[Item], cache: Path | None = None) -> World:
    """Nothing trained: words, vectors of the two encoders that read words, the knowledge graph."""
    catalogue, settings = Catalogue.build(items), Settings()
    vectors: dict[str, Floats] = {}
    kept = None if cache is None or not cache.exists() else np.load(cache, allow_pickle=False)
    for space in ("text", "ngram"):
        if kept is not None:
            vectors[space] = kept[space]
            continue
        encoder = TABLE.load(space)(settings)
        found: list[Floats | None] = []
        for start in range(0, len(items), 512):
            found += [reading.vector for reading in encoder.encode(items[start : start + 512])]
        empty = np.full(encoder.dim, np.nan, np.float32)
        vectors[space] = np.stack([empty if vector is None else vector for vector in found])
    if cache is not None and kept is None:
        np.savez(cache, **vectors)
    mixed = serving_projection(vectors, settings.understanding.alpha, settings.understanding.serving_dim).apply(vectors)
    relations = [r for item in items for extractor in EXTRACTORS for r in extractor(item)]
    every = {**vectors, "mixed": mixed} if mixed is not None else vectors
    return World(catalogue, {}, every, settings, relations=lambda: relations)


def grades(query: Mapping[str, Any], world: World, levels: Mapping[str, tuple[str, str]]) -> dict[str, int]:
    """Id → grade, of a judged query."""
    if "first" in query:
        wanted = (query["first"], query["second"])
        return {i: 2 if level == wanted else 1 for i, level in levels.items() if level[0] == wanted[0]}
    found: dict[str, int] = {}
    for grade, name in ((1, "one"), (2, "two")):
        for pattern in query.get(name, ()):
            ids = fnmatch.filter(world.catalogue.ids, pattern) if "*" in pattern or "[" in pattern else [pattern]
            found.update(dict.fromkeys(ids, grade))
    unknown = set(found) - set(world.catalogue.ids)
    if unknown:
        raise SystemExit(f"benchmark: {sorted(unknown)[:3]} are judged and not in the catalogue")
    return found


def ndcg(ranked: list[str], relevant: Mapping[str, int], k: int = K) -> float:
    """With the gain 2^grade - 1 and the discount log2(rank + 1)."""
    gains = [2.0 ** relevant.get(one, 0) - 1 for one in ranked[:k]]
    best = sorted((2.0**grade - 1 for grade in relevant.values()), reverse=True)[:k]
    discount = 1 / np.log2(np.arange(2, k + 2))
    return float(np.dot(gains, discount[: len(gains)]) / np.dot(best, discount[: len(best)]))


def ranked(world: World, text: str, method: str) -> list[str]:
    """The first ten ids of a method."""
    blend = BLENDS.get(method)
    if blend is not None:
        key = ("method", method)
        settings = Settings(ranking={"blend": {"search": blend}})  # type: ignore[arg-type]
        own = world.derived(key, lambda: World(world.catalogue, {}, world.vectors, settings, relations=world.relations))
        own._derived.setdefault("words", world.derived("words", lambda: None))
        query = Query(recipe="search", words=text, k=K, explain=False)
        found = answer(own, query, words=encode_words(text, settings))
        return [pick.item.id for pick in found]
    if method == "hybrid":
        query = Query(recipe="search", words=text, k=K, explain=False)
    else:
        query = query_of(read(text, world), Constraints(), {"k": K, "explain": False})
    words = encode_words(query.words, world.settings) if query.words else {}
    towards = poles(query.leanings, lambda said: encode_words(said, world.settings))
    return [pick.item.id for pick in answer(world, query, words=words, poles=towards)]


def interval(values: Floats, seed: int = 7) -> list[float]:
    """95 % bootstrap of the mean."""
    rng = np.random.default_rng(seed)
    means = values[rng.integers(len(values), size=(10_000, len(values)))].mean(axis=1)
    return [round(float(x), 4) for x in np.percentile(means, [2.5, 97.5])]


def sentences(world: World) -> tuple[int, int, list[str]]:
    """How many sentences are read exactly, of how many, and which are not."""
    stated = tomllib.loads((QUERIES / "sentences.toml").read_text(encoding="utf-8"))["sentence"]
    wrong = []
    for one in stated:
        found = read(one["text"], world)
        got: dict[str, Any] = found.constraints.model_dump(mode="json", exclude_defaults=True)
        if found.seeds:
            got["seeds"] = list(found.seeds)
        if found.leanings:
            got["leanings"] = list(found.leanings)
        for name in ("genres", "without_genres"):
            if name in got:
                got[name] = _ideas(got[name])
        expected = {name: sorted(v) if isinstance(v, list) else v for name, v in one["expected"].items()}
        got = {name: sorted(v) if isinstance(v, list) else v for name, v in got.items()}
        if got != expected:
            wrong.append(f"{one['text']}: {got}")
    return len(stated) - len(wrong), len(stated), wrong


def _ideas(names: list[str]) -> list[str]:
    """The main English name of each idea among the genres."""
    plain = {name.lower() for name in names}
    return [g.english[0] for g in GENRES if g.english[0] in plain]


def main(sets: tuple[str, ...] = SETS, cache: Path | None = None) -> None:
    """Measure and keep the result."""
    scores: dict[str, list[float]] = defaultdict(list)
    by_set: dict[str, dict[str, list[float]]] = {}
    languages: list[str] = []
    lines: list[dict[str, Any]] = []
    figures: dict[str, Any] = {"files": {}}
    for name in sets:
        items, levels = catalogue_of(name)
        world = world_of(items, None if cache is None else cache / f"{name}.npz")
        read("warm", world)
        own: dict[str, list[float]] = defaultdict(list)
        stated = tomllib.loads((QUERIES / f"{name}.toml").read_text(encoding="utf-8"))
        for query in stated["query"]:
            relevant = grades(query, world, levels)
            line: dict[str, Any] = {"set": name, "query": query["text"]}
            for method in METHODS:
                line[method] = round(ndcg(ranked(world, query["text"], method), relevant), 4)
                scores[method].append(line[method])
                own[method].append(line[method])
            languages.append("en" if query["text"].isascii() else "zh")
            lines.append(line)
        by_set[name] = own
        if name in FILES:
            figures["files"][FILES[name]] = sha256(data_file(FILES[name]))
        if name == "films":
            right, of, wrong = sentences(world)
            figures["sentences"] = {"right": right, "of": of, "wrong": wrong}
        print(name, {m: round(float(np.mean(v)), 3) for m, v in own.items()}, flush=True)
    values = {method: np.array(scores[method]) for method in METHODS}
    spoken = np.array(languages)
    rows = [
        [
            method,
            *(round(float(np.mean(by_set[n][method])), 3) for n in sets),
            *(round(float(values[method][spoken == language].mean()), 3) for language in ("en", "zh")),
            round(float(values[method].mean()), 3),
            *interval(values[method]),
        ]
        for method in METHODS
    ]
    gain = {f"search over {m}": interval(values["search"] - values[m]) for m in METHODS if m != "search"}
    gain |= {f"hybrid over {m}": interval(values["hybrid"] - values[m]) for m in ("words", "meaning")}
    figures |= {"ndcg@10": {row[0]: row[-3] for row in rows}, "queries": len(lines), "gain_ci95": gain, "lines": lines}
    columns = ["method", *sets, "English", "Chinese", "all", "95 % from", "to"]
    figures["tables"] = [table(f"nDCG@10 over {len(lines)} judged queries", columns, rows)]
    said = figures.get("sentences")
    told = [f"{m} {low:+.3f} … {high:+.3f}" for m, (low, high) in gain.items()]
    figures["notes"] = [
        f"95 % intervals of the gain, query by query: {'; '.join(told)}.",
        *([f"Filters read exactly right: {said['right']} of {said['of']} sentences."] if said else []),
    ]
    for row in rows:
        print(*row)
    print(figures["notes"])
    if set(sets) == set(SETS):
        write_result("search_quality", figures)


if __name__ == "__main__":
    main()
