"""A workspace over a small world with three tastes, trained once a session and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from segue import Engine, Event, EventKind, Item

GENRES = {
    "ambient": "slow quiet piano rain",
    "punk": "loud fast guitars shouting",
    "folk": "acoustic fiddle village dance",
}
PER_GENRE = 12
LISTENERS_PER_GENRE = 8
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = """
[train]
models = ["popular_all", "popular_recent", "item_knn", "ease", "content"]
"""


def items() -> list[Item]:
    return [
        Item(
            id=f"{genre}-{n}",
            kind="track",
            title=f"{genre.title()} number {n}",
            genres=(genre,),
            description=words,
            duration_s=200,
        )
        for genre, words in GENRES.items()
        for n in range(PER_GENRE)
    ]


def events() -> list[Event]:
    """Listener j of a genre completes ten of its twelve tracks, from the j-th on, and skips one of another genre."""
    names = list(GENRES)
    made = []
    for g, genre in enumerate(names):
        for j in range(LISTENERS_PER_GENRE):
            user = f"{genre}-fan-{j}"
            for n in range(10):
                at = BEGIN + timedelta(hours=24 * n + j, minutes=g)
                item = f"{genre}-{(j + n) % PER_GENRE}"
                made.append(Event(id=f"{user}-{n}", user_id=user, item_id=item, kind=EventKind.COMPLETE, at=at))
            other = f"{names[(g + 1) % 3]}-{j}"
            at = BEGIN + timedelta(days=4, hours=j)
            made.append(Event(id=f"{user}-skip", user_id=user, item_id=other, kind=EventKind.SKIP, at=at))
    return made


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "workspace"
    Engine.create(folder)
    with (folder / "segue.toml").open("a") as settings:
        settings.write(SETTINGS)
    with Engine.open(folder) as engine:
        engine.add_items(items())
        assert engine.record(events()).accepted == len(events())
        engine.understand(only=["ngram"])
        assert engine.train().promoted
    return folder


@pytest.fixture
def workspace(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "workspace"))


@pytest.fixture
def engine(workspace: Path) -> Iterator[Engine]:
    with Engine.open(workspace) as opened:
        yield opened
