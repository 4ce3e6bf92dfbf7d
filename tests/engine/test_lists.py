"""Lists that live: hard constraints hold at every making, pinned entries stay, what is removed never comes back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

import segue.engine.listing as listing
from segue import Engine, Item
from segue.engine.list_words import AHEAD
from segue.errors import InvalidInput, NotFound
from segue.events import now
from segue.playlists import Changes, Length, Order, Playlist

DAY = 86_400.0


def ids(of: Playlist) -> list[str]:
    return [entry.item for entry in of.entries]


def at(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the clock of lists so many seconds ahead."""

    def ahead(seconds: float) -> None:
        monkeypatch.setattr(listing, "now", lambda: now() + timedelta(seconds=seconds))

    return ahead


def test_a_list_says_what_was_understood_and_why(engine: Engine) -> None:
    made = engine.make_list("ambient-fan-1", "five ambient songs, renewed every day")
    assert made.title == "Five ambient songs, renewed every day"
    assert (made.length, made.refresh, made.channel) == (Length(items=5), "daily", False)
    assert [chip.english for chip in made.chips] == ["5 entries", "made anew every day", "ambient tracks"]
    assert len(made.entries) == 5
    assert all(item.startswith("ambient-") for item in ids(made))
    assert all(entry.reason.startswith("Because") and entry.evidence for entry in made.entries)
    assert made.next_at == made.made_at + DAY
    assert engine.playlist(made.id) == made
    assert engine.lists("ambient-fan-1") == [made]
    assert engine.lists("somebody") == engine.lists(None) == []


def test_reasons_are_chinese_where_that_is_asked_for(engine: Engine) -> None:
    made = engine.make_list("ambient-fan-1", "三首民谣歌曲，每周更新", language="zh")
    assert [chip.chinese for chip in made.chips] == ["3 个", "每周更新", "只要音乐", "只要folk"]
    assert all(item.startswith("folk-") for item in ids(made))
    assert all(entry.reason.startswith("因为") for entry in made.entries)


def test_the_same_sentence_on_the_same_day_is_the_same_list(engine: Engine) -> None:
    one, other = (engine.make_list("punk-fan-2", "twelve songs") for _ in range(2))
    assert ids(one) == ids(other)
    assert ids(engine.refresh_list(one.id)) == ids(one)
    assert ids(engine.make_list("ambient-fan-1", "twelve songs")) != ids(one)


def test_time_is_filled_and_never_exceeded(engine: Engine) -> None:
    engine.add_items(Item(id=f"short-{n}", kind="track", title=f"Interlude {n}", duration_s=50) for n in range(3))
    engine.add_items([Item(id="unknown", kind="track", title="No length")])
    made = engine.make_list(None, "21 minutes of music")
    total = sum(item.duration_s or 0 for item in engine.find_items(ids(made)).values())
    assert 21 * 60 - 50 <= total <= 21 * 60
    assert "unknown" not in ids(made)
    assert made.notes == ()


def test_what_the_catalogue_cannot_fill_is_shorter_and_says_so(engine: Engine) -> None:
    made = engine.make_list(None, "30 punk songs")
    assert len(made.entries) == 12
    assert all(item.startswith("punk-") for item in ids(made))
    assert (
        made.notes[0].english == "12 of 30: the catalogue has no more that meets all of it (only tracks · only punk)."
    )
    assert "少于 30 个" in made.notes[0].chinese
    half = engine.make_list(None, "两小时的punk")
    assert len(half.entries) == 12
    assert half.notes[0].english.startswith("40 of 120 minutes")
    nothing = engine.make_list(None, "punk songs over ten minutes")
    assert nothing.entries == ()
    assert "has nothing that meets all of it" in nothing.notes[0].english


def test_no_artist_twice_in_a_row(engine: Engine) -> None:
    engine.add_items(
        Item(
            id=f"by-{n}",
            kind="track",
            title=f"Waltz {n}",
            genres=("waltz",),
            creators=[("Many", "artist") if n < 6 else (f"Few {n}", "artist")],
            duration_s=100,
        )
        for n in range(11)
    )
    for order in ("rank", "flow"):
        made = engine.make_list(None, "11 waltz songs", order=order)
        artists = [engine.item(item).creators[0].name for item in ids(made)]
        assert len(artists) == 11
        assert all(a != b for a, b in pairwise(artists)), artists


def test_pinned_entries_stay_in_place_and_removed_ones_never_come_back(engine: Engine) -> None:
    made = engine.make_list("folk-fan-0", "six songs")
    third, first = ids(made)[2], ids(made)[0]
    changed = engine.change_list(made.id, Changes(pin=(third,), remove=(first,), title="Mine"))
    assert (changed.title, len(changed.entries)) == ("Mine", 5)
    assert [entry.pinned for entry in changed.entries] == [False, True, False, False, False]
    for sentence in ("six songs without punk, every day", "six ambient songs"):
        again = engine.change_list(made.id, {"sentence": sentence})
        assert first not in ids(again)
        assert len(again.entries) == 6 or "ambient" not in sentence
    if third.startswith("ambient"):
        assert ids(again)[1] == third
    else:
        assert third in {e.item for e in again.entries} or any("pinned" in n.english for n in again.notes)
    free = engine.change_list(made.id, {"unpin": [third]} if third in ids(again) else {"restore": [first]})
    assert not any(entry.pinned and entry.item == first for entry in free.entries)
    with pytest.raises(InvalidInput, match="'nothing' is not on the list"):
        engine.change_list(made.id, {"pin": ["nothing"]})


def test_an_own_order_is_kept(engine: Engine) -> None:
    made = engine.make_list(None, "4 folk songs")
    turned = list(reversed(ids(made)))
    changed = engine.change_list(made.id, {"arrange": turned})
    assert (ids(changed), changed.order) == (turned, Order.OWN)
    engine.add_items([Item(id="folk-new", kind="track", title="Folk folk folk", genres=("folk",), duration_s=100)])
    longer = engine.change_list(made.id, {"length": {"items": 6}})
    assert ids(longer)[:4] == turned
    assert len(longer.entries) == 6
    engine.remove_items([turned[0]])
    assert ids(engine.refresh_list(made.id))[:3] == turned[1:]


def test_what_may_not_be_shown_any_more_is_not(engine: Engine) -> None:
    engine.add_items(item.model_copy(update={"maturity": 6}) for item in list(engine.items()))
    engine.add_items([Item(id="folk-old", kind="track", title="Folk folk", genres=("folk",), maturity=16)])
    made = engine.make_list("kid", "13 folk songs")
    assert "folk-old" in ids(made)
    assert engine.change_list(made.id, {"pin": ["folk-old"]}).entries
    engine.put_member("home", "Kid", "kid", max_maturity=12)
    shown = engine.playlist(made.id)
    assert "folk-old" not in ids(shown)
    assert shown.notes[-1].english == "1 entry may not be shown at present."
    assert "folk-old" not in engine.export_list(made.id, "xspf")
    assert "folk-old" not in [entry.item for one in engine.lists("kid") for entry in one.entries]
    again = engine.refresh_list(made.id)
    assert len(again.entries) == 12
    assert "had to leave" in again.notes[0].english
    # What somebody hides, topics too, is gone at once.
    engine.record([engine.event("kid", "folk-3", "block")])
    assert "folk-3" not in ids(engine.playlist(made.id))
    engine.record([engine.event("kid", None, "block", topic="genre:folk")])
    assert ids(engine.playlist(made.id)) == ids(engine.refresh_list(made.id)) == []
    # So is what has lost its rights.
    free = engine.make_list(None, "folk songs")
    past = now() - timedelta(days=1)
    engine.add_items([Item(id="folk-5", kind="track", available_until=past)])
    assert "folk-5" in ids(free)
    assert "folk-5" not in ids(engine.playlist(free.id))


def test_a_list_follows_what_is_heard_and_what_comes(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = at(engine, monkeypatch)
    made = engine.make_list("kim", "five folk songs, every day")
    heard = ids(made)[1]
    engine.record([engine.event("kim", heard, "complete", at=now() + timedelta(seconds=1))])
    ahead(DAY + 5)
    (done,) = engine.refresh_due()
    assert (done.id, done.problem) == (made.id, None)
    again = engine.playlist(made.id)
    assert heard not in ids(again)
    (fresh,) = set(ids(again)) - set(ids(made))
    assert [again.is_new(entry, again.refreshed_at) for entry in again.entries].count(True) == 1
    assert again.next_at == made.made_at + 2 * DAY
    assert engine.refresh_due() == []
    # Where there is no other, it comes in again.
    assert heard in ids(engine.change_list(made.id, {"length": {"items": 12}}))
    assert fresh in ids(engine.playlist(made.id))


def test_missed_days_are_made_up_for_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = at(engine, monkeypatch)
    made = [engine.make_list(None, f"three {what} songs, every {often}") for what, often in PAIRS]
    ahead(9.5 * DAY)
    assert {one.id for one in engine.refresh_due()} == {one.id for one in made}
    for one, period in zip(made, (3600.0, DAY, 7 * DAY), strict=True):
        due = engine.playlist(one.id).next_at
        assert due is not None
        assert 0 < due - (now().timestamp() + 9.5 * DAY) <= period
        assert (due - one.made_at) % period == pytest.approx(0, abs=1e-3)
    assert engine.refresh_due() == []


PAIRS = (("folk", "hour"), ("punk", "day"), ("ambient", "week"))


def test_one_list_that_fails_does_not_stop_the_others(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = at(engine, monkeypatch)
    good, bad = (engine.make_list(None, f"3 {what} songs, every day") for what in ("folk", "punk"))
    query = listing.Lists._query

    def broken(self: listing.Lists, of: Playlist, world: Any, when: float) -> Any:
        found = query(self, of, world, when)
        return found.model_copy(update={"recipe": "nonsense"}) if of.id == bad.id else found

    monkeypatch.setattr(listing.Lists, "_query", broken)
    ahead(DAY + 1)
    done: dict[str, Any] = {one.id: one.problem for one in engine.refresh_due()}
    assert done[good.id] is None
    assert "nonsense" in done[bad.id]
    _, told = engine._store.playlist(bad.id)
    assert "nonsense" in (told.problem or "")
    assert told.entries == bad.entries
    assert told.next_at is not None
    assert told.next_at <= now().timestamp() + DAY + 1 + 3600
    monkeypatch.undo()
    assert engine.refresh_list(bad.id).problem is None


def test_several_processes_make_a_list_anew_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [engine.make_list(None, f"3 {what} songs, every day") for what in ("folk", "punk", "ambient")]
    at(engine, monkeypatch)(DAY + 1)
    done: list[str] = []
    with Engine.open(engine.workspace) as second, Engine.open(engine.workspace) as third:
        threads = [
            threading.Thread(target=lambda e=e: done.extend(one.id for one in e.refresh_due()))
            for e in (engine, second, third)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(done) == sorted(one.id for one in made)


def test_changes_from_two_sides_are_both_kept(engine: Engine) -> None:
    made = engine.make_list(None, "8 songs")
    threads = [
        threading.Thread(target=engine.change_list, args=(made.id, {"remove": [item]})) for item in ids(made)[:4]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(engine.playlist(made.id).removed) == set(ids(made)[:4])


def test_a_channel_plays_on_within_what_was_asked_for(engine: Engine) -> None:
    channel = engine.make_list("punk-fan-0", "a radio of folk music")
    assert channel.channel
    assert len(channel.entries) == AHEAD
    played: list[str] = []
    for _ in range(60):
        (first, *ahead_) = ids(channel)
        channel = engine.play_on(channel.id, [first])
        played.append(first)
        assert ids(channel)[: len(ahead_)] == ahead_
        assert first not in ids(channel)
        assert all(item.startswith("folk-") for item in ids(channel))
        assert channel.entries, "it ended"
        assert ids(channel)[0] != first
    assert set(played) == {f"folk-{n}" for n in range(12)}
    # Nothing comes back before ten others were played, but what was removed never does.
    gone = ids(channel)[0]
    engine.change_list(channel.id, {"remove": [gone]})
    for _ in range(30):
        channel = engine.play_on(channel.id, [ids(engine.playlist(channel.id))[0]])
        assert gone not in ids(channel)
    with pytest.raises(InvalidInput, match="is no channel"):
        engine.play_on(engine.make_list(None, "3 songs").id)


def test_a_list_of_items_that_were_chosen(engine: Engine) -> None:
    made = engine.make_list("ada", "", pinned=["punk-3", "folk-1"], title="Mine", language="zh")
    assert ids(made) == ["punk-3", "folk-1"]
    assert made.entries[0].reason == "因为你把它放进了这个列表。"
    assert ids(engine.refresh_list(made.id)) == ["punk-3", "folk-1"]
    more = engine.make_list("ada", "five punk songs", pinned=["punk-3"])
    assert (ids(more)[0], len(more.entries)) == ("punk-3", 5)
    for wrong, error in (
        ({"sentence": "  "}, InvalidInput),
        ({"sentence": "x", "pinned": ["gone"]}, NotFound),
        ({"sentence": "x", "refresh": "sometimes"}, InvalidInput),
        ({"sentence": "x", "length": {"items": 0}}, InvalidInput),
        ({"sentence": "x", "length": {"items": 2, "seconds": 9}}, InvalidInput),
        ({"sentence": "x" * 2000}, InvalidInput),
    ):
        with pytest.raises(error):
            engine.make_list(None, **wrong)
    with pytest.raises(InvalidInput, match="sometimes"):
        engine.change_list(made.id, {"refresh": "sometimes"})


def test_a_person_takes_their_lists_along_and_leaves_none(engine: Engine) -> None:
    made = engine.make_list("ada", "three folk songs")
    free = engine.make_list(None, "three folk songs")
    rows = [row["playlist"] for row in engine.export("ada") if "playlist" in row]
    assert [row["id"] for row in rows] == [made.id]
    assert engine.erase("ada")["erased"]["playlists"] == 1
    with pytest.raises(NotFound):
        engine.playlist(made.id)
    assert engine.lists(None) == [free]
    engine.delete_list(free.id)
    with pytest.raises(NotFound, match="Unknown list"):
        engine.delete_list(free.id)


@pytest.mark.parametrize(
    "sentence", ["'; DROP TABLE playlists; --", "🎹" * 300, "a" * 1000, "\u202e\u0000 jazz", "of", "的"]
)
def test_odd_sentences_make_a_list_or_one_clear_error(engine: Engine, sentence: str) -> None:
    try:
        made = engine.make_list("ada", sentence)
    except InvalidInput:
        return
    assert engine.playlist(made.id).title
