"""A film's vector from the vectors of its shots, such that their order counts and not only their average.

Fixed pooling needs no training: the mean of the shots, the second half less the first, and the mean step from shot to
shot. Where a catalogue has enough films, a small network learns on it instead, without labels: a gated recurrent unit
(Cho et al. 2014) reads the shots, and an attention over its states (Bahdanau et al. 2015) pools them. Two views of a
film, crops of it with some shots left out, must find each other among the views of other films (InfoNCE, van den Oord
et al. 2018), and among shuffled copies of themselves, which average the same: after Misra et al. 2016, who verify
order, and Dave et al. 2022, who contrast it. Where enough films have words beside them, they teach as well: a view,
through a linear projection, must find the words of its own film among those of the others, and these the view, as in
`align` (after Radford et al. 2021). The projection is not kept; `align` learns its own from the vectors that serve.

What is stored of an item depends on that item alone; what is learnt on the catalogue is applied on top of it, as
`fuse.serving_projection` is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ..arrays import Floats, unit_rows
from ..storage.artifacts import ArtifactFolder
from .align import SAME

if TYPE_CHECKING:
    import torch

ENOUGH = 200
"""Films of at least `LEAST` shots below which nothing is learnt."""
LEAST = 4
TOLD = 30
"""Of those, films with words, below which the words teach nothing: as many as `align` wants."""
WORDS_WEIGHT = 1.0
"""Of the loss against the words, beside 1 for that of the views. On films made of real shots, .25 to 2 differ by less
than other seeds do; none costs anything of the order of shots (docs/log.md)."""
_INPUT, _HIDDEN, _DIM = 48, 64, 64
_STEPS, _BATCH, _RATE, _TEMPERATURE = 600, 64, 2e-3, 0.1
AT_ONCE = 512
"""Films read together."""


@dataclass(frozen=True)
class Temporal:
    """Turns the shots of films into vectors.

    ``weights`` None: fixed pooling. ``mean`` is taken off every shot first, so that what all films share says nothing;
    then it is brought to its leading directions, where enough was seen to know them.
    """

    mean: Floats
    """(shot dim,)"""
    basis: Floats | None = None
    """(shot dim, input) orthogonal columns through which the shots are read; None: as they are."""
    weights: Mapping[str, Floats] | None = None
    """The network's parameters by name."""

    @property
    def dim(self) -> int:
        """Length of the vectors."""
        if self.weights is not None:
            return _DIM
        return 3 * (len(self.mean) if self.basis is None else self.basis.shape[1])

    def apply(self, films: Sequence[Floats]) -> Floats:
        """(n, dim) float32 unit rows; each film is (shots, shot dim) unit rows in their order."""
        if not films:
            return np.zeros((0, self.dim), np.float32)
        if self.weights is None:
            rows = np.stack([_pooled(self._input(film)) for film in films])
        else:
            rows = np.concatenate(
                [self._read(films[start : start + AT_ONCE]) for start in range(0, len(films), AT_ONCE)]
            )
        return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), dtype=np.float32)

    def _input(self, film: Floats) -> Floats:
        centred = film - self.mean
        return np.asarray(centred if self.basis is None else centred @ self.basis, dtype=np.float32)

    def _read(self, films: Sequence[Floats]) -> Floats:
        import torch

        with torch.inference_mode():
            shots, mask = _padded([self._input(film) for film in films])
            return np.asarray(self._reader(shots, mask).numpy(), dtype=np.float32)

    @cached_property
    def _reader(self) -> Any:
        import torch

        assert self.weights is not None
        network = _network()
        network.load_state_dict({name: torch.from_numpy(np.array(w)) for name, w in self.weights.items()})
        return network.eval()

    def save(self, folder: ArtifactFolder) -> None:
        """Write arrays and JSON."""
        weights = self.weights or {}
        folder.write_json("temporal", {"weights": list(weights), "reduced": self.basis is not None})
        folder.write("mean", self.mean)
        if self.basis is not None:
            folder.write("basis", self.basis)
        for name, weight in weights.items():
            folder.write(f"weight.{name}", weight)

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        """Read what `save` wrote."""
        stated = folder.read_json("temporal")
        names = stated["weights"]
        return cls(
            folder.read("mean", mapped=False),
            folder.read("basis", mapped=False) if stated["reduced"] else None,
            {name: folder.read(f"weight.{name}", mapped=False) for name in names} or None,
        )

    @cached_property
    def digest(self) -> str:
        """Equal for two that turn the same shots into the same vector."""
        arrays = [self.mean, *([] if self.basis is None else [self.basis]), *(self.weights or {}).values()]
        return hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)).hexdigest()


def fit(
    films: Sequence[Floats],
    *,
    words: Floats | None = None,
    learn: bool = True,
    steps: int = _STEPS,
    seed: int = 7,
) -> Temporal:
    """A pooling for these films: learnt where there are `ENOUGH` of them, else fixed. Repeatable on one machine.

    Args:
        films: (shots, shot dim) unit rows in their order, each.
        words: (films, words dim) vectors of what is written about each; NaN where nothing is. None: of none.
        learn: False: fixed in any case.
        steps: batches learnt from.
    """
    if not films:
        return Temporal(np.zeros(0, np.float32))
    shots = np.concatenate(films)
    # The mean of a handful of films is the films themselves: taking it off would leave noise.
    enough = len(films) >= 20
    mean = np.asarray(shots.mean(axis=0) if enough else np.zeros(shots.shape[1]), dtype=np.float32)
    basis = _directions(shots - mean) if len(shots) >= 4 * _INPUT else None
    long = [row for row, film in enumerate(films) if len(film) >= LEAST]
    if not learn or basis is None or len(long) < ENOUGH:
        return Temporal(mean, basis)
    told = None if words is None else _told(words[long])
    return Temporal(mean, basis, _learnt([np.asarray((films[row] - mean) @ basis) for row in long], told, steps, seed))


def _directions(centred: Floats) -> Floats:
    """(shot dim, input) leading principal directions, scaled to a mean variance of 1; zeros beyond the last."""
    sample = centred[:: -(-len(centred) // 50_000)].astype(np.float64)
    _, directions = np.linalg.eigh(sample.T @ sample)
    basis = directions[:, ::-1][:, :_INPUT]
    basis = basis * np.sign(basis[np.abs(basis).argmax(axis=0), np.arange(basis.shape[1])])
    basis = basis / max(float((sample @ basis).std()), 1e-6)
    return np.pad(basis, ((0, 0), (0, _INPUT - basis.shape[1]))).astype(np.float32)


def extend(pictures: Floats, courses: Floats, share: float) -> Floats:
    """(n, dim + course dim): what a film looks like beside how it goes on.

    The cosine of two films is the weighted mean of both cosines, with ``share`` for the second; that of a film and a
    still is the first alone, scaled by √(1 - share).

    Args:
        pictures: (n, dim) unit rows; NaN where there is none.
        courses: (n, course dim) unit rows; NaN where the item has no shots.
    """
    here = np.isfinite(courses[:, :1]) if courses.shape[1] else np.zeros((len(pictures), 1), bool)
    look = pictures * np.where(here, np.sqrt(1 - share), 1.0)
    return np.concatenate([look, np.where(here, courses, 0) * np.sqrt(share)], axis=1).astype(np.float32)


def _pooled(film: Floats) -> Floats:
    """(3 · dim,) mean, second half less first, mean absolute step; each block at most as long as the first."""
    half = (len(film) + 1) // 2
    turn = film[len(film) // 2 :].mean(axis=0) - film[:half].mean(axis=0)
    step = np.abs(np.diff(film, axis=0)).mean(axis=0) if len(film) > 1 else np.zeros(film.shape[1])
    return np.concatenate([film.mean(axis=0), 0.5 * turn, 0.5 * step]).astype(np.float32)


def _network() -> torch.nn.Module:
    import torch

    class Reader(torch.nn.Module):
        """Shots (n, longest, input), and which there are (n, longest) → (n, dim) unit rows."""

        def __init__(self) -> None:
            super().__init__()
            self.gru = torch.nn.GRU(_INPUT, _HIDDEN, batch_first=True)
            self.attend = torch.nn.Linear(_HIDDEN, 1)
            self.out = torch.nn.Linear(2 * _HIDDEN + _INPUT, _DIM)

        def forward(self, shots: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            states, _ = self.gru(shots)
            lengths = mask.sum(dim=1)
            last = states[torch.arange(len(states)), lengths - 1]
            weight = self.attend(states).squeeze(2).masked_fill(~mask, -1e9).softmax(dim=1)
            pooled = (weight.unsqueeze(2) * states).sum(dim=1)
            mean = (shots * mask.unsqueeze(2)).sum(dim=1) / lengths.unsqueeze(1)
            out: torch.Tensor = self.out(torch.cat([last, pooled, mean], dim=1))
            return torch.nn.functional.normalize(out, dim=1)

    return Reader()


def _told(words: Floats) -> Floats | None:
    """The vectors of the words less their mean, at length 1, NaN where there are none; None where too few have some."""
    known = np.isfinite(words).all(axis=1)
    return unit_rows(words - words[known].mean(axis=0)) if known.sum() >= TOLD else None


def _learnt(films: Sequence[Floats], words: Floats | None, steps: int, seed: int) -> dict[str, Floats]:
    import torch

    rng = np.random.default_rng(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = _network()
        parameters = list(network.parameters())
        if words is not None:
            to_words = torch.nn.Linear(_DIM, words.shape[1], bias=False)
            parameters += to_words.parameters()
        optimizer = torch.optim.AdamW(parameters, lr=_RATE, weight_decay=1e-3)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps)
        for _ in range(steps):
            chosen = rng.choice(len(films), min(_BATCH, len(films)), replace=False)
            one, other = ([_view(films[n], rng) for n in chosen] for _ in range(2))
            mixed = [view[_another_order(len(view), rng)] for view in other]
            shots, mask = _padded([*one, *other, *mixed])
            found = network(shots, mask).chunk(3)
            target = torch.arange(len(chosen))
            loss = torch.zeros(())
            for anchor, positive in ((0, 1), (1, 0)):
                near = found[anchor] @ torch.cat([found[positive], found[2]]).T / _TEMPERATURE
                loss = loss + torch.nn.functional.cross_entropy(near, target)
            if words is not None:
                said = torch.from_numpy(words[chosen])
                loss = loss + WORDS_WEIGHT * sum(_apart(to_words(view), said) for view in found[:2])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
        return {name: w.detach().numpy().copy() for name, w in network.state_dict().items()}


def _apart(shown: torch.Tensor, said: torch.Tensor) -> torch.Tensor:
    """The symmetric contrastive loss of what films show, (n, words dim), against what is said of them, (n, words dim)
    unit rows or NaN; of the films that share their words, each is right. Zero where fewer than two have words."""
    import torch
    from torch.nn.functional import cross_entropy, normalize

    known = torch.isfinite(said).all(dim=1)
    if known.sum() < 2:
        return torch.zeros(())
    shown, said = normalize(shown[known], dim=1), said[known]
    right = (said @ said.T > SAME).float()
    right = right / right.sum(dim=1, keepdim=True)
    likeness = shown @ said.T / _TEMPERATURE
    return (cross_entropy(likeness, right) + cross_entropy(likeness.T, right)) / 2


def _view(film: Floats, rng: np.random.Generator) -> Floats:
    """A crop of at least half of the film, some shots left out, each a little changed."""
    length = int(rng.integers(max(2, (len(film) + 1) // 2), len(film) + 1))
    start = int(rng.integers(0, len(film) - length + 1))
    crop = film[start : start + length]
    keep = rng.random(length) > 0.15
    crop = crop[keep] if keep.sum() >= 2 else crop
    return crop + rng.normal(scale=0.1, size=crop.shape).astype(np.float32)


def _another_order(length: int, rng: np.random.Generator) -> Any:
    """Backwards, or shuffled."""
    order = np.arange(length)[::-1] if rng.random() < 0.5 else rng.permutation(length)
    return order if (order != np.arange(length)).any() else np.arange(length)[::-1]


def _padded(films: Sequence[Floats]) -> tuple[torch.Tensor, torch.Tensor]:
    import torch

    lengths = torch.tensor([len(film) for film in films])
    shots = torch.nn.utils.rnn.pad_sequence(
        [torch.from_numpy(np.ascontiguousarray(film, dtype=np.float32)) for film in films], batch_first=True
    )
    return shots, torch.arange(shots.shape[1])[None, :] < lengths[:, None]
