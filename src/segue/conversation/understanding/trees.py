"""Wishes as conditions: what flat constraints say as a tree, and what several wishes ask of every item together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...conditions import All, AnyOf, AtLeast, AtMost, Condition, Is, Not
from ...queries import Constraints

_ONE_OF = {"genres": "genre", "languages": "language", "kinds": "kind", "creators": "creator"}
"""Fields that admit any of their values, and what a condition calls them."""
_NONE_OF = {"without_genres": "genre", "without_languages": "language", "without_words": "word", "exclude": "id"}
_AT_LEAST = {"min_duration_s": "duration_s", "min_year": "year"}
_AT_MOST = {"max_duration_s": "duration_s", "max_year": "year", "max_maturity": "maturity"}


def stated(of: Constraints) -> dict[str, Any]:
    """What is asked for, by field."""
    nothing = Constraints()
    return {name: value for name, value in of if value != getattr(nothing, name)}


def condition_of(constraints: Constraints) -> Condition:
    """Flat constraints as a tree."""
    parts: list[Condition] = []
    for name, value in stated(constraints).items():
        if name in _ONE_OF:
            parts.append(_any_of(name, value))
        elif name in _NONE_OF:
            parts.append(Not(of=_one([Is(field=_NONE_OF[name], value=one) for one in value], AnyOf)))
        elif name in _AT_LEAST:
            parts.append(AtLeast(field=_AT_LEAST[name], value=value))
        elif name == "max_maturity":
            # An item without an age rating passes, as in the filter.
            parts.append(Not(of=AtLeast(field="maturity", value=value + 1)))
        elif name in _AT_MOST:
            parts.append(AtMost(field=_AT_MOST[name], value=value))
        elif name == "years":
            spans = [All(of=(AtLeast(field="year", value=a), AtMost(field="year", value=b))) for a, b in value]
            parts.append(_one(spans, AnyOf))
        elif name == "where":
            parts.append(value)
    return _one(parts, All)


def _any_of(name: str, values: Iterable[Any]) -> Condition:
    field = _ONE_OF[name]
    named = [one.name if name == "creators" else getattr(one, "value", one) for one in values]
    return _one([Is(field=field, value=one) for one in named], AnyOf)


def _one(parts: list[Any], many: type[All] | type[AnyOf]) -> Condition:
    found: Condition = parts[0] if len(parts) == 1 else many(of=tuple(parts))
    return found


def together(every: Iterable[Constraints]) -> Constraints:
    """What holds where each of several constraints holds: of any-of fields the first stays flat, the others go into the
    tree; numbers narrow; what is excluded adds up."""
    found: dict[str, Any] = {}
    trees: list[Condition] = []
    for constraints in every:
        for name, value in stated(constraints).items():
            if name == "where":
                trees.append(value)
            elif name not in found:
                found[name] = value
            elif name in _ONE_OF:
                if set(value) != set(found[name]):
                    trees.append(_any_of(name, value))
            elif name in _NONE_OF:
                found[name] = (*found[name], *(one for one in value if one not in found[name]))
            elif name in _AT_LEAST:
                found[name] = max(found[name], value)
            elif name in _AT_MOST:
                found[name] = min(found[name], value)
            elif name == "allow_explicit":
                found[name] = found[name] and value
            elif name == "years":
                trees.append(condition_of(Constraints(years=value)))
    if trees:
        found["where"] = _one(list(dict.fromkeys(trees)), All)
    return Constraints(**found)
