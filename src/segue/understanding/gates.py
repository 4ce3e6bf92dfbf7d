"""Learned fusion: gates over text, sound, picture and whatever else is known, trained to foretell the behaviour.

Each space is projected to one width; a gate says how much of each an item's embedding takes: softmax over the spaces
that the item has of a score of the projected vector (gated multimodal units, Arevalo, Solorio, Montes-y-Gómez &
González 2017; attention of one query, Bahdanau 2015). What is learnt from is the collaborative embedding of the items
that people have met: content foretells it, as a new item needs. In training whole modalities are dropped at random
(Neverova et al., "ModDrop", 2016), so that an item that lacks one is no surprise.

torch learns it; what is learnt is a few arrays, and applying them takes numpy alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ..arrays import Floats, Mask, Rows
from ..storage.artifacts import ArtifactFolder

_WIDTH = 64
_EPOCHS = 200
_PATIENCE = 20
_BATCH = 256
_RATE = 3e-3
_DECAY = 1e-2
_WITHHELD = 0.1
_FEWEST = 20
"""Items with a target; below that nothing is learnt."""


@dataclass(frozen=True)
class GatedFusion:
    """e = (Σ g_s h_s) W + b; h_s = tanh((x_s - μ_s) A_s + a_s); g = softmax of h_s·q_s + c_s over the spaces there."""

    spaces: tuple[str, ...]
    means: Mapping[str, Floats]
    """Space → (dim,)."""
    learned: Mapping[str, Floats]
    """``A.SPACE`` (dim, width), ``a.SPACE`` (width,), ``q`` (spaces, width), ``c`` (spaces,), ``W`` (width, targets)
    and ``b`` (targets,)."""

    def gates(self, vectors: Mapping[str, Floats]) -> Floats:
        """(n, spaces) how much each space counts for each item; rows sum to 1, or are 0 where nothing is known."""
        return self._hidden(vectors)[1]

    def apply(self, vectors: Mapping[str, Floats]) -> Floats:
        """(n, targets) the embedding that the content foretells; NaN where nothing is known."""
        hidden, gates = self._hidden(vectors)
        mixed = (hidden * gates.T[:, :, None]).sum(axis=0)
        foretold = mixed @ self.learned["W"] + self.learned["b"]
        foretold[gates.sum(axis=1) == 0] = np.nan
        return np.asarray(foretold, dtype=np.float32)

    def _hidden(self, vectors: Mapping[str, Floats]) -> tuple[Floats, Floats]:
        """(spaces, n, width) and the gates."""
        inputs, known = _prepared(vectors, self.spaces, self.means)
        hidden = np.stack(
            [np.tanh(inputs[space] @ self.learned[f"A.{space}"] + self.learned[f"a.{space}"]) for space in self.spaces]
        )
        scores = np.einsum("snw,sw->ns", hidden, self.learned["q"]) + self.learned["c"]
        scores = np.where(known, scores, -np.inf)
        top = scores.max(axis=1, keepdims=True)
        weights = np.where(known, np.exp(scores - np.where(np.isfinite(top), top, 0)), 0)
        return hidden, np.asarray(weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12), dtype=np.float32)

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
        names = [f"{letter}.{space}" for space in spaces for letter in "Aa"] + ["q", "c", "W", "b"]
        return cls(
            spaces,
            {space: folder.read(f"mean.{space}", mapped=False) for space in spaces},
            {name: folder.read(f"learned.{name}", mapped=False) for name in names},
        )


def learn_gates(
    vectors: Mapping[str, Floats], targets: Floats, seed: int, dropped: float = 0.3, width: int = _WIDTH
) -> GatedFusion | None:
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
    shuffled = rng.permutation(able)
    withheld, told = np.split(shuffled, [max(1, round(len(able) * _WITHHELD))])
    centre = targets[told].mean(axis=0)
    size = max(float((targets[told] - centre).std()), 1e-9)
    net = _Net(inputs, known, (targets - centre) / size, spaces, width, seed)
    best = net.fit(told, withheld, dropped, rng)
    best["W"], best["b"] = best["W"] * np.float32(size), (best["b"] * size + centre).astype(np.float32)
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


class _Net:
    """The same formula in torch."""

    def __init__(
        self, inputs: Mapping[str, Floats], known: Mask, targets: Floats, spaces: Sequence[str], width: int, seed: int
    ) -> None:
        import torch

        rng = np.random.default_rng(seed)
        self._torch: Any = torch
        self._spaces = spaces
        self._inputs = {space: torch.from_numpy(rows) for space, rows in inputs.items()}
        self._known = torch.from_numpy(known)
        self._targets = torch.from_numpy(np.nan_to_num(targets).astype(np.float32))

        def weights(*shape: int) -> Any:
            drawn = rng.standard_normal(shape).astype(np.float32) / np.sqrt(shape[0])
            return torch.nn.Parameter(torch.from_numpy(np.asarray(drawn, dtype=np.float32)))

        self._learned = {f"A.{space}": weights(rows.shape[1], width) for space, rows in inputs.items()}
        self._learned["W"] = weights(width, targets.shape[1])
        for name, shape in (
            *((f"a.{space}", (width,)) for space in spaces),
            ("q", (len(spaces), width)),
            ("c", (len(spaces),)),
            ("b", (targets.shape[1],)),
        ):
            self._learned[name] = torch.nn.Parameter(torch.zeros(shape))

    def fit(self, told: Rows, withheld: Rows, dropped: float, rng: np.random.Generator) -> dict[str, Floats]:
        """The state of the least error on what is withheld."""
        torch = self._torch
        steps = torch.optim.AdamW(list(self._learned.values()), lr=_RATE, weight_decay=_DECAY)
        least, kept, waited = np.inf, self._state(), 0
        for _ in range(_EPOCHS):
            for rows in np.array_split(rng.permutation(told), -(-len(told) // _BATCH)):
                loss = self._error(rows, self._some(rows, dropped, rng))
                steps.zero_grad()
                loss.backward()
                steps.step()
            with torch.no_grad():
                error = float(self._error(withheld, self._known[torch.from_numpy(withheld)]))
            if error < least:
                least, kept, waited = error, self._state(), 0
            else:
                waited += 1
                if waited >= _PATIENCE:
                    break
        return kept

    def _some(self, rows: Rows, dropped: float, rng: np.random.Generator) -> Any:
        """What is there of these items, some of it taken away, but never all."""
        known = self._known[self._torch.from_numpy(rows)].numpy()
        left = known & (rng.random(known.shape) >= dropped)
        nothing = ~left.any(axis=1)
        left[nothing] = known[nothing]
        return self._torch.from_numpy(left)

    def _error(self, rows: Rows, known: Any) -> Any:
        """Mean squared error."""
        torch, learned = self._torch, self._learned
        at = torch.from_numpy(rows)
        hidden = torch.stack(
            [torch.tanh(self._inputs[s][at] @ learned[f"A.{s}"] + learned[f"a.{s}"]) for s in self._spaces]
        )
        scores = torch.einsum("snw,sw->ns", hidden, learned["q"]) + learned["c"]
        gates = torch.softmax(scores.masked_fill(~known, -1e9), dim=1)
        mixed = (hidden * gates.T[:, :, None]).sum(dim=0)
        return ((mixed @ learned["W"] + learned["b"] - self._targets[at]) ** 2).mean()

    def _state(self) -> dict[str, Floats]:
        return {name: value.detach().numpy().copy() for name, value in self._learned.items()}
