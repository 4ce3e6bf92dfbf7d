"""Judged requests for a mood (``mood_prompts.toml``) and whether they are read as a person reads them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segue.pipeline.sources.words import simplified
from segue.profiles.mood import Mood, mood_of_now
from segue.profiles.mood_words import read, readable
from segue.settings import Settings
from segue.understanding.annotators.vocabularies import vocabularies

FILE = Path(__file__).parent / "mood_prompts.toml"
KNOWN = tuple(vocabularies(Settings())["moods"])
LEAST = 0.5
"""Moods wanted less than this are a shade, and not judged."""


def prompts() -> list[dict[str, Any]]:
    """All of them, as stated in the file."""
    stated: list[dict[str, Any]] = tomllib.loads(FILE.read_text(encoding="utf-8"))["prompt"]
    return stated


def mood_of(text: str) -> Mood:
    """The mood that words alone make."""
    return mood_of_now(read(simplified(readable(text))), (), {}, KNOWN)


def right(prompt: Mapping[str, Any], mood: Mood) -> bool:
    """Whether a reading is what the judge reads; see the head of the file."""
    wanted, fine = set(prompt.get("wanted", ())), set(prompt.get("fine", ()))
    unwanted = set(prompt.get("unwanted", ()))
    ways = [{name for name, weight in way.moods.items() if weight >= LEAST} for way in mood.ways]
    if set(mood.unwanted) != unwanted or len(ways) != (2 if prompt.get("both") else 1 if wanted else 0):
        return False
    return all(way & wanted and way <= wanted | fine for way in ways)
