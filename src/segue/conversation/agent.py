"""An answer by a language model that plans, calls tools and words what they found; code stands by and stands in.

    grammar ─► wishes, and what the person asks to be written, which is done ─► the model: tools, words ─► checked
        ─► sentences that hold · the lists of the tools · what the model would write, as a proposal

The model names no item: lists lie at the desk, and it speaks of their numbers. What it says is checked sentence by
sentence (`segue.conversation.spoken`). It writes nothing: what is written is what the grammar reads in the person's own
words. Where it is not there, too slow, babbles or says nothing that holds, code answers, and says so.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any, Literal
from uuid import uuid4

from ..answers import Evidence, Pick, Reason
from ..conditions import Is, nodes
from ..errors import NeedsGrant, NeverGranted, SegueError, ServiceError
from ..llm import talk as llm
from ..llm.client import LanguageModel
from ..llm.prompts import prompt
from ..llm.text import visible
from ..pipeline.asking.titles import Names
from ..pipeline.sources.words import tokens
from ..queries import Constraints, Query
from .code import Code
from .condition_words import said_of
from .desk import Desk
from .dialogue import MOST_WISHES, Done, Listed, Piece, Proposed, Understood, Wish, Words, Wrote
from .relaxing import meeting
from .spoken import Known, Spoken
from .tools import TOOLS, Tool, named, use
from .tools.filter import Filter
from .tools.tool import Which
from .writing import Offer, Write, attempted, for_later

log = logging.getLogger(__name__)

PROMPT = "chat"
LOST = "chat:language_model"
"""In ``degraded``: code answered in its place, or what it said could not be used."""
RESERVE_S = 0.5
"""Of the seconds that a turn may take, what is left to code, so that its answer comes within them, too."""
REMEMBERED = 12
"""Turns that the model is told."""
EXACT = frozenset(["play", "why", "why_not", "memory", "forget", "quiet", "others_data", "prompts"])
"""Intents that code answers by itself, exactly and at once: a model could only add words."""
_UNSAID = ("list", "handle", "understood", "items", "description")
"""Parts of what a tool answers that state nothing of an item, or whatever somebody has written."""
TOOLS_OF_MODEL = tuple(llm.Tool(tool.name, tool.about, tool.takes) for tool in TOOLS)


Model = Callable[[], LanguageModel]


def talk(desk: Desk, message: str, model: Model, code: Code, without: Sequence[str] = ()) -> Iterator[Piece]:
    """Answer a turn; ends with `Done`. What the model cannot do in ``[chat] within_s``, code does.

    Args:
        model: gives it on first use.
        code: reads the turn, and answers in the model's place.
        without: ids of wishes that are taken back.
    """
    before = desk.dialogue
    understood, writes = code.understand(desk, message, without)
    yield understood
    if understood.intent in EXACT:
        desk.dialogue = before
        yield from (piece for piece in code.reply(desk, message, without) if not isinstance(piece, Understood))
        return
    answering = _Answering(desk, message, model, code, understood)
    yield from answering.write(writes)
    try:
        yield from answering.pieces()
    except SegueError as error:
        log.warning("a language model could not answer: %s", error)
        answering.lost = True
    if answering.said or answering.shown:
        yield from answering.end()
    elif answering.wrote:
        yield from answering.end(" ".join(wrote.what for wrote in answering.wrote))
    else:
        desk.dialogue = before
        desk.listed.clear()
        for piece in code.reply(desk, message, without):
            if isinstance(piece, Done):
                yield Done(piece.dialogue, "code", (*piece.degraded, LOST))
            elif not isinstance(piece, Understood) or answering.promised:
                yield piece  # a chip that the model has made is taken back, and the person sees that


class _Answering:
    """One turn of the model."""

    def __init__(self, desk: Desk, message: str, model: Model, code: Code, understood: Understood) -> None:
        self._desk = desk
        self.settings = desk.engine.settings.chat
        self._message = message
        self._model = model
        self._code = code
        self._understood = understood
        self._until = time.monotonic() + _less(self.settings.within_s)
        self._lists_before = desk.dialogue.lists
        self._known = Known(Names.in_world(desk.engine.world()))
        self._spoken = Spoken(self._known, desk.chinese)
        self._calls = 0
        self._said_before = 0
        """How many sentences had been said when the newest list was made."""
        self.said: list[str] = []
        self.shown: list[Listed] = []
        self.wrote: list[Wrote] = []
        self.lost = False
        self.not_done: list[str] = []
        """What the person has asked for and does not get, each in a sentence of code's."""
        self._offers: list[Offer] = []
        """What was not granted, and what the model would have written, for the person to decide."""
        self.promised = False
        """Whether it has made a chip."""

    def write(self, writes: Sequence[Write]) -> Iterator[Piece]:
        """Do what the person has asked for in their own words."""
        for write in writes:
            did = attempted(self._desk, write)
            if isinstance(did, Wrote):
                self.wrote.append(did)
                yield did
            elif isinstance(did, Offer):
                self._offers.append(did)
            else:
                self.not_done.append(did)

    def pieces(self) -> Iterator[Piece]:
        """What the model says, and what the tools show. Raises SegueError."""
        self._remember()
        turns = self._turns()
        for _ in range(self.settings.rounds):
            made: list[llm.Call | llm.Fault] = []
            text = ""
            with closing(self._asked(turns)) as heard:
                for one in heard:
                    self._desk.go_on()
                    if isinstance(one, llm.Delta):
                        text += one.text
                        yield from self._say(self._spoken.feed(one.text))
                    elif isinstance(one, llm.Call | llm.Fault):
                        made.append(one)
            yield from self._say(self._spoken.rest())
            if not made:
                break
            turns.append(llm.Model(text, made))
            for call in made:
                result, more = self._used(call)
                turns.append(llm.Result(call, result))
                yield from more
        else:
            self.lost = True  # it has called tools to the last and said nothing in the end
        if not self._is_shown():
            yield from self._show()
        self.lost = self.lost or not self.said

    def end(self, words: str | None = None) -> Iterator[Piece]:
        """The words that are missing, and the end."""
        by: Literal["code", "language_model"] = "language_model" if self.said or self.shown else "code"
        if not self.said:
            found = self._desk.listed[-1] if self._desk.listed else None
            words = words or _found(found is not None and len(found.picks) > 0, self._desk.chinese)
            self.said.append(words)
            yield Words(words)
        for sentence in self.not_done:
            self.said.append(sentence if self._desk.chinese else f" {sentence}")
            yield Words(self.said[-1])
        shown = {one.id for one in self.shown}
        kept = {one.id for one in self._lists_before}
        lists = tuple(one for one in self._desk.dialogue.lists if one.id in shown | kept)
        self._desk.dialogue = self._desk.dialogue.model_copy(update={"lists": lists})
        lost = (LOST,) if self.lost else ()
        degraded = tuple(dict.fromkeys((*(d for one in self.shown for d in one.degraded), *lost)))
        newest = self.shown[-1].id if self.shown else None
        for one in self._offers:
            offer = one.proposed_at(self._desk)
            if offer is not None:
                yield offer
        dialogue = self._desk.told(self._message, "".join(self.said).strip(), by, newest, degraded)
        yield Done(dialogue, by, degraded)

    def _asked(self, turns: Sequence[llm.Turn]) -> Generator[llm.Heard, None, None]:
        left = self._until - time.monotonic()
        if left <= 0:
            raise ServiceError(f"A language model had not answered after {self.settings.within_s:g} s.")
        tools = TOOLS_OF_MODEL if self._calls < self.settings.calls else ()
        return self._model().talk(
            prompt(PROMPT),
            turns,
            tools,
            person=self._desk.user_id,
            within_s=left,
            first_s=min(_less(self.settings.first_s), left),
        )

    def _remember(self) -> None:
        """What may be said, since it has been said before."""
        desk = self._desk
        for turn in desk.dialogue.turns:
            if turn.role == "person":
                self._known.add_own(turn.text)
        self._known.add_own(self._message)
        self._known.add([[wish.text, wish.english, wish.chinese] for wish in desk.dialogue.wishes])
        self._known.add([wrote.what for wrote in self.wrote])
        self._known.add(self.not_done)
        items = desk.showable({item_id for shown in desk.dialogue.lists for item_id in shown.items})
        self._known.add_titles(item.name for item in items.values())
        self._known.count = len(desk.dialogue.shown.items) if desk.dialogue.shown else 0

    def _turns(self) -> list[llm.Turn]:
        dialogue = self._desk.dialogue
        turns: list[llm.Turn] = [
            llm.Person(turn.text) if turn.role == "person" else llm.Model(turn.text)
            for turn in dialogue.turns[-REMEMBERED:]
        ]
        items = self._desk.showable(dialogue.shown.items) if dialogue.shown else {}
        shown = dialogue.shown.items if dialogue.shown else ()
        data: dict[str, Any] = {
            "language": "Chinese" if self._desk.chinese else "English",
            "wishes": [wish.said(self._desk.chinese) for wish in dialogue.wishes],
            "newest_list": [
                {"n": n, "title": items[item_id].name} for n, item_id in enumerate(shown, 1) if item_id in items
            ],
            "done": [wrote.what for wrote in self.wrote],
            "not_done": self.not_done,
        }
        return [*turns, llm.Person(self._message, data)]

    def _say(self, sentences: Iterator[str]) -> Iterator[Piece]:
        for sentence in sentences:
            if "[" in sentence and not self._is_shown():
                yield from self._show()
            spaced = sentence if self._desk.chinese or not self.said else f" {sentence}"
            self.said.append(spaced)
            yield Words(spaced)

    def _is_shown(self) -> bool:
        """Whether the person sees the list that numbers refer to."""
        return not self._desk.listed or any(one.id == self._desk.listed[-1].id for one in self.shown)

    def _show(self) -> Iterator[Piece]:
        newest = self._desk.listed[-1]
        if newest.picks:
            picks = tuple(self._without_own_words(pick) for pick in newest.picks)
            newest = replace(newest, picks=picks, query=self._told_query(newest.query))
            self._desk.retell(newest)
            self.shown.append(newest)
            yield newest

    def _used(self, call: llm.Call | llm.Fault) -> tuple[Any, list[Piece]]:
        """What a tool answers the model, and what the person gets to see of it."""
        self._calls += 1
        if self._calls > self.settings.calls:
            return {"error": "No more tools may be called in this turn. Answer now."}, []
        if isinstance(call, llm.Fault):
            return call.as_json(), []
        tool = named(call.tool)
        if tool.writes is not None:
            return self._proposed(tool, call.arguments)
        more: list[Piece] = []
        if isinstance(call.arguments, Which) and not self._is_shown():
            more += self._show()  # what comes of it names the item: the person has to see it first
        if isinstance(call.arguments, Filter) and (strange := self._strange(call.arguments)):
            return {"error": f"Nothing here is called {strange!r}, and the person has not said it. Leave it out."}, more
        if not self._is_shown() and len(self.said) > self._said_before:
            more += self._show()  # what was said since the list was made may be of it
        unseen = not self._is_shown()
        try:
            told = use(self._desk, tool, call.arguments)  # type: ignore[arg-type]  # of the tool's own model
        except ServiceError:
            raise
        except SegueError as error:
            return {"error": str(error)}, more
        if isinstance(call.arguments, Filter):
            more.append(self._wish(call.arguments))
        if "items" in told:
            if unseen:
                self._known.back()  # the list before it is never shown, so that nothing of it may be said
            self._known.mark()
            self._said_before = len(self.said)
        # What it looked for comes back as what was understood and in reasons; that is no reason to say it.
        facts = {name: part for name, part in told.items() if name not in _UNSAID}
        self._known.add(facts)
        words = getattr(call.arguments, "words", None)
        own = isinstance(words, str) and not self._known.has_own(words)
        for one in told.get("items", ()):
            self._known.add({name: part for name, part in one.items() if not (own and name == "reason")})
        if "items" in told:
            self._known.add_titles(one["title"] for one in told["items"])
            self._known.count = len(told["items"])
        return told, more

    def _told_query(self, query: Query | None) -> Query | None:
        """A query as it is told and kept: none where it holds words of the model's own, which may be a title that there
        is not, and would be quoted when the list is explained."""
        said = () if query is None else (query.words, *query.also)
        return query if all(self._known.has_own(words) for words in said if words) else None

    def _without_own_words(self, pick: Pick) -> Pick:
        """A pick whose reason does not quote what the model alone has said: that may be a title that there is not."""
        pick = replace(pick, query=self._told_query(pick.query))
        if pick.reason is None or not any(self._is_own(one, pick) for one in pick.reason.evidence):
            return pick
        chinese = self._desk.chinese
        said = "因为它与查找的内容意思相近" if chinese else "Because it is close to what was looked for"
        name = "查找的内容" if chinese else "what was looked for"
        # It points to the words of a search that only the model has made: to nothing that there is.
        kept = tuple(
            replace(one, ref="", name=name) if self._is_own(one, pick) else one for one in pick.reason.evidence
        )
        return replace(pick, reason=Reason(said, kept))

    def _is_own(self, evidence: Evidence, pick: Pick) -> bool:
        if evidence.kind not in ("meaning", "words") or self._known.has_own(evidence.ref):
            return False
        item = pick.item
        stated = (item.name, item.description or "", item.lyrics_or_transcript or "", *item.genres, *item.tags)
        people = (credit.name for credit in item.creators)
        return evidence.ref.casefold() not in " ".join((*stated, *people)).casefold()

    def _proposed(self, tool: Tool, args: Any) -> tuple[Any, list[Piece]]:
        for wrote in self.wrote:
            if wrote.writing == tool.writes:
                return {"done": wrote.what}, []
        assert tool.writes is not None
        try:
            self._desk.person()
            self._desk.allow(tool.writes)
        except NeedsGrant as error:
            if isinstance(error, NeverGranted):
                return {"error": str(error)}, []
        except SegueError as error:
            return {"error": str(error)}, []
        lasting = for_later(self._desk, args)
        offer = Offer(tool, lasting)
        asked = offer.proposed_at(self._desk)
        if asked is None or not self._is_understood(asked):
            return {"error": "The person has to do that on their own page; it cannot be done here."}, []
        if not self._own_words(args):
            return {"error": "Only what the person has said in their own words can be kept. Ask them."}, []
        # Told behind the last list, since what the person sends to agree names a number of that one.
        self._offers.append(offer)
        return {"proposed": asked.what, "note": "The person is asked. Nothing has been changed."}, []

    def _own_words(self, args: Any) -> bool:
        """Whether free text of a proposal is the person's: what is shown to agree to is never a model's."""
        said = {token for one in self._desk.dialogue.turns if one.role == "person" for token in tokens(one.text)}
        said |= set(tokens(self._message))
        given = [getattr(args, name, None) or "" for name in ("text", "words", "name")]
        return all(token in said for text in given for token in tokens(text))

    def _is_understood(self, offer: Proposed) -> bool:
        """Whether the person's sending it would do what it says."""
        desk = self._desk
        before, language = desk.dialogue, desk.language
        try:
            _, writes = self._code.understand(desk, offer.say, ())
        finally:
            desk.dialogue, desk.language = before, language
        return [write.tool.writes for write in writes] == [offer.writing]

    def _strange(self, args: Filter) -> str | None:
        """A name in the conditions that nothing here has and the person has not said: no chip may tell of it."""
        world = self._desk.engine.world()
        for _, one in nodes(args.where):
            if not isinstance(one, Is) or self._known.has_own(one.value):
                continue
            if one.field in ("word", "id") or not meeting(world, Constraints(where=one)).any():
                return visible(one.value, 80)
        return None

    def _wish(self, args: Filter) -> Understood:
        """The conditions of a filter as a chip: they hold until they are taken back."""
        self.promised = True
        dialogue = self._desk.dialogue
        english, chinese = said_of(args.where)
        wish = Wish(
            id=f"w{uuid4().hex[:8]}",
            what="condition",
            text=self._message[:200],
            english=english,
            chinese=chinese,
            constraints=Constraints(where=args.where),
            turn=len(dialogue.turns),
        )
        wishes = (*dialogue.wishes, wish)[-MOST_WISHES:]
        self._desk.dialogue = dialogue.model_copy(update={"wishes": wishes})
        self._understood = Understood(wishes, (*self._understood.new, wish.id), self._understood.intent)
        return self._understood


def _less(seconds: float) -> float:
    return max(seconds - RESERVE_S, seconds / 2)


def _found(something: bool, chinese: bool) -> str:
    if something:
        return "这是找到的内容。" if chinese else "Here is what I found."
    return "没有找到符合所有条件的内容。" if chinese else "I found nothing that meets all of that."
