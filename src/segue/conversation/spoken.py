"""What a language model says, sentence by sentence: only what can be shown to be so is handed on.

A sentence is dropped where one of its words is neither plain (`segue.conversation.plain_speech`), nor the person's own,
nor stated of an item that was shown; where it holds a number that no list has, what stands in quotation marks or in
capitals and is neither the whole title of something shown nor said by the person, a figure that stands nowhere, an
address, or where it is in another language. Many a true sentence goes. What it does not see: a title made of plain
words alone, without marks or capitals, and a plain word, such as of a mood, that is not true of the item it is said of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..llm.text import visible
from ..pipeline.asking.lexicon import GENRES, LANGUAGES
from ..pipeline.asking.titles import Names, simple
from .plain_speech import SPOKEN, SPOKEN_ZH

LONGEST = 600
"""Characters of a sentence; a longer one is none."""
_ENDS = re.compile(r"(?<=[.!?…])[\"”’')\]]*(?=\s)|(?<=[。！？])[」』”’）]*|\n+")
_NUMBER = re.compile(r"[\[【［]\s*(\d{1,4})\s*[\]】］]")
_SPOKEN_NUMBER = re.compile(r"(?:\bnumbers?\s|\bno\.\s?|#|第)\s?(\d{1,4})", re.IGNORECASE)
_QUOTED = re.compile(
    r"《([^《》]{1,200})》|〈([^〈〉]{1,200})〉|「([^「」]{1,200})」|『([^『』]{1,200})』|[\"“„]([^\"“”„]{1,200})[\"”]"
    r"|(?<!\w)[‘']([^‘’']{2,200})[’'](?!\w)|\*{1,3}([^*]{1,200})\*{1,3}|(?<!\w)_{1,2}([^_]{1,200})_{1,2}(?!\w)|`([^`]{1,200})`"
)
_FOREIGN_SIGN = re.compile(r"https?:|www\.|</?\w|```|\]\(|\b\w+\.(?:com|org|net|io|cn|tv)\b|@\w", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af]+(?:['’\-][^\W\d_\u3400-\u9fff]+)*")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_OTHER_LETTER = re.compile(r"[^\W\d_A-Za-z\u00c0-\u024f\u1e00-\u1eff\u3400-\u4dbf\u4e00-\u9fff]")
_FIGURE = re.compile(r"\d+(?:[.,]\d+)?")
_JOINTS = frozenset(["of", "the", "and", "de", "la", "le", "du", "in", "a", "an", "to", "with", "&", "on", "for", "at"])
_CALENDAR = frozenset(
    ["i", "i'm", "i've", "i'll", "i'd", "ok", "okay", "tv", "dvd", "dj", "ep", "lp", "pm", "am", "monday",
     "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february", "march",
     "april", "may", "june", "july", "august", "september", "october", "november", "december", "christmas",
     "halloween"]
)  # fmt: skip
_PLAIN = _CALENDAR | frozenset(
    word
    for name in (
        *(english for english, _, _ in LANGUAGES.values()),
        *(name for genre in GENRES for name in genre.english),
    )
    for word in name.lower().replace("-", " ").split()
)
"""Words that may be capitals anywhere and are no names."""
_OPENERS = frozenset(
    ["it", "this", "that", "these", "those", "they", "he", "she", "we", "you", "here", "there", "what", "which",
     "who", "number", "everything", "nothing", "all", "each", "both", "one", "none", "another", "and", "but",
     "or", "so", "if", "as", "then", "also", "still", "yes", "no", "maybe", "perhaps", "something", "anything",
     "neither", "either", "most", "some", "many", "few", "its", "their", "your", "my", "our", "the", "a", "an",
     "for", "of", "in", "on", "at", "with", "by", "from", "to", "not", "just", "only", "more", "less", "how",
     "why", "when", "where"]
)  # fmt: skip
_CLAIMING = frozenset(
    ["is", "was", "has", "had", "tells", "follows", "stars", "by", "from", "offers", "will", "would", "might",
     "fits", "suits", "feels", "runs"]
)  # fmt: skip
_ENGLISH = frozenset(
    ["the", "a", "an", "and", "or", "but", "of", "to", "in", "on", "for", "with", "is", "are", "was", "it",
     "this", "that", "you", "your", "i", "we", "they", "have", "has", "do", "not", "no", "be", "can", "if",
     "as", "at", "by", "from", "so", "what", "which", "here", "there", "how", "more", "some", "all", "one",
     "these", "those", "me", "my", "try", "would", "will", "about"]
)  # fmt: skip


class Known:
    """What has been said in the conversation by somebody who may: the person, the tools, code.

    Args:
        names: of the catalogue.
    """

    def __init__(self, names: Names) -> None:
        self._names = names
        self._titles: set[str] = set()
        self._words = " "
        self._own = " "
        self._alone: set[str] = set()
        self._figures: set[str] = set()
        self.count = 0
        """Numbers of the newest list: 1 … count."""
        self.mark()

    def mark(self) -> None:
        """What comes from now on may have to be forgotten, see `back`."""
        self._before = (set(self._titles), self._words, set(self._alone), set(self._figures))

    def back(self) -> None:
        """Forget what tools have said since `mark`: nobody will see it."""
        titles, self._words, alone, figures = self._before
        self._titles, self._alone, self._figures = set(titles), set(alone), set(figures)

    def add(self, said: Any) -> None:
        """What a tool or code has said: a text, or JSON with texts and figures in it."""
        text = " ".join(_said(said))
        self._words += f"{_flat(text)} "
        self._alone.update(_single(text))
        self._figures.update(_figures(text))

    def add_own(self, text: str) -> None:
        """What the person has said."""
        self._own += f"{_flat(text)} "
        self.add(text)

    def add_titles(self, titles: Iterable[str]) -> None:
        """Titles of a list of this conversation."""
        for title in titles:
            self._titles.add(simple(title))
            self.add(title)

    def has_words(self, text: str) -> bool:
        """Whether the text stands in what was said."""
        plain = _flat(text)
        return bool(plain) and (plain in self._words if _HAN.search(plain) else f" {plain} " in self._words)

    def has_own(self, text: str) -> bool:
        """Whether the person has said it so."""
        plain = _flat(text)
        return bool(plain) and (plain in self._own if _HAN.search(plain) else f" {plain} " in self._own)

    def has_word(self, word: str) -> bool:
        """Whether a single word is plain, or was said."""
        folded = word.casefold().replace("’", "'")
        return any(
            one in SPOKEN or one in self._alone
            for one in (folded, folded.removesuffix("'s"), folded.removesuffix("s"))
            if one
        )

    def covers(self, run: str) -> bool:
        """Whether a run of Chinese can be cut into plain words and stretches, of two and more, that were said."""
        reached = [True] + [False] * len(run)
        for begin in range(len(run)):
            if reached[begin]:
                for end in range(begin + 1, min(begin + 16, len(run)) + 1):
                    piece = run[begin:end]
                    reached[end] = reached[end] or piece in SPOKEN_ZH or (len(piece) > 1 and piece in self._words)
        return reached[-1]

    def has_title(self, text: str) -> bool:
        """Whether a list has an item of that title."""
        return simple(text) in self._titles

    def has_figure(self, figure: str) -> bool:
        """Whether a number was said."""
        return figure in self._figures

    def is_elsewhere(self, text: str) -> bool:
        """Whether it is a title of the catalogue which no list of this conversation has and nobody has said."""
        plain = simple(text)
        return plain in self._names.titles and plain not in self._titles and not self.has_own(text)

    def is_creator(self, text: str) -> bool:
        """Whether it is the name of somebody of the catalogue."""
        return simple(text) in self._names.creators


def _flat(text: str) -> str:
    return " ".join(_WORD_OR_HAN.findall(text.casefold().replace("’", "'")))


_WORD_OR_HAN = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def _said(said: Any) -> Iterator[str]:
    """The texts and figures in JSON; names of fields are none."""
    if isinstance(said, Mapping):
        for part in said.values():
            yield from _said(part)
    elif isinstance(said, list | tuple | set | frozenset):
        for part in said:
            yield from _said(part)
    elif said is not None and not isinstance(said, bool):
        yield str(said)


def _single(text: str) -> Iterator[str]:
    for word in _WORD.findall(text):
        folded = word.casefold().replace("’", "'")
        yield folded
        yield from folded.split("-")


def _figures(text: str) -> set[str]:
    found: set[str] = set()
    for figure in _FIGURE.findall(text):
        plain = figure.replace(",", ".")
        found.update((plain, plain.removesuffix(".0"), plain.split(".")[0]))
        if "." in plain:
            found.add(str(round(float(plain))))
    return found


def fault(sentence: str, known: Known, chinese: bool) -> str | None:
    """What is wrong with a sentence; None: it may be said."""
    if len(sentence) > LONGEST:
        return "long"
    if _FOREIGN_SIGN.search(sentence):
        return "address"
    for number in (*_NUMBER.findall(sentence), *_SPOKEN_NUMBER.findall(sentence)):
        if not 1 <= int(number) <= known.count:
            return "number"
    plain = _NUMBER.sub(" ", sentence)
    for match in _QUOTED.finditer(plain):
        name = next(group for group in match.groups() if group)
        if not (known.has_title(name) or known.has_own(name)):
            return "title"
    if any(not known.has_figure(figure) for figure in _loose_figures(plain)):
        return "figure"
    if _wrong_language(plain, known, chinese):
        return "language"
    if any(_strange(run, known) for run in _runs(plain)) or _han_title(plain, known):
        return "name"
    return None if _is_covered(_QUOTED.sub(" ", plain), known) else "word"


def _is_covered(text: str, known: Known) -> bool:
    """Whether every word is plain, or was said."""
    words = (part for word in _WORD.findall(text) for part in word.split("-") if part)
    return all(map(known.has_word, words)) and all(map(known.covers, _HAN.findall(text)))


def _loose_figures(text: str) -> Iterator[str]:
    """Numbers that claim something: of two digits and more; small ones count things that one sees."""
    for figure in _FIGURE.findall(_SPOKEN_NUMBER.sub(" ", text)):
        plain = figure.replace(",", ".").removesuffix(".0")
        if len(plain) > 1:
            yield plain


def _runs(text: str) -> Iterator[list[str]]:
    """Words in capitals that stand together, as names do. What merely begins a sentence is none."""
    words = [(match.group(), match.start(), match.end()) for match in _WORD.finditer(text)]
    at = 0
    while at < len(words):
        if not _capital(words[at][0]):
            at += 1
            continue
        end = at + 1
        last = at
        while end < len(words) and text[words[end - 1][2] : words[end][1]].strip(" &") == "":
            if _capital(words[end][0]):
                last = end
            elif words[end][0] not in _JOINTS:
                break
            end += 1
        run = [word for word, _, _ in words[at : last + 1]]
        first = not text[: words[at][1]].strip(" \t\n\"“”‘’'*_-–—>()[]:,")
        following = words[last + 1][0] if last + 1 < len(words) else ""
        if not first:
            yield run
        elif len(run) > 1:
            yield run if run[0].lower() not in _OPENERS else run[1:]
        elif run[0].lower() not in _OPENERS and following in _CLAIMING:
            yield run
        at = last + 1


def _capital(word: str) -> bool:
    if word.lower() in _PLAIN:
        return False
    return any(part[:1].isupper() and part.lower() not in _PLAIN for part in word.split("-"))


def _strange(run: list[str], known: Known) -> bool:
    """Whether nobody has said the name, whole or without the word that the sentence begins with."""
    name = " ".join(run)
    if known.is_elsewhere(name):
        return True
    if known.has_words(name) or known.has_title(name):
        return False
    return not (len(run) > 1 and not known.is_elsewhere(name) and known.has_words(" ".join(run[1:])))


def _han_title(text: str, known: Known) -> bool:
    """Whether a title or a creator of the catalogue stands there that nobody has said. Short ones are words, too."""
    for run in _HAN.findall(text):
        for begin in range(len(run) - 2):
            for end in range(begin + 3, min(len(run), begin + 16) + 1):
                part = run[begin:end]
                if known.is_elsewhere(part) or (known.is_creator(part) and not known.has_words(part)):
                    return True
    return False


def _wrong_language(text: str, known: Known, chinese: bool) -> bool:
    unquoted = _QUOTED.sub(" ", text)
    if _OTHER_LETTER.search(unquoted):
        return True
    han = sum(map(len, _HAN.findall(unquoted)))
    words = _WORD.findall(unquoted)
    if chinese:
        foreign = [word for word in words if not known.has_words(word)]
        return (han == 0 and bool(words)) or (len(foreign) > 3 and len(foreign) * 2 > han)
    if any(not known.has_words(run) for run in _HAN.findall(unquoted)):
        return True
    return len(words) >= 6 and not any(word.lower() in _ENGLISH for word in words)


class Spoken:
    """Takes words as they come, and gives out the sentences that may be said."""

    def __init__(self, known: Known, chinese: bool) -> None:
        self._known = known
        self._chinese = chinese
        self._held = ""
        self.dropped: list[str] = []
        """What was wrong with those that were not handed on."""

    def feed(self, text: str) -> Iterator[str]:
        """Sentences that are whole now."""
        self._held += text
        while (found := _ENDS.search(self._held)) or len(self._held) > 2 * LONGEST:
            end = found.end() if found else len(self._held)
            sentence, self._held = self._held[:end], self._held[end:]
            yield from self._checked(sentence)

    def rest(self) -> Iterator[str]:
        """What is left when nothing more comes."""
        sentence, self._held = self._held, ""
        yield from self._checked(sentence)

    def _checked(self, sentence: str) -> Iterator[str]:
        said = visible(sentence)
        if not any(c.isalnum() for c in said):
            return
        wrong = fault(said, self._known, self._chinese)
        if wrong is None:
            yield said
        else:
            self.dropped.append(wrong)
