"""Trained heads: from a text to the probability of each label. Genre, style, sentiment, rating, like, or one's own.

A head reads the vector of a text encoder, hashed n-grams, or both, and of Chinese words of judgement; each gives a
logit a label, and what the validation learnt joins them: z = Σ_c a_c·z_c + b. Where the texts say what they are about,
the logits and probabilities of the other texts about the same thing are two more parts (means, drawn towards those of
all): a reader who finds a dozen angry reviews doubts a dry one.

`segue finetune` makes heads; `TrainedHead.load` and `predict` are all that others need.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats, Mask, Sparse
from ..errors import InvalidInput, StorageError
from ..settings import Settings, UnderstandingSettings
from ..storage.artifacts import ArtifactFolder
from . import ngrams, tone
from .encoders.adapted import is_adapted, manifest_of
from .encoders.text import TextEncoder

Kind = Literal["one", "several", "number"]
"""Exactly one label (softmax), any number of labels (each yes or no), or a number."""
CONTEXT = 5.0
"""So many texts of the mean of all stand beside the other texts about the same thing."""


@dataclass
class Linear:
    """z = x·weights + bias: ``weights`` (features, labels), dense or sparse."""

    weights: Any
    bias: Floats

    def __call__(self, rows: Any) -> Floats:
        return np.asarray(rows @ self.weights + self.bias, dtype=np.float32)


@dataclass
class Join:
    """How the parts' logits become one, and from which probability on a label holds; learnt on texts that the parts
    were not fitted on."""

    mix: dict[str, float]
    """Weight of each part; of a context also below 0."""
    bias: Floats
    """(labels,)"""
    thresholds: Floats
    """(labels,) a label of several holds from this probability on; of one, p / threshold is greatest."""

    def __call__(self, parts: dict[str, Floats]) -> Floats:
        """(n, labels) logits."""
        total: Floats = np.sum([np.float32(self.mix[name]) * z for name, z in parts.items()], axis=0, dtype=np.float32)
        return np.asarray(total + self.bias, dtype=np.float32)


@dataclass
class TrainedHead:
    """Texts → label probabilities.

    ::

        head = TrainedHead.load(workspace / "finetuned" / "sentiment", workspace)
        head.predict(["So ingenious!"])        # (1, len(head.labels))
        head.decide(["So ingenious!"])         # [("fresh",)]
    """

    name: str
    kind: Kind
    labels: tuple[str, ...]
    encoder: Linear | None = None
    """Over unit vectors times √dim."""
    words: Linear | None = None
    """Over hashed n-grams."""
    rarity: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    """(FEATURES,) weight of each n-gram."""
    tone: Linear | None = None
    """Over words of judgement in Chinese (`tone`)."""
    alone: Join | None = None
    """How a text is judged by itself."""
    among: Join | None = None
    """How it is judged with others about the same thing; None: these do not count."""
    usual: Floats = field(default_factory=lambda: np.zeros((2, 0), np.float32))
    """(2, labels) means of logits and of probabilities, towards which those of a few others are drawn."""
    scale: tuple[float, float] = (0.0, 1.0)
    """Of a number: lowest and highest."""
    version: str = ""
    """Changes when the head does; for "said by whom"."""
    read: Callable[[Sequence[str]], Floats] | None = None
    """The text encoder: texts → unit vectors."""

    def logits(self, texts: Sequence[str]) -> dict[str, Floats]:
        """By part, (len(texts), labels)."""
        said = [ngrams.plain(text) for text in texts]
        found: dict[str, Floats] = {}
        if self.encoder is not None:
            if self.read is None:
                raise InvalidInput(
                    f"The head {self.name!r} reads an encoder's vectors and has none; load it by its folder."
                )
            rows = self.read(said)
            found["encoder"] = self.encoder(rows * np.float32(np.sqrt(rows.shape[1])))
        if self.words is not None:
            found["words"] = self.words(ngrams.weighed(ngrams.counts(said), self.rarity))
        if self.tone is not None:
            found["tone"] = self.tone(tone.measure(said))
        return found

    def joined(self, parts: dict[str, Floats], about: Sequence[str] | None = None) -> Floats:
        """(n, labels) one logit a label of the parts, with the context where it is known and counts."""
        if self._join(about) is self.alone:
            return self.alone(parts)
        assert self.among is not None
        assert self.alone is not None
        assert about is not None
        return self.among(self._context(self.alone(parts), about))

    def _context(self, own: Floats, about: Sequence[str]) -> dict[str, Floats]:
        """The logits of each text, and what the others about the same thing say."""
        groups = np.unique(np.asarray(about), return_inverse=True)[1]
        logits, chances = self.usual
        return {
            "own": own,
            "around": around(own, groups, logits),
            "share": around(self.probabilities(own), groups, chances),
        }

    def _join(self, about: Sequence[str] | None) -> Join:
        found = self.among if about is not None and self.among is not None else self.alone
        if found is None:
            raise InvalidInput(f"The head {self.name!r} is not trained; `segue finetune` trains heads.")
        return found

    def predict(self, texts: Sequence[str], about: Sequence[str] | None = None) -> Floats:
        """(len(texts), labels) probabilities; of a number (len(texts), 1) the number itself.

        Args:
            about: what each text is about, an item's id for example, so that texts about the same help each other.

        Raises:
            InvalidInput: texts and ``about`` differ in number.
        """
        if about is not None and len(about) != len(texts):
            raise InvalidInput(
                f"{len(texts)} texts came with {len(about)} ids of what they are about; expected one each."
            )
        if not len(texts):
            return np.zeros((0, len(self.labels)), np.float32)
        return self.probabilities(self.joined(self.logits(texts), about))

    def probabilities(self, logits: Floats) -> Floats:
        """What `predict` gives, of logits."""
        if self.kind == "number":
            return np.clip(logits, *self.scale).astype(np.float32)
        if self.kind == "several":
            return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float32)
        return softmax(logits)

    def decide(self, texts: Sequence[str], about: Sequence[str] | None = None) -> list[tuple[str, ...]]:
        """The labels that hold, most probable first; of a number none."""
        p = self.predict(texts, about)
        return [
            tuple(self.labels[j] for j in sorted(np.flatnonzero(row), key=lambda j: -own[j]))
            for row, own in zip(self.holds(p, about), p, strict=True)
        ]

    def holds(self, probabilities: Floats, about: Sequence[str] | None = None) -> Mask:
        """(n, labels) which labels hold."""
        thresholds = self._join(about).thresholds
        if self.kind == "number":
            return np.zeros(probabilities.shape, bool)
        if self.kind == "several":
            return np.asarray(probabilities >= thresholds)
        return np.asarray(np.arange(len(self.labels)) == (probabilities / thresholds).argmax(axis=1)[:, None])

    # Learning how the parts are joined

    def join(
        self,
        parts: dict[str, Floats],
        truth: Floats,
        about: Sequence[str] | None = None,
        judged: Mask | None = None,
    ) -> None:
        """Settle weights of the parts, bias and thresholds on texts that the parts were not fitted on.

        Args:
            parts: as `logits` gives them.
            truth: (n, labels) 0 or 1; of a number (n, 1) its value.
            about: what each text is about; None: the context does not count.
            judged: (n,) which texts count; the others are context only. None: all.
        """
        own = slice(None) if judged is None else judged
        self.alone = self._joining(parts, truth, own)
        self.among = None
        if about is None:
            return
        logits = self.alone(parts)
        self.usual = np.stack([logits.mean(axis=0), self.probabilities(logits).mean(axis=0)])
        self.among = self._joining(self._context(logits, about), truth, own, ("around", "share"))

    def _joining(self, parts: dict[str, Floats], truth: Floats, own: Mask | slice, signed: Sequence[str] = ()) -> Join:
        found, bias = _fit([z[own] for z in parts.values()], truth[own], self.kind, [name in signed for name in parts])
        join = Join(dict(zip(parts, found, strict=True)), bias, np.ones(len(bias), np.float32))
        join.thresholds = _thresholds(self.probabilities(join(parts)[own]), truth[own], self.kind)
        return join

    # Keeping

    def save(self, folder: ArtifactFolder) -> None:
        """Write arrays and JSON."""
        folder.write_json(
            "head",
            {
                "name": self.name,
                "kind": self.kind,
                "labels": list(self.labels),
                "scale": list(self.scale),
                "version": self.version,
                "parts": [part for part in ("encoder", "words", "tone") if getattr(self, part) is not None],
            },
        )
        for name in ("alone", "among"):
            join: Join | None = getattr(self, name)
            if join is not None:
                folder.child(name).write_json("join", {"mix": join.mix})
                for array in _ARRAYS:
                    folder.child(name).write(array, getattr(join, array))
        if self.among is not None:
            folder.write("usual", self.usual)
        if self.encoder is not None:
            folder.write("encoder.weights", self.encoder.weights)
            folder.write("encoder.bias", self.encoder.bias)
        if self.words is not None:
            folder.write_sparse("words", self.words.weights)
            folder.write("words.bias", self.words.bias)
            folder.write("rarity", self.rarity)
        if self.tone is not None:
            folder.write("tone.weights", self.tone.weights)
            folder.write("tone.bias", self.tone.bias)

    @classmethod
    def load(cls, folder: Path, workspace: Path = Path()) -> Self:
        """The head of a folder that `segue finetune` made, with its encoder, which is loaded on first use.

        Raises:
            StorageError: there is no head in it, or it is damaged.
        """
        if not (is_adapted(folder) and (folder / "head").is_dir()):
            raise StorageError(
                f"There is no trained head in {folder}; `segue finetune sentiment` makes one, for example."
            )
        manifest_of(folder)
        stored = ArtifactFolder(folder).child("head")
        try:
            told = stored.read_json("head")
            head = cls(told["name"], told["kind"], tuple(told["labels"]), version=told["version"])
            head.scale = (told["scale"][0], told["scale"][1])
            parts = told["parts"]
        except (KeyError, TypeError, IndexError) as error:
            raise StorageError(
                f"The head {stored.path} is of another version of Segue: {error}. Train it again."
            ) from error
        head.alone = _read_join(stored.child("alone"))
        if stored.child("among").path.is_dir():
            head.among, head.usual = _read_join(stored.child("among")), stored.read("usual")
        if "encoder" in parts:
            head.encoder = Linear(stored.read("encoder.weights"), stored.read("encoder.bias"))
            settings = Settings(understanding=UnderstandingSettings(text_model=str(folder.absolute())))
            head.read = TextEncoder(settings, workspace).encode_many
        if "words" in parts:
            head.words = Linear(stored.read_sparse("words"), stored.read("words.bias"))
            head.rarity = stored.read("rarity")
        if "tone" in parts:
            head.tone = Linear(stored.read("tone.weights"), stored.read("tone.bias"))
        return head


_ARRAYS = ("bias", "thresholds")


def _read_join(folder: ArtifactFolder) -> Join:
    told = folder.read_json("join")
    bias, thresholds = (folder.read(name) for name in _ARRAYS)
    return Join(told["mix"], bias, thresholds)


def around(logits: Floats, groups: NDArray[Any], middle: Floats) -> Floats:
    """(n, labels) mean logits of the other texts of each one's group, drawn towards the middle where they are few."""
    of = int(groups.max()) + 1 if len(groups) else 0
    counts = np.bincount(groups, minlength=of)[groups][:, None]
    sums = np.stack([np.bincount(groups, weights=column, minlength=of)[groups] for column in logits.T], axis=1)
    return np.asarray((sums - logits + CONTEXT * middle) / (counts - 1 + CONTEXT), dtype=np.float32)


def softmax(logits: Floats) -> Floats:
    """Rows that sum to one."""
    risen = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(risen / risen.sum(axis=1, keepdims=True), dtype=np.float32)


def fit_words(table: Sparse, truth: Floats, kind: Kind, weights: Floats | None, strength: float = 1.0) -> Linear:
    """A linear model over n-grams: logistic regression a label, or ridge for a number.

    Args:
        table: (n, FEATURES) as `ngrams.weighed` gives it.
        truth: (n, labels) between 0 and 1 (of a number its value); in between, a text counts for both sides.
        weights: (n, labels) how much each example counts for each label; None: alike.
        strength: C of the logistic regression.
    """
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression, Ridge

    columns, bias = [], []
    # Of two labels that exclude each other, one equation says all.
    single = kind == "one" and truth.shape[1] == 2
    for j in [1] if single else range(truth.shape[1]):
        own = None if weights is None else weights[:, j]
        if kind == "number":
            model = Ridge(alpha=1 / strength, solver="lsqr").fit(table, truth[:, j], sample_weight=own)
        else:
            model = LogisticRegression(C=strength, solver="liblinear", random_state=0)
            model.fit(table, truth[:, j] >= 0.5, sample_weight=own)
        columns.append(np.ravel(model.coef_))
        bias.append(float(np.ravel(model.intercept_)[0]))
    if single:
        columns, bias = [-columns[0] / 2, columns[0] / 2], [-bias[0] / 2, bias[0] / 2]
    matrix = sparse.csr_array(np.stack(columns, axis=1).astype(np.float32))
    return Linear(matrix, np.array(bias, np.float32))


def _fit(parts: Sequence[Floats], truth: Floats, kind: Kind, signed: Sequence[bool]) -> tuple[list[float], Floats]:
    """Weights of the parts (not below 0 but where signed) and (labels,) bias that explain the truth best: the loss of
    each kind has the gradient p - y in the logits."""
    from scipy.optimize import minimize

    n, m = len(parts), truth.shape[1]
    stacked = np.stack(parts).astype(np.float64)
    y = truth.astype(np.float64)

    def loss(x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        z = np.tensordot(x[:n], stacked, 1) + x[n:]
        if kind == "number":
            value, p = 0.5 * float(((z - y) ** 2).sum()), z
        elif kind == "several":
            value, p = float((np.logaddexp(0, z) - y * z).sum()), 1 / (1 + np.exp(-z))
        else:
            top = z.max(axis=1, keepdims=True)
            total = np.log(np.exp(z - top).sum(axis=1, keepdims=True)) + top
            value, p = float((y * (total - z)).sum()), np.exp(z - total)
        slope = (p - y) / len(y)
        gradient = np.concatenate([np.tensordot(stacked, slope, 2), slope.sum(axis=0)])
        # A touch of ridge, so that labels which are told apart without fault do not run off.
        return value / len(y) + 1e-3 * float(x @ x), gradient + 2e-3 * x

    start = np.concatenate([np.full(n, 1 / n), np.zeros(m)])
    bounds = [(None if free else 0, None) for free in signed] + [(None, None)] * m
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return [float(a) for a in found[:n]], found[n:].astype(np.float32)


def _thresholds(p: Floats, truth: Floats, kind: Kind) -> Floats:
    """(labels,) thresholds with the best F1 of each label; of one label among several, the best macro-F1."""
    labels = truth.shape[1]
    if kind == "number":
        return np.zeros(labels, np.float32)
    if kind == "several":
        return np.array([_best_cut(p[:, j], truth[:, j] >= 0.5) for j in range(labels)], np.float32)
    best = np.full(labels, 1 / labels)
    own = truth.argmax(axis=1)
    for j in np.argsort(truth.sum(axis=0)):  # the rarest first: it gains most
        tries = np.unique(np.quantile(p[:, j], np.linspace(0.02, 0.98, 49)))
        quality = [
            (
                macro_f1(own, (p / np.where(np.arange(labels) == j, t, best)).argmax(axis=1), labels),
                -abs(t - best[j]),
                t,
            )
            for t in [best[j], *tries[tries > 0]]
        ]
        best[j] = max(quality)[2]
    return best.astype(np.float32)


def _best_cut(p: Floats, truth: Mask) -> float:
    if not truth.any() or truth.all():
        return 0.5
    tries = np.unique(np.quantile(p, np.linspace(0.02, 0.995, 60)))
    return float(max(tries, key=lambda t: _f1(truth, p >= t)))


def macro_f1(truth: NDArray[Any], said: NDArray[Any], labels: int) -> float:
    """Mean F1 over the labels that occur in either."""
    own = [_f1(truth == j, said == j) for j in range(labels) if (truth == j).any() or (said == j).any()]
    return float(np.mean(own)) if own else 0.0


def _f1(truth: Mask, said: Mask) -> float:
    both = int((truth & said).sum())
    return 2 * both / max(int(truth.sum()) + int(said.sum()), 1)
