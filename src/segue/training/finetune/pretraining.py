"""Continued pre-training on the catalogue's texts: hidden tokens are guessed (masked language model), and as an option
whether a second text follows the first (next sentence; both Devlin et al., "BERT", NAACL 2019).

Of the tokens that are asked for, eight in ten are hidden, one is another word, and one stays. The output weights are
the word vectors themselves; what turns a token's vector into a guess is thrown away afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...errors import InvalidInput
from ...settings import FinetuneSettings
from .encoder import Tuned, batches


class Guesser(nn.Module):
    """From a token's vector to the vector of a word, and from a text's vector to whether the second part follows."""

    def __init__(self, dim: int, words: int) -> None:
        super().__init__()
        self.turn = nn.Sequential(nn.Linear(dim, dim), nn.GELU(), nn.LayerNorm(dim))
        self.bias = nn.Parameter(torch.zeros(words))
        self.follows = nn.Linear(dim, 2)


class PretrainingTask:
    """Batches, loss and validation.

    Args:
        texts: (what is written, what follows it), see `examples.sentences`.
    """

    def __init__(
        self, tuned: Tuned, texts: Sequence[tuple[str, str | None]], wanted: FinetuneSettings, seed: int
    ) -> None:
        self.tuned, self.wanted, self.texts = tuned, wanted, list(texts)
        tokenizer = tuned.sentences.tokenizer
        if tokenizer.mask_token_id is None:
            raise InvalidInput("The text model has no token that hides others, so it cannot be pre-trained further.")
        if len(self.texts) < 4:
            raise InvalidInput(f"There are {len(self.texts)} items with text; expected hundreds. Import items first.")
        self.special = np.array(sorted(tokenizer.all_special_ids))
        self.n_words = len(tokenizer)
        if wanted.next_sentence:
            self.pairs = [n for n, (_, after) in enumerate(self.texts) if after]
            if len(self.pairs) < 4:
                raise InvalidInput(
                    f"{len(self.pairs)} descriptions have two sentences; next_sentence needs hundreds. Set "
                    "finetune.next_sentence to false."
                )
        else:
            self.pairs = []
        whole = [a if b is None else f"{a} {b}" for a, b in self.texts]
        self.tokens = tuned.tokens(whole)
        self.lengths = np.array([len(one["input_ids"]) for one in self.tokens], np.int64)
        order = np.random.default_rng((seed, 17)).permutation(len(self.texts))
        held = max(1, round(wanted.validation_share * len(order)))
        self.held, self.learnt = np.sort(order[:held]), np.sort(order[held:])

    @property
    def passes(self) -> int:
        """Examples in one pass."""
        return min(len(self.learnt), self.wanted.examples)

    def batches(self, rng: np.random.Generator, size: int) -> Iterator[tuple[NDArray[np.int64], np.random.Generator]]:
        rows = rng.permutation(self.learnt)[: self.passes]
        for batch in batches(self.lengths, rows, size, rng):
            yield batch, rng

    def loss(self, batch: tuple[NDArray[np.int64], np.random.Generator]) -> Tensor:
        rows, rng = batch
        return self._masked(rows, rng) + (self._follows(rows, rng) if self.pairs else 0.0) + self.tuned.penalty()

    def _masked(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Tensor:
        inputs = self.tuned.padded([self.tokens[row] for row in rows])
        ids = inputs["input_ids"].cpu().numpy()
        asked = (rng.random(ids.shape) < self.wanted.mask_share) & ~np.isin(ids, self.special)
        asked &= inputs["attention_mask"].cpu().numpy() > 0
        if not asked.any():
            return sum((p.sum() * 0.0 for p in self.tuned.top.parameters()), torch.zeros((), device=self.tuned.device))
        kind = rng.random(ids.shape)
        shown = np.where(asked & (kind < 0.8), self.tuned.sentences.tokenizer.mask_token_id, ids)
        shown = np.where(asked & (kind > 0.9), rng.integers(0, self.n_words, ids.shape), shown)
        _, each = self.tuned.read({**inputs, "input_ids": torch.from_numpy(shown).to(self.tuned.device)})
        at = torch.from_numpy(asked).to(each.device)
        words = self.tuned.sentences[0].model.get_input_embeddings().weight
        guessed = self.tuned.top.turn(each[at]) @ words.T + self.tuned.top.bias  # type: ignore[operator]
        return nn.functional.cross_entropy(guessed, inputs["input_ids"][at])

    def _follows(self, rows: NDArray[np.int64], rng: np.random.Generator) -> Tensor:
        """Half of the pairs as they stand, half with the end of another text."""
        some = [int(row) for row in rows if self.texts[row][1]] or [int(rng.choice(self.pairs))]
        right = rng.random(len(some)) < 0.5
        ends = [row if ok else int(rng.choice(self.pairs)) for row, ok in zip(some, right, strict=True)]
        truth = torch.tensor([int(end == row) for end, row in zip(ends, some, strict=True)], device=self.tuned.device)
        after = [self.texts[end][1] or "" for end in ends]
        vectors, _ = self.tuned.read(self.tuned.padded(self.tuned.tokens([self.texts[r][0] for r in some], after)))
        logits = self.tuned.top.follows(vectors * vectors.shape[1] ** 0.5)  # type: ignore[operator]
        return nn.functional.cross_entropy(logits, truth)

    def validate(self) -> float:
        """The loss over held texts, below zero, with the same tokens hidden each time."""
        rng = np.random.default_rng(23)
        parts = [self.held[at : at + 32] for at in range(0, len(self.held), 32)]
        return -float(np.mean([float(self._masked(part, rng)) for part in parts]))
