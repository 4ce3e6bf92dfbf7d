"""Read what people wrote: the base reader at once, a trained head and the vectors of statements in `segue understand`.

Kept batch by batch, so that a run that is stopped goes on from there. A text is read again when its reader, its words
or the encoder has changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...arrays import Floats
from ...errors import InvalidInput, SegueError
from ...events import Event, EventKind
from ...opinions import Opinion
from ...settings import Settings
from ...storage.opinion_rows import Read, Unread
from ...storage.rows import Store
from ...understanding.annotate import StepReport
from ...understanding.encoders import chosen
from ...understanding.encoders.base import WordEncoder
from ...understanding.heads import TrainedHead
from . import reader
from .names import Names

Progress = Callable[[str, float, float], None]
"""Called with what is being done, how many texts are done and how many there are to do."""
STEP = "opinions"
_AT_ONCE = 256
_UNSURE = 0.2
"""A head whose expected value lies nearer to 0 is undecided."""
_AGAINST = ("bad", "negative", "rotten", "neg", "dislike", "no", "false", "0", "差评", "负面", "消极")
_BETWEEN = ("neutral", "mixed", "中性", "一般")
_FOR = ("good", "positive", "fresh", "pos", "like", "yes", "true", "1", "好评", "正面", "积极")


def opinions_of(events: Iterable[Event], names: Names | None) -> dict[str, Opinion]:
    """What the base reader makes of the texts among the events, by event; those that must not train are not read."""
    return {
        event.id: reader.read(event.text, event.item_id, names, event.kind)
        for event in events
        if event.text and event.train
    }


def read_new(store: Store, names: Names, progress: Progress) -> int:
    """Have the base reader read the texts that nobody has read, after an import. Returns how many there were."""
    todo, done = store.count_unread(None, None), 0
    for batch in store.unread(None, None):
        store.put_opinions(Read(one.seq, reader.read(one.text, one.item_id, names, one.kind)) for one in batch)
        done += len(batch)
        progress(STEP, done, todo)
    return done


def read_opinions(
    store: Store,
    settings: Settings,
    names: Names,
    progress: Progress,
    workspace: Path = Path(),
) -> tuple[StepReport, list[dict[str, str]]]:
    """Read every text that the present readers have not read; with it what could not be done."""
    step, problems = StepReport(STEP), list[dict[str, str]]()
    began = time.monotonic()
    todo = 0
    try:
        head = Polarity.load(settings, workspace)
        encoder = chosen("text", settings, workspace)
        version = reader.version() + (f"+{head.head.version}" if head else "")
        alone = f"{version}+{encoder.version}"
        todo = store.count_unread(version, alone)
        for batch in store.unread(version, alone):
            for start in range(0, len(batch), _AT_ONCE):
                some = batch[start : start + _AT_ONCE]
                store.put_opinions(_read(some, names, head, encoder, version, alone))
                step.done += len(some)
                progress(STEP, step.done, todo)
    except SegueError as error:
        # What the base reader has read meanwhile stays; the next run tries again.
        problems.append({"where": STEP, "what": str(error)})
    step.left = todo - step.done
    step.seconds = time.monotonic() - began
    return step, problems


def _read(
    texts: Sequence[Unread], names: Names, head: Polarity | None, encoder: object, version: str, alone: str
) -> list[Read]:
    found = [reader.read(one.text, one.item_id, names, one.kind) for one in texts]
    if head is not None:
        found = head.instead(texts, found)
    own = [n for n, one in enumerate(texts) if one.item_id is None]
    vectors: dict[int, Floats] = {}
    if own and isinstance(encoder, WordEncoder):
        rows = encoder.encode_words([reader.cleaned(texts[n].text) for n in own])
        vectors = {n: row for n, row in zip(own, rows, strict=True) if np.any(row)}
    return [
        Read(one.seq, replace(opinion, version=alone if one.item_id is None else version), vectors.get(n))
        for n, (one, opinion) in enumerate(zip(texts, found, strict=True))
    ]


@dataclass(frozen=True)
class Polarity:
    """A head of `segue finetune` as a reader: its labels put between -1 and 1."""

    name: str
    head: TrainedHead
    values: Floats
    """(labels,); of a head that says a number empty."""

    @classmethod
    def load(cls, settings: Settings, workspace: Path) -> Polarity | None:
        """The head that ``[people] sentiment`` names; None where it names none.

        Raises:
            StorageError: there is no head in that folder, or it is damaged.
            InvalidInput: its labels are no verdicts.
        """
        name = settings.people.sentiment
        if not name:
            return None
        head = TrainedHead.load(workspace / Path(name).expanduser(), workspace)
        return cls(name, head, np.zeros(0, np.float32) if head.kind == "number" else polarities(head.labels, name))

    def instead(self, texts: Sequence[Unread], found: Sequence[Opinion]) -> list[Opinion]:
        """The opinions with the head's sentiment. Searches and marked irony stay undecided."""
        said = [reader.cleaned(one.text) for one in texts]
        told = self.head.predict(said)
        if self.head.kind == "number":
            low, high = self.head.scale
            value = 2 * (told[:, 0] - low) / max(high - low, 1e-9) - 1
        else:
            value = told @ self.values
        read = []
        for one, text, opinion, own in zip(texts, said, found, value.tolist(), strict=True):
            if not any(c.isalnum() for c in text):  # emoji alone, which no head has learnt
                read.append(opinion)
                continue
            unclear = one.kind is EventKind.SEARCH or abs(own) < _UNSURE or (own > 0 and reader.ironic(text))
            read.append(replace(opinion, sentiment=None if unclear else round(own, 3), reader=self.name))
        return read


def polarities(labels: Sequence[str], name: str) -> Floats:
    """(len(labels),) -1 … 1: verdicts by their names, or numbers in their order.

    Raises:
        InvalidInput: a label is neither.
    """
    table: Mapping[str, float] = {
        **dict.fromkeys(_AGAINST, -1.0),
        **dict.fromkeys(_BETWEEN, 0.0),
        **dict.fromkeys(_FOR, 1.0),
    }
    plain = [label.strip().casefold() for label in labels]
    if all(label in table for label in plain):
        return np.array([table[label] for label in plain], np.float32)
    try:
        numbers = np.array([float(label) for label in plain], np.float32)
    except ValueError:
        raise InvalidInput(
            f"[people] sentiment names the head {name!r}, whose labels are {', '.join(labels[:8])}; expected verdicts "
            "such as good and bad, or numbers. `segue finetune sentiment` makes such a head."
        ) from None
    low, high = float(numbers.min()), float(numbers.max())
    return np.asarray(2 * (numbers - low) / max(high - low, 1e-9) - 1, dtype=np.float32)
