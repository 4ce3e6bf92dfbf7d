"""Annotators: item → labels out of closed vocabularies. One file per annotator; this table says which there are."""

from __future__ import annotations

from ...plugins import Table
from .base import Annotator

TABLE: Table[type[Annotator]] = Table(
    "annotator",
    "segue.annotators",
    {
        "zero_shot": "segue.understanding.annotators.zero_shot:ZeroShot",
        "heads": "segue.understanding.annotators.heads:Heads",
        "finetuned": "segue.understanding.annotators.finetuned:Finetuned",
        "language_model": "segue.understanding.annotators.language_model:LanguageModelAnnotator",
    },
)
