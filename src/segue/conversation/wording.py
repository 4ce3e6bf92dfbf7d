"""Reasons worded by a language model, of which nothing is believed but the order and the words in between.

The model sees what speaks for an item as numbered phrases that code has made from measured evidence, and answers with
sentences in which the numbers stand for the phrases. What stands between them must be made of a closed list of
connecting words. So whatever it writes of its own (names, numbers, plots, prizes, other people) cannot be shown: a
sentence that holds anything else is dropped, and its reasons are told by the template. No list of forbidden words is
involved.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..errors import SegueError
from ..llm.client import LanguageModel
from ..llm.prompts import prompt
from ..llm.text import one_line
from ..phrases import is_chinese, title
from ..pipeline.reasons import Claim

log = logging.getLogger(__name__)

DEGRADED = "explanation:language_model"
MOST = 4
"""Sentences."""
LONGEST = 600
"""Characters of a sentence as the model writes it."""
MOST_CONNECTED = 12
"""Connecting words in a row are at most so many phrases of the list: more is babble."""

CONNECT: dict[str, tuple[str, ...]] = {
    "en": (
        "is here because", "is recommended because", "was picked because", "comes up because", "is in the list because",
        "it is here because", "it is recommended because", "it was picked because", "it comes up because",
        "this is recommended because", "this is here because", "you see it because", "you are shown it because",
        "the reason is that", "the main reason is that", "another reason is that", "one more reason is that",
        "here is why", "that is why", "because", "and because", "also because", "and also because", "since", "as",
        "and", "and also", "also", "besides", "besides that", "moreover", "in addition", "on top of that",
        "what is more", "for one thing", "for another", "at the same time", "as well", "too", "plus",
    ),
    "zh": (
        "之所以推荐", "推荐", "推荐它", "推荐给你", "推荐它给你", "出现在这里", "会出现在这里", "是因为",
        "这是因为", "也是因为", "还因为", "也因为", "又因为", "并且因为", "而且因为", "因为", "由于", "理由是",
        "原因是", "主要原因是", "另一个原因是", "还有一个原因是", "所以", "而且", "并且", "同时", "另外", "此外",
        "还有", "再加上", "加上", "再说", "一来", "二来", "其次", "也",
    ),
}  # fmt: skip
"""All that may stand between the phrases."""
_MARKS = r"[\s,.;:!?，。；：！？、—–-]"
_SLOT = re.compile(r"\[\s*(\d{1,3})\s*\]")


class ReasonSentence(BaseModel):
    """One sentence as the model gives it."""

    model_config = ConfigDict(extra="ignore")
    text: Annotated[str, Field(min_length=1, max_length=2_000)]
    phrases: Annotated[list[int], Field(max_length=50)] = []


class Worded(BaseModel):
    """The model's answer."""

    model_config = ConfigDict(extra="ignore")
    sentences: Annotated[list[ReasonSentence], Field(min_length=1, max_length=20)]


@dataclass(frozen=True)
class Told:
    """Sentences that tell claims."""

    sentences: tuple[str, ...]
    by: Literal["code", "language_model"]
    degraded: bool = False
    """The model could not be asked, or something that it wrote was dropped."""


def worded(
    claims: Sequence[Claim], name: str, language: str, asked: Callable[[], LanguageModel], person: str | None = None
) -> Told:
    """The claims in sentences by the language model, as far as they hold nothing but the claims.

    Args:
        claims: the one with the most influence first.
        name: title of the item.
        asked: the model; not called where there are no claims.
        person: on whose budget it is.
    """
    chinese = is_chinese(language)
    if not claims:
        return Told((), "code")
    try:
        model = asked()
        data = given(claims, name, chinese)
        # Somebody waits: not long, or, where it was down just now, not at all.
        answer = model.ask(Worded, prompt("explanation"), data, person=person, within_s=model.settings.words_s)
    except SegueError as error:
        log.warning("a reason is worded by code: %s", error)
        return Told(template(claims, chinese), "code", degraded=True)
    return checked(answer, claims, name, chinese)


def given(claims: Sequence[Claim], name: str, chinese: bool) -> dict[str, Any]:
    """What the model is shown: phrases with numbers, and the words that may connect them."""
    phrases = [title(name, chinese), *(clause(claim.text, chinese) for claim in claims)]
    return {
        "language": "Chinese (simplified)" if chinese else "English",
        "phrases": [{"number": n, "says": phrase} for n, phrase in enumerate(phrases)],
        "connect": list(CONNECT["zh" if chinese else "en"]),
    }


def checked(answer: Worded, claims: Sequence[Claim], name: str, chinese: bool) -> Told:
    """The sentences that are made of phrases and connecting words alone; what these leave untold, by the template."""
    phrases = [title(name, chinese), *(clause(claim.text, chinese) for claim in claims)]
    used: set[int] = set()
    kept: list[str] = []
    dropped = len(answer.sentences) > MOST
    for sentence in answer.sentences[:MOST]:
        numbers = _numbers(sentence.text, chinese)
        if numbers is None or set(numbers) & used or len(set(numbers)) < len(numbers):
            dropped = True
            continue
        if max(numbers) >= len(phrases) or not any(numbers):
            dropped = True
            continue
        used |= set(numbers) - {0}
        kept.append(_filled(sentence.text, phrases, chinese))
    if not kept:
        return Told(template(claims, chinese), "code", degraded=True)
    if 1 not in used:
        # What counts most is told in any case, and first.
        kept[:0] = template(claims[:1], chinese)
    left = [claim for n, claim in enumerate(claims, 1) if n not in used and n > 1] if dropped else []
    return Told((*kept, *template(left, chinese, further=True)), "language_model", degraded=dropped)


def template(claims: Sequence[Claim], chinese: bool, further: bool = False) -> tuple[str, ...]:
    """One sentence a claim, made by code.

    Args:
        further: something has been told before.
    """
    return tuple(_by_code(claim.text, chinese, further or n > 0) for n, claim in enumerate(claims))


def _by_code(text: str, chinese: bool, further: bool) -> str:
    if chinese:
        return f"{'也' if further else ''}{text}。"
    return f"Also {text[0].lower()}{text[1:]}." if further else f"{text}."


def clause(text: str, chinese: bool) -> str:
    """What a reason says, without the word that it begins with."""
    begin = "因为" if chinese else "Because "
    return text[len(begin) :] if text.startswith(begin) else text


def _numbers(text: str, chinese: bool) -> list[int] | None:
    """The phrases that stand in a sentence; None where anything stands between them that does not connect."""
    text = one_line(text, LONGEST)
    between = _SLOT.split(text)[::2]
    numbers = [int(number) for number in _SLOT.findall(text)]
    if not numbers or not all(_connects(part, chinese) for part in between):
        return None
    return numbers


def _connects(text: str, chinese: bool) -> bool:
    """Whether a text is made of connecting words and marks alone."""
    words = sorted(CONNECT["zh" if chinese else "en"], key=len, reverse=True)
    left, count = text.casefold(), 0
    while left:
        mark = re.match(_MARKS, left)
        if mark:
            left = left[mark.end() :]
            continue
        word = next((w for w in words if left.startswith(w) and (chinese or _ends(left, len(w)))), None)
        count += 1
        if word is None or count > MOST_CONNECTED:
            return False
        left = left[len(word) :]
    return True


def _ends(text: str, at: int) -> bool:
    """Whether a word ends there."""
    return at >= len(text) or not text[at].isalnum()


def _filled(text: str, phrases: Sequence[str], chinese: bool) -> str:
    """The sentence with its phrases; what stands in these is not looked at again."""
    parts = _SLOT.split(one_line(text, LONGEST))
    told = "".join(phrases[int(part)] if n % 2 else part for n, part in enumerate(parts)).strip()
    told = told[0].upper() + told[1:] if told[0].isascii() else told
    return told if told[-1] in ".!?。！？" else told + ("。" if chinese else ".")
