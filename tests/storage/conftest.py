"""An empty database for each test: a SQLite file, or a database of a real PostgreSQL server."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

ROOT = Path(__file__).resolve().parents[2]


def server_url() -> str | None:
    """Address of the test server: the environment variable, else what ``scripts/services.sh start`` wrote."""
    stated = os.environ.get("SEGUE_TEST_POSTGRES_URL")
    written = ROOT / ".services" / "env"
    if stated or not written.exists():
        return stated
    for line in written.read_text().splitlines():
        name, _, value = line.partition("=")
        if name == "SEGUE_TEST_POSTGRES_URL":
            return value
    return None


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """Address of a PostgreSQL server on which databases may be made. Skips, or fails in continuous integration."""
    url = server_url()
    if url is not None:
        return url
    advice = "no PostgreSQL server; start one with `make services` or set SEGUE_TEST_POSTGRES_URL"
    if os.environ.get("CI") == "true" or os.environ.get("SEGUE_REQUIRE_SERVICES") == "1":
        pytest.fail(advice)
    pytest.skip(advice)


@pytest.fixture
def new_postgres(postgres_server: str) -> Iterator[Callable[[], str]]:
    """Makes databases of this test's own; they are dropped after it."""
    server = make_url(postgres_server).set(drivername="postgresql+psycopg")
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    made: list[str] = []

    def new() -> str:
        name = f"segue_test_{uuid.uuid4().hex}"
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        made.append(name)
        return server.set(drivername="postgresql", database=name).render_as_string(hide_password=False)

    yield new
    with engine.connect() as connection:
        for name in made:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def new_sqlite(tmp_path: Path) -> Callable[[], str]:
    """Addresses of new SQLite files."""
    return lambda: f"sqlite:///{tmp_path / uuid.uuid4().hex}.db"
