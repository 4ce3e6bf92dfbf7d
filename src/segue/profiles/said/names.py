"""Names of a catalogue as they stand in running text: genres, tags, creators and titles, each with its topic.

A title or a name of one word is taken for one only in 《》 or quotation marks: "it", "up" and "her" are films, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ...catalogue import Catalogue
from ...topics import topic_key

_MOST = 20
"""Topics of one text."""
_LONGEST = 6
"""Words of a name."""
_LONGEST_HAN = 12
_WORD = re.compile(
    r"[^\W_\u3400-\u4dbf\u4e00-\u9fff]+(?:['’\-][^\W_\u3400-\u4dbf\u4e00-\u9fff]+)*|[\u3400-\u4dbf\u4e00-\u9fff]+"
)
_QUOTED = re.compile(r"《([^《》]{1,80})》|[\"“]([^\"“”]{1,80})[\"”]|「([^「」]{1,80})」")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")


class Named(NamedTuple):
    """A name in a text."""

    text: str
    """As it stands there."""
    topic: str


@dataclass(frozen=True)
class Names:
    """Topic by folded name."""

    phrases: Mapping[str, str]
    """Names that count wherever they stand."""
    titles: Mapping[str, str]
    """Titles, which count in quotation marks, and elsewhere only where they are among the phrases, too."""
    openers: frozenset[str]
    """First words, and first two characters of Chinese names, that any phrase has."""

    @classmethod
    def of(cls, catalogue: Catalogue, chinese: Mapping[str, str] | None = None) -> Names:
        """Read every item once.

        Args:
            chinese: other names of genres and tags, such as their Chinese ones: name → label.
        """
        phrases: dict[str, str] = {}
        titles: dict[str, str] = {}
        for item in catalogue.items:
            if item is None:
                continue
            for kind, names in (("genre", item.genres), ("tag", item.tags)):
                for name in names:
                    _put(phrases, name, topic_key(kind, name), least=1)
            for credit in item.creators:
                _put(phrases, credit.name, topic_key("creator", credit.name), least=2)
            if item.title:
                titles.setdefault(_folded(item.title), f"item:{item.id}")
                _put(phrases, item.title, f"item:{item.id}", least=3)
        for name, label in (chinese or {}).items():
            topic = phrases.get(_folded(label))  # of labels that the catalogue has
            if topic is not None and topic.startswith(("genre:", "tag:")):
                _put(phrases, name, topic, least=1)
        return cls(phrases, titles, frozenset(_opener(name) for name in phrases))

    def find(self, text: str) -> list[Named]:
        """The names in a text, in their order, each topic once."""
        found: dict[str, str] = {}
        if "《" in text or '"' in text or "“" in text or "「" in text:
            for match in _QUOTED.finditer(text):
                name = next(group for group in match.groups() if group)
                topic = self.titles.get(_folded(name)) or self.phrases.get(_folded(name))
                if topic:
                    found.setdefault(topic, name)
        if self.phrases:
            words = _WORD.findall(text)
            self._latin(words, found)
            for word in words:
                if _HAN.match(word):
                    self._han(word, found)
        return [Named(name, topic) for topic, name in list(found.items())[:_MOST]]

    def _latin(self, words: Iterable[str], found: dict[str, str]) -> None:
        spelt = list(words)
        lower = [word.lower().replace("’", "'") for word in spelt]
        at = 0
        while at < len(lower):
            step = 1
            if lower[at] in self.openers or (lower[at].endswith("s") and lower[at][:-1] in self.openers):
                for n in range(min(_LONGEST, len(lower) - at), 0, -1):
                    name = " ".join(lower[at : at + n])
                    topic = self.phrases.get(name) or (self.phrases.get(name[:-1]) if name.endswith("s") else None)
                    # A title in small letters is mostly the words it is made of.
                    if topic and not (topic.startswith("item:") and not spelt[at][:1].isupper()):
                        found.setdefault(topic, " ".join(spelt[at : at + n]))
                        step = n
                        break
            at += step

    def _han(self, run: str, found: dict[str, str]) -> None:
        at = 0
        while at < len(run) - 1:
            step = 1
            if run[at : at + 2] in self.openers:
                for n in range(min(_LONGEST_HAN, len(run) - at), 1, -1):
                    topic = self.phrases.get(run[at : at + n])
                    if topic:
                        found.setdefault(topic, run[at : at + n])
                        step = n
                        break
            at += step


def _folded(name: str) -> str:
    return " ".join(_WORD.findall(name.lower().replace("’", "'")))


def _put(phrases: dict[str, str], name: str, topic: str, least: int) -> None:
    folded = _folded(name)
    long_enough = len(folded) >= max(2, least + 1) if _HAN.match(folded) else len(folded.split(" ")) >= least
    if folded and long_enough and len(folded) >= 2:
        phrases.setdefault(folded, topic)


def _opener(folded: str) -> str:
    return folded[:2] if _HAN.match(folded) else folded.split(" ")[0]
