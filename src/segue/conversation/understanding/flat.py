"""A text read flat: the wishes that it says one beside the other, and the words that are left to be looked for."""

# ruff: noqa: E501 - a pattern is one line

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ...catalogue import KIND_CODE
from ...pipeline.asking.lexicon import FILLERS_EN, FILLERS_ZH, JOINTS_EN, JOINTS_ZH, STOP
from ...pipeline.asking.reading import Rule
from ...pipeline.asking.rules import RULES, likeness
from ...pipeline.asking.sentence import Part, ReadSentence, understood
from ...pipeline.sources.words import simplified, tokens
from ...pipeline.stages import World
from ...profiles import mood_words
from ...profiles.item_moods import MOODS
from ...queries import Constraints
from ...understanding.annotators.vocabularies import vocabularies
from ..dialogue import Wish
from . import critiques, rules
from .about import About
from .trees import stated

_LONGEST_WORDS = 200
"""Characters of what is looked for."""
QUOTES = re.compile(r"《[^》]*》|[“\"][^”\"]*[”\"]")
_NOISE_EN = (
    r"what|which|who|how|where|most popular|popular|famous|should|what should i (?:watch|listen to|play|see|hear)|what (?:can|do) (?:you|i) (?:recommend|suggest|watch)|what(?:'s| is) (?:good|on|new|there)(?: in)?"
    r"|(?:can|could|would|will) you(?: please)?|do you have|have you got|got any(?:thing)?|is there|are there|i(?:'m| am)? (?:in the mood for|looking for|feel like|fancy|need|want|like)"
    r"|i(?:'d| would) (?:prefer|love|like|rather)(?: to (?:see|watch|hear|listen to))?|i feel like|in the mood for|let's (?:see|watch|try|have)|how about|what about|maybe|perhaps|actually|instead|make that|make it|change (?:it|that) to"
    r"|hmm+|uh+|um+|well|ok(?:ay)?|yes|yeah|no|please|now|then|just|only|really|quite|good|nice|great|best|top|tonight|today|this evening|right now|would be (?:better|nice|good|great)|if possible|thanks?|thank you"
    r"|something|anything|some|any|ones?|of them|in them|it|them|that|those|these|all|also|too|though|either|same|similar|even|still|pick|choose|find|me|us|my|our|family night|movie night|to (?:watch|see|listen to|hear|play)|watch|listen|see|play|hear|put on|recommendations?|suggestions?|list"
    r"|had|were|makes?|making|know|think|guess|sure|tell|say|said|going|go|skip|hours?|half|minutes?|mins?|numbers?|first|second|third|last|times|never|mind|suits?|suitable|right|surprise|each|per|when|while|i'm|this|week|weekend|called|named|set|aren't|isn't|wasn't|weren't|doesn't|didn't|same|previous|back|another"
    r"|films?|movies?|songs?|music|stuff|things?|kinds?|sorts?|types?|style|vibes?|but|and|or|so|if|only if|for|not|than|i|you|we|they|he|she|is|are|be|been|was|do|does|did|have|has|more|less|very|bit|little|a|an|the|of|in|on|at|to|with|from|by|about|like|long|short|shorter|longer|newer|older|else|there|here|don't|dont|can|could|should|would|will|let|give|show|get|got|want|prefer|feel|mood|idea|made|drop|rest|ever|enough"
)
_NOISE_ZH = r"类似|一下|最近|流行|热门|上一?[个部首]|有没有|有什么|适合|合适|知道|觉得|时候|算了|有啥|什么|哪些|好看的?|好听的?|推荐|给我|帮我|我想要?|我要|想看|想听|想要|想|看看|听听|来一?[部首个点些几]*|找一?[部首个点些几]*|几[部首个]|一[部首个些点]|今晚|今天|现在|晚上|吧|呢|啊|呀|吗|嘛|哦|了|的|是|要|看|听|放|换成|改成|还是|不对|不是|不要|不|对|好|行|算|最好|可以|能|请|麻烦|只|就|都|也|再|更|点|些|个|部|首|类|题材|一样|差不多|类似|但是|但|不过|而且|和|或者|或|在|我|你|您|最|很|太|别|一起|全家|玩玩|玩|拍|上映|片子|电影|音乐|歌|东西|内容|随便|嗯|那|这|有|没|给|跟|里面?|之间|那么|这么"
NOISE = re.compile(
    rf"(?<![a-z'’])(?:{_NOISE_EN})(?![a-z'’])|{_NOISE_ZH}|(?<![a-z])(?:{FILLERS_EN}|{JOINTS_EN})(?![a-z])|{FILLERS_ZH}|{JOINTS_ZH}",
    re.IGNORECASE,
)
"""What holds a sentence together, and asks for nothing."""
_BY_NAME_ZH = re.compile(
    r"有没有(?!关于|有关|讲)|有吗|有么|(?:播|播放|放|看|听)一?下|[\u3400-\u9fff·]{2,10}的(?:歌|歌曲|音乐|电影|片子|作品|剧|专辑|播客|节目|视频)"
)
"""Where somebody, or a title, is asked for by name."""


class Flat:
    """Reads stretches of one message.

    Args:
        turn: its number in the conversation.
        year: what "this year" means.
    """

    def __init__(self, about: About, turn: int, year: int) -> None:
        self._about, self._turn, self._year = about, turn, year
        self.world, self.names, self.terms = about.world, about.names, about.terms
        self.text, self.dialogue, self.shown = about.text, about.dialogue, about.shown
        self.rows = np.zeros(0, np.int32)
        if self.shown is not None:
            rows = self.world.catalogue.rows(self.shown.items)
            self.rows = rows[rows >= 0]
        self.here: int | None = None
        """The place in the list that an act of this turn speaks of."""
        self.unknown = ""
        """What was looked for by name and nothing here says."""
        self._kept: dict[str, list[Wish]] = {}
        """Wishes by text: a turn is looked at from several sides."""

    def wishes(self, text: str, before: Sequence[Wish]) -> list[Wish]:
        """The wishes that a text says one beside the other."""
        if text not in self._kept:
            self._kept[text] = self._read(text, before)
        return list(self._kept[text])

    def _read(self, text: str, before: Sequence[Wish]) -> list[Wish]:
        ground = self._ground(before)
        read = understood(text, self.names, self._year, self._rules(ground), may_be_title=False)
        parts = [part for part in read.parts if part.what != "spelling"]
        exact = {(part.what, name) for part in parts for name in _limits(part) if part.what in ("duration", "year")}
        less = understood(text, self.names, self._year, critiques.vague(ground), may_be_title=False)
        taken = " ".join(part.text for part in parts)
        for part in less.parts:
            if part.what != "spelling" and part.text not in taken and not any(what == part.what for what, _ in exact):
                parts.append(part)
                read = replace(read, words=read.words.replace(part.text, " ", 1))
        parts = _told_once(parts)
        wishes = [self._of_part(n, part) for n, part in enumerate(parts)]
        wishes += self._feelings(read.words, len(wishes))
        words = self._looked_for(read, wishes)
        if words:
            found = wish_of(self._turn, len(wishes), "words", words, f"“{words}”", f"“{words}”", words=words)
            wishes.append(found.model_copy(update={"passing": bool(self.unknown)}))
        return _one_of_genres(self.world, wishes)

    def _rules(self, ground: critiques.Ground) -> list[Rule]:
        return rules.joined_rules(
            rules.pointing_rules(self.names, self.dialogue, self.here),
            likeness.RULES,
            critiques.rules(ground),
            rules.refusals(self.terms),
            rules.lists(self.terms),
            [rule for rule in RULES if rule not in likeness.RULES],
            rules.names_alone(self.terms),
        )

    def _ground(self, before: Sequence[Wish]) -> critiques.Ground:
        kinds = next((w.constraints.kinds for w in reversed(before) if w.constraints.kinds), ())
        horror = any("horror" in name.lower() or "恐怖" in name for w in before for name in w.constraints.genres)
        return critiques.Ground(self.world, self.rows, tuple(KIND_CODE[kind] for kind in kinds), horror)

    def _of_part(self, n: int, part: Part) -> Wish:
        words = f"not {part.text}" if part.what == "not_mood" else ""
        if part.what == "not_mood":
            found = re.search(r"([a-z-]+|[\u4e00-\u9fff]+)$", part.english)
            word = found.group(1) if found else part.text
            words = f"not {word}" if word.isascii() else f"不要{word}"
        return wish_of(
            self._turn,
            n,
            part.what,
            part.text,
            part.english,
            part.chinese,
            part.constraints,
            words,
            part.seeds,
            part.leanings,
        )

    def _feelings(self, left: str, n: int) -> list[Wish]:
        """What the rest says of moods, in the words that say it."""
        text = mood_words.readable(left)
        plain = simplified(text)
        found: list[Wish] = []
        for one in mood_words.read(plain):
            words = text[one.begin : one.end].strip()
            what = "not_mood" if one.what == "not" else "mood"
            english, chinese = self._told_mood(one, words)
            found.append(wish_of(self._turn, n + len(found), what, words, english, chinese, words=words))
        return found

    def _told_mood(self, one: mood_words.Heard, words: str) -> tuple[str, str]:
        """A mood as the vocabulary calls it; what somebody feels, in their words."""
        labels = vocabularies(self.world.settings).get(MOODS, {})
        names = [name for name in one.moods if name in labels]
        if one.what == "state" or not names:
            bare = words.strip('“”"')
            return f"what suits “{bare}”", f"适合“{bare}”"
        english, chinese = " or ".join(names[:2]), "或".join(labels[name].zh or name for name in names[:2])
        return (f"not {english}", f"不要{chinese}") if one.what == "not" else (english, chinese)

    def _looked_for(self, read: ReadSentence, wishes: Sequence[Wish]) -> str:
        """Words that are left to be searched: those that the catalogue knows, without what holds a sentence together."""
        left = read.words
        for wish in wishes:
            if wish.what in ("mood", "not_mood"):
                left = left.replace(wish.text, " ", 1)
        kept = " ".join(NOISE.sub(" ", f" {left} ").split()).strip(" ,，.。;；!！?？、'\"“”《》-:：")
        kept = kept if re.fullmatch(r"[\d\s]+", kept) else " ".join(re.sub(r"(?<!\S)\d{1,3}(?!\S)", " ", kept).split())
        known = [token for token in tokens(kept) if token in self.names.index.words and token not in STOP]
        asked_before = self.shown is not None and any(w.what not in ("words",) for w in wishes)
        if not known or not re.search(r"\w", kept) or (asked_before and len(known) < len(tokens(kept))):
            self._note_unknown(kept, known)
            return "" if wishes or len(kept) < 2 else kept[:_LONGEST_WORDS]
        kept = kept[:_LONGEST_WORDS].strip()
        self._note_unknown(kept, known)
        return kept

    def _note_unknown(self, words: str, known: Sequence[str]) -> None:
        """Remember what is looked for by name and nothing here says."""
        for quoted in QUOTES.findall(self.text):
            if self._about.titled(quoted) is None:
                self.unknown = quoted[1:-1][:80]
                return
        at = re.search(rf"(?:\b(?:The|An?) )?{re.escape(words)}", self.text) if len(words) > 1 else None
        if at is None or len(known) * 2 >= len(tokens(words)):
            return
        if any(word[0].isupper() for word in words.split()) or _BY_NAME_ZH.search(self.text):
            self.unknown = at.group()[:80]


def wish_of(
    turn: int, n: int, what: str, text: str, english: str, chinese: str, constraints: Constraints | None = None,
    words: str = "", seeds: tuple[str, ...] = (), leanings: tuple[str, ...] = (),
) -> Wish:  # fmt: skip
    """The wish of this number of a turn."""
    return Wish(
        id=f"w{turn}.{n + 1}", what=what, text=text[:300], english=english[:200], chinese=chinese[:200],
        constraints=constraints or Constraints(), words=words, seeds=seeds, leanings=leanings, turn=turn,
    )  # fmt: skip


def _limits(part: Part) -> Mapping[str, object]:
    return stated(part.constraints)


def _told_once(parts: Sequence[Part]) -> list[Part]:
    """Without what says less than another part of the same turn: "shorter" beside "two hours or so"."""
    exact = {p.what for p in parts if p.what in ("duration", "year") and not _COMPARING.match(p.english)}
    return [p for p in parts if not (p.what in exact and _COMPARING.match(p.english))]


_COMPARING = re.compile(r"(?:shorter|longer|newer|older)\b|(?:old|recent|short|long)(?:$|:)")


def _one_of_genres(world: World, wishes: list[Wish]) -> list[Wish]:
    """Genres that no item has together were meant as a choice: "comedies and westerns"."""
    own = [w for w in wishes if w.what == "genre"]
    if len(own) < 2:
        return wishes
    catalogue = world.catalogue
    mask = catalogue.alive.copy()
    for wish in own:
        wanted = {name.lower() for name in wish.constraints.genres}
        column = np.array([name in wanted for name in catalogue.genre_names], dtype=np.float32)
        mask &= np.asarray(catalogue.genres @ column > 0)
    if mask.any():
        return wishes
    limits = own[0].constraints.model_copy(
        update={"genres": tuple(dict.fromkeys(name for w in own for name in w.constraints.genres))}
    )
    merged = own[0].model_copy(
        update={
            "constraints": limits,
            "english": " or ".join(w.english for w in own),
            "chinese": "或".join(w.chinese for w in own),
        }
    )
    return [merged if w is own[0] else w for w in wishes if w is own[0] or w not in own]
