"""The prompts: what a language model is told to do, as texts with versions, ``NAME.v1.md`` beside this file.

A text that has been served is not edited: a changed one is the next version, so that answers that were kept, and rows
that say who made them, stay true. The newest version is used. The name is also the purpose under which calls are
counted.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ...errors import NotFound

_FILE = re.compile(r"([a-z][a-z0-9_]*)\.v([1-9][0-9]*)\.md")


@dataclass(frozen=True)
class Prompt:
    """Our own words to a language model: a task. Nothing from outside belongs in it."""

    name: str
    version: int
    text: str

    @property
    def digest(self) -> str:
        """16 hex digits of name, version and text."""
        return hashlib.sha256(f"{self.name}\0{self.version}\0{self.text}".encode()).hexdigest()[:16]


@cache
def prompt(name: str, version: int | None = None) -> Prompt:
    """A prompt by its name, the newest version or a stated one.

    Raises:
        NotFound: there is no such prompt, or no such version of it.
    """
    found = versions()
    if name not in found:
        raise NotFound.named("prompt", name, found)
    number = found[name][-1] if version is None else version
    if number not in found[name]:
        raise NotFound.named(f"version of the prompt {name}", str(number), map(str, found[name]))
    text = (files(__name__) / f"{name}.v{number}.md").read_text(encoding="utf-8")
    return Prompt(name, number, text.strip())


@cache
def versions() -> dict[str, list[int]]:
    """The versions that there are of each prompt, oldest first."""
    found: dict[str, list[int]] = {}
    for file in files(__name__).iterdir():
        if match := _FILE.fullmatch(file.name):
            found.setdefault(match.group(1), []).append(int(match.group(2)))
    return {name: sorted(numbers) for name, numbers in sorted(found.items())}
