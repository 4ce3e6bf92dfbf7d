"""Searches put in other words: when the language model is asked, what is remembered of it, how lists are joined."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from ..answers import Answer, Pick
from ..errors import SegueError
from ..letters import fold_letters
from ..llm.client import LanguageModel
from ..pipeline.asking.rewriting import Rewritten, catalogue_has, rewritten, unsure
from ..pipeline.asking.sentence import ReadSentence
from ..pipeline.asking.titles import Names
from ..pipeline.stages import World
from ..queries import Query
from ..settings import Settings

log = logging.getLogger(__name__)

DEGRADED = "search:language_model"
ALL = "language_model"
"""What takes back all that the model said: it is not asked then."""
KEPT = 500
"""Sentences whose other words stay in the memory of this process, without whoever typed them."""
CONSTANT = 10
"""Of reciprocal rank fusion (Cormack, Clarke & Büttcher, SIGIR 2009); small, so that the first of short lists count."""
SHARE = 0.8
"""What the list of a rewrite counts, in parts of the list of the person's own words."""

Ask = Callable[[Query], Answer]


class Rewriter:
    """Puts sentences in other words. Threads may share it.

    Args:
        asked: the language model of this process.
    """

    def __init__(self, settings: Settings, asked: Callable[[], LanguageModel]) -> None:
        self._settings = settings
        self._asked = asked
        self._kept: OrderedDict[tuple[str, str], Rewritten] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def on(self) -> bool:
        """Whether a language model may be asked at all."""
        return bool(self._settings.llm.url) and self._settings.llm.rewrite

    def of(self, typed: str, world: World, person: str | None) -> Rewritten:
        """The sentence in other words.

        Raises:
            SegueError: there is no usable answer in time.
        """
        key = (fold_letters(" ".join(typed.split())), str(catalogue_has(world)))
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        names, limit = Names.in_world(world), self._settings.llm.rewrite_s
        found = rewritten(typed, world, names, self._asked(), person, limit)
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found


def helped(
    rewriter: Rewriter,
    found: ReadSentence,
    query: Query,
    answer: Answer,
    world: World,
    ask: Ask,
    left_out: Iterable[str],
    chinese: bool,
) -> tuple[Answer, list[dict[str, str]]]:
    """(the answer joined with those to the other words, what was understood by the language model); as it is where the
    built-in search is sure, and with a note in ``degraded`` where the model gives no usable answer in time."""
    gone = set(left_out)
    if ALL in gone or not rewriter.on or not unsure(found, answer.picks, Names.in_world(world)):
        return answer, []
    try:
        said = rewriter.of(found.typed, world, query.user_id if query.personal else None).without(gone)
    except SegueError as error:
        log.warning("a search is answered without other words: %s", error)
        return replace(answer, degraded=(*answer.degraded, DEGRADED)), []
    limits, narrower = said.narrowed(query.constraints)
    said = replace(said, kinds=(), genres=(), languages=())
    if limits != query.constraints:
        narrow = query.model_copy(update={"constraints": limits})
        fewer = ask(narrow)
        if len(fewer):  # what leaves nothing was not meant
            query, answer, said = narrow, fewer, narrower
    others = [ask(query.model_copy(update={"words": words, "also": ()})) for words in said.words]
    kept = [(words, other) for words, other in zip(said.words, others, strict=True) if len(other)]
    said = replace(said, words=tuple(words for words, _ in kept))
    return joined(answer, [other for _, other in kept], query.k), said.parts(found.typed, chinese)


def joined(own: Answer, others: Sequence[Answer], k: int) -> Answer:
    """One list out of several by the ranks in each. A pick keeps the reason that it has where it stands highest; its
    score is the joined one."""
    if not others:
        return own
    total: dict[str, float] = {}
    picks: dict[str, tuple[int, Pick]] = {}
    for share, answer in [(1.0, own), *((SHARE, other) for other in others)]:
        for rank, pick in enumerate(answer.picks):
            total[pick.item.id] = total.get(pick.item.id, 0.0) + share / (CONSTANT + rank)
            if pick.item.id not in picks or rank < picks[pick.item.id][0]:
                picks[pick.item.id] = rank, pick
    order = sorted(total, key=lambda item_id: -total[item_id])[:k]
    degraded = dict.fromkeys(name for answer in (own, *others) for name in answer.degraded)
    chosen = tuple(replace(picks[item_id][1], score=total[item_id]) for item_id in order)
    return replace(own, picks=chosen, degraded=tuple(degraded))
