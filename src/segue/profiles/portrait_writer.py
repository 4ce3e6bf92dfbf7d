"""The short text of a portrait, written by a language model and checked against the lines that it was given.

The model sees the lines with numbers, as data (see `segue.llm.client`), and answers with sentences that each give the
numbers they rest on. It is believed only where every sentence cites lines that there are, names at least one of those
it cites, and names no genre, mood, person … of the catalogue that stands in none of them; otherwise the text made by
code stays, and the portrait says so in ``degraded``. Nothing of what is sent is kept: it is about a person.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ..errors import SegueError, ServiceError
from ..llm.client import LanguageModel
from ..llm.prompts import prompt
from ..llm.text import one_line, stands_in
from ..phrases import is_chinese
from .portrait import CitedSentence, Line, Portrait, rewritten

log = logging.getLogger(__name__)

BY = "language_model"
DEGRADED = "portrait:language_model"
MOST_LINES = 30
"""Lines that are sent: the strongest."""
MOST = 4
"""Sentences."""
LONGEST = 300
"""Characters of a sentence."""
SHORTEST = 2
"""Characters of a name that is looked for."""


class WrittenSentence(BaseModel):
    """One sentence as the model gives it."""

    model_config = ConfigDict(extra="ignore")
    text: Annotated[str, Field(min_length=1, max_length=1_000)]
    lines: Annotated[list[int], Field(min_length=1, max_length=MOST_LINES)]


class Written(BaseModel):
    """The model's answer."""

    model_config = ConfigDict(extra="ignore")
    sentences: Annotated[list[WrittenSentence], Field(min_length=1, max_length=MOST)]


def written(
    found: Portrait, language: str, asked: Callable[[], LanguageModel], user_id: str, known: Iterable[str] = ()
) -> Portrait:
    """The portrait with its text in that language (``en`` or ``zh``) by a language model; unchanged where nothing is
    known, and with a note in ``degraded`` where the model cannot be used.

    Args:
        asked: the model, which counts what is used for the person; not called where nothing is known.
        known: names of topics, in that language, that a sentence may only use where it cites a line that has them.
    """
    given = _given(found)
    if not given:
        return found
    language = "zh" if is_chinese(language) else "en"
    said = "Chinese (simplified)" if language == "zh" else "English"
    try:
        model, lines = asked(), [_told(n, one, language) for n, one in enumerate(given, 1)]
        data = {"language": said, "lines": lines}
        # Somebody waits: not long, or, where it was down just now, not at all.
        answer = model.ask(Written, prompt("portrait"), data, person=user_id, within_s=model.settings.words_s)
        return rewritten(found, language, _checked(answer, given, language, known), BY)
    except SegueError as error:
        log.warning("the text of a portrait is made by code: %s", error)
        return rewritten(found, language, found.sentences[language], "code", DEGRADED)


def _given(found: Portrait) -> list[Line]:
    lines = [one for one in found.lines if not one.id.startswith("item:")]
    lines.sort(key=lambda one: -abs(one.strength) * (0.5 + one.confidence))
    return lines[:MOST_LINES]


def _told(number: int, one: Line, language: str) -> dict[str, Any]:
    return {
        "number": number,
        "about": one.sort,
        "name": one.name[language],
        "says": one.text[language],
        "strength": round(one.strength, 2),
        "sure": round(one.confidence, 2),
        "lately": one.lately,
    }


def _checked(answer: Written, given: Sequence[Line], language: str, known: Iterable[str]) -> list[CitedSentence]:
    """Raises ServiceError where a sentence claims what it has no line for."""
    found = []
    for sentence in answer.sentences:
        text = one_line(sentence.text, LONGEST)
        unknown = [number for number in sentence.lines if not 1 <= number <= len(given)]
        if unknown:
            raise ServiceError(f"The language model cites line {unknown[0]}, and there are {len(given)}.")
        cited = [given[number - 1] for number in dict.fromkeys(sentence.lines)]
        if not any(_named(one, text, language) for one in cited):
            raise ServiceError("The language model wrote a sentence that names nothing of what it cites.")
        covered = " ".join(f"{one.name[language]} {one.text[language]}" for one in cited)
        for name in {*known, *(one.name[language] for one in given)}:
            if _whole(name, text) and not stands_in(name, covered):
                # Not which: the message goes into the log, and what somebody likes is nobody's business there.
                raise ServiceError("The language model wrote of something and cites no line that says so.")
        found.append(CitedSentence(text, tuple(one.id for one in cited)))
    return found


def _whole(name: str, text: str) -> bool:
    """Whether a name stands in a text, as words of its own where it is written in letters with spaces between."""
    if len(name) < SHORTEST or not stands_in(name, text):
        return False
    edge = r"\b" if name.isascii() else ""
    return re.search(f"{edge}{re.escape(name)}{edge}", text, re.IGNORECASE) is not None


def _named(one: Line, text: str, language: str) -> bool:
    """Whether a sentence speaks of a line; of a habit the model may use words of its own."""
    return one.sort == "habits" or stands_in(one.name[language], text)
