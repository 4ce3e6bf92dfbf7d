"""How events are numbered: what has no item, or one that is not in the catalogue, is left out and breaks nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from segue import Event, Item, storage
from segue.catalogue import Catalogue
from segue.dataset import Dataset, item_durations, item_rows, watch_share
from segue.events import EventKind, EventTable
from segue.opinions import Opinion
from segue.profiles.history import live
from segue.settings import CleaningSettings, Settings

AT = datetime(2026, 1, 1, tzinfo=UTC)
RATED = {"value": 5, "scale": (1, 5)}
SETTINGS = Settings()
ITEMS = (Item(id="a", kind="track", title="A", duration_s=100), Item(id="b", kind="track", title="B"))
CATALOGUE = Catalogue.build(ITEMS)


def table(*kinds_and_items: tuple[str, str | None], played: float | None = None) -> EventTable:
    with tempfile.TemporaryDirectory() as folder, storage.open(f"sqlite:///{folder}/segue.db") as store:
        store.append(
            [
                Event(id=str(n), user_id="ada", item_id=item, kind=kind, at=AT, text="rain", played_s=played)
                for n, (kind, item) in enumerate(kinds_and_items)
            ]
        )
        return store.event_table()


@pytest.mark.parametrize("catalogue", [CATALOGUE, Catalogue.build(())])
@pytest.mark.parametrize("events", [[], [("search", None)], [("play", "gone")], [("search", None), ("like", "gone")]])
def test_events_without_a_known_item_are_left_out(
    events: Sequence[tuple[str, str | None]], catalogue: Catalogue
) -> None:
    rows = table(*events)
    assert len(Dataset.build(catalogue, rows, SETTINGS.signals)) == 0
    assert len(live("ada", rows, catalogue, SETTINGS).history) == 0


def test_rows_and_durations_follow_the_catalogue() -> None:
    rows = table(("play", "b"), ("search", None), ("play", "gone"), ("play", "a"))
    items = item_rows(rows, CATALOGUE)
    assert items.tolist() == [1, -1, -1, 0]
    assert items.dtype == np.int32
    np.testing.assert_array_equal(item_durations(items, CATALOGUE), np.float32([np.nan, np.nan, np.nan, 100]))


def test_learning_and_serving_weigh_an_event_alike() -> None:
    rows = table(("play", "a"), ("search", None), ("play", "b"), ("skip", "a"), played=25)
    learnt = Dataset.build(CATALOGUE, rows, SETTINGS.signals).history(0)
    served = live("ada", rows, CATALOGUE, SETTINGS).history
    for column in ("items", "weights", "kinds", "timestamps"):
        np.testing.assert_array_equal(getattr(learnt, column), getattr(served, column))
    low, high = SETTINGS.signals["abandon"], SETTINGS.signals["complete"]  # type: ignore[index]
    assert served.weights[0] == pytest.approx(low + 0.5 * (high - low))  # half a track is a whole listen


def test_what_was_said_weighs_alike_in_learning_and_serving() -> None:
    kinds = [
        ("comment", "a"),
        ("bullet_comment", "b"),
        ("comment", "b"),
        ("comment", "a"),
        ("rate", "b"),
        ("rate", "a"),
    ]
    events = [
        Event(id=str(n), user_id="ada", item_id=item, kind=kind, at=AT, text="x", **(RATED if kind == "rate" else {}))
        for n, (kind, item) in enumerate(kinds)
    ]
    told = [0.5, -0.5, None, 0.5, -1.0, None]
    opinions = {str(n): Opinion(value, same=9 if n in (0, 3) else n + 1) for n, value in enumerate(told)}
    rows = EventTable.of(events, opinions=opinions)
    weights = Dataset.build(CATALOGUE, rows, SETTINGS.signals).weights
    comment, bullet = SETTINGS.signals[EventKind.COMMENT], SETTINGS.signals[EventKind.BULLET_COMMENT]
    drawn = comment / (comment + SETTINGS.signals[EventKind.RATE])
    # The fourth says what the first has said; the rating with a complaint is drawn towards it.
    expected = np.float32([comment / 2, -bullet / 2, 0, 0, 1 - 2 * drawn, 1])
    np.testing.assert_allclose(weights, expected, atol=1e-6)
    np.testing.assert_array_equal(live("ada", rows, CATALOGUE, SETTINGS).history.weights, weights)
    silent = {**SETTINGS.signals, EventKind.COMMENT: 0.0}
    assert Dataset.build(CATALOGUE, rows, silent).weights.tolist()[4:] == [1, 1]


@pytest.mark.parametrize(
    ("kind", "duration_s", "played_s", "value", "share"),
    [
        ("track", 100, 25, None, 0.5),  # half of it is the whole
        ("track", 3600, 120, None, 0.5),  # four minutes are the whole
        ("movie", 6000, 2400, None, 0.5),  # 80 % are the whole
        ("movie", 6000, 5000, None, 1),
        ("short", 10, 5, None, 0.5),
        ("short", 10, 45, None, 1),
        ("short", 10, None, 3, 1),  # loops
        ("movie", 6000, None, 3, np.nan),  # of a film, a value is no loops
        ("movie", None, 2400, None, np.nan),
    ],
)
def test_how_much_was_watched_depends_on_the_medium(
    kind: str, duration_s: float | None, played_s: float | None, value: float | None, share: float
) -> None:
    catalogue = Catalogue.build([Item(id="x", kind=kind, title="X", duration_s=duration_s)])
    event = Event(id="1", user_id="ada", item_id="x", kind="play", at=AT, played_s=played_s, value=value)
    rows = EventTable.of([event])
    np.testing.assert_allclose(watch_share(rows, item_rows(rows, catalogue), catalogue), [share])


def test_a_rating_among_the_own_ones_knows_no_later_one_and_no_order_of_arrival() -> None:
    def rated(n: int, value: float, scale: tuple[float, float] = (1, 5)) -> Event:
        at = AT + timedelta(days=n)
        return Event(id=str(n), user_id="ada", item_id="a", kind="rate", at=at, value=value, scale=scale)

    events = [*(rated(n, 5) for n in range(100)), rated(100, 3), rated(101, 70, (0, 100))]
    settings = SETTINGS.model_copy(update={"cleaning": CleaningSettings(own_scale=True)})

    def weights(some: Sequence[Event]) -> list[float]:
        rows = EventTable.of(some)
        learnt = Dataset.build(CATALOGUE, rows, SETTINGS.signals, own_scale=True).weights
        np.testing.assert_array_equal(learnt, live("ada", rows, CATALOGUE, settings).history.weights)
        return list(learnt.tolist())

    whole = weights(events)
    assert whole[0] > 0.8  # the first counts about as it stands
    assert whole[100] < -0.5  # the middle of the scale is low for somebody who always says five
    assert whole[101] == pytest.approx(0.4, abs=0.05)  # another scale is another habit
    assert weights(events[:50]) == whole[:50]
    assert weights(events[::-1]) == whole
