"""Labels by a language model: typed answers out of the closed vocabularies, each with the words that it rests on.

The item is data in the request (see `segue.llm.client`). What comes back is checked: against the schema, against the
vocabularies (a label outside them is dropped and reported), and against the item: words that do not stand in it are no
evidence, and the label then counts for little. A model that labels without choosing is not believed at all.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated as Typed
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from ...annotations import Annotated, Annotation
from ...items import Item
from ...llm.client import LanguageModel
from ...llm.prompts import prompt
from ...llm.text import one_line, stands_in, visible
from ...settings import Settings
from ...storage.rows import Store
from .base import Annotator, Progress
from .content import content_key
from .vocabularies import digest, wanted

TASK = "labels"
"""Of `segue.llm.prompts`."""
MAX_WORDS = 3_000
"""Characters of a description or transcript that are sent."""
MOST_BY_ONE_QUOTE = 5
"""Labels that the same words of an item may show; a model that rests more on them has been talked into it."""
WITHOUT_QUOTE = 0.6
"""The most that a label counts for whose words do not stand in the item."""


class Given(BaseModel):
    """One label as the model gives it."""

    model_config = ConfigDict(extra="ignore")
    vocabulary: Typed[str, Field(max_length=200)]
    label: Typed[str, Field(max_length=200)]
    confidence: Typed[float, Field(ge=0, le=1)]
    quote: Typed[str, Field(max_length=1_000)] = ""


class GivenLabels(BaseModel):
    """The model's answer."""

    model_config = ConfigDict(extra="ignore")
    labels: Typed[list[Given], Field(max_length=60)]


class LanguageModelAnnotator(Annotator):
    """See the module."""

    name: ClassVar[str] = "language_model"

    def __init__(self, store: Store, settings: Settings, workspace: Path = Path()) -> None:
        super().__init__(store, settings, workspace)
        self.model: LanguageModel | None = None
        self.dropped = 0
        """Labels outside the vocabularies that it gave."""

    @property
    def version(self) -> str:
        said = f"{prompt(TASK).text}\0{self.settings.llm.model}\0{digest(self.vocabularies)}"
        return f"language-model-1-{hashlib.sha256(said.encode()).hexdigest()[:12]}"

    def prepare(self, items: Sequence[Item], progress: Progress) -> bool:
        return bool(self.settings.llm.url)

    def wants(self, item: Item) -> str | None:
        labels = wanted(self.vocabularies, item)
        # A bare title is too little to read anything in.
        if not labels or not (item.description or item.lyrics_or_transcript):
            return None
        return f"{item.kind}\0{','.join(labels)}\0{content_key(item)}"

    def annotate(self, items: Sequence[Item]) -> Iterator[Annotated]:
        asked = [item for item in items if self.wants(item) is not None]
        yield from (self.annotated(item) for item in items if self.wants(item) is None)
        with LanguageModel(self.settings.llm, self.store, self.budget) as model:
            self.model = model
            requests = [{"item": described(item), "vocabularies": wanted(self.vocabularies, item)} for item in asked]
            for number, answer in model.ask_many(GivenLabels, prompt(TASK), requests):
                item = asked[number]
                if isinstance(answer, Exception):
                    yield self.annotated(item, problem=str(answer))
                else:
                    yield self._of(item, answer)

    def _of(self, item: Item, answer: GivenLabels) -> Annotated:
        open_ones = {
            vocabulary: {label.casefold(): label for label in labels}
            for vocabulary, labels in wanted(self.vocabularies, item).items()
        }
        text = " ".join(str(value) for value in described(item).values())
        if (why := self._indiscriminate(answer)) is not None:
            return self.annotated(item, problem=f"the language model did not choose: {why}", again=False)
        kept: dict[tuple[str, str], Annotation] = {}
        outside: list[str] = []
        for given in answer.labels:
            label = open_ones.get(given.vocabulary, {}).get(given.label.strip().casefold())
            if label is None:
                self.dropped += 1
                outside.append(one_line(f"{given.vocabulary}: {given.label}", 60))
                continue
            quote = one_line(given.quote, 160)
            stands = bool(quote) and stands_in(quote, text)
            confidence = given.confidence if stands else min(given.confidence, WITHOUT_QUOTE)
            if confidence < self.settings.cataloguing.min_confidence:
                continue
            evidence: list[dict[str, object]] = [{"kind": "quote", "text": quote}] if stands else []
            kept.setdefault((given.vocabulary, label), self.label(item, given.vocabulary, label, confidence, evidence))
        problem = (
            f"the language model gave labels outside the vocabularies: {', '.join(outside[:5])}" if outside else None
        )
        # The answer is kept in the cache: asked again, it would be the same.
        return self.annotated(item, list(kept.values()), problem, again=False)

    def _indiscriminate(self, answer: GivenLabels) -> str | None:
        """What shows that the model has given labels without choosing, as one does that follows what an item says of
        itself; None: nothing."""
        most = self.settings.cataloguing.max_labels
        given = {(one.vocabulary, one.label.strip().casefold()) for one in answer.labels}
        of = Counter(vocabulary for vocabulary, _ in given).most_common(1)
        if of and of[0][1] > 2 * most:
            return f"{of[0][1]} labels of {one_line(of[0][0], 40)}, where {most} may hold"
        quoted = Counter(one_line(one.quote, 160) for one in answer.labels if one.quote.strip()).most_common(1)
        if quoted and quoted[0][1] > MOST_BY_ONE_QUOTE:
            return f"{quoted[0][1]} labels that rest on the same words"
        return None


def described(item: Item) -> dict[str, Any]:
    """What a language model is told about an item: what stands in it, without what is missing."""
    said = {
        "kind": item.kind.value,
        "title": item.title,
        "series": item.series,
        "creators": ", ".join(f"{c.name} ({c.role})" for c in item.creators[:8]) or None,
        "genres": ", ".join(item.genres) or None,
        "tags": ", ".join(item.tags[:20]) or None,
        "description": item.description and visible(item.description, MAX_WORDS),
        "transcript": item.lyrics_or_transcript and visible(item.lyrics_or_transcript, MAX_WORDS),
    }
    return {name: value for name, value in said.items() if value}
