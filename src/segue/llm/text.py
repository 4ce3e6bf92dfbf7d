"""Text on its way to a model, and text of a model on its way in: bounded, and without what cannot be seen."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

CUT = "…"

# Unicode's bidirectional controls and the marks that reorder (UAX 9), zero-width characters and fillers that hide text,
# and the "tag" characters and supplementary variation selectors, in which whole instructions have been smuggled past
# readers. Of the other variation selectors one behind a character is how emoji are written; more are a hiding place.
_HIDDEN = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u061c\u180b-\u180f\ufeff\ufff9-\ufffb\u034f\u115f\u1160\u17b4\u17b5"
    "\u3164\uffa0\U000e0000-\U000e0fff]|(?<=[\ufe00-\ufe0f])[\ufe00-\ufe0f]+"
)
MAX_DEPTH = 40
"""Levels of JSON; what is nested deeper is no answer."""
_THOUGHTS = re.compile(r"^\s*<think>.*?</think>", re.DOTALL)
"""What reasoning models say before their answer."""


def unhidden(text: str) -> str:
    """The text without control, bidirectional and hidden characters, its outer spaces kept: for pieces of a text.

    Line ends and tabs become spaces of their kind: a newline stays, the others turn into a space.
    """
    text = _HIDDEN.sub("", text)
    return "".join(
        c if c == "\n" or unicodedata.category(c)[0] != "C" else (" " if c in "\t\r\v\f\x85" else "") for c in text
    )


def visible(text: str, limit: int | None = None) -> str:
    """The text `unhidden` and without outer spaces, at most ``limit`` characters long."""
    text = unhidden(text)
    if limit is not None and len(text) > limit:
        text = text[: max(0, limit - len(CUT))].rstrip() + CUT
    return text.strip()


def one_line(text: str, limit: int | None = None) -> str:
    """The same in one line."""
    return visible(" ".join(visible(text).split()), limit)


def stands_in(words: str, text: str) -> bool:
    """Whether words stand in a text, whatever their case, spaces and hidden characters."""
    return _folded(words) in _folded(text)


def _folded(text: str) -> str:
    return " ".join(visible(text).casefold().split())


def plain(text: str, limit: int | None = None) -> str:
    """The text `visible`, and with a space in what could pass for a sign of a chat template, such as ``<|im_end|>``."""
    return visible(re.sub(r"<(?=[|｜/!a-zA-Z])|\[(?=/?[A-Z_]{3,})", lambda sign: f"{sign.group()} ", text), limit)


def cleaned(value: Any, limit: int, depth: int = MAX_DEPTH) -> Any:
    """JSON with every text in it made `visible`; texts longer than ``limit`` are cut.

    Raises:
        ValueError: it is nested more than ``depth`` levels deep.
    """
    if isinstance(value, str):
        return visible(value, limit)
    if isinstance(value, Mapping | list | tuple) and depth == 0:
        raise ValueError("its JSON is nested too deeply")
    if isinstance(value, Mapping):
        return {visible(str(key), 100): cleaned(inner, limit, depth - 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(inner, limit, depth - 1) for inner in value]
    return value


def guessed_tokens(text: str) -> int:
    """About how many tokens a text has, where a server does not say: four letters each, or one ideograph."""
    ascii_ = sum(1 for c in text if c.isascii())
    return ascii_ // 4 + len(text) - ascii_


def first_object(text: str) -> Any:
    """The first JSON object in a text; models like to wrap it in words or fences, and some think aloud before.

    Raises:
        ValueError: there is none, or it is not whole.
    """
    decoder = json.JSONDecoder()
    text = _THOUGHTS.sub("", text)
    at = text.find("{")
    if at < 0:
        raise ValueError("it holds no JSON object")
    try:
        found, _ = decoder.raw_decode(text[at:])
    except json.JSONDecodeError as error:
        raise ValueError(f"its JSON is not whole ({error.msg} at character {at + error.pos})") from error
    except RecursionError as error:
        raise ValueError("its JSON is nested too deeply") from error
    return found
