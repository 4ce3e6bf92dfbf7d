"""Do words help? What people wrote, beside what they met and how they rated it, on two sets of reviews.

`rotten_tomatoes_critics`: critics and films, fresh or rotten, quotes in English (a `review_date` of 2000-01-01 or
earlier means unknown: such reviews are known from the beginning and never asked for). `douban_short_reviews_zh`: people
and films, one to five stars, short reviews in Chinese, without the account `5ebed15f9efb` that many people share.

The last review of each person with two or more is left out, by time; the one before it, of those with three, is for
validation. Its text is read by nothing: not for the person, and not for the film. **Behaviour** is what was met, when,
and the ratings. **Words** is what was written about, when, and the texts, read by the built-in words
(`segue.profiles.said`): no rating is told. **Both** is all of it.

Top-N: all films compete but those the person has reviewed, and people are asked whose last film they liked (fresh, four
stars); NDCG@10. A *blend* is the weighted sum of standard scores of its parts, the weights learnt on the validation
answers (softmax over all films). Parts: EASE and iALS on what was met and on verdicts, popularity, popularity in the 90
days before the answer; of words the cosine between what the person wrote and what others wrote of a film, and the
likeness of the words about films.

Rating: the rating of the last review, whether liked or not; RMSE and MAE in stars (fresh 1, rotten 0). Rows *ridge* are
a linear model of means of person and film, and of words: opinions of both, latent topics of the person (LSA), ratings
of films with like words; each training pair is described without itself. Words alone are taught by the ratings of
others, and told none of the person's. Beside them biased matrix factorisation (Koren, Bell & Volinsky 2009).

95 % bootstrap intervals over people; *few* are people of whom at most five reviews are known. Goal of the project: on
them both above behaviour only, intervals apart. Paired intervals say how sure the difference is for the same people.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import normalize

from benchmarks._harness import data_file, sha256, table, write_result
from segue.arrays import Mask, Rows
from segue.catalogue import Catalogue
from segue.dataset import Dataset
from segue.evaluation.bootstrap import ci95, paired
from segue.events import KIND_CODE, EventKind
from segue.items import Item, ItemKind
from segue.models.als import ALS, ALSConfig
from segue.models.base import Model, TrainOptions
from segue.models.ease import EASE, EASEConfig
from segue.profiles.said.reader import read
from segue.understanding import ngrams

CRITICS, DOUBAN = "rotten_tomatoes_critics/critics.csv.gz", "douban_short_reviews_zh/reviews.csv.gz"
SHARED_ACCOUNT = "5ebed15f9efb"
UNKNOWN_DATE = "2000-01-01"
LIKED = 0.75
"""Place on the scale from which on a film was liked: four of five stars, fresh."""
FEW = 5
DEPTH = 10
STRENGTHS = (3.0, 10.0, 30.0)
"""Ridge of biased MF (of its biases a quarter), the best on validation."""
LATELY_S = 90 * 86_400.0
LATENT = {"top": 128, "rating": 48}
SEED = 7
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Reviews:
    """n reviews in the order of their time."""

    name: str
    users: Rows
    items: Rows
    at: NDArray[np.float64]
    """Seconds; the same for all whose date is unknown."""
    rating: NDArray[np.float64]
    """0 … 1."""
    texts: list[str]
    dated: Mask
    """Which may be asked for."""
    stars: float
    """How many stars the scale spans, for RMSE."""

    @property
    def n_users(self) -> int:
        return int(self.users.max()) + 1

    @property
    def n_items(self) -> int:
        return int(self.items.max()) + 1

    @cached_property
    def opinion(self) -> NDArray[np.float64]:
        """(n,) -1 … 1, NaN undecided."""
        found = [read(text).sentiment for text in self.texts]
        return np.array([np.nan if one is None else one for one in found])

    @cached_property
    def wrote(self) -> Mask:
        """(n,) which have a text."""
        return np.array([bool(text) for text in self.texts])

    @cached_property
    def counts(self) -> Any:
        """(n, features) 1 + ln(count) of words and character n-grams."""
        return ngrams.counts(self.texts)

    @cached_property
    def last(self) -> tuple[Numbers, Numbers]:
        """Each person's last and last but one review, -1 where there is none."""
        last, before = np.full(self.n_users, -1), np.full(self.n_users, -1)
        for n, user in enumerate(self.users.tolist()):
            before[user], last[user] = last[user], n
        return last, before


@dataclass(frozen=True)
class Cut:
    """What is known, and what is asked for."""

    reviews: Reviews
    known: Numbers
    asked: Numbers
    """Reviews left out, one a person."""

    @cached_property
    def people(self) -> Rows:
        return self.reviews.users[self.asked]

    @cached_property
    def few(self) -> Mask:
        """(asked,) people of whom at most `FEW` reviews are known."""
        return np.bincount(self.reviews.users[self.known], minlength=self.reviews.n_users)[self.people] <= FEW

    def matrix(self, values: NDArray[np.float64], rows: Numbers | None = None) -> Any:
        """(people, films) of the values of the known reviews."""
        rows = self.known if rows is None else rows
        shape = (self.reviews.n_users, self.reviews.n_items)
        return sparse.csr_array((values[rows], (self.reviews.users[rows], self.reviews.items[rows])), shape=shape)

    @cached_property
    def met(self) -> Mask:
        """(asked, films) what each person has reviewed."""
        return np.asarray(self.matrix(np.ones(len(self.reviews.users)))[self.people].toarray() > 0)

    @cached_property
    def words(self) -> Any:
        """(n, features) TF-IDF of every text, the weights learnt on known ones."""
        return sparse.csr_array(ngrams.weighed(self.reviews.counts, ngrams.rarity(self.reviews.counts[self.known])))

    def about(self, rows: NDArray[Any]) -> NDArray[Any]:
        """(films, dim) sum of the rows of the known reviews of each film."""
        known = self.known
        pick = sparse.csr_array(
            (np.ones(len(known)), (self.reviews.items[known], np.arange(len(known)))),
            shape=(self.reviews.n_items, len(known)),
        )
        return np.asarray(pick @ rows[known])


def critics() -> Reviews:
    """Critics' verdicts with a name behind them."""
    rows = pl.read_csv(data_file(CRITICS), infer_schema_length=0).filter(
        pl.col("critic").is_not_null() & pl.col("fresh").is_in(["fresh", "rotten"])
    )
    dated = (pl.col("review_date") > UNKNOWN_DATE).alias("dated")
    at = pl.max_horizontal("review_date", pl.lit(UNKNOWN_DATE)).str.to_datetime("%Y-%m-%d").dt.epoch("s").alias("at")
    fresh = (pl.col("fresh") == "fresh").cast(pl.Float64).alias("rating")
    named = {"user": "critic", "item": "rtid", "text": "quote"}
    return _reviews("critics", rows.with_columns(dated, at, fresh), named, 1.0)


def douban() -> Reviews:
    """Short reviews with stars."""
    rows = pl.read_csv(data_file(DOUBAN), infer_schema_length=0).filter(
        (pl.col("user_hash") != SHARED_ACCOUNT) & pl.col("stars").is_not_null() & pl.col("time").is_not_null()
    )
    at = pl.col("time").str.to_datetime().dt.epoch("s").alias("at")
    rating = ((pl.col("stars").cast(pl.Float64) - 1) / 4).alias("rating")
    named = {"user": "user_hash", "item": "movie", "text": "text"}
    return _reviews("douban", rows.with_columns(at, rating, dated=pl.lit(True)), named, 4.0)


def _reviews(name: str, rows: pl.DataFrame, named: Mapping[str, str], stars: float) -> Reviews:
    rows = rows.unique(subset=[named["user"], named["item"]], keep="first", maintain_order=True)
    rows = rows.sort("at", maintain_order=True)
    users, items = (np.unique(rows[named[n]].to_list(), return_inverse=True)[1] for n in ("user", "item"))
    texts = [text or "" for text in rows[named["text"]].to_list()]
    at, rating = (rows[n].cast(pl.Float64).to_numpy() for n in ("at", "rating"))
    return Reviews(
        name, users.astype(np.int32), items.astype(np.int32), at, rating, texts, rows["dated"].to_numpy(), stars
    )


def cuts(reviews: Reviews) -> tuple[Cut, Cut]:
    """For validation, and for the test; asked for whatever the rating is."""
    last, before = reviews.last
    several = before >= 0
    test = last[several & reviews.dated[last]]
    held = np.ones(len(reviews.users), bool)
    held[last[several]] = False
    known = np.flatnonzero(held)
    third = np.bincount(reviews.users, minlength=reviews.n_users) >= 3
    validation = before[third]
    held[validation] = False
    return Cut(reviews, np.flatnonzero(held), validation[reviews.dated[validation]]), Cut(reviews, known, test)


def main() -> None:
    """Both sets; with the name of one behind it only that, which is printed and not kept."""
    one = [name for name in ("critics", "douban") if name in sys.argv]
    done = [measured({"critics": critics, "douban": douban}[name]()) for name in one or ("douban", "critics")]
    if one:
        return
    write_result(
        "words_help",
        {
            "sets": done,
            "data": {name: sha256(data_file(file)) for name, file in (("critics", CRITICS), ("douban", DOUBAN))},
            "tables": [shown for one in done for shown in tables(one)],
            "notes": [note for one in done for note in notes(one)],
        },
    )


def measured(reviews: Reviews) -> dict[str, Any]:
    """All figures of one set."""
    began = time.process_time()
    validation, test = cuts(reviews)
    found = {
        "set": reviews.name,
        "reviews": len(reviews.users),
        "people": reviews.n_users,
        "films": reviews.n_items,
        "reader": reader_figures(reviews),
        "top": top(validation, test),
        "rating": ratings(validation, test),
    }
    found["cpu_seconds"] = round(time.process_time() - began, 1)
    print(found, flush=True)
    return found


def reader_figures(reviews: Reviews) -> dict[str, Any]:
    """How the built-in words read texts whose verdict is clear."""
    clear = np.flatnonzero(reviews.wrote & (np.abs(reviews.rating - 0.5) > 0.1))
    began = time.process_time()
    said = reviews.opinion[clear]
    seconds = time.process_time() - began
    good, decided = reviews.rating[clear] > 0.5, np.isfinite(said)
    right = ((said > 0) == good)[decided].astype(float)
    halves = [right[good[decided]], right[~good[decided]]]
    return {
        "texts": len(clear),
        "decided": round(float(decided.mean()), 4),
        "accuracy": round(float(right.mean()), 4),
        "accuracy_ci95": [round(bound, 4) for bound in ci95(right)],
        "balanced_accuracy": round(float(np.mean([half.mean() for half in halves])), 4),
        "good": round(float(good.mean()), 4),
        "microseconds": round(1e6 * seconds / len(reviews.texts), 1),
    }


# Top-N


def top(validation: Cut, test: Cut) -> dict[str, Any]:
    """NDCG@10 of each part and blend, for all and for people with few."""
    validation, test = (replace(cut, asked=_liked(cut)) for cut in (validation, test))
    learnt, found = parts(validation), parts(test)
    answers = test.reviews.items[test.asked]
    values: dict[str, NDArray[np.float64]] = {}
    for name, label in SHOWN.items():
        values[label] = ndcg(found[name], test.met, answers)
    weights = {}
    for label, names in BLENDS.items():
        weights[label] = blend({n: learnt[n] for n in names}, validation)
        total = sum(w * standard(found[n], test.met) for n, w in weights[label].items())
        values[label] = ndcg(np.asarray(total), test.met, answers)
    return {
        "asked": len(test.asked),
        "few": int(test.few.sum()),
        "rows": [figures(label, own, test.few) for label, own in values.items()],
        "paired": gains(values["blend: both"], values["blend: behaviour"], test.few),
        "weights": {label: {n: round(w, 3) for n, w in own.items()} for label, own in weights.items()},
    }


def _liked(cut: Cut) -> Numbers:
    return cut.asked[cut.reviews.rating[cut.asked] >= LIKED]


Scores = NDArray[np.float64]


def parts(cut: Cut) -> dict[str, Scores]:
    """(asked, films) scores by name: ``b_`` of behaviour, ``w_`` of words, ``j_`` of both together."""
    r = cut.reviews
    verdict, opinion = 2 * r.rating - 1, np.nan_to_num(r.opinion)
    wrote = cut.known[r.wrote[cut.known]]
    found: dict[str, Scores] = {}
    for side, rows, signed in (("b", cut.known, verdict), ("w", wrote, opinion)):
        for sort, weights in (("met", np.ones(len(r.users))), ("verdict", signed)):
            data = dataset(r, rows, weights)
            found[f"{side}_ease_{sort}"] = scored(EASE(EASEConfig(regularization=100.0)), data, cut)
        found[f"{side}_als"] = scored(ALS(ALSConfig(factors=64)), data, cut)
        liked = (signed >= 2 * LIKED - 1 if side == "b" else signed > 0).astype(float)
        popular = np.bincount(r.items[rows], liked[rows], r.n_items)
        found[f"{side}_popular"] = np.repeat(np.log1p(popular)[None, :], len(cut.asked), 0)
        found[f"{side}_lately"] = np.log1p(lately(cut, rows, liked))
    latent, spoken = profiles(cut)
    found["w_own"] = spoken[cut.people] @ latent.T
    alike = latent @ latent.T
    np.fill_diagonal(alike, 0)
    found["w_alike"] = np.asarray(cut.matrix(opinion)[cut.people] @ alike)
    found["j_alike"] = np.asarray(cut.matrix(verdict)[cut.people] @ alike)
    return found


SHOWN = {
    "b_popular": "most-popular",
    "b_lately": "popular in the 90 days before",
    "b_ease_met": "EASE, what was met",
    "b_ease_verdict": "EASE, verdicts",
    "b_als": "iALS, verdicts",
    "w_ease_verdict": "EASE, opinions in words",
    "w_own": "own words and others' words of the film",
}
"""Parts that have a row of their own."""
_BEHAVIOUR = ("b_ease_met", "b_ease_verdict", "b_als", "b_popular", "b_lately")
_WORDS = ("w_ease_met", "w_ease_verdict", "w_als", "w_popular", "w_lately", "w_own", "w_alike")
BLENDS = {
    "blend: behaviour": _BEHAVIOUR,
    "blend: words": _WORDS,
    "blend: both": (*_BEHAVIOUR, "w_ease_verdict", "w_popular", "w_lately", "w_own", "w_alike", "j_alike"),
}


def dataset(reviews: Reviews, rows: Numbers, weights: NDArray[np.float64]) -> Dataset:
    """The reviews in these rows as events of these weights, for models."""
    rows = rows[np.lexsort((reviews.at[rows], reviews.users[rows]))]
    kinds = np.full(len(rows), KIND_CODE[EventKind.RATE], np.uint8)
    return Dataset(
        Catalogue.build(Item(id=str(n), kind=ItemKind.MOVIE) for n in range(reviews.n_items)),
        tuple(map(str, range(reviews.n_users))),
        reviews.users[rows],
        reviews.items[rows],
        kinds,
        reviews.at[rows],
        weights[rows].astype(np.float32),
        rows.astype(np.int64),
    )


def scored(model: Model, data: Dataset, cut: Cut) -> Scores:
    """(asked, films); what the model has no opinion of counts as nothing."""
    model.train(data, TrainOptions(seed=SEED, threads=1))
    return np.nan_to_num(model.score_many([data.history(user) for user in cut.people.tolist()])).astype(np.float64)


def lately(cut: Cut, rows: Numbers, liked: NDArray[np.float64]) -> Scores:
    """(asked, films) how many liked each film in the `LATELY_S` before the answer."""
    r = cut.reviews
    found = np.zeros((len(cut.asked), r.n_items))
    times = r.at[rows]  # rows are in the order of time
    for n, at in enumerate(r.at[cut.asked].tolist()):
        window = rows[slice(*np.searchsorted(times, [at - LATELY_S, at]))]
        found[n] = np.bincount(r.items[window], liked[window], r.n_items)
    return found


def profiles(cut: Cut) -> tuple[Scores, Scores]:
    """(films, dim) what is written about each film and (people, dim) what each person wrote, both of length 1.

    Praise counts for the person, blame against them.
    """
    r, known = cut.reviews, cut.known
    films = sparse.csr_array(
        (np.ones(len(known)), (r.items[known], np.arange(len(known)))), shape=(r.n_items, len(known))
    )
    table_ = sparse.csr_array(films @ cut.words[known])
    table_.data = np.log1p(table_.data)
    svd = TruncatedSVD(min(LATENT["top"], r.n_items - 1), random_state=SEED)
    latent = normalize(svd.fit_transform(normalize(table_)))
    weight = np.where(r.opinion > 0, 1.0, np.where(r.opinion < 0, -0.3, 0.3))[known]
    own = sparse.csr_array((weight, (r.users[known], np.arange(len(known)))), shape=(r.n_users, len(known)))
    return latent, normalize(svd.transform(normalize(sparse.csr_array(own @ cut.words[known]))))


def standard(scores: Scores, met: Mask) -> Scores:
    """Each person's scores with mean 0 and deviation 1 over what may be shown."""
    left = np.where(met, np.nan, scores)
    mean, deviation = np.nanmean(left, 1, keepdims=True), np.nanstd(left, 1, keepdims=True)
    return np.asarray((scores - mean) / np.maximum(deviation, 1e-9))


def blend(learnt: Mapping[str, Scores], cut: Cut) -> dict[str, float]:
    """Weights that make the validation answers most probable under a softmax over what may be shown."""
    stacked = np.stack([standard(scores, cut.met) for scores in learnt.values()], axis=-1)
    rows, answers = np.arange(len(cut.asked)), cut.reviews.items[cut.asked]

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        z = np.where(cut.met, -np.inf, stacked @ w)
        top_ = z.max(axis=1, keepdims=True)
        p = np.exp(z - top_)
        total = p.sum(axis=1, keepdims=True)
        value = float((np.log(total[:, 0]) + top_[:, 0] - z[rows, answers]).mean())
        slope = np.einsum("un,unf->f", p / total, stacked) / len(rows) - stacked[rows, answers].mean(axis=0)
        return value + 1e-3 * float(w @ w), slope + 2e-3 * w

    found = minimize(loss, np.zeros(stacked.shape[-1]), jac=True, method="L-BFGS-B", options={"maxiter": 80}).x
    return dict(zip(learnt, found.tolist(), strict=True))


def ndcg(scores: Scores, met: Mask, answers: Rows) -> NDArray[np.float64]:
    """(asked,) NDCG@10 of one right answer each; ties count against it."""
    left = np.where(met, -np.inf, scores)
    rank = (left >= left[np.arange(len(answers)), answers][:, None]).sum(axis=1)
    return np.where(rank <= DEPTH, 1 / np.log2(rank + 1), 0.0)


def figures(label: str, values: NDArray[np.float64], few: Mask) -> dict[str, Any]:
    """Means with intervals, for all and for people with few."""
    return {
        "way": label,
        **{
            name: [round(float(own.mean()), 4), *(round(bound, 4) for bound in ci95(own, SEED))]
            for name, own in (("all", values), ("few", values[few]))
        },
    }


def gains(both: NDArray[np.float64], behaviour: NDArray[np.float64], few: Mask) -> dict[str, list[float]]:
    """Mean difference for the same people with its interval."""
    return {
        name: [round(value, 5) for value in paired(both[mask], behaviour[mask], SEED)]
        for name, mask in (("all", np.ones(len(few), bool)), ("few", few))
    }


# Ratings


def ratings(validation: Cut, cut: Cut) -> dict[str, Any]:
    """RMSE and MAE of the last rating."""
    r = cut.reviews
    strength = min(STRENGTHS, key=lambda one: _squared(biased_mf(validation, one), validation))
    truth, told = r.rating[cut.asked], Pairs(cut)
    taught = cut.known[np.bincount(r.users[cut.known], minlength=r.n_users)[r.users[cut.known]] >= 2]
    ways: dict[str, NDArray[np.float64]] = {
        "mean of all": np.full(len(truth), told.mean),
        "mean of the film": told.mean + told.behaviour(cut.asked, 0)[:, 0],
        "biased MF": biased_mf(cut, strength),
    }
    for label, made in (
        ("ridge: behaviour", told.behaviour),
        ("ridge: words", told.words),
        (
            "ridge: both",
            lambda rows, own: np.hstack([told.behaviour(rows, own), told.words(rows, own), told.joined(rows, own)]),
        ),
    ):
        ways[label] = ridge(made, taught, cut)
    errors = {label: r.stars * (np.clip(own, 0, 1) - truth) for label, own in ways.items()}
    return {
        "asked": len(truth),
        "few": int(cut.few.sum()),
        "mf_strength": strength,
        "rows": [error_figures(label, own, cut.few) for label, own in errors.items()],
        "paired": gains(-(errors["ridge: both"] ** 2), -(errors["ridge: behaviour"] ** 2), cut.few),
    }


Made = Callable[[Numbers, int], NDArray[np.float64]]
"""Told rows, and 1 where these are known themselves (and must be taken out of their own description), else 0."""


def ridge(made: Made, taught: Numbers, cut: Cut) -> NDArray[np.float64]:
    """(asked,) ratings foretold by a ridge over features, its strength chosen by leave-one-out in the training."""
    own, asked = made(taught, 1), made(cut.asked, 0)
    spread = own.std(axis=0) + 1e-9
    model = RidgeCV(np.logspace(0, 4, 9)).fit(own / spread, cut.reviews.rating[taught])
    return np.asarray(model.predict(asked / spread))


class Pairs:
    """Describes pairs of person and film by what else is known of both."""

    def __init__(self, cut: Cut) -> None:
        self.cut, self.r = cut, cut.reviews
        known = cut.known
        self.mean = float(self.r.rating[known].mean())
        self.per_item = np.bincount(self.r.items[known], minlength=self.r.n_items)
        self.per_user = np.bincount(self.r.users[known], minlength=self.r.n_users)
        self.rated, self.residual = self._levels(self.r.rating - self.mean)
        self.said, self.said_residual = self._levels(np.nan_to_num(self.r.opinion))

    def _levels(self, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Sums by film, and each known review's value less the mean of the others of its film."""
        known, items = self.cut.known, self.r.items[self.cut.known]
        sums = np.bincount(items, values[known], self.r.n_items)
        less = np.zeros(len(values))
        less[known] = values[known] - (sums[items] - values[known]) / (self.per_item[items] + 4)
        return sums, less

    def _of_film(self, sums: NDArray[np.float64], values: NDArray[np.float64], rows: Numbers, own: int) -> Any:
        items = self.r.items[rows]
        return (sums[items] - own * values[rows]) / (self.per_item[items] - own + 5)

    def _of_person(self, values: NDArray[np.float64], rows: Numbers, own: int) -> Any:
        known, users = self.cut.known, self.r.users[rows]
        sums = np.bincount(self.r.users[known], values[known], self.r.n_users)
        return (sums[users] - own * values[rows]) / (self.per_user[users] - own + 2)

    def behaviour(self, rows: Numbers, own: int) -> NDArray[np.float64]:
        """Film's level, person's level, and how well both are known."""
        film = self._of_film(self.rated, self.r.rating - self.mean, rows, own)
        person = self._of_person(self.residual, rows, own)
        items, users = self.per_item[self.r.items[rows]] - own, self.per_user[self.r.users[rows]] - own
        return np.stack([film, person, np.log1p(items), np.log1p(users)], axis=1)

    @cached_property
    def latent(self) -> NDArray[np.float64]:
        """(n, dim) LSA of every text."""
        svd = TruncatedSVD(LATENT["rating"], random_state=SEED).fit(self.cut.words[self.cut.known])
        return np.asarray(svd.transform(self.cut.words))

    @cached_property
    def _spoken(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Sums of the latent texts by film and by person."""
        persons = np.zeros((self.r.n_users, self.latent.shape[1]))
        np.add.at(persons, self.r.users[self.cut.known], self.latent[self.cut.known])
        return self.cut.about(self.latent), persons

    def words(self, rows: Numbers, own: int) -> NDArray[np.float64]:
        """Opinions of film and person, how the person writes, and how near that is to what is said of the film."""
        films, persons = self._spoken
        opinion = np.nan_to_num(self.r.opinion)
        length = np.log1p(np.array([len(text) for text in self.r.texts], float))
        about = films[self.r.items[rows]] - own * self.latent[rows]
        by = persons[self.r.users[rows]] - own * self.latent[rows]
        near = (normalize(about) * normalize(by)).sum(axis=1)
        number = np.maximum(self.per_user[self.r.users[rows]] - own, 1)
        columns = [
            self._of_film(self.said, opinion, rows, own),
            self._of_person(self.said_residual, rows, own),
            self._of_person(length, rows, own),
            near,
        ]
        return np.hstack([np.stack(columns, axis=1), by / number[:, None]])

    def joined(self, rows: Numbers, own: int) -> NDArray[np.float64]:
        """(rows, 1) how the person rated films that are spoken of alike, against what others gave them."""
        films = normalize(self._spoken[0])
        alike = films @ films.T
        alike = np.maximum(alike - np.median(alike), 0)
        users, items = self.r.users[rows], self.r.items[rows]
        rated = self.cut.matrix(self.residual)[users].multiply(alike[items]).sum(axis=1)
        weight = self.cut.matrix(np.ones(len(self.residual)))[users].multiply(alike[items]).sum(axis=1)
        self_ = own * alike[items, items]
        return np.asarray((np.ravel(rated) - self_ * self.residual[rows]) / (np.ravel(weight) - self_ + 1))[:, None]


def _squared(foretold: NDArray[np.float64], cut: Cut) -> float:
    return float(((foretold - cut.reviews.rating[cut.asked]) ** 2).mean())


def biased_mf(cut: Cut, strength: float, factors: int = 8, passes: int = 8) -> NDArray[np.float64]:
    """(asked,) r̂ = μ + b_u + b_i + p_u·q_i by alternating ridge regressions, a bias being a factor with a constant."""
    r, known = cut.reviews, cut.known
    rng = np.random.default_rng(SEED)
    users, items = r.users[known], r.items[known]
    mean = float(r.rating[known].mean())
    rest = r.rating[known] - mean
    # Columns: the person's bias (the film's is 1), the film's bias (the person's is 1), then the factors.
    p = np.hstack([np.zeros((r.n_users, 1)), np.ones((r.n_users, 1)), rng.normal(0, 0.1, (r.n_users, factors))])
    q = np.hstack([np.ones((r.n_items, 1)), np.zeros((r.n_items, 1)), rng.normal(0, 0.1, (r.n_items, factors))])

    def solve(mine: Rows, other: Rows, table_: Any, across: Any, fixed: int) -> None:
        free = [c for c in range(table_.shape[1]) if c != fixed]
        order = np.argsort(mine, kind="stable")
        starts = np.searchsorted(mine[order], np.arange(len(table_) + 1))
        ridge_ = np.diag([strength / 4 if c < 2 else strength for c in free])
        for row in np.flatnonzero(np.diff(starts)).tolist():
            own = order[starts[row] : starts[row + 1]]
            x = across[other[own]]
            left = rest[own] - x[:, fixed]
            table_[row, free] = np.linalg.solve(x[:, free].T @ x[:, free] + ridge_, x[:, free].T @ left)

    for _ in range(passes):
        solve(items, users, q, p, 0)
        solve(users, items, p, q, 1)
    return np.asarray(mean + (p[cut.people] * q[r.items[cut.asked]]).sum(axis=1))


def error_figures(label: str, errors: NDArray[np.float64], few: Mask) -> dict[str, Any]:
    """RMSE and MAE with intervals."""
    found: dict[str, Any] = {"way": label}
    for name, own in (("all", errors), ("few", errors[few])):
        rmse = [float(own @ own) / len(own), *ci95(own**2, SEED)]
        mae = [float(np.abs(own).mean()), *ci95(np.abs(own), SEED)]
        found[f"rmse_{name}"] = [round(float(np.sqrt(value)), 4) for value in rmse]
        found[f"mae_{name}"] = [round(value, 4) for value in mae]
    return found


# Telling


def _cell(values: Sequence[float]) -> str:
    return f"{values[0]:.4f} ({values[1]:.4f} … {values[2]:.4f})"


def tables(one: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For the page."""
    head, rating, reader = one["top"], one["rating"], one["reader"]
    return [
        table(
            f"{one['set']}: NDCG@10, {head['asked']:,} people, {head['few']:,} with few, {one['films']:,} films",
            ["way", "all (95 %)", "few (95 %)"],
            [[row["way"], _cell(row["all"]), _cell(row["few"])] for row in head["rows"]],
        ),
        table(
            f"{one['set']}: rating, {rating['asked']:,} people, {rating['few']:,} with few",
            ["way", "RMSE all (95 %)", "RMSE few (95 %)", "MAE few (95 %)"],
            [
                [row["way"], _cell(row["rmse_all"]), _cell(row["rmse_few"]), _cell(row["mae_few"])]
                for row in rating["rows"]
            ],
        ),
        table(
            f"{one['set']}: the built-in words on {reader['texts']:,} texts with a clear verdict",
            ["decided", "right where decided", "the same, both classes alike", "share good", "µs a text"],
            [[reader[n] for n in ("decided", "accuracy", "balanced_accuracy", "good", "microseconds")]],
        ),
    ]


def notes(one: Mapping[str, Any]) -> list[str]:
    """Whether the goal is met, and how sure the difference is."""
    found = []
    for what, part, key, low_is_good in (("NDCG@10", "top", "few", False), ("RMSE", "rating", "rmse_few", True)):
        kind = "ridge" if low_is_good else "blend"
        rows = {row["way"]: row[key] for row in one[part]["rows"]}
        both, behaviour = rows[f"{kind}: both"], rows[f"{kind}: behaviour"]
        apart = both[2] < behaviour[1] if low_is_good else both[1] > behaviour[2]
        mean, low, high = one[part]["paired"]["few"]
        unit = "squared error saved" if low_is_good else what
        found.append(
            f"{one['set']}, people with few, {what}: both {both[0]:.4f}, behaviour {behaviour[0]:.4f}; goal (intervals "
            f"apart) {'met' if apart else 'missed'}. Paired, {unit} a person: {mean:+.5f} ({low:+.5f} … {high:+.5f})."
        )
    return found


if __name__ == "__main__":
    main()
