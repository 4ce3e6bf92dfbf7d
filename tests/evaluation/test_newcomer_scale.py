"""What the benchmark of newcomers measures is there: the catalogue it makes, and an item that is found everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks import newcomer_scale as newcomers

from segue.items import Credit, Item, ItemKind


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [
        Item(
            id=f"r{n}",
            kind=ItemKind.MOVIE,
            title=f"Film {n}",
            description=f"A keeper of lighthouse {n} finds a letter. The sea brings number {n * 7} to the shore.",
            creators=(Credit(f"Maker {n % 9}", "director"),),
            genres=(("Drama", "Noir", "Comedy")[n % 3],),
            tags=("sea",) if n % 2 else (),
            released=str(1960 + n),
        )
        for n in range(60)
    ]
    monkeypatch.setattr(newcomers, "real", lambda: made)
    monkeypatch.setattr(newcomers, "READ", 20)
    monkeypatch.setattr(newcomers, "PEOPLE", 30)
    monkeypatch.setattr(newcomers, "_READ", {})


@pytest.mark.usefixtures("few")
def test_the_catalogue_goes_round_with_other_texts_of_the_same_size() -> None:
    some = list(newcomers.catalogue(150))
    assert len({item.id for item in some}) == len({item.title for item in some}) == 150
    assert some[:60] == newcomers.real()
    assert [item.id for item in newcomers.catalogue(150)] == [item.id for item in some]
    first, again = some[5], some[65]
    assert (again.title, again.genres, again.released) == (f"{first.title} 2", first.genres, first.released)
    words = [(item.description or "").split() for item in (first, again)]
    assert len(words[0]) == len(words[1])
    assert words[0][: len(words[0]) // 2] == words[1][: len(words[0]) // 2]


@pytest.mark.slow
@pytest.mark.usefixtures("few")
def test_a_new_item_is_found_everywhere(tmp_path: Path) -> None:
    newcomers.build(tmp_path, 150)
    found = newcomers.measured(tmp_path, 150, 2)
    assert found["new"] == 2
    for way in (*newcomers.WAYS, "everywhere"):
        assert 0 < found["seconds"][way]["p50"] <= found["seconds"]["everywhere"]["max"] < newcomers.PATIENCE_S
    assert found["peak_mib"] > 100
    assert found["cpu_s"]["p50"] > 0
