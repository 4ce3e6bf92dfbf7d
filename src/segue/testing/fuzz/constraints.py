"""Whether an item meets constraints, read from the item alone: written beside the filters, not with them."""

# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

import re

from ...conditions import All, AnyOf, AtLeast, AtMost, Is, Not
from ...items import Item
from ...queries import Constraints


def unmet(item: Item, asked: Constraints) -> list[str]:
    """Names of the constraints that the item does not meet."""
    year, seconds = item.year, item.duration_s
    genres = {genre.casefold() for genre in item.genres}
    tongue = (item.language or "").split("-")[0].lower()
    wrong = {
        "kinds": asked.kinds and item.kind not in asked.kinds,
        "genres": asked.genres and not genres & {one.casefold() for one in asked.genres},
        "without_genres": genres & {one.casefold() for one in asked.without_genres},
        "without_words": any(_says(item, words) for words in asked.without_words),
        "creators": asked.creators
        and not {c.name.casefold() for c in item.creators} & {c.name.casefold() for c in asked.creators},
        "languages": asked.languages and tongue not in {one.split("-")[0].lower() for one in asked.languages},
        "without_languages": tongue in {one.split("-")[0].lower() for one in asked.without_languages},
        "min_duration_s": asked.min_duration_s is not None and not (seconds is not None and seconds >= asked.min_duration_s),
        "max_duration_s": asked.max_duration_s is not None and not (seconds is not None and seconds <= asked.max_duration_s),
        "min_year": asked.min_year is not None and not (year is not None and year >= asked.min_year),
        "max_year": asked.max_year is not None and not (year is not None and year <= asked.max_year),
        "years": asked.years and not any(year is not None and low <= year <= high for low, high in asked.years),
        "max_maturity": asked.max_maturity is not None and (item.maturity or 0) > asked.max_maturity,
        "allow_explicit": not asked.allow_explicit and item.explicit,
        "exclude": item.id in asked.exclude,
        "where": asked.where is not None and holds(item, asked.where) is False,
    }  # fmt: skip
    return [name for name, is_wrong in wrong.items() if is_wrong]


def holds(item: Item, condition: Is | AtLeast | AtMost | All | AnyOf | Not) -> bool | None:
    """Whether the tree holds; None: the item alone does not tell, as of moods or how popular it is."""
    if isinstance(condition, Not):
        inner = holds(item, condition.of)
        return None if inner is None else not inner
    if isinstance(condition, All | AnyOf):
        every = [holds(item, one) for one in condition.of]
        decisive = isinstance(condition, AnyOf)
        return decisive if decisive in every else None if None in every else not decisive
    if isinstance(condition, Is):
        return _is(item, condition)
    if condition.field == "popularity":
        return None
    number = {"duration_s": item.duration_s, "year": item.year, "maturity": item.maturity}[condition.field]
    if number is None:
        return False
    return number >= condition.value if isinstance(condition, AtLeast) else number <= condition.value


def _is(item: Item, condition: Is) -> bool | None:
    value = condition.value.strip().casefold()
    names = {
        "kind": [item.kind.value],
        "genre": list(item.genres),
        "tag": list(item.tags),
        "creator": [credit.name for credit in item.creators],
        "series": [item.series or ""],
        "id": [item.id],
        "language": [(item.language or "").split("-")[0]],
    }
    if condition.field == "language":
        value = value.split("-")[0]
    if condition.field in names:
        return value in {name.casefold() for name in names[condition.field]}
    return None


def _says(item: Item, words: str) -> bool:
    """Whether all words stand in the item, letter by letter; those of scripts without spaces anywhere."""
    text = " ".join(
        (
            item.title or "",
            item.description or "",
            item.series or "",
            item.album or "",
            item.lyrics_or_transcript or "",
            *item.genres,
            *item.tags,
            *(credit.name for credit in item.creators),
        )
    ).casefold()
    said = re.findall(r"\w+", words.casefold())
    return bool(said) and all(
        re.search(rf"\b{re.escape(word)}\b", text) if word.isascii() else word in text for word in said
    )
