"""Whether a model repeats what it was told: its task, its rules, the name of the field that the data stands in.

Data may ask for that, and a model that is easily talked round gives it. What is repeated word for word is found here,
whoever asked; what is retold in other words, spelt backwards or translated is not. Prompts hold no secrets: that they
stay where they are is a matter of tidiness, and of the name of the field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

RUN = 8
"""Words in a row that nobody shares with a task by chance."""
_FREE = 3
"""Words of such a run that are handed on while it is not yet known whether it goes on."""
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
"""Of scripts without spaces each character is one."""
_NAME = re.compile(r"data_([0-9a-f]{16})")


class Recital:
    """Listens to a text that comes in pieces.

    Args:
        told: what is not to be repeated.
    """

    def __init__(self, told: str) -> None:
        self._told = f" {' '.join(_words(told))} "
        self._names = frozenset(_NAME.findall(told))
        self._text = ""
        self._said = 0
        """How much of it is handed on."""
        self._read = 0
        """How much of it is read as words."""
        self._run: list[tuple[str, int]] = []
        """The newest words that stand so in what was told, each with where it ends."""
        self.heard = False
        """Whether it has been repeated. Nothing more is handed on then."""

    def feed(self, text: str) -> str:
        """What may be handed on now: all but a run of words that may become too long."""
        if self.heard:
            return ""
        self._text += text
        begun = ""
        self._read, start = len(self._text), self._read
        for found in _WORD.finditer(self._text, start):
            word = found.group().casefold()
            if found.end() == len(self._text) and not re.match(f"[{_UNSPACED}]", word):
                begun, self._read = word, found.start()  # it may go on
                break
            if self._hear(word, found.end()):
                return ""
        free = len(self._text)
        if len(self._run) >= _FREE:
            free = self._run[_FREE - 1][1]
        elif begun and any(name.startswith(begun) for name in self._names):
            free = self._read
        self._said, before = max(free, self._said), self._said
        return self._text[before : self._said]

    def rest(self) -> str:
        """What is left at the end."""
        said = self.feed("\n")
        said += "" if self.heard else self._text[self._said :]
        return said[:-1]

    def _hear(self, word: str, end: int) -> bool:
        self._run.append((word, end))
        while self._run and f" {' '.join(word for word, _ in self._run)} " not in self._told:
            self._run.pop(0)
        self.heard = len(self._run) >= RUN or word in self._names
        return self.heard


def recites(value: Any, told: str) -> bool:
    """Whether a text, or one within JSON, repeats what was told."""
    return any(_recites(text, told) for text in _texts(value))


def _recites(text: str, told: str) -> bool:
    recital = Recital(told)
    recital.feed(f"{text} ")
    return recital.heard


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
