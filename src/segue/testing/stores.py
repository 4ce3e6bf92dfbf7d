"""The contract of `segue.storage.rows.Store`, as a class of tests to inherit.

::

    class TestMyStore(StoreContract):
        @pytest.fixture
        def url(self, tmp_path):
            return f"sqlite:///{tmp_path / 'segue.db'}"
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from .. import storage
from ..errors import InvalidInput, NotFound, StorageError
from ..events import Context, Event, EventKind, EventTable
from ..groups import Turn, key_of
from ..households import MOST_MEMBERS, Household, Member
from ..items import Credit, Item, ItemKind
from ..opinions import Opinion
from ..playlists import Entry, Length, Playlist
from ..prints import Duplicate, Print
from ..readings import Reading
from ..relations import Relation
from ..settings import PlaylistSettings
from ..storage.conversation_rows import Kept as KeptConversation
from ..storage.opinion_rows import Read
from ..storage.paging import BATCH, NOTED
from ..storage.rows import Appended, PutCounts, Store
from ..suspects import Verdict
from ..users import User

BEGIN = datetime(2024, 2, 29, 23, 59, 59, 123457, tzinfo=UTC)


def rich_item(item_id: str = "film") -> Item:
    """An item with every sort of field filled in."""
    return Item(
        id=item_id,
        kind=ItemKind.MOVIE,
        title="Cléo de 5 à 7 — 五至七时的克莱奥 🎬",
        language="fr",
        creators=(Credit("Agnès Varda", "director"),),
        genres=("Drama", "Musical"),
        released="1962-04-11",
        duration_s=5400.25,
        available_from=BEGIN,
        maturity=12,
        explicit=False,
        ids={"imdb": "tt0055852"},
        extra={"b": [1, 2.5, None], "a": {"nested": "\u0000"}},
    )


def rich_event(event_id: str = "e1", user_id: str = "ada") -> Event:
    """An event with every field filled in."""
    return Event(
        id=event_id,
        user_id=user_id,
        item_id="film",
        kind=EventKind.RATE,
        at=BEGIN,
        value=3.5,
        scale=(0.5, 5),
        played_s=12.25,
        position_s=3.125,
        text="很好 '; DROP TABLE events; -- %s :x",
        session_id="s",
        context=Context(device="tv", rank=3, propensity=0.25),
        train=False,
        source="test",
    )


def plays(n: int, user_id: str = "ada", first: int = 0) -> list[Event]:
    """Events ``p<first>`` …, one a minute, over ten items."""
    return [
        Event(
            id=f"p{i}",
            user_id=user_id,
            item_id=f"t{i % 10}",
            kind=EventKind.PLAY,
            at=BEGIN + timedelta(minutes=i),
            played_s=float(i),
        )
        for i in range(first, first + n)
    ]


class StoreContract:
    """What every store keeps to. Inherit and provide ``url``: the address of an empty database."""

    @pytest.fixture
    def url(self) -> str:
        """Address of an empty database; each test gets another one."""
        raise NotImplementedError

    @pytest.fixture
    def second_url(self) -> str:
        """Address of one more empty database."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, url: str) -> Iterator[Store]:
        """An empty store."""
        with storage.open(url) as store:
            yield store

    # Items

    def test_an_item_comes_back_as_it_went_in(self, store: Store) -> None:
        assert store.put_items([rich_item()]) == PutCounts(1, 0, 0)
        assert store.item("film") == rich_item()
        assert store.item("film").fingerprint() == rich_item().fingerprint()

    def test_the_same_items_again_are_unchanged(self, store: Store) -> None:
        found = [rich_item(), Item(id="b", kind=ItemKind.TRACK)]
        store.put_items(found)
        before = store.revision()
        assert store.put_items(found) == PutCounts(0, 0, 2)
        assert store.revision() == before

    def test_what_is_not_stated_stays(self, store: Store) -> None:
        store.put_items([rich_item()])
        before = store.revision()
        newer = Item(id="film", kind=ItemKind.MOVIE, title="Cléo", ids={"tmdb": "1"})
        assert store.put_items([newer]) == PutCounts(0, 1, 0)
        assert store.item("film") == rich_item().merged(newer)
        assert store.revision() > before

    def test_an_id_twice_in_one_batch_is_one_item(self, store: Store) -> None:
        first = Item(id="a", kind=ItemKind.TRACK, title="one")
        second = Item(id="a", kind=ItemKind.TRACK, description="two")
        assert store.put_items([first, second]) == PutCounts(1, 0, 0)
        assert store.item("a") == first.merged(second)

    def test_items_keep_the_order_in_which_they_came(self, store: Store) -> None:
        ids = [f"i{n * 7919 % (BATCH + 10)}" for n in range(BATCH + 10)]
        assert store.put_items(Item(id=i, kind=ItemKind.TRACK) for i in ids).added == len(ids)
        store.put_items([Item(id=ids[0], kind=ItemKind.TRACK, title="new")])
        assert [item.id for item in store.items()] == ids

    def test_finding_items(self, store: Store) -> None:
        store.put_items([rich_item(), Item(id="b", kind=ItemKind.TRACK)])
        assert store.find_items(["b", "no", "film", "b"]) == {
            "film": rich_item(),
            "b": Item(id="b", kind=ItemKind.TRACK),
        }
        assert store.has_items(f"i{n}" for n in range(3 * BATCH)) == set()
        assert store.has_items(["film", "x"]) == {"film"}
        assert store.item_kinds() == {"movie": 1, "track": 1}
        with pytest.raises(NotFound, match="'no'"):
            store.item("no")

    def test_removing_an_item_removes_its_readings_and_no_event(self, store: Store) -> None:
        store.put_items([rich_item(), Item(id="b", kind=ItemKind.TRACK)])
        store.put_readings([Reading("film", "text", "f", np.ones(3, np.float32))])
        store.append([rich_event()])
        before = store.revision()
        assert store.remove_items(["film", "no"]) == 1
        assert store.counts() == {"items": 1, "users": 1, "events": 1, "readings": 0}
        assert store.revision() > before
        assert store.remove_items([]) == 0

    def test_a_nul_in_an_id_is_refused(self, store: Store) -> None:
        with pytest.raises(InvalidInput, match="NUL"):
            store.put_items([Item(id="a\0b", kind=ItemKind.TRACK)])
        with pytest.raises(InvalidInput, match="NUL"):
            store.append([Event(id="e", user_id="u", kind=EventKind.SEARCH, text="a\0b")])
        assert store.counts() == {"items": 0, "users": 0, "events": 0, "readings": 0}

    # Users

    def test_users(self, store: Store) -> None:
        assert store.put_users([User(id="ada", attributes={"age": 35}), User(id="bo")]) == PutCounts(2, 0, 0)
        counts = store.put_users([User(id="ada", attributes={"gender": "F"}), User(id="bo"), User(id="cy")])
        assert counts == PutCounts(1, 1, 1)
        assert store.user("ada") == User(id="ada", attributes={"age": 35, "gender": "F"})
        assert store.user("no") is None
        assert [user.id for user in store.stated_users()] == ["ada", "bo", "cy"]
        assert next(store.stated_users()) == store.user("ada")

    def test_everybody_with_a_row_or_an_event_is_listed(self, store: Store) -> None:
        store.put_users([User(id="bo"), User(id="Zoë"), User(id="ada")])
        store.append([*plays(3, "ada"), *plays(1, "阿达", 3), *plays(2, "cy", 4)])
        everybody = ["Zoë", "ada", "bo", "cy", "阿达"]
        assert store.user_ids() == everybody
        assert store.user_ids(limit=2) == everybody[:2]
        assert store.user_ids(limit=2, after="ada") == ["bo", "cy"]
        assert store.busiest_users(2) == [("ada", 3), ("cy", 2)]
        assert store.counts()["users"] == 5

    # Events

    def test_an_event_comes_back_as_it_went_in(self, store: Store) -> None:
        bare = Event(id="e2", user_id="bo", kind=EventKind.SEARCH)
        assert store.append([rich_event(), bare]) == Appended(2, ())
        assert [event for _, event in store.events()] == [rich_event(), bare]
        assert store.has_events(["e1", "no"]) == {"e1"}

    def test_an_id_twice_is_one_event(self, store: Store) -> None:
        store.append([rich_event()])
        other = plays(1)[0]
        again = rich_event().model_copy(update={"value": 1.0})
        assert store.append([again, other, other]) == Appended(1, ("e1", other.id))
        assert next(store.events())[1] == rich_event()
        assert store.append([]) == Appended(0, ())

    def test_many_at_once_and_one_by_one_are_the_same(self, store: Store) -> None:
        some = plays(3000)
        for event in some[:3]:
            store.append([event])
        answer = store.append(some)
        assert answer == Appended(2997, ("p0", "p1", "p2"))
        assert [event for _, event in store.events()] == some

    def test_numbers_rise_with_arrival(self, store: Store) -> None:
        assert store.last_seq() == store.last_seq("ada") == 0
        store.append(plays(5))
        store.append(plays(5, "bo", 5))
        seqs = [seq for seq, _ in store.events()]
        assert seqs == sorted(set(seqs))
        assert store.last_seq() == store.last_seq("bo") == seqs[-1]
        assert store.last_seq("ada") == seqs[4]

    def test_choosing_events(self, store: Store) -> None:
        store.append([*plays(20), *plays(5, "bo", 20), rich_event()])
        ids = [event.id for _, event in store.events(user_id="ada", newest_first=True, limit=3)]
        assert ids == ["e1", "p19", "p18"]
        assert [e.id for _, e in store.events(item_id="t3")] == ["p3", "p13", "p23"]
        assert [e.id for _, e in store.events(kinds=[EventKind.RATE])] == ["e1"]
        assert [e.id for _, e in store.events(kinds=[])] == []
        fifth = [seq for seq, _ in store.events()][4]
        assert [e.id for _, e in store.events(user_id="ada", after_seq=fifth, limit=2)] == ["p5", "p6"]
        assert list(store.events(limit=0)) == []

    def test_the_table_of_events_is_the_events(self, store: Store) -> None:
        found = [*plays(30), rich_event(), *plays(5, "bo", 30), Event(id="s", user_id="bo", kind=EventKind.SEARCH)]
        store.append(found)
        for user in (None, "bo", "nobody"):
            table = store.event_table(user_id=user)
            expected = EventTable.of(e for e in found if user in (None, e.user_id))
            assert table.user_ids == expected.user_ids
            assert table.item_ids == expected.item_ids
            for name in ("users", "items", "kinds", "at", "value", "scale_low", "scale_high", "played_s", "train"):
                got, want = getattr(table, name), getattr(expected, name)
                assert got.dtype == want.dtype, name
                np.testing.assert_array_equal(got, want, err_msg=name)
        middle = int(store.event_table().seq[10])
        assert store.event_table(after_seq=middle).seq.tolist() == store.event_table().seq[11:].tolist()

    def test_writers_side_by_side_lose_nothing(self, store: Store) -> None:
        failures: list[BaseException] = []

        def write(n: int) -> None:
            try:
                for i in range(20):
                    store.append([*plays(5, f"u{n}", n * 1000 + i * 5), *plays(5, "all", 50_000 + i * 5)])
            except BaseException as error:
                failures.append(error)

        threads = [Thread(target=write, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures
        assert store.counts()["events"] == 4 * 100 + 100

    # Opinions

    def test_opinions_stand_beside_their_events(self, store: Store) -> None:
        said = [
            remark("c1", "ada", "Great!", 12.5),
            remark("c2", "bo", "so dull", 13.0),
            remark("c3", "ada", "Great!", 0),
        ]
        opinions = {"c1": some_opinion(0.5), "c2": some_opinion(-0.25, 8), "c3": some_opinion(None)}
        store.append([*plays(2), *said], opinions)
        table = store.event_table()
        np.testing.assert_array_equal(table.opinion, np.array([np.nan, np.nan, 0.5, -0.25, np.nan], np.float32))
        assert table.said.tolist() == [0, 0, 7, 8, 7]
        assert table.said.dtype == np.int64
        own = store.event_table(user_id="ada", after_seq=int(table.seq[0]))
        np.testing.assert_array_equal(own.opinion, np.array([np.nan, 0.5, np.nan], np.float32))
        newest, oldest = store.statements("ada")
        assert (newest.event_id, oldest.event_id, oldest.kind, oldest.item_id) == ("c3", "c1", "bullet_comment", "film")
        assert oldest.opinion == opinions["c1"]
        assert oldest.at == BEGIN.timestamp()
        assert [one.event_id for one in store.statements("ada", limit=1)] == ["c3"]
        assert [(r.position_s, r.user_id, r.sentiment) for r in store.remarks("film")] == [
            (12.5, "ada", 0.5),
            (13.0, "bo", -0.25),
            (0.0, "ada", None),
        ]

    def test_an_event_sent_again_keeps_what_was_read_first(self, store: Store) -> None:
        store.append([remark("c1", "ada", "Great!", 1)], {"c1": some_opinion(0.5)})
        answer = store.append([remark("c1", "ada", "Awful", 1), remark("c2", "ada", "x", 1)], {"c1": some_opinion(-1)})
        assert answer == Appended(1, ("c1",))
        assert [one.opinion.sentiment for one in store.statements("ada")] == [0.5]

    def test_what_is_unread_is_found_and_read_anew(self, store: Store) -> None:
        incognito = remark("c9", "ada", "secret", 1).model_copy(update={"train": False})
        search = Event(id="s", user_id="ada", kind=EventKind.SEARCH, text="rain")
        store.append([remark("c1", "ada", "Great!", 1), incognito, search, *plays(2)])
        assert store.count_unread(None, None) == 2
        ((first, second),) = store.unread("1", "1+e")
        assert (first.text, first.item_id, second.kind, second.item_id) == ("Great!", "film", EventKind.SEARCH, None)
        before = store.revision()
        place = np.array([0.6, 0.8], np.float32)
        alone = replace(some_opinion(None), version="1+e")
        store.put_opinions([Read(first.seq, some_opinion(0.5)), Read(second.seq, alone, place), Read(10**9, alone)])
        assert store.revision() > before
        assert store.changed_since(before) == set()
        assert store.count_unread("1", "1+e") == 0
        assert store.count_unread("1", "2+e") == 1
        assert store.count_unread("2", "2+e") == 2
        search_read, comment = store.statements("ada")
        np.testing.assert_array_equal(search_read.vector, place)
        assert comment.vector is None
        store.put_opinions([Read(first.seq, some_opinion(-0.5))])
        assert store.event_table().opinion.tolist()[0] == -0.5

    # Readings

    def test_readings(self, store: Store) -> None:
        store.put_items([rich_item("a"), rich_item("b")])
        vector = np.linspace(-1, 1, 5, dtype=np.float32)
        before = store.revision()
        store.put_readings(
            [
                Reading("b", "text", "f1", vector, {"tempo": 120.5, "words": ["雨"]}),
                Reading("a", "audio", "f2", problem="The file is truncated."),
                Reading("a", "text", "f3", -vector),
                Reading("gone", "text", "f4", vector),
            ]
        )
        assert store.revision() > before
        assert [(r.item_id, r.space) for r in store.readings()] == [("a", "audio"), ("a", "text"), ("b", "text")]
        (reading,) = store.readings(["b", "no"], space="text")
        assert reading.vector is not None
        assert reading.vector.dtype == np.float32
        assert (reading.fingerprint, reading.facts, reading.problem) == ("f1", {"tempo": 120.5, "words": ["雨"]}, None)
        np.testing.assert_array_equal(reading.vector, vector)
        assert store.fingerprints("text") == {"a": "f3", "b": "f1"}
        assert store.fingerprints("audio") == {"a": "f2"}

    def test_what_has_changed_since(self, store: Store) -> None:
        vector = np.ones(3, np.float32)
        store.put_items([Item(id=i, kind=ItemKind.TRACK) for i in "abcd"])
        began = store.revision()
        assert store.changed_since(began) == set()
        assert store.put_items([Item(id="a", kind=ItemKind.TRACK)]).unchanged == 1
        assert store.changed_since(began) == set()
        store.put_readings([Reading("a", "text", "f", vector)])
        middle = store.revision()
        store.put_items([Item(id="b", kind=ItemKind.TRACK, title="B"), Item(id="e", kind=ItemKind.TRACK)])
        store.remove_items(["c", "never there"])
        ends = {"head": "item:d", "head_name": "D", "tail": "genre:noir", "tail_name": "Noir"}
        store.put_relations([Relation(**ends, relation="genre", source="triples:t")])
        assert store.changed_since(began) == {"a", "b", "c", "d", "e", "never there"}
        assert store.changed_since(middle) == {"b", "c", "d", "e", "never there"}
        numbers = store.item_numbers()
        assert sorted(numbers, key=lambda one: numbers[one]) == [item.id for item in store.items()]
        assert store.item_numbers(["b", "c"]) == {"b": numbers["b"]}
        assert store.vectors("text", ["b"])[0] == []
        assert store.vectors("text", ["a", "b"])[0] == ["a"]
        assert [one.tail for one in store.relations_of(["item:d", "item:a"])] == ["genre:noir"]
        # What is stated of something that is no item, or of very many items, may be about any.
        for change in (
            lambda: store.put_relations(
                [Relation(**{**ends, "head": "person:x"}, relation="born in", source="triples:t")]
            ),
            lambda: store.put_items(Item(id=f"i{n}", kind=ItemKind.TRACK) for n in range(NOTED + 1)),
        ):
            before = store.revision()
            change()
            assert store.changed_since(before) is None
            assert store.changed_since(store.revision()) == set()

    def test_how_far_a_reading_can_be_relied_on(self, store: Store) -> None:
        store.put_items([rich_item(item_id) for item_id in "abcdef"])
        vector = np.ones(3, np.float32)
        said = {"a": 0.25, "b": 1, "c": 7.5}
        store.put_readings([Reading(i, "picture", "f", vector, {"confidence": sure}) for i, sure in said.items()])
        store.put_readings([Reading("d", "picture", "f", vector, {"mood": '"confidence": 0'})])
        store.put_readings([Reading("e", "picture", "f", vector)])
        store.put_readings([Reading("f", "picture", "f", vector, {"confidence": "high", "of": {"confidence": 0.5}})])
        store.put_readings([Reading("a", "audio", "f", vector, {"confidence": 0})])
        assert store.confidences("picture") == {"a": 0.25, "b": 1.0, "c": 1.0}
        assert store.confidences("audio") == {"a": 0.0}
        assert store.confidences("text") == {}

    def test_parts_come_back_in_their_order_and_direction(self, store: Store) -> None:
        store.put_items([Item(id="a", kind=ItemKind.TRACK), Item(id="b", kind=ItemKind.TRACK)])
        rng = np.random.default_rng(1)
        parts = rng.normal(size=(5, 40)).astype(np.float32)
        parts /= np.linalg.norm(parts, axis=1, keepdims=True)
        store.put_readings([Reading("a", "picture", "f", np.ones(3, np.float32), parts=parts)])
        store.put_readings([Reading("b", "picture", "f", np.ones(3, np.float32))])
        ((item_id, found),) = store.parts("picture")
        assert (item_id, found.shape) == ("a", (5, 40))
        assert found.dtype == np.float32
        assert ((found * parts).sum(axis=1) > 0.999).all()
        assert [i for i, _ in store.parts("picture", ["b", "a", "no"])] == ["a"]
        store.put_readings([Reading("a", "picture", "f2", np.ones(3, np.float32))])
        assert list(store.parts("picture")) == []

    def test_a_newer_reading_takes_the_place_of_the_older(self, store: Store) -> None:
        store.put_items([rich_item("a")])
        store.put_readings([Reading("a", "text", "f1", np.ones(3, np.float32))])
        store.put_readings([Reading("a", "text", "f2", problem="gone")])
        (reading,) = store.readings()
        assert (reading.fingerprint, reading.vector, reading.problem) == ("f2", None, "gone")

    def test_facts_that_are_no_json_are_refused(self, store: Store) -> None:
        store.put_items([rich_item("a")])
        for fact in (float("nan"), {1, 2}):
            with pytest.raises(InvalidInput, match="'a' in the space 'audio'"):
                store.put_readings([Reading("a", "audio", "f", facts={"loudness": fact})])
        assert store.counts()["readings"] == 0

    def test_vectors(self, store: Store) -> None:
        store.put_items([rich_item(i) for i in ("a", "b", "c")])
        store.put_readings(Reading(i, "text", "f", np.full(4, n, np.float32)) for n, i in enumerate("cba"))
        store.put_readings([Reading("b", "text", "f", None)])
        ids, matrix = store.vectors("text")
        assert ids == ["a", "c"]
        assert matrix.dtype == np.float32
        np.testing.assert_array_equal(matrix, [[2.0] * 4, [0.0] * 4])
        ids, matrix = store.vectors("none")
        assert (ids, matrix.shape[0]) == ([], 0)

    def test_vectors_of_two_encoders_are_not_mixed(self, store: Store) -> None:
        store.put_items([rich_item(i) for i in ("a", "b")])
        store.put_readings(Reading(i, "text", "f", np.ones(n, np.float32)) for n, i in enumerate("ab", 3))
        with pytest.raises(StorageError, match="3 and 4 dimensions"):
            store.vectors("text")

    # The whole

    def test_a_new_print_takes_the_place_of_the_older_and_of_its_links(self, store: Store) -> None:
        store.put_items(Item(id=i, kind=ItemKind.TRACK) for i in "abc")
        store.put_readings([Reading(i, "sound_print", "f", print=some_print(n)) for n, i in enumerate("abc")])
        ids, keys, rows = store.print_keys("sound_print")
        assert (ids, keys.tolist(), rows.tolist()) == (["a", "b", "c"], [0, 7, 1, 7, 2, 7], [0, 0, 1, 1, 2, 2])
        assert store.print_codes("sound_print", ["b", "no"]) == {"b": b"codes-1"}
        assert {i: asks.tolist() for i, asks in store.unlinked("sound_print", 2).items()} == {"a": [0], "b": [1]}
        found = [Duplicate("sound_print", one, "a", 0.9, 2, 1, 60, 0.8) for one in ("b", "c", "gone")]
        before = store.revision()
        assert store.put_duplicates("sound_print", ["a", "b", "c"], found) == 2
        assert store.put_duplicates("sound_print", ["a"], found[:1]) == 1  # the other one has found it, too
        assert store.revision() > before
        assert store.unlinked("sound_print", 9) == {}
        assert [(link.other_id, link.starts_s) for link in store.duplicates("a")] == [("b", 1), ("c", 1)]
        assert [(link.other_id, link.starts_s) for link in store.duplicates("b")] == [("a", 2)]
        assert store.has_prints("sound_print", ["a", "no"]) == {"a"}
        store.put_readings([Reading("c", "text", "f", np.ones(3, np.float32))])
        assert len(store.duplicates()) == 2  # another space has nothing to do with it
        store.put_readings([Reading("c", "sound_print", "g")])
        assert [(link.item_id, link.other_id) for link in store.duplicates()] == [("a", "b")]
        store.remove_items(["b"])
        assert store.duplicates() == []
        assert store.print_keys("sound_print")[0] == ["a"]

    def test_a_store_opened_again_has_everything(self, url: str) -> None:
        with storage.open(url) as store:
            store.put_items([rich_item()])
            store.append([rich_event()])
        with storage.open(url) as store:
            assert store.item("film") == rich_item()
            assert store.check() == []
            assert store.counts() == {"items": 1, "users": 1, "events": 1, "readings": 0}

    def test_an_error_in_the_source_keeps_nothing_of_its_batch(self, store: Store) -> None:
        def broken() -> Iterator[Item]:
            yield rich_item()
            raise RuntimeError("the file ended")

        with pytest.raises(RuntimeError):
            store.put_items(broken())
        assert store.counts()["items"] == 0

    def test_export_and_erasure(self, store: Store) -> None:
        store.put_items([rich_item()])
        store.put_users([User(id="ada", attributes={"age": 35}), User(id="bo")])
        store.append([rich_event(), *plays(3, "bo")])
        store.put_verdict(Verdict("ada", confirmed=True, at=1.5))
        store.put_verdict(Verdict("ada", confirmed=False, at=2.5))
        store.put_verdict(Verdict("bo", confirmed=True, at=1.5))
        for user, purpose in (("ada", "talk"), ("ada", "talk"), ("ada", "portrait"), ("bo", "talk"), (None, "labels")):
            store.add_llm_usage("2026-11-27", user, purpose, 1, 100, 7)
        keep(store, some_playlist("l1", "ada"))
        keep(store, some_playlist("l2", "bo"))
        exported = list(store.export_user("ada"))
        assert exported.pop(4) == {"playlist": some_playlist("l1", "ada").model_dump(mode="json")}
        used = [exported.pop(2)["llm_usage"] for _ in range(2)]
        assert [(one["purpose"], one["calls"], one["tokens_in"]) for one in used] == [
            ("portrait", 1, 100),
            ("talk", 2, 200),
        ]
        assert exported.pop(1) == {"verdict": {"confirmed": False, "at": 2.5}}
        assert exported[0] == {"user": {"id": "ada", "attributes": {"age": 35}}}
        assert Event.model_validate(exported[1]["event"]) == rich_event()
        assert json.loads(json.dumps(exported)) == exported
        assert "opinion" not in exported[1]
        newest = store.last_seq()
        assert erased(store, "ada") == {"users": 1, "events": 1, "verdicts": 1, "llm_usage": 2, "playlists": 1}
        assert store.user("ada") is None
        assert list(store.export_user("ada")) == []
        assert (store.llm_tokens("2026-11-27"), store.llm_tokens("2026-11-27", "ada")) == (5 * 107, 0)
        assert store.llm_tokens("2026-11-27", "bo") == 107
        assert store.user_ids() == ["bo"]
        assert store.verdicts() == {"bo": Verdict("bo", confirmed=True, at=1.5)}
        assert [one.id for user in ("ada", "bo", None) for one in store.playlists(user)] == ["l2"]
        assert store.remove_verdict("bo")
        assert not store.remove_verdict("bo")
        assert erased(store, "ada") == {}
        store.append([rich_event("again", "cy")])
        assert store.last_seq() > newest

    def test_what_was_read_is_exported_and_erased(self, store: Store) -> None:
        for user in ("ada", "bo"):
            store.append([remark(f"{user}-1", user, "Great!", 1)], {f"{user}-1": some_opinion(0.5)})
        (row,) = store.export_user("ada")
        assert row["opinion"]["sentiment"] == 0.5
        assert row["opinion"]["topics"] == {"aspect:music": 0.5, "genre:horror": None}
        assert json.loads(json.dumps(row)) == row
        assert erased(store, "ada") == {"events": 1}
        assert store.statements("ada") == []
        assert np.isfinite(store.event_table().opinion).tolist() == [True]
        assert [one.event_id for one in store.statements("bo")] == ["bo-1"]

    def test_conversations(self, store: Store) -> None:
        first = talk("c1", "ada", at=1)
        store.begin_conversation(first, taken_until=50)
        store.begin_conversation(talk("c2", "ada", at=2), taken_until=0)
        store.begin_conversation(talk("c3", "bo", at=3), taken_until=0)
        store.begin_conversation(talk("c4", None, at=4), taken_until=0)
        assert store.conversation("c1") == first
        assert store.conversation("c9") is None
        assert [one.id for one in store.conversations("ada")] == ["c2", "c1"]
        assert [one.id for one in store.conversations("ada", limit=1)] == ["c2"]
        assert not store.take_conversation("c1", now=49, taken_until=90), "somebody answers in it"
        changed = first._replace(body='{"turns": 1}', changed_at=5)
        assert store.put_conversation(changed, taken_until=50)
        assert store.conversation("c1") == changed._replace(revision=1)
        assert store.take_conversation("c1", now=5, taken_until=90), "the turn has let the next one come"
        assert not store.take_conversation("c1", now=5, taken_until=90)
        assert [one.id for one in store.conversations("ada")] == ["c1", "c2"]
        assert store.remove_conversation("c2")
        assert not store.remove_conversation("c2")
        gone = talk("c2", "ada", at=6)
        assert not store.put_conversation(gone, taken_until=0), "what was deleted while it was answered stays deleted"
        assert store.conversation("c2") is None
        assert store.remove_conversations(before=4) == 1
        assert list(store.export_user("ada")) == [{"conversation": {"turns": 1}}]
        assert erased(store, "ada") == {"conversations": 1}
        assert store.conversation("c1") is None
        assert store.conversation("c4") is not None

    def test_a_turn_that_ends_late_overwrites_no_later_one(self, store: Store) -> None:
        begun = talk("c1", "ada", at=1)
        store.begin_conversation(begun, taken_until=50)
        assert store.take_conversation("c1", now=51, taken_until=90), "the first turn should long have been done"
        late = begun._replace(body='{"turns": "late"}', changed_at=52)
        assert store.put_conversation(late, taken_until=50), "the other has kept nothing yet"
        assert not store.take_conversation("c1", now=60, taken_until=99), "the claim of the other holds on"
        other = begun._replace(body='{"turns": "other"}', changed_at=53)
        assert not store.put_conversation(other, taken_until=90), "it would overwrite the late one"
        assert store.conversation("c1") == late._replace(revision=1)
        assert store.put_conversation(other._replace(revision=1), taken_until=90)
        assert not store.put_conversation(late._replace(revision=1), taken_until=50)
        assert store.conversation("c1") == other._replace(revision=2)
        assert store.take_conversation("c1", now=60, taken_until=99)

    def test_members_of_an_account(self, store: Store) -> None:
        ada, ben = member("ada", "Ada"), member("ben", "Ben", max_maturity=6)
        store.put_member(ben)
        store.put_member(ada)
        assert store.household("home") == Household("home", (ben, ada))
        assert store.household("nowhere") == Household("nowhere", ())
        assert store.members(["ada", "cy", "ben"]) == {"ada": ada, "ben": ben}
        assert (store.max_maturity("ben"), store.max_maturity("ada"), store.max_maturity("cy")) == (6, None, None)
        older = member("ben", "Benjamin", max_maturity=12)
        store.put_member(older)
        assert store.household("home").members == (older, ada)
        assert not store.remove_member("other", "ben")
        assert store.remove_member("home", "ben")
        assert not store.remove_member("home", "ben")
        assert store.max_maturity("ben") is None

    def test_members_that_cannot_be_kept(self, store: Store) -> None:
        store.put_member(member("ada", "Zoë"))
        for other, why in (
            (member("ben", "ＺＯË "), "already has a member called"),
            (member("ada", "Ada", account="another"), "belongs to another account"),
            (member("a\0b", "Ben"), "NUL"),
        ):
            with pytest.raises(InvalidInput, match=why):
                store.put_member(other)
        store.put_member(member("cy", "Zoë", account="another"))
        for n in range(MOST_MEMBERS - 1):
            store.put_member(member(f"m{n}", f"M {n}"))
        with pytest.raises(InvalidInput, match="Remove one first"):
            store.put_member(member("more", "More"))
        assert len(store.household("home").members) == MOST_MEMBERS

    def test_playlists_of_a_person_and_nobody(self, store: Store) -> None:
        older, newer, free = some_playlist("a", "ada"), some_playlist("b", "ada", made_at=9.0), some_playlist("c", None)
        for one in (older, newer, free, some_playlist("d", "bo")):
            keep(store, one)
        assert store.playlists("ada") == [newer, older]
        assert store.playlists(None) == [free]
        assert store.playlist("a") == (1, older)
        assert store.playlist("no") is store.playlist("n\0") is None
        assert store.remove_playlist("a")
        assert not store.remove_playlist("a")
        few = PlaylistSettings(per_person=3)
        for n in range(2):
            keep(store, some_playlist(f"more{n}", "ada"), few)
        with pytest.raises(InvalidInput, match="'ada' has 3 playlists already"):
            keep(store, some_playlist("one more", "ada"), few)
        keep(store, some_playlist("another's", "cy"), few)

    def test_a_playlist_that_is_being_made_is_not_shown_and_goes_with_its_person(self, store: Store) -> None:
        settings = PlaylistSettings()
        store.reserve_playlist("a", "ada", 1.5, settings)
        assert store.playlist("a") is None
        assert store.playlists("ada") == []
        assert list(store.export_user("ada")) == []
        assert store.erase_user("ada")["playlists"] == 1
        assert not store.put_playlist(some_playlist("a", "ada"), 0)
        # A place whose process has died is given free.
        store.reserve_playlist("b", "ada", 2.0, settings)
        store.reserve_playlist("c", "ada", 5000.0, settings)
        assert not store.put_playlist(some_playlist("b", "ada"), 0)
        assert store.put_playlist(some_playlist("c", "ada"), 0)

    def test_of_those_that_are_nobodys_the_least_used_make_room(self, store: Store) -> None:
        three = PlaylistSettings(unowned=3)
        for n, name in enumerate(("used", "unused", "new")):
            keep(store, some_playlist(name, None, made_at=10.0 + n), three)
        keep(store, some_playlist("owned", "ada", made_at=1.0), three)
        assert store.put_playlist(some_playlist("used", None, made_at=10.0).model_copy(update={"used_at": 50.0}), 1)
        # One visitor makes many: they push out each other and what nobody uses, not what somebody came back to.
        for n in range(10):
            keep(store, some_playlist(f"flood{n}", None, made_at=60.0 + n), three)
        assert [one.id for one in store.playlists(None)] == ["flood9", "flood8", "used"]
        for revision in (1, 2):
            for name in ("flood8", "flood9"):
                used = some_playlist(name, None, made_at=68.0).model_copy(update={"used_at": 70.0 + revision})
                store.put_playlist(used, revision)
        keep(store, some_playlist("last", None, made_at=80.0), three)
        assert {one.id for one in store.playlists(None)} == {"flood8", "flood9", "last"}
        assert store.forget_unused_playlists(72.0) == 0
        assert store.forget_unused_playlists(79.0) == 2
        assert [one.id for one in store.playlists(None)] == ["last"]
        assert [one.id for one in store.playlists("ada")] == ["owned"]

    def test_a_change_of_a_playlist_is_not_lost_to_another(self, store: Store) -> None:
        keep(store, some_playlist("a", "ada"))
        revision, found = store.playlist("a") or pytest.fail("it is gone")
        assert store.put_playlist(found.model_copy(update={"title": "First"}), revision)
        assert not store.put_playlist(found.model_copy(update={"title": "Second"}), revision)
        assert store.playlist("a") == (revision + 1, found.model_copy(update={"title": "First"}))
        assert not store.put_playlist(some_playlist("gone", "ada"), 1)

    def test_a_playlist_that_is_due_is_taken_by_one(self, store: Store) -> None:
        keep(store, some_playlist("soon", "ada", next_at=50.0))
        keep(store, some_playlist("first", None, next_at=40.0))
        keep(store, some_playlist("never", "ada"))
        keep(store, some_playlist("later", "ada", next_at=1000.0))
        assert store.due_playlists(60.0) == ["first", "soon"]
        assert store.hold_playlist("soon", 60.0, 90.0)
        assert not store.hold_playlist("soon", 70.0, 100.0)
        assert not store.hold_playlist("later", 70.0, 100.0)
        assert not store.hold_playlist("never", 70.0, 100.0)
        assert store.due_playlists(70.0) == ["first"]
        # Who holds it and dies does not keep it.
        assert store.due_playlists(90.0) == ["first", "soon"]
        assert store.hold_playlist("soon", 90.0, 120.0)
        revision, found = store.playlist("soon") or pytest.fail("it is gone")
        assert store.put_playlist(found.model_copy(update={"next_at": 95.0}), revision)
        assert store.due_playlists(96.0) == ["first", "soon"]

    def test_turns_of_a_group(self, store: Store) -> None:
        both, all_three = key_of(["ben", "ada"]), key_of(["ada", "ben", "cy"])
        assert both == key_of(["ada", "ben"]) != all_three
        store.append(
            [
                together("1", "ada", both, 0.25),
                together("2", "ben", both, None),
                together("3", "ada", all_three, 0.5),
                together("4", "ada", both, 0.75),
                together("5", "ada", both, 0.9, kind="like"),
                *plays(2, "ada", first=50),
            ]
        )
        at = BEGIN.timestamp()
        first, second = Turn("ada", "film", at, 1, 0.25), Turn("ben", "film", at, 2, None)
        assert store.turns(both, ["ada", "ben"], 9) == [first, second, Turn("ada", "film", at, 4, 0.75)]
        assert [turn.fit for turn in store.turns(both, ["ada"], 1)] == [0.75]
        assert store.turns(key_of(["ada", "cy"]), ["ada", "cy"], 9) == []

    def test_who_is_erased_leaves_no_household_and_no_group_behind(self, store: Store) -> None:
        store.put_member(member("ada", "Ada", account="ada"))
        store.put_member(member("ben", "Ben", account="ada", max_maturity=6))
        key, other = key_of(["ada", "ben"]), key_of(["ben", "cy"])
        store.append([together("1", "ada", key, 0.5), together("2", "ben", key, 0.5), together("3", "ben", other, 1)])
        exported = list(store.export_user("ben"))
        assert exported[0] == {"member": member("ben", "Ben", account="ada", max_maturity=6).model_dump(mode="json")}
        assert erased(store, "ada") == {"events": 1, "members": 1}
        (ben,) = store.members(["ada", "ben"]).values()
        assert (ben.user_id, ben.max_maturity) == ("ben", 6)
        assert ben.account not in ("ada", "ben")
        assert store.household(ben.account).members == (ben,)
        told = [event.context for _, event in store.events(user_id="ben")]
        assert told == [Context(surface="together"), Context(surface="together", group=other, fit=1)]

    def test_a_backup_brings_everything_back(self, url: str, second_url: str, tmp_path: Path) -> None:
        with storage.open(url) as store, storage.open(second_url) as other:
            fill(store)
            store.dump(tmp_path / "backup")
            other.load(tmp_path / "backup")
            assert_same(store, other)
            other.put_items([Item(id="new", kind=ItemKind.AD)])
            other.append(plays(1, first=10_000))
            assert other.last_seq() > store.last_seq()

    def test_a_backup_is_not_restored_over_anything(self, store: Store, tmp_path: Path) -> None:
        fill(store)
        store.dump(tmp_path / "backup")
        with pytest.raises(StorageError, match="already holds"):
            store.load(tmp_path / "backup")

    def test_a_damaged_backup_restores_nothing(self, store: Store, second_url: str, tmp_path: Path) -> None:
        fill(store)
        store.dump(tmp_path / "backup")
        events = tmp_path / "backup" / "events.jsonl.gz"
        events.write_bytes(events.read_bytes()[:-20])
        with storage.open(second_url) as other:
            with pytest.raises(StorageError, match="damaged"):
                other.load(tmp_path / "backup")
            with pytest.raises(StorageError, match="no whole backup"):
                other.load(tmp_path / "none")
            assert other.counts() == {"items": 0, "users": 0, "events": 0, "readings": 0}


def fill(store: Store) -> None:
    """Some of everything, with gaps in the row numbers."""
    store.add_llm_usage("2026-11-27", "ada", "talk", 2, 300, 40)
    store.put_items([rich_item("gone"), rich_item("film"), Item(id="t1", kind=ItemKind.TRACK)])
    store.remove_items(["gone"])
    store.put_users([User(id="ada", attributes={"age": 35, "city": "巴黎"})])
    store.append([*plays(20, "bo"), rich_event()])
    search = Event(id="s", user_id="ada", kind=EventKind.SEARCH, text="rain")
    store.append([rich_event(), search], {"s": some_opinion(None)})
    store.put_readings(
        [
            Reading("film", "text", "f", np.linspace(0, 1, 7, dtype=np.float32), {"words": 3}),
            Reading("t1", "audio", "g", problem="The file is empty."),
            Reading("film", "sound_print", "h", print=some_print(1)),
            Reading("t1", "sound_print", "h", print=some_print(2)),
        ]
    )
    store.put_verdict(Verdict("bo", confirmed=True, at=12.25))
    store.put_member(member("bo", "波", max_maturity=12))
    store.begin_conversation(talk("c1", "bo", at=1.5), taken_until=0)
    keep(store, some_playlist("l1", "ada", next_at=12.25))
    store.put_duplicates("sound_print", ["film"], [Duplicate("sound_print", "t1", "film", 0.75, 0, 12.5, 60, 0.5)])


def erased(store: Store, user_id: str) -> dict[str, int]:
    """How many rows of a person were deleted, by table; those of which there were none left out."""
    return {name: count for name, count in store.erase_user(user_id).items() if count}


def talk(conversation_id: str, user_id: str | None, at: float) -> KeptConversation:
    """A conversation without a turn."""
    return KeptConversation(conversation_id, user_id, '{"turns": 0}', at, at)


def remark(event_id: str, user_id: str, text: str, position_s: float) -> Event:
    """A bullet comment on the film."""
    kind = EventKind.BULLET_COMMENT
    return Event(id=event_id, user_id=user_id, item_id="film", kind=kind, at=BEGIN, text=text, position_s=position_s)


def member(user_id: str, name: str, account: str = "home", max_maturity: int | None = None) -> Member:
    """A profile."""
    return Member(user_id=user_id, account=account, name=name, max_maturity=max_maturity)


def keep(store: Store, playlist: Playlist, settings: PlaylistSettings | None = None) -> None:
    """Keep a new playlist."""
    store.reserve_playlist(playlist.id, playlist.user_id, playlist.made_at, settings or PlaylistSettings())
    assert store.put_playlist(playlist, 0)


def some_playlist(
    playlist_id: str, user_id: str | None, made_at: float = 1.5, next_at: float | None = None
) -> Playlist:
    """A playlist of one film."""
    entry = Entry(item="film", reason="Because …", evidence=(("words", "雨", "雨", 0.5),), pinned=True, since=made_at)
    return Playlist(
        id=playlist_id, user_id=user_id, title="雨夜 🎹", sentence="calm '; DROP TABLE", length=Length(seconds=3600),
        entries=(entry,), made_at=made_at, refreshed_at=made_at, next_at=next_at,
    )  # fmt: skip


def together(event_id: str, user_id: str, key: str, fit: float | None, kind: str = "play") -> Event:
    """What one of a group did with the film that they chose."""
    context = Context(surface="together", group=key, fit=fit)
    return Event(id=event_id, user_id=user_id, item_id="film", kind=EventKind(kind), at=BEGIN, context=context)


def some_opinion(sentiment: float | None, same: int = 7) -> Opinion:
    """An opinion with topics."""
    return Opinion(sentiment, {"aspect:music": sentiment or 0.1, "genre:horror": None}, "words", "1", same)


def some_print(n: int) -> Print:
    """A small fingerprint."""
    return Print(f"codes-{n}".encode(), np.array([n, 7], np.uint32), np.array([n], np.uint32))


def assert_same(one: Store, other: Store) -> None:
    """Both stores hold the same."""
    assert list(one.items()) == list(other.items())
    assert list(one.events()) == list(other.events())
    assert one.user("ada") == other.user("ada")
    assert one.counts() == other.counts()
    assert one.duplicates() == other.duplicates()
    assert one.statements("ada") == other.statements("ada") != []
    assert one.verdicts() == other.verdicts() != {}
    assert one.members(["bo"]) == other.members(["bo"]) != {}
    assert one.llm_usage("ada") == other.llm_usage("ada") != []
    assert one.conversations("bo") == other.conversations("bo") != []
    assert one.playlists("ada") == other.playlists("ada") != []
    for store in (one, other):
        assert store.print_keys("sound_print")[0] == ["film", "t1"]
        assert {i: asks.tolist() for i, asks in store.unlinked("sound_print", 9).items()} == {"t1": [2]}
    for a, b in zip(one.readings(), other.readings(), strict=True):
        assert (a.item_id, a.space, a.fingerprint, a.facts, a.problem) == (
            b.item_id,
            b.space,
            b.fingerprint,
            b.facts,
            b.problem,
        )
        np.testing.assert_array_equal(a.vector, b.vector)
