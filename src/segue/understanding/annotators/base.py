"""The contract of every annotator: say what you would read of an item, then put labels on it and say why."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ...annotations import Annotated, Annotation
from ...events import now
from ...items import Item
from ...llm.budget import Budget
from ...settings import Settings
from ..encoders.base import AGAIN
from .vocabularies import Vocabularies, vocabularies

if TYPE_CHECKING:
    from ...storage.rows import Store

Progress = Callable[[str, float, float], None]
"""Called with what is being done, how many items are done and how many there are to do."""


class Annotator(ABC):
    """Puts labels of closed vocabularies on items. Cheap to make; what is heavy is loaded by `prepare`.

    Args:
        store: the rows; an annotator reads items and readings, and never writes labels itself.
        settings: of the workspace.
        workspace: folder where it may keep what it has learnt, under ``cataloguing/NAME``.
    """

    name: ClassVar[str]

    def __init__(self, store: Store, settings: Settings, workspace: Path = Path()) -> None:
        self.store = store
        self.settings = settings
        self.workspace = workspace
        self.vocabularies: Vocabularies = vocabularies(settings)
        self.budget: Budget | None = None
        """What the run may still use of a language model; None: as much as one run may."""

    @property
    @abstractmethod
    def version(self) -> str:
        """Changes whenever the same content would get other labels; known after `prepare`."""

    def prepare(self, items: Sequence[Item], progress: Progress) -> bool:
        """Learn what is needed before any item is labelled, once a run; False: it has nothing to say in this workspace.

        Args:
            items: the whole catalogue.
        """
        return True

    def recall(self, item_ids: Sequence[str]) -> bool:
        """Take up what an earlier `prepare` has learnt, for a few items that have just come; False: they wait for the
        next run, because nothing has been learnt for the catalogue as it is read now, or because labelling takes long.

        Learns nothing, and asks nobody.
        """
        return False

    @abstractmethod
    def wants(self, item: Item) -> str | None:
        """What would be read of the item, as a key; None: there is nothing to say about it."""

    @abstractmethod
    def annotate(self, items: Sequence[Item]) -> Iterator[Annotated]:
        """One `Annotated` per item, in any order. One that cannot be labelled gets a ``problem``, and raises nothing.

        Raises:
            SegueError: the annotator as a whole cannot go on (no server, budget spent).
        """

    def fingerprint(self, item: Item) -> str:
        """Hash of what would be read and of the version; equal means nothing to do."""
        key = self.wants(item)
        content = f"{self.name}\0{self.version}\0{'nothing' if key is None else '=' + key}"
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def annotated(
        self, item: Item, labels: Sequence[Annotation] = (), problem: str | None = None, again: bool = True
    ) -> Annotated:
        """What was found in an item; of each vocabulary the surest labels only, as many as the settings allow.

        Args:
            again: whether the next run is to try once more where there is a problem; False: it would be the same.
        """
        kept: list[Annotation] = []
        counts: dict[str, int] = {}
        for label in sorted(labels, key=lambda a: -a.confidence):
            if counts.get(label.vocabulary, 0) < self.settings.cataloguing.max_labels:
                counts[label.vocabulary] = counts.get(label.vocabulary, 0) + 1
                kept.append(label)
        fingerprint = AGAIN if problem and again else self.fingerprint(item)
        return Annotated(item.id, self.name, fingerprint, tuple(kept), problem)

    def label(
        self, item: Item, vocabulary: str, label: str, confidence: float, evidence: Sequence[dict[str, object]] = ()
    ) -> Annotation:
        """One label of this annotator, made now."""
        return Annotation(
            item_id=item.id,
            vocabulary=vocabulary,
            label=label,
            confidence=min(1.0, max(0.0, float(confidence))),
            annotator=self.name,
            version=self.version,
            evidence=tuple(evidence),
            at=now().timestamp(),
        )
