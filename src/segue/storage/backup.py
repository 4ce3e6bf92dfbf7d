"""Backup: every table as a file of JSON lines (gzip), the same for every database.

A folder holds ``items.jsonl.gz users.jsonl.gz …``, a file a table, and ``rows.json``: the version of the tables,
and the number of rows and the SHA-256 of each file. Row numbers are kept; vectors are base64.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, LargeBinary, Table, func, insert, select, text

from ..errors import StorageError
from .database import Database, versions
from .paging import catalogue_changed
from .schema import (
    annotated,
    conversations,
    duplicates,
    events,
    items,
    labels,
    llm_usage,
    members,
    opinions,
    playlists,
    prints,
    readings,
    relations,
    reviews,
    summaries,
    users,
    verdicts,
)

TABLES = (
    items,
    users,
    events,
    opinions,
    readings,
    prints,
    duplicates,
    labels,
    annotated,
    summaries,
    reviews,
    relations,
    verdicts,
    members,
    llm_usage,
    conversations,
    playlists,
)
"""In an order in which they can be filled."""
_BATCH = 5_000


def dump(database: Database, folder: Path) -> None:
    """Write every row, all as of the same moment, into ``folder`` (made if absent)."""
    manifest: dict[str, Any] = {"tables_version": versions()[-1], "files": {}}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with database.snapshot() as connection:
            for table in TABLES:
                place = folder / f"{table.name}.jsonl.gz"
                rows = _write(connection, table, place)
                manifest["files"][table.name] = {"rows": rows, "sha256": _sha256(place)}
        (folder / "rows.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"The backup cannot be written to {folder}: {error.strerror}.") from error


def load(database: Database, folder: Path) -> None:
    """Fill an empty database from ``folder``: everything, or nothing at all after an error.

    Raises:
        StorageError: the database holds rows already, or the backup is damaged or was made by a newer Segue.
    """
    manifest = _manifest(folder)
    with database.writing("items") as connection:
        for table in TABLES:
            if connection.execute(select(table).limit(1)).first() is not None:
                raise StorageError(
                    f"{database.name} already holds {table.name}; a backup is restored only into an empty one. "
                    "Restore into a new workspace."
                )
        try:
            for table in _held(manifest):
                _fill(connection, table, folder / f"{table.name}.jsonl.gz", manifest[table.name])
        except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
            raise StorageError(f"The backup in {folder} is damaged: {error}. Nothing was restored.") from error
        catalogue_changed(connection)
        if not database.is_sqlite:
            for table in (items, events):
                key = next(iter(table.primary_key.columns))
                newest = connection.execute(select(func.max(key))).scalar()
                if newest is not None:
                    connection.execute(
                        text("SELECT setval(pg_get_serial_sequence(:table, :column), :newest)"),
                        {"table": table.name, "column": key.name, "newest": newest},
                    )


def _held(files: Mapping[str, Any]) -> Iterator[Table]:
    """The tables of a backup: one that was made before a table existed does not have it."""
    return (table for table in TABLES if table.name in files)


def _write(connection: Connection, table: Table, place: Path) -> int:
    binary = {column.name for column in table.columns if isinstance(column.type, LargeBinary)}
    rows = 0
    found = connection.execution_options(yield_per=_BATCH).execute(select(table).order_by(*table.primary_key.columns))
    with gzip.open(place, "wt", compresslevel=3, encoding="utf-8", newline="\n") as stream:
        for row in found.mappings():
            stated = {name: value for name, value in row.items() if value is not None}
            for name in binary & stated.keys():
                stated[name] = b64encode(stated[name]).decode("ascii")
            stream.write(json.dumps(stated, ensure_ascii=False))
            stream.write("\n")
            rows += 1
    return rows


def _manifest(folder: Path) -> dict[str, dict[str, Any]]:
    place = folder / "rows.json"
    try:
        manifest = json.loads(place.read_text(encoding="utf-8"))
        version, files = manifest["tables_version"], manifest["files"]
        if version not in versions():
            raise StorageError(f"The backup in {folder} was made by a newer Segue. Update: pip install -U segue.")
        if version == versions()[-1] and (absent := [t.name for t in TABLES if t.name not in files]):
            raise KeyError(absent[0])
        for table in _held(files):
            file = folder / f"{table.name}.jsonl.gz"
            if _sha256(file) != files[table.name]["sha256"]:
                raise StorageError(f"The backup is damaged: {file} is not as it was written. Nothing was restored.")
    except FileNotFoundError as error:
        raise StorageError(f"{folder} holds no whole backup: there is no {error.filename}.") from error
    except OSError as error:
        raise StorageError(f"The backup in {folder} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"The backup is damaged: {place} cannot be understood. Nothing was restored.") from error
    return dict(files)


def _fill(connection: Connection, table: Table, place: Path, stated: dict[str, Any]) -> None:
    names = [column.name for column in table.columns]
    # A backup that was made before a column existed does not have it.
    otherwise = {column.name: getattr(column.default, "arg", None) for column in table.columns}
    binary = {column.name for column in table.columns if isinstance(column.type, LargeBinary)}

    def rows() -> Iterator[dict[str, Any]]:
        with gzip.open(place, "rt", encoding="utf-8") as stream:
            for line in stream:
                row = json.loads(line)
                if unknown := row.keys() - set(names):
                    raise ValueError(f"{place.name} has an unknown column {min(unknown)!r}")
                yield {n: b64decode(row[n]) if n in binary and n in row else row.get(n, otherwise[n]) for n in names}

    source, filled = rows(), 0
    while batch := list(islice(source, _BATCH)):
        connection.execute(insert(table), batch)
        filled += len(batch)
    if filled != stated["rows"]:
        raise ValueError(f"{place.name} holds {filled} rows instead of {stated['rows']}")


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
