"""Imports as a whole: counts, dry runs, repetition, interruption, unknown items, a full disk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from segue.errors import InvalidInput, NotFound, StorageError
from segue.events import Event, EventKind
from segue.ingest import ORIGINS, run
from segue.ingest.origin import Origin, Problems
from segue.items import Item, ItemKind
from segue.storage.rows import Store
from segue.users import User

from .conftest import Import

AT = datetime(2024, 1, 1, tzinfo=UTC)


def stream(n: int) -> Iterator[Item | User | Event]:
    for i in range(n):
        yield Item(id=f"i{i}", kind=ItemKind.TRACK, title=f"Track {i}")
        yield User(id=f"u{i}", attributes={"age": i})
        yield Event(id=f"e{i}", user_id=f"u{i}", item_id=f"i{i}", kind=EventKind.PLAY, at=AT)


def test_every_origin_of_the_table_can_be_loaded() -> None:
    for name in ORIGINS:
        origin = ORIGINS.load(name)
        assert issubclass(origin, Origin)
        assert origin.name == name


def test_nouns_are_counted_and_a_second_import_changes_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "BATCH", 7)
    told: list[tuple[int, int | None]] = []
    rehearsed = run.import_into(store, stream(10), Problems(), dry_run=True).as_json()
    assert store.counts()["items"] == 0
    report = run.import_into(store, stream(10), Problems(), progress=lambda n, of: told.append((n, of)), total=30)
    assert report.as_json() == {**rehearsed, "dry_run": False}
    assert report.as_json()["items"] == {"added": 10, "updated": 0, "unchanged": 0, "rejected": 0}
    assert report.as_json()["events"] == {"added": 10, "duplicate": 0, "rejected": 0}
    assert told[-1] == (30, 30)
    again = run.import_into(store, stream(10), Problems()).as_json()
    assert again["items"] == again["users"] == {"added": 0, "updated": 0, "unchanged": 10, "rejected": 0}
    assert again["events"] == {"added": 0, "duplicate": 10, "rejected": 0}
    assert run.import_into(store, stream(10), Problems(), dry_run=True).as_json() == {**again, "dry_run": True}


def test_an_interrupted_import_keeps_what_was_committed_and_repeating_finishes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "BATCH", 9)

    def interrupted() -> Iterator[Item | User | Event]:
        for i, noun in enumerate(stream(10)):
            if i == 20:
                raise KeyboardInterrupt
            yield noun

    with pytest.raises(KeyboardInterrupt):
        run.import_into(store, interrupted(), Problems())
    assert store.counts()["items"] == 6
    report = run.import_into(store, stream(10), Problems()).as_json()
    assert report["items"] == {"added": 4, "updated": 0, "unchanged": 6, "rejected": 0}
    assert report["events"] == {"added": 4, "duplicate": 6, "rejected": 0}


def test_a_full_disk_is_one_error_and_repeating_finishes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "BATCH", 9)
    append, calls = store.append, []

    def full(events: list[Event]) -> object:
        calls.append(len(events))
        if len(calls) == 2:
            raise StorageError("The disk is full.")
        return append(events)

    monkeypatch.setattr(store, "append", full)
    with pytest.raises(StorageError, match="disk is full"):
        run.import_into(store, stream(10), Problems())
    report = run.import_into(store, stream(10), Problems()).as_json()
    assert report["events"] == {"added": 7, "duplicate": 3, "rejected": 0}


def test_events_about_unknown_items_are_rejected_or_create_them(store: Store) -> None:
    events = [Event(id=f"e{i}", user_id="u", item_id="new", kind=EventKind.LIKE, at=AT, source="x") for i in range(3)]
    problems = Problems()
    report = run.import_into(store, events, problems).as_json()
    assert report["events"] == {"added": 0, "duplicate": 0, "rejected": 3}
    assert "There is no item 'new'" in report["problems"][0]["what"]
    for dry_run in (True, False):
        report = run.import_into(store, events, Problems(), unknown_items=ItemKind.GAME, dry_run=dry_run).as_json()
        assert report["items"]["added"] == 1
        assert report["events"]["added"] == 3
    assert store.item("new").kind is ItemKind.GAME


def test_problems_beyond_the_first_thousand_are_counted() -> None:
    problems = Problems()
    for i in range(1200):
        problems.reject("events", f"f:{i}", "no.")
    assert problems.rejected["events"] == 1200
    assert len(problems.listed()) == 1001
    assert problems.listed()[-1].what.startswith("200 more")


def test_wrong_names_and_options_are_told(take: Import, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(NotFound, match="Did you mean 'movielens'"):
        take("movielense", tmp_path)
    with pytest.raises(InvalidInput, match=r"speed.*Known: kind"):
        take("movielens", tmp_path, speed=3)
    with pytest.raises(InvalidInput, match="kind"):
        take("movielens", tmp_path, kind="film")
    with pytest.raises(InvalidInput, match="does not exist"):
        take("table", tmp_path / "nothing.csv")
    with pytest.raises(InvalidInput, match=r"holds none of .*found: nothing"):
        take("movielens", empty)


def of(provider: str, kind: ItemKind, title: str, released: str | None = None) -> list[Item | User | Event]:
    user, at = "1", None
    return [
        Item(id="1", kind=kind, title=title, provider=provider, released=released),
        Event(id=f"{provider}:1", user_id=user, item_id="1", kind=EventKind.PLAY, at=at, source=provider),
    ]


@pytest.mark.parametrize("dry", [False, True])
def test_ids_that_two_sources_give_to_two_things_do_not_run_together(store: Store, dry: bool) -> None:
    run.import_into(store, of("movielens", ItemKind.MOVIE, "Toy Story"), Problems())
    report = run.import_into(store, of("lastfm", ItemKind.TRACK, "MALICE MIZER"), Problems(), dry_run=dry).as_json()
    assert report["items"]["rejected"] == report["events"]["rejected"] == 1
    assert "“Toy Story” of movielens" in report["problems"][0]["what"]
    assert store.item("1").title == "Toy Story"
    assert [event.id for _, event in store.events(user_id="1")] == ["movielens:1"]


@pytest.mark.parametrize(
    ("provider", "kind", "title", "released", "kept"),
    [
        ("tmdb", ItemKind.MOVIE, "Ariel", "1988", False),
        ("tmdb", ItemKind.MOVIE, "玩具总动员", "1995", True),  # one film under two titles
        ("tmdb", ItemKind.MOVIE, "TOY STORY", None, True),
        ("movielens", ItemKind.SERIES, "Toy Story", None, True),  # the same source has corrected itself
    ],
)
def test_one_thing_that_two_sources_know_is_one_item(
    store: Store, provider: str, kind: ItemKind, title: str, released: str | None, kept: bool
) -> None:
    run.import_into(store, of("movielens", ItemKind.MOVIE, "Toy Story", "1995"), Problems())
    run.import_into(store, of(provider, kind, title, released), Problems())
    assert (store.item("1").title == title) is kept
    assert store.counts()["items"] == 1
