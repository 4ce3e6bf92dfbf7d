"""RecBole's atomic files: ``.item``, ``.user``, ``.inter`` and ``.kg``, tab-separated, with typed headers.

A header cell is ``name:type``, the type one of ``token``, ``token_seq`` (words between spaces), ``float``,
``float_seq``. Ids are ``item_id`` and ``user_id``. A file may also be given alone.

Interactions become ``rate`` events where they have a ``rating`` (on ``scale``), else events of the kind ``event``.
Item columns with the usual names become fields (title, genre, year …); the others are kept in ``extra``. Items are
videos unless ``kind`` says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError, field_validator

from ...errors import InvalidInput
from ...events import Event, EventKind
from ...items import Item, ItemKind
from ...users import User
from ..files import suffix, table
from ..mapping import MISSING
from ..origin import EventIds, Origin, OriginConfig, Problems, What, existing, none_found, sentence
from ..values import iso_date, title_and_year, utc_time

TYPES = ("token", "token_seq", "float", "float_seq")

Row = dict[str, Any]
"""Cells by the name in the header, as str, list of str, float or list of float; missing ones are left out."""

_TITLE = ("title", "movie_title", "name", "item_name", "app_name")
_GENRES = ("genre", "genres", "class", "categories", "category")
_TAGS = ("tags", "tags_value", "keywords")
_DATE = ("released", "release_year", "release_date", "year", "timestamp")
_DESCRIPTION = ("description", "overview", "plot")


class RecBoleConfig(OriginConfig):
    """Settings of `RecBole`."""

    event: EventKind = EventKind.PLAY
    """What an interaction without a rating was."""
    scale: tuple[float, float] = (1, 5)
    """Lowest and highest possible rating; on a command line written ``0.5,5``."""

    @field_validator("scale", mode="before")
    @classmethod
    def _written(cls, value: Any) -> Any:
        return value.split(",") if isinstance(value, str) else value


class RecBole(Origin):
    """See the module."""

    name = "recbole"
    Config = RecBoleConfig

    def read(self, path: Path, problems: Problems) -> Iterator[Item | User | Event]:
        """See `Origin.read`."""
        files = sorted(existing(path).iterdir()) if path.is_dir() else [path]
        by_kind = {kind: [f for f in files if suffix(f) == kind] for kind in (".item", ".user", ".inter", ".kg")}
        if not any(by_kind.values()):
            raise none_found(path, ["*.item", "*.user", "*.inter"])
        for file in by_kind[".item"]:
            yield from self._nouns(file, "items", "item_id", problems, self._item)
        for file in by_kind[".user"]:
            yield from self._nouns(file, "users", "user_id", problems, _user)
        ids = EventIds(self.name)
        for file in by_kind[".inter"]:
            yield from self._nouns(file, "events", "user_id", problems, lambda row: self._event(row, ids))
        for file in by_kind[".kg"]:
            count = sum(1 for _ in table(file, problems, "items", delimiter="\t")) - 1
            problems.note(file.name, f"Its {max(count, 0):,} triples of a knowledge graph are not used yet.")

    def _nouns(
        self, file: Path, what: What, key: str, problems: Problems, make: Callable[[Row], Item | User | Event]
    ) -> Iterator[Item | User | Event]:
        for where, row in _rows(file, what, key, problems):
            try:
                yield make(row)
            except ValidationError as error:
                problems.reject(what, where, sentence(error))
            except ValueError as error:
                problems.reject(what, where, f"{error}.")

    def _item(self, row: Row) -> Item:
        rest = dict(row)
        fields: dict[str, Any] = {
            "id": rest.pop("item_id"),
            "kind": self.config.kind or ItemKind.VIDEO,
            "provider": self.name,
        }
        if title := _take(rest, _TITLE):
            fields["title"], fields["released"] = title_and_year(_text(title))
        fields["genres"] = [g for g in _words(_take(rest, _GENRES)) if g != "(no genres listed)"]
        fields["tags"] = _words(_take(rest, _TAGS))
        if description := _take(rest, _DESCRIPTION):
            fields["description"] = _text(description)
        if date := _take(rest, _DATE):
            try:
                fields["released"] = iso_date(_text(date).removesuffix(".0"))
            except ValueError:
                rest["date"] = date
        return Item(**fields, extra=rest)

    def _event(self, row: Row, ids: EventIds) -> Event:
        if "item_id" not in row:
            raise ValueError("the interaction has no item_id")
        user, item, value = row["user_id"], row["item_id"], row.get("rating")
        kind = self.config.event if value is None else EventKind.RATE
        stated = row.get("timestamp")
        # Seconds, or milliseconds where seconds would lie beyond the year 2100.
        at = None if stated is None else utc_time(str(stated), "ms" if float(stated) > 4.2e9 else "s")
        return Event(
            id=ids.of(user, item, kind, stated, value),
            user_id=user,
            item_id=item,
            kind=kind,
            value=value,
            scale=self.config.scale if kind is EventKind.RATE else None,
            at=at,
            source=self.name,
        )


def _user(row: Row) -> User:
    attributes = {name: _text(value) if isinstance(value, list) else value for name, value in row.items()}
    return User(id=attributes.pop("user_id"), attributes=attributes)


def _rows(file: Path, what: What, key: str, problems: Problems) -> Iterator[tuple[str, Row]]:
    """Where a row stands, and its typed cells.

    Raises:
        InvalidInput: the header is not one of atomic files, or lacks ``key``.
    """
    rows = table(file, problems, what, delimiter="\t", encoding="latin-1")
    header = [cell.strip().partition(":") for cell in next(rows, (0, list[str]()))[1]]
    names = [name for name, _, _ in header]
    if key not in names or any(kind not in TYPES for _, _, kind in header):
        shown = ", ".join("".join(cell) for cell in header[:20]) or "nothing"
        raise InvalidInput(
            f"{file.name} does not begin with a header of name:type cells that has {key}:token; it begins with {shown}."
        )
    for number, cells in rows:
        where = f"{file.name}:{number}"
        if len(cells) != len(header):
            problems.reject(what, where, f"The row has {len(cells)} fields; the header has {len(header)}.")
            continue
        row: Row = {}
        try:
            for (name, _, kind), cell in zip(header, cells, strict=True):
                if cell.strip() not in MISSING:
                    row[name] = _typed(cell.strip(), kind)
        except ValueError:
            problems.reject(what, where, f"{name}: {cell[:40]!r} is no number.")
            continue
        if key not in row:
            problems.reject(what, where, f"The row has no {key}.")
            continue
        yield where, row


def _typed(cell: str, kind: str) -> Any:
    match kind:
        case "float":
            return float(cell)
        case "float_seq":
            return [float(part) for part in cell.replace(",", " ").split()]
        case "token_seq":
            return cell.split()
        case _:
            return cell


def _take(row: Row, names: tuple[str, ...]) -> Any:
    return next((row.pop(name) for name in names if name in row), None)


def _text(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _words(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list) else str(value).replace("|", ",").split(",")
