"""Playlists that live: hard constraints hold at every making, pinned entries stay, what is removed never comes back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from segue import Engine, Item
from segue.engine.playlists import keeping
from segue.engine.playlists.making import Maker
from segue.engine.playlists.reading import AHEAD
from segue.errors import InvalidInput, NotFound
from segue.events import now
from segue.playlists import Changes, Length, Order, Playlist

DAY = 86_400.0


def ids(of: Playlist) -> list[str]:
    return [entry.item for entry in of.entries]


def at(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the clock of lists so many seconds ahead."""

    def ahead(seconds: float) -> None:
        monkeypatch.setattr(keeping, "now", lambda: now() + timedelta(seconds=seconds))

    return ahead


def test_a_playlist_says_what_was_understood_and_why(engine: Engine) -> None:
    made = engine.make_playlist("ambient-fan-1", "five ambient songs, renewed every day")
    assert made.title == "Five ambient songs, renewed every day"
    assert (made.length, made.refresh, made.channel) == (Length(items=5), "daily", False)
    assert [chip.english for chip in made.understood] == ["5 entries", "made anew every day", "ambient tracks"]
    assert len(made.entries) == 5
    assert all(item.startswith("ambient-") for item in ids(made))
    assert all(entry.reason.startswith("Because") and entry.evidence for entry in made.entries)
    assert made.next_at == made.made_at + DAY
    assert engine.playlist(made.id, "ambient-fan-1") == made
    assert engine.playlists("ambient-fan-1") == [made]
    assert engine.playlists("somebody") == engine.playlists(None) == []


def test_reasons_are_chinese_where_that_is_asked_for(engine: Engine) -> None:
    made = engine.make_playlist("ambient-fan-1", "三首民谣歌曲，每周更新", language="zh")
    assert [chip.chinese for chip in made.understood] == ["3 个", "每周更新", "只要音乐", "只要folk"]
    assert all(item.startswith("folk-") for item in ids(made))
    assert all(entry.reason.startswith("因为") for entry in made.entries)


def test_the_same_sentence_on_the_same_day_is_the_same_playlist(engine: Engine) -> None:
    one, other = (engine.make_playlist("punk-fan-2", "twelve songs") for _ in range(2))
    assert ids(one) == ids(other)
    assert ids(engine.refresh_playlist(one.id, "punk-fan-2")) == ids(one)
    assert ids(engine.make_playlist("ambient-fan-1", "twelve songs")) != ids(one)


def test_time_is_filled_and_never_exceeded(engine: Engine) -> None:
    engine.add_items(Item(id=f"short-{n}", kind="track", title=f"Interlude {n}", duration_s=50) for n in range(3))
    engine.add_items([Item(id="unknown", kind="track", title="No length")])
    made = engine.make_playlist(None, "21 minutes of music")
    total = sum(item.duration_s or 0 for item in engine.find_items(ids(made)).values())
    assert 21 * 60 - 50 <= total <= 21 * 60
    assert "unknown" not in ids(made)
    assert made.notes == ()


def test_what_the_catalogue_cannot_fill_is_shorter_and_says_so(engine: Engine) -> None:
    made = engine.make_playlist(None, "30 punk songs")
    assert len(made.entries) == 12
    assert all(item.startswith("punk-") for item in ids(made))
    assert (
        made.notes[0].english == "12 of 30: the catalogue has no more that meets all of it (only tracks · only punk)."
    )
    assert "少于 30 个" in made.notes[0].chinese
    half = engine.make_playlist(None, "两小时的punk")
    assert len(half.entries) == 12
    assert half.notes[0].english.startswith("40 of 120 minutes")
    nothing = engine.make_playlist(None, "punk songs over ten minutes")
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
        made = engine.make_playlist(None, "11 waltz songs", order=order)
        artists = [engine.item(item).creators[0].name for item in ids(made)]
        assert len(artists) == 11
        assert all(a != b for a, b in pairwise(artists)), artists


def test_pinned_entries_stay_in_place_and_removed_ones_never_come_back(engine: Engine) -> None:
    made = engine.make_playlist("folk-fan-0", "six songs")
    third, first = ids(made)[2], ids(made)[0]
    changed = engine.change_playlist(made.id, Changes(pin=(third,), remove=(first,), title="Mine"), "folk-fan-0")
    assert (changed.title, len(changed.entries)) == ("Mine", 5)
    assert [entry.pinned for entry in changed.entries] == [False, True, False, False, False]
    for sentence in ("six songs without punk, every day", "six ambient songs"):
        again = engine.change_playlist(made.id, {"sentence": sentence}, "folk-fan-0")
        assert first not in ids(again)
        assert len(again.entries) == 6 or "ambient" not in sentence
    if third.startswith("ambient"):
        assert ids(again)[1] == third
    else:
        assert third in {e.item for e in again.entries} or any("pinned" in n.english for n in again.notes)
    free = engine.change_playlist(
        made.id, {"unpin": [third]} if third in ids(again) else {"restore": [first]}, "folk-fan-0"
    )
    assert not any(entry.pinned and entry.item == first for entry in free.entries)
    with pytest.raises(InvalidInput, match="'nothing' is not on the playlist"):
        engine.change_playlist(made.id, {"pin": ["nothing"]}, "folk-fan-0")


def test_an_own_order_is_kept(engine: Engine) -> None:
    made = engine.make_playlist(None, "4 folk songs")
    turned = list(reversed(ids(made)))
    changed = engine.change_playlist(made.id, {"arrange": turned})
    assert (ids(changed), changed.order) == (turned, Order.OWN)
    engine.add_items([Item(id="folk-new", kind="track", title="Folk folk folk", genres=("folk",), duration_s=100)])
    longer = engine.change_playlist(made.id, {"length": {"items": 6}})
    assert ids(longer)[:4] == turned
    assert len(longer.entries) == 6
    engine.remove_items([turned[0]])
    assert ids(engine.refresh_playlist(made.id))[:3] == turned[1:]


def test_what_may_not_be_shown_any_more_is_not(engine: Engine) -> None:
    engine.add_items(item.model_copy(update={"maturity": 6}) for item in list(engine.items()))
    engine.add_items([Item(id="folk-old", kind="track", title="Folk folk", genres=("folk",), maturity=16)])
    made = engine.make_playlist("kid", "13 folk songs")
    assert "folk-old" in ids(made)
    assert engine.change_playlist(made.id, {"pin": ["folk-old"]}, "kid").entries
    engine.put_member("home", "Kid", "kid", max_maturity=12)
    shown = engine.playlist(made.id, "kid")
    assert "folk-old" not in ids(shown)
    assert shown.notes[-1].english == "1 entry may not be shown at present."
    assert "folk-old" not in engine.export_playlist(made.id, "xspf", "kid")
    assert "folk-old" not in [entry.item for one in engine.playlists("kid") for entry in one.entries]
    again = engine.refresh_playlist(made.id, "kid")
    assert len(again.entries) == 12
    assert "had to leave" in again.notes[0].english
    # What somebody hides, topics too, is gone at once.
    engine.record([engine.event("kid", "folk-3", "block")])
    assert "folk-3" not in ids(engine.playlist(made.id, "kid"))
    engine.record([engine.event("kid", None, "block", topic="genre:folk")])
    assert ids(engine.playlist(made.id, "kid")) == ids(engine.refresh_playlist(made.id, "kid")) == []
    # So is what has lost its rights.
    free = engine.make_playlist(None, "folk songs")
    past = now() - timedelta(days=1)
    engine.add_items([Item(id="folk-5", kind="track", available_until=past)])
    assert "folk-5" in ids(free)
    assert "folk-5" not in ids(engine.playlist(free.id))


def test_a_playlist_follows_what_is_heard_and_what_comes(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = at(engine, monkeypatch)
    made = engine.make_playlist("kim", "five folk songs, every day")
    heard = ids(made)[1]
    engine.record([engine.event("kim", heard, "complete", at=now() + timedelta(seconds=1))])
    ahead(DAY + 5)
    (done,) = engine.refresh_due()
    assert (done.id, done.problem) == (made.id, None)
    again = engine.playlist(made.id, "kim")
    assert heard not in ids(again)
    (fresh,) = set(ids(again)) - set(ids(made))
    assert [again.is_new(entry, again.refreshed_at) for entry in again.entries].count(True) == 1
    assert again.next_at == made.made_at + 2 * DAY
    assert engine.refresh_due() == []
    # Where there is no other, it comes in again.
    assert heard in ids(engine.change_playlist(made.id, {"length": {"items": 12}}, "kim"))
    assert fresh in ids(engine.playlist(made.id, "kim"))


def test_missed_days_are_made_up_for_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = at(engine, monkeypatch)
    made = [engine.make_playlist(None, f"three {what} songs, every {often}") for what, often in PAIRS]
    ahead(9.5 * DAY)
    assert {one.id for one in engine.refresh_due()} == {one.id for one in made}
    for one, period in zip(made, (3600.0, DAY, 7 * DAY), strict=True):
        due = engine.playlist(one.id).next_at
        assert due is not None
        assert 0 < due - (now().timestamp() + 9.5 * DAY) <= period
        assert (due - one.made_at) % period == pytest.approx(0, abs=1e-3)
    assert engine.refresh_due() == []


PAIRS = (("folk", "hour"), ("punk", "day"), ("ambient", "week"))


def test_one_playlist_that_fails_does_not_stop_the_others(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = at(engine, monkeypatch)
    good, bad = (engine.make_playlist(None, f"3 {what} songs, every day") for what in ("folk", "punk"))
    query = Maker.query

    def broken(self: Maker, of: Playlist, world: Any, when: float) -> Any:
        found = query(self, of, world, when)
        return found.model_copy(update={"recipe": "nonsense"}) if of.id == bad.id else found

    monkeypatch.setattr(Maker, "query", broken)
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
    assert engine.refresh_playlist(bad.id).problem is None


def test_several_processes_make_a_playlist_anew_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [engine.make_playlist(None, f"3 {what} songs, every day") for what in ("folk", "punk", "ambient")]
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
    made = engine.make_playlist(None, "8 songs")
    threads = [
        threading.Thread(target=engine.change_playlist, args=(made.id, {"remove": [item]})) for item in ids(made)[:4]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(engine.playlist(made.id).removed) == set(ids(made)[:4])


def test_a_channel_plays_on_within_what_was_asked_for(engine: Engine) -> None:
    channel = engine.make_playlist("punk-fan-0", "a radio of folk music")
    assert channel.channel
    assert len(channel.entries) == AHEAD
    played: list[str] = []
    for _ in range(60):
        (first, *ahead_) = ids(channel)
        channel = engine.play_on(channel.id, [first], "punk-fan-0")
        played.append(first)
        assert ids(channel)[: len(ahead_)] == ahead_
        assert first not in ids(channel)
        assert all(item.startswith("folk-") for item in ids(channel))
        assert channel.entries, "it ended"
        assert ids(channel)[0] != first
    assert set(played) == {f"folk-{n}" for n in range(12)}
    # Nothing comes back before ten others were played, but what was removed never does.
    gone = ids(channel)[0]
    engine.change_playlist(channel.id, {"remove": [gone]}, "punk-fan-0")
    for _ in range(30):
        channel = engine.play_on(channel.id, [ids(engine.playlist(channel.id, "punk-fan-0"))[0]], "punk-fan-0")
        assert gone not in ids(channel)
    with pytest.raises(InvalidInput, match="is no channel"):
        engine.play_on(engine.make_playlist(None, "3 songs").id)


def test_a_playlist_of_items_that_were_chosen(engine: Engine) -> None:
    made = engine.make_playlist("ada", "", pinned=["punk-3", "folk-1"], title="Mine", language="zh")
    assert ids(made) == ["punk-3", "folk-1"]
    assert made.entries[0].reason == "因为你把它放进了这个播放列表。"
    assert ids(engine.refresh_playlist(made.id, "ada")) == ["punk-3", "folk-1"]
    more = engine.make_playlist("ada", "five punk songs", pinned=["punk-3"])
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
            engine.make_playlist(None, **wrong)
    with pytest.raises(InvalidInput, match="sometimes"):
        engine.change_playlist(made.id, {"refresh": "sometimes"}, "ada")


def test_a_person_takes_their_playlists_along_and_leaves_none(engine: Engine) -> None:
    made = engine.make_playlist("ada", "three folk songs")
    free = engine.make_playlist(None, "three folk songs")
    rows = [row["playlist"] for row in engine.export("ada") if "playlist" in row]
    assert [row["id"] for row in rows] == [made.id]
    assert engine.erase("ada")["erased"]["playlists"] == 1
    with pytest.raises(NotFound):
        engine.playlist(made.id, "ada")
    assert engine.playlists(None) == [free]
    engine.delete_playlist(free.id)
    with pytest.raises(NotFound, match="Unknown playlist"):
        engine.delete_playlist(free.id)


def test_a_playlist_is_its_owners_alone(engine: Engine) -> None:
    made, free = engine.make_playlist("ada", "a radio of folk"), engine.make_playlist(None, "a radio of folk")
    (first, *_) = ids(made)

    def told(playlist_id: str, user_id: str | None) -> set[str]:
        """What each verb says, the id apart."""
        said = set()
        for verb in (
            lambda: engine.playlist(playlist_id, user_id),
            lambda: engine.change_playlist(playlist_id, {"remove": [first]}, user_id),
            lambda: engine.refresh_playlist(playlist_id, user_id),
            lambda: engine.play_on(playlist_id, [first], user_id),
            lambda: engine.export_playlist(playlist_id, "xspf", user_id),
            lambda: engine.delete_playlist(playlist_id, user_id),
        ):
            with pytest.raises(NotFound) as error:
                verb()
            said.add(str(error.value).replace(playlist_id, "…"))
        return said

    nothing = told("none", "bo")
    assert len(nothing) == 1
    assert told(made.id, "bo") == told(made.id, None) == told(free.id, "ada") == told("none", None) == nothing
    assert engine.playlist(made.id, "ada") == made
    assert ids(engine.playlist(free.id)) == ids(free)


def test_a_person_erased_while_a_playlist_of_theirs_is_made_gets_none(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker = engine._playlists._maker
    ask = maker._ask
    kept = engine.make_playlist("ada", "three folk songs, every day")

    def erased_meanwhile(query: Any, choose: Any) -> Any:
        with Engine.open(engine.workspace) as other:  # as another process would
            other.erase("ada")
        return ask(query, choose)

    monkeypatch.setattr(maker, "_ask", erased_meanwhile)
    for make in (
        lambda: engine.make_playlist("ada", "three punk songs"),
        lambda: engine.refresh_playlist(kept.id, "ada"),
    ):
        with pytest.raises(NotFound):
            make()
        assert engine.playlists("ada") == []
        assert not [row for row in engine._store.export_user("ada") if "playlist" in row]
    monkeypatch.undo()
    assert engine.refresh_due() == []
    assert engine.make_playlist("ada", "three punk songs").user_id == "ada"


def test_what_could_not_be_made_leaves_nothing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("no answer")

    monkeypatch.setattr(engine._playlists._maker, "_ask", broken)
    with pytest.raises(RuntimeError):
        engine.make_playlist("ada", "three folk songs")
    assert engine._store.erase_user("ada")["playlists"] == 0


def test_whoever_stops_makes_none_more_anew(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    for what in ("folk", "punk", "ambient"):
        engine.make_playlist(None, f"3 {what} songs, every day")
    at(engine, monkeypatch)(DAY + 1)
    asked: list[bool] = []

    def stop() -> bool:
        asked.append(True)
        return len(asked) > 1

    assert len(engine.refresh_due(stop)) == 1
    assert len(engine.refresh_due()) == 2, "the others are still due"


def test_what_is_nobodys_goes_when_nobody_uses_it(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = at(engine, monkeypatch)
    idle, opened = (engine.make_playlist(None, "3 folk songs, every day") for _ in range(2))
    own = engine.make_playlist("ada", "3 folk songs")
    ahead(20 * DAY)
    assert ids(engine.playlist(opened.id))
    assert len(engine.refresh_due()) == 2, "to be made anew is no use"
    ahead(31 * DAY)
    engine.refresh_due()
    assert [one.id for one in engine.playlists(None)] == [opened.id]
    assert [one.id for one in engine.playlists("ada")] == [own.id]
    with pytest.raises(NotFound):
        engine.playlist(idle.id)


@pytest.mark.parametrize(
    "sentence", ["'; DROP TABLE playlists; --", "🎹" * 300, "a" * 1000, "\u202e\u0000 jazz", "of", "的"]
)
def test_odd_sentences_make_a_playlist_or_one_clear_error(engine: Engine, sentence: str) -> None:
    try:
        made = engine.make_playlist("ada", sentence)
    except InvalidInput:
        return
    assert engine.playlist(made.id, "ada").title


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        (" ", "there is none"),
        ("!!! ??? ...", "has no word"),
        ("。。。，，", "has no word"),
        ("x" * 10_000, "this one has 10,000"),
        ("很长" * 5_000, "this one has 10,000"),
        ("0 songs", "asks for 0 entries"),
        ("零首歌", "asks for 0 entries"),
        ("1000000 songs", "asks for 1,000,000 entries"),
        ("一百万首歌", "asks for 1,000,000 entries"),
        ("300 hours of folk", "up to 24 hours"),
        ("songs longer than 10 minutes and shorter than 5 minutes", "“at least 10 minutes” and “at most 5 minutes”"),
        ("比5分钟短又比10分钟长的歌", "“at most 5 minutes” and “at least 10 minutes”"),
        ("songs from 2010 before 1990", "“from 2010” and “until 1989”"),
        ("1990年以前的2010年的歌", "“until 1989” and “from 2010”"),
    ],
)
def test_what_no_playlist_can_be_is_one_clear_error(engine: Engine, sentence: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        engine.make_playlist("ada", sentence)
    assert engine.playlists("ada") == []
    made = engine.make_playlist("ada", "three folk songs")
    with pytest.raises(InvalidInput, match=f"{why}|cannot lose its sentence|at most 1000 characters"):
        engine.change_playlist(made.id, {"sentence": sentence}, "ada")
    assert engine.playlist(made.id, "ada") == made


def test_numbers_that_are_years_or_days_are_no_length(engine: Engine) -> None:
    for sentence in ("the best 1984 albums", "365 days of music"):
        assert engine.make_playlist(None, sentence).length == Length(items=20)
    assert engine.make_playlist(None, "一百首歌").length == Length(items=100)


def test_an_empty_playlist_says_which_part_left_nothing(engine: Engine) -> None:
    made = engine.make_playlist(None, "folk songs without folk")
    assert made.entries == ()
    assert made.notes[0].english.endswith(" Without “folk tracks” or “not folk” it has something."), made.notes[
        0
    ].english
    other = engine.make_playlist(None, "punk songs over ten minutes")
    assert "Without “at least 10 minutes” it has something." in other.notes[0].english
    assert "去掉“至少10 分钟”就有。" in other.notes[0].chinese
    words = engine.make_playlist(None, "zither songs under a minute")
    assert "“zither”" in words.notes[0].english
