"""What goes wrong around a database: one clear message, nothing lost, nothing half-written."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from segue import storage
from segue.errors import Busy, SettingsError, StorageError
from segue.items import Item, ItemKind
from segue.storage import database
from segue.storage.locks import workspace_lock
from segue.storage.rows import Store
from segue.testing.stores import plays, rich_event, rich_item


def python(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Another process that runs ``code``."""
    return subprocess.Popen(
        [sys.executable, "-u", "-c", textwrap.dedent(code), *arguments], stdout=subprocess.PIPE, text=True
    )


def before_every_transaction(store: Store, pragma: str) -> None:
    @event.listens_for(store._db.engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA {pragma}")


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def test_a_full_disk_keeps_what_was_there(new_sqlite: Callable[[], str]) -> None:
    with storage.open(new_sqlite()) as store:
        store.append(plays(100))
        before_every_transaction(store, "max_page_count=60")
        with pytest.raises(StorageError, match="disk is full; nothing of this step was kept"):
            store.append(plays(20_000, first=100))
        assert [e.id for _, e in store.events()] == [e.id for e in plays(100)]
        assert store.check() == []


def test_a_file_that_may_only_be_read(new_sqlite: Callable[[], str]) -> None:
    with storage.open(new_sqlite()) as store:
        before_every_transaction(store, "query_only=ON")
        with pytest.raises(StorageError, match="may only be read"):
            store.put_items([rich_item()])


def test_a_writer_that_never_ends(new_sqlite: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_PRAGMAS", (*database._PRAGMAS, "busy_timeout=50"))
    url = new_sqlite()
    with storage.open(url) as store:
        other = sqlite3.connect(file_of(url), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Busy, match="another process was writing"):
            store.append(plays(1))
        assert store.last_seq() == 0
        other.execute("ROLLBACK")
        other.close()
        assert store.append(plays(1)).added == 1


@pytest.mark.parametrize("harm", ["header", "middle", "not a database"])
def test_a_damaged_file(harm: str, new_sqlite: Callable[[], str]) -> None:
    url = new_sqlite()
    with storage.open(url) as store:
        store.append(plays(5000))
    file = file_of(url)
    content = bytearray(file.read_bytes())
    if harm == "header":
        content[:100] = b"\xff" * 100
    elif harm == "middle":
        content[60 * 4096 : 120 * 4096] = b"\xff" * (60 * 4096)
    else:
        content = bytearray(b"a text, long enough to be looked at as a database\n" * 100)
    file.write_bytes(content)
    if harm == "middle":
        with storage.open(url) as store:
            assert any("damaged" in problem for problem in store.check())
            with pytest.raises(StorageError, match="damaged"):
                list(store.events())
    else:
        with pytest.raises(StorageError, match="damaged or no Segue database"):
            storage.open(url)


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be opened"):
        storage.open(f"sqlite:///{tmp_path}/none/segue.db")


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://a:secret@b/c", "secret", "", "http://x:secret@["]
)
def test_a_url_that_cannot_be_used(url: str) -> None:
    with pytest.raises(SettingsError, match="Expected sqlite:///") as caught:
        storage.open(url)
    assert "secret" not in str(caught.value)


KILLED = """
    import sys
    from segue import storage
    from segue.storage import rows
    from segue.testing.stores import plays
    rows.EVENT_BATCH = 500
    with storage.open(sys.argv[1]) as store:
        def told():
            for n, event in enumerate(plays(200_000)):
                if n % 500 == 0 and n:
                    print(n, flush=True)  # the next batch is asked for when these are acknowledged
                yield event
        store.append(told())
"""


def killed_while_appending(url: str) -> None:
    process = python(KILLED, url)
    assert process.stdout is not None
    acknowledged = 0
    for line in process.stdout:
        acknowledged = int(line)
        if acknowledged >= 2000:
            break
    os.kill(process.pid, signal.SIGKILL)
    acknowledged = max(
        [acknowledged, *(int(line) for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n"))]
    )
    process.wait()
    everything = plays(acknowledged + 2000)
    with storage.open(url) as store:
        there = [e.id for _, e in store.events()]
        assert len(there) >= acknowledged
        assert len(there) % 500 == 0, "a transaction is there whole or not at all"
        assert there == [f"p{n}" for n in range(len(there))]
        assert store.check() == []
        answer = store.append(everything)
        assert answer.added == len(everything) - len(there)
        assert [e for _, e in store.events()] == everything


def test_killed_in_the_middle_of_appending(new_sqlite: Callable[[], str]) -> None:
    killed_while_appending(new_sqlite())


@pytest.mark.postgres
def test_killed_in_the_middle_of_appending_to_postgres(new_postgres: Callable[[], str]) -> None:
    killed_while_appending(new_postgres())


WRITES = """
    import sys
    from segue import storage
    from segue.testing.stores import plays
    url, who, shared = sys.argv[1:]
    with storage.open(url) as store:
        for n in range(8):
            added = store.append([*plays(25, who, int(who) * 1000 + n * 25), *plays(25, "all", 50_000 + n * 25)]).added
            assert added in (25, 50), added
"""


def test_processes_that_open_and_write_at_once(new_sqlite: Callable[[], str]) -> None:
    url = new_sqlite()
    processes = [python(WRITES, url, str(n), "all") for n in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    with storage.open(url) as store:
        assert store.counts()["events"] == 3 * 200 + 200
        assert store.check() == []


@pytest.mark.postgres
def test_processes_that_open_and_write_to_postgres_at_once(new_postgres: Callable[[], str]) -> None:
    url = new_postgres()
    processes = [python(WRITES, url, str(n), "all") for n in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    with storage.open(url) as store:
        assert store.counts()["events"] == 3 * 200 + 200


def test_a_locked_workspace_says_who_holds_it(tmp_path: Path) -> None:
    code = """
        import sys, time
        from pathlib import Path
        from segue.storage.locks import workspace_lock
        with workspace_lock(Path(sys.argv[1]), "training"):
            print("held", flush=True)
            time.sleep(60)
    """
    holder = python(code, str(tmp_path))
    assert holder.stdout is not None
    holder.stdout.readline()
    with pytest.raises(Busy, match=rf"training \(process {holder.pid}\)"), workspace_lock(tmp_path, "importing"):
        pytest.fail("both hold the workspace")
    holder.kill()
    holder.wait()
    with workspace_lock(tmp_path, "importing"), pytest.raises(Busy, match="importing"), workspace_lock(tmp_path, "x"):
        pytest.fail("both hold the workspace")
    with workspace_lock(tmp_path, "importing"):
        pass


def test_a_workspace_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="none"), workspace_lock(tmp_path / "none", "training"):
        pass
    assert not (tmp_path / "none").exists()


def test_not_a_byte_of_an_erased_person_is_left(new_sqlite: Callable[[], str]) -> None:
    url = new_sqlite()
    secret = "erase-me-entirely"
    with storage.open(url) as store:
        store.put_items([Item(id="film", kind=ItemKind.MOVIE)])
        # Ids that fall between each other split the pages of the indexes, which leaves copies behind.
        people = [secret if n % 7 == 0 else f"user-{n * 7919 % 1000}" for n in range(2000)]
        found = [rich_event(f"{n * 7919 % 2000:05d}-{who}", who) for n, who in enumerate(people)]
        for n in range(0, 2000, 20):
            store.append(found[n : n + 20])
        assert store.erase_user(secret)["events"] == 286
        for file in file_of(url).parent.glob(file_of(url).name + "*"):
            assert secret.encode() not in file.read_bytes(), file
        assert store.counts()["events"] == 2000 - 286


@pytest.mark.postgres
def test_a_server_that_refuses(new_postgres: Callable[[], str]) -> None:
    url = new_postgres()
    user, _, rest = url.removeprefix("postgresql://").partition(":")
    _, _, place = rest.partition("@")
    host, _, _ = place.partition("/")
    for wrong, told in (
        (f"postgresql://{user}:wr0ng-pass@{place}", "refuses the user name or the password"),
        (f"postgresql://{user}:wr0ng-pass@127.0.0.1:1/x", "cannot be reached"),
        (f"postgresql://{url.removeprefix('postgresql://').partition('/')[0]}/nosuchdatabase", "no such database"),
        (f"postgresql://{host}/x?user=nobody&password=wr0ng-pass", "refuses the user name or the password"),
    ):
        with pytest.raises(StorageError, match=told) as caught:
            storage.open(wrong)
        assert "wr0ng-pass" not in str(caught.value)


@pytest.mark.postgres
def test_a_server_that_goes_away_and_comes_back(new_postgres: Callable[[], str]) -> None:
    with storage.open(new_postgres()) as store:
        store.append(plays(1))
        with store._db.reading() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            with pytest.raises(StorageError, match="cannot be reached"), store._db.writing("x") as other:
                other.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
        assert store.append(plays(2)).added == 1
