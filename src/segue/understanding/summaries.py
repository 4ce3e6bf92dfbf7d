"""Summaries: the sentences that say most and repeat least; or, with a language model, a few words of its own.

Extractive: sentences are weighed by LexRank (Erkan & Radev 2004: the stationary distribution of a walk between
similar sentences) with a prior for those that come first, and chosen by maximal marginal relevance (Carbonell &
Goldstein 1998). Sentences are compared in the space of character n-grams, which reads every script and costs next
to nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..annotations import Summary
from ..arrays import Floats
from ..events import now
from ..items import Item
from ..llm.client import LanguageModel
from ..llm.prompts import prompt
from ..llm.text import one_line, visible
from ..settings import Settings
from .annotators.language_model import described
from .encoders.ngram import hashed

EXTRACTIVE, ABSTRACTIVE = "extractive", "language_model"
MAX_SENTENCES = 200
"""Of a text; what comes behind them is not read."""
MAX_CHARACTERS = 400
"""Of a summary."""
SHORTEST = 8
"""Characters of a sentence that can stand alone (half as many where each is a syllable)."""
DAMPING = 0.85
DIVERSITY = 0.5
"""1 - λ of maximal marginal relevance."""
VERSION = "1"

TASK = "summary"
"""Of `segue.llm.prompts`."""

# The end of a sentence: a full stop of any script with what closes behind it, before a space or in a script without
# spaces; or a line end.
_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|(?<=[。！？；])[”’」』）]*\s*|\n+")
_ABBREVIATION = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|etc|Lt|Col|Gen|Sgt|No|U\.S)|\b[A-Z])\.$")


class Short(BaseModel):
    """The model's answer."""

    model_config = ConfigDict(extra="ignore")
    summary: Annotated[str, Field(max_length=2_000)]


def sentences(text: str) -> list[str]:
    """The sentences of a text, in any script."""
    found: list[str] = []
    for part in _pieces(visible(text, 100_000)):
        # "Dr. Strange" is one piece of a sentence.
        if found and _ABBREVIATION.search(found[-1]):
            found[-1] = f"{found[-1]} {part}"
        else:
            found.append(part)
        if len(found) > MAX_SENTENCES:
            break
    return found[:MAX_SENTENCES]


def _pieces(text: str) -> Iterator[str]:
    start = 0
    for end in _END.finditer(text):
        # What closes the sentence (a quotation mark) stays with it.
        if piece := (text[start : end.start()] + end.group(0).strip()).strip():
            yield piece
        start = end.end()
    if piece := text[start:].strip():
        yield piece


def extract(text: str, count: int) -> str | None:
    """The ``count`` most telling sentences of a text, in their order; None where there is nothing to say."""
    every = [s for s in sentences(text) if _long_enough(s)]
    if not every:
        return None
    if len(every) <= count:
        return one_line(_joined(every), MAX_CHARACTERS)
    vectors = np.stack([hashed(sentence) for sentence in every])
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    chosen = _diverse(_salience(vectors), vectors, count)
    return one_line(_joined([every[i] for i in sorted(chosen)]), MAX_CHARACTERS)


def _salience(vectors: Floats) -> Floats:
    """(n,) the stationary distribution of LexRank, with more weight on what comes first."""
    n = len(vectors)
    alike = np.maximum(vectors @ vectors.T, 0)
    np.fill_diagonal(alike, 0)
    rows = alike.sum(axis=1, keepdims=True)
    walk = np.where(rows > 0, alike / np.maximum(rows, 1e-12), 1 / n)
    prior = 1 / np.sqrt(1 + np.arange(n))
    prior /= prior.sum()
    rank = np.full(n, 1 / n)
    for _ in range(50):
        rank = (1 - DAMPING) * prior + DAMPING * rank @ walk
    # A descriptive text is written with the most telling sentence first: half of the weight is the place.
    return np.asarray(rank / rank.max() + prior / prior.max(), dtype=np.float32)


def _diverse(salience: Floats, vectors: Floats, count: int) -> list[int]:
    chosen = [int(salience.argmax())]
    weight = salience / float(salience.max())
    while len(chosen) < count:
        repeated = (vectors @ vectors[chosen].T).max(axis=1)
        score = (1 - DIVERSITY) * weight - DIVERSITY * repeated
        score[chosen] = -np.inf
        chosen.append(int(score.argmax()))
    return chosen


def _long_enough(sentence: str) -> bool:
    letters = [c for c in sentence if c.isalnum()]
    ideographic = any("\u3040" <= c <= "\u9fff" for c in letters)
    return len(letters) >= (SHORTEST // 2 if ideographic else SHORTEST)


def _joined(chosen: Sequence[str]) -> str:
    text = ""
    for sentence in chosen:
        text += (" " if text and text[-1].isascii() else "") + sentence
    return text


def text_of(item: Item) -> str:
    """What there is to sum up."""
    return item.description or item.lyrics_or_transcript or ""


def extractive(item: Item, settings: Settings) -> Summary:
    """The item's own most telling sentences."""
    text = extract(text_of(item), settings.cataloguing.summary_sentences)
    return Summary(item.id, text, EXTRACTIVE, fingerprint(item, EXTRACTIVE, settings), at=now().timestamp())


def abstractive(items: Sequence[Item], settings: Settings, model: LanguageModel) -> Iterator[Summary]:
    """A summary in a language model's words for each item, or the problem that stood in the way.

    Raises:
        ServiceDown: nothing more can be asked now.
    """
    for number, answer in model.ask_many(Short, prompt(TASK), [{"item": described(item)} for item in items]):
        item = items[number]
        failed = isinstance(answer, Exception)
        text = None if isinstance(answer, Exception) else one_line(answer.summary, MAX_CHARACTERS) or None
        yield Summary(
            item.id,
            text,
            ABSTRACTIVE,
            fingerprint(item, ABSTRACTIVE, settings),
            problem=str(answer) if failed else None,
            at=now().timestamp(),
        )


def fingerprint(item: Item, maker: str, settings: Settings) -> str:
    """Hash of the text and of whatever sums it up."""
    by_model = f"{settings.llm.model}\0{prompt(TASK).digest}"
    how = by_model if maker == ABSTRACTIVE else str(settings.cataloguing.summary_sentences)
    content = f"{maker}\0{VERSION}\0{how}\0{item.title}\0{text_of(item)}"
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:32]
