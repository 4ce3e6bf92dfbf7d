"""Tables: CSV, TSV, JSON lines and Parquet, plain or gzip, of items, events or people.

Columns named like the fields of `Item` or `Event` are understood as they are; for others a mapping file
(`segue.ingest.mapping`) says what they mean. Cells are read as text, so that nothing is guessed from the first rows.
"""

from __future__ import annotations

import gzip
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...errors import InvalidInput
from ...events import Event, EventKind
from ...items import Item
from ...users import User
from ..files import lines, suffix, table
from ..mapping import ColumnMapping, columns_of, fields_of
from ..origin import EventIds, Origin, OriginConfig, Problems, What, existing

FORMATS = (".csv", ".tsv", ".tab", ".txt", ".jsonl", ".ndjson", ".parquet")
PARQUET_ROWS = 20_000

Numbered = tuple[str, dict[str, Any]]
"""Where a row stands, and its cells by column."""


class TableConfig(OriginConfig):
    """Settings of `Tables`."""

    mapping: Path | None = None
    """A file that says which column means what; see `segue.ingest.mapping`."""
    encoding: str | None = None
    """Encoding of text that is not UTF-8, for example ``latin-1`` or ``gb18030``."""
    delimiter: str | None = None
    """What stands between the fields. None: a tab in ``.tsv``, else the likeliest of ``, ; tab |``."""


class Tables(Origin):
    """See the module."""

    name = "table"
    Config = TableConfig

    def read(self, path: Path, problems: Problems) -> Iterator[Item | User | Event]:
        """See `Origin.read`."""
        if existing(path).is_dir():
            raise InvalidInput(f"{path} is a folder. Give one table: {', '.join(FORMATS)}, plain or .gz.")
        if path.stat().st_size == 0:
            raise InvalidInput(f"{path} is empty (0 bytes). Give a table with a header and rows.")
        mapping = ColumnMapping.load(self.config.mapping) if self.config.mapping else None
        columns, rows = self._rows(path, problems, _noun(mapping))
        if not columns and problems.listed():
            raise InvalidInput(f"{path} holds no row that can be read: {problems.listed()[0].what}")
        found = mapping or ColumnMapping.by_name(columns)
        sections = self._usable(path, found, columns)
        missing = frozenset(found.missing)
        ids = EventIds(self.name)
        seen: dict[str, str] = {}
        for where, row in rows:
            for what in sections:
                try:
                    fields = fields_of(getattr(found, what), row, missing)
                except ValueError as error:
                    problems.reject(what, where, f"{error}.")
                    continue
                if what == "items":
                    yield from self._item(fields, where, seen, len(sections) > 1, problems)
                elif what == "users":
                    yield from _some(problems.build(User, what, where, fields))
                else:
                    yield from self._event(fields, where, ids, problems)

    def _item(
        self, fields: dict[str, Any], where: str, seen: dict[str, str], repeated: bool, problems: Problems
    ) -> Iterator[Item]:
        """``repeated``: the table is of events, and tells of the same item again and again."""
        item_id = str(fields.get("id", ""))
        if item_id in seen:
            if not repeated:
                why = f"The id {item_id[:60]!r} stands at {seen[item_id]} already; this row is left out."
                problems.reject("items", where, why)
            return
        if self.config.kind:
            fields.setdefault("kind", self.config.kind)
        if item := problems.build(Item, "items", where, fields):
            seen[item_id] = where
            yield item

    def _event(self, fields: dict[str, Any], where: str, ids: EventIds, problems: Problems) -> Iterator[Event]:
        fields.setdefault("source", self.name)
        if "id" not in fields and "user_id" in fields and fields.get("kind") in list(EventKind):
            said = [fields.get(f) for f in ("value", "played_s", "position_s", "text", "session_id")]
            kind = EventKind(fields["kind"])
            fields["id"] = ids.of(fields["user_id"], fields.get("item_id"), kind, fields.get("at"), *said)
        else:
            # The kind or the person is missing or unknown, which is what the message shall be about.
            fields.setdefault("id", "none")
        yield from _some(problems.build(Event, "events", where, fields))

    def _usable(self, path: Path, mapping: ColumnMapping, columns: list[str]) -> list[What]:
        """The sections whose required columns are there.

        Raises:
            InvalidInput: there are none.
        """
        present = set(columns)
        kind_given = ("kind",) if self.config.kind is None else ()
        required: dict[What, tuple[str, ...]] = {
            "items": ("id", *kind_given),
            "users": ("id",),
            "events": ("user_id", "kind"),
        }
        usable: list[What] = []
        lacking = []
        for what, fields in required.items():
            section = getattr(mapping, what)
            if not section:
                continue
            absent = {f for f in fields if f not in section} | (columns_of(section, *fields) - present)
            if absent:
                lacking.append(f"{what} need {', '.join(sorted(absent))}")
            else:
                usable.append(what)
        if not usable:
            need = "; ".join(lacking) or "items need id, kind; events need user_id, item_id, kind"
            raise InvalidInput(
                f"{path.name} lacks columns: {need}. Columns found: {', '.join(columns[:40]) or 'none'}. "
                "Name them in a mapping file (--mapping), or give the items' kind with --kind."
            )
        return usable

    def _rows(self, path: Path, problems: Problems, what: What) -> tuple[list[str], Iterator[Numbered]]:
        """The columns and the rows."""
        kind = suffix(path)
        if kind == ".parquet":
            return _parquet(path)
        if kind in (".jsonl", ".ndjson"):
            return _json_lines(path, problems, what, self.config.encoding)
        if kind in (".csv", ".tsv", ".tab", ".txt"):
            delimiter = self.config.delimiter or _delimiter(path, kind)
            return _delimited(path, problems, what, delimiter, self.config.encoding)
        raise InvalidInput(f"{path.name} is no table that is known; expected {', '.join(FORMATS)}, plain or .gz.")


def _noun(mapping: ColumnMapping | None) -> What:
    """What a line that cannot even be split counts as."""
    return "events" if mapping and mapping.events else "items"


def _some(noun: Any) -> Iterator[Any]:
    if noun is not None:
        yield noun


def _delimiter(path: Path, kind: str) -> str:
    if kind in (".tsv", ".tab"):
        return "\t"
    header = next((line for _, line in lines(path, Problems(), "items", "latin-1")), "")
    return max(",;\t|", key=header.count)


def _delimited(
    path: Path, problems: Problems, what: What, delimiter: str, encoding: str | None
) -> tuple[list[str], Iterator[Numbered]]:
    rows = table(path, problems, what, delimiter=delimiter, encoding=encoding)
    columns = [name.strip() for name in next(rows, (0, list[str]()))[1]]
    if len(set(columns)) != len(columns):
        twice = sorted({name for name in columns if columns.count(name) > 1})
        raise InvalidInput(f"{path.name} has columns of the same name: {', '.join(twice)}. Rename one of them.")

    def numbered() -> Iterator[Numbered]:
        for number, row in rows:
            where = f"{path.name}:{number}"
            if len(row) != len(columns):
                problems.reject(what, where, f"The row has {len(row)} fields; the header has {len(columns)}.")
                continue
            yield where, dict(zip(columns, row, strict=True))

    return columns, numbered()


def _json_lines(
    path: Path, problems: Problems, what: What, encoding: str | None
) -> tuple[list[str], Iterator[Numbered]]:
    def numbered() -> Iterator[Numbered]:
        for number, line in lines(path, problems, what, encoding):
            if not line.strip():
                continue
            where = f"{path.name}:{number}"
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                problems.reject(what, where, f"The line is not JSON: {error}.")
                continue
            if isinstance(row, dict):
                yield where, row
            else:
                problems.reject(what, where, "The line is not a JSON object {…}.")

    # The keys of the first rows stand for the columns: one row may leave out what is missing.
    rows = numbered()
    head = [row for _, row in zip(range(100), rows, strict=False)]
    columns = list(dict.fromkeys(name for _, row in head for name in row))

    def all_rows() -> Iterator[Numbered]:
        yield from head
        yield from rows

    return columns, all_rows()


def _parquet(path: Path) -> tuple[list[str], Iterator[Numbered]]:
    import polars as pl

    packed = path.suffix.lower() == ".gz"
    folder = tempfile.TemporaryDirectory(prefix="segue-") if packed else None
    plain = path
    if folder:
        plain = Path(folder.name) / "table.parquet"
        with gzip.open(path) as source, plain.open("wb") as target:
            shutil.copyfileobj(source, target)
    try:
        scan = pl.scan_parquet(plain)
        columns = scan.collect_schema().names()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InvalidInput(f"{path.name} is no Parquet file that can be read: {str(error)[:200]}.") from error

    def numbered() -> Iterator[Numbered]:
        start = 0
        try:
            while True:
                part = scan.slice(start, PARQUET_ROWS).collect()
                for offset, row in enumerate(part.iter_rows(named=True), 1):
                    yield f"{path.name}:{start + offset}", row
                if len(part) < PARQUET_ROWS:
                    return
                start += PARQUET_ROWS
        except pl.exceptions.PolarsError as error:
            raise InvalidInput(f"{path.name} cannot be read from row {start} on: {str(error)[:200]}.") from error
        finally:
            if folder:
                folder.cleanup()

    return columns, numbered()
