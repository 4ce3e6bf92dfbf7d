"""What portraits say, English and Chinese side by side. Names come from the catalogue: quoted, cut and cleaned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

import numpy as np

from ..catalogue import Catalogue
from ..dataset import History
from ..phrases import KINDS, TITLED, cleaned, listed, title
from .patterns import PARTS, Patterns, zone_of

if TYPE_CHECKING:
    from .portrait import Line

Both = Mapping[str, str]
"""A text by language, ``en`` and ``zh``."""
LANGUAGES = ("en", "zh")
SENTENCES = 4
"""Of the short text at most."""
TELLING = 0.3
"""An inferred line weaker than this is not in the short text."""
_LISTED = 3

_LINES: dict[str, tuple[str, str]] = {
    "most": ("You turn to {} most.", "你最常选{}。"),
    "often": ("You often turn to {}.", "你常选{}。"),
    "some": ("You turn to {} now and then.", "你偶尔会选{}。"),
    "most of people": ("You keep coming back to {}.", "你总会回到{}。"),
    "often of people": ("You often come back to {}.", "你常会回到{}。"),
    "some of people": ("You meet {} now and then.", "你偶尔会遇到{}。"),
    "against": ("You tend to pass over {}.", "你往往会略过{}。"),
    "said": ("You wrote that you like {}.", "你写过喜欢{}。"),
    "said against": ("You wrote that you do not like {}.", "你写过不喜欢{}。"),
    "chosen": ("You chose {} yourself.", "你自己选择了{}。"),
    "chosen against": ("You said that you do not like {}.", "你说过不喜欢{}。"),
    "looked": ("You have looked for {}.", "你找过{}。"),
    "hidden": ("You do not want to see {}.", "你不想看到{}。"),
    "hidden until": ("You do not want to see {} before {}.", "在{1}之前，你不想看到{0}。"),
}
_HABITS: dict[str, tuple[str, str]] = {
    "morning": ("You are mostly here in the morning.", "你多在上午来。"),
    "afternoon": ("You are mostly here in the afternoon.", "你多在下午来。"),
    "evening": ("You are mostly here in the evening.", "你多在晚上来。"),
    "night": ("You are mostly here at night.", "你多在夜里来。"),
    "weekend": ("You come mostly at weekends.", "你多在周末来。"),
    "week": ("You come mostly on weekdays.", "你多在工作日来。"),
    "session": ("You usually stay for about {minutes} minutes.", "你每次大约停留 {minutes} 分钟。"),
    "binge": ("You like several of one series or album in a row.", "你喜欢连着看或听同一部剧集、同一张专辑。"),
    "repeat": ("You like to come back to what you know.", "你喜欢重温熟悉的内容。"),
    "explore": ("You like to meet what is new to you.", "你喜欢接触新的创作者。"),
    "settled": ("You mostly stay with those you know.", "你多半选熟悉的创作者。"),
    "drift": ("Your taste has changed of late.", "你的口味最近有变化。"),
}
_HABIT_NAMES: dict[str, tuple[str, str]] = {
    "part": ("Time of day", "时段"),
    "days": ("Days of the week", "星期"),
    "session": ("Length of a visit", "停留时长"),
    "binge": ("Several in a row", "连续观看"),
    "repeat": ("Again", "重温"),
    "new": ("New and known", "新与旧"),
    "drift": ("Change", "变化"),
}
_TEXT: dict[str, tuple[str, str]] = {
    "topics": ("You turn most to {}", "你最常选{}"),
    "people": (", and come back to {}", "，常回到{}"),
    "people alone": ("You come back to {}", "你常回到{}"),
    "moods": ("Moods that suit you: {}", "适合你的氛围：{}"),
    "languages": ("; mostly in {}", "；语言以{}为主"),
    "languages alone": ("You choose mostly {}", "你选的语言以{}为主"),
    "lately": ("Lately it is more of {}", "最近多了{}"),
    "dislikes": ("You pass over {}", "你会略过{}"),
    "hidden": (", and do not want to see {}", "，不想看到{}"),
    "hidden alone": ("You do not want to see {}", "你不想看到{}"),
    "nothing": ("Nothing is known of you yet", "对你还一无所知"),
}
_STOP = (".", "。")


@dataclass(frozen=True)
class Names:
    """What topics are called beyond the words of the catalogue."""

    chinese: Mapping[str, str] = field(default_factory=dict)
    """Topic → its name in Chinese."""
    languages: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Code of a language → its names in English and Chinese."""

    def of(self, key: str, catalogue: Catalogue) -> Both:
        """The name of a topic by language, without quotation marks; of a habit what it is about."""
        sort, _, value = key.partition(":")
        if sort == "habit":
            return habit_name(value)
        if sort == "kind" and value in KINDS:
            return dict(zip(LANGUAGES, KINDS[value], strict=True))
        if sort == "language" and value in self.languages:
            return dict(zip(LANGUAGES, self.languages[value], strict=True))
        name = cleaned(catalogue.topics.name(key))
        return {"en": name, "zh": self.chinese.get(key, name)}


def habit_name(name: str) -> Both:
    """What a habit is about."""
    return dict(zip(LANGUAGES, _HABIT_NAMES.get(name, (name, name)), strict=True))


def quoted(key: str, name: Both, chinese: bool) -> str:
    """The name of a topic as it stands in a sentence."""
    sort, shown = key.partition(":")[0], name["zh" if chinese else "en"]
    if sort in TITLED:
        return title(shown, chinese)
    plain = sort in ("kind", "language", "creator")
    return cleaned(shown, 40) if plain else f"“{cleaned(shown, 40)}”"


def described(key: str, name: Both, strength: float, how: str, until: float | None = None) -> Both:
    """The sentence of a line about a topic or item.

    Args:
        how: ``chosen``, ``said``, ``looked``, ``inferred`` or ``hidden``.
        until: of what is hidden, seconds since 1970.
    """
    if how == "hidden":
        form = "hidden" if until is None else "hidden until"
    elif how == "inferred":
        form = "against" if strength < 0 else "most" if strength >= 2 / 3 else "often" if strength >= 1 / 3 else "some"
        form += " of people" if key.startswith("creator:") and strength >= 0 else ""
    else:
        form = f"{how} against" if strength < 0 else how
    day = "" if until is None else datetime.fromtimestamp(min(until, 4e9), UTC).date().isoformat()
    return {language: _LINES[form][n].format(quoted(key, name, bool(n)), day) for n, language in enumerate(LANGUAGES)}


def habit_words(
    read: Patterns, history: History, catalogue: Catalogue
) -> Iterator[tuple[str, float, Both, Sequence[int]]]:
    """(name, share it has, sentence, positions in the history that show it) of each habit that stands out."""
    zone = zone_of({"timezone": read.zone})[0]
    newest = np.arange(len(history))[::-1]
    total = sum(read.hours)
    if read.part is not None and total:
        share = sum(read.hours[hour] for hour in PARTS[read.part]) / total
        yield "part", share, _both(read.part), _when(history, zone, lambda at: at.hour in PARTS[read.part or ""])
    if read.weekend is not None and total >= 20 and not 0.1 < read.weekend < 0.5:
        weekend = read.weekend >= 0.5
        shows = _when(history, zone, lambda at: (at.weekday() > 4) == weekend)
        yield "days", read.weekend if weekend else 1 - read.weekend, _both("weekend" if weekend else "week"), shows
    if read.sitting.sessions >= 3 and read.sitting.minutes and read.sitting.minutes >= 1:
        both = {
            language: text.format(minutes=round(read.sitting.minutes)) for language, text in _both("session").items()
        }
        yield "session", 1.0, both, newest.tolist()
    if read.binges.share >= 0.2 and read.binges.groups:
        series = read.binges.groups[0][0]
        own = [n for n in newest.tolist() if series in _groups(catalogue, int(history.items[n]))]
        yield "binge", read.binges.share, _both("binge"), own
    if read.repeats.share >= 0.2:
        rows = [catalogue.row_of[item] for item, _ in read.repeats.items if item in catalogue.row_of]
        first = {int(history.items[n]): n for n in range(len(history))}
        yield "repeat", read.repeats.share, _both("repeat"), [first[row] for row in rows if row in first]
    fresh = read.exploration.creators
    if fresh is not None and read.exploration.visits >= 5 and not 0.2 < fresh < 0.6:
        yield "new", max(fresh, 1 - fresh), _both("explore" if fresh >= 0.6 else "settled"), newest.tolist()
    if read.drift.changed:
        yield "drift", 1.0, _both("drift"), newest.tolist()


def in_short(lines: Sequence[Line], chinese: bool) -> list[tuple[str, tuple[str, ...]]]:
    """The short text: at most `SENTENCES` sentences, each with the ids of the lines that it rests on."""
    own: dict[str, list[Line]] = {}
    for line in lines:
        # Names stand for themselves; a habit has its sentence. What is faint is told by its line alone.
        if line.sort == "habits" or line.state != "inferred" or abs(line.strength) >= TELLING:
            own.setdefault(line.sort, []).append(line)
    liked = own.get("topics", [])
    lately = [one for one in lines if one.lately and one.sort in ("topics", "people") and one not in liked[:_LISTED]]
    told = [
        _joined([("topics", liked), ("people", own.get("people", []))], chinese),
        _joined([("moods", own.get("moods", [])), ("languages", own.get("languages", [])[:1])], chinese),
        _joined([("dislikes", own.get("dislikes", [])), ("hidden", own.get("hidden", []))], chinese),
        _joined([("lately", lately)], chinese),
        *((one.text["zh" if chinese else "en"], (one.id,)) for one in own.get("habits", [])[:2]),
    ]
    found = [one for one in told if one is not None][:SENTENCES]
    return found or [(_TEXT["nothing"][chinese] + _STOP[chinese], ())]


def _joined(parts: list[tuple[str, list[Line]]], chinese: bool) -> tuple[str, tuple[str, ...]] | None:
    """One sentence of the parts that have any lines."""
    text, cited = "", []
    for part, lines in parts:
        if lines:
            names = [quoted(one.id, one.name, chinese) for one in lines[:_LISTED]]
            form = part if text or f"{part} alone" not in _TEXT else f"{part} alone"
            text += _TEXT[form][chinese].format(listed(names, chinese))
            cited += [one.id for one in lines[:_LISTED]]
    return (text + _STOP[chinese], tuple(cited)) if text else None


def _both(name: str) -> dict[str, str]:
    return dict(zip(LANGUAGES, _HABITS[name], strict=True))


def _when(history: History, zone: tzinfo, fits: Callable[[datetime], bool]) -> list[int]:
    """Positions of events at such a time, the newest first."""
    known = np.flatnonzero(np.isfinite(history.timestamps))[::-1]
    return [int(n) for n in known if fits(datetime.fromtimestamp(float(history.timestamps[n]), zone))][:10]


def _groups(catalogue: Catalogue, row: int) -> tuple[str | None, ...]:
    item = catalogue.items[row]
    return (item.series, item.album) if item else ()
