"""Which models `segue train --recipe best` tries: one table of rules about the size of the data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..dataset import Dataset
from ..models.ease import EASEConfig
from ..models.sequences import WHOLE_CATALOGUE
from ..models.weighting import training_matrix
from ..threads import n_threads


@dataclass(frozen=True)
class Size:
    """What a log is like, as far as the choice of models depends on it."""

    items: int
    """With at least one positive event."""
    people: int
    """With at least one positive event."""
    events: int
    """Different pairs of a person and an item that the person likes."""
    history: float
    """Median number of different liked items of a person."""
    times: bool
    """Whether every event states its time."""
    spaces: tuple[str, ...]
    """Content spaces in which items have vectors."""
    gpu: bool
    cores: int

    @classmethod
    def of(cls, dataset: Dataset, device: str) -> Size:
        """Of a dataset on this machine; ``device`` as in `TrainOptions`."""
        liked = training_matrix(dataset)
        own = np.diff(liked.indptr)
        return cls(
            items=len(np.unique(liked.indices)),
            people=int(np.count_nonzero(own)),
            events=liked.nnz,
            history=float(np.median(own[own > 0])) if own.any() else 0.0,
            times=dataset.has_times,
            spaces=tuple(dataset.vectors),
            gpu=_gpu(device),
            cores=n_threads(0),
        )

    def words(self) -> str:
        """One line for a person."""
        return (
            f"{self.items:,} items, {self.people:,} people, {self.events:,} likes, median history {self.history:g}, "
            f"{'with' if self.times else 'without'} times, content vectors: {', '.join(self.spaces) or 'none'}, "
            f"{'a GPU' if self.gpu else 'no GPU'}, {self.cores} core{'s' if self.cores != 1 else ''}"
        )


@dataclass(frozen=True)
class Rule:
    """When a model is worth a try."""

    model: str
    when: str
    """`holds` in words, as the report says it."""
    holds: Callable[[Size], bool]
    minutes: Callable[[Size], float]
    """About how long one fit takes."""


def _always(_: Size) -> bool:
    return True


def _moments(_: Size) -> float:
    return 0.1


def _per_million(minutes: float) -> Callable[[Size], float]:
    """Minutes for each million likes."""
    return lambda s: s.events / 1e6 * minutes


def _regressions(s: Size) -> float:
    """The inverse of a matrix of items by items; beyond what is dense, a regression an item."""
    return (s.items / 1e4) ** 3 if s.items <= EASEConfig().max_dense_items else s.items / 1e5 * 2


def _content_regressions(s: Size) -> float:
    """EASE, and a kernel of items by landmarks."""
    return _regressions(s) + 0.5 + s.items / 1e5


def _network(cpu: float, gpu: float) -> Callable[[Size], float]:
    """Minutes of a network that takes ``cpu`` (on two cores) or ``gpu`` minutes for a million likes of 3,400 items.

    About half of the work goes over all items there, until there are so many that only a part of them is compared.
    """
    return lambda s: (
        (s.events / 1e6) * (0.5 + min(s.items, WHOLE_CATALOGUE) / 6800) * (gpu if s.gpu else cpu * 2 / s.cores)
    )


def _autoencoder(s: Size) -> float:
    """Everybody's row over all items."""
    return s.people / 1e4 * s.items / 1e4 * (0.5 if s.gpu else 10 * 2 / s.cores)


def _graph(s: Size) -> float:
    """Every step spreads over the whole graph, so the work grows with the square of the events."""
    return _network(2, 0.2)(s) * max(1.0, s.events / 1e6) + s.items / 1e4


RULES: tuple[Rule, ...] = (
    Rule("popular_all", "always", _always, _moments),
    Rule("popular_recent", "always: nothing may be below it", _always, _moments),
    Rule("item_knn", "always", _always, _per_million(0.1)),
    Rule("user_knn", "at most 100,000 people", lambda s: s.people <= 100_000, _per_million(0.1)),
    Rule("als", "always", _always, _per_million(0.2)),
    Rule("bpr", "at most 5 million likes", lambda s: s.events <= 5_000_000, _per_million(0.3)),
    Rule("ease", f"always; dense up to {EASEConfig().max_dense_items:,} items, sparse beyond", _always, _regressions),
    Rule("vae", "500 people or more", lambda s: s.people >= 500, _autoencoder),
    Rule("graph", "1,000 likes or more", lambda s: s.events >= 1000, _graph),
    Rule("sequential", "a median history of 3 or more", lambda s: s.history >= 3, _network(25, 1)),
    Rule("gru", "a median history of 3 or more", lambda s: s.history >= 3, _network(20, 3)),
    Rule("bert4rec", "a median history of 5 or more, and a GPU", lambda s: s.history >= 5 and s.gpu, _network(90, 6)),
    Rule(
        "generative",
        "content vectors, a median history of 3 or more, and a GPU",
        lambda s: "mixed" in s.spaces and s.history >= 3 and s.gpu,
        _network(120, 6),
    ),
    Rule("text_recommender", "vectors of the words", lambda s: "text" in s.spaces, _network(10, 0.5)),
    Rule("content_cf", "vectors of the words", lambda s: "text" in s.spaces, _content_regressions),
    Rule("content", "content vectors", lambda s: "mixed" in s.spaces, _moments),
    Rule("content_text", "vectors of the words", lambda s: "text" in s.spaces, _moments),
    Rule("content_audio", "vectors of the sound", lambda s: "audio" in s.spaces, _moments),
    Rule("content_picture", "vectors of the pictures", lambda s: "picture" in s.spaces, _moments),
)
"""The table. A model that it does not name is tried only where ``[train] tries`` names it."""


def contenders(size: Size, minutes: float) -> tuple[tuple[str, ...], dict[str, str]]:
    """The models to try, and why each of the others is not.

    Args:
        minutes: the most that one fit may be expected to take.
    """
    left_out: dict[str, str] = {}
    for rule in RULES:
        if not rule.holds(size):
            left_out[rule.model] = f"not tried: wants {rule.when}"
        elif rule.minutes(size) > minutes:
            left_out[rule.model] = (
                f"not tried: would take about {rule.minutes(size):.0f} min, more than [train] minutes = {minutes:g}"
            )
    return tuple(rule.model for rule in RULES if rule.model not in left_out), left_out


def _gpu(device: str) -> bool:
    """Whether networks are trained on a GPU; torch is asked only where it matters."""
    if device != "auto":
        return device != "cpu"
    import torch

    return bool(torch.cuda.is_available())
