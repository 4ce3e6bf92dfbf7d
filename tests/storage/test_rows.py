"""The store's contract on SQLite and on PostgreSQL, and what differs between them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from segue import storage
from segue.testing.stores import StoreContract, assert_same, fill


class TestSQLite(StoreContract):
    @pytest.fixture
    def url(self, new_sqlite: Callable[[], str]) -> str:
        return new_sqlite()

    @pytest.fixture
    def second_url(self, new_sqlite: Callable[[], str]) -> str:
        return new_sqlite()


@pytest.mark.postgres
class TestPostgreSQL(StoreContract):
    @pytest.fixture
    def url(self, new_postgres: Callable[[], str]) -> str:
        return new_postgres()

    @pytest.fixture
    def second_url(self, new_postgres: Callable[[], str]) -> str:
        return new_postgres()


@pytest.mark.postgres
@pytest.mark.parametrize("there", [True, False])
def test_a_backup_moves_between_databases(
    there: bool, new_sqlite: Callable[[], str], new_postgres: Callable[[], str], tmp_path: Path
) -> None:
    source, target = (new_sqlite(), new_postgres()) if there else (new_postgres(), new_sqlite())
    with storage.open(source) as one, storage.open(target) as other:
        fill(one)
        one.dump(tmp_path / "backup")
        other.load(tmp_path / "backup")
        assert_same(one, other)
