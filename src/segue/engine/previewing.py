"""A preview of what is recommended to a person: two or three sentences over the first picks.

The language model words it and code checks it: each sentence is about one item, which it names, and says nothing but
what is stated of that item (`segue.understanding.grounding`). Where fewer than two sentences remain, code makes the
text. It is kept in the memory of this process alone, as long as the picks stay the same.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ..errors import SegueError, ServiceError
from ..items import Item
from ..llm.client import LanguageModel
from ..llm.prompts import prompt
from ..llm.text import one_line, stands_in
from ..phrases import is_chinese, listed, title
from ..settings import Settings
from ..understanding.blurbs import joined_with, line, told
from ..understanding.grounding import facts_of, unsupported

log = logging.getLogger(__name__)

DEGRADED = "preview:language_model"
PICKS = 4
"""First picks that it is about."""
FEWEST, MOST = 2, 3
"""Sentences by the model."""
LONGEST = 200
"""Characters of a sentence."""
KEPT = 500
TASK = "preview"


class PreviewSentence(BaseModel):
    """One sentence as the model gives it."""

    model_config = ConfigDict(extra="ignore")
    text: Annotated[str, Field(max_length=1_000)]
    item: int


class Written(BaseModel):
    """The model's answer."""

    model_config = ConfigDict(extra="ignore")
    sentences: Annotated[list[PreviewSentence], Field(min_length=1, max_length=10)]


@dataclass(frozen=True)
class Preview:
    """A text over picks, and the items of its sentences, in their order."""

    text: str
    items: tuple[str, ...]
    by: str
    """``language_model`` or ``code``."""
    degraded: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For HTTP."""
        return {"text": self.text, "items": list(self.items), "by": self.by, "degraded": list(self.degraded)}


class Previews:
    """Makes previews, and remembers those that the model has written.

    Args:
        asked: the language model of this process.
    """

    def __init__(self, settings: Settings, asked: Callable[[], LanguageModel]) -> None:
        self._settings = settings
        self._asked = asked
        self._kept: OrderedDict[tuple[str, str], tuple[str, Preview]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, user_id: str, items: Sequence[Item], language: str) -> Preview:
        """The preview of what a person is recommended, in English or Chinese."""
        language, items = "zh" if is_chinese(language) else "en", items[:PICKS]
        if not self._settings.llm.url or not items:
            return by_code(items, self._settings, language)
        said = json.dumps([[item.id, told(item)] for item in items], sort_keys=True)
        digest, key = hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest(), (user_id, language)
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and kept[0] == digest:
            return kept[1]
        try:
            found = self._written(user_id, items, language)
        except SegueError as error:
            log.warning("a preview is made by code: %s", error)
            made = by_code(items, self._settings, language)
            return Preview(made.text, made.items, made.by, (DEGRADED,))
        with self._lock:
            self._kept[key] = digest, found
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found

    def forget(self, user_id: str) -> None:
        """Drop what is kept of a person."""
        with self._lock:
            for key in [key for key in self._kept if key[0] == user_id]:
                del self._kept[key]

    def _written(self, user_id: str, items: Sequence[Item], language: str) -> Preview:
        """Raises ServiceError where fewer than `FEWEST` sentences (of fewer picks, one) may stand."""
        model = self._asked()
        data = {
            "language": "Chinese (simplified)" if language == "zh" else "English",
            "items": [{"number": number, **told(item)} for number, item in enumerate(items, 1)],
        }
        answer = model.ask(Written, prompt(TASK), data, person=user_id, within_s=model.settings.words_s, keep=False)
        text = ""
        about: list[str] = []
        for said in answer.sentences:
            sentence = one_line(said.text)
            if not 1 <= said.item <= len(items) or len(sentence) > LONGEST or len(about) == MOST:
                continue
            item = items[said.item - 1]
            if item.id in about or not item.title or not stands_in(item.title, sentence):
                continue
            if unsupported(sentence, facts_of(item, self._settings)) is None:
                text = joined_with(text, sentence)
                about.append(item.id)
        if len(about) < min(FEWEST, len(items)):
            raise ServiceError("The language model wrote of the picks what is not stated of them.")
        return Preview(text, tuple(about), "language_model")


def by_code(items: Sequence[Item], settings: Settings, language: str) -> Preview:
    """The first picks with what is stated in their fields, by code; an empty text over none."""
    chinese = language == "zh"
    named = []
    for item in items[:MOST]:
        known = (line(item, settings, language) or "").rstrip(".。")
        around = f"（{known}）" if chinese else f" ({known[0].lower()}{known[1:]})" if known else ""
        named.append(title(item.name, chinese) + (around if known else ""))
    text = (
        ""
        if not named
        else f"今晚为你准备：{listed(named, True)}。"
        if chinese
        else f"For you tonight: {listed(named, False)}."
    )
    return Preview(text, tuple(item.id for item in items[:MOST]), "code")
