"""Generative: an item is a short code, and a decoder says the code of what comes next, number by number.

Codes as in TIGER (Rajput et al., "Recommender Systems with Generative Retrieval", NeurIPS 2023), from content and from
behaviour; one place in the history an event, and the numbers of a code by a small decoder over its levels as in
RQ-Transformer (Lee et al., "Autoregressive Image Generation using Residual Quantization", CVPR 2022). Only numbers that
lead to an item share in the probability, so that all items together have probability 1 (Morin and Bengio, "Hierarchical
Probabilistic Neural Network Language Model", AISTATS 2005).

No step of the training looks at the whole catalogue, and an item that comes later has a score as soon as it has a code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from ..arrays import Floats, Mask, Rows
from ..dataset import Dataset, History
from ..errors import InvalidInput
from ..storage.artifacts import ArtifactFolder
from ..threads import blas_threads
from ..understanding.code_trie import Trie
from ..understanding.semantic_ids import JointSpace, SemanticIds
from .base import Model, ModelConfig, TrainOptions
from .cooccurrence import together
from .dropout import Dropout
from .loop import autocast
from .sequence_model import Events, ItemVectors, Network, SequenceModel
from .sequential import Attentive, SequentialConfig

_BLOCK = 8_000_000
"""Scores of nodes held at once."""


class GenerativeConfig(SequentialConfig):
    """Settings of ``generative``."""

    items: Literal["ids", "both"] = "both"
    """What codes are made of: what people did, or that and the content (`space`). With content, items that nobody has
    met are scored too."""
    loss: Literal["cross_entropy"] = "cross_entropy"
    """Over the numbers that may follow, at each level."""
    levels: Annotated[int, Field(ge=1)] = 3
    """Words in a code; one more number tells items of equal words apart."""
    codebook_size: Annotated[int, Field(ge=2)] = 256
    """Words to choose from at each level."""
    behaviour_share: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Of behaviour, against content, in how alike two items are to the codes."""
    behaviour_dim: Annotated[int, Field(ge=1)] = 64
    """Length of the vectors that say which items follow each other."""
    reach: Annotated[int, Field(ge=1)] = 3
    """Events further apart than this do not make their items alike; nearer ones do by 1 / distance."""
    own_rows: bool = True
    """Whether events are read by a learnt row of their item beside its code."""
    beams: Annotated[int, Field(ge=1)] = 50
    """Beginnings of codes that `Generative.generate` keeps."""


class Generative(SequenceModel):
    """Scores log P(code of i | history), exactly, for every item with a code."""

    name: ClassVar[str] = "generative"
    Config: ClassVar[type[ModelConfig]] = GenerativeConfig
    config: GenerativeConfig
    _network: Spelling | None

    def __init__(self, config: ModelConfig | None = None) -> None:
        super().__init__(config)
        self.ids: SemanticIds | None = None
        """The codes of all items, once trained."""
        self._joint: JointSpace | None = None

    def network(self, n_items: int, content: Tensor | None) -> Network:
        assert self.ids is not None
        return Spelling(self.config, self.ids.codes)

    @property
    def scores_unmet(self) -> bool:
        return self._joint is not None

    # Codes

    def _prepare(self, dataset: Dataset, options: TrainOptions) -> None:
        config = self.config
        vectors = together(dataset, config.reach, config.behaviour_dim, options.seed)
        content = dataset.vectors.get(config.space)
        self._joint = None
        if config.items == "both":
            if content is None:
                options.warn(
                    f"There are no content vectors {config.space!r}, so the codes of 'generative' are made of what "
                    "people did alone, and items that nobody has met have none. `segue understand` makes vectors."
                )
            else:
                self._joint = JointSpace.fit(content, vectors, config.behaviour_share)
                vectors = self._joint.apply(content, vectors)
        self._code(SemanticIds.fit(vectors, config.levels, config.codebook_size, options.seed))

    def _code(self, ids: SemanticIds) -> None:
        self.ids, self._trie = ids, Trie(ids.codes)
        self._known = ids.codes[:, 0] >= 0

    def _content(self, vectors: Mapping[str, Floats]) -> Tensor | None:
        return None  # content is in the codes

    def with_vectors(self, vectors: Mapping[str, Floats]) -> Model:
        """The model with codes for the items below those of the training.

        Raises:
            InvalidInput: the vectors have another length than those of the training.
        """
        further = vectors.get(self.config.space, np.zeros((0, 0), np.float32))[self.n_items :]
        if self._joint is None or self.ids is None or self._network is None or not self.curve or not len(further):
            return self
        self._check_dimensions(self.config.space, further.shape[1], len(self._joint.means[0]))
        wider = type(self)(self.config)
        wider.curve, wider._joint = self.curve, self._joint
        ids = self.ids.extended(self._joint.apply(further))
        wider._code(ids)
        wider._network = Spelling(self.config, ids.codes)
        learnt = self._network.state_dict()
        rows = "vectors.ids.weight"
        if rows in learnt:
            learnt[rows] = functional.pad(learnt[rows], (0, 0, 0, len(further)))
        wider._network.load_state_dict(learnt)
        wider._network.eval()
        wider._hold(self._where)
        return wider

    # Learning

    def _loss(self, events: Events, dtype: torch.dtype) -> Tensor:
        network = self._network
        assert network is not None
        told = Events(*(getattr(events, c)[:, :-1] for c in Events.__dataclass_fields__))
        rows, places = told.items.unique(return_inverse=True)  # type: ignore[no-untyped-call]
        with autocast(dtype, rows.device):
            states = network.states(replace(told, items=places), network.vectors.table(rows)).float()
        asked = events.filled[:, 1:] & (events.weights[:, 1:] > 0)
        weights = events.weights[:, 1:][asked].clamp(max=1)
        codes = network.vectors.codes[events.items[:, 1:][asked]]
        return network.decoder.loss(states[asked], codes, weights, network.vectors.words, self._trie)

    # Scoring

    @torch.inference_mode()
    def _hold(self, where: torch.device) -> None:
        super()._hold(where)
        assert self._network is not None
        self._levels = _levels(self._network, self._trie, where)

    def score(self, history: History) -> Floats:
        with blas_threads(1):
            scores: Floats = self.score_many([history])[0]
        return scores

    def score_many(self, histories: Sequence[History]) -> Floats:
        scores = np.full((len(histories), self.n_items), np.nan, np.float32)
        people = self.people(histories)
        spoken = np.flatnonzero(np.isfinite(people[:, 0])) if self.n_items else np.zeros(0, np.int64)
        items = self._trie.items(np.arange(self._known.sum(), dtype=np.int32)) if len(spoken) else None
        step = max(1, _BLOCK // max(self.n_items, 1))
        for begin in range(0, len(spoken), step):
            rows = spoken[begin : begin + step]
            likely = np.zeros((len(rows), 1), np.float32)
            for level in self._levels:
                likely = level(people[rows], likely)
            scores[rows[:, None], items] = likely
        return scores

    @torch.inference_mode()
    def generate(self, history: History, k: int, permitted: Mask | None = None) -> tuple[Rows, Floats]:
        """The likeliest items, by beam search over codes: the cost does not grow with the catalogue.

        Args:
            k: items wanted; the beam is at least as wide.
            permitted: (n_items,) the only items that may come out; None: all.

        Returns:
            Up to k rows, likeliest first, and log P of each, which is its `score`; no row for a history that says
            nothing.

        Raises:
            InvalidInput: ``permitted`` is not about the items of this model.
        """
        if permitted is not None and permitted.shape != (self.n_items,):
            raise InvalidInput(
                f"generate() needs to know of each of {self.n_items} items whether it is permitted, got an array of "
                f"shape {permitted.shape}."
            )
        state = self.people([history])
        if self._network is None or not np.isfinite(state[0, 0]):
            return np.zeros(0, np.int32), np.zeros(0, np.float32)
        network, size = self._network, self.config.codebook_size
        told = torch.from_numpy(state).to(self._where)
        ways = self._trie if permitted is None else self._trie.only(permitted)
        nodes, likely = np.zeros(1, np.int32), torch.zeros(1, device=self._where)
        said = torch.zeros_like(told)
        for depth, words in enumerate(network.vectors.words):
            logits = network.decoder.logits(depth, told.expand(len(said), -1), said, words)
            exists, open_ = (
                torch.from_numpy(t.allowed(depth, nodes, size)).to(self._where) for t in (self._trie, ways)
            )
            logits = logits.masked_fill(~exists, float("-inf")).log_softmax(1) + likely[:, None]
            logits = logits.masked_fill(~open_, float("-inf")).flatten()
            likely, best = logits.topk(min(max(self.config.beams, k), int(open_.sum())))
            beam, number = best // size, best % size
            nodes = ways.step(depth, nodes[beam.cpu().numpy()], number.cpu().numpy())
            said = said[beam] + words[number]
        return self._trie.items(nodes)[:k], likely.cpu().numpy()[:k]

    # Keeping

    def save(self, folder: ArtifactFolder) -> None:
        super().save(folder)
        if self.ids is not None:
            self.ids.save(folder.child("ids"))
        if self._joint is not None:
            self._joint.save(folder.child("joint"))

    def _restore(self, folder: ArtifactFolder) -> None:
        if (folder.path / "ids").exists():
            self._code(SemanticIds.load(folder.child("ids")))
        if (folder.path / "joint").exists():
            self._joint = JointSpace.load(folder.child("joint"))


class CodeVectors(ItemVectors):
    """An item's vector is the sum of the words of its code, and a row of its own where there is one."""

    def __init__(self, config: GenerativeConfig, codes: Rows) -> None:
        super().__init__(config.model_copy(update={"items": "ids" if config.own_rows else "content"}), len(codes), None)
        if self.ids is not None:
            nn.init.zeros_(self.ids.weight)  # also what an item has that comes later
        self.codes: Tensor
        # Items without a code are never read.
        self.register_buffer("codes", torch.from_numpy(codes.clip(0)).long(), persistent=False)
        self.words = nn.Parameter(torch.empty(codes.shape[1], config.codebook_size, config.embedding_dim))
        nn.init.normal_(self.words[:-1], std=config.embedding_dim**-0.5)
        # The last number means nothing by itself: one that no item had yet is neither likely nor unlikely.
        nn.init.zeros_(self.words[-1])

    def table(self, rows: Tensor | None = None) -> Tensor:
        """(n items or len(rows), dim)."""
        codes = self.codes if rows is None else self.codes[rows]
        vectors: Tensor = sum(functional.embedding(codes[:, d], words) for d, words in enumerate(self.words))  # type: ignore[assignment]
        if self.ids is None:
            return vectors
        own = self.ids.weight if rows is None else self.ids(rows)
        if self.training:
            own = own * (torch.rand(len(own), 1, device=own.device) >= self.config.row_dropout)
        return vectors + own


class Spelling(Attentive):
    """Attention over events as in ``sequential``, and a decoder that spells the next item."""

    config: GenerativeConfig

    def __init__(self, config: GenerativeConfig, codes: Rows) -> None:
        super().__init__(config, 0, None)
        self.vectors: CodeVectors = CodeVectors(config, codes)
        self.decoder = Decoder(config, codes.shape[1])


class Decoder(nn.Module):
    """From a state and the words said so far to the next number.

    The words said scale and shift the state (Perez et al., "FiLM", AAAI 2018). What they do does not hang on the
    person, so that one product of the state with vectors made beforehand tells the chance of all items: see `_Level`.
    """

    def __init__(self, config: GenerativeConfig, depth: int) -> None:
        super().__init__()
        dim = config.embedding_dim
        self.queries = nn.ModuleList(nn.Linear(dim, dim) for _ in range(depth))
        self.turns = nn.ModuleList(
            nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, 2 * dim)) for _ in range(depth)
        )
        for turn in self.turns:
            nn.init.zeros_(turn[2].weight)  # type: ignore[index]
            nn.init.zeros_(turn[2].bias)  # type: ignore[index]
        self.bias = nn.Parameter(torch.zeros(depth, config.codebook_size))
        self.dropout = Dropout(config.dropout)

    def turn(self, depth: int, said: Tensor) -> tuple[Tensor, Tensor]:
        """(n, dim) factor and summand of the state, from the sum of the words said."""
        factor, summand = self.turns[depth](said * said.shape[1] ** 0.5).chunk(2, dim=-1)
        return 1 + factor, summand

    def logits(self, depth: int, states: Tensor, said: Tensor, words: Tensor) -> Tensor:
        """(n, codebook size)."""
        factor, summand = self.turn(depth, said)
        turned = self.dropout(self.queries[depth](states)) * factor + summand
        return functional.linear(turned, words, self.bias[depth])

    def loss(self, states: Tensor, codes: Tensor, weights: Tensor, words: Tensor, trie: Trie) -> Tensor:
        """Mean of -log P of the codes: (n, dim), (n, depth) and (n,) to a number."""
        total = states.new_zeros(())
        said = torch.zeros_like(states)
        spelt = codes.cpu().numpy().astype(np.int32)
        nodes = np.zeros(len(spelt), np.int32)
        for depth, level in enumerate(words):
            allowed = trie.allowed(depth, nodes, len(level))
            # Where one number alone leads on, nothing is left to say.
            choice = np.flatnonzero(allowed.sum(axis=1) > 1)
            if len(choice):
                open_ = torch.from_numpy(allowed[choice]).to(states.device)
                rows = torch.from_numpy(choice).to(states.device)
                logits = self.logits(depth, states[rows], said[rows], level).masked_fill(~open_, float("-inf"))
                losses = functional.cross_entropy(logits, codes[rows, depth], reduction="none")
                total = total + (losses * weights[rows]).sum()
            nodes = trie.step(depth, nodes, spelt[:, depth])
            said = said + functional.embedding(codes[:, depth], level)
        return total / weights.sum().clamp_min(1e-9)


@dataclass(frozen=True)
class _Level:
    """One level of the tree of codes, ready to score all its nodes at once."""

    parents: Rows
    """(nodes,) the node above each."""
    choices: Rows
    """Those that have a sibling: the others follow for certain."""
    begins: Rows
    """Where, among the choices, the children of each parent begin."""
    vectors: Floats
    """(dim, choices)."""
    bias: Floats
    """(choices,)."""

    def __call__(self, people: Floats, likely: Floats) -> Floats:
        """(B, nodes) log P, from the states (B, dim) and the log P of the nodes above."""
        likely = likely[:, self.parents]
        if len(self.choices):
            logits = people @ self.vectors + self.bias
            group = np.repeat(np.arange(len(self.begins)), np.diff(self.begins, append=len(self.choices)))
            logits -= np.maximum.reduceat(logits, self.begins, axis=1)[:, group]
            logits -= np.log(np.add.reduceat(np.exp(logits), self.begins, axis=1))[:, group]
            likely[:, self.choices] += logits
        return likely


def _levels(network: Spelling, trie: Trie, where: torch.device) -> list[_Level]:
    """All levels, with the decoder's products of words folded into a vector a node."""
    levels = []
    decoder = network.decoder
    said = torch.zeros(1, network.config.embedding_dim, device=where)
    for depth, words in enumerate(network.vectors.words):
        parents, tokens = trie.parents[depth + 1], trie.tokens[depth + 1]
        children = np.bincount(parents, minlength=len(trie.parents[depth]))
        choices = np.flatnonzero(children[parents] > 1).astype(np.int32)
        begins = np.flatnonzero(np.diff(parents[choices], prepend=-1)).astype(np.int32)
        above = torch.from_numpy(parents).long().to(where)
        number = torch.from_numpy(tokens).long().to(where)
        factor, summand = decoder.turn(depth, said)
        picked = torch.from_numpy(choices).long().to(where)
        chosen = words[number[picked]]
        query = decoder.queries[depth]
        turned = factor[above[picked]] * chosen
        bias = (summand[above[picked]] * chosen).sum(1) + decoder.bias[depth][number[picked]] + turned @ query.bias
        vectors = (turned @ query.weight).T.contiguous()
        levels.append(_Level(parents, choices, begins, vectors.cpu().numpy(), bias.cpu().numpy()))
        said = said[above] + words[number]
    return levels
