"""Why this, or why not that: what became of one item in a real request, in words and in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ..answers import Evidence, Reason
from ..conversation.wording import template
from ..phrases import is_chinese, title
from ..pipeline.accounts import Account
from ..pipeline.answer import Examined
from ..pipeline.reasons import Claim
from ..pipeline.wording import channel, listed

Level = Literal["line", "paragraph", "full"]
"""A line for a card; a paragraph; the full account with numbers."""
LEVELS: tuple[Level, ...] = ("line", "paragraph", "full")
MOST_CLAIMS = 3
"""Claims of a paragraph."""
MOST_LACKS = 2
"""Things that a paragraph says an item lacks."""

_TEXT = {
    "en": {
        "shown": "{title} is number {rank} of the list.",
        "removed": "{title} is not shown because {why}.",
        "and": ", and ",
        "below": "{title} is number {rank} of {of} candidates; the list ends at {k}.",
        "spread": "{title} is number {rank} of {of} candidates, but the list holds others instead, so that it stays "
        "varied.",
        "most": "What counts most is {channel}.",
        "lacks": "Beside {last}, the last one shown, it has less of this: {lacks}.",
        "change": "{change}",
    },
    "zh": {
        "shown": "{title}排在列表第 {rank} 位。",
        "removed": "没有展示{title}：{why}。",
        "and": "，并且",
        "below": "{title}在 {of} 个候选中排第 {rank} 位，列表只到第 {k} 位。",
        "spread": "{title}在 {of} 个候选中排第 {rank} 位，但为了保持多样，列表选择了其他内容。",
        "most": "其中最重要的是{channel}。",
        "lacks": "与列表最后一项{last}相比，它不足的是：{lacks}。",
        "change": "{change}",
    },
}


@dataclass(frozen=True)
class Explanation:
    """What became of an item in a request for a person."""

    user_id: str
    item_id: str
    shown: bool
    rank: int | None
    """From 1; None where a filter removed it."""
    removed_by: tuple[str, ...]
    scores: dict[str, float]
    reason: Reason | None
    text: str
    """One line."""
    of: int = 0
    """How many candidates were ranked."""
    recipe: str = "home"
    level: Level = "line"
    paragraph: str | None = None
    """From the level ``paragraph`` on."""
    cites: tuple[Evidence, ...] = ()
    """What the paragraph rests on."""
    by: Literal["code", "language_model"] = "code"
    """Who worded the paragraph."""
    begin: str = ""
    """What became of the item, in a sentence."""
    claims: tuple[Claim, ...] = ()
    """What the paragraph tells, the one with the most influence first."""
    account: Account | None = None
    """At the level ``full``."""
    accounts: dict[str, Account] = field(default_factory=dict)
    """For a group: of each person."""
    found: Examined | None = None
    request_id: str | None = None
    """Of the answer that was asked about; the explanation is of a request made now."""
    then: dict[str, Any] | None = None
    """What is stored of that answer's showing of the item: ``at`` and ``rank``; None: nothing."""
    degraded: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The stable shape that the command line and the HTTP API print."""
        found = self.found
        full = self.level == "full" and found is not None
        return {
            "user_id": self.user_id,
            "item": self.item_id,
            "recipe": self.recipe,
            "level": self.level,
            "made": "now",
            "request_id": self.request_id,
            "then": self.then,
            "shown": self.shown,
            "rank": self.rank,
            "of": self.of,
            "removed_by": list(self.removed_by),
            "obstacles": [one.as_json() for one in found.obstacles] if found else [],
            "lacks": [one.as_json() for one in found.lacks] if found else [],
            "scores": {name: round(score, 6) for name, score in self.scores.items()},
            "reason": None if self.reason is None else self.reason.as_json(),
            "text": self.text,
            "paragraph": self.paragraph,
            "cites": [one.as_json() for one in self.cites],
            "by": self.by,
            "account": self._account(found) if full and found is not None else None,
            "degraded": list(self.degraded),
        }

    def _account(self, found: Examined) -> dict[str, Any]:
        whole = self.account.as_json() if self.account is not None else {}
        group = {"each": {user: one.as_json() for user, one in self.accounts.items()}} if self.accounts else {}
        filters = {"passed": list(found.passed), "removed": list(found.removed_by)}
        return {**whole, **group, "filters": filters}


def explanation(user_id: str, item: Examined, k: int, language: str, level: Level = "line") -> Explanation:
    """Put what was examined into words."""
    chinese = is_chinese(language)
    text, name = _TEXT["zh" if chinese else "en"], title(item.pick.item.name, chinese)
    rank = None if item.rank is None else item.rank + 1
    if item.removed_by:
        form = "removed"
    elif item.shown:
        form = "shown"
    else:
        form = "spread" if rank is not None and rank <= k else "below"
    why = text["and"].join(dict.fromkeys(one.text for one in item.obstacles))
    begin = text[form].format(title=name, rank=rank, of=item.of, k=k, why=why)
    reason = item.pick.reason
    claims = _claims(item)
    told = Explanation(
        user_id=user_id,
        item_id=item.pick.item.id,
        shown=item.shown,
        rank=rank,
        of=item.of,
        removed_by=item.removed_by,
        scores={"final": item.pick.score, **item.pick.scores} if rank is not None else {},
        reason=reason,
        text=_joined([begin, reason.text if reason else ""], chinese),
        level=level,
        begin=begin,
        claims=claims if level != "line" else (),
        account=item.account,
        accounts=dict(item.accounts),
        found=item,
        degraded=item.degraded,
    )
    if level == "line":
        return told
    evidence = tuple(dict.fromkeys(one for claim in claims for one in claim.evidence))
    return replace(told, paragraph=paragraph_of(told, template(claims, chinese), chinese), cites=evidence)


def paragraph_of(told: Explanation, why: Sequence[str], chinese: bool) -> str:
    """The paragraph around the sentences that tell the claims."""
    found = told.found
    more = (*_most(told.claims, chinese), *(_why_not(found, chinese) if found is not None else ()))
    return _joined([told.begin, *why, *more], chinese)


def _claims(item: Examined) -> tuple[Claim, ...]:
    if item.removed_by:
        return ()
    if item.account is not None and not item.accounts:
        return item.account.claims[:MOST_CLAIMS]
    reason = item.pick.reason
    return (Claim(reason.text, reason.evidence),) if reason is not None else ()


def _most(claims: tuple[Claim, ...], chinese: bool) -> list[str]:
    """What most of it is, where there is a choice."""
    measured = [claim for claim in claims if claim.influence is not None]
    if len(measured) < 2:
        return []
    strongest = max(measured, key=lambda claim: claim.influence or 0.0)
    form = _TEXT["zh" if chinese else "en"]["most"]
    return [form.format(channel=channel(strongest.channel, chinese))]


def _why_not(item: Examined, chinese: bool) -> list[str]:
    text = _TEXT["zh" if chinese else "en"]
    found = [
        text["change"].format(change=change) for change in dict.fromkeys(o.change for o in item.obstacles) if change
    ]
    if item.lacks and item.last is not None:
        lacking = listed([channel(one.channel, chinese) for one in item.lacks[:MOST_LACKS]], chinese)
        found.append(text["lacks"].format(last=title(item.last.item.name, chinese), lacks=lacking))
    return found


def _joined(sentences: list[str], chinese: bool) -> str:
    return ("" if chinese else " ").join(one for one in sentences if one)
