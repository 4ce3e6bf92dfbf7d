"""Why not that: what keeps an item out of a list, which choice of whom it is, and what would change it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from ..candidates import Candidates
from ..phrases import KINDS, cleaned, listed, topic
from ..profiles.item_moods import HINTS, MOODS
from ..queries import Constraints
from ..topics import topics_of
from ..understanding.annotators.vocabularies import vocabularies
from .filters.constraints import Constrained
from .sources.mood import unwanted
from .stages import Request
from .wording import language_name

_SAYS: dict[str, tuple[str, str]] = {
    "gone": ("it is no longer in the catalogue", "它已不在内容库中"),
    "not yet": ("it is available from {date} on", "它从 {date} 起才能播放"),
    "no more": ("it was available until {date}", "它的可播放期到 {date} 为止"),
    "age": (
        "it is for people of {age} or older, and the limit here is {limit}",
        "它适合 {age} 岁以上，而这里的上限是 {limit} 岁",
    ),
    "no age": (
        "it states no minimum age, and for people under 12 only items that state one are shown",
        "它没有注明适合的年龄，而对 12 岁以下只展示注明年龄的内容",
    ),
    "explicit": ("it is marked explicit, and that is not allowed here", "它带有敏感内容标记，而这里不允许"),
    "item": ("you asked not to see it", "你要求不再看到它"),
    "snooze": ("you asked not to see it until {date}", "你要求在 {date} 之前不看到它"),
    "topic": ("you asked not to see {topic}", "你要求不再看到{topic}"),
    "topic until": ("you asked not to see {topic} until {date}", "你要求在 {date} 之前不看到{topic}"),
    "adverts": ("adverts are never recommended unless they are asked for", "除非主动要求，否则从不推荐广告"),
    "asked": ("you asked for {asked}, and it is not", "你想要的是{asked}，而它不是"),
    "asked without": ("you asked for nothing of {asked}, and it is", "你不想要{asked}，而它是"),
    "excluded": ("this list was asked for without it", "这份列表要求不含它"),
    "conditions": ("it does not meet the conditions that were set", "它不符合所设的条件"),
    "seen": ("you have already met it ({date})", "你已经接触过它（{date}）"),
    "met": ("you have already met it", "你已经接触过它"),
    "copy": ("you have already met the same recording", "你已经接触过同一份录音"),
    "refused": ("one of you does not like it", "你们当中有人不喜欢它"),
    "seeds": ("it is what the list starts from", "它正是列表的出发点"),
    "mood not": ("it is {moods}, which you did not want", "它的氛围是“{moods}”，而你不想要这种氛围"),
    "mood": ("it does not have the mood that you asked for: {moods}", "它没有你想要的氛围：{moods}"),
    "filter": ("the filter “{name}” takes it out", "过滤器“{name}”将其移除"),
}

_CHANGES: dict[str, tuple[str, str]] = {
    "not yet": ("It can come up from that day on.", "到那一天之后，它就可能出现。"),
    "age": ("Whoever set the age limit can raise it.", "设定年龄上限的人可以调高它。"),
    "explicit": (
        "Whoever set the limit can allow what is marked explicit.",
        "设定限制的人可以放开敏感内容。",
    ),
    "item": (
        "Take that back on its page or in your profile, and it can come up again.",
        "在它的页面或你的画像里撤回，它就可能再次出现。",
    ),
    "snooze": (
        "It comes back by itself on that day; or take it back now.",
        "到那一天它会自动恢复；也可以现在撤回。",
    ),
    "topic": (
        "Take that back in your profile, and such items can come up again.",
        "在你的画像里撤回，这类内容就可能再次出现。",
    ),
    "topic until": (
        "They come back by themselves on that day; or take it back now.",
        "到那一天会自动恢复；也可以现在撤回。",
    ),
    "adverts": ("Ask for adverts.", "主动要求广告即可。"),
    "asked": ("Ask without that condition.", "去掉这个条件再问。"),
    "asked without": ("Ask without that condition.", "去掉这个条件再问。"),
    "excluded": ("Ask without leaving it out.", "不再排除它即可。"),
    "conditions": ("Ask with fewer conditions.", "放宽条件再问。"),
    "seen": (
        "Lists that do not hide what was met can hold it; a search finds it as well.",
        "不隐藏已接触内容的列表里可以有它；搜索也能找到它。",
    ),
    "refused": ("Another strategy than “veto” would let it pass.", "换用“veto”以外的策略，它就能通过。"),
    "mood not": ("Ask without ruling that mood out.", "不再排除这种氛围即可。"),
    "mood": ("Ask for another mood, or for none.", "换一种氛围，或不指定氛围。"),
}
for _like, _same in (("met", "seen"), ("copy", "seen"), ("no age", "age")):
    _CHANGES[_like] = _CHANGES[_same]


@dataclass(frozen=True)
class Obstacle:
    """What keeps an item out."""

    filter: str
    """Name of the filter."""
    what: str
    """Which sort of choice it is: ``item``, ``topic``, ``snooze``, ``age``, ``asked`` …"""
    text: str
    change: str
    """What would change it; empty where nothing would."""
    ref: str | None = None
    """What was chosen: a topic, a part of the constraints, a mood."""

    def as_json(self) -> dict[str, Any]:
        """The stable shape that the command line and the HTTP API print."""
        return dict(vars(self))


def obstacles(request: Request, row: int, removed_by: tuple[str, ...], chinese: bool) -> tuple[Obstacle, ...]:
    """One or more for each filter that takes the item out."""
    teller = _Teller(request, row, chinese)
    return tuple(one for name in removed_by for one in teller.of(name))


class _Teller:
    def __init__(self, request: Request, row: int, chinese: bool) -> None:
        self.request, self.row, self.chinese = request, row, chinese
        self.catalogue = request.world.catalogue
        self.item = self.catalogue.items[row]

    def of(self, name: str) -> list[Obstacle]:
        """What a filter has against the item."""
        tell = getattr(self, f"_{name}", None)
        found: list[Obstacle] = tell() if tell is not None else []
        if found:
            return found
        if name in _SAYS:
            return [self._one(name, name)]
        return [self._one(name, "filter", name=cleaned(name, 40))]

    def _one(self, filter_: str, what: str, ref: str | None = None, **parts: Any) -> Obstacle:
        change = _CHANGES.get(what, ("", ""))[self.chinese]
        return Obstacle(filter_, what, _SAYS[what][self.chinese].format(**parts), change, ref)

    def _availability(self) -> list[Obstacle]:
        begins, ends = self.catalogue.available_from[self.row], self.catalogue.available_until[self.row]
        if self.request.now < begins:
            return [self._one("availability", "not yet", date=_day(begins))]
        return [self._one("availability", "no more", date=_day(ends))]

    def _maturity(self) -> list[Obstacle]:
        settings, asked = self.request.world.settings.filters, self.request.query.constraints
        age = int(self.catalogue.maturity[self.row])
        found = []
        if bool(self.catalogue.explicit[self.row]) and not (settings.allow_explicit and asked.allow_explicit):
            found.append(self._one("maturity", "explicit"))
        ceilings = [one for one in (settings.max_maturity, asked.max_maturity) if one is not None]
        if ceilings and age > min(ceilings):
            found.append(self._one("maturity", "age", ref=str(min(ceilings)), age=age, limit=min(ceilings)))
        elif ceilings and age < 0 and not found:
            found.append(self._one("maturity", "no age", ref=str(min(ceilings))))
        return found

    def _hidden(self) -> list[Obstacle]:
        found = []
        for one in self.request.everybody:
            until = one.hidden_until.get(self.row, -np.inf)
            if until > self.request.now:
                what = "item" if np.isinf(until) else "snooze"
                found.append(self._one("hidden", what, self.catalogue.ids[self.row], date=_day(until)))
            own = topics_of(self.item) if self.item is not None else {}
            for key, ends in one.hidden_topics.items():
                if ends > self.request.now and key in own:
                    what = "topic" if np.isinf(ends) else "topic until"
                    found.append(self._one("hidden", what, key, topic=self._topic(key, own[key]), date=_day(ends)))
        return found

    def _topic(self, key: str, name: str) -> str:
        return language_name(name, self.chinese) if key.startswith("language:") else topic(key, name, self.chinese)

    def _constraints(self) -> list[Obstacle]:
        asked, found = self.request.query.constraints, []
        one = Candidates(np.array([self.row], dtype=np.int32))
        stated = {name: getattr(asked, name) for name in asked.model_fields_set - {"max_maturity", "allow_explicit"}}
        for name, value in stated.items():
            alone = Constraints().model_copy(update={name: value})
            request = replace(self.request, query=self.request.query.model_copy(update={"constraints": alone}))
            if Constrained()(request, one).all():
                continue
            if name == "exclude":
                found.append(self._one("constraints", "excluded", name))
            elif name == "where":
                found.append(self._one("constraints", "conditions", name))
            else:
                what = "asked without" if name.startswith("without") else "asked"
                found.append(self._one("constraints", what, name, asked=self._asked(name, value)))
        return found

    def _asked(self, name: str, value: Any) -> str:
        """A part of the constraints in words."""
        zh = self.chinese
        if name == "kinds":
            return listed([KINDS[kind.value][zh] for kind in value], zh)
        if name in ("genres", "without_genres", "without_words"):
            return listed([f"“{cleaned(one, 40)}”" for one in value], zh)
        if name in ("languages", "without_languages"):
            return listed([language_name(one, zh) for one in value], zh)
        if name == "creators":
            return listed([cleaned(one.name, 40) for one in value], zh)
        if name == "years":
            return listed([f"{low}–{high}" for low, high in value], zh)
        if name in ("min_duration_s", "max_duration_s"):
            minutes = f"{value / 60:g}"
            forms = {
                "min": ("{} minutes or longer", "不短于 {} 分钟"),
                "max": ("{} minutes or shorter", "不超过 {} 分钟"),
            }
        else:
            minutes = str(value)
            forms = {"min": ("{} or later", "{} 年或更晚"), "max": ("{} or earlier", "{} 年或更早")}
        return forms[name[:3]][zh].format(minutes)

    def _seen(self) -> list[Obstacle]:
        found = []
        for one in self.request.everybody:
            own = np.flatnonzero(one.history.items == self.row)
            times = one.history.timestamps[own]
            times = times[np.isfinite(times)]
            if len(times):
                found.append(self._one("seen", "seen", date=_day(float(times.max()))))
            elif self.row in one.history.consumed:
                found.append(self._one("seen", "met"))
        return found[:1] or [self._one("seen", "copy" if self.request.world.copies is not None else "met")]

    def _mood(self) -> list[Obstacle]:
        mood, items = self.request.mood, self.request.world.moods
        if mood is None:
            return []
        own = items.matrix[self.row]
        has = [name for name in sorted(mood.unwanted) if name in items.names and own[items.names.index(name)] >= HINTS]
        if unwanted(self.request)[self.row] >= HINTS and has:
            return [self._one("mood", "mood not", has[0], moods=self._moods(has))]
        return [self._one("mood", "mood", moods=self._moods(list(mood.moods)[:3]))]

    def _moods(self, names: list[str]) -> str:
        labels = vocabularies(self.request.world.settings)[MOODS]
        return listed(
            [labels[n].zh if self.chinese and n in labels and labels[n].zh else n for n in names], self.chinese
        )


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat() if np.isfinite(at) else ""
