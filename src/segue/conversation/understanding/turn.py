"""Understand a turn: `understand` makes a `Meaning` of a message, in the light of the conversation before it."""

# ruff: noqa: E501 - a pattern is one line

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from ...catalogue import KIND_CODE
from ...conditions import AnyOf
from ...pipeline.asking.lexicon import FILLERS_EN, FILLERS_ZH, JOINTS_EN, JOINTS_ZH, STOP
from ...pipeline.asking.programs import program
from ...pipeline.asking.reading import Rule
from ...pipeline.asking.rules import RULES, likeness
from ...pipeline.asking.sentence import Part, Understood, readable, understood
from ...pipeline.asking.titles import Names, simple
from ...pipeline.filters.conditions import popularity
from ...pipeline.sources.words import folded, simplified, tokens
from ...pipeline.stages import World
from ...profiles import mood_words
from ...profiles.item_moods import MOODS
from ...queries import Constraints
from ...understanding.annotators.vocabularies import vocabularies
from ..dialogue import Dialogue, Wish
from . import critiques, rules
from .acts import Spotted, What, no, rude, spotted, yes
from .holding import DIMENSIONS, constraints_of, held
from .pointing import last_pointed, places, pointed, superlative
from .trees import condition_of, stated

LONGEST = 2000
"""Characters of a message that are read."""
_LONGEST_WORDS = 200
"""Characters of what is looked for."""
_HAN = re.compile(r"[\u3400-\u9fff]")
_QUOTES = re.compile(r"《[^》]*》|[“\"][^”\"]*[”\"]")
_I_WOULD = re.compile(
    r"\b(?:i|we)(?:'d| would| do|'ll)? (?:really |just |rather )?(?:feel )?like(?: to (?:watch|see|hear|listen to|play|have))?\b"
    r"|\b(?:feel(?:ing)?|feels) like\b|\b(?:how|what) about\b|\blet's (?:do|try|go with|go for)\b|\b(?:that )?(?:i|we) (?:haven't|have not|never) (?:seen|heard|watched|played)(?: yet| before)?\b|\bi'd\b|\b(?:that|it|what|there|they)'(?:s|re)\b",
    re.IGNORECASE,
)
"""What is no comparison, though it says "like"."""
_LISTED = re.compile(r"\s?(?:,|\band\b|&|、|和)\s?")
_ADDS = re.compile(
    r"^(?:and|also|plus|with|but also|as well as|in addition|而且|并且|同时|还要|也要|再加上?|另外|还得|也得|带)"
)
_UNLESS = re.compile(
    r"^(?P<a>.+?)[,，]?\s*(?:\bunless\b|\bexcept (?:if|when|for (?:those|ones))\b|除非)\s*(?:it(?:'s| is| was)|they(?:'re| are| were)|是)?\s*(?P<b>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_EITHER = re.compile(
    r"^(?P<h>.*?)(?:\b(?:either)\s|要么(?:是)?|或者是?(?=.+或者))?(?P<a>(?<=either\s).+?|(?<=要么).+?|.+?)(?:[,，]?\s*\bor\b\s|[,，]?\s*(?:要么|或者|或是)(?:是)?)(?P<b>.+)$",
    re.IGNORECASE | re.DOTALL,
)
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
_NOISE = re.compile(
    rf"(?<![a-z'’])(?:{_NOISE_EN})(?![a-z'’])|{_NOISE_ZH}|(?<![a-z])(?:{FILLERS_EN}|{JOINTS_EN})(?![a-z])|{FILLERS_ZH}|{JOINTS_ZH}",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Act:
    """One thing that a turn does beside its wishes."""

    what: What
    numbers: tuple[int, ...] = ()
    """Places in the list that was shown, from 1; one may be beyond it."""
    ids: tuple[str, ...] = ()
    """Items that it is about."""
    text: str = ""
    """What it names: a title that is not known here, a taste, a wish to take back."""
    rest: str = ""
    """Of a playlist: the turn without the request for one, which is what it is to hold."""


@dataclass(frozen=True)
class Meaning:
    """What a turn means."""

    text: str
    """As it was read: one line, without hidden characters, bounded."""
    chinese: bool
    intent: str
    """``recommend`` ``search`` ``more`` ``critique`` ``like``, the first act (`acts.What`), ``empty`` or ``unclear``."""
    acts: tuple[Act, ...] = ()
    wishes: tuple[Wish, ...] = ()
    """Those that hold now."""
    new: tuple[str, ...] = ()
    gone: tuple[Wish, ...] = ()
    """Those that held before."""
    lists: bool = True
    """Whether a list of items is wanted."""
    fresh: bool = False
    """Nothing that was shown before is wanted again."""
    unknown: str = ""
    """What is looked for by words that nothing here says: a title, or a name, that this catalogue has not."""
    cut: bool = False
    """The message was longer than what is read."""

    def act(self, *what: str) -> Act | None:
        """The first act of these sorts."""
        return next((one for one in self.acts if one.what in what), None)


def understand(world: World, dialogue: Dialogue, message: str, year: int | None = None) -> Meaning:
    """Read a message.

    Args:
        year: what "this year" means; None: that of the clock.
    """
    text = readable(message[: 4 * LONGEST])[:LONGEST]
    cut = len(message) > LONGEST
    chinese = is_chinese(text, dialogue.language == "zh")
    if not re.search(r"\w", text) and not mood_words.read(mood_words.readable(text)):
        return Meaning(text, chinese, "empty", wishes=dialogue.wishes, lists=False, cut=cut)
    return replace(_Turn(world, dialogue, text, chinese, year or datetime.now(UTC).year).meaning(), cut=cut)


def ready(world: World) -> None:
    """Build what every reading derives from a world, before the first turn waits for it."""
    for message in ("a comedy under 100 minutes", "I love The Matrix but not that one"):
        understand(world, Dialogue(id="-"), message)
    popularity(world)


def is_chinese(text: str, otherwise: bool) -> bool:
    """Whether a text is mostly Chinese; titles in quotation marks do not count."""
    bare = _QUOTES.sub(" ", text)
    bare = bare if re.search(r"\w", bare) else text
    han, words = len(_HAN.findall(bare)), len(re.findall(r"[A-Za-zÀ-ɏ]{2,}", bare))
    if not han and not words:
        return otherwise
    return han > 1.5 * words


_FRAME = re.compile(
    r"^(?:please|can you|could you|would you|i want you to|请|帮我|给我|麻烦|能不能|可以)+\s*"
    r"|^(?:of|with|from|for|that has|:|：|，|,)+\s*|(?:\s|^)(?:please|for me|吧|吗)$",
    re.IGNORECASE,
)
"""What frames a request for a playlist and says nothing of what it is to hold."""


_BY_NAME_ZH = re.compile(
    r"有没有(?!关于|有关|讲)|有吗|有么|(?:播|播放|放|看|听)一?下|[\u3400-\u9fff·]{2,10}的(?:歌|歌曲|音乐|电影|片子|作品|剧|专辑|播客|节目|视频)"
)
"""Where somebody, or a title, is asked for by name."""
_NAMED = re.compile(
    r"[,，]?\s?\b(?:called|named)\s[“\"]?([^”\"]{1,60})[”\"]?$|[,，]?(?:名?叫做?|名为|命名为|取名)\s?[“《]?([^”》]{1,40})[”》]?$",
    re.IGNORECASE,
)
"""What a playlist is to be called."""


class _Turn:
    """One message on its way through the reading."""

    def __init__(self, world: World, dialogue: Dialogue, text: str, chinese: bool, year: int) -> None:
        self.world, self.dialogue, self.text, self.chinese, self.year = world, dialogue, text, chinese, year
        self.names = Names.in_world(world)
        self.terms = rules.cached(self.names, world.derived)
        self.shown = dialogue.shown
        self.rows = np.zeros(0, np.int32)
        if self.shown is not None:
            rows = world.catalogue.rows(self.shown.items)
            self.rows = rows[rows >= 0]
        self.turn = 1 + sum(one.role == "person" for one in dialogue.turns)
        self.here: int | None = None
        """The place in the list that an act of this turn speaks of."""
        self.unknown = ""
        self.read: dict[str, list[Wish]] = {}
        """Wishes by text: a turn is looked at from several sides."""

    def meaning(self) -> Meaning:
        insults, plain = rude(_plain(self.text))
        if yes(plain) or no(plain):
            act = Act("yes" if yes(plain) else "no")
            return Meaning(self.text, self.chinese, act.what, (act,), self.dialogue.wishes, lists=False)
        found = list(self._acts(spotted(plain, self.shown is not None, self._is_here)))
        left = plain
        for one, _ in found:
            begin, end = one.kept
            for a, b in ((one.begin, begin), (end, one.end)) if end else ((one.begin, one.end),):
                left = left[:a] + (" ; " + " " * (b - a - 3) if b - a > 3 else " " * (b - a)) + left[b:]
        acts = [act for _, act in found]
        self.here = next((act.numbers[-1] for act in reversed(acts) if act.numbers and act.what == "like"), None)
        typed = (
            "".join(c if i < len(left) and left[i] == plain[i] else " " for i, c in enumerate(self.text))
            if len(left) == len(plain)
            else left
        )
        typed = typed if not insults else left
        whole = any(one.whole for one, _ in found)
        before = list(self.dialogue.wishes)
        playlist = next((act for act in acts if act.what == "playlist" and act.rest), None)
        if playlist is not None or any(act.what == "reset" for act in acts):
            before = [wish for wish in before if wish.what == "known"]
        before = self._taken_back(acts, before)
        if playlist is not None:
            # How long it is to be, and how often made anew, is no wish of its entries.
            for part in program(playlist.rest, self.names, self.year).parts:
                if part.what in ("length", "refresh", "channel"):
                    typed = typed.replace(part.text, " " * len(part.text), 1)
            typed = typed.replace(playlist.text, " " * len(playlist.text), 1) if playlist.text else typed
        rest = "" if whole else self._rest(typed)
        new: list[Wish] = []
        if rest:
            new = self._wishes(rest, before, bool(acts))
        new += self._known(acts) + self._liked(acts)
        adds = bool(_ADDS.match(rest.lstrip(" ;,，").lower()))
        wishes = held(before, new, adds)
        new = [wish for wish in new if wish in wishes]
        gone = tuple(wish for wish in self.dialogue.wishes if wish not in wishes)
        if insults and not (acts or new):
            acts = [Act("rude")]
        if not (acts or new) and self.shown is not None:
            count = len(self.shown.items)
            beyond = [n for one in pointed(plain, count) for n in one.numbers if not 1 <= n <= count]
            acts = [Act("about", tuple(beyond))] if beyond else []
        intent = self._intent(acts, new, gone)
        lists = bool([w for w in new if w.what != "known"]) or intent in (
            "more",
            "take_back",
            "reset",
            "recommend",
            "seen",
            "dislike",
            "drop",
            "quiet",
            "surprise",
        )
        if intent == "reset" and not new:
            lists = False
        if whole and intent not in ("take_back", "surprise"):
            lists = False
        fresh = any(act.what in ("more", "surprise") for act in acts)
        return Meaning(
            text=self.text, chinese=self.chinese, intent=intent, acts=tuple(acts), wishes=wishes,
            new=tuple(w.id for w in new), gone=gone, lists=lists, fresh=fresh, unknown=self.unknown if lists else "",
        )  # fmt: skip

    # Acts

    def _acts(self, found: Sequence[Spotted]) -> Iterator[tuple[Spotted, Act]]:
        told: list[Act] = []
        for pair in self._meant(found, told):
            told.append(pair[1])
            yield pair

    def _meant(self, found: Sequence[Spotted], told: Sequence[Act]) -> Iterator[tuple[Spotted, Act]]:
        """What each act is about; one that is about nothing here is none.

        Args:
            told: those that were told before.
        """
        for one in found:
            numbers, ids, title = self._items(one)
            if one.what in ("play", "why") and one.title and not ids and not numbers:
                row = self._titled(one.title)
                if row is None:
                    continue
                ids = (self.world.catalogue.ids[row],)
            if one.what == "why_not":
                row = self._titled(one.title) if one.title else None
                ids = ids or ((self.world.catalogue.ids[row],) if row is not None else ())
            if one.what in ("seen", "like", "dislike", "about") and one.title and not one.place:
                ids, title = self._all_named(one.title), one.title
            if one.what == "taste":
                if not self._is_taste(one) or any(act.text and act.what in ("like", "dislike", "seen") for act in told):
                    continue
                title = self.text
            if one.what == "playlist" and one.title:
                at = _plain(self.text).find(one.title, one.begin)  # a name keeps its capitals
                title = self.text[at : at + len(one.title)]
            rest = ""
            if one.what == "playlist":
                kept = self.text[one.kept[0] : one.kept[1]]
                rest = f"{self.text[: one.begin]} {kept} {self.text[one.end :]}"
                rest = _FRAME.sub("", " ".join(rest.split())).strip(" ,，.。:：;；!！?？")
                if not title and (named := _NAMED.search(rest)):
                    title, rest = next(filter(None, named.groups())), rest[: named.start()].strip(" ,，")
            yield one, Act(one.what, numbers, ids, title, rest)

    def _items(self, one: Spotted) -> tuple[tuple[int, ...], tuple[str, ...], str]:
        if not one.place or self.shown is None:
            return (), (), one.title
        count = len(self.shown.items)
        numbers: list[int] = list(self._most(one.place))
        if not numbers:
            pieces = re.split(r"\s?(?:,|\band\b|&|、|和|跟)\s?", one.place)
            numbers = [n for piece in pieces for n in places(piece, count)]
        if not numbers:
            here = [n for each in pointed(_plain(self.text), count) for n in each.numbers]
            last = here[-1] if here else last_pointed(self.dialogue)
            numbers = [] if last is None else [last]
        ids = tuple(self.shown.items[n - 1] for n in numbers if 1 <= n <= count)
        # What has left the catalogue since is nothing to act on.
        catalogue = self.world.catalogue
        ids = tuple(one for one in ids if (row := catalogue.row_of.get(one)) is not None and catalogue.alive[row])
        return tuple(dict.fromkeys(numbers)), ids, one.title

    def _most(self, said: str) -> Iterator[int]:
        """The place of the shortest, the newest … of the list."""
        word = superlative(said)
        catalogue = self.world.catalogue
        if word is None or self.shown is None:
            return
        rows = catalogue.rows(self.shown.items)
        column = catalogue.durations if word in ("shortest", "longest") else catalogue.years.astype(np.float32)
        values = np.where(rows >= 0, column[rows], np.nan)
        values = np.where(values > 0, values, np.nan)
        if np.isfinite(values).any():
            yield 1 + int(np.nanargmin(values) if word in ("shortest", "oldest") else np.nanargmax(values))

    def _titled(self, title: str) -> int | None:
        """Row of a title that was typed, in spite of a slip."""
        bare = title.strip(" “”\"'《》?？")
        if not bare:
            return None
        return self.names.title(bare, 0.75)

    def _is_here(self, what: What, title: str) -> bool:
        return self._titled(title) is not None if what == "play" else bool(self._all_named(title))

    def _all_named(self, title: str) -> tuple[str, ...]:
        """Ids of the item of that title, or of those of a list of titles; none where one of them is not here."""
        whole = self._named(title)
        rows = [whole] if whole is not None else [self._named(one) for one in _LISTED.split(title)]
        return tuple(self.world.catalogue.ids[row] for row in rows if row is not None) if None not in rows else ()

    def _named(self, title: str) -> int | None:
        """Row of the item whose whole title stands there: in quotation marks, of several words, or with a capital."""
        bare = title.strip(" “”\"'《》?？.!。！")
        titles = self.names.titles
        row = titles.get(folded(bare), titles.get(simple(bare))) if bare else None
        at = _plain(self.text).find(bare)
        typed = self.text[at : at + len(bare)] if at >= 0 else ""
        if "《" in self.text or typed[:1].isupper():
            return row
        sure = " " in bare or not bare.isascii()
        return row if sure and not (bare in self.terms.own or bare in self.names.labels) else None

    def _is_taste(self, one: Spotted) -> bool:
        """Whether a "like" is one in general: not of tonight, and not the beginning of a request."""
        said = one.title.lower()
        if re.search(
            r"\b(?:tonight|today|now|this time|right now|this evening)\b|今晚|今天|现在|这次", self.text.lower()
        ):
            return False
        return not re.match(r"(?:something|anything|some |one |a (?!\w+ fan)|an |the )|(?:点|些|一部|一首)", said)

    def _known(self, acts: Iterable[Act]) -> list[Wish]:
        """What was seen, or is not liked, does not come again in this conversation."""
        found: list[Wish] = []
        for act in acts:
            if act.what in ("seen", "dislike", "drop"):
                for item_id in act.ids:
                    item = self.world.catalogue.item(self.world.catalogue.row(item_id))
                    told = f"without “{item.name}”", f"不含《{item.name}》"
                    found.append(
                        self._wish(len(found) + 90, "known", item.name, *told, Constraints(exclude=(item_id,)))
                    )
        return found

    def _liked(self, acts: Iterable[Act]) -> list[Wish]:
        """What is liked by its title is where a search may start from."""
        found: list[Wish] = []
        for act in acts:
            if act.what == "like" and act.text:
                for item_id in act.ids:
                    item = self.world.catalogue.item(self.world.catalogue.row(item_id))
                    told = f"like “{item.name}”", f"像《{item.name}》"
                    found.append(self._wish(len(found) + 70, "seed", item.name, *told, seeds=(item_id,)))
        return found

    def _taken_back(self, acts: list[Act], before: list[Wish]) -> list[Wish]:
        for n, act in enumerate(acts):
            if act.what == "forget_taste" and any(_same(act.text, (w.english, w.chinese, w.text)) for w in before):
                act = replace(act, what="take_back")
            if act.what != "take_back":
                continue
            named = act.text.strip(' “”"')
            sorts = DIMENSIONS.get(named)
            said = [w for w in before if named and _same(named, (w.english, w.chinese, w.text))]
            if said:
                lost = said
            elif sorts:
                lost = [w for w in before if w.what in sorts]
            else:
                last = max((w.turn for w in before), default=0)
                lost = [w for w in before if w.turn == last]
            before = [w for w in before if w not in lost]
            acts[n] = replace(act, text=named, ids=tuple(w.id for w in lost))
        return before

    # Wishes

    def _rest(self, typed: str) -> str:
        """What is left of the turn for wishes; nothing where only signs are."""
        text = _I_WOULD.sub(lambda found: " " * len(found.group()), typed)
        text = re.sub(r"(?:\s*;\s*)+", " ; ", text).strip(" ;,，.。!！?？")
        return text if re.search(r"\w", text) or mood_words.read(mood_words.readable(text)) else ""

    def _wishes(self, text: str, before: Sequence[Wish], acted: bool) -> list[Wish]:
        """The wishes of a text, numbered on."""
        comparing = self.shown is not None and bool(re.match(r"(?:but|and|no|also)\b|但|也|再|更|要", text.lower()))
        if self.names.is_title(text) and not acted and not comparing and not self._says_more(text, before):
            return [self._wish(0, "words", text, f"“{text}”", f"“{text}”", words=text)]
        tree = self._either(text, before) or self._unless(text, before)
        if tree:
            return tree
        return self._flat(text, before)

    def _says_more(self, text: str, before: Sequence[Wish]) -> bool:
        """Whether a text that is nearly a title is all understood as a wish, and not typed like the title."""
        plain = simple(_plain(text))
        exact = plain in self.names.titles and plain.count(" ") >= 1
        return (
            not exact
            and any(wish.what != "words" for wish in self._flat(text, before))
            and not any(wish.what == "words" for wish in self._flat(text, before))
        )

    def _either(self, text: str, before: Sequence[Wish]) -> list[Wish] | None:
        """Either this and that or such and such: one wish of two sides, where each side says several things."""
        match = _EITHER.match(text)
        if match is None or _UNLESS.match(text):
            return None
        sides = [self._flat(match.group(name), before) for name in "ab"]
        if any(
            len({w.what for w in side}) < 2 or any(w.what in ("words", "seed", "mood") for w in side) for side in sides
        ):
            return None
        where = AnyOf(of=tuple(condition_of(constraints_of(side)) for side in sides))
        english = " or ".join(" ".join(w.english for w in side) for side in sides)
        chinese = "，或".join("、".join(w.chinese for w in side) for side in sides)
        return [self._wish(0, "either", text, english, chinese, Constraints(where=where))]

    def _unless(self, text: str, before: Sequence[Wish]) -> list[Wish] | None:
        """… unless …: the last wish before it need not hold where what follows does."""
        match = _UNLESS.match(text)
        if match is None:
            return None
        wishes, way_out = self._flat(match.group("a"), before), self._flat(match.group("b"), before)
        hard = [w for w in wishes if w.constraints != Constraints()]
        way_out = [w for w in way_out if w.constraints != Constraints()]
        if not hard or not way_out:
            return None
        last = max(hard, key=lambda w: match.group("a").rfind(w.text))
        where = AnyOf(of=(condition_of(last.constraints), condition_of(constraints_of(way_out))))
        english = f"{last.english}, unless {', '.join(w.english for w in way_out)}"
        chinese = f"{last.chinese}，除非{'、'.join(w.chinese for w in way_out)}"
        told = self._wish(50, "either", text, english, chinese, Constraints(where=where))
        return [told if w is last else w for w in wishes]

    def _flat(self, text: str, before: Sequence[Wish]) -> list[Wish]:
        """The wishes that a text says one beside the other."""
        if text not in self.read:
            self.read[text] = self._read(text, before)
        return list(self.read[text])

    def _read(self, text: str, before: Sequence[Wish]) -> list[Wish]:
        ground = self._ground(before)
        read = understood(text, self.names, self.year, self._rules(ground), may_be_title=False)
        parts = [part for part in read.parts if part.what != "spelling"]
        exact = {(part.what, name) for part in parts for name in _limits(part) if part.what in ("duration", "year")}
        less = understood(text, self.names, self.year, critiques.vague(ground), may_be_title=False)
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
            wish = self._wish(len(wishes), "words", words, f"“{words}”", f"“{words}”", words=words)
            wishes.append(wish.model_copy(update={"passing": bool(self.unknown)}))
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
        return self._wish(
            n, part.what, part.text, part.english, part.chinese, part.constraints, words, part.seeds, part.leanings
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
            found.append(self._wish(n + len(found), what, words, english, chinese, words=words))
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

    def _looked_for(self, read: Understood, wishes: Sequence[Wish]) -> str:
        """Words that are left to be searched: those that the catalogue knows, without what holds a sentence together."""
        left = read.words
        for wish in wishes:
            if wish.what in ("mood", "not_mood"):
                left = left.replace(wish.text, " ", 1)
        kept = " ".join(_NOISE.sub(" ", f" {left} ").split()).strip(" ,，.。;；!！?？、'\"“”《》-:：")
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
        for quoted in _QUOTES.findall(self.text):
            if self._titled(quoted) is None:
                self.unknown = quoted[1:-1][:80]
                return
        at = re.search(rf"(?:\b(?:The|An?) )?{re.escape(words)}", self.text) if len(words) > 1 else None
        if at is None or len(known) * 2 >= len(tokens(words)):
            return
        if any(word[0].isupper() for word in words.split()) or _BY_NAME_ZH.search(self.text):
            self.unknown = at.group()[:80]

    def _wish(
        self, n: int, what: str, text: str, english: str, chinese: str, constraints: Constraints | None = None,
        words: str = "", seeds: tuple[str, ...] = (), leanings: tuple[str, ...] = (),
    ) -> Wish:  # fmt: skip
        return Wish(
            id=f"w{self.turn}.{n + 1}", what=what, text=text[:300], english=english[:200], chinese=chinese[:200],
            constraints=constraints or Constraints(), words=words, seeds=seeds, leanings=leanings, turn=self.turn,
        )  # fmt: skip

    def _intent(self, acts: Sequence[Act], new: Sequence[Wish], gone: Sequence[Wish]) -> str:
        sorts = {wish.what for wish in new if wish.what != "known"}
        for what in ("reset", "more"):
            if any(act.what == what for act in acts):
                return what
        first = next((act for act in acts if act.what not in ("greet", "thanks")), None)
        if first is not None:
            return first.what
        if sorts:
            if any(w.what == "seed" and w.seeds for w in new):
                return "like"
            if self.shown is not None and (gone or self.dialogue.wishes):
                return "critique"
            return "search" if "words" in sorts else "recommend"
        if acts:
            return acts[0].what
        bare = _NOISE.sub("", self._rest(_plain(self.text)))
        return "recommend" if not re.search(r"\w", bare) else "unclear"


def _plain(text: str) -> str:
    """In lower case and simplified characters, each in its place."""
    return simplified("".join(low if len(low := c.lower()) == 1 else c for c in text.replace("’", "'")))


def _same(named: str, said: Iterable[str]) -> bool:
    plain = named.lower().strip()
    return any(plain == one.lower().strip() or (len(plain) > 3 and plain in one.lower()) for one in said)


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
