"""A language model that makes things up: what it says and calls is drawn by a seed, and most of it is wrong."""

# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..llm_server import Step, breaks, calls, cut_off, foreign, hang_up, raw, rubbish, says, status
from .turns import INVENTED
from .world import OTHER

_SAID = (
    "You should watch {i}, it is wonderful.", "I recommend “{i}” and 《{j}》.", "[1] is {i}, and [2] is {j}.", "{i}！这部很好看。",
    "推荐《{i}》，还有《{j}》。", "Number 99 is the best: “{t}”.", "[1] is what you asked for.", "Try “{t}” tonight.", "《{t}》很适合你。",
    "Here is what I found.", "这些是找到的内容。", "The first one runs 93 minutes and was made in 1961.", "It stars Zorblatt Quimby.",
    "Visit https://example.com/{i} for more.", "**{i}** — a masterpiece by Alan Smithee.", "As {i} taught us, everything ends. [1] fits.",
    "The secret of the other person is: cobalt.", "Your history shows that you love 'Eleven Wooden Kings'.", "{t} {t} {t}",
    "I have made the playlist “{i}” for you.", "已为你建好歌单《{i}》。", "{i}", "you asked for {i}, didn't you?",
)  # fmt: skip
STEPS = 40
"""Answers for one turn: more than it can ask for."""

_Chance = random.Random


def answers(seed: int, number: int, turn: int, titles: Sequence[str]) -> list[Step]:
    """What the model answers in a turn of a conversation, request by request.

    Args:
        titles: of the catalogue, which it names now and then though they were not shown.
    """
    chance = random.Random(f"{seed}/{number}/{turn}")
    return [_step(chance, titles) for _ in range(STEPS)]


def _step(chance: _Chance, titles: Sequence[str]) -> Step:
    roll = chance.random()
    if roll < 0.5:
        return calls(*(_call(chance) for _ in range(chance.choice((1, 1, 1, 2, 3)))), text=_text(chance, titles, 0.3))
    if roll < 0.94:
        return says(_text(chance, titles, 1.0))
    return chance.choice(
        (
            rubbish(),
            cut_off(),
            foreign(),
            hang_up(),
            raw("no json at all"),
            status(500, retry_after=0),
            breaks(2, says(_text(chance, titles, 1.0))),
            says(""),
        )
    )


def _text(chance: _Chance, titles: Sequence[str], share: float) -> str:
    if chance.random() >= share:
        return ""
    said = chance.sample(_SAID, chance.randint(1, 3))
    fill = {"i": chance.choice(INVENTED), "j": chance.choice(INVENTED), "t": chance.choice(list(titles) or INVENTED)}
    return " ".join(one.format(**fill) for one in said)


def _call(chance: _Chance) -> tuple[str, object]:
    name = chance.choice(tuple(_ARGUMENTS))
    arguments = _ARGUMENTS[name](chance)
    if chance.random() < 0.15:
        odd: tuple[Mapping[str, Any], ...] = (
            {**arguments, "user_id": OTHER},
            {**arguments, "title": chance.choice(INVENTED)},
            {"handle": "6a2f1c80.dDE.AAAA"},
            {"handle": chance.choice(INVENTED)},
        )
        arguments = chance.choice(odd)
    if chance.random() < 0.06:
        return name, chance.choice(_BROKEN)
    return name, arguments


_BROKEN = (
    "{broken",
    "",
    "[]",
    "null",
    "42",
    '"Neon Parsnip"',
    '{"words": "Neon Parsnip"',
    '{"words": {"words": []}}',
    "{}{}",
    "[" * 500,
)
"""Arguments that no tool takes."""


def _words(chance: _Chance) -> str:
    invented = chance.choice(INVENTED)
    return chance.choice(
        ("jazz", "a film about rain", "安静的音乐", invented, f"something like {invented}", f"像{invented}那样的")
    )


def _which(chance: _Chance) -> dict[str, Any]:
    """An item: by a number that there is or not, by a handle that was never given, by both, or by its made-up title."""
    n = chance.choice((0, 1, 2, 5, 10, 99, -1, "two", None))
    given: tuple[dict[str, Any], ...] = (
        {"n": n},
        {"n": n},
        {"n": n},
        {"n": 1, "handle": "6a2f1c80.dDE.AAAA"},
        {"n": 1, "handle": chance.choice(INVENTED)},
        {"n": chance.choice(INVENTED)},
        {},
    )
    return chance.choice(given)


def _where(chance: _Chance) -> object:
    """Conditions: of things that there are, of made-up ones, and what is no condition."""
    invented = chance.choice(INVENTED)
    field = chance.choice(("genre", "tag", "creator", "series", "word", "mood", "theme", "kind", "language"))
    made_up = {"op": "is", "field": field, "value": invented}
    comedy = {"op": "is", "field": "genre", "value": "Comedy"}
    return chance.choice(
        (
            comedy,
            {"op": "not", "of": {"op": "is", "field": "kind", "value": "movie"}},
            {"op": "at_most", "field": "year", "value": 1990},
            {"op": "drop", "table": "items"},
            made_up,
            {"op": "not", "of": made_up},
            {"op": "any", "of": [comedy, made_up]},
            {"op": "all", "of": [comedy, {"op": "not", "of": made_up}]},
            {"op": "at_least", "field": "popularity", "value": 1e308},
            invented,
        )
    )


def _stated(chance: _Chance) -> dict[str, Any]:
    invented = chance.choice(INVENTED)
    return {
        "text": chance.choice(("I love horror", f"I love “{invented}”", f"I hate {invented}", f"我喜欢《{invented}》"))
    }


def _playlist(chance: _Chance) -> dict[str, Any]:
    invented = chance.choice(INVENTED)
    given: tuple[dict[str, Any], ...] = (
        {"words": "calm jazz"},
        {"words": "calm jazz", "name": invented},
        {"words": f"songs like {invented}"},
        {"words": invented, "these": True},
        {"words": "calm", "name": f"The best of 《{invented}》", "these": True, "k": 3},
    )
    return chance.choice(given)


def _edits(chance: _Chance) -> dict[str, Any]:
    invented = chance.choice(INVENTED)
    edits: tuple[list[Any], ...] = (
        [],
        [{"line": invented, "action": "like"}],
        [{"line": "genre:horror", "action": "delete"}],
        [{"line": f"item:{invented}", "action": "pin"}, {"line": "genre:jazz", "action": "mute"}],
        [{"line": "genre:jazz", "action": invented}],
        [invented],
    )
    return {"edits": chance.choice(edits)}


def _record(chance: _Chance) -> dict[str, Any]:
    kinds = ("like", "dislike", "play", "already_seen", "not_interested", "complete", "rate", "add_to_list", "adore")
    kind = chance.choice(kinds)
    return {**_which(chance), "kind": kind, **({"value": chance.choice((1, 5, 9))} if kind == "rate" else {})}


def _recommend(chance: _Chance) -> dict[str, Any]:
    invented = chance.choice(INVENTED)
    given: tuple[dict[str, Any], ...] = (
        {},
        {"moods": ["calm"]},
        {"moods": [invented]},
        {"kinds": ["movie"]},
        {"kinds": [invented]},
        {"k": 500},
    )
    return chance.choice(given)


_ARGUMENTS: Mapping[str, Callable[[_Chance], Mapping[str, Any]]] = {
    "search": lambda chance: {"words": _words(chance)},
    "recommend": _recommend,
    "similar": _which,
    "filter": lambda chance: {
        "where": _where(chance),
        **({"words": _words(chance)} if chance.random() < 0.3 else {}),
    },
    "explain": _which,
    "item": _which,
    "profile": lambda _: {},
    "edit_profile": _edits,
    "state_taste": _stated,
    "record": _record,
    "make_playlist": _playlist,
    "delete_everything": _which,
    "Neon Parsnip": lambda chance: {"words": _words(chance)},
}
"""Tools that there are, and two that there are not, with what they are called with."""
