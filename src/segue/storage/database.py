"""Database: connections, transactions, migrations, and database errors in plain words. Knows no table by name."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import disk_usage
from threading import Lock
from typing import Any
from zlib import crc32

from sqlalchemy import URL, Connection, Engine, PoolProxiedConnection, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ..errors import Busy, InvalidInput, MissingLibrary, SegueError, SettingsError, StorageError
from .schema import VERSION_TABLE

BUSY_S = 30
"""Seconds that a writer waits for another one before it gives up."""

_ROOM = 1 << 16
"""Bytes that SQLite needs beside a file."""
_MIGRATIONS = Path(__file__).parent / "migrations"
_EXPECTED = "Expected sqlite:///folder/segue.db or postgresql://user:password@host:port/database."
_PRAGMAS = (
    f"busy_timeout={BUSY_S * 1000}",
    "foreign_keys=ON",
    "synchronous=FULL",  # a commit is on the disk when it returns
    "secure_delete=ON",  # what is deleted is overwritten
    "cache_size=-131072",  # at most 128 MiB a connection: the indexes of a million events
)


class Database:
    """One SQLite file or PostgreSQL database, at the newest version of the tables.

    Args:
        url: ``sqlite:///path`` or ``postgresql://…``.

    One process writes at a time: SQLite by its own lock, PostgreSQL by an advisory lock per subject. So rows are
    numbered in the order in which they become visible, and who has read up to a number misses nothing below it.
    """

    def __init__(self, url: str) -> None:
        self.url = _url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _engine(self.url)
        # On SQLite a read outside a transaction needs no BEGIN, and a writer takes the lock before it reads: a lock
        # taken later could fail without waiting.
        self._reader = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._writer = self.engine.execution_options(begin="BEGIN IMMEDIATE")
        self._glancer: PoolProxiedConnection | None = None
        self._glancing = Lock()
        try:
            self._bring_up_to_date()
        except BaseException:
            self.close()
            raise

    @property
    def name(self) -> str:
        """What a person calls it: the file, or the server and database. Never a password."""
        if self.is_sqlite:
            return str(self.url.database)
        return f"PostgreSQL database {self.url.database!r} at {self.url.host or 'localhost'}:{self.url.port or 5432}"

    def close(self) -> None:
        """Close every connection."""
        with self._glancing:
            if self._glancer is not None:
                self._glancer.close()
                self._glancer = None
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for single reads, each of which sees all that is committed."""
        with self._clear_errors(), self._reader.connect() as connection:
            yield connection

    def glance(self, query: str, values: tuple[str, ...] = ()) -> Any:
        """The first value of the first row, for reads that stand in the path of every request.

        On SQLite through a connection of its own, past SQLAlchemy: some 10 µs instead of some 150.

        Args:
            query: SQL with ``?`` for each of the values.
        """
        if not self.is_sqlite:
            with self.reading() as connection:
                row = connection.exec_driver_sql(query.replace("?", "%s"), values).first()
                return row[0] if row else None
        with self._clear_errors(), self._glancing:
            if self._glancer is None:
                self._glancer = self.engine.raw_connection()
            connected = self._glancer.driver_connection
            assert connected is not None
            rows = connected.execute(query, values).fetchall()
            return rows[0][0] if rows else None

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection whose reads all see the same moment."""
        options = {"begin": "BEGIN"} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with self._clear_errors(), self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, subject: str) -> Iterator[Connection]:
        """A transaction: all of it is durable when the block ends, or none of it is there after an error.

        Args:
            subject: on PostgreSQL, writers of different subjects do not wait for each other.
        """
        with self._clear_errors(), self._writer.connect() as connection, connection.begin():
            if not self.is_sqlite:
                key = crc32(f"segue:{subject}".encode())
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
            yield connection

    def rewrite(self) -> None:
        """Leave no trace of deleted rows in a SQLite file: freed bytes in its pages, and its log, are overwritten.

        Raises:
            Busy: another process reads or writes.
        """
        if not self.is_sqlite:
            return
        with self.reading() as connection:
            connection.exec_driver_sql("VACUUM")
            blocked = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
        if blocked:
            raise Busy(f"{self.name}: deleted, but another process still reads older pages. Repeat when it has ended.")

    def version(self) -> str | None:
        """The newest migration that has been run here; None before the first."""
        with self.reading() as connection:
            if not inspect(connection).has_table(VERSION_TABLE):
                return None
            return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608

    def _bring_up_to_date(self) -> None:
        known = versions()
        if self.version() == known[-1]:
            return
        with ExitStack() as held:
            if self.is_sqlite:
                # SQLite answers "locked" at once, without waiting, when two processes turn on the write-ahead log.
                from filelock import FileLock, Timeout

                try:
                    held.enter_context(FileLock(f"{self.url.database}.lock", timeout=BUSY_S))
                except Timeout as error:
                    raise Busy(f"Another process is preparing {self.name}. Try again when it has ended.") from error
                except OSError as error:
                    raise StorageError(f"{self.name} cannot be made or changed: {error.strerror}.") from error
                with self.reading() as connection:
                    connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            connection = held.enter_context(self.writing("tables"))
            found = None
            if inspect(connection).has_table(VERSION_TABLE):
                found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608
            if found is not None and found not in known:
                raise StorageError(
                    f"{self.name} was made by a newer Segue (tables version {found}; this one knows {known[-1]}). "
                    "Update Segue: pip install --upgrade segue."
                )
            if found != known[-1]:
                _upgrade(connection)

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except PoolTimeout as error:
            raise Busy(f"All connections to {self.name} are in use. Try again later.") from error
        except DBAPIError as error:
            raise self._told(error.orig) from error
        except sqlite3.Error as error:
            raise self._told(error) from error
        except SQLAlchemyError as error:
            raise StorageError(f"{self.name}: {self._without_password(str(error))}") from error

    def _told(self, error: BaseException | None) -> SegueError:
        said = self._without_password(str(error)).strip()
        state = getattr(error, "sqlstate", None)
        if "disk I/O error" in said and self._full():
            said = "database or disk is full"
        for signs, kind, sentence in _SENTENCES:
            if state in signs or any(sign in said for sign in signs):
                return kind(f"{self.name}: {sentence}")
        lost = type(error).__name__ in ("OperationalError", "InterfaceError")
        if not self.is_sqlite and ((state is None and lost) or (state or "").startswith(("08", "57P"))):
            return StorageError(
                f"{self.name} cannot be reached: {_last_line(said)}. Check that the server runs, and host and port."
            )
        return StorageError(f"{self.name} reports: {_last_line(said)}. Nothing of this step was kept.")

    def _full(self) -> bool:
        """Whether there is no room for the files beside a SQLite file, without which it cannot even be read."""
        try:
            return disk_usage(Path(str(self.url.database)).parent).free < _ROOM
        except OSError:
            return False

    def _without_password(self, said: str) -> str:
        for secret in (self.url.password, self.url.query.get("password")):
            if isinstance(secret, str) and secret:
                said = said.replace(secret, "***")
        return said


_NOTHING_KEPT = "nothing of this step was kept"
_SENTENCES: tuple[tuple[tuple[str, ...], type[SegueError], str], ...] = (
    (
        ("database or disk is full", "53100"),
        StorageError,
        f"the disk is full; {_NOTHING_KEPT}. Free some space and repeat.",
    ),
    (
        ("readonly database", "25006"),
        StorageError,
        "it may only be read. Check the rights on the file and its folder, or the rights of the user.",
    ),
    (
        ("database is locked", "database table is locked", "55P03", "40P01"),
        Busy,
        f"another process was writing for more than {BUSY_S} s; {_NOTHING_KEPT}. Try again when it has ended.",
    ),
    (
        ("file is not a database", "malformed", "XX001", "XX002"),
        StorageError,
        "the file is damaged or no Segue database. `segue doctor` says more; `segue restore` brings back a backup.",
    ),
    (
        ("unable to open database file",),
        StorageError,
        "the file cannot be opened. Check that its folder exists and may be written.",
    ),
    (("disk I/O error",), StorageError, f"the disk reports an error; {_NOTHING_KEPT}. Check the disk and repeat."),
    (
        ("28P01", "28000", "password authentication failed", "no password supplied"),
        StorageError,
        "the server refuses the user name or the password. Correct [storage] url or SEGUE_STORAGE__URL.",
    ),
    (
        ("3D000", 'FATAL:  database "'),  # a refused connection has no state, only words
        StorageError,
        "there is no such database on this server. Make it with `createdb`, or correct [storage] url.",
    ),
    (("cannot contain NUL",), InvalidInput, "a text with a NUL character cannot be kept or looked up. Remove it."),
    (("42501",), StorageError, "the user lacks a right on it. Grant it, or use the owner of the database."),
)


def versions() -> list[str]:
    """The numbers of all migrations, oldest first."""
    return sorted(file.name[:4] for file in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def _upgrade(connection: Connection) -> None:
    from alembic import command  # costs more than the rest of opening, and is rarely needed
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _url(stated: str) -> URL:
    try:
        url = make_url(stated)
    except (ArgumentError, ValueError) as error:
        # The text itself may hold a password: it is not repeated.
        raise SettingsError(f"The storage URL cannot be read. {_EXPECTED}") from error
    backend = "postgresql" if url.drivername == "postgres" else url.get_backend_name()
    if backend == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise SettingsError(f"Rows cannot be kept in {backend!r}. {_EXPECTED}")
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise SettingsError(f"The storage URL names no file. {_EXPECTED}")
    return url.set(drivername="sqlite")


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        # Whole files are read by many threads of one server: no ceiling on connections, which are cheap here.
        engine = create_engine(url, hide_parameters=True, max_overflow=-1)

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _record: Any) -> None:
            connection.isolation_level = None  # transactions begin where `begin` below says so, also before DDL
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            statement = connection.get_execution_options().get("begin")
            if statement:
                connection.exec_driver_sql(statement)

        return engine
    try:
        return create_engine(
            url, hide_parameters=True, max_overflow=20, pool_pre_ping=True, connect_args={"connect_timeout": 10}
        )
    except ImportError as error:
        raise MissingLibrary(
            "PostgreSQL needs the library psycopg, which is not installed: pip install 'segue[postgres]'."
        ) from error


def _last_line(said: str) -> str:
    return said.splitlines()[-1].strip().rstrip(".") if said else "no reason given"
