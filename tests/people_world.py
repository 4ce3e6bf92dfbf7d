"""A trained workspace with people enough to learn questions from: three tastes, and ages that go with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from segue import Engine, Event, EventKind, Item
from segue.users import User

GENRES = ("ambient", "punk", "folk")
AGES = (25, 45, 65)
PER_GENRE, PEOPLE = 12, 30
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = """
[train]
models = ["popular_all", "popular_recent", "ease"]
"""


def items() -> list[Item]:
    """Twelve of each genre; the best known of punk is for adults, and an advert is better known than all."""
    made = [
        Item(
            id=f"{genre}-{n}",
            kind="movie",
            title=f"{genre.title()} number {n}",
            genres=(genre,),
            language="ja" if genre == "ambient" else "en",
            maturity=18 if (genre, n) == ("punk", 0) else 6,
        )
        for genre in GENRES
        for n in range(PER_GENRE)
    ]
    return [*made, Item(id="advert", kind="ad", title="Buy this")]


def events() -> list[Event]:
    """Each person of a taste turns to eight of its items in an order of their own, the first four the best known."""
    made = []
    for g, genre in enumerate(GENRES):
        for n in range(PEOPLE):
            own = [f"{genre}-{m}" for m in (0, 1, 2 + n % 2)] + ["advert"]
            own += [f"{genre}-{4 + (n + m) % 8}" for m in range(4)]
            for step, item in enumerate(own):
                made.append(
                    Event(
                        id=f"{genre}-{n}-{step}",
                        user_id=f"{genre}-fan-{n}",
                        item_id=item,
                        kind=EventKind.LIKE,
                        at=BEGIN + timedelta(days=step, minutes=g * PEOPLE + n),
                    )
                )
    return made


def crowd(place: Path, consent: bool = True) -> Path:
    """Make it and train it."""
    Engine.create(place)
    with (place / "segue.toml").open("a", encoding="utf-8") as file:
        file.write(SETTINGS)
    with Engine.open(place) as engine:
        engine.add_items(items())
        engine.record(events())
        engine._store.put_users(
            User(id=f"{genre}-fan-{n}", attributes={"age": age, "consent": consent})
            for genre, age in zip(GENRES, AGES, strict=True)
            for n in range(PEOPLE)
        )
        engine.train()
    return place
