"""How much each thing did for the score of a pick: the score computed again without it.

The parts of the blend add up to ``final``, so that a part's column is exactly what the score loses without it. What one
event of the history did is measured through the models that say what carried them (`Model.removals`), the session and
the nearness to seeds: each of these scores is computed again without the event for the picks and for a sample of the
candidates, put on the scale that it has among these then, and the part of the blend read off that. This takes no model
a second pass over the catalogue; the full account (`segue.pipeline.accounts`) does take it.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats, Rows
from ...profiles.session import session_events
from ...training.ensemble import known_share
from ..rankers.blend import PART, standardised
from ..runner import Outcome
from ..stages import Request

SAMPLE = 48
"""Candidates, from the first to the last, that a score without an event is compared with."""
NOTHING = 1e-3
"""Of the deviation of a score: what is left of it without an event, when that is all there was, is rounding."""
ROUNDING = 1e-5
"""A score that falls by no more has not fallen: scores are float32, of the size of 1."""
HISTORY = ("neighbors", "interests", "knowledge", "taste")
"""Parts that, like models, read the history or the seeds."""

_NOTHING = 1e-6
OWN_CHANNEL = ("session", "stated", "words", "meaning", "mood", "said", "across", "answers", "prior", "fresh", "live")


class Influence:
    """What spoke for the picks of one outcome.

    Args:
        named: whether the words of the query name entities, so that ``knowledge`` speaks of these and of no history.
    """

    def __init__(self, request: Request, outcome: Outcome, named: bool = False) -> None:
        self.request, self.outcome, self.named = request, outcome, named
        self.rows = outcome.chosen.items
        self.parts = parts_of(outcome)
        """(picks,) what each part of the blend added to the score."""
        self.total = np.sum([np.maximum(column, 0) for column in self.parts.values()], axis=0, dtype=np.float32) + (
            np.zeros(len(self.rows), np.float32)
        )
        """(picks,) all that speaks for each."""
        pool = outcome.pool.items
        self._sample = np.unique(np.linspace(0, max(len(pool) - 1, 0), min(SAMPLE, len(pool))).astype(np.int64))
        self.unexplained = np.zeros(len(self.rows), dtype=np.float32)
        """(picks,) what was added by models that read the history and cannot say what carried it."""
        self.explained = np.zeros(len(self.rows), dtype=np.float32)
        """(picks,) what was added by all that can."""
        self.seeds, self.drops = self._of_history()
        self.by_models = self.drops.copy()
        """(picks, seeds) how much of that is not the session's."""
        self.session = self._of_session()

    def share(self, position: int, added: float) -> float:
        """What was added to a pick as a share of all that speaks for it, 0 … 1."""
        total = float(self.total[position])
        return min(max(added, 0.0) / total, 1.0) if total > 0 else 0.0

    def dropped(self, row: int, position: int) -> float:
        """How much a pick's score falls without what was done with an item."""
        own = np.flatnonzero(self.seeds == row)
        return float(self.drops[position, own[0]]) if len(own) else 0.0

    def _of_history(self) -> tuple[Rows, Floats]:
        """Items that models were told of (each once), (picks, items) how much the score falls without each."""
        told, world = self.request.told, self.request.world
        seeds, place = np.unique(told.items, return_inverse=True)
        drops = np.zeros((len(self.rows), len(seeds)), dtype=np.float32)
        if not len(told):
            return seeds, drops
        rows = np.concatenate([self.rows, self.outcome.pool.items[self._sample]])
        for name, part in self.parts.items():
            if name in HISTORY:
                by_seed = self._near(name, seeds, place, rows)
            elif name in world.models and not name.startswith("popular"):
                added = self.outcome.trace.run(
                    f"reasons:{name}", partial(world.models[name].removals, told, rows), None
                )
                if added is None:
                    self.unexplained += part
                    continue
                by_seed = np.zeros((len(rows), len(seeds)), dtype=np.float32)
                np.add.at(by_seed.T, place, np.where(np.isfinite(added), added, 0).T)
            else:
                continue
            if by_seed is None:
                continue
            self.explained += part
            drops += self._lost(name, by_seed)
        return seeds, np.where(np.abs(drops) > ROUNDING, drops, np.float32(0))

    def _near(self, name: str, seeds: Rows, place: NDArray[np.intp], rows: Rows) -> Floats | None:
        """(rows, seeds) what each seed adds to the nearness of a row."""
        world, told = self.request.world, self.request.told
        if name == "knowledge":
            if self.named or not world.graph.links:
                return None
            matrix = world.graph.matrix
            return np.asarray((matrix[rows] @ matrix[seeds].T).toarray(), dtype=np.float32)
        if name == "taste":
            return self._taste(rows, seeds)
        near = self._nearness(rows, seeds)
        if name == "interests":
            near = near * (np.bincount(place, np.maximum(told.weights, 0), minlength=len(seeds)) > 0)
        return near / np.float32(max(len(seeds), 1))

    def _taste(self, rows: Rows, seeds: Rows) -> Floats | None:
        """(rows, seeds) by how much the cosine with the sum of the history falls without each seed, see `Taste`."""
        history, vectors = self.request.history, self.request.world.vectors.get("mixed")
        if vectors is None:
            return None
        events = np.flatnonzero(history.items < len(vectors))
        own, weights = history.items[events], history.weights[events]
        whole = weights @ np.nan_to_num(vectors[own])
        place = np.minimum(np.searchsorted(seeds, own), len(seeds) - 1)
        each = np.bincount(place, np.where(seeds[place] == own, weights, 0), minlength=len(seeds))
        parts = each[:, None] * np.nan_to_num(vectors[np.minimum(seeds, len(vectors) - 1)])
        left = np.linalg.norm(whole - parts, axis=1)
        points = np.nan_to_num(vectors[rows])
        before = (points @ whole) / max(float(np.linalg.norm(whole)), _NOTHING)
        after = np.divide((points @ whole)[:, None] - points @ parts.T, left, where=left > _NOTHING,
                          out=np.zeros((len(rows), len(seeds))))  # fmt: skip
        return np.asarray(before[:, None] - after, dtype=np.float32)

    def _nearness(self, rows: Rows, seeds: Rows) -> Floats:
        """(rows, seeds) cosine of the contents, 0 where unknown or opposed; of genres where there are no vectors."""
        vectors = self.request.world.vectors.get("mixed")
        if vectors is None:
            genres = self.request.world.catalogue.genres
            return np.asarray((genres[rows] @ genres[seeds].T).toarray(), dtype=np.float32)
        near = np.nan_to_num(vectors[rows]) @ np.nan_to_num(vectors[seeds]).T
        return np.asarray(np.maximum(near, 0), dtype=np.float32)

    def _lost(self, name: str, by_seed: Floats) -> Floats:
        """(picks, seeds) how much a part of the blend falls when what a seed adds to its score is taken away.

        Args:
            by_seed: (picks, then the sample; seeds) what each adds.
        """
        n, pool = len(self.rows), self.outcome.pool
        column = self.request.column(name, lambda: None)
        part = pool.scores.get(PART + name)
        raw = None if column is None else column[pool.items]
        if column is None or raw is None or part is None or len(self._sample) < 2:
            # Nothing to compare with: what it proposed is shared out by what each seed adds.
            positive = np.maximum(by_seed[:n], 0)
            sums = positive.sum(axis=1, keepdims=True)
            shares = np.divide(positive, sums, out=np.zeros_like(positive), where=sums > 0)
            return np.asarray(np.maximum(self.parts[name], 0)[:, None] * shares, dtype=np.float32)
        own, others = column[self.rows], raw[self._sample]
        known = np.isfinite(others)
        if not known.any():
            return np.zeros((n, by_seed.shape[1]), np.float32)
        others, added = others[known], by_seed[n:][known]
        mean, deviation = float(others.mean()), float(others.std())
        if deviation <= 0:
            return np.zeros((n, by_seed.shape[1]), np.float32)
        before = (own - mean) / deviation
        # From their mean, so that nothing of a small deviation is lost beside a large mean.
        after = _standing((own - mean)[:, None] - by_seed[:n], (others - mean)[:, None] - added, NOTHING * deviation)
        # The part as a function of the standing, as all candidates have it.
        every = np.flatnonzero(np.isfinite(raw))
        stand = (raw[every] - mean) / deviation
        order = np.argsort(stand, kind="stable")
        even, counted = self._even(name, raw, part)
        heights = even[every][order]
        was = np.interp(np.nan_to_num(before), stand[order], heights)
        lost = (was[:, None] - np.interp(after, stand[order], heights)) / counted[:, None]
        return np.where(np.isfinite(own)[:, None], lost, 0).astype(np.float32)

    def _even(self, name: str, raw: Floats, part: Floats) -> tuple[Floats, Floats]:
        """(candidates,) a part of the blend as a function of its score alone, and (picks,) what it is divided by.

        The parts of a candidate that some scores do not know weigh more (`segue.training.ensemble.known_share`), so
        that alike scores do not add alike.
        """
        standard = standardised(raw)
        if standard is None or name not in self.request.weighed:
            return part, np.ones(len(self.rows), np.float32)
        even = np.asarray(self.request.weighed[name] * standard, dtype=np.float32)
        known = self._known(self.outcome.pool.items)
        if not np.allclose(even, part * known, rtol=1e-2, atol=1e-3):
            return part, np.ones(len(self.rows), np.float32)  # a fusion of ranks, which divides by nothing
        return even, self._known(self.rows)

    def _known(self, rows: Rows) -> Floats:
        weighed = self.request.weighed
        columns = [self.request.column(name, lambda: None) for name in weighed]
        finite = np.array([np.isfinite(c[rows]) if c is not None else np.zeros(len(rows), bool) for c in columns])
        return known_share(finite.T, np.array(list(weighed.values()), dtype=np.float32))

    def _of_session(self) -> tuple[Rows, Floats, Floats] | None:
        """Items and weights of the session's events, and (picks, events) how much the score falls without each."""
        request, vectors = self.request, self.request.world.vectors.get("mixed")
        if request.session is None or vectors is None:
            return None
        settings = request.world.settings.session
        events = session_events(request.history, settings, request.now)
        events = events[request.history.items[events] < len(vectors)]
        rows, weights = request.history.items[events], request.history.weights[events]
        moved = np.zeros((len(self.rows), len(events)), dtype=np.float32)
        if "session" in self.parts and len(events):
            points = np.nan_to_num(vectors[np.concatenate([self.rows, self.outcome.pool.items[self._sample]])])
            towards = _directions(np.nan_to_num(vectors[rows]), weights * np.isfinite(vectors[rows, 0]), settings.step)
            moved = self._lost("session", (points @ request.session)[:, None] - points @ towards.T)
        if len(self.seeds):
            place = np.minimum(np.searchsorted(self.seeds, rows), len(self.seeds) - 1)
            told = self.seeds[place] == rows
            np.add.at(self.drops.T, place[told], moved[:, told].T)
            moved[:, told] = self.drops[:, place[told]]
        return rows, weights, moved


def parts_of(outcome: Outcome) -> dict[str, Floats]:
    """(picks,) what each part of the blend added to the score; where none weighed anything, the sources, each with
    its share of them."""
    chosen = outcome.chosen
    parts = {name.removeprefix(PART): column for name, column in chosen.scores.items() if name.startswith(PART)}
    if parts:
        return parts
    proposed = {name: np.isfinite(column).astype(np.float32) for name, column in chosen.sources.items()}
    voices = np.sum(list(proposed.values()), axis=0) if proposed else np.zeros(len(chosen), np.float32)
    return {name: np.asarray(column / np.maximum(voices, 1), np.float32) for name, column in proposed.items()}


def _standing(scores: Floats, others: Floats, least: float) -> Floats:
    """Scores as standard scores among others, by column; 0 where those deviate by no more than ``least``."""
    mean = others.mean(axis=0)
    deviation = np.sqrt(np.maximum(np.einsum("ij,ij->j", others, others) / len(others) - mean * mean, 0))
    found = (scores - mean) / np.where(deviation > least, deviation, np.inf)
    return np.asarray(np.nan_to_num(found), dtype=np.float32)


def _directions(points: Floats, weights: Floats, step: float) -> Floats:
    """(events, dim) of length 1: the session's vector (`segue.profiles.session`) without each of its events.

    What an event adds fades by 1 - λ|w| with each one after it; without one, what was before it has not faded so often.
    """
    left = np.maximum(1 - step * np.minimum(np.abs(weights), 1), _NOTHING).astype(np.float32)
    after = np.append(np.cumprod(left[::-1])[::-1][1:], np.float32(1))
    added = points * (step * np.clip(weights, -1, 1) * after)[:, None]
    before = np.cumsum(added, axis=0) - added
    vectors = added.sum(axis=0) - added - before + before / left[:, None]
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(np.where(lengths > _NOTHING, vectors / np.maximum(lengths, _NOTHING), 0), dtype=np.float32)


def channel_of(part: str, named: bool = False) -> str:
    """What a part of the blend speaks of: the channel of the claims that rest on it.

    Args:
        named: see `Influence`.
    """
    if part.startswith("popular") or part in ("counts", "browse"):
        return "popularity"
    if part == "knowledge" and named:
        return "knowledge"
    return part if part in OWN_CHANNEL else "other" if part == "leaning" else "history"
