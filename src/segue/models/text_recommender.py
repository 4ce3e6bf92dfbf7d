"""A language model as recommender: a person's history, read as text, asks for items that are described in words.

Two towers of one frozen sentence encoder (Reimers & Gurevych, "Sentence-BERT", EMNLP 2019): the item tower reads what
is written about an item, once; the person tower reads the history. What it reads of each event is the item's own
vector, which is there already; the newest liked titles can also be read together, as one text. Both towers end in one
space, so the model answers on any catalogue, for people and items that nobody has met, without a single event.

Events teach one matrix between the towers, in closed form: the W that stays near the zero-shot W₀ = cI and foretells,
in least squares over all items, what people took next,

    min ‖Y - P W Vᵀ‖² + λ‖W - W₀‖²,    P: people before an event, V: items, Y: 1 where the item is that of the event.

The normal equation PᵀP·W·VᵀV + λW = PᵀYV + λW₀ is diagonal in the eigenvectors of the two Gram matrices. λ is chosen on
validation, where learning nothing is among the candidates.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import sparse

from ..arrays import Floats, Rows
from ..dataset import Dataset, History
from ..errors import MissingLibrary, SegueError
from ..storage.artifacts import ArtifactFolder
from ..threads import blas_threads
from .base import ModelConfig, TrainOptions
from .content import Content, ContentConfig
from .titles import TitleReader, WordsRead
from .validation import best, trial
from .weighting import weight_matrix

if TYPE_CHECKING:
    from ..understanding.encoders.base import WordEncoder

log = logging.getLogger(__name__)

TRUSTS = (0.0, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)
"""Tried by ``trust = "auto"``."""

_UNTOLD_DECAY = 0.8
"""Of the history where there is nothing to choose it on: twice as good as forgetting nothing on films, and no worse for
certain on games and short videos (benchmarks/text_recommender.py)."""
_WINDOW = 20
"""Events before the one to foretell that an example reads."""
_EXAMPLES = 100_000
"""Examples drawn from all that a dataset has: W has some 10⁵ numbers, which more would hardly change."""
_SAMPLE = 8
"""Items whose text is read to see that the vectors are the sentence encoder's …"""
_AGREES = 0.9
"""… which they are where the median cosine is above this."""


class TextRecommenderConfig(ContentConfig):
    """Settings of ``text_recommender``."""

    trust: Annotated[float, Field(ge=0, allow_inf_nan=False)] | Literal["auto"] = "auto"
    """How far events may move W: λ is the product of the Gram matrices' mean eigenvalues, divided by this. 0: not at
    all, zero-shot. ``auto``: the best of `TRUSTS` on validation."""
    titles: Annotated[int, Field(ge=0, le=50)] = 0
    """How many of the newest liked titles are also read together, at request time; 0: none. That costs some 20 ms and
    gains nothing certain with the encoder of the base install (benchmarks/text_recommender.py); it is for encoders
    that were trained on histories."""
    together: Annotated[float, Field(ge=0, le=1)] = 0.25
    """Weight of what is read together; the rest is that of the items' own vectors."""
    text_model: str | None = None
    """The sentence encoder, as in ``understanding.text_model``, which it is where nothing is stated; an empty name is
    that of the base install. It has to be the one that the items' vectors are from."""


class TextRecommender(Content):
    """Scores v_i·Wᵀp: v_i the item's centred unit vector, p the person's vector.

    NaN for items without a vector, and everywhere for a history of such items. Extended to newer items, it knows their
    vectors, not their titles.
    """

    name: ClassVar[str] = "text_recommender"
    space: ClassVar[str] = "text"
    Config: ClassVar[type[ModelConfig]] = TextRecommenderConfig
    config: TextRecommenderConfig

    def __init__(self, config: ModelConfig | None = None) -> None:
        super().__init__(config)
        self.trust = 0.0
        """The trust in use, once trained."""
        self.reads_together = False
        """Whether titles are read together, once trained."""
        self._titles: list[str] = []
        self._titles_by = TitleReader(self.config.text_model)
        self._between: Floats = np.zeros((0, 0), np.float32)

    def train(self, dataset: Dataset, options: TrainOptions) -> None:
        stated = dataset.vectors.get(self.space)
        self._between = np.eye(0 if stated is None else stated.shape[1], dtype=np.float32)
        with blas_threads(options.threads):
            # What is zero-shot: the vectors, and how fast the past fades.
            super().train(dataset, replace(options, progress=lambda what, share: options.progress(what, share / 2)))
            self._learn(dataset, options)
        self._titles_by = TitleReader(self.config.text_model, options.words)
        self.__dict__.pop("_encoder", None)  # of an earlier training
        self._titles = [(item.title or "").strip() if item else "" for item in dataset.catalogue.items]
        self.reads_together = self._can_read(dataset, options)
        options.progress(self.name, 1.0)

    def _learn(self, dataset: Dataset, options: TrainOptions) -> None:
        """Settle the trust, then learn from everything."""
        tried = trial(dataset, options) if self._known.any() else None
        if tried is None and self.config.history_decay == "auto":
            self.history_decay = _UNTOLD_DECAY
        self.trust = 0.0 if self.config.trust == "auto" else self.config.trust
        if tried is not None and self.config.trust == "auto":
            between = dict(zip(TRUSTS, self._matrices(tried.dataset, TRUSTS, options.seed), strict=True))

            def quality(trust: float) -> float:
                self._between = between[trust]
                return tried.ndcg(lambda histories: self._product(histories, self.history_decay))

            self.trust = best(TRUSTS, quality)
        self._between = self._matrices(dataset, (self.trust,), options.seed)[0]

    def _matrices(self, dataset: Dataset, trusts: Sequence[float], seed: int) -> list[Floats]:
        """W for each trust, see the module, scaled to the size of the identity, which changes no order."""
        zero_shot = np.eye(self._vectors.shape[1], dtype=np.float32)
        people, items = self._examples(dataset, seed) if any(trusts) else (zero_shot[:0], np.zeros(0, np.int32))
        if not len(items):
            return [zero_shot] * len(trusts)
        person_gram, item_gram = (rows.T.astype(np.float64) @ rows for rows in (people, self._vectors))
        met = people.T.astype(np.float64) @ self._vectors[items]
        # c is the multiple of the identity that foretells best; 0 where people seek what is unlike.
        c = max(float(np.trace(met) / max(np.sum(person_gram * item_gram), 1e-9)), 0)
        (p, left), (v, right) = np.linalg.eigh(person_gram), np.linalg.eigh(item_gram)
        told, start, size, pull = left.T @ met @ right, c * left.T @ right, np.outer(p, v), p.mean() * v.mean()
        return [
            _like_identity(left @ ((t * told + pull * start) / (t * size + pull)) @ right.T) if t else zero_shot
            for t in trusts
        ]

    def _examples(self, dataset: Dataset, seed: int) -> tuple[Floats, Rows]:
        """(m, dim) people's vectors before an event that spoke for its item, and (m,) that item."""
        said = dataset.only((dataset.weights != 0) & self._known[dataset.items])
        place = np.arange(len(said)) - said.offsets[said.users]
        asked = np.flatnonzero((said.weights > 0) & (place > 0))
        if len(asked) > _EXAMPLES:
            asked = np.sort(np.random.default_rng(seed).choice(asked, _EXAMPLES, replace=False))
        example, age = np.nonzero(np.arange(_WINDOW) < place[asked][:, None])
        event = asked[example] - 1 - age
        weights = np.clip(said.weights[event], -1, 1) * (self.history_decay**age).astype(np.float32)
        shape = (len(asked), self.n_items)
        return _units(sparse.csr_array((weights, (example, said.items[event])), shape) @ self._vectors), said.items[
            asked
        ]

    def score(self, history: History) -> Floats:
        with blas_threads(1):
            return np.asarray(self.score_many([history])[0])

    def score_many(self, histories: Sequence[History]) -> Floats:
        people = self._met(histories, self.history_decay)
        if self.reads_together:
            share = np.float32(self.config.together)
            together = self._read([self._words(history) for history in histories])
            people = np.asarray((1 - share) * people + share * together, dtype=np.float32)
        return self._scores(people)

    def _product(self, histories: Sequence[History], decay: float) -> Floats:
        return self._scores(self._met(histories, decay))

    def _met(self, histories: Sequence[History], decay: float) -> Floats:
        """(len(histories), dim) the vectors of what each person met summed, at length 1; NaN for nothing."""
        told = weight_matrix(histories, self.n_items, decay)
        # Only the rows that somebody met: the product would bring all of the table into another order first.
        items, column = np.unique(told.indices, return_inverse=True)
        told = sparse.csr_array((told.data, column, told.indptr), shape=(len(histories), len(items)))
        people = _units(told @ self._vectors[items])
        people[abs(told) @ self._known[items].astype(np.float32) == 0] = np.nan
        return people

    def _scores(self, people: Floats) -> Floats:
        scores = np.asarray((people @ self._between) @ self._vectors.T, dtype=np.float32)
        scores[:, ~self._known] = np.nan
        return scores

    def contributions(self, history: History, items: Rows) -> Floats | None:
        """None: what is read together is no sum over the events."""
        return None

    def _words(self, history: History) -> str:
        """The newest liked titles, newest first, each once."""
        liked = history.positive.items[::-1]
        rows = liked[(liked >= 0) & (liked < len(self._titles))].tolist()
        titles = dict.fromkeys(title for row in rows if (title := self._titles[row]))
        return ". ".join(islice(titles, self.config.titles))

    def _read(self, texts: Sequence[str]) -> Floats:
        """(len(texts), dim) centred, at length 1; zeros for a text that says nothing. The encoder remembers the latest
        texts: a person is read again only after having liked something new."""
        rows = self._encoder.encode_words(texts)
        return _units(np.where(rows.any(axis=1, keepdims=True), rows - self._mean, 0).astype(np.float32))

    @cached_property
    def _encoder(self) -> WordEncoder:
        return self._titles_by.encoder

    def reads_with(self, words: WordsRead) -> None:
        """An encoder that is not there, or not as it was, leaves the items' own vectors to speak alone."""
        self._titles_by = self._titles_by.within(words)
        if self.reads_together:
            try:
                self._encoder  # noqa: B018 - looked at now, and not by the first person who asks
            except SegueError as error:
                self.reads_together = False
                log.warning("titles are not read together: %s", error)

    def _can_read(self, dataset: Dataset, options: TrainOptions) -> bool:
        """Whether titles can be read together: there are some, and the encoder is the one that the vectors are from.
        Otherwise the model goes on with the items' vectors alone, and says so."""
        if not (self.config.titles and self.config.together and any(self._titles) and self._known.any()):
            return False
        from ..understanding.encoders.text import item_text

        rows = [row for row in np.flatnonzero(self._known).tolist() if dataset.catalogue.items[row]][:_SAMPLE]
        own = dataset.vectors[self.space][rows]
        try:
            read = self._encoder.encode_words([item_text(dataset.catalogue.item(row)) for row in rows])
        except MissingLibrary as error:
            options.warn(f"titles are not read together: {error}")
            return False
        if read.shape == own.shape and np.median((_units(own) * read).sum(axis=1)) > _AGREES:
            return True
        encoder = self._titles_by.text_model or "the base install"
        options.warn(
            f"titles are not read together: the vectors of {self.space!r} ({own.shape[1]} dimensions) are not from the "
            f"sentence encoder of {encoder} ({read.shape[1]} dimensions). Leave [models.{self.name}] text_model out "
            "and run `segue understand`, or set titles = 0."
        )
        return False

    def save(self, folder: ArtifactFolder) -> None:
        super().save(folder)
        folder.write("between", self._between)
        if self.reads_together:
            self._titles_by.save(folder)
        folder.write_json("learned", {"trust": self.trust, "together": self.reads_together, "titles": self._titles})

    @classmethod
    def load(cls, folder: ArtifactFolder) -> Self:
        model = super().load(folder)
        model._between, learned = folder.read("between"), folder.read_json("learned")
        model._titles_by = TitleReader.load(folder, model.config.text_model)
        model.trust, model.reads_together, model._titles = learned["trust"], learned["together"], learned["titles"]
        return model


def _like_identity(matrix: NDArray[np.float64]) -> Floats:
    size = np.linalg.norm(matrix)
    return np.asarray(matrix * (np.sqrt(len(matrix)) / size if size > 0 else 1), dtype=np.float32)


def _units(rows: Floats) -> Floats:
    """Rows at length 1; rows of nothing stay zeros."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 1e-6), dtype=np.float32)
