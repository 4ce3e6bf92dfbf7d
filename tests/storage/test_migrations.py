"""The tables that the migrations make are those of the schema, on both databases, from every version on."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import text

from segue import storage
from segue.errors import StorageError
from segue.storage import database
from segue.storage.schema import VERSION_TABLE, metadata
from segue.testing.stores import fill


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest) -> str:
    new: Callable[[], str] = request.getfixturevalue(f"new_{request.param}")
    return new()


def test_the_migrations_end_at_the_schema(url: str) -> None:
    with storage.open(url) as store, store._db.reading() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True, "target_metadata": metadata}
        )
        assert compare_metadata(context, metadata) == []


_OLD_EVENT = """
    INSERT INTO events (id, user_id, item_id, kind, at, train) VALUES (:id, :user, :item, 'play', :at, true)
"""


def test_an_older_database_is_brought_up_to_date(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = database.versions()[-1]

    def first_only(connection: object) -> None:
        config = Config()
        config.set_main_option("script_location", str(database._MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, database.versions()[0])

    with monkeypatch.context() as patched:
        patched.setattr(database, "_upgrade", first_only)
        with storage.open(url) as store:
            assert store._db.version() == database.versions()[0]
            with store._db.writing("events") as connection:
                for n in range(3):
                    values = {"id": f"p{n}", "user": "ada", "item": "t1", "at": 1.0 * n}
                    connection.execute(text(_OLD_EVENT), values)
    with storage.open(url) as store:
        assert store._db.version() == newest
        assert store.counts()["events"] == 3
        assert store.check() == []


def test_a_backup_from_before_a_table_was_made_is_restored(url: str, tmp_path: Path) -> None:
    with storage.open(f"sqlite:///{tmp_path}/old.db") as old:
        fill(old)
        old.dump(tmp_path / "backup")
    manifest = tmp_path / "backup" / "rows.json"
    content = json.loads(manifest.read_text())
    for name in ("prints", "duplicates"):
        del content["files"][name]
        (tmp_path / "backup" / f"{name}.jsonl.gz").unlink()
    manifest.write_text(json.dumps({**content, "tables_version": "0002"}))
    with storage.open(url) as store:
        store.load(tmp_path / "backup")
        assert store.counts()["readings"] == 4
        assert store.duplicates() == []


def test_a_backup_from_before_a_column_was_made_is_restored(url: str, tmp_path: Path) -> None:
    with storage.open(f"sqlite:///{tmp_path}/old.db") as old:
        fill(old)
        old.dump(tmp_path / "backup")
    file = tmp_path / "backup" / "conversations.jsonl.gz"
    rows = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    assert rows
    for row in rows:
        del row["revision"]
    file.write_bytes(gzip.compress("".join(f"{json.dumps(row)}\n" for row in rows).encode()))
    manifest = tmp_path / "backup" / "rows.json"
    content = json.loads(manifest.read_text())
    content["files"]["conversations"]["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    manifest.write_text(json.dumps({**content, "tables_version": "0015"}))
    with storage.open(url) as store:
        store.load(tmp_path / "backup")
        assert store.check() == []
        for row in rows:
            kept = store.conversation(row["id"])
            assert kept is not None
            assert kept.revision == 0


def test_a_newer_database_is_refused(url: str) -> None:
    with storage.open(url) as store, store._db.writing("x") as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(StorageError, match=r"made by a newer Segue .*9999.*Update Segue"):
        storage.open(url)


def test_the_room_is_imported_without_its_libraries() -> None:
    code = "import sys, segue.storage; print([m for m in ('sqlalchemy', 'alembic', 'numpy') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
