"""Annotation: one label that somebody or something has put on an item, and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PERSON = "person"
"""The annotator of corrections: it wins over every other, and no run ever touches its rows."""

WARNINGS = "content_warnings"
"""The vocabulary whose labels wait for a person (the moderation queue)."""


@dataclass(frozen=True)
class Annotation:
    """One label on one item, as one annotator sees it."""

    item_id: str
    vocabulary: str
    """``genres``, ``tags``, ``moods``, ``themes``, ``audience``, ``content_warnings`` or one of the owner's."""
    label: str
    confidence: float
    """0 … 1: how likely the label holds; what a person says has 1."""
    annotator: str
    """``zero_shot``, ``heads``, ``finetuned``, ``language_model``, ``person`` or a plug-in's."""
    version: str = ""
    """Of the annotator with its model and settings."""
    evidence: tuple[Mapping[str, Any], ...] = ()
    """What it rests on: ``{"kind": "words", "text": …}``, ``{"kind": "neighbor", "item": …, "name": …}``,
    ``{"kind": "meaning", "similarity": …}``."""
    denied: bool = False
    """A person says that the label does not hold."""
    at: float = 0.0
    """When it was made, seconds since 1970."""

    def as_json(self) -> dict[str, Any]:
        """For ``--json`` and HTTP."""
        return {
            "vocabulary": self.vocabulary,
            "label": self.label,
            "confidence": round(self.confidence, 4),
            "annotator": self.annotator,
            "version": self.version,
            "denied": self.denied,
            "evidence": [dict(one) for one in self.evidence],
            "at": self.at,
        }


@dataclass(frozen=True)
class Annotated:
    """What one annotator found in one item: its labels, or nothing, or the problem that stood in the way."""

    item_id: str
    annotator: str
    fingerprint: str
    """Hash of what was read and of the annotator's version; equal means nothing to do."""
    labels: tuple[Annotation, ...] = ()
    problem: str | None = None


@dataclass(frozen=True)
class Summary:
    """A short text about an item, and who made it."""

    item_id: str
    text: str | None
    """None: there is nothing to sum up, or `problem` stood in the way. A blurb with a problem is made by code."""
    annotator: str
    """``extractive``, ``language_model``, or ``blurb.en`` and ``blurb.zh``."""
    fingerprint: str
    problem: str | None = None
    at: float = 0.0


@dataclass(frozen=True)
class Review:
    """What a person decided about one content warning, and for which content."""

    item_id: str
    label: str
    content: str
    """Hash of the content that was judged; a rejection holds for that content alone."""
    confirmed: bool
    at: float = 0.0
