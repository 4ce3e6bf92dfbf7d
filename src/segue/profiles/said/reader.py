"""The base reader: one text → `Opinion`, by words, in English and Chinese, without weights and without guessing.

A valence lexicon with rules for what stands around a word, in the manner of Hutto and Gilbert (VADER, ICWSM 2014):
negation turns and weakens, degree words strengthen or weaken, what follows "but" counts more and what "although"
concedes less, questions and conditions count little, exclamation marks a touch more. A verdict in stars or "8/10" is
taken at its word. Irony that is marked (呵呵, /s, 🙃) leaves praise undecided.

Chinese is cut by the longest word known. Of a long text the beginning and the end are read.
"""

from __future__ import annotations

import hashlib
import html
import math
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...events import EventKind
from ...llm.text import visible
from ...opinions import Opinion
from .lexicon import LONGEST_PHRASE, PLAIN, Lexicon, Word, lexicon
from .names import Names

NAME = "words"
VERSION = "1"
READ_CHARACTERS = 2_400
"""Of a text; half from its beginning, half from its end."""
SHORT = 16
"""A text of fewer characters may be said of many items in earnest."""
SURE = 0.15
"""Sums nearer to zero are undecided."""
_SPREAD = 3.0
"""x / sqrt(x² + spread): how fast a sum of values nears 1."""
_REACH = 4
"""Words over which an English negation reaches; within a clause of Chinese it reaches to the next value."""

_TAG = re.compile(r"<(?:script|style)\b.{0,2000}?</(?:script|style)>|<[/!a-zA-Z][^<>]{0,500}>", re.DOTALL | re.I)
_LETTER = r"[^\W\d_\u2e80-\u9fff\uac00-\ud7af]"
_TOKEN = re.compile(
    rf"({_LETTER}+(?:['’\-]{_LETTER}+)*)|([\u3400-\u4dbf\u4e00-\u9fff]+)|([.!?;。！？；…\n]+)|([,，、:：—–]|--)|(\S)"
)
_STARS = re.compile(
    r"(?<![\d./])(\d{1,2}(?:\.\d{1,2})?)\s*(?:/|out of)\s*(5|10)(?![\d/]|\.\d|\s+of\b)"
    r"|(?<!\d)([0-5一二两三四五])\s*星(?![级红堆手期球际光])"
    r"|(?<![★⭐☆])([★⭐☆]{5})(?![★⭐☆])"
)
_CHINESE_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5}
_MARKED = re.compile(r"(?<!\S)/s(?!\S)|[（(\[【](?:狗头|手动狗头|doge|反话|滑稽|sarcasm)[）)\]】]", re.I)
_QUOTED = re.compile(r"[\"“”]([a-zA-Z\-]{3,16}|[\u4e00-\u9fff]{1,4})[\"“”]")


class _Token(NamedTuple):
    text: str
    word: Word


class _Clause(NamedTuple):
    """What stands between two commas."""

    tokens: list[_Token]
    sentence: int
    ends: str
    """The marks behind it."""


def cleaned(text: str) -> str:
    """The part of a text that is read: without HTML, hidden and control characters, bounded."""
    if len(text) > READ_CHARACTERS:
        half = READ_CHARACTERS // 2
        text = f"{text[:half]} … {text[-half:]}"
    if "<" in text or "&" in text:
        text = _TAG.sub(" ", html.unescape(text))
    # Printable text holds nothing that cannot be seen, and most texts are.
    return text if text.isprintable() else visible(text)


def same(text: str, item_id: str | None) -> int:
    """What was said as a number other than 0, see `Opinion.same`."""
    plain = " ".join(cleaned(text).casefold().split())
    key = plain if len(plain) >= SHORT else f"{plain}\0{item_id or ''}"
    return int.from_bytes(hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=8).digest(), "big") >> 1 | 1


def version() -> str:
    """Of this reader with its words."""
    return f"{VERSION}-{lexicon().version}"


def read(text: str, item_id: str | None = None, names: Names | None = None, kind: EventKind | None = None) -> Opinion:
    """What a person's text says.

    Args:
        item_id: what it was said of.
        names: of the catalogue, for topics by name; None: only parts of a work are topics.
        kind: of the event; words that were searched for are of interest and speak for nothing.
    """
    plain = cleaned(text)
    named = names.find(plain) if names is not None else []
    key = same(text, item_id)
    if kind is EventKind.SEARCH:
        return Opinion(None, {name.topic: None for name in named}, NAME, version(), key)
    clauses = _clauses(plain, lexicon())
    values = [_value(clause) for clause in clauses]
    total = _total(clauses, values)
    stated = _verdict(plain)
    sentiment: float | None = total / math.sqrt(total * total + _SPREAD)
    if stated is not None:
        sentiment = stated
    elif abs(total) < SURE or (total > 0 and _ironic(plain, clauses)):
        sentiment = None
    topics = _topics(clauses, values)
    for name in named:
        own = _around(name.text, clauses, values)
        before = topics.get(name.topic)
        topics[name.topic] = own if before is None else before
    if sentiment is None and total > 0:  # irony: nothing in it is praise
        topics = {topic: value if value is None or value < 0 else None for topic, value in topics.items()}
    decided = None if sentiment is None else round(sentiment, 3)
    return Opinion(decided, topics, NAME, version(), key)


def ironic(text: str) -> bool:
    """Whether a text is marked as not meant."""
    return _ironic(text, _clauses(text, lexicon()))


# Words and clauses


def _clauses(text: str, known: Lexicon) -> list[_Clause]:
    clauses: list[_Clause] = []
    tokens: list[_Token] = []
    words: list[str] = []
    sentence = 0

    def flush() -> None:
        if words:
            tokens.extend(_phrases(words, known))
            words.clear()

    for found in _TOKEN.finditer(text):
        latin, han, end, comma, other = found.groups()
        if latin:
            words.append(latin.lower().replace("’", "'"))
            continue
        flush()
        if han:
            tokens.extend(_cut(han, known))
        elif end:
            clauses.append(_Clause(tokens, sentence, end))
            tokens, sentence = [], sentence + 1
        elif comma:
            clauses.append(_Clause(tokens, sentence, ","))
            tokens = []
        elif other in known.words:
            tokens.append(_Token(other, known.words[other]))
    flush()
    clauses.append(_Clause(tokens, sentence, ""))
    return [clause for clause in clauses if clause.tokens]


def _phrases(words: Sequence[str], known: Lexicon) -> Iterator[_Token]:
    at = 0
    while at < len(words):
        word = words[at]
        if word in known.openers:
            for n in range(min(LONGEST_PHRASE, len(words) - at), 1, -1):
                phrase = " ".join(words[at : at + n])
                if phrase in known.words:
                    yield _Token(phrase, known.words[phrase])
                    at += n
                    break
            else:
                yield _Token(word, _looked_up(word, known))
                at += 1
        else:
            yield _Token(word, _looked_up(word, known))
            at += 1


_ENDINGS = (
    ("s", ""), ("es", ""), ("ed", ""), ("d", ""), ("ing", ""), ("ing", "e"), ("ly", ""), ("ily", "y"), ("ies", "y"),
    ("ied", "y"), ("est", ""), ("ness", ""), ("ful", ""),
)  # fmt: skip
_FOUND: dict[str, Word] = {}
_REMEMBERED = 50_000


def _looked_up(word: str, known: Lexicon) -> Word:
    found = _FOUND.get(word)
    if found is None:
        found = known.words.get(word) or _inflected(word, known)
        if len(_FOUND) < _REMEMBERED:  # what people type has no end
            _FOUND[word] = found
    return found


def _inflected(word: str, known: Lexicon) -> Word:
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            stem = known.words.get(word[: -len(ending)] + instead)
            if stem is not None and stem.role in ("value", "aspect"):
                return stem
    if "-" in word:  # "badly-written": its parts
        parts = [_looked_up(part, known) for part in word.split("-") if part]
        value = sum(part.value for part in parts)
        return Word("value", max(-2.0, min(2.0, value))) if value else PLAIN
    return PLAIN


def _cut(run: str, known: Lexicon) -> Iterator[_Token]:
    """The words of a run of Chinese characters, the longest first; what is unknown is one token a character."""
    at, longest, words = 0, known.longest, known.words
    while at < len(run):
        for n in range(min(longest.get(run[at], 0), len(run) - at), 0, -1):
            piece = run[at : at + n]
            if piece in words:
                yield _Token(piece, words[piece])
                at += n
                break
        else:
            yield _Token(run[at], PLAIN)
            at += 1


# Values


def _value(clause: _Clause) -> float:
    """What a clause says for (> 0) or against (< 0), its mood and marks counted."""
    total, negated, degree, since = 0.0, False, 1.0, 0
    weight = 1.0
    for text, word in clause.tokens:
        if word.role == "not":
            negated, since = not negated if since == 1 and negated else True, 0
        elif word.role == "more":
            degree = min(degree * 1.3, 1.8)
        elif word.role == "less":
            degree *= 0.7
        elif word.role == "if":
            weight = 0.4
        elif word.role == "value":
            value = word.value * degree
            if negated:
                value *= -0.7 if value > 0 else -0.4
                negated = text.isascii() and since < 1
            total += value
            degree = 1.0
        since += 1
        if negated and since > _REACH and text.isascii():
            negated = False
    if clause.ends.startswith(("?", "？")):
        weight *= 0.4
    elif clause.ends[:1] in ("!", "！"):
        weight *= 1.2
    return total * weight


def _total(clauses: Sequence[_Clause], values: Sequence[float]) -> float:
    """The sum over clauses; within a sentence what follows "but" counts more, what "although" concedes less."""
    weights = [1.0] * len(clauses)
    for at, clause in enumerate(clauses):
        roles = [token.word.role for token in clause.tokens]
        if "but" in roles:
            weights[at] = 1.4
            for before in range(at - 1, -1, -1):
                if clauses[before].sentence != clause.sentence:
                    break
                weights[before] = min(weights[before], 0.6)
        if "although" in roles[:2]:
            weights[at] = 0.5
    if len(clauses) > 2:  # the last word of a longer text is its conclusion
        weights[-1] *= 1.3
    return sum(weight * value for weight, value in zip(weights, values, strict=True))


def _verdict(text: str) -> float | None:
    """-1 … 1 of stars or points that the text states; None where it states none, or several that differ."""
    found: set[float] = set()
    for match in _STARS.finditer(text):
        points, of, stars, drawn = match.groups()
        if drawn:
            found.add(2 * (max(5 - drawn.count("☆"), 1) - 1) / 4 - 1)
        elif stars:
            number = float(_CHINESE_DIGITS.get(stars) or stars)
            found.add(2 * (max(number, 1) - 1) / 4 - 1)
        elif 0 <= float(points) <= float(of):
            found.add(2 * float(points) / float(of) - 1)
    return found.pop() if len(found) == 1 else None


def _ironic(text: str, clauses: Sequence[_Clause]) -> bool:
    """Whether the text is marked as not meant: by a mark, or by a word of praise in quotation marks of its own."""
    if any(token.word.role == "irony" for clause in clauses for token in clause.tokens) or _MARKED.search(text):
        return True
    known = lexicon()
    quoted = (found.group(1).lower() for found in _QUOTED.finditer(text))
    return any(known.words.get(word, PLAIN).value > 0 for word in quoted)


# Topics


def _topics(clauses: Sequence[_Clause], values: Sequence[float]) -> dict[str, float | None]:
    """Parts of a work and what is said of them in the clause that names them; clauses without a verdict are silent."""
    found: dict[str, float] = {}
    for clause, value in zip(clauses, values, strict=True):
        if abs(value) >= SURE:
            for token in clause.tokens:
                if token.word.role == "aspect":
                    topic = f"aspect:{token.word.aspect}"
                    found[topic] = found.get(topic, 0.0) + value
    return {topic: round(total / math.sqrt(total * total + _SPREAD), 3) for topic, total in found.items()}


def _around(name: str, clauses: Sequence[_Clause], values: Sequence[float]) -> float | None:
    """What is said in the clauses that hold a name; None: nothing."""
    first = name.split(" ")[0].lower()
    total = 0.0
    for clause, value in zip(clauses, values, strict=True):
        words = "".join(token.text for token in clause.tokens) if not first.isascii() else ""
        if (words and name.lower() in words) or any(token.text.startswith(first) for token in clause.tokens):
            total += value
    return round(total / math.sqrt(total * total + _SPREAD), 3) if abs(total) >= SURE else None
