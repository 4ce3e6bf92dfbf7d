"""A language model that makes things up: what it says and calls is drawn by a seed, and most of it is wrong."""

# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
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
)  # fmt: skip
TOOLS = (
    "search",
    "recommend",
    "similar",
    "filter",
    "explain",
    "profile",
    "edit_profile",
    "state_taste",
    "record",
    "make_playlist",
    "item",
    "delete_everything",
)


def script(seed: int, titles: Sequence[str], steps: int) -> list[Step]:
    """What the model answers, request by request."""
    chance = random.Random(seed)
    return [_step(chance, titles) for _ in range(steps)]


def _step(chance: random.Random, titles: Sequence[str]) -> Step:
    roll = chance.random()
    if roll < 0.45:
        return calls(*(_call(chance) for _ in range(chance.choice((1, 1, 1, 2, 3)))), text=_text(chance, titles, 0.3))
    if roll < 0.93:
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


def _text(chance: random.Random, titles: Sequence[str], share: float) -> str:
    if chance.random() >= share:
        return ""
    said = chance.sample(_SAID, chance.randint(1, 3))
    fill = {"i": chance.choice(INVENTED), "j": chance.choice(INVENTED), "t": chance.choice(list(titles) or INVENTED)}
    return " ".join(one.format(**fill) for one in said)


def _call(chance: random.Random) -> tuple[str, object]:
    name = chance.choice(TOOLS)
    n = chance.choice((0, 1, 2, 5, 10, 99, -1, "two", None))
    usual: Mapping[str, Mapping[str, Any]] = {
        "search": {"words": chance.choice(("jazz", "a film about rain", *INVENTED, "安静的音乐"))},
        "recommend": chance.choice(({}, {"moods": ["calm"]}, {"kinds": ["movie"]}, {"k": 500})),
        "filter": {"where": chance.choice((
            {"op": "is", "field": "genre", "value": "Comedy"},
            {"op": "not", "of": {"op": "is", "field": "kind", "value": "movie"}},
            {"op": "at_most", "field": "year", "value": 1990},
            {"op": "drop", "table": "items"},
        ))},
        "state_taste": {"text": "I love horror"},
        "record": {"n": n, "kind": chance.choice(("like", "dislike", "play"))},
        "make_playlist": {"words": "calm jazz"},
        "edit_profile": {"edits": []},
        "profile": {},
    }  # fmt: skip
    arguments: Mapping[str, Any] = usual.get(name, {"n": n})
    if chance.random() < 0.15:
        odd: tuple[Mapping[str, Any], ...] = (
            {**arguments, "user_id": OTHER},
            {"handle": "6a2f1c80.dDE.AAAA"},
            {"handle": chance.choice(INVENTED)},
        )
        arguments = chance.choice(odd)
    return name, "{broken" if chance.random() < 0.04 else arguments
