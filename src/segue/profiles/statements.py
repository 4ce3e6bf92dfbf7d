"""Taste stated in a sentence: "I like slow Japanese films and hate musicals" → topics with a strength each.

A sentence is read from left to right as words of liking and disliking, names of topics (`Terms`), and words that turn,
strengthen, weaken or put in doubt. A topic takes the verdict that stands before it, on through commas and "and" until
the next one; where none does, the one that closes its clause ("恐怖片我受不了", "musicals bore me"). Nothing is guessed:
what is asked, conditional, past, somebody else's, or negated twice is left out and told, as is a verdict about nothing
that is known here. English and Chinese, mixed where people mix them.
"""

# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

LONGEST = 2000
"""Characters that are read."""
MOST = 30
"""Topics of one sentence."""

Sort = Literal[
    "verdict", "not", "no", "more", "less", "doubt", "except", "topic", "kind", "comma", "stop", "ask", "and", "word"
]

_VERDICTS: Mapping[float, str] = {
    1.0: "love|loved|adore|adored|favourite|favorite|favourites|favorites|obsessed with|crazy about|mad about|passionate about"
    "|can't get enough of|cannot get enough of|live for|best of all|nothing beats|nothing better than"
    "|最爱|热爱|超爱|酷爱|狂热|痴迷|迷恋|百看不厌|爱死|最喜欢|超喜欢|挚爱",
    0.8: "like|liked|likes|enjoy|enjoyed|into|fan of|keen on|fond of|appreciate|prefer|want|in the mood for|mostly watch"
    "|mostly listen to|always watch|watch|listen to|interested in|give me|show me|more of|a sucker for|drawn to|good to me"
    "|up for|partial to|喜欢|爱|爱看|爱听|偏爱|喜爱|钟爱|中意|想看|想听|感兴趣|有兴趣|粉丝|常看|常听|爱好|对我胃口|好看|好听"
    "|多来点|来点|多推荐|偏好|看得下去",
    -0.8: "dislike|disliked|dislikes|avoid|bore|bores|bored by|bored of|bored with|boring|tired of|sick of|fed up with|allergic to"
    "|could do without|annoy me|annoys me|annoying|turn me off|turns me off|put me off|puts me off|leave me cold|leaves me cold"
    "|not for me|isn't for me|aren't for me|not my thing|not my cup of tea|scare me|scares me|too much for me|skip"
    "|less of|enough of|不喜欢|不爱|不爱看|不爱听|不想看|不想听|不感兴趣|没兴趣|没有兴趣|无感|看腻|看腻了|听腻|听腻了|避开|避免|不看|不听|害怕|怕|无聊"
    "|不对胃口|不是我的菜|别推荐|别给我|别放|少来点|少推荐|不要|拒绝|看不进去|没感觉|嫌|远离|排斥|不合我口味",
    -1.0: "hate|hated|hates|detest|loathe|despise|can't stand|cannot stand|can not stand|can't bear|cannot bear|couldn't stand"
    "|can't abide|can't take|can't watch|never want|讨厌|痛恨|恨|受不了|厌恶|反感|忍不了|看不下去|听不下去|无法忍受|最烦|烦|最讨厌|最不喜欢|最怕",
}  # fmt: skip
_OTHERS: Mapping[Sort, str] = {
    "not": "not|don't|dont|do not|doesn't|does not|didn't|never|isn't|aren't|no longer|不|不太|不怎么|没|没那么|并不|从不|从来不|不是很|不大",
    "no": "no|nothing|neither|anything but|without|无|没有",
    "more": "really|very|truly|absolutely|especially|so|totally|really really|特别|非常|超|超级|真的|十分|极其|尤其|太|最",
    "less": "a bit|a little|kind of|sort of|somewhat|sometimes|occasionally|有点|有点儿|稍微|偶尔|还算|比较|有时",
    "doubt": "if|used to|would|wonder|wondering|maybe|perhaps|not sure|unsure|don't know|might|my wife|my husband|my kids|my friend"
    "|my friends|my mother|my father|my mum|my mom|my dad|my son|my daughter|my partner|my girlfriend|my boyfriend|he|she|they"
    "|can't say|cannot say|wouldn't say|when i was|as a kid|as a child|back then|rather than|instead of"
    "|everyone|everybody|most people|don't mind|do not mind|doesn't matter|either way|or not|so-so|depends"
    "|如果|以前|曾经|过去|小时候|比起|相比|与其|没有比|不能说|也许|可能|不确定|不知道|不清楚|我老婆|我老公|我妻子|我丈夫|我孩子|孩子|我朋友|朋友|我妈|我爸|我女儿|我儿子|女友|男友|他|她|他们"
    "|大家|别人|不反感|不讨厌|无所谓|都行|一般般|还行|随便|看情况|谈不上|说不上",
    "except": "except|except for|apart from|other than|but not|just not|anything besides|除了|不包括|就是不|但不",
    "and": "and|or|as well as|nor|both|not only|but also|also|和|与|跟|以及|还有|或者|或|也|不仅|不但|而且|并且|还",
    "comma": "but|though|although|however|yet|while|whereas|但|但是|不过|可是|然而|却|而",
    "ask": "do you|did you|are there|is there|what|which|why|how about|have you|有没有|什么|为什么|哪些|吗",
}  # fmt: skip
_THAN = ("to", "over", "than")
"""What stands before that to which something is preferred."""
_BESIDE = 4
"""Words between "not" and what it turns."""
_MADE = re.compile(
    r"[^\W\d_\u3400-\u9fff]+(?:['’\-&][^\W\d_\u3400-\u9fff]+)*|\d+s?|[\u3400-\u9fff]|[,，、;；:：]|[.!。！\n]|[?？]|\S"
)
_HAN = re.compile(r"[\u3400-\u9fff]")
_PHRASE = 6
"""Words of the longest name, and half its Chinese characters."""


@dataclass(frozen=True)
class Terms:
    """Names under which topics are known, folded by `folded`."""

    topics: Mapping[str, str] = field(default_factory=dict)
    """Name → topic key."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """Words for kinds of items ("films") → topic key; they count where nothing narrower stands beside them."""

    @cached_property
    def openers(self) -> frozenset[str]:
        """First words, and first characters of Chinese names."""
        return frozenset(_opener(name) for name in (*self.topics, *self.kinds))


@dataclass(frozen=True)
class Stated:
    """One topic and what was said of it."""

    topic: str
    strength: float
    """-1 … 1."""
    text: str
    """What stands there."""


@dataclass(frozen=True)
class ReadStatement:
    """What was read in a sentence."""

    stated: tuple[Stated, ...]
    left_out: tuple[str, ...]
    """Clauses that say something that is not known here, or that may mean one thing or another."""


@dataclass(frozen=True)
class _Part:
    sort: Sort
    text: str
    value: float = 0.0
    topic: str = ""


def folded(name: str) -> str:
    """Lower case, words one space apart, hyphens as spaces, Chinese without spaces."""
    words = _MADE.findall(name.lower().replace("’", "'").replace("-", " "))
    return re.sub(r"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])", "", " ".join(words))


def understood(text: str, terms: Terms) -> ReadStatement:
    """Read a sentence, or a few."""
    stated: dict[str, Stated] = {}
    left_out: list[str] = []
    before: float | None = None
    for sentence in _sentences(_parts(text[:LONGEST], terms)):
        before = None
        asked = any(part.sort == "ask" for part in sentence)
        for clause in _clauses(sentence):
            found, before, lost = _read(clause, before)
            words = _text(clause)
            if asked or any(part.sort == "doubt" for part in clause):
                before = None
                if any(part.sort in ("topic", "kind", "verdict") for part in clause):
                    left_out.append(words)
                continue
            for one in found:
                stated.pop(one.topic, None)  # what is said last counts
                stated[one.topic] = one
            if lost:
                left_out.append(words)
    return ReadStatement(tuple(stated.values())[:MOST], tuple(left_out))


# Parts


def _words() -> dict[str, _Part]:
    found: dict[str, _Part] = {}
    for value, names in _VERDICTS.items():
        for name in names.split("|"):
            found[folded(name)] = _Part("verdict", name, value)
    for sort, names in _OTHERS.items():
        for name in names.split("|"):
            found[folded(name)] = _Part(sort, name)
    return found


_KNOWN = _words()
_OPENERS = frozenset(name.split(" ")[0] if not _HAN.match(name) else name[0] for name in _KNOWN)


def _opener(name: str) -> str:
    return name[0] if _HAN.match(name) else name.split(" ")[0]


def _parts(text: str, terms: Terms) -> list[_Part]:
    spelt = _MADE.findall(text.replace("’", "'").replace("-", " "))
    words = [word.lower() for word in spelt]
    parts: list[_Part] = []
    at = 0
    while at < len(words):
        made, step = _longest(words, spelt, at, terms)
        parts.append(made)
        at += step
    return parts


def _longest(words: Sequence[str], spelt: Sequence[str], at: int, terms: Terms) -> tuple[_Part, int]:
    """The longest name or known word that begins here."""
    word = words[at]
    han = bool(_HAN.match(word))
    reach = 2 * _PHRASE if han else _PHRASE
    if word in _OPENERS or word in terms.openers or _single(word) in terms.openers:
        for n in range(min(reach, len(words) - at), 0, -1):
            piece = words[at : at + n]
            if han and not all(_HAN.match(one) for one in piece):
                continue
            name = "".join(piece) if han else " ".join(piece)
            shown = "".join(spelt[at : at + n]) if han else " ".join(spelt[at : at + n])
            if name in _KNOWN:  # "love" is a theme, too, but hardly ever meant
                known = _KNOWN[name]
                return _Part(known.sort, shown, known.value), n
            for one in (name, _single(name)):
                if one in terms.topics:
                    return _Part("topic", shown, topic=terms.topics[one]), n
                if one in terms.kinds:
                    return _Part("kind", shown, topic=terms.kinds[one]), n
    if word in ",，、;；:：":
        return _Part("and" if word == "、" else "comma", spelt[at]), 1
    if word in ".!。！\n":
        return _Part("stop", spelt[at]), 1
    return _Part("ask" if word in "?？" else "word", spelt[at]), 1


def _single(name: str) -> str:
    return name[:-3] + "y" if name.endswith("ies") else name.removesuffix("s")


def _sentences(parts: Iterable[_Part]) -> list[list[_Part]]:
    found: list[list[_Part]] = [[]]
    for part in parts:
        if part.sort == "stop":
            found.append([])
        else:
            found[-1].append(part)
            if part.text in "?？":
                found.append([])
    return [sentence for sentence in found if sentence]


def _clauses(sentence: Sequence[_Part]) -> list[list[_Part]]:
    """Between commas and "but"; "and" parts clauses where a verdict or a negation with one follows it."""
    found: list[list[_Part]] = [[]]
    for at, part in enumerate(sentence):
        fresh = part.sort == "and" and found[-1] and _begins_anew(sentence[at + 1 : at + 1 + _BESIDE])
        if part.sort == "comma" or fresh:
            found.append([])
        else:
            found[-1].append(part)
    return [clause for clause in found if clause]


def _begins_anew(after: Sequence[_Part]) -> bool:
    for part in after:
        if part.sort in ("topic", "kind", "and", "comma"):
            return False
        if part.sort in ("verdict", "no", "except", "doubt"):
            return True
    return False


def _text(clause: Sequence[_Part]) -> str:
    begin = next((n for n, part in enumerate(clause) if part.sort not in ("and", "comma")), 0)
    text = ""
    for part in clause[begin:]:
        apart = text and not (_HAN.match(part.text) or _HAN.match(text[-1]))
        text += f" {part.text}" if apart else part.text
    return text


# Reading


def _read(clause: Sequence[_Part], before: float | None) -> tuple[list[Stated], float | None, bool]:
    """(what the clause says, the verdict that goes on behind it, whether something in it was not understood).

    Args:
        before: the verdict of the clause before it.
    """
    verdict, own, own_said = before, False, False
    waiting: list[_Part] = []
    taken: list[tuple[_Part, float]] = []
    negated, since, degree = False, 0, 1.0
    unsure = excepted = compares = False
    for part in clause:
        since += 1
        if part.sort == "not":
            negated, since = True, 0
        elif part.sort == "more":
            degree = 1.25
        elif part.sort == "less":
            degree = 0.5
        elif part.sort == "verdict":
            value = part.value
            compares = part.text.lower().startswith("prefer")
            # "All but jazz bores me" may or may not speak for jazz.
            unsure = unsure or (excepted and value < 0)
            if negated and since <= _BESIDE:
                unsure = unsure or value < 0
                value, degree = -0.8, min(degree, 1.0)
            verdict = max(-1.0, min(1.0, value * degree))
            own, own_said, negated, degree = True, True, False, 1.0
            if waiting:
                taken += [(one, verdict) for one in waiting]
                waiting = []
                own = False
        elif part.sort in ("no", "except"):
            excepted = excepted or part.sort == "except"
            unsure = unsure or (part.sort == "except" and verdict is not None and verdict < 0)
            verdict, own = -0.8, True
        elif compares and taken and part.text.lower() in _THAN:
            break  # what is preferred to says nothing of what it is preferred to
        elif part.sort in ("topic", "kind"):
            if negated and since <= 2:
                verdict, own, negated = -0.8, True, False
            if own or (verdict is not None and not _closes(clause, part)):
                assert verdict is not None
                taken.append((part, verdict))
            else:
                waiting.append(part)
    if unsure:
        return [], None, True
    narrow = [one for one in taken if one[0].sort == "topic"]
    kept = narrow or taken
    lost = bool(waiting) or (own_said and not taken)
    return [Stated(part.topic, round(value, 2), part.text) for part, value in kept], verdict, lost


def _closes(clause: Sequence[_Part], topic: _Part) -> bool:
    """Whether a verdict of the clause's own follows the topic, and none stands before it."""
    at = next(n for n, part in enumerate(clause) if part is topic)
    return any(part.sort == "verdict" for part in clause[at:]) and not any(
        part.sort in ("verdict", "no", "except") for part in clause[:at]
    )
