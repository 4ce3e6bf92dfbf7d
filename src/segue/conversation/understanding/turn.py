"""Understand a turn: `understand` makes a `Meaning` of a message, in the light of the conversation before it.

message ─► acts (`acts`) and what they are about (`about`) ─► the rest, read flat (`flat`), or as two sides, or with
    an exception ─► beside what held before (`holding`)
"""

# ruff: noqa: E501 - a pattern is one line

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from ...conditions import AnyOf
from ...pipeline.asking.programs import program
from ...pipeline.asking.sentence import readable
from ...pipeline.asking.titles import Names, simple
from ...pipeline.filters.conditions import popularity
from ...pipeline.stages import World
from ...profiles import mood_words
from ...queries import Constraints
from ..dialogue import Dialogue, Wish
from . import rules
from .about import About
from .acts import no, plain, rude, spotted, yes
from .flat import NOISE, QUOTES, Flat, wish_of
from .holding import DIMENSIONS, constraints_of, held
from .meaning import Act, Meaning
from .pointing import pointed
from .trees import condition_of

LONGEST = 2000
"""Characters of a message that are read."""
_HAN = re.compile(r"[\u3400-\u9fff]")
_I_WOULD = re.compile(
    r"\b(?:i|we)(?:'d| would| do|'ll)? (?:really |just |rather )?(?:feel )?like(?: to (?:watch|see|hear|listen to|play|have))?\b"
    r"|\b(?:feel(?:ing)?|feels) like\b|\b(?:how|what) about\b|\blet's (?:do|try|go with|go for)\b|\b(?:that )?(?:i|we) (?:haven't|have not|never) (?:seen|heard|watched|played)(?: yet| before)?\b|\bi'd\b|\b(?:that|it|what|there|they)'(?:s|re)\b",
    re.IGNORECASE,
)
"""What is no comparison, though it says "like"."""
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


def understand(world: World, dialogue: Dialogue, message: str, year: int | None = None) -> Meaning:
    """Read a message.

    Args:
        year: what "this year" means; None: that of the clock.
    """
    text = readable(message[: 4 * LONGEST])[:LONGEST]
    cut = len(message) > LONGEST
    chinese = mostly_chinese(text, dialogue.language == "zh")
    if not re.search(r"\w", text) and not mood_words.read(mood_words.readable(text)):
        return Meaning(text, chinese, "empty", wishes=dialogue.wishes, lists=False, cut=cut)
    return replace(_Turn(world, dialogue, text, chinese, year or datetime.now(UTC).year).meaning(), cut=cut)


def ready(world: World) -> None:
    """Build what every reading derives from a world, before the first turn waits for it."""
    for message in ("a comedy under 100 minutes", "I love The Matrix but not that one"):
        understand(world, Dialogue(id="-"), message)
    popularity(world)


def mostly_chinese(text: str, otherwise: bool) -> bool:
    """Whether a text is mostly Chinese; titles in quotation marks do not count."""
    bare = QUOTES.sub(" ", text)
    bare = bare if re.search(r"\w", bare) else text
    han, words = len(_HAN.findall(bare)), len(re.findall(r"[A-Za-zÀ-ɏ]{2,}", bare))
    if not han and not words:
        return otherwise
    return han > 1.5 * words


class _Turn:
    """One message on its way through the reading."""

    def __init__(self, world: World, dialogue: Dialogue, text: str, chinese: bool, year: int) -> None:
        self.world, self.dialogue, self.text, self.chinese, self.year = world, dialogue, text, chinese, year
        self.names, self.shown, self.plain = Names.in_world(world), dialogue.shown, plain(text)
        self.turn = 1 + sum(one.role == "person" for one in dialogue.turns)
        self.about = About(world, dialogue, text, self.names, rules.cached(self.names, world.derived))
        self.flat = Flat(self.about, self.turn, year)

    def meaning(self) -> Meaning:
        insults, plain = rude(self.plain)
        if yes(plain) or no(plain):
            act = Act("yes" if yes(plain) else "no")
            return Meaning(self.text, self.chinese, act.what, (act,), self.dialogue.wishes, lists=False)
        found = list(self.about.acts(spotted(plain, self.shown is not None, self.about.is_here)))
        left = plain
        for one, _ in found:
            begin, end = one.kept
            for a, b in ((one.begin, begin), (end, one.end)) if end else ((one.begin, one.end),):
                left = left[:a] + (" ; " + " " * (b - a - 3) if b - a > 3 else " " * (b - a)) + left[b:]
        acts = [act for _, act in found]
        self.flat.here = next((act.numbers[-1] for act in reversed(acts) if act.numbers and act.what == "like"), None)
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
            new=tuple(w.id for w in new), gone=gone, lists=lists, fresh=fresh, unknown=self.flat.unknown if lists else "",
        )  # fmt: skip

    def _known(self, acts: Iterable[Act]) -> list[Wish]:
        """What was seen, or is not liked, does not come again in this conversation."""
        found: list[Wish] = []
        for act in acts:
            if act.what in ("seen", "dislike", "drop"):
                for item_id in act.ids:
                    item = self.world.catalogue.item(self.world.catalogue.row(item_id))
                    told = f"without “{item.name}”", f"不含《{item.name}》"
                    found.append(
                        wish_of(self.turn, len(found) + 90, "known", item.name, *told, Constraints(exclude=(item_id,)))
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
                    found.append(wish_of(self.turn, len(found) + 70, "seed", item.name, *told, seeds=(item_id,)))
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

    def _rest(self, typed: str) -> str:
        """What is left of the turn for wishes; nothing where only signs are."""
        text = _I_WOULD.sub(lambda found: " " * len(found.group()), typed)
        text = re.sub(r"(?:\s*;\s*)+", " ; ", text).strip(" ;,，.。!！?？")
        return text if re.search(r"\w", text) or mood_words.read(mood_words.readable(text)) else ""

    def _wishes(self, text: str, before: Sequence[Wish], acted: bool) -> list[Wish]:
        """The wishes of a text, numbered on."""
        comparing = self.shown is not None and bool(re.match(r"(?:but|and|no|also)\b|但|也|再|更|要", text.lower()))
        if self.names.is_title(text) and not acted and not comparing and not self._says_more(text, before):
            return [wish_of(self.turn, 0, "words", text, f"“{text}”", f"“{text}”", words=text)]
        tree = self._either(text, before) or self._unless(text, before)
        if tree:
            return tree
        return self.flat.wishes(text, before)

    def _says_more(self, text: str, before: Sequence[Wish]) -> bool:
        """Whether a text that is nearly a title is all understood as a wish, and not typed like the title."""
        bare = simple(plain(text))
        exact = bare in self.names.titles and bare.count(" ") >= 1
        return (
            not exact
            and any(wish.what != "words" for wish in self.flat.wishes(text, before))
            and not any(wish.what == "words" for wish in self.flat.wishes(text, before))
        )

    def _either(self, text: str, before: Sequence[Wish]) -> list[Wish] | None:
        """Either this and that or such and such: one wish of two sides, where each side says several things."""
        match = _EITHER.match(text)
        if match is None or _UNLESS.match(text):
            return None
        sides = [self.flat.wishes(match.group(name), before) for name in "ab"]
        if any(
            len({w.what for w in side}) < 2 or any(w.what in ("words", "seed", "mood") for w in side) for side in sides
        ):
            return None
        where = AnyOf(of=tuple(condition_of(constraints_of(side)) for side in sides))
        english = " or ".join(" ".join(w.english for w in side) for side in sides)
        chinese = "，或".join("、".join(w.chinese for w in side) for side in sides)
        return [wish_of(self.turn, 0, "either", text, english, chinese, Constraints(where=where))]

    def _unless(self, text: str, before: Sequence[Wish]) -> list[Wish] | None:
        """… unless …: the last wish before it need not hold where what follows does."""
        match = _UNLESS.match(text)
        if match is None:
            return None
        wishes, way_out = self.flat.wishes(match.group("a"), before), self.flat.wishes(match.group("b"), before)
        hard = [w for w in wishes if w.constraints != Constraints()]
        way_out = [w for w in way_out if w.constraints != Constraints()]
        if not hard or not way_out:
            return None
        last = max(hard, key=lambda w: match.group("a").rfind(w.text))
        where = AnyOf(of=(condition_of(last.constraints), condition_of(constraints_of(way_out))))
        english = f"{last.english}, unless {', '.join(w.english for w in way_out)}"
        chinese = f"{last.chinese}，除非{'、'.join(w.chinese for w in way_out)}"
        told = wish_of(self.turn, 50, "either", text, english, chinese, Constraints(where=where))
        return [told if w is last else w for w in wishes]

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
        bare = NOISE.sub("", self._rest(self.plain))
        return "recommend" if not re.search(r"\w", bare) else "unclear"


def _same(named: str, said: Iterable[str]) -> bool:
    plain = named.lower().strip()
    return any(plain == one.lower().strip() or (len(plain) > 3 and plain in one.lower()) for one in said)
