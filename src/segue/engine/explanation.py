"""Why this, or why not that: what became of one item in a real request, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..answers import Reason
from ..phrases import is_chinese
from ..pipeline.answer import Examined

_FILTERS = {
    "gone": ("it is no longer in the catalogue", "它已不在内容库中"),
    "availability": ("it is not available at this time", "它目前不在可播放的时间内"),
    "maturity": ("its age rating or explicit mark does not allow it", "年龄分级或敏感内容标记不允许"),
    "hidden": ("you asked not to see it", "你要求不再看到它"),
    "adverts": ("adverts are never recommended unless they are asked for", "除非主动要求，否则从不推荐广告"),
    "constraints": ("it does not meet what was asked for", "它不符合所提的条件"),
    "seen": ("you have already met it", "你已经接触过它"),
    "refused": ("one of you does not like it", "你们当中有人不喜欢它"),
    "seeds": ("it is what the list starts from", "它正是列表的出发点"),
}

_TEXT = {
    "en": {
        "shown": "“{title}” is number {rank} of the list. {reason}",
        "removed": "“{title}” is not shown because {why}.",
        "and": ", and ",
        "filter": "the filter “{name}” takes it out",
        "below": "“{title}” is number {rank} of {of} candidates; the list ends at {k}. {reason}",
        "spread": "“{title}” is number {rank} of {of} candidates, but the list holds others instead, so that it stays "
        "varied. {reason}",
    },
    "zh": {
        "shown": "《{title}》排在列表第 {rank} 位。{reason}",
        "removed": "没有展示《{title}》：{why}。",
        "and": "，并且",
        "filter": "过滤器“{name}”将其移除",
        "below": "《{title}》在 {of} 个候选中排第 {rank} 位，列表只到第 {k} 位。{reason}",
        "spread": "《{title}》在 {of} 个候选中排第 {rank} 位，但为了保持多样，列表选择了其他内容。{reason}",
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

    def as_json(self) -> dict[str, Any]:
        """The stable shape that the command line and the HTTP API print."""
        return {
            "user": self.user_id,
            "item": self.item_id,
            "shown": self.shown,
            "rank": self.rank,
            "removed_by": list(self.removed_by),
            "scores": {name: round(score, 6) for name, score in self.scores.items()},
            "reason": None if self.reason is None else self.reason.as_json(),
            "text": self.text,
        }


def explanation(user_id: str, item: Examined, k: int, language: str) -> Explanation:
    """Put what was examined into words."""
    chinese = is_chinese(language)
    text = _TEXT["zh" if chinese else "en"]
    rank = None if item.rank is None else item.rank + 1
    if item.removed_by:
        form = "removed"
    elif item.shown:
        form = "shown"
    else:
        form = "spread" if rank is not None and rank <= k else "below"
    why = text["and"].join(
        _FILTERS[name][chinese] if name in _FILTERS else text["filter"].format(name=name) for name in item.removed_by
    )
    reason = item.pick.reason
    return Explanation(
        user_id=user_id,
        item_id=item.pick.item.id,
        shown=item.shown,
        rank=rank,
        removed_by=item.removed_by,
        scores={"final": item.pick.score, **item.pick.scores} if rank is not None else {},
        reason=reason,
        text=text[form]
        .format(title=item.pick.item.name, rank=rank, of=item.of, k=k, why=why, reason=reason.text if reason else "")
        .strip(),
    )
