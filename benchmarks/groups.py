"""What groups of people are offered: by four strategies, beside the most popular and beside what each would get alone.

MovieLens-1M in the order in which each person rated (the data has no times). The last fifth of each person's films is
held out; models are fitted on the rest. Groups of 2, 4 and 8 are drawn from people whom no choice of a setting has
seen (the other half of them was for that): at random, and like-minded ones (somebody, and others drawn from the 50
people of that half with the most similar films, by cosine). A group gets one list of ten by the recipe ``together``,
with the mixing for variety switched off, as everywhere here. The list is judged for each member against the held-out
films of that member.

- NDCG@10 of a member: mean over the members, and of the member who has least; share of members with a hit.
- ``popular``: the same recipe with nothing but popularity; ``own list``: what each would get alone (`home`), which
  no one list for all can be expected to reach.
- ``average, new to all``: leaves out what any of them has met; the others leave out what all of them have met.

Five turns: groups of 4 take the first pick of their list five times, each time with their choices before in mind, as
`Engine.choose_together` records them. ``least/mean`` is what the member who got least got, as a share of what members
got on the average: of how well the choices suited them as foretold (by all models, also for ``popular``), and of the
NDCG@10 of the five lists against their held-out films (groups without any hit left out). A hit is a choice that is
among the held-out films of a member.

95 % bootstrap intervals over groups. Latency: processor time of one request with reasons, on 10,000 synthetic items.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from segue.answers import Suits
from segue.arrays import Floats, Rows
from segue.dataset import Dataset, History
from segue.evaluation.bootstrap import ci95, paired
from segue.events import KIND_CODE, EventKind
from segue.groups import STRATEGIES
from segue.models import TABLE
from segue.models.base import Model, TrainOptions
from segue.pipeline.answer import answer, examine, warm
from segue.pipeline.stages import World
from segue.profiles.companions import Companion, faded
from segue.profiles.history import Live
from segue.queries import Query
from segue.settings import GroupSettings, RankingSettings, Settings, TrainSettings

from . import request_latency
from ._harness import data_file, sha256, table, write_result
from ._protocols import MOVIELENS_1M, films, sequence_log

SEED = 7
SIZES = (2, 4, 8)
GROUPS = 100
"""Of each size and sort; for the turns, of each sort."""
TURNS = 5
HELD_OUT = 0.2
ALIKE = 50
MODELS = ("popular_recent", "item_knn", "ease")
K = 10


@dataclass(frozen=True)
class Data:
    """What models are fitted on, and what is asked for. Row numbers of people and items are those of ``train``."""

    train: Dataset
    answers: list[set[int]]
    """Of each person."""


def split(log: Dataset) -> Data:
    """The last `HELD_OUT` of each person's events are asked for."""
    begin = log.offsets[:-1]
    counts = np.diff(log.offsets)
    told = np.arange(len(log)) - np.repeat(begin, counts) < np.repeat(np.ceil((1 - HELD_OUT) * counts), counts)
    answers: list[set[int]] = [set() for _ in range(log.n_users)]
    for user, item in zip(log.users[~told].tolist(), log.items[~told].tolist(), strict=True):
        answers[user].add(item)
    return Data(log.only(told), answers)


def world(train: Dataset, names: Sequence[str], hide_seen: str = "all") -> World:
    """The models named, and nothing that mixes lists for variety."""
    models: dict[str, Model] = {}
    for name in names:
        kind = TABLE.load(name)
        models[name] = kind(kind.Config())
        models[name].train(train, TrainOptions(seed=SEED, threads=1))
    return _world(train, models, hide_seen)


def _world(train: Dataset, models: dict[str, Model], hide_seen: str) -> World:
    settings = Settings(
        train=TrainSettings(models=tuple(models)),
        ranking=RankingSettings(diversity=0),
        groups=GroupSettings(hide_seen=hide_seen),
    )
    return World(train.catalogue, models, {}, settings, "benchmark")


def drawn(data: Data, people: Rows, size: int, count: int, alike: bool, seed: int) -> list[list[int]]:
    """Groups of people, each in at most one place of a group."""
    rng = np.random.default_rng((seed, size, alike))
    if not alike:
        return [rng.choice(people, size, replace=False).tolist() for _ in range(count)]
    matrix = data.train.matrix[people]
    matrix.data = np.ones_like(matrix.data)
    lengths = np.sqrt(np.asarray(matrix.sum(axis=1)).ravel())
    found = []
    for first in rng.choice(len(people), count, replace=False).tolist():
        near = np.asarray((matrix @ matrix[[first]].T).toarray()).ravel() / lengths
        near[first] = -1
        others = rng.choice(np.argsort(-near)[:ALIKE], size - 1, replace=False)
        found.append([int(people[first]), *people[others].tolist()])
    return found


def companions(histories: Sequence[History], so_far: Sequence[float | None] | None = None) -> list[Companion]:
    """People as the recipe reads them."""
    got = so_far or [None] * len(histories)
    return [
        Companion(str(n), str(n), Live(history), one)
        for n, (history, one) in enumerate(zip(histories, got, strict=True))
    ]


def ask(there: World, people: Sequence[Companion], strategy: str, k: int = K) -> Any:
    """The answer for a group."""
    query = Query(
        group=tuple(one.user_id for one in people), recipe="together", strategy=strategy, k=k, explain=False, seed=SEED
    )
    return answer(there, query, now=0.0, people=people)


def listed(there: World, found: Any) -> list[int]:
    """Rows of the picks."""
    return [there.catalogue.row(pick.item.id) for pick in found]


def ndcg(rows: Sequence[int], answers: set[int]) -> float:
    """NDCG@10 of one list for one person."""
    gain = [1 / np.log2(place + 2) for place in range(K)]
    got = sum(gain[place] for place, row in enumerate(rows[:K]) if row in answers)
    best = sum(gain[: min(K, len(answers))])
    return float(got / best) if best else 0.0


Way = Callable[[list[int]], list[list[int]]]
"""From the people of a group to the list that each of them is shown."""


def ways(data: Data, there: World, hiding: World, popular: World) -> dict[str, Way]:
    """Everything that is compared."""

    def of(world_: World, strategy: str) -> Way:
        def way(group: list[int]) -> list[list[int]]:
            people = companions([data.train.history(user) for user in group])
            return [listed(world_, ask(world_, people, strategy))] * len(group)

        return way

    def alone(group: list[int]) -> list[list[int]]:
        query = Query(user_id="u", k=K, explain=False, seed=SEED)
        return [listed(there, answer(there, query, Live(data.train.history(user)), 0.0)) for user in group]

    return {
        **{strategy: of(there, strategy) for strategy in STRATEGIES},
        "average, new to all": of(hiding, "average"),
        "popular": of(popular, "average"),
        "own list": alone,
    }


def judged(data: Data, groups: Sequence[list[int]], way: Way) -> dict[str, Floats]:
    """(groups,) ``mean`` and ``least`` NDCG@10 of the members, and the share of them with a hit."""
    figures: dict[str, list[float]] = {"mean": [], "least": [], "hit": []}
    for group in groups:
        each = [
            (ndcg(rows, data.answers[user]), bool(set(rows) & data.answers[user]))
            for user, rows in zip(group, way(group), strict=True)
        ]
        figures["mean"].append(float(np.mean([value for value, _ in each])))
        figures["least"].append(min(value for value, _ in each))
        figures["hit"].append(float(np.mean([hit for _, hit in each])))
    return {name: np.array(values) for name, values in figures.items()}


def taken(data: Data, there: World, asked: World, group: list[int], strategy: str) -> tuple[Floats, Floats, Floats]:
    """(members,) fits foretold, NDCG@10 of the lists, and hits, summed over the turns of one group.

    Args:
        there: what foretells how well a choice suits somebody.
        asked: what makes the lists.
    """
    histories = [data.train.history(user) for user in group]
    so_far: list[float | None] = [None] * len(group)
    fits, gains, hits = np.zeros(len(group)), np.zeros(len(group)), np.zeros(len(group))
    for _ in range(TURNS):
        people = companions(histories, so_far)
        found = ask(asked, people, strategy)
        rows = listed(there, found)
        suits = found[0].suits if asked is there else _foretold(there, people, found[0].item.id)
        fit_of = {int(one.user_id): one.share for one in suits}
        own = np.array([fit_of[n] for n in range(len(group))])
        fits += own
        gains += [ndcg(rows, data.answers[user]) for user in group]
        hits += [rows[0] in data.answers[user] for user in group]
        so_far = [faded(before, float(now)) for before, now in zip(so_far, own, strict=True)]
        # They have met it; that one of them went along is not their taste.
        histories = [_met(history, rows[0]) for history in histories]
    return fits, gains, hits


def _foretold(there: World, people: Sequence[Companion], item_id: str) -> tuple[Suits, ...]:
    query = Query(group=tuple(one.user_id for one in people), recipe="together", k=K, explain=False, seed=SEED)
    return examine(there, query, item_id, now=0.0, people=people).pick.suits


def _met(history: History, row: int) -> History:
    return replace(
        history,
        items=np.append(history.items, np.int32(row)),
        weights=np.append(history.weights, np.float32(0)),
        timestamps=np.append(history.timestamps, np.nan),
        kinds=np.append(history.kinds, np.uint8(KIND_CODE[EventKind.PLAY])),
    )


def balance(totals: Floats) -> Floats:
    """(groups,) what the member with least got, as a share of what members got on the average; NaN without anything.

    Args:
        totals: (groups, members).
    """
    mean = totals.mean(axis=1)
    return np.where(mean > 0, totals.min(axis=1) / np.where(mean > 0, mean, 1), np.nan)


def in_turn(data: Data, there: World, popular: World, groups: Sequence[list[int]]) -> dict[str, dict[str, Any]]:
    """Five evenings, by every strategy."""
    found = {}
    for name, (world_, strategy) in {
        **{strategy: (there, strategy) for strategy in STRATEGIES},
        "popular": (popular, "average"),
    }.items():
        totals = [taken(data, there, world_, group, strategy) for group in groups]
        fits, gains, hits = (np.array([one[n] for one in totals]) for n in range(3))
        found[name] = {
            "fit least/mean": _with_interval(balance(fits)),
            "NDCG least/mean": _with_interval(balance(gains)),
            "hits of a member": _with_interval(hits.mean(axis=1)),
            "members with a hit": _with_interval((hits > 0).mean(axis=1)),
        }
    return found


def latency(requests: int = 15) -> dict[str, float]:
    """Milliseconds of processor time (median) by the number of people, on 10,000 items."""
    log = request_latency.synthetic(10_000, 2_000, 100_000)
    there, _ = request_latency.world(log, ("popular_recent", "item_knn", "user_knn", "als", "content"))
    warm(there)
    rng = np.random.default_rng(SEED)
    found = {}
    for size in (1, 2, 4, 8):
        taken_ms = []
        for _ in range(requests):
            histories = [log.history(int(user)) for user in rng.integers(log.n_users, size=size)]
            people = companions(histories)
            query = Query(group=tuple(one.user_id for one in people), recipe="together") if size > 1 else Query()
            query = query if size > 1 else Query(user_id="u")
            began = time.process_time()
            answer(there, query, Live(histories[0]), request_latency.NOW, people=people)
            taken_ms.append(1000 * (time.process_time() - began))
        found[str(size)] = round(float(np.median(taken_ms[5:])), 2)
    return found


def _with_interval(values: Floats) -> list[float]:
    return [round(float(x), 4) for x in (np.nanmean(values), *ci95(values, SEED))]


def _cell(values: Sequence[float]) -> str:
    return f"{values[0]:.4f} ({values[1]:.4f} … {values[2]:.4f})"


def main(count: int = GROUPS, sizes: Sequence[int] = SIZES) -> None:
    """Measure and keep the result."""
    file = data_file(MOVIELENS_1M)
    data = split(sequence_log(MOVIELENS_1M, films))
    there = world(data.train, MODELS)
    hiding = _world(data.train, dict(there.models), "any")
    popular = _world(data.train, {"popular_recent": there.models["popular_recent"]}, "all")
    people = halves(data.train.n_users)[1]
    figures: dict[str, Any] = {
        "file": MOVIELENS_1M,
        "sha256": sha256(file),
        "people": data.train.n_users,
        "items": data.train.n_items,
        "groups": count,
        "rows": [],
        "turns": {},
        "paired": [],
    }
    shown, turns = [], []
    for alike in (False, True):
        sort = "like-minded" if alike else "random"
        for size in sizes:
            groups = drawn(data, people, size, count, alike, SEED)
            values = {name: judged(data, groups, way) for name, way in ways(data, there, hiding, popular).items()}
            for name, found in values.items():
                row = {part: _with_interval(column) for part, column in found.items()}
                figures["rows"].append({"groups": sort, "size": size, "way": name, **row})
                shown.append([sort, size, name, *(_cell(row[part]) for part in ("mean", "least", "hit"))])
            for name in ("least_misery", "fairness", "popular"):
                for part in ("mean", "least"):
                    difference = [round(x, 4) for x in paired(values[name][part], values["average"][part], SEED)]
                    figures["paired"].append(
                        {"groups": sort, "size": size, "way": name, "of": part, "less average": difference}
                    )
            print(
                sort, size, {n: {p: _with_interval(c)[0] for p, c in v.items()} for n, v in values.items()}, flush=True
            )
        found_turns = in_turn(data, there, popular, drawn(data, people, 4, count, alike, SEED))
        figures["turns"][sort] = found_turns
        turns += [[sort, name, *map(_cell, row.values())] for name, row in found_turns.items()]
        print(sort, found_turns, flush=True)
    figures["latency_ms"] = latency()
    columns = ["groups", "people", "way", "NDCG@10, mean of members", "NDCG@10, the least", "members with a hit"]
    figures["tables"] = [
        table(f"MovieLens-1M, {count} groups of each sort and size, one list of ten (95 %)", columns, shown),
        table(
            f"Groups of 4, {TURNS} turns, the first pick is taken",
            ["groups", "way", "fit, least/mean", "NDCG@10, least/mean", "hits of a member", "members with a hit"],
            turns,
        ),
        table(
            "One request with reasons, 10,000 items, median of processor time",
            ["people", "ms", "times one person's"],
            [[n, ms, round(ms / figures["latency_ms"]["1"], 2)] for n, ms in figures["latency_ms"].items()],
        ),
    ]
    ratio = figures["latency_ms"]["4"] / figures["latency_ms"]["1"]
    figures["notes"] = [
        f"Goal: a group of 4 in less than 4 times one person's time; {ratio:.2f}. Models: {', '.join(MODELS)} with the "
        "weights of home."
    ]
    print(write_result("groups", figures))


def halves(people: int) -> tuple[Rows, Rows]:
    """People for choosing settings, and people whose groups are judged."""
    order = np.random.default_rng(SEED).permutation(people).astype(np.int32)
    return np.sort(order[: people // 2]), np.sort(order[people // 2 :])


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--groups", type=int, default=GROUPS)
    options.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    given = options.parse_args()
    main(given.groups, given.sizes)
