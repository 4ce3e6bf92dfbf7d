"""Answer a turn by code: what was understood is told first, then what is looked for, then the list.

    Meaning ─► Understood ─► Words ─► what is written ─► recipe (home, search, similar, mood) ─► Listed ─► Words, Asked

The order is the pipeline's: its recipes rank by the person, hold every wish exactly and record why. The recommender
that was tuned on dialogues (`conversation.recommender`) is not asked: it has learnt from talk about films alone, knows
of a person no more than the talk, and leaves no evidence from which a reason could be told. Titles that are liked in
the talk become seeds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..answers import Answer, Pick
from ..arrays import Mask
from ..edits import Edit
from ..phrases import listed
from ..pipeline.stages import World
from ..queries import Constraints, Query
from . import sentences
from .asking_back import question
from .desk import Desk
from .dialogue import MOST_TURNS, Asked, Done, Listed, Piece, Played, Understood, Wish, Words
from .relaxing import Admits, conflict, meeting
from .tools.edit_profile import EditProfile
from .tools.make_playlist import MakePlaylist
from .tools.record import Record
from .tools.state_taste import StateTaste
from .understanding.meaning import Act, Meaning
from .understanding.trees import together
from .understanding.turn import understand
from .writing import OF_ANYTHING, Offer, Write, attempted, tool

_EVENTS = {"like": "like", "dislike": "dislike", "seen": "already_seen", "save": "add_to_list"}
MOST_EXCLUDED = 500
"""Items shown before that "others" leaves out."""
_FURTHER = 30
"""Places down to which is said where an item ranks."""


class Grammar:
    """`segue.conversation.code.Code` by rules."""

    def understand(self, desk: Desk, message: str, without: Sequence[str]) -> tuple[Understood, tuple[Write, ...]]:
        """Read a turn; see `Code.understand`."""
        meaning = _meant(desk, message, without)
        _settle(desk, meaning)
        return Understood(meaning.wishes, meaning.new, meaning.intent), tuple(_writes(desk, meaning))

    def reply(self, desk: Desk, message: str, without: Sequence[str]) -> Iterator[Piece]:
        """Answer a turn; ends with `Done`."""
        return _Reply(desk, message, without).pieces()


def _meant(desk: Desk, message: str, without: Sequence[str]) -> Meaning:
    """What the turn means, with the wishes that the person has taken off."""
    dialogue = desk.dialogue
    if without:
        kept = tuple(wish for wish in dialogue.wishes if wish.id not in without)
        desk.dialogue = dialogue = dialogue.model_copy(update={"wishes": kept})
        if not message.strip():
            return Meaning("", desk.chinese, "take_back", wishes=kept, lists=True)
    meaning = understand(desk.engine.world(), dialogue, message)
    return replace(meaning, chinese=desk.chinese) if desk.asked_language else meaning


def _settle(desk: Desk, meaning: Meaning) -> None:
    """Put what was understood into the dialogue."""
    changed: dict[str, object] = {"wishes": meaning.wishes, "question": None}
    if meaning.act("quiet"):
        changed["quiet"] = True
    if meaning.act("reset"):
        changed["lists"] = ()
    desk.dialogue = desk.dialogue.model_copy(update=changed)


def _writes(desk: Desk, meaning: Meaning) -> Iterator[Write]:
    """What the turn asks to be written, in the person's own words."""
    if desk.user_id is None:
        return
    shown = desk.dialogue.shown
    for act in meaning.acts:
        if act.what in _EVENTS:
            for item_id in desk.showable(act.ids):
                n = shown.items.index(item_id) + 1 if shown is not None and item_id in shown.items else None
                handle = None if n is not None else desk.handle(item_id)
                record = {"kind": _EVENTS[act.what], "n": n, "handle": handle}
                yield Write(tool("record"), Record.model_validate(record))
        elif act.what == "taste":
            yield Write(tool("state_taste"), StateTaste(text=act.text[:1000]))
        elif act.what == "playlist":
            words = act.rest or ", ".join(wish.words or wish.text for wish in meaning.wishes if wish.what != "known")
            # Nothing new is asked for: what was shown is what is to be kept.
            these = shown is not None and not meaning.new
            name = act.text[:120] or (None if words else "为我推荐" if meaning.chinese else "For me")
            words = words or OF_ANYTHING[meaning.chinese]
            yield Write(tool("make_playlist"), MakePlaylist(words=words[:500], name=name, these=these))
        elif act.what == "forget_taste":
            line = _line(desk, act.text)
            if line is not None:
                edit = Edit.model_validate({"line": line, "action": "delete"})
                yield Write(tool("edit_profile"), EditProfile(edits=(edit,)))


def _line(desk: Desk, named: str) -> str | None:
    """The line of the portrait that is named."""
    plain = named.strip(' .!?。！？“”"').lower()
    lines = desk.engine.portrait(desk.person(), desk.language, written=False)["lines"]
    for line in lines:
        names = [name.lower() for name in line["name"].values()]
        if plain in names or any(name and (name in plain) for name in names):
            return str(line["id"])
    return None


@dataclass(frozen=True)
class _Asking:
    """A request, and what is said where it had to do without a part of the wish."""

    query: Query
    lacks: str = ""


class _Reply:
    """One answer on its way."""

    def __init__(self, desk: Desk, message: str, without: Sequence[str]) -> None:
        self.desk, self.message = desk, message
        self.meaning = _meant(desk, message, without)
        self.chinese = self.meaning.chinese
        self.said: list[str] = []
        self.shown: Listed | None = None
        self.asked: Asked | None = None
        self.degraded: tuple[str, ...] = ()
        self.offers: list[Offer] = []
        """What needs the person's word again."""
        self.kept = False
        """Whether a playlist was made: that is the list of this turn."""

    def pieces(self) -> Iterator[Piece]:
        """All of it, in the order in which it is streamed."""
        desk, meaning = self.desk, self.meaning
        before = desk.dialogue
        desk.language = "zh" if self.chinese else "en"
        yield Understood(meaning.wishes, meaning.new, meaning.intent)
        if meaning.cut:
            yield self._say(sentences.cut(self.chinese))
        writes = tuple(_writes(desk, meaning))
        _settle(desk, meaning)
        yield from self._acts(writes)
        if meaning.lists and not self.kept:
            yield from self._list(before.shown is not None)
        # Behind the last list, since what agrees names a number of that one.
        for one in self.offers:
            offer = one.proposed_at(desk)
            if offer is not None:
                yield offer
                yield self._say(sentences.offered(offer.what, self.chinese))
        dialogue = desk.told(
            self.message[:2000], " ".join(self.said), "code", self.shown.id if self.shown else None, self.degraded
        )
        if self.asked is not None:
            once = f"{self.asked.id}:{self._turn}"
            asked = (*dialogue.asked, once)[-MOST_TURNS:] if ":" not in self.asked.id else dialogue.asked
            dialogue = dialogue.model_copy(update={"question": self.asked.id, "asked": asked})
        elif dialogue.question is not None:
            dialogue = dialogue.model_copy(update={"question": None})
        desk.dialogue = dialogue
        yield Done(dialogue, "code", self.degraded)

    @property
    def _turn(self) -> int:
        return 1 + sum(turn.role == "person" for turn in self.desk.dialogue.turns)

    def _say(self, text: str) -> Words:
        piece = text if not self.said or self.chinese else f" {text}"
        self.said.append(text)
        return Words(piece)

    # What is done

    def _acts(self, writes: Sequence[Write]) -> Iterator[Piece]:
        for write in writes:
            yield from self._write(write)
        for act in self.meaning.acts:
            yield from self._act(act, bool(writes))
        if self.meaning.intent == "empty":
            yield self._say(sentences.empty(self.chinese))
        elif self.meaning.intent == "unclear" and not self.meaning.lists:
            yield self._say(sentences.unclear(self.chinese))

    def _write(self, write: Write) -> Iterator[Piece]:
        did = attempted(self.desk, write)
        if isinstance(did, Offer):
            self.offers.append(did)
        elif isinstance(did, str):
            yield self._say(did)
        else:
            yield did
            yield self._say(did.what)
            if write.tool.writes == "playlist" and self.desk.listed:
                self.kept = True
                self.shown = self.desk.listed[-1]
                yield self.shown

    def _act(self, act: Act, written: bool) -> Iterator[Piece]:
        desk, chinese = self.desk, self.chinese
        why = ("why", "why_not")
        pointed = (*why, "play", "like", "dislike", "seen", "save", "about")
        beyond = [n for n in act.numbers if desk.dialogue.shown and not 1 <= n <= len(desk.dialogue.shown.items)]
        shut = act.what in pointed and act.what not in why and bool(desk.shut(act.ids))
        if act.what in pointed and beyond and desk.dialogue.shown is not None:
            yield self._say(sentences.beyond(beyond[0], len(desk.dialogue.shown.items), chinese))
        elif shut:
            yield self._say(sentences.not_now(chinese))
        elif act.what in why:
            yield from self._why(act)
        elif act.what == "play":
            yield from self._play(act)
        elif act.what == "about":
            for item_id in act.ids:
                yield self._say(sentences.about(desk.engine.item(item_id), chinese))
        elif act.what == "profile":
            yield self._say(self._portrait())
        elif act.what == "memory":
            yield self._say(sentences.remembered(desk.dialogue, self.meaning.wishes, chinese))
        elif act.what == "forget_taste" and not written:
            yield self._say(sentences.no_such_line(act.text, chinese))
        elif act.what == "reset":
            yield self._say(sentences.reset(chinese))
        elif act.what == "take_back" and not act.ids:
            yield self._say(sentences.nothing_to_take_back(chinese))
        elif act.what in _EVENTS and not act.ids:
            yield self._say(sentences.which(chinese))
        elif act.what in _EVENTS and not written:
            yield self._say(sentences.kept_here(chinese))
        elif act.what in ("taste", "playlist") and desk.user_id is None:
            yield self._say(sentences.needs_person(chinese))
        elif act.what in sentences.PLAIN:
            yield self._say(sentences.PLAIN[act.what][chinese])

    def _why(self, act: Act) -> Iterator[Piece]:
        desk, shown = self.desk, self.desk.dialogue.shown
        ids = act.ids
        if not ids and act.what == "why_not":
            yield self._say(sentences.unknown_title(act.text, self.chinese))
            return
        if not ids and shown is not None:
            ids = shown.items[:1]
        if not ids:
            yield self._say(sentences.nothing_shown(self.chinese))
            return
        if (shut := desk.shut(ids)) and not desk.hidden_by_themselves(shut):
            yield self._say(sentences.not_now(self.chinese))
            return
        for item_id in ids[:3]:
            item = desk.engine.item(item_id)
            against = self._against(item_id)
            if against and (shown is None or item_id not in shown.items):
                yield self._say(sentences.left_out(item, against, self.chinese))
                continue
            near, at = self._near(item_id)
            found = None if at is None else near[at]
            if at is not None and act.what == "why_not" and (shown is None or item_id not in shown.items):
                yield self._say(sentences.further_down(near[at], at + 1, self.chinese))
            elif found is not None and found.reason is not None:
                yield self._say(sentences.reason(found, self.chinese))
            elif desk.user_id is not None:
                yield self._say(desk.engine.explain(desk.user_id, item_id, desk.language).as_json()["text"])
            else:
                yield self._say(sentences.not_near(item, self.chinese))

    def _against(self, item_id: str) -> list[Wish]:
        """The wishes that an item does not meet."""
        world = self.desk.engine.world()
        row = world.catalogue.row(item_id)
        hard = [wish for wish in self.meaning.wishes if wish.constraints != Constraints()]
        return [wish for wish in hard if not meeting(world, wish.constraints)[row]]

    def _near(self, item_id: str) -> tuple[Sequence[Pick], int | None]:
        """The picks of the request as it is now, and the place of an item among them; where it is not among as many as
        are shown, those further down, too. Reasons are measured for each: what was shown needs no more of them."""
        query = self._query(self.meaning.wishes, Constraints()).query
        for k in (self.desk.k, max(_FURTHER, self.desk.k)):
            near = self.desk.engine.ask(query.model_copy(update={"k": k})).picks
            at = next((n for n, pick in enumerate(near) if pick.item.id == item_id), None)
            if at is not None:
                break
        return near, at

    def _play(self, act: Act) -> Iterator[Piece]:
        shown = self.desk.dialogue.shown
        if not act.ids:
            yield self._say(sentences.which(self.chinese))
            return
        item = self.desk.engine.item(act.ids[0])
        number = shown.items.index(item.id) + 1 if shown is not None and item.id in shown.items else 1
        yield self._say(sentences.playing(item, self.chinese))
        yield Played(Pick(item, 0.0, ()), number)

    def _portrait(self) -> str:
        if self.desk.user_id is None:
            return sentences.needs_person(self.chinese)
        found = self.desk.engine.portrait(self.desk.user_id, self.desk.language, written=False)
        text = str(found["text"]["zh" if self.chinese else "en"])
        return text or sentences.nothing_known(self.chinese)

    # The list

    def _list(self, again: bool) -> Iterator[Piece]:
        desk, meaning = self.desk, self.meaning
        world = desk.engine.world()
        found = any(wish.words or wish.seeds for wish in meaning.wishes)

        def admits(constraints: Constraints) -> Mask:
            return desk.admitted(world, constraints, found)

        asked = together(wish.constraints for wish in meaning.wishes)
        if asked != Constraints() and not admits(asked).any():
            yield from self._nothing(world, admits)
            return
        if meaning.unknown:
            yield self._say(sentences.unknown_title(meaning.unknown, self.chinese))
        yield self._say(sentences.looking(meaning, again, desk.user_id is not None, self.chinese))
        exclude = self._before() if meaning.fresh else ()
        answer, lacks = self._answer(meaning.wishes, Constraints(exclude=exclude))
        if not len(answer) and exclude:
            yield self._say(sentences.no_others(self.chinese))
            return
        if not len(answer):
            yield self._say(sentences.nothing_for_you(self.chinese))
            return
        self.shown = desk.show(answer)
        self.degraded = answer.degraded
        yield self.shown
        if lacks:
            none = not any({"mood", "words"} & set(pick.sources) for pick in answer.picks)
            yield self._say(sentences.lacking(lacks, none, self.chinese))
        if len(answer) < desk.k:
            yield self._say(sentences.only(len(answer), self.chinese))
        if meaning.fresh is False:
            self.asked = question(world, admits, desk.dialogue, meaning.wishes, self._turn, self.chinese)
        if self.asked is not None:
            yield self.asked
            self.said.append(self.asked.text)

    def _nothing(self, world: World, admits: Admits) -> Iterator[Piece]:
        """Say which wishes leave nothing, and offer the ways out."""
        found = conflict(world, admits, self.meaning.wishes, self.chinese)
        yield self._say(sentences.nothing([wish.said(self.chinese) for wish in found.wishes], self.chinese))
        if found.ways:
            options = tuple((way.label, way.say) for way in found.ways)
            self.asked = Asked(f"relax:{self._turn}", sentences.relax(self.chinese), options)
            yield self.asked
            self.said.append(self.asked.text)

    def _before(self) -> tuple[str, ...]:
        """What was shown in this conversation."""
        ids = [item_id for shown in reversed(self.desk.dialogue.lists) for item_id in shown.items]
        return tuple(dict.fromkeys(ids))[:MOST_EXCLUDED]

    def _answer(self, wishes: Sequence[Wish], more: Constraints) -> tuple[Answer, str]:
        """The answer; where its words, or its mood, leave nothing of what the wishes admit, that of the rest."""
        first = self._query(wishes, more)
        answer = self.desk.engine.ask(first.query)
        if len(answer) >= (1 if first.query.recipe == "home" else min(3, self.desk.k)):
            moods = [wish.said(self.chinese) for wish in wishes if wish.what == "mood"]
            # Where nothing has the mood, the recipe is home.
            without = first.query.recipe == "mood" and not any("mood" in pick.sources for pick in answer.picks)
            return answer, listed([sentences.marked(mood) for mood in moods], self.chinese) if without else ""
        lacks = ""
        if first.query.recipe != "home":
            soft = [w for w in wishes if w.what in ("words", "mood")]
            lacks = listed([sentences.marked(w.said(self.chinese)) for w in soft], self.chinese)
            rest = self._query([w for w in wishes if w.what not in ("words", "mood", "leaning")], more)
            second = self.desk.engine.ask(rest.query)
            if len(second) > len(answer):
                seen = {pick.item.id for pick in answer}
                extra = [pick for pick in second if pick.item.id not in seen]
                best = (replace(pick, query=answer.query) for pick in answer.picks)
                picks = (*best, *extra)[: self.desk.k]
                answer = replace(second, picks=picks)
        if not len(answer):
            # Home hides what the person has met: what meets the wishes is there, and known.
            browse = first.query.model_copy(
                update={"recipe": "search", "words": None, "seeds": (), "leanings": (), "moods": ()}
            )
            if browse.constraints != Constraints():
                answer = self.desk.engine.ask(browse)
        return answer, lacks

    def _query(self, wishes: Sequence[Wish], more: Constraints) -> _Asking:
        """The recipe that suits the wishes."""
        desk = self.desk
        seeds = tuple(dict.fromkeys(seed for wish in wishes for seed in wish.seeds))
        leanings = tuple(dict.fromkeys(lean for wish in wishes for lean in wish.leanings))
        words = " ".join(wish.words for wish in wishes if wish.what == "words")
        moods = [wish.words for wish in wishes if wish.what in ("mood", "not_mood")]
        constraints = together([*(wish.constraints for wish in wishes), more])
        fields: dict[str, object] = {
            "user_id": desk.user_id, "k": desk.k, "constraints": constraints, "language": desk.language,
        }  # fmt: skip
        seeds = tuple(seed for seed in seeds if desk.engine.find_items([seed]))
        if seeds and not (words or leanings or moods):
            fields |= {"recipe": "similar", "seeds": seeds}
        elif seeds or words:
            wanted = " ".join([words, *(wish.words for wish in wishes if wish.what == "mood")]).strip()
            fields |= {
                "recipe": "search",
                "words": wanted or None,
                "seeds": seeds,
                "leanings": leanings if seeds else (),
            }
            fields["by_taste"] = desk.user_id is not None
        elif moods:
            fields |= {"recipe": "mood", "words": ("，" if self.chinese else ". ").join(moods)}
        return _Asking(Query.model_validate(fields))
