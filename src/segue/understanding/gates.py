"""Learned fusion: gates over text, sound, picture and whatever else is known, trained to foretell the behaviour.

Every space foretells by a linear map, and gates say how much each counts for an item: softmax, over the spaces that the
item has, of a score of its vectors (gated multimodal units, Arevalo, Solorio, Montes-y-Gómez & González 2017; attention
of one query, Bahdanau 2015). What is learnt from is the collaborative embedding of the items that people have met:
content foretells it, as a new item needs. Whole modalities are dropped in training (Neverova et al., "ModDrop", 2016),
so that an item that lacks one is no surprise.

The start is a ridge regression on all spaces, items with dropped modalities among its examples, and gates that are all
alike; a small catalogue often has no more to say, and early stopping then keeps it. torch learns; what is learnt is a
few arrays, and applying them takes numpy alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ..arrays import Floats, Mask, Rows
from ..storage.artifacts import ArtifactFolder

_EPOCHS = 100
_PATIENCE = 10
_BATCH = 256
_RATE = 1e-3
_DECAY = 1e-2
_RIDGES = (0.1, 1.0, 10.0, 100.0)
"""Times the mean eigenvalue of the Gram matrix."""
_WITHHELD = 0.1
_FEWEST = 20
"""Items with a target; below that nothing is learnt."""


@dataclass(frozen=True)
class GatedFusion:
    """e = b + m Σ g_s (x_s - μ_s) A_s; g = softmax of (x_s - μ_s)·q_s + c_s over the m spaces that the item has."""

    spaces: tuple[str, ...]
    means: Mapping[str, Floats]
    """Space → (dim,)."""
    learned: Mapping[str, Floats]
    """``A.SPACE`` (dim, targets), ``q.SPACE`` (dim,), ``c`` (spaces,) and ``b`` (targets,)."""

    def gates(self, vectors: Mapping[str, Floats]) -> Floats:
        """(n, spaces) how much each space counts for each item; rows sum to 1, or are 0 where nothing is known."""
        return self._gates(*_prepared(vectors, self.spaces, self.means))

    def apply(self, vectors: Mapping[str, Floats]) -> Floats:
        """(n, targets) the embedding that the content foretells; NaN where nothing is known."""
        inputs, known = _prepared(vectors, self.spaces, self.means)
        counted = self._gates(inputs, known) * known.sum(axis=1, keepdims=True)
        said = (counted[:, [n]] * (inputs[space] @ self.learned[f"A.{space}"]) for n, space in enumerate(self.spaces))
        foretold = np.asarray(sum(said, self.learned["b"][None, :]), dtype=np.float32)
        foretold[~known.any(axis=1)] = np.nan
        return foretold

    def _gates(self, inputs: Mapping[str, Floats], known: Mask) -> Floats:
        scores = np.column_stack([inputs[space] @ self.learned[f"q.{space}"] for space in self.spaces])
        scores = np.where(known, scores + self.learned["c"], -np.inf)
        top = scores.max(axis=1, keepdims=True)
        weights = np.where(known, np.exp(scores - np.where(np.isfinite(top), top, 0)), 0)
        return np.asarray(weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12), dtype=np.float32)

    def save(self, folder: ArtifactFolder) -> None:
        """Write arrays and JSON."""
        folder.write_json("gates", {"spaces": list(self.spaces)})
        for space in self.spaces:
            folder.write(f"mean.{space}", self.means[space])
        for name, array in self.learned.items():
            folder.write(f"learned.{name}", array)

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        """Read what `save` wrote."""
        spaces = tuple(folder.read_json("gates")["spaces"])
        names = [f"{letter}.{space}" for space in spaces for letter in "Aq"] + ["c", "b"]
        return cls(
            spaces,
            {space: folder.read(f"mean.{space}", mapped=False) for space in spaces},
            {name: folder.read(f"learned.{name}", mapped=False) for name in names},
        )


def learn_gates(vectors: Mapping[str, Floats], targets: Floats, seed: int, dropped: float = 0.3) -> GatedFusion | None:
    """Learn to foretell targets from content; None where fewer than 20 items have both.

    Args:
        vectors: space → (n, dim), NaN where an item has nothing in that space.
        targets: (n, d) what to foretell, for example collaborative embeddings; NaN for items that nobody has met.
        dropped: chance that a modality is taken from an item in a step of the training; one always stays.

    Squared error, early stopping on a tenth that is withheld. The same seed gives the same fusion on one machine.
    """
    spaces = tuple(sorted(space for space, rows in vectors.items() if rows.shape[1] and np.isfinite(rows).any()))
    means = {
        space: vectors[space][np.isfinite(vectors[space]).all(axis=1)].mean(axis=0).astype(np.float32)
        for space in spaces
    }
    if not spaces:
        return None
    inputs, known = _prepared(vectors, spaces, means)
    able = np.flatnonzero(np.isfinite(targets).all(axis=1) & known.any(axis=1))
    if len(able) < _FEWEST:
        return None
    rng = np.random.default_rng(seed)
    withheld, told = np.split(rng.permutation(able), [max(1, round(len(able) * _WITHHELD))])
    centre = targets[told].mean(axis=0)
    size = max(float((targets[told] - centre).std()), 1e-9)
    scaled = np.nan_to_num((targets - centre) / size).astype(np.float32)
    net = _Net(inputs, known, scaled, _start(inputs, known, scaled, told, withheld, dropped, rng))
    best = net.fit(told, withheld, dropped, rng)
    for space in spaces:
        best[f"A.{space}"] *= np.float32(size)
    best["b"] = (best["b"] * size + centre).astype(np.float32)
    return GatedFusion(spaces, means, best)


def _prepared(
    vectors: Mapping[str, Floats], spaces: Sequence[str], means: Mapping[str, Floats]
) -> tuple[dict[str, Floats], Mask]:
    """Centred vectors, scaled so that a number is about 1, zeros where missing; and (n, spaces) what is there.

    A space that is not given counts as missing everywhere.
    """
    n = len(next(iter(vectors.values()))) if vectors else 0
    inputs, known = {}, np.zeros((n, len(spaces)), bool)
    for column, space in enumerate(spaces):
        dim = len(means[space])
        rows = vectors.get(space)
        if rows is None or rows.shape[1] != dim:
            inputs[space] = np.zeros((n, dim), np.float32)
            continue
        known[:, column] = np.isfinite(rows).all(axis=1)
        centred = np.where(known[:, [column]], rows - means[space], 0) * np.sqrt(dim)
        inputs[space] = np.asarray(centred, dtype=np.float32)
    return inputs, known


def _less(known: Mask, dropped: float, rng: np.random.Generator) -> Mask:
    """What is known, some of it taken away at random, but never all."""
    left = known & (rng.random(known.shape) >= dropped)
    nothing = ~left.any(axis=1)
    left[nothing] = known[nothing]
    return left


def _start(
    inputs: Mapping[str, Floats],
    known: Mask,
    targets: Floats,
    told: Rows,
    withheld: Rows,
    dropped: float,
    rng: np.random.Generator,
) -> dict[str, Floats]:
    """Ridge regression on the spaces side by side, of the strength that is best on what is withheld; gates alike."""
    sides = np.repeat(np.arange(len(inputs)), [rows.shape[1] for rows in inputs.values()])
    whole = np.concatenate(list(inputs.values()), axis=1)
    examples = whole[told].astype(np.float64)
    answers = targets[told].astype(np.float64)
    if dropped and len(inputs) > 1:
        examples = np.concatenate([examples, examples * _less(known[told], dropped, rng)[:, sides]])
        answers = np.concatenate([answers, answers])
    gram, moment = examples.T @ examples, examples.T @ answers
    usual = max(float(np.trace(gram)) / len(gram), 1e-9)

    def solved(strength: float) -> Floats:
        penalised = gram.copy()
        penalised[np.diag_indices_from(penalised)] += strength * usual
        return np.asarray(np.linalg.solve(penalised, moment), dtype=np.float32)

    maps = [solved(strength) for strength in _RIDGES]
    best = min(maps, key=lambda one: float(((whole[withheld] @ one - targets[withheld]) ** 2).mean()))
    start = {f"A.{space}": best[sides == n] for n, space in enumerate(inputs)}
    start |= {f"q.{space}": np.zeros(rows.shape[1], np.float32) for space, rows in inputs.items()}
    return {**start, "c": np.zeros(len(inputs), np.float32), "b": np.zeros(targets.shape[1], np.float32)}


class _Net:
    """The same formula in torch."""

    def __init__(self, inputs: Mapping[str, Floats], known: Mask, targets: Floats, start: Mapping[str, Floats]) -> None:
        import torch

        self._torch: Any = torch
        self._inputs = {space: torch.from_numpy(rows) for space, rows in inputs.items()}
        self._known = known
        self._targets = torch.from_numpy(targets)
        self._learned = {
            name: torch.nn.Parameter(torch.from_numpy(np.ascontiguousarray(array))) for name, array in start.items()
        }

    def fit(self, told: Rows, withheld: Rows, dropped: float, rng: np.random.Generator) -> dict[str, Floats]:
        """The state of the least error on what is withheld, the start among them."""
        torch = self._torch
        steps = torch.optim.AdamW(list(self._learned.values()), lr=_RATE, weight_decay=_DECAY)
        least, kept, waited = self._judged(withheld), self._state(), 0
        for _ in range(_EPOCHS):
            for rows in np.array_split(rng.permutation(told), -(-len(told) // _BATCH)):
                loss = self._error(rows, _less(self._known[rows], dropped, rng))
                steps.zero_grad()
                loss.backward()
                steps.step()
            error = self._judged(withheld)
            if error < least:
                least, kept, waited = error, self._state(), 0
            else:
                waited += 1
                if waited >= _PATIENCE:
                    break
        return kept

    def _judged(self, rows: Rows) -> float:
        with self._torch.no_grad():
            return float(self._error(rows, self._known[rows]))

    def _error(self, rows: Rows, known: Mask) -> Any:
        """Mean squared error."""
        torch, learned = self._torch, self._learned
        at, there = torch.from_numpy(rows), torch.from_numpy(known)
        read = {space: whole[at] for space, whole in self._inputs.items()}
        scores = torch.stack([rows @ learned[f"q.{space}"] for space, rows in read.items()], dim=1) + learned["c"]
        gates = torch.softmax(scores.masked_fill(~there, -1e9), dim=1) * there.sum(dim=1, keepdim=True)
        said = [gates[:, [n]] * (rows @ learned[f"A.{space}"]) for n, (space, rows) in enumerate(read.items())]
        return ((torch.stack(said).sum(dim=0) + learned["b"] - self._targets[at]) ** 2).mean()

    def _state(self) -> dict[str, Floats]:
        return {name: value.detach().numpy().copy() for name, value in self._learned.items()}
