"""Next action: whether a person will start what they are shown, finish it, leave, and come back within a week.

One logistic regression an action (Cox, "The Regression Analysis of Binary Sequences", 1958) over what was known at that
moment (`segue.profiles.moments`). Each feature enters with hinges at its quartiles besides, a piecewise linear effect
(as in MARS, Friedman 1991), so that the third event of a session can matter in another way than the thirtieth. Its loss
is the likelihood, so that it says probabilities; how good they are is part of every evaluation.

An action is learnt where the log shows both outcomes often enough, else it is left out: a log of ratings says nothing
about what was left unfinished.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from ..arrays import Floats, Mask, Times
from ..dataset import Dataset, History
from ..errors import InvalidInput, StorageError, in_one_line
from ..profiles.moments import ACTIONS, FEATURES, Asked, Course, ItemFacts
from ..storage.artifacts import ArtifactFolder
from .base import ModelConfig, TrainOptions

Array = NDArray[np.float64]
FILE = "next_action"
_QUARTILES = (0.25, 0.5, 0.75)
_NEAR = 1e-6


class NextActionConfig(ModelConfig):
    """Settings."""

    horizon_days: Annotated[float, Field(gt=0)] = 7
    """Days within which somebody has come back."""
    prior: Annotated[float, Field(gt=0)] = 0.1
    """Variance of the weights before anything is learnt: the smaller, the steadier."""
    fewest: Annotated[int, Field(ge=10)] = 100
    """Moments of either outcome below which an action is not learnt."""
    most: Annotated[int, Field(ge=1000)] = 200_000
    """Events learnt from: those of as many people, drawn by the seed, as have so many together."""


@dataclass(frozen=True)
class Moments:
    """What was known at moments at which something could happen, and whether it did."""

    x: Floats
    """(n, `FEATURES`)."""
    happened: Mask
    at: Times

    def __len__(self) -> int:
        return len(self.at)


class NextAction:
    """Probabilities of a person's next action."""

    name = "next_action"
    Config = NextActionConfig

    def __init__(self, config: NextActionConfig | None = None, gap_s: float = 1800) -> None:
        """``gap_s``: the pause that ends a session, `[session] gap_s`."""
        self.config = config or NextActionConfig()
        self.gap_s = gap_s
        self.fits: dict[str, _Fit] = {}
        self.facts = ItemFacts(np.zeros(0, np.float32), np.zeros(0, np.float32), float("nan"))

    def train(self, dataset: Dataset, options: TrainOptions) -> None:
        """Learn what the log shows; `actions` says afterwards which.

        Raises:
            InvalidInput: an event has no time.
        """
        if not dataset.has_times:
            raise InvalidInput("What people do next is learnt from times, and this log has events without one.")
        self.facts, self.fits = ItemFacts.of(dataset), {}
        for action, moments in self.moments(_of_some(dataset, self.config.most, options.seed)).items():
            happened = int(moments.happened.sum())
            if min(happened, len(moments) - happened) >= self.config.fewest:
                self.fits[action] = _fit(moments, self.config.prior)

    @property
    def actions(self) -> tuple[str, ...]:
        """Those of `ACTIONS` that were learnt."""
        return tuple(action for action in ACTIONS if action in self.fits)

    def moments(self, dataset: Dataset, since: float = -np.inf) -> dict[str, Moments]:
        """The moments of a log at or after ``since`` whose outcome it shows, by action; what is known of the items is
        what the training knew."""
        course = Course.of(dataset, self.gap_s, self.config.horizon_days)
        found = {}
        for action, asked in course.asked().items():
            own = asked.only(asked.at >= since)
            found[action] = Moments(course.features(own, self.facts), own.happened, own.at)
        return found

    def probabilities(self, action: str, x: Floats) -> Array:
        """(n,) how likely an action that was learnt is, for rows of `FEATURES`."""
        return self.fits[action].probabilities(x)

    def now(self, history: History, dataset: Dataset, now: float) -> dict[str, float]:
        """After the last thing a person did: how likely it ends the session, and how likely they come back in time.

        Args:
            dataset: whose catalogue and vectors the history speaks of; its events are not read.
            now: seconds since 1970; later events are not known yet.

        Returns:
            ``leave`` and ``return`` where they were learnt; empty without any event that has a time.
        """
        told = history.only(np.isfinite(history.timestamps) & (history.timestamps <= now))
        n = len(told)
        one = Dataset(
            dataset.catalogue,
            ("",),
            np.zeros(n, np.int32),
            told.items,
            told.kinds,
            told.timestamps,
            told.weights,
            np.arange(n, dtype=np.int64),
            dataset.vectors,
        )
        course = Course.of(one, self.gap_s, self.config.horizon_days)
        if not len(course.acts):
            return {}
        last = slice(len(course.acts) - 1, len(course.acts))
        acts = course.acts
        after = np.array([len(acts)], np.int64)
        asked = Asked(acts.users[last], after, acts.items[last], acts.timestamps[last], np.zeros(1, bool), True)
        x = course.features(asked, self.facts)
        learnt = [action for action in ("leave", "return") if action in self.fits]
        return {action: round(float(self.probabilities(action, x)[0]), 4) for action in learnt}

    def save(self, folder: ArtifactFolder) -> None:
        """Write arrays and JSON."""
        folder.write_json(
            FILE,
            {
                "config": self.config.model_dump(mode="json"),
                "gap_s": self.gap_s,
                "features": list(FEATURES),
                "rates": {action: fit.rate for action, fit in self.fits.items()},
                "finished": None if np.isnan(self.facts.average) else self.facts.average,
            },
        )
        folder.write("items.met", self.facts.met)
        folder.write("items.finished", self.facts.finished)
        for action, fit in self.fits.items():
            for part in ("mean", "spread", "knots", "weights"):
                folder.write(f"{action}.{part}", getattr(fit, part))

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        """Read what `save` wrote; a version from before there was such a model has learnt no action.

        Raises:
            StorageError: another version of Segue wrote it.
        """
        if not (folder.path / f"{FILE}.json").exists():
            return cls()
        stated = folder.read_json(FILE)
        try:
            if stated["features"] != list(FEATURES):
                raise KeyError("features")
            model = cls(NextActionConfig(**stated["config"]), float(stated["gap_s"]))
            average = stated["finished"]
            rates = {str(action): float(rate) for action, rate in stated["rates"].items()}
        except (KeyError, ValidationError) as error:
            why = in_one_line(error) if isinstance(error, ValidationError) else f"{error} is not as expected"
            raise StorageError(
                f"The artefact {folder.path} is of another version of Segue: {why}. Train again."
            ) from error
        met, finished = (folder.read(f"items.{what}", mapped=False) for what in ("met", "finished"))
        model.facts = ItemFacts(met, finished, float("nan") if average is None else float(average))
        for action, rate in rates.items():
            parts = {p: folder.read(f"{action}.{p}", mapped=False) for p in ("mean", "spread", "knots", "weights")}
            model.fits[action] = _Fit(**parts, rate=rate)
        return model


@dataclass(frozen=True)
class _Fit:
    """One logistic regression over hinges."""

    mean: Array
    spread: Array
    """(features,) of what is known."""
    knots: Array
    """(features, 3) quartiles of the standardised features."""
    weights: Array
    """One a column of `_hinges`, then the constant."""
    rate: float
    """How often it happened where it was learnt from: the base rate."""

    def probabilities(self, x: Floats) -> Array:
        z = _hinges((x - self.mean) / self.spread, self.knots) @ self.weights[:-1] + self.weights[-1]
        return np.asarray(1 / (1 + np.exp(-np.clip(z, -30, 30))))


def _fit(moments: Moments, prior: float) -> _Fit:
    from sklearn.linear_model import LogisticRegression

    known = np.isfinite(moments.x)
    count = np.maximum(known.sum(axis=0), 1)
    x = np.where(known, moments.x, 0).astype(np.float64)
    mean = x.sum(axis=0) / count
    spread = np.sqrt((np.where(known, x - mean, 0) ** 2).sum(axis=0) / count)
    spread[spread < _NEAR] = 1.0
    standard = (moments.x - mean) / spread
    knots = np.zeros((x.shape[1], len(_QUARTILES)))
    for n in np.flatnonzero(known.any(axis=0)):
        knots[n] = np.quantile(standard[known[:, n], n], _QUARTILES)
    learnt = LogisticRegression(C=prior, max_iter=500).fit(_hinges(standard, knots), moments.happened)
    weights = np.append(learnt.coef_[0], learnt.intercept_[0])
    return _Fit(mean, spread, knots, weights, float(moments.happened.mean()))


def _hinges(standard: Array, knots: Array) -> Array:
    """(n, 5 · features): each feature within ±4, its part above each knot, and whether it is unknown (then all 0)."""
    known = np.isfinite(standard)
    x = np.clip(np.where(known, standard, 0.0), -4, 4)
    above = [np.where(known, np.maximum(x - knots[:, k], 0), 0.0) for k in range(knots.shape[1])]
    return np.concatenate([x, *above, ~known], axis=1)


def _of_some(dataset: Dataset, most: int, seed: int) -> Dataset:
    """All events of so many people, drawn at random, as have at most that many together; of one at least."""
    if len(dataset) <= most:
        return dataset
    drawn = np.random.default_rng(seed).permutation(dataset.n_users)
    total = np.cumsum(np.diff(dataset.offsets)[drawn])
    kept = np.zeros(dataset.n_users, bool)
    kept[drawn[: max(1, int(np.searchsorted(total, most, side="right")))]] = True
    return dataset.only(kept[dataset.users])
