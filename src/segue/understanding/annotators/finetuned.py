"""Heads that `segue finetune` made, each for the vocabulary that ``[cataloguing] finetuned`` names it for.

They read the words of an item without the labels that stand in them, as they did in their training. The evidence for a
label is the sentence of the item for which its head is surest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from ...annotations import Annotated, Annotation
from ...arrays import Floats
from ...errors import InvalidInput
from ...items import Item
from ...llm.text import one_line
from ...settings import Settings
from ...storage.rows import Store
from ..encoders.text import item_text
from ..heads import TrainedHead
from ..summaries import sentences, text_of
from .base import Annotator, Progress
from .content import bare, bare_texts
from .vocabularies import checked, stated_labels

_AT_ONCE = 128
_LOOKED_AT = 12
"""Sentences of an item that are tried as evidence."""


class Finetuned(Annotator):
    """See the module."""

    name: ClassVar[str] = "finetuned"

    def __init__(self, store: Store, settings: Settings, workspace: Path = Path()) -> None:
        super().__init__(store, settings, workspace)
        self._heads: Mapping[str, TrainedHead] = {}
        self._spelt: Mapping[str, tuple[str, ...]] = {}

    @property
    def version(self) -> str:
        said = [f"{vocabulary}={head.version}" for vocabulary, head in sorted(self._heads.items())]
        return f"finetuned-1-{hashlib.sha256(';'.join(said).encode()).hexdigest()[:12]}"

    def prepare(self, items: Sequence[Item], progress: Progress) -> bool:
        """Load the heads.

        Raises:
            StorageError: a folder holds no head, or a damaged one.
            NotFound: there is no such vocabulary.
            InvalidInput: a head says numbers, or labels outside its vocabulary.
        """
        self._heads, self._spelt = {}, {}
        for vocabulary, folder in self.settings.cataloguing.finetuned.items():
            head = TrainedHead.load(self.workspace / Path(folder).expanduser(), self.workspace)
            if head.kind == "number":
                raise InvalidInput(f"The head {folder} says a number and no labels; name one of genres or styles, say.")
            in_use = {label for item in items for label in stated_labels(item, vocabulary)}
            spelt = tuple(checked(self.vocabularies, vocabulary, label, in_use) for label in head.labels)
            self._heads = {**self._heads, vocabulary: head}
            self._spelt = {**self._spelt, vocabulary: spelt}
        return bool(self._heads)

    def wants(self, item: Item) -> str | None:
        if all(stated_labels(item, vocabulary) for vocabulary in self._heads):
            return None
        return item_text(bare(item)) or None

    def annotate(self, items: Sequence[Item]) -> Iterator[Annotated]:
        yield from (self.annotated(item) for item in items if self.wants(item) is None)
        asked = [item for item in items if self.wants(item) is not None]
        for start in range(0, len(asked), _AT_ONCE):
            batch = asked[start : start + _AT_ONCE]
            texts = bare_texts(batch)
            found: list[list[Annotation]] = [[] for _ in batch]
            for vocabulary, head in self._heads.items():
                chances = head.predict(texts)
                given = head.holds(chances)
                for row in np.flatnonzero(given.any(axis=1)).tolist():
                    if not stated_labels(batch[row], vocabulary):
                        columns = np.flatnonzero(given[row])
                        found[row] += self._labels(batch[row], vocabulary, columns.tolist(), chances[row])
            yield from (self.annotated(item, labels) for item, labels in zip(batch, found, strict=True))

    def _labels(self, item: Item, vocabulary: str, columns: Sequence[int], chances: Floats) -> Iterator[Annotation]:
        said = sentences(text_of(item))[:_LOOKED_AT]
        alone = self._heads[vocabulary].predict(said) if said else None
        for column in columns:
            evidence: list[dict[str, object]] = []
            if alone is not None:
                evidence.append({"kind": "quote", "text": one_line(said[int(alone[:, column].argmax())], 160)})
            yield self.label(item, vocabulary, self._spelt[vocabulary][column], float(chances[column]), evidence)
