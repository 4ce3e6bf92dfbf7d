"""People of whom little is known: what they like next after 0, 1, 3, 5 events, and after five answers to questions.

MovieLens-1M: the sequences, in which every film counts as liked but those rated one or two stars in the sample of
ratings. A seeded thousand of the people is held out of all training. NDCG@10, with all films as candidates but those
that are told or answered about; 95 % bootstrap intervals over people.

**Events.** The first five events of a person's log are told, none, one, three or all of them, and everything liked
after the fifth is asked for. Models are asked as they are, without a refit. *Home* is the recipe as it is served, with
its mixing for variety, over the models in the table. *Prior* is popularity among people of like age and gender, here of
all who are not held out, as if they had agreed.

**Questions, by time.** The earlier half of the log answers: likes it, does not, or does not know it. What was liked in
the later half is asked for, and the earlier half is no candidate, in any row. The questions are learnt on the training
people alone. *Chosen* asks five titles by the tree of `segue.profiles.onboarding`; *random, well known* five of the 500
titles it may ask about, *random, of all* five of the whole catalogue (20 seeded draws each, one a person), *best known*
the five that most people know. In each row what people turn to whose answers were the same is scored, by a tree grown
over these questions, so that rows differ in nothing but the questions. *Home* rows tell home the answers as events;
home reads them with the tree of the product in every row.

**Questions, whole log.** The whole log answers and is asked for, without any title that any row asks the person about:
these are no candidates and no answers in any row. The trees are those that were grown by halves.

Goal of the project: chosen beats random by 20 % at five answers.
"""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks._harness import data_file, sha256, table, write_result
from benchmarks._protocols import MOVIELENS_1M, films, sequence_log
from segue.arrays import Floats, Mask, Rows
from segue.dataset import Dataset, History
from segue.engine.choosing import served
from segue.evaluation.bootstrap import ci95, paired
from segue.events import KIND_CODE, EventKind
from segue.models import TABLE
from segue.models.base import Model, TrainOptions
from segue.pipeline import runner
from segue.pipeline.answer import recipe_of, request_of
from segue.pipeline.stages import World
from segue.profiles.history import Live
from segue.profiles.onboarding import DISLIKE, LIKE, MOST_TITLES, UNKNOWN, Questions, questions
from segue.profiles.priors import CONSENT, consented, priors
from segue.queries import Query
from segue.settings import Settings

RATINGS = "movielens_1m/ratings_sample_100k.dat.gz"
USERS = "movielens_1m/users.dat"
SEED = 7
PEOPLE = 1000
TOLD = (0, 1, 3, 5)
ASKED = 5
DRAWS = 20
DEPTH = 10
MODELS = ("popular_all", "popular_recent", "item_knn", "user_knn", "als", "ease")
GOAL = 0.2
_GAINS = 1 / np.log2(np.arange(2, DEPTH + 2))

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """What one held-out person is told, or answers by, and what is right."""

    log: History
    """What is known by the time they are asked."""
    right: Rows
    closed: Rows
    """No candidates, in any row."""


def main() -> None:
    """All tables."""
    began = time.process_time()
    dataset = load()
    train, people = held_out(dataset)
    models = trained(train)
    stated = attributes()
    world = World(
        train.catalogue,
        models,
        {},
        served(Settings(), None),
        "cold_people",
        questions=questions(train, SEED),
        priors=priors(train, {user: stated[user] for n, user in enumerate(train.user_ids) if n not in set(people)}),
    )
    asked = Asked(train, world)
    events, told = events_rows(dataset, people, world, stated)
    by_time, notes_time = question_rows(asked, [by_half(dataset, user) for user in people.tolist()], home=True)
    whole, notes_whole = question_rows(asked, asked.without_asked(dataset, people), home=False)
    columns = ["asks", "titles known of five", "NDCG@10", "95 % interval"]
    write_result(
        "cold_people",
        {
            "people": {"held out": len(people), "trained on": train.n_users - len(people)},
            "items": train.n_items,
            "events": told,
            "questions": {"by time": by_time, "whole log": whole},
            "cpu_seconds": round(time.process_time() - began, 1),
            "data": {name: sha256(data_file(name)) for name in (MOVIELENS_1M, RATINGS, USERS)},
            "tables": [
                table("NDCG@10 after so many events", ["who ranks", *map(str, TOLD)], events),
                table("Five questions, by time", columns, _shown(by_time)),
                table("Five questions, whole log", columns, _shown(whole)),
            ],
            "notes": [*notes_time, *notes_whole],
        },
    )


# Data.


def load() -> Dataset:
    """The sequences, with dislikes where the sample of ratings says so."""
    dataset = sequence_log(MOVIELENS_1M, films)
    with gzip.open(data_file(RATINGS), "rt", encoding="latin-1") as lines:
        low = {(user, item) for user, item, stars, _ in (li.strip().split("::") for li in lines) if int(stars) <= 2}
    ids = dataset.catalogue.ids
    pairs = zip(dataset.users.tolist(), dataset.items.tolist(), strict=True)
    disliked = np.array([(dataset.user_ids[user], ids[item]) in low for user, item in pairs])
    return disliking(dataset, disliked)


def disliking(dataset: Dataset, which: Mask) -> Dataset:
    """The dataset where these events are dislikes."""
    kinds, weights = dataset.kinds.copy(), dataset.weights.copy()
    kinds[which], weights[which] = KIND_CODE[EventKind.DISLIKE], -1
    return replace(dataset, kinds=kinds, weights=weights)


def attributes() -> dict[str, dict[str, str]]:
    """Age and gender of people, as if all had agreed."""
    found = {}
    for line in data_file(USERS).read_text(encoding="latin-1").splitlines():
        user, gender, age, *_ = line.split("::")
        found[user] = consented({"gender": gender, "age": int(age), CONSENT: True}, ("age", "gender"))
    return found


def held_out(dataset: Dataset, count: int = PEOPLE) -> tuple[Dataset, Rows]:
    """(what models learn from, rows of the people who are not in it)."""
    people = np.sort(np.random.default_rng(SEED).choice(dataset.n_users, count, replace=False)).astype(np.int32)
    return dataset.only(~np.isin(dataset.users, people)), people


def trained(train: Dataset) -> dict[str, Model]:
    """`MODELS` with their usual settings."""
    models = {}
    for name in MODELS:
        models[name] = TABLE.load(name)()
        models[name].train(train, TrainOptions(seed=SEED))
        print("trained", name, round(time.process_time(), 1), flush=True)
    return models


def by_half(dataset: Dataset, user: int) -> Case:
    """The earlier half of the log answers, the later half is asked for."""
    log = dataset.history(user)
    before, after = log.only(slice(len(log) // 2)), log.only(slice(len(log) // 2, None))
    return Case(before, np.setdiff1d(after.positive.items, before.items), np.unique(before.items))


def by_events(dataset: Dataset, user: int) -> Case:
    """The first five events can be told, what is liked after them is asked for."""
    log, most = dataset.history(user), max(TOLD)
    before, after = log.only(slice(most)), log.only(slice(most, None))
    return Case(before, np.setdiff1d(after.positive.items, before.items), np.unique(before.items))


# Measuring.


def ndcg(ranked: Rows, right: Rows) -> float:
    """NDCG@10 of a list."""
    hits = np.isin(ranked[:DEPTH], right)
    return float((hits * _GAINS[: len(hits)]).sum() / _GAINS[: min(DEPTH, len(right))].sum())


def top(scores: Floats, closed: Rows) -> Rows:
    """The best ten; what has no score is not listed."""
    scores = np.nan_to_num(scores.astype(np.float64), nan=-np.inf)
    scores[closed] = -np.inf
    order = np.argsort(-scores, kind="stable")[:DEPTH]
    return order[np.isfinite(scores[order])].astype(np.int32)


def home(world: World, history: History, closed: Rows, stated: Mapping[str, str] | None = None) -> Rows:
    """What the recipe home shows."""
    live = Live(history=history, attributes=stated or {})
    request = request_of(world, Query(user_id="somebody", k=DEPTH, explain=False, seed=0), live, 0.0, None)
    request.scope = np.ones(len(world.catalogue), bool)
    request.scope[closed] = False
    return runner.run(recipe_of(world, "home"), request).chosen.items


# Events.


def events_rows(
    dataset: Dataset, people: Rows, world: World, stated: Mapping[str, Mapping[str, str]]
) -> tuple[list[list[Any]], dict[str, Any]]:
    """The table, and the same as figures."""
    cases = [(dataset.user_ids[user], by_events(dataset, user)) for user in people.tolist()]
    cases = [(user, case) for user, case in cases if len(case.right)]
    rankers: dict[str, Callable[[History, Case, str], Rows]] = {
        name: lambda told, case, _, model=model: top(model.score(told), case.closed)  # type: ignore[misc]
        for name, model in world.models.items()
    }
    rankers["home"] = lambda told, case, _: home(world, told, case.closed)
    rankers["home, age and gender agreed"] = lambda told, case, user: home(world, told, case.closed, stated[user])
    n = len(world.catalogue)
    nothing = np.full(n, np.nan, np.float32)

    def prior(_told: History, case: Case, user: str) -> Rows:
        found = world.priors.score(stated[user], n)
        return top(nothing if found is None else found, case.closed)

    rankers["prior (age and gender)"] = prior
    values: dict[str, dict[int, Values]] = {}
    for name, rank in rankers.items():
        counts = (0,) if name.startswith(("popular", "prior")) else TOLD
        for count in counts:
            found = [ndcg(rank(case.log.only(slice(count)), case, user), case.right) for user, case in cases]
            values.setdefault(name, {})[count] = np.array(found)
        print(name, {count: round(float(v.mean()), 4) for count, v in values[name].items()}, flush=True)
    best = values["popular_all"][0]
    figures: dict[str, Any] = {
        name: {
            count: {
                "ndcg@10": round(float(v.mean()), 5),
                "ci95": [round(x, 4) for x in ci95(v, SEED)],
                "over popular_all": [round(x, 4) for x in paired(v, best, SEED)],
            }
            for count, v in by_count.items()
        }
        for name, by_count in values.items()
    }
    rows = [
        [name, *(_figure(by_count.get(count, by_count[0]), count not in by_count) for count in TOLD)]
        for name, by_count in values.items()
    ]
    return rows, figures


def _figure(values: Values, same: bool) -> str:
    low, high = ci95(values, SEED)
    return "the same" if same else f"{values.mean():.4f} ({low:.4f} … {high:.4f})"


# Questions.


class Asked:
    """The questions of each way to choose them, each with a tree that uses the answers."""

    def __init__(self, train: Dataset, world: World) -> None:
        self.world = world
        rng = np.random.default_rng(SEED)
        known = world.questions.items[:MOST_TITLES]
        self.ways: dict[str, list[tuple[Questions, tuple[int, ...]]]] = {"chosen": [(world.questions, ())]}
        orders = {
            "best known": [known[:ASKED]],
            "random, well known": [rng.choice(known, ASKED, replace=False) for _ in range(DRAWS)],
            "random, of all": [rng.choice(train.n_items, ASKED, replace=False) for _ in range(DRAWS)],
        }
        for way, drawn in orders.items():
            asked = [tuple(int(item) for item in order) for order in drawn]
            self.ways[way] = [(questions(train, SEED, order), order) for order in asked]

    def dialogue(self, way: str, number: int, log: History) -> tuple[Questions, dict[int, int]]:
        """What is asked of the person of that number, and what their log answers."""
        tree, order = self.ways[way][number % len(self.ways[way])]
        said = dict(zip(log.items.tolist(), np.where(log.weights < 0, DISLIKE, LIKE).tolist(), strict=True))
        answers: dict[int, int] = {}
        for turn in range(ASKED):
            item = order[turn] if order else tree.choose(1, answers)[0]
            answers[item] = said.get(item, UNKNOWN)
        return tree, answers

    def without_asked(self, dataset: Dataset, people: Rows) -> list[Case]:
        """The whole log answers and is asked for, but for what any row asks about."""
        cases = []
        for number, user in enumerate(people.tolist()):
            log = dataset.history(user)
            asked = [list(self.dialogue(way, number, log)[1]) for way in self.ways]
            closed = np.unique(np.concatenate(asked)).astype(np.int32)
            cases.append(Case(log, np.setdiff1d(log.positive.items, closed), closed))
        return cases


def question_rows(asked: Asked, cases: Sequence[Case], home: bool) -> tuple[list[dict[str, Any]], list[str]]:
    """A row each way of asking, and what it says about the goal."""
    numbered = [(number, case) for number, case in enumerate(cases) if len(case.right)]
    values: dict[str, Values] = {}
    counts: dict[str, float] = {}
    n = len(asked.world.catalogue)
    everybody = asked.world.questions.likely(0, n)
    values["nothing"] = np.array([ndcg(top(everybody, case.closed), case.right) for _, case in numbered])
    for way in asked.ways:
        found, by_home, known = [], [], []
        for number, case in numbered:
            tree, answers = asked.dialogue(way, number, case.log)
            known.append(sum(answer != UNKNOWN for answer in answers.values()))
            found.append(ndcg(top(tree.likely(tree.node(answers), n), case.closed), case.right))
            if home:
                by_home.append(ndcg(_by_home(asked.world, answers, case), case.right))
        values[way], counts[way] = np.array(found), float(np.mean(known))
        if home:
            values[f"home, {way}"], counts[f"home, {way}"] = np.array(by_home), counts[way]
        print(way, round(float(values[way].mean()), 4), round(counts[way], 2), home and np.mean(by_home), flush=True)
    rows = [
        {
            "asks": way,
            "known": round(counts[way], 2) if way in counts else None,
            "ndcg@10": round(float(v.mean()), 5),
            "ci95": [round(x, 4) for x in ci95(v, SEED)],
        }
        for way, v in values.items()
    ]
    what = "by time" if home else "whole log"
    pairs = [("chosen", other) for other in ("random, well known", "random, of all", "best known", "nothing")]
    pairs += [("home, chosen", f"home, {other}") for other in list(asked.ways)[1:] if home]
    return rows, [_beside(what, one, values[one], other, values[other]) for one, other in pairs]


def _by_home(world: World, answers: Mapping[int, int], case: Case) -> Rows:
    return home(world, events_of(answers), case.closed)


def events_of(answers: Mapping[int, int]) -> History:
    """The answers as the page records them: a like, a dislike, or an impression alone."""
    kinds = {LIKE: EventKind.LIKE, DISLIKE: EventKind.DISLIKE, UNKNOWN: EventKind.IMPRESSION}
    told = History.of(list(answers), [{LIKE: 1.0, DISLIKE: -1.0, UNKNOWN: 0.0}[answer] for answer in answers.values()])
    return replace(told, kinds=np.array([KIND_CODE[kinds[answer]] for answer in answers.values()], np.uint8))


def _beside(what: str, one: str, ours: Values, other: str, theirs: Values) -> str:
    difference, low, high = paired(ours, theirs, SEED)
    mean = float(theirs.mean())
    met = "" if "random" not in other else f"; goal (+{GOAL:.0%}) {'met' if difference >= GOAL * mean else 'missed'}"
    return (
        f"{what}: {one} over {other} {difference / mean:+.1%} (paired: {low / mean:+.1%} … {high / mean:+.1%} of its "
        f"mean){met}."
    )


def _shown(rows: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    return [
        [
            row["asks"],
            "–" if row["known"] is None else row["known"],
            f"{row['ndcg@10']:.4f}",
            "{} … {}".format(*row["ci95"]),
        ]
        for row in rows
    ]


if __name__ == "__main__":
    main()
