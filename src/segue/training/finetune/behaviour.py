"""Behaviour: the titles that a person liked, read as one text, ask for the item that came next.

Two towers of one encoder. The other items of the batch are the wrong answers; since they come as often as they are
popular, each logit is lowered by log q, q the item's share of all answers (Yi et al., "Sampling-bias-corrected neural
modeling", RecSys 2019). An item that is the answer of several people in the batch is no wrong answer.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...dataset import Dataset
from ...errors import InvalidInput
from ...settings import FinetuneSettings
from ...understanding.encoders.text import item_text
from .encoder import Tuned, batches

_JUDGED = 500
"""Held answers that the validation ranks among each other."""


class BehaviourTask:
    """Batches, loss and validation.

    Args:
        dataset: what was liked, in order. Events at or after ``until`` are the business of evaluation.
    """

    def __init__(self, tuned: Tuned, dataset: Dataset, wanted: FinetuneSettings, seed: int) -> None:
        self.tuned, self.wanted, self.dataset = tuned, wanted, dataset
        titles = [(item.title or "").strip() if item else "" for item in dataset.catalogue.items]
        texts = [item_text(item) if item else "" for item in dataset.catalogue.items]
        liked = dataset.only(dataset.positive & np.array([bool(t) for t in texts] or [False])[dataset.items])
        place = np.arange(len(liked)) - liked.offsets[liked.users]
        asked = np.flatnonzero(place > 0)
        if len(asked) < 4:
            raise InvalidInput(
                f"There are {len(asked)} events with a liked history before them; expected hundreds. Import events, "
                "or fine-tune on labels (`segue finetune genre`)."
            )
        self.liked, self.titles, self.place = liked, titles, place
        people = np.unique(liked.users[asked])
        held = np.random.default_rng((seed, 13)).permutation(people)
        held = held[: max(1, round(wanted.validation_share * len(people)))]
        inside = np.isin(liked.users[asked], held)
        self.learnt = asked[~inside] if not inside.all() else asked
        last = np.append(liked.users[1:] != liked.users[:-1], True)
        self.held = asked[inside & last[asked]][:_JUDGED]
        share = np.bincount(liked.items[self.learnt], minlength=dataset.n_items) / len(self.learnt)
        self.log_q = np.log(np.maximum(share, 1e-9)).astype(np.float32)
        self.item_tokens = tuned.tokens(texts)

    @property
    def passes(self) -> int:
        """Examples in one pass."""
        return min(len(self.learnt), self.wanted.examples)

    def read_of(self, event: int) -> str:
        """The titles liked before an event, newest first, each once."""
        before = self.liked.items[event - self.place[event] : event][::-1].tolist()
        named = dict.fromkeys(self.titles[row] for row in before if self.titles[row])
        return ". ".join(list(named)[: self.wanted.history])

    def batches(self, rng: np.random.Generator, size: int) -> Iterator[NDArray[np.int64]]:
        rows = rng.permutation(self.learnt)[: self.passes]
        lengths = np.minimum(self.place, self.wanted.history).astype(np.int64)
        yield from batches(lengths, rows, size, rng)

    def loss(self, rows: NDArray[np.int64]) -> Tensor:
        items = self.liked.items[rows]
        logits = self._towers(rows, items) / self.wanted.temperature
        logits = logits - torch.from_numpy(self.log_q[items]).to(logits.device)
        same = torch.from_numpy((items[:, None] == items) & ~np.eye(len(items), dtype=bool)).to(logits.device)
        logits = logits.masked_fill(same, -torch.inf)
        return nn.functional.cross_entropy(logits, torch.arange(len(rows), device=logits.device)) + self.tuned.penalty()

    def _towers(self, rows: NDArray[np.int64], items: NDArray[np.int32]) -> Tensor:
        people = self.tuned.embed(self.tuned.tokens([self.read_of(int(row)) for row in rows]))
        return people @ self.tuned.embed([self.item_tokens[int(i)] for i in items]).T

    def validate(self) -> float:
        """Mean reciprocal rank of the held answers among each other's items."""
        items, own = np.unique(self.liked.items[self.held], return_inverse=True)
        vectors = self.tuned.embed_all([self.item_tokens[int(i)] for i in items])
        people = self.tuned.embed_all(self.tuned.tokens([self.read_of(int(row)) for row in self.held]))
        scores = people @ vectors.T
        right = scores[np.arange(len(own)), own]
        ahead = (scores > right[:, None]).sum(axis=1) + ((scores == right[:, None]).sum(axis=1) - 1) / 2
        return float((1 / (1 + ahead)).mean())
