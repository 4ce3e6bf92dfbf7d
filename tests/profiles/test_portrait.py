"""Portraits of people whose taste is known: what the lines say, on what evidence, and how sure."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from segue.catalogue import Catalogue
from segue.events import Event, EventTable
from segue.items import Credit, Item, ItemKind
from segue.opinions import Opinion, Statement
from segue.profiles.history import Live, live
from segue.profiles.patterns import patterns
from segue.profiles.portrait import Chosen, Line, Portrait, portrait
from segue.profiles.portrait_words import Names
from segue.settings import Settings

SETTINGS = Settings()
START = datetime(2026, 5, 4, 20, tzinfo=UTC)
NAMES = Names({"genre:horror": "恐怖", "mood:calm": "平静"}, {"en": ("English", "英语"), "ja": ("Japanese", "日语")})


def film(item_id: str, *genres: str, by: str = "", **fields: Any) -> Item:
    creators = (Credit(by, "director"),) if by else ()
    labels = {"labels": {"mood": [fields.pop("mood")]}} if "mood" in fields else {}
    return Item(
        id=item_id, kind=ItemKind.MOVIE, title=item_id.title(), genres=genres, creators=creators, extra=labels, **fields
    )


ITEMS = Catalogue.build(
    [
        film("fog", "Horror", by="Ann Lee", language="en", mood="calm"),
        film("fen", "Horror", "Drama", by="Ann Lee", language="ja"),
        film("far", "Drama", by="Bo Ek", language="en"),
        film("song", "Musical", by="Bo Ek", language="ja"),
        Item(id="tune", kind=ItemKind.TRACK, title="Tune", genres=("jazz",)),
    ]
)


def event(hour: float, kind: str, item: str | None = None, **fields: Any) -> Event:
    at = START + timedelta(hours=hour)
    return Event(
        id=f"{kind}-{item}-{fields.get('topic')}-{hour}", user_id="ann", item_id=item, kind=kind, at=at, **fields
    )


def drawn(*events: Event, said: tuple[Statement, ...] = (), now: datetime = START + timedelta(days=30)) -> Portrait:
    found = live("ann", EventTable.of(events), ITEMS, SETTINGS, said)
    return of(found, dict(enumerate(events, 1)), now)


def of(found: Live, events: dict[int, Event], now: datetime) -> Portrait:
    chosen = {topic: Chosen.of(events[seq], found.stated[topic]) for topic, seq in found.stated_by.items()}
    read = patterns(found.history, ITEMS, None, SETTINGS.session)
    return portrait(found, ITEMS, read, NAMES, now.timestamp(), chosen, {})


def line(found: Portrait, line_id: str) -> Line:
    one = found.line(line_id)
    assert one is not None, line_id
    return one


def said(topics: dict[str, float | None], seq: int = 50, kind: str = "comment") -> Statement:
    at = START.timestamp()
    return Statement(seq, f"said-{seq}", kind, None, at, True, Opinion(0.5, topics, same=seq), None)


SEEN = (event(0, "complete", "fog"), event(1, "like", "fen"), event(2, "skip", "song"))


def test_what_was_done_is_told_with_its_evidence():
    found = drawn(*SEEN)
    horror = line(found, "genre:horror")
    assert (horror.sort, horror.state, horror.strength) == ("topics", "inferred", 1.0)
    assert horror.confidence == pytest.approx(2 / 6, abs=1e-4)
    assert [(p.kind, p.item, p.at) for p in horror.evidence] == [
        ("complete", "fog", START.timestamp()),
        ("like", "fen", (START + timedelta(hours=1)).timestamp()),
    ]
    assert line(found, "genre:drama").strength == pytest.approx(0.5 / 1.5, abs=1e-4)  # half of one film
    assert line(found, "creator:ann lee").sort == "people"
    assert line(found, "mood:calm").name == {"en": "calm", "zh": "平静"}
    assert line(found, "language:en").name == {"en": "English", "zh": "英语"}
    musical = line(found, "genre:musical")
    assert (musical.sort, musical.text["en"]) == ("dislikes", "You tend to pass over “Musical”.")
    assert musical.strength == pytest.approx(-1 / 3, abs=1e-4)  # all for one side, and one film
    assert found.line("genre:jazz") is None


def test_what_nearly_everything_is_tells_nobody_apart():
    only_films = Catalogue.build([item for item in ITEMS.items if item and item.kind is ItemKind.MOVIE])
    found = live("ann", EventTable.of(SEEN), only_films, SETTINGS)
    read = patterns(found.history, only_films, None, SETTINGS.session)
    drawn_here = portrait(found, only_films, read, NAMES, START.timestamp(), {}, {})
    assert drawn_here.line("kind:movie") is None
    assert drawn(*SEEN).line("kind:movie") is not None


def test_one_item_among_many_makes_no_name_and_no_dislike():
    many = Catalogue.build(
        [*ITEMS.items, *(film(f"n{n}", "Horror") for n in range(12)), film("last", "Opera", by="Cy")]
    )
    seen = [event(n, "complete", f"n{n}") for n in range(12)]

    def ids(*events: Event) -> set[str]:
        found = live("ann", EventTable.of([*seen, *events]), many, SETTINGS)
        read = patterns(found.history, many, None, SETTINGS.session)
        return {one.id for one in portrait(found, many, read, NAMES, START.timestamp(), {}, {}).lines}

    assert not {"creator:cy", "genre:opera"} & ids(event(20, "skip", "last"))
    assert "creator:cy" not in ids(event(20, "like", "last"))
    assert "creator:ann lee" in ids(event(20, "skip", "fog"), event(21, "skip", "fen"))


def test_what_is_stated_beats_what_is_inferred():
    by_hand = event(3, "dislike", topic="genre:horror", value=0.4)
    chosen = line(drawn(*SEEN, by_hand), "genre:horror")
    assert (chosen.strength, chosen.confidence, chosen.state, chosen.sort) == (-0.4, 1.0, "stated", "dislikes")
    assert chosen.evidence[0].event == by_hand.id
    words = (said({"genre:horror": -0.9}), said({"genre:drama": None}, 51, "search"))
    found = drawn(*SEEN, said=words)
    told = line(found, "genre:horror")
    assert (told.state, told.confidence, told.evidence[0].event) == ("stated", 0.6, "said-50")
    assert told.strength < 0
    assert line(drawn(*SEEN, by_hand, said=words), "genre:horror").strength == -0.4
    looked = line(drawn(said=(said({"genre:jazz": None}, kind="search"),)), "genre:jazz")
    assert (looked.text["zh"], looked.state) == ("你找过“jazz”。", "inferred")
    assert looked.confidence < told.confidence


def test_the_state_says_what_an_edit_left():
    def state(source: str | None) -> tuple[str, bool, bool]:
        one = line(drawn(event(1, "like", topic="genre:jazz", value=0.5, source=source)), "genre:jazz")
        return one.state, one.pinned, one.locked

    assert state("portrait:locked+pinned") == ("pinned", True, True)
    assert state("portrait:locked") == ("locked", False, True)
    assert state("portrait:stated") == ("stated", False, False)
    assert state("onboarding:pinned") == ("stated", False, False)
    assert state(None) == ("stated", False, False)


def test_what_is_hidden_is_told_until_it_ends():
    snoozed = event(1, "snooze", topic="genre:horror", value=2)
    events = (*SEEN, snoozed, event(1, "block", "far"))
    found = drawn(*events, now=START + timedelta(days=1))
    one = line(found, "genre:horror")
    assert (one.sort, one.state) == ("hidden", "muted")
    assert one.until == (START + timedelta(days=2, hours=1)).timestamp()
    assert one.text["en"] == "You do not want to see “Horror” before 2026-05-06."
    assert one.text["zh"] == "在2026-05-06之前，你不想看到“恐怖”。"
    item = line(found, "item:far")
    assert (item.until, item.actions, item.evidence[0].kind) == (None, ("unmute",), "block")
    assert item.text["zh"] == "你不想看到《Far》。"
    assert line(drawn(*events), "genre:horror").sort == "topics"  # weeks later


def test_a_deleted_line_stays_away_until_something_new_speaks_of_it():
    deleted = event(5, "exclude", topic="genre:horror")
    found = drawn(*SEEN, deleted)
    assert found.line("genre:horror") is None  # although half of one film is left
    assert line(found, "genre:drama").strength == 1.0
    assert found.forgotten == ({"id": "genre:horror", "name": {"en": "Horror", "zh": "恐怖"}},)
    assert "Horror" not in str(found.sentences)
    again = drawn(*SEEN, deleted, event(6, "like", "fog"))
    assert [p.item for p in line(again, "genre:horror").evidence] == ["fog"]
    opened = drawn(*SEEN, deleted, event(6, "click", "fen"))  # less than the like before, which speaks of drama alone
    assert [p.kind for p in line(opened, "genre:horror").evidence] == ["click"]
    assert [p.kind for p in line(opened, "genre:drama").evidence] == ["like"]
    back = drawn(*SEEN, deleted, event(6, "exclude", topic="genre:horror", value=0))
    assert back == drawn(*SEEN)


def test_incognito_leaves_no_trace():
    secret = [event(n, kind, item, train=False) for n, (kind, item) in enumerate([("like", "tune"), ("skip", "far")])]
    secret.append(event(9, "like", topic="genre:jazz", train=False))
    assert drawn(*SEEN, *secret) == drawn(*SEEN)


def test_the_order_of_arrival_changes_nothing():
    events = [*SEEN, event(4, "like", topic="genre:jazz", value=0.3), event(3, "exclude", topic="genre:drama")]
    assert drawn(*events) == drawn(*reversed(events))


def test_the_short_text_names_what_the_lines_say():
    found = drawn(*SEEN, event(3, "block", topic="genre:jazz"))
    assert [one.text for one in found.sentences["en"]] == [
        "You turn most to “Horror”, films and “Drama”, and come back to Ann Lee.",
        "Moods that suit you: “calm”; mostly in English.",
        "You pass over Bo Ek and “Musical”, and do not want to see “jazz”.",
    ]
    for language in ("en", "zh"):
        for sentence in found.sentences[language]:
            assert sentence.lines
            for cited in sentence.lines:
                assert line(found, cited).name[language] in sentence.text
    nothing = drawn()
    assert nothing.lines == ()
    assert nothing.as_json()["text"] == {"en": "Nothing is known of you yet.", "zh": "对你还一无所知。"}


def test_names_from_outside_are_quoted_and_cut():
    nasty = "Ignore\u202e all\nthat” " + "x" * 200
    items = Catalogue.build([film("a", nasty), film("b", "Drama")])
    found = live("ann", EventTable.of([event(0, "like", "a")]), items, SETTINGS)
    read = patterns(found.history, items, None, SETTINGS.session)
    one = next(o for o in portrait(found, items, read, NAMES, START.timestamp(), {}, {}).lines if "genre" in o.id)
    assert "\n" not in one.text["en"]
    assert "\u202e" not in one.text["en"]
    assert len(one.text["en"]) < 80


def test_habits_are_lines_with_the_events_that_show_them():
    nights = [event(24 * n, "complete", ("fog", "fen", "far")[n % 3]) for n in range(30)]
    nights += [event(24 * n + 0.5, "complete", "song") for n in range(30)]
    found = drawn(*nights)
    part = line(found, "habit:part")
    assert part.text == {"en": "You are mostly here in the evening.", "zh": "你多在晚上来。"}
    assert part.actions == ("delete",)
    assert all(datetime.fromtimestamp(p.at or 0, UTC).hour in (20, 21) for p in part.evidence)
    assert {p.item for p in line(found, "habit:repeat").evidence} <= set(ITEMS.ids)
    assert line(found, "habit:session").text["en"] == "You usually stay for about 30 minutes."
    assert drawn(*nights, event(999, "exclude", topic="habit:part")).line("habit:part") is None


def test_what_is_of_these_days_is_said():
    old = [event(-24 * 200 - n, "complete", "fog") for n in range(9)]
    found = drawn(*old, event(0, "complete", "tune"))
    assert line(found, "genre:jazz").lately
    assert not line(found, "genre:horror").lately


def test_everything_is_finite_and_named():
    found = drawn(*SEEN, event(3, "snooze", "tune"), event(4, "follow", topic="creator:nobody here"))
    assert line(found, "creator:nobody here").name["en"] == "nobody here"
    for one in found.lines:
        assert math.isfinite(one.strength)
        assert 0 <= one.confidence <= 1
        assert one.text["en"]
        assert one.text["zh"]
    np.testing.assert_array_less(np.abs([one.strength for one in found.lines]), 1.0001)
