"""The store's contract on SQLite and on PostgreSQL, and what differs between them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import event

from segue import storage
from segue.errors import StorageError
from segue.items import Item, ItemKind
from segue.readings import Reading
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


def test_the_first_vector_of_a_space_may_come_while_it_is_read(new_sqlite: Callable[[], str]) -> None:
    """Every request that finds the catalogue changed reads vectors, and an item that was just put in gets its first."""
    url = new_sqlite()
    with storage.open(url) as store, storage.open(url) as other:
        store.put_items([Item(id=i, kind=ItemKind.TRACK) for i in "ab"])
        coming = [Reading(i, "text", "f", np.ones(dim, np.float32)) for i, dim in (("a", 3), ("b", 5))]

        def meanwhile(*_: object) -> None:
            if coming:
                other.put_readings([coming.pop(0)])

        event.listen(store._db.engine, "after_cursor_execute", meanwhile)
        found = [store.vectors("text") for _ in range(2)]
        event.remove(store._db.engine, "after_cursor_execute", meanwhile)
        assert [(ids, vectors.shape) for ids, vectors in found] == [([], (0, 0)), (["a"], (1, 3))]
        with pytest.raises(StorageError, match="3 and 5 dimensions"):
            store.vectors("text")
