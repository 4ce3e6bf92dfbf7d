"""What a head learns from: texts with labels, from a CSV file, the catalogue, or what people wrote."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats, Mask
from ...errors import InvalidInput
from ...events import Event, EventKind
from ...items import Item
from ...understanding.encoders.text import item_text
from ...understanding.heads import Kind

TASKS: dict[str, Kind] = {
    "genre": "several",
    "style": "several",
    "sentiment": "one",
    "rating": "number",
    "like": "several",
}
"""Heads, and how their labels go together."""
LIKED, DISLIKED = 0.2, -0.2
"""Places on a rating's scale (-1 … 1) above and below which a text is for and against."""
SPEAKING = (
    EventKind.RATE,
    EventKind.LIKE,
    EventKind.DISLIKE,
    EventKind.COMMENT,
    EventKind.BULLET_COMMENT,
)
"""Events that hold words or an opinion."""
_SEPARATORS = "|;"
_MOST_WRONG = 3
_FIELD = 1_000_000


@dataclass(frozen=True)
class Labelled:
    """n texts with their labels."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    truth: Floats
    """(n, labels) 0 or 1; of a number (n, 1) its value."""
    kind: Kind
    about: tuple[str, ...] | None = None
    """What each text is about, an item's id: no item is on both sides of the validation split."""
    counts: Floats | None = None
    """(n,) how much a text counts in learning; those below 1 are not judged on."""
    left_out: dict[str, int] = field(default_factory=dict)
    """Labels with too few examples, and how many they had."""

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def judged(self) -> Mask:
        """(n,) which texts may be judged on."""
        return np.ones(len(self), bool) if self.counts is None else self.counts >= 1


def from_csv(path: Path, task: str, vocabulary: Sequence[str] = ()) -> Labelled:
    """A CSV file with the columns ``text`` and ``label``; also ``item`` (what the text is about) and ``weight``.

    Several labels stand with ``|`` between; the label of a rating is a number.

    Args:
        vocabulary: the labels there may be; empty: those that occur.

    Raises:
        InvalidInput: columns are missing, or a label is outside of the vocabulary or no number.
    """
    kind = TASKS[task]
    texts, said, about, counts, lines = [], [], [], [], []
    csv.field_size_limit(_FIELD)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream)
            columns = rows.fieldnames or []
            if missing := {"text", "label"} - set(columns):
                raise InvalidInput(
                    f"{path.name} has no column {' and '.join(sorted(missing))}; expected text,label and, where known, "
                    f"item,weight (it has {', '.join(columns) or 'none'})."
                )
            for number, row in enumerate(rows, 2):
                if (row["text"] or "").strip() and (row["label"] or "").strip():
                    texts.append(row["text"])
                    lines.append(number)
                    said.append(row["label"].strip())
                    about.append(row.get("item") or f"row {number}")
                    counts.append(_number(row.get("weight") or "1", path, number, "weight"))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(f"{path} cannot be read as CSV in UTF-8: {error}.") from error
    groups = tuple(about) if "item" in columns else None
    weights = np.array(counts, np.float32)
    if kind == "number":
        values = np.array([_number(s, path, n, "label") for n, s in zip(lines, said, strict=True)], np.float32)
        return _checked(Labelled(tuple(texts), ("rating",), values.reshape(-1, 1), kind, groups, weights), path.name)
    split = [_labels(s) if kind == "several" else [s] for s in said]
    names = tuple(dict.fromkeys(vocabulary)) or tuple(sorted({label for own in split for label in own}))
    if wrong := sorted({label for own in split for label in own} - set(names)):
        raise InvalidInput(
            f"{path.name} has labels outside of the vocabulary: {', '.join(wrong[:_MOST_WRONG])}; expected "
            f"{', '.join(names)}. Correct them, or state other labels."
        )
    return _checked(Labelled(tuple(texts), names, _truth(split, names), kind, groups, weights), path.name)


def from_items(items: Iterable[Item], task: str, least: int) -> Labelled:
    """What is written about each item, its labels left out of the text: of ``genre`` the genres, of ``style`` the tags.

    Args:
        least: labels with fewer items are left out.
    """
    hidden = {"genres": (), "tags": ()}
    texts, said, ids = [], [], []
    for item in items:
        own = item.genres if task == "genre" else item.tags
        text = item_text(item.model_copy(update=hidden))
        if own and text:
            texts.append(text)
            said.append(list(own))
            ids.append(item.id)
    often = Counter(label for own in said for label in own)
    names = tuple(sorted(label for label, n in often.items() if n >= least))
    left_out = {label: n for label, n in sorted(often.items()) if n < least}
    truth = _truth([[label for label in own if label in set(names)] for own in said], names)
    kept: list[int] = np.flatnonzero(truth.any(axis=1)).tolist()
    made = Labelled(
        tuple(texts[i] for i in kept), names, truth[kept], "several", tuple(ids[i] for i in kept), None, left_out
    )
    return _checked(made, "the catalogue")


def from_events(events: Iterable[Event], task: str) -> Labelled:
    """What people wrote, with the rating that came with it (or with another event of theirs on the same item), or
    whether they liked or disliked it: labels of ``sentiment``, ``like`` and ``rating`` (-1 … 1)."""
    places: dict[tuple[str, str], float] = {}
    written: list[tuple[str, str, str]] = []
    for event in events:
        if event.item_id is None or not event.train:
            continue
        pair = (event.user_id, event.item_id)
        if event.kind is EventKind.LIKE:
            places[pair] = 1.0
        elif event.kind is EventKind.DISLIKE:
            places[pair] = -1.0
        elif event.kind is EventKind.RATE and event.value is not None and event.scale is not None:
            low, high = event.scale
            places[pair] = 2 * (event.value - low) / (high - low) - 1
        if event.text and event.text.strip():
            written.append((*pair, event.text))
    rows = [(text, item, places[user, item]) for user, item, text in written if (user, item) in places]
    if task != "rating":
        rows = [row for row in rows if row[2] > LIKED or row[2] < DISLIKED]
    value = np.array([place for _, _, place in rows], np.float32).reshape(-1, 1)
    liked = (value > 0).astype(np.float32)
    labels, truth = {
        "rating": (("rating",), value),
        "like": (("like",), liked),
        "sentiment": (("negative", "positive"), np.concatenate([1 - liked, liked], axis=1)),
    }[task]
    made = Labelled(tuple(r[0] for r in rows), labels, truth, TASKS[task], tuple(r[1] for r in rows))
    return _checked(made, "what people wrote about items that they also rated, liked or disliked")


def split(labelled: Labelled, share: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to learn from and rows to judge on: about ``share`` of the items (equal texts, where items are not known).

    Raises:
        InvalidInput: there is only one item.
    """
    names, group = _groups(labelled)
    held = np.zeros(names, bool)
    held[np.random.default_rng((seed, 11)).permutation(names)[: max(1, round(share * names))]] = True
    inside = held[group]
    return np.flatnonzero(~inside), np.flatnonzero(inside & labelled.judged)


def folds(labelled: Labelled, n: int, seed: int) -> NDArray[np.int64]:
    """(n texts,) which of ``n`` parts each text is in; an item is in one.

    Raises:
        InvalidInput: there is only one item.
    """
    names, group = _groups(labelled)
    found: NDArray[np.int64] = (np.random.default_rng((seed, 12)).permutation(names) % n)[group]
    return found


def _groups(labelled: Labelled) -> tuple[int, NDArray[np.int64]]:
    names, group = np.unique(np.array(labelled.about or labelled.texts, dtype=np.str_), return_inverse=True)
    if len(names) < 2:
        raise InvalidInput(
            f"All {len(labelled)} examples are about one item, so there is nothing to judge on; add others."
        )
    return len(names), group


def balance(truth: Floats, kind: Kind) -> Floats:
    """(n, labels) how much each entry counts, so that rare labels (and of several, their absence) weigh the same
    together; the mean is 1."""
    if kind == "number":
        return np.ones(truth.shape, np.float32)
    n = len(truth)
    present = truth.sum(axis=0)
    if kind == "one":
        own = (n / np.maximum(present, 1))[truth.argmax(axis=1)]
        weights = np.repeat(own[:, None], truth.shape[1], axis=1)
    else:
        # The root, because with dozens of rare labels the full ratio teaches the encoder little else.
        rare = np.sqrt(np.clip((n - present) / np.maximum(present, 1), 1, 100))
        weights = np.where(truth > 0, rare, 1.0)
    return np.asarray(weights / weights.mean(), dtype=np.float32)


def draws(truth: Floats, kind: Kind) -> NDArray[np.float64]:
    """(n,) chance of each example to be drawn, by its rarest label; they sum to 1."""
    if kind == "number":
        return np.full(len(truth), 1 / len(truth))
    rare = (truth / np.maximum(truth.sum(axis=0), 1)).max(axis=1)
    if kind == "several":
        rare = np.sqrt(rare)
    rare = np.where(rare > 0, rare, rare[rare > 0].min() if (rare > 0).any() else 1)
    return np.asarray(rare / rare.sum(), dtype=np.float64)


def _checked(labelled: Labelled, where: str) -> Labelled:
    """Raises InvalidInput where nothing can be learnt: no examples, or one label for all."""
    if len(labelled) < 4:
        raise InvalidInput(
            f"There are {len(labelled)} labelled texts in {where}; expected four or more, better hundreds."
        )
    held = labelled.truth[labelled.judged]
    if not len(held) or (held == held[0]).all():
        raise InvalidInput(
            f"All labelled texts in {where} have the same label, so nothing can be told apart; add examples of others."
        )
    return labelled


def _truth(said: Sequence[Sequence[str]], names: Sequence[str]) -> Floats:
    place = {name: j for j, name in enumerate(names)}
    truth = np.zeros((len(said), len(names)), np.float32)
    for row, own in enumerate(said):
        truth[row, [place[label] for label in own]] = 1
    return truth


def _labels(said: str) -> list[str]:
    for mark in _SEPARATORS[1:]:
        said = said.replace(mark, _SEPARATORS[0])
    return [label.strip() for label in said.split(_SEPARATORS[0]) if label.strip()]


def _number(said: str, path: Path, row: int, what: str) -> float:
    try:
        value = float(said)
        if not np.isfinite(value):
            raise ValueError
    except ValueError:
        raise InvalidInput(f"{path.name}, row {row}: the {what} {said[:40]!r} is no number.") from None
    return value


def sentences(items: Iterable[Item], most: int = 200_000) -> list[tuple[str, str | None]]:
    """Texts of a catalogue for continued pre-training: (what is written, what follows it in the same description)."""
    found: list[tuple[str, str | None]] = []
    for item in islice(items, most):
        text = item_text(item)
        if not text:
            continue
        parts = [p.strip() for p in (item.description or "").replace("。", "。\n").replace(". ", ".\n").split("\n")]
        parts = [p for p in parts if p]
        half = len(parts) // 2
        found.append((text, None) if half < 1 else (" ".join(parts[:half]), " ".join(parts[half:])))
    return found
