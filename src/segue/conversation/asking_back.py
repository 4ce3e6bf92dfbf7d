"""A question back, where it pays: the wish is vague and what meets it is of many kinds, genres or lengths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from ..items import ItemKind
from ..phrases import KINDS as KIND_NAMES
from ..pipeline.asking.ideas import ideas_in
from ..pipeline.stages import World
from .dialogue import Asked, Dialogue, Wish
from .relaxing import Admits
from .understanding.trees import together

EVERY = 3
"""Turns between two questions."""
MANY = 40
"""Items from which on a list of ten is a guess."""
VAGUE = 2
"""Wishes from which on a request is clear enough."""
_SHARE = 0.08
"""Of what meets the wishes, for a kind or a genre to be an answer."""


def question(
    world: World, admits: Admits, dialogue: Dialogue, wishes: Sequence[Wish], turn: int, chinese: bool
) -> Asked | None:
    """The question that parts best what meets the wishes; None where none pays.

    Args:
        turn: number of the turn that is answered.
    """
    asked = {one.split(":")[0]: int(one.split(":")[1]) for one in dialogue.asked}
    own = [wish for wish in wishes if wish.what != "known"]
    if dialogue.quiet or len(own) >= VAGUE or (asked and turn - max(asked.values()) < EVERY):
        return None
    if any(wish.what in ("seed", "words", "leaning", "creator", "either") for wish in own):
        return None
    mask = admits(together(wish.constraints for wish in wishes))
    if mask.sum() < MANY:
        return None
    sorts = {wish.what for wish in own}
    tried = (
        ("kind", not any(w.constraints.kinds for w in own) and "genre" not in sorts, _kinds),
        ("genre", "genre" not in sorts and "mood" not in sorts, _genres),
        ("length", "duration" not in sorts, _lengths),
    )
    for name, open_, make in tried:
        if open_ and name not in asked:
            found = make(world, mask, chinese)
            if found is not None:
                return found
    return None


def _kinds(world: World, mask: np.ndarray, chinese: bool) -> Asked | None:
    codes, counts = np.unique(world.catalogue.kinds[mask], return_counts=True)
    kinds = [list(ItemKind)[code] for code, n in sorted(zip(codes, counts, strict=True), key=lambda one: -one[1])
             if n >= _SHARE * mask.sum()][:4]  # fmt: skip
    if len(kinds) < 2:
        return None
    names = [KIND_NAMES[kind.value][chinese] for kind in kinds]
    text = "想看还是想听，哪一种？" if chinese else "What is it to be?"
    return Asked("kind", text, tuple((name, name) for name in names))


def _genres(world: World, mask: np.ndarray, chinese: bool) -> Asked | None:
    rows = np.flatnonzero(mask)
    columns = np.asarray(world.catalogue.genres[rows].sum(axis=0)).ravel()
    found: Counter[tuple[str, str]] = Counter()
    for column, n in enumerate(columns.tolist()):
        for idea in ideas_in(world.catalogue.genre_names[column]) if n else ():
            found[(idea.english[0], idea.chinese[0])] += int(n)
    names = [name[chinese] for name, n in found.most_common(4) if n >= _SHARE * len(rows)]
    if len(names) < 2:
        return None
    return Asked("genre", "想要哪种类型？" if chinese else "Any genre in mind?", tuple((name, name) for name in names))


def _lengths(world: World, mask: np.ndarray, chinese: bool) -> Asked | None:
    lengths = world.catalogue.durations[mask]
    lengths = lengths[np.isfinite(lengths)]
    if len(lengths) < MANY:
        return None
    low, high = np.quantile(lengths, [0.1, 0.9])
    if low <= 0 or high / low < 1.5 or low < 300:
        return None
    step = 30 if high > 5400 else 15 if high > 2400 else 5
    a, b = (int(np.round(q / 60 / step) * step) for q in np.quantile(lengths, [0.25, 0.75]))
    if a <= 0 or a >= b:
        return None
    text = "时长有要求吗？" if chinese else "How long may it be?"
    if chinese:
        return Asked(
            "length",
            text,
            ((f"{a} 分钟以内", f"{a} 分钟以内"), (f"{b} 分钟以上", f"{b} 分钟以上"), ("都可以", "不限时长")),
        )
    options = (
        (f"up to {a} minutes", f"at most {a} minutes"),
        (f"over {b} minutes", f"at least {b} minutes"),
        ("any", "any length is fine"),
    )
    return Asked("length", text, options)
