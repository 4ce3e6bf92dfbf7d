"""Genres from posters alone: what the picture encoder sees without weights, beside plain colours and beside nothing.

Data: ``movie_posters``, 607 films with one to several genres each; a genre counts where at least ten films have it.
Protocol: five folds, drawn anew for each of three seeds; in every fold, a logistic regression for each genre is fitted
on the other four. Its penalty, and the one threshold above which a genre is said, come from three folds within them.
Shown are micro-F1 and the mean over the genres of average precision, over all films as each was tested in its fold; the
mean over the seeds; intervals of 95 % by the bootstrap over films, of the differences too.

Beside the encoder's vectors: the genres' own frequencies (the same for every film), and square roots of a colour
histogram of 8 x 8 x 8 cells of RGB. The encoder's constants (centre and spread of each measurement) come from 160 of
these posters and from video clips, without their genres. No figure has been
published on this selection of posters.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score
from sklearn.model_selection import KFold
from sklearn.multiclass import OneVsRestClassifier

from segue.settings import Settings
from segue.understanding.encoders import look
from segue.understanding.encoders.picture import PictureEncoder, still

from ._harness import data_file, sha256, table, write_result

FOLDS, SEEDS, LEAST = 5, (0, 1, 2), 10
PENALTIES = (1.0, 3.0, 10.0)
THRESHOLDS = np.linspace(0.05, 0.6, 56)
RESAMPLES = 500
PRIOR, COLOURS, ENCODER = "genres' own frequencies", "colour histogram + LR", "picture encoder + LR"

Told = tuple[np.ndarray, np.ndarray]
"""Probabilities and what is said, each (films, genres), of every film as it was tested."""


def main() -> None:
    listing = data_file("movie_posters/posters.csv")
    files, genres, truth = films(listing)
    limits = Settings().media
    pictures = np.concatenate([still(file, limits) for file in files])
    seconds = time.process_time()
    vectors = looks(pictures)
    seconds = time.process_time() - seconds
    told = {
        PRIOR: [by_prior(truth, seed) for seed in SEEDS],
        COLOURS: [by_regression(colours(pictures), truth, seed) for seed in SEEDS],
        ENCODER: [by_regression(vectors, truth, seed) for seed in SEEDS],
    }
    rows, means = [], {}
    for name, runs in told.items():
        f1, precision = resampled(runs, truth)
        means[name] = (f1, precision)
        rows.append([name, *with_interval(f1), *with_interval(precision)])
    gains = []
    for name in (PRIOR, COLOURS):
        differences = [ours - theirs for ours, theirs in zip(means[ENCODER], means[name], strict=True)]
        gains.append([f"encoder less {name}", *with_interval(differences[0]), *with_interval(differences[1])])
    each = per_genre(genres, truth, told)
    columns = ["model", "micro-F1", "95 %", "macro AP", "95 %"]
    tables = [
        table("Genres from posters (607 films, five folds, three seeds)", columns, [*rows, *gains]),
        table("Average precision by genre", ["genre", "films", COLOURS, ENCODER], each),
    ]
    figures = {
        "tables": tables,
        "notes": [f"A poster is measured into {vectors.shape[1]} numbers; {1000 * seconds / len(files):.1f} ms each."],
        "data": {"file": listing.name, "sha256": sha256(listing)},
        "seeds": list(SEEDS),
    }
    write_result("posters", figures)
    for shown in tables:
        print(shown["title"], *shown["rows"], sep="\n  ")


def films(listing: Path) -> tuple[list[Path], list[str], np.ndarray]:
    """Poster files, genres that at least `LEAST` films have, and which film has which: (films, genres) of 0 and 1."""
    with listing.open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["genres"]]
    named = [set(row["genres"].split("|")) for row in rows]
    counts = {genre: sum(genre in one for one in named) for genre in set().union(*named)}
    genres = sorted((g for g, count in counts.items() if count >= LEAST), key=lambda g: (-counts[g], g))
    truth = np.array([[genre in one for genre in genres] for one in named], dtype=int)
    return [listing.parent / row["file"] for row in rows], genres, truth


def looks(pictures: np.ndarray) -> np.ndarray:
    """The picture encoder's vectors of stills, which have neither movement nor a course."""
    encoder, seen = PictureEncoder(Settings()), look.see(pictures)
    rows = [encoder._part(seen, np.array([n])) for n in range(len(seen))]
    return np.stack([row for row in rows if row is not None])


def colours(pictures: np.ndarray) -> np.ndarray:
    """Square roots of a histogram of 8 x 8 x 8 cells of RGB."""
    cells = (pictures.reshape(len(pictures), -1, 3) >> 5).astype(int) @ np.array([64, 8, 1])
    return np.sqrt(np.stack([np.bincount(row, minlength=512) for row in cells]) / cells.shape[1])


def by_prior(truth: np.ndarray, seed: int) -> Told:
    """What is said of a film about which nothing is known; all chances of a genre are equal but for a random order."""
    chances = truth.mean(axis=0) + 1e-6 * np.random.default_rng(seed).random(truth.shape)
    said = np.zeros(truth.shape, int)
    for fit, test in KFold(FOLDS, shuffle=True, random_state=seed).split(truth):
        prior = np.tile(truth[fit].mean(axis=0), (len(truth), 1))
        said[test] = prior[test] > _threshold(prior[fit], truth[fit])
    return chances, said


def by_regression(features: np.ndarray, truth: np.ndarray, seed: int) -> Told:
    """One logistic regression a genre; penalty and threshold from inner folds."""
    chances, said = np.zeros(truth.shape), np.zeros(truth.shape, int)
    for fit, test in KFold(FOLDS, shuffle=True, random_state=seed).split(truth):
        inner = {c: _inner(features[fit], truth[fit], c, seed) for c in PENALTIES}
        best = max(PENALTIES, key=lambda c: _precision(truth[fit], inner[c]))
        chances[test] = _regression(features[fit], truth[fit], best)(features[test])
        said[test] = chances[test] > _threshold(inner[best], truth[fit])
    return chances, said


def _inner(features: np.ndarray, truth: np.ndarray, c: float, seed: int) -> np.ndarray:
    chances = np.zeros(truth.shape)
    for fit, test in KFold(3, shuffle=True, random_state=seed).split(truth):
        chances[test] = _regression(features[fit], truth[fit], c)(features[test])
    return chances


def _regression(features: np.ndarray, truth: np.ndarray, c: float) -> Callable[[np.ndarray], np.ndarray]:
    # A genre that no film of the part has cannot be fitted: its chance is nil.
    some = truth.any(axis=0)
    # The mean of all features is taken off, their lengths are as the encoder weighs them.
    mean = features.mean(axis=0)
    model = OneVsRestClassifier(LogisticRegression(C=c, max_iter=500)).fit(features - mean, truth[:, some])

    def chances(rows: np.ndarray) -> np.ndarray:
        found = np.zeros((len(rows), truth.shape[1]))
        found[:, some] = model.predict_proba(rows - mean)
        return found

    return chances


def _threshold(chances: np.ndarray, truth: np.ndarray) -> float:
    return float(max(THRESHOLDS, key=lambda t: f1_score(truth, chances > t, average="micro", zero_division=0)))


def _precision(truth: np.ndarray, chances: np.ndarray) -> float:
    present = truth.any(axis=0)
    return float(average_precision_score(truth[:, present], chances[:, present], average="macro"))


def resampled(runs: list[Told], truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """micro-F1 and macro AP, mean over the seeds: (1 + RESAMPLES,), of the films as they are and as drawn again.

    The draws are the same for every model, so that their differences can be taken draw by draw.
    """
    rng = np.random.default_rng(7)
    draws = [np.arange(len(truth)), *(rng.integers(0, len(truth), len(truth)) for _ in range(RESAMPLES))]
    f1, precision = np.zeros(len(draws)), np.zeros(len(draws))
    for n, rows in enumerate(draws):
        y = truth[rows]
        for chances, said in runs:
            hits = (y & said[rows]).sum()
            f1[n] += 2 * hits / (y.sum() + said[rows].sum()) / len(runs)
            precision[n] += _fast_precision(y, chances[rows]) / len(runs)
    return f1, precision


def _fast_precision(truth: np.ndarray, chances: np.ndarray) -> float:
    """Macro AP of all genres at once; ties count in their order, and are rare."""
    order = np.argsort(-chances, axis=0, kind="stable")
    hits = np.take_along_axis(truth, order, axis=0)
    at = np.cumsum(hits, axis=0) / np.arange(1, len(truth) + 1)[:, None]
    count = hits.sum(axis=0)
    return float(((at * hits).sum(axis=0) / np.maximum(count, 1))[count > 0].mean())


def with_interval(values: np.ndarray) -> list[Any]:
    """[figure, its interval]."""
    low, high = np.percentile(values[1:], [2.5, 97.5])
    return [round(float(values[0]), 3), f"{low:.3f} … {high:.3f}"]


def per_genre(genres: list[str], truth: np.ndarray, told: dict[str, list[Told]]) -> list[list[Any]]:
    """Genre, its films, and its average precision by both models."""
    rows: list[list[Any]] = []
    for n, genre in enumerate(genres):
        found = [
            round(float(np.mean([average_precision_score(truth[:, n], c[:, n]) for c, _ in told[name]])), 3)
            for name in (COLOURS, ENCODER)
        ]
        rows.append([genre, int(truth[:, n].sum()), *found])
    return rows


if __name__ == "__main__":
    main()
