"""Which column means what: the mapping file of `segue import table --mapping FILE`, and its conversions.

.. code-block:: toml

    [items]
    id = "movie_id"                                  # a column
    kind = {const = "movie"}                         # the same for every row
    title = "Title"
    genres = {column = "Genre", split = ", "}
    released = {column = "Released", format = "%d %b %Y"}
    duration_s = {column = "Runtime", pattern = '(\\d+) min', scale = 60}
    creators = [{column = "Director", split = ", ", role = "director"}]
    ids = {imdb = "imdb_id"}                         # likewise extra = {…}

    [events]
    user_id = "user"
    item_id = "movie_id"
    kind = {const = "rate"}
    value = "stars"
    scale = [0.5, 5]
    at = {column = "timestamp", unit = "s"}          # s, ms, us, ns; or format; or ISO 8601

    [users]
    id = "user"
    attributes = {age = "age", gender = "gender", consent = "agreed"}

What is stated about people is kept, exported and erased with them. It is read for the time zone of their habits; age
and gender (``[people] attributes``) only where their attribute ``consent`` is true, too: then they tell what people
like them turn to while somebody is new. A value that fewer than 20 people share says nothing.

``values = {watched = "complete", liked = "like"}`` translates what a column says. ``missing = ["N/A", …]`` at the top
replaces the cells that mean "nothing".
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ..errors import InvalidInput
from ..events import Event
from ..items import MAX_TEXT, Item, Noun
from ..users import User
from .origin import sentence
from .values import iso_date, minimum_age, utc_time

MISSING = ("", "N/A", "n/a", "NA", "NaN", "nan", "null", "NULL", "\\N")
"""Cells that mean "nothing", unless a mapping says otherwise."""

Row = Mapping[str, Any]


class Column(BaseModel):
    """Where a field comes from and how its text is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str | None = None
    const: str | int | float | bool | None = None
    """The same for every row, instead of a column."""
    split: str | None = None
    """What stands between the parts of a list. Default: ``|``."""
    pattern: str | None = None
    """Regular expression; its first group is the value, and a cell that it does not match is missing."""
    scale: float = 1
    """Numbers are multiplied by it."""
    format: str | None = None
    """How a date is written, as strptime says it."""
    unit: Literal["s", "ms", "us", "ns"] | None = None
    """Unit of a time counted since 1970."""
    role: str = "creator"
    """What the people of a ``creators`` column did."""
    values: dict[str, str] = Field(default_factory=dict)
    """Translations of what the cell says."""

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                if re.compile(value).groups < 1:
                    raise ValueError("expected a group in brackets around the value, e.g. '(\\d+) min'")
            except re.error as error:
                raise ValueError(f"not a regular expression: {error}") from None
        return value


Spec = Column | list[Column] | dict[str, Column]


class ColumnMapping(BaseModel):
    """A mapping file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    missing: tuple[str, ...] = MISSING
    items: dict[str, Spec] = Field(default_factory=dict)
    events: dict[str, Spec] = Field(default_factory=dict)
    users: dict[str, Spec] = Field(default_factory=dict)

    @field_validator("items", "events", "users", mode="before")
    @classmethod
    def _columns(cls, section: Any) -> Any:
        """A bare string is a column; a table whose keys are not those of `Column` is a table of columns."""
        if not isinstance(section, dict):
            return section
        return {name: _spec(name, value) for name, value in section.items()}

    @field_validator("items", "events", "users")
    @classmethod
    def _fields(cls, section: dict[str, Spec], info: Any) -> dict[str, Spec]:
        nouns: dict[str, type[Noun]] = {"items": Item, "events": Event, "users": User}
        noun = nouns[info.field_name]
        if unknown := set(section) - set(noun.model_fields):
            raise ValueError(f"unknown fields {sorted(unknown)}; known: {', '.join(noun.model_fields)}")
        return section

    @classmethod
    def load(cls, path: Path) -> ColumnMapping:
        """The mapping in that file.

        Raises:
            InvalidInput: it cannot be read, or says something impossible.
        """
        try:
            return cls(**tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TypeError) as error:
            raise InvalidInput(f"The mapping {path} cannot be read: {error}.") from error
        except ValidationError as error:
            raise InvalidInput(f"The mapping {path} cannot be used: {sentence(error)}") from error

    @classmethod
    def by_name(cls, columns: Iterable[str]) -> ColumnMapping:
        """The mapping of a table whose columns are named like the fields."""
        present = set(columns)
        is_events = {"user_id", "item_id"} <= present or {"user_id", "kind"} <= present
        noun: type[Noun] = Event if is_events else Item
        section: dict[str, Spec] = {name: Column(column=name) for name in noun.model_fields if name in present}
        return cls(events=section) if is_events else cls(items=section)


def _spec(field: str, value: Any) -> Any:
    if field == "scale" and isinstance(value, list):
        return [{"const": bound} for bound in value]
    if isinstance(value, str):
        return {"column": value}
    if isinstance(value, list):
        return [{"column": one} if isinstance(one, str) else one for one in value]
    if isinstance(value, dict) and field in ("ids", "extra", "attributes"):
        return {name: {"column": one} if isinstance(one, str) else one for name, one in value.items()}
    return value


def columns_of(section: Mapping[str, Spec], *fields: str) -> set[str]:
    """The columns that a section reads, for all its fields or only those named."""
    found = set()
    for field, spec in section.items():
        if fields and field not in fields:
            continue
        parts = spec if isinstance(spec, list) else spec.values() if isinstance(spec, dict) else [spec]
        found |= {part.column for part in parts if part.column is not None}
    return found


def fields_of(section: Mapping[str, Spec], row: Row, missing: frozenset[str]) -> dict[str, Any]:
    """The fields that a row states, ready for the noun; what is missing is left out.

    Raises:
        ValueError: a cell cannot be read; the message names the field.
    """
    fields: dict[str, Any] = {}
    for field, spec in section.items():
        try:
            value = _field(field, spec, row, missing)
        except ValueError as error:
            raise ValueError(f"{field}: {error}") from None
        if value is not None and value != [] and value != {}:
            fields[field] = value
    return fields


def _field(field: str, spec: Spec, row: Row, missing: frozenset[str]) -> Any:
    if isinstance(spec, dict):
        named = {name: _cell(part, row, missing) for name, part in spec.items()}
        return {name: value for name, value in named.items() if value is not None}
    parts = spec if isinstance(spec, list) else [spec]
    if field in ("genres", "tags"):
        return [word for part in parts for word in _list(part, row, missing)]
    if field == "creators":
        return [(name, part.role) for part in parts for name in dict.fromkeys(_list(part, row, missing))]
    if field == "scale":
        bounds = [_number(part, row, missing) for part in parts]
        return tuple(bounds) if None not in bounds else None
    if field in ("ids", "extra", "context"):
        return _object(parts[0], row, missing)
    return _convert(field, parts[0], row, missing)


def _object(part: Column, row: Row, missing: frozenset[str]) -> dict[str, Any] | None:
    """An object of JSON lines as it is, or the JSON text of one."""
    raw = row.get(part.column) if part.column is not None else part.const
    if not isinstance(raw, dict):
        text = _cell(part, row, missing)
        if text is None:
            return None
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError):
            raw = None
        if not isinstance(raw, dict):
            raise ValueError(f"{text[:40]!r} is no JSON object")
    return {name: value for name, value in raw.items() if value is not None}


def _convert(field: str, part: Column, row: Row, missing: frozenset[str]) -> Any:
    if field in ("duration_s", "value", "played_s", "position_s"):
        return _number(part, row, missing)
    text = _cell(part, row, missing)
    if text is None:
        return None
    match field:
        case "season" | "number":
            return int(float(text) * part.scale)
        case "maturity":
            return minimum_age(text)
        case "released":
            return iso_date(text, part.format)
        case "at" | "available_from" | "available_until":
            return utc_time(text, part.unit, part.format)
        case "explicit" | "train":
            known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
            if text.lower() not in known:
                raise ValueError(f"{text[:40]!r} is neither true nor false")
            return known[text.lower()]
        case "title" | "description" | "lyrics_or_transcript" | "text":
            return text[:MAX_TEXT]
        case _:
            return text


def _number(part: Column, row: Row, missing: frozenset[str]) -> float | None:
    text = _cell(part, row, missing)
    if text is None:
        return None
    try:
        return float(text) * part.scale
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no number") from None


def _list(part: Column, row: Row, missing: frozenset[str]) -> list[str]:
    raw = row.get(part.column) if part.column is not None else part.const
    if isinstance(raw, list | tuple):
        texts = [str(one) for one in raw if one is not None]
    else:
        text = _cell(part, row, missing)
        texts = [] if text is None else text.split(part.split or "|")
    return [text.strip() for text in texts if text.strip() not in missing]


def _cell(part: Column, row: Row, missing: frozenset[str]) -> str | None:
    """What the cell says, as text; None where that is nothing."""
    raw = row.get(part.column) if part.column is not None else part.const
    if raw is None:
        return None
    text = ("true" if raw else "false") if isinstance(raw, bool) else str(raw).strip()
    if text in missing:
        return None
    if part.pattern is not None:
        found = re.search(part.pattern, text)
        if found is None or found[1] is None:
            return None
        text = found[1]
    return part.values.get(text, text)
