"""What a person has typed, and whether something that they are told is their own words.

Slips are allowed, and another order of the words. Both are looked for word by word and stretch by stretch, so that long
messages do not happen to hold the letters of every title there is.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher

ALIKE = 0.78
"""Share of the letters of a quotation that somebody must have typed in that order, as `difflib` measures it."""
VERY_ALIKE = 0.85
"""The same, where a name must have been meant that nobody else can have told of."""
ALIKE_WORD = 0.7
"""The same as `ALIKE`, of one of its words."""
LONGEST = 120
"""Letters of a quotation that is looked for as a whole; of a longer one the words."""
_SHORT, _LONGER = 2, 2
"""Letters of a word that has no slips; how many more, or fewer, a word with slips has."""
OPENING = 2
"""Words of a title that are enough to mean it."""
_WORD = re.compile(r"[^\W_]+")


def plain(text: str) -> str:
    """Letters and digits alone, in compatibility form and without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if c.isalnum())


def words_of(text: str) -> list[str]:
    """Its words, each plain."""
    return [word for one in _WORD.findall(unicodedata.normalize("NFC", text)) if (word := plain(one))]


class Typed:
    """The messages of one person."""

    def __init__(self, *messages: str) -> None:
        self.letters: list[str] = []
        """Of each message, plain."""
        self._words: set[str] = set()
        self.brace = False
        """Whether a brace was typed: quotation marks beside it may be no pair."""
        for message in messages:
            self.add(message)

    def add(self, message: str) -> None:
        """One message more."""
        self.letters.append(plain(message))
        self._words.update(words_of(message))
        self.brace = self.brace or "{" in message

    def has(self, letters: str) -> bool:
        """Whether these plain letters stand in a message, as they are."""
        return any(letters in one for one in self.letters)

    def echoes(self, quoted: str) -> bool:
        """Whether a message holds it: as it is, with a few slips, or all its words in another order."""
        whole = plain(quoted)
        if self.has(whole):
            return True
        if len(whole) <= LONGEST and self.nearly_has(quoted):
            return True
        return all(self._holds(word) for word in words_of(quoted))

    def nearly_has(self, name: str, alike: float = ALIKE) -> bool:
        """Whether a message holds the whole name, as it is or with a few slips."""
        return any(resembles(plain(name), letters, alike) for letters in self.letters)

    def _holds(self, word: str) -> bool:
        """Whether a word was typed, with slips where it is no short one."""
        if self.has(word):
            return True
        return len(word) > _SHORT and any(
            abs(len(one) - len(word)) <= _LONGER
            and SequenceMatcher(None, one, word, autojunk=False).ratio() >= ALIKE_WORD
            for one in self._words
        )

    def opens(self, title: str) -> bool:
        """Whether a message holds the first words of a title: who types "Seven Small" means "Seven Small Stories"."""
        first = words_of(title)[:OPENING]
        return len(first) == OPENING and self.has("".join(first))


def resembles(whole: str, letters: str, alike: float = ALIKE) -> bool:
    """Whether something about as long stands there, with a few slips; two thirds of it are enough."""
    matcher = SequenceMatcher(None, "", whole, autojunk=False)
    wanted, least = Counter(whole), alike / 2
    for part in set(_windows(letters, len(whole))):
        # A bound from above, so that hardly any has to be compared letter by letter.
        if (Counter(part) & wanted).total() < least * (len(part) + len(whole)):
            continue
        matcher.set_seq1(part)
        if matcher.ratio() >= alike:
            return True
    return False


def _windows(letters: str, size: int) -> Iterator[str]:
    """Stretches that could be meant; of what repeats itself there are few different ones."""
    for begin in range(max(len(letters) - size // 2, 1)):
        for end in {size - 1, size, size + 1, max(size * 2 // 3, 4)}:
            if len(part := letters[begin : begin + end]) > 2:
                yield part
