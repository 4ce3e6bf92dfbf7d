"""What words say of moods, in English and Chinese: those wanted, those not wanted, and how the person feels.

A reading by words and rules, without a model: the longest word or phrase wins; a negation reaches to the next mood of
its clause, and over a list of them ("nothing sad or scary", 不要悲伤、恐怖的); a word that may say how a person feels
or what they want ("sad") is read by what stands before it: "I feel" or "I want". What is marked as not meant (/s, 呵呵)
says nothing, and what is not known is left undecided.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from ..letters import fold_letters
from .said.reader import cleaned, ironic

Weights = Mapping[str, float]
"""Mood → how much, 0 … 1."""

_NONE: Weights = MappingProxyType({})
_REACH = 6
"""Words over which an English negation reaches."""
_LONGEST_TAG = 40
_SEVERAL = 0.5
"""What a tag for several moods at once says of each."""


class Word(NamedTuple):
    """What a word of ``moods.toml`` does."""

    role: Literal["wish", "state", "both", "not", "plain", "person", "want", "media", "but"]
    moods: Weights = _NONE
    """Of a wish, and of a word that may be one."""
    match: Weights = _NONE
    """Of a state: what feels with the person."""
    lift: Weights = _NONE
    """Of a state: what helps."""
    feels: str = ""
    """Name of the state."""


@dataclass(frozen=True)
class Lexicon:
    """The words of ``moods.toml``."""

    words: Mapping[str, Word]
    places: Mapping[str, tuple[float, float]]
    """Mood → valence and arousal, -1 … 1 (Russell, "A circumplex model of affect", 1980)."""
    audible: tuple[str, ...]
    """Moods that tempo, loudness and mode can tell."""
    genres: Mapping[str, Weights]
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Heard:
    """One thing that was read."""

    what: Literal["wish", "state", "not"]
    moods: Weights
    """Wanted, or not wanted."""
    begin: int
    end: int
    """Where it stands in the text that was read."""
    match: Weights = field(default_factory=dict)
    lift: Weights = field(default_factory=dict)
    feels: str = ""


@cache
def lexicon() -> Lexicon:
    """The built-in one; read once."""
    stated: dict[str, Any] = tomllib.loads((Path(__file__).parent / "moods.toml").read_text(encoding="utf-8"))
    words: dict[str, Word] = {}
    for role, listed in stated["grammar"].items():
        words.update(dict.fromkeys(_listed(listed), Word(role)))
    for name, mood in stated["moods"].items():
        words.update(dict.fromkeys(_listed(mood["en"], mood["zh"]), Word("wish", {name: 1.0})))
    for wish in stated["wishes"].values():
        words.update(dict.fromkeys(_listed(wish["en"], wish["zh"]), Word("wish", wish["moods"])))
    for name, state in stated["states"].items():
        match, lift = state.get("match", state["lift"]), state["lift"]
        own = _listed(*(state.get(part, "") for part in ("en", "zh", "emoji")))
        words.update(dict.fromkeys(own, Word("state", lift if state.get("tag") else _NONE, match, lift, name)))
        both = _listed(*(state.get(part, "") for part in ("both_en", "both_zh")))
        words.update(dict.fromkeys(both, Word("both", state.get("as", {}), match, lift, name)))
    latin = sorted((w for w in words if w[0].isascii()), key=len, reverse=True)
    others = sorted((w for w in words if not w[0].isascii()), key=len, reverse=True)
    pattern = re.compile(
        rf"(?<![a-z0-9'])(?:{'|'.join(map(re.escape, latin))})(?![a-z0-9])|{'|'.join(map(re.escape, others))}"
    )
    return Lexicon(
        words,
        {name: (mood["valence"], mood["arousal"]) for name, mood in stated["moods"].items()},
        tuple(name for name, mood in stated["moods"].items() if mood.get("heard")),
        stated["genres"],
        pattern,
    )


def _listed(*lists: str) -> list[str]:
    return [word.replace("_", " ").strip() for listed in lists for word in listed.split()]


def readable(text: str) -> str:
    """The part of a text that is read: no HTML, no hidden characters, compatibility forms, bounded, one line."""
    plain = unicodedata.normalize("NFKC", cleaned(text))
    return " ".join(plain.replace("’", "'").replace("\ufe0f", "").split())


def read(text: str) -> tuple[Heard, ...]:
    """What a text says of moods, in its order.

    Args:
        text: as `readable` leaves it, Chinese in simplified characters; places are counted in it.
    """
    if not text or ironic(text):
        return ()
    plain = "".join(low if len(low := c.lower()) == 1 else c for c in text)
    return tuple(_joined(plain, [one for clause in _clauses(plain) for one in _read(plain, clause)]))


def moods_of_label(name: str) -> Weights:
    """The moods that a tag names ("sad songs", 舒缓); less of each of several, and of an occasion's."""
    plain = fold_letters(name).strip()
    if not plain or len(plain) > _LONGEST_TAG:
        return {}
    known = lexicon().words
    bare = re.sub(r"[ -](?:music|songs?|movies?|films?|vibes?|moods?)$|(?:音乐|歌曲|电影|的|片|歌|系)+$", "", plain)
    found = (known.get(name) for name in (plain, plain.replace("-", " "), bare, bare.replace("-", " ")))
    word = next((word for word in found if word is not None and word.moods), None)
    if word is None:
        return {}
    if len(word.moods) == 1 and word.role != "state":
        return word.moods
    return {mood: _SEVERAL * weight for mood, weight in word.moods.items()}


# Clauses


class _Token(NamedTuple):
    text: str
    word: Word
    begin: int
    end: int


def _clauses(plain: str) -> Iterator[list[_Token]]:
    """The known words between two ends of a clause; "but" ends one too. A comma within a list of moods does not."""
    known, tokens, last = lexicon(), list[_Token](), 0
    for found in known.pattern.finditer(plain):
        word = known.words[found.group()]
        gap = (plain, last, found.start())
        ends = word.role == "but" or _ENDS.search(*gap)
        if tokens and ends and not (_JOINT.fullmatch(*gap) or _COMMA.fullmatch(*gap)):
            yield tokens
            tokens = []
        if word.role not in ("plain", "but"):
            tokens.append(_Token(found.group(), word, found.start(), found.end()))
        last = found.end()
    yield tokens


_ENDS = re.compile(r"[.,;!?:。，；！？：\n()（）]| - |—")
_JOINT = re.compile(
    r"\s?(?:[,，]\s?)?(?:(?:or|nor|and|/|、|或者?|和|跟|也不要|也别)\s?(?:(?:too|any|anything|something|a|the|is|太|更|很)\s?)*)"
)
_COMMA = re.compile(r"\s?[,，]\s?")
_HAN = re.compile(r"[\u3400-\u9fff]")


def _read(plain: str, tokens: Sequence[_Token]) -> Iterator[tuple[Heard, bool]]:
    """What one clause says, each with whether a negation reached it."""
    denied: _Token | None = None
    for at, token in enumerate(tokens):
        word = token.word
        if word.role == "not":
            denied = token
        elif word.role in ("wish", "state", "both"):
            linked = _linked(plain, tokens, at)
            wish = word.role == "wish" or (word.role == "both" and not _felt(tokens, at))
            if denied is not None and not linked and not _reaches(plain, denied, token):
                denied = None
            if denied is None:
                yield _heard(word, wish, token.begin if wish else _person(tokens, at), token.end), False
            elif wish or word.feels == "happy":
                begin = token.begin if linked else denied.begin
                if wish:
                    yield Heard("not", _main(word.moods), begin, token.end), True
                else:  # "I am not happy" is how a person feels
                    yield _heard(lexicon().words["unhappy"], False, begin, token.end), False
            if not _linked(plain, tokens, at + 1):
                denied = None


def _linked(plain: str, tokens: Sequence[_Token], at: int) -> bool:
    """Whether a word goes on with the list that the one before it stands in; a comma does so where "or" comes later."""
    for n in range(at, len(tokens)) if at else ():
        between = (plain, tokens[n - 1].end, tokens[n].begin)
        if _JOINT.fullmatch(*between):
            return True
        if not _COMMA.fullmatch(*between):
            return False
    return False


def _main(moods: Weights) -> dict[str, float]:
    """The moods that a word is most about: who does not want to cry has nothing against what is moving."""
    most = max(moods.values(), default=0.0)
    return {mood: weight for mood, weight in moods.items() if weight == most}


def _heard(word: Word, wish: bool, begin: int, end: int) -> Heard:
    if wish:
        return Heard("wish", word.moods, begin, end)
    return Heard("state", {}, begin, end, word.match, word.lift, word.feels)


def _person(tokens: Sequence[_Token], at: int) -> int:
    """Where what a person says of themselves begins: "I feel so |sad"."""
    begin = tokens[at].begin
    for token in reversed(tokens[:at]):
        if token.word.role != "person":
            break
        begin = token.begin
    return begin


def _reaches(plain: str, denied: _Token, token: _Token) -> bool:
    between = plain[denied.end : token.begin]
    return len(between.split()) + len(_HAN.findall(between)) <= _REACH


def _felt(tokens: Sequence[_Token], at: int) -> bool:
    """Whether a word that may be either says how the person feels: by the nearest word before it that tells, unless a
    work stands behind it ("sad songs", 悲伤的歌)."""
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if after is not None and after.word.role == "media" and after.begin - tokens[at].end <= 1:
        return False
    for token in reversed(tokens[:at]):
        if token.word.role in ("person", "want"):
            return token.word.role == "person"
    return False


def _joined(plain: str, found: Sequence[tuple[Heard, bool]]) -> Iterator[Heard]:
    """What is not wanted as one thing where it was said as one: taking back half of "nothing sad or scary" would turn
    the other half round."""
    held: Heard | None = None
    for heard, denied in found:
        between = None if held is None else (plain, held.end, heard.begin)
        if held is not None and denied and between and (_JOINT.fullmatch(*between) or _COMMA.fullmatch(*between)):
            held = Heard("not", merged((held.moods, heard.moods)), held.begin, heard.end)
            continue
        if held is not None:
            yield held
        held = heard if denied else None
        if not denied:
            yield heard
    if held is not None:
        yield held


def merged(every: Sequence[Weights]) -> dict[str, float]:
    """The highest weight of each mood."""
    found: dict[str, float] = {}
    for weights in every:
        for mood, weight in weights.items():
            found[mood] = max(weight, found.get(mood, 0.0))
    return found
