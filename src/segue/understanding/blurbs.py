"""Blurbs: the few words beside an item, English and Chinese, by a language model and checked word by word.

Each sentence that says more than the item's owner states (`segue.understanding.grounding`) is dropped. Where none
remains, the description's own most telling sentence stands in its language, and for the other language a line made by
code out of kind, year, length, people and genres. Whether a sentence gives the ending away cannot be checked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ..annotations import Summary
from ..errors import ServiceError
from ..events import now
from ..items import Item
from ..llm.client import LanguageModel
from ..llm.prompts import prompt
from ..llm.text import one_line, visible
from ..phrases import is_chinese, listed
from ..settings import Settings
from .annotators.vocabularies import vocabularies
from .grounding import KINDS, MOST_READ, Facts, facts_of, unsupported
from .language import language_of
from .summaries import extract

LANGUAGES = ("en", "zh")
MAKER = "blurb."
"""What the annotator of a blurb begins with; its language follows."""
LONGEST = 200
"""Characters of a blurb."""
VERSION = "1"
TASK = "blurb"
"""Of `segue.llm.prompts`."""

BlurbSentence = Annotated[str, Field(max_length=1_000)]


class Worded(BaseModel):
    """The model's answer."""

    model_config = ConfigDict(extra="ignore")
    en: Annotated[list[BlurbSentence], Field(max_length=10)] = []
    zh: Annotated[list[BlurbSentence], Field(max_length=10)] = []


@dataclass(frozen=True)
class Blurbs:
    """The blurbs of one item."""

    item_id: str
    texts: tuple[Summary, ...] = ()
    """One a language; none where a problem stood in the way: what was there before stays. Where no sentence of the
    model could stand, `Summary.problem` says why, and the text is made by code."""
    dropped: int = 0
    """Sentences that were."""
    problem: str | None = None


def told(item: Item) -> dict[str, Any]:
    """What a language model is told of an item: what is stated of it, and no transcript."""
    said = {
        "kind": item.kind.value,
        "title": item.title and visible(item.title, 300),
        "series": item.series and visible(item.series, 300),
        "season": item.season,
        "episode": item.number,
        "year": item.year,
        "minutes": round(item.duration_s / 60) if item.duration_s and item.duration_s >= 60 else None,
        "creators": [{"name": c.name, "role": c.role} for c in item.creators[:8]],
        "genres": list(item.genres[:10]),
        "tags": list(item.tags[:10]),
        "description": item.description and visible(item.description, MOST_READ),
    }
    return {name: value for name, value in said.items() if value not in (None, [], "")}


def fingerprint(item: Item, settings: Settings) -> str:
    """`content` and a hash of whoever words it."""
    how = f"{VERSION}\0{settings.llm.model}\0{prompt(TASK).digest}"
    return content(item) + hashlib.sha256(how.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def content(item: Item) -> str:
    """Hash of all that a blurb may speak of: one whose fingerprint begins with another is about what was."""
    stated = json.dumps([told(item), [list(c) for c in _credits(item)]], sort_keys=True)
    return hashlib.sha256(stated.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _credits(item: Item) -> list[tuple[str, str]]:
    return [(credit.name, credit.role) for credit in item.creators]


def changed(
    known: dict[str, tuple[str, str | None]], settings: Settings, items: Sequence[Item]
) -> tuple[list[Item], int]:
    """The items that need new blurbs, and how many have theirs. One of which nothing is stated needs none.

    Args:
        known: what `Store.summarised` says of the blurbs in the last language that is written.
    """
    there = [item for item in items if item.description or line(item, settings, "en")]
    todo = [item for item in there if known.get(item.id, ("",))[0] != fingerprint(item, settings)]
    return todo, len(there) - len(todo)


def written(items: Sequence[Item], settings: Settings, model: LanguageModel) -> Iterator[Blurbs]:
    """The blurbs of each item as answers come in. Of items without a description nobody is asked.

    Raises:
        ServiceDown: nothing more can be asked now.
    """
    asked = []
    for item in items:
        if item.description:
            asked.append(item)
        else:
            yield _kept(item, settings, Worded(), "nothing is written about it")
    for number, answer in model.ask_many(Worded, prompt(TASK), [{"item": told(item)} for item in asked]):
        item = asked[number]
        if isinstance(answer, ServiceError):
            yield Blurbs(item.id, problem=str(answer))
        else:
            yield _kept(item, settings, answer, "the language model wrote nothing")


def _kept(item: Item, settings: Settings, answer: Worded, why: str) -> Blurbs:
    facts = facts_of(item, settings)
    texts, dropped = [], 0
    for language in LANGUAGES:
        text, lost = checked(answer.en if language == "en" else answer.zh, facts, language)
        dropped += len(lost)
        problem = None
        if text is None:
            problem = f"none of its sentences could stand: {'; '.join(lost[:3])}" if lost else why
            text = by_code(item, settings, language)
        texts.append(Summary(item.id, text, MAKER + language, fingerprint(item, settings), problem, now().timestamp()))
    return Blurbs(item.id, tuple(texts), dropped)


def checked(sentences: Sequence[str], facts: Facts, language: str) -> tuple[str | None, list[str]]:
    """(the sentences that may stand, as one text of at most `LONGEST` characters; why each other was dropped)."""
    text, lost = "", []
    for said in sentences:
        sentence = one_line(said)
        if not sentence:
            continue
        wrong = unsupported(sentence, facts)
        if wrong is None and language == "zh" and not any("\u4e00" <= c <= "\u9fff" for c in sentence):
            wrong = "not in Chinese"
        joined = joined_with(text, sentence)
        if wrong is None and len(joined) > LONGEST:
            wrong = "too long"
        if wrong is None:
            text = joined
        else:
            lost.append(one_line(wrong, 80))
    return text or None, lost


def joined_with(text: str, sentence: str) -> str:
    """A text and one sentence more."""
    if sentence[-1] not in '.!?…。！？”"':
        sentence += "。" if "\u4e00" <= sentence[-1] <= "\u9fff" else "."
    return text + (" " if text and text[-1].isascii() else "") + sentence


def by_code(item: Item, settings: Settings, language: str) -> str | None:
    """The description's own most telling sentence, where that is in the language and short enough; else a line."""
    if item.description and is_chinese(language_of(item.description) or "en") == (language == "zh"):
        sentence = extract(visible(item.description, MOST_READ), 1)
        if sentence and len(sentence) <= LONGEST:
            return sentence
    return line(item, settings, language)


def line(item: Item, settings: Settings, language: str) -> str | None:
    """What is stated in the fields of an item, as one line; None where that is no more than its kind."""
    chinese = language == "zh"
    kind = KINDS[item.kind][chinese].split()[0]
    labels = vocabularies(settings).get("genres", {})
    names = [labels[g.casefold()].zh or g if chinese and g.casefold() in labels else g for g in item.genres[:3]]
    minutes = round(item.duration_s / 60) if item.duration_s else 0
    head = kind if chinese else kind.capitalize()
    if item.year:
        head = f"{item.year}年的{kind}" if chinese else f"{head} of {item.year}"
    people = listed([one_line(c.name, 40) for c in item.creators[:2]], chinese)
    rest = [
        listed([one_line(name, 30) for name in names], chinese),
        ("" if not minutes else f"{minutes}分钟" if chinese else f"{minutes} minutes"),
        people,
    ]
    rest = [part for part in rest if part]
    if not rest and not item.year:
        return None
    return one_line("，".join([head, *rest]) + "。" if chinese else ", ".join([head, *rest]) + ".", LONGEST)
