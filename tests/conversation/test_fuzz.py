"""People who type anything: nothing is made up, nobody hears of another, what was asked for holds. The judge sees it.

The whole, ten thousand of them, is the benchmark ``conversation_fuzz``.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from segue import Engine
from segue.answers import Evidence, Pick, Reason
from segue.conditions import Is, Not
from segue.conversation.dialogue import (
    Asked,
    Done,
    Listed,
    Piece,
    Played,
    Proposed,
    Understood,
    Wish,
    Words,
    Wrote,
)
from segue.llm import calls as llm_calls
from segue.queries import Constraints
from segue.server.pieces import event_of
from segue.testing.fuzz.constraints import holds, unmet
from segue.testing.fuzz.inventing import answers
from segue.testing.fuzz.judge import Judge, Listening
from segue.testing.fuzz.run import Fuzz, Report, person
from segue.testing.fuzz.turns import INVENTED, MADE_UP, SORTS, Names, conversation
from segue.testing.fuzz.world import OTHER, SECRET, items, keep_a_secret, tellable, workspace
from segue.testing.llm_server import ScriptedServer, says

CONVERSATIONS = 300


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    # Thousands of small writes: in memory where there is such a place, since what is tested is not the disk.
    memory = Path("/dev/shm")
    place = memory if os.access(memory, os.W_OK) else None
    with (
        tempfile.TemporaryDirectory(dir=place) as folder,
        Engine.open(workspace(Path(folder) / "workspace")) as opened,
    ):
        yield opened


@pytest.fixture(scope="module")
def secret(engine: Engine) -> str:
    return keep_a_secret(engine)


@pytest.fixture(scope="module")
def judge(engine: Engine, secret: str) -> Judge:
    return Judge(engine, lambda piece: event_of(piece, False), tellable(), secret)


@pytest.fixture(scope="module")
def names(engine: Engine, secret: str) -> Names:
    handle = next(iter(engine.handles(engine.conversation(secret, OTHER)).values()))
    return Names([item.title for item in items() if item.title], OTHER, secret, handle)


def test_nothing_is_made_up(engine: Engine, judge: Judge, names: Names) -> None:
    report = Fuzz(engine, judge, names).hold(range(CONVERSATIONS))
    assert not report.findings, "\n".join(map(str, report.findings[:10]))
    assert report.turns > 2 * CONVERSATIONS
    assert report.pieces["Listed"] > CONVERSATIONS
    assert set(report.refused) <= {"InvalidInput", "NotFound", "UnknownConversation", "Busy"}


def test_a_number_is_always_the_same_conversation(names: Names) -> None:
    def one(number: int) -> object:
        return conversation(random.Random(f"7/{number}"), names)

    assert one(3) == one(3)
    assert one(3) != one(4)


def test_a_conversation_with_a_model_is_the_same_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llm_calls, "REST_S", 0.0)
    titles = [item.title for item in items() if item.title]
    chosen = [n for n in range(2_000_000, 2_000_040) if (person(n, 7) or "p").startswith("u")][-1]

    def held(folder: Path, numbers: Sequence[int]) -> Report:
        workspace(folder)
        with ScriptedServer([says("")]) as server:
            for name, value in {"URL": server.url, "MODEL": "scripted", "RETRIES": "0", "BUDGET_CALLS": "0"}.items():
                monkeypatch.setenv(f"SEGUE_LLM__{name}", value)
            with Engine.open(folder) as opened:
                own = Names(titles, OTHER, "none", "none")
                judge = Judge(opened, lambda piece: event_of(piece, False), tellable())
                fuzz = Fuzz(
                    opened, judge, own, before=lambda number, n: server.go_on_with(answers(7, number, n, titles))
                )
                for number in numbers[:-1]:
                    fuzz.hold([number])
                return fuzz.hold(numbers[-1:])

    among = held(tmp_path / "among", [*range(chosen - 5, chosen), chosen])
    alone = held(tmp_path / "alone", [chosen])
    assert among.by["language_model"]
    assert (among.pieces, among.by, among.items, among.turns) == (alone.pieces, alone.by, alone.items, alone.turns)


@pytest.mark.parametrize("sort", SORTS)
def test_every_sort_of_turn_is_made(sort: str, names: Names) -> None:
    made = [SORTS[sort](random.Random(n), names) for n in range(30)]
    assert all(isinstance(text, str) for text in made)
    assert any(text.strip() for text in made) or sort == "empty"


# The judge sees what is wrong


@pytest.fixture
def answer(engine: Engine) -> list[Piece]:
    return list(engine.chat(None, "something calm"))


def wrong(judge: Judge, answer: list[Piece], message: str = "something calm", user: str | None = None) -> str:
    return "\n".join(Listening(judge, user).turn(message, answer))


def changed(answer: list[Piece], kind: type[Piece], **fields: object) -> list[Piece]:
    return [replace(piece, **fields) if isinstance(piece, kind) else piece for piece in answer]  # type: ignore[arg-type]


def test_a_right_answer_is_found_right(judge: Judge, answer: list[Piece]) -> None:
    assert not wrong(judge, answer)


@pytest.mark.parametrize(
    "text",
    [
        f"Try {INVENTED[0]}.",
        "Try “The Grand Illusion of Nothing”.",
        "推荐《没有这部片子》。",
        "Plain Title 399 and Clockwork Orchard Two are nice, “Rabbit Season Once”.",
        f"They also like the {SECRET}.",
        f"{OTHER} likes it too.",
    ],
)
def test_an_invented_or_foreign_name_is_seen(judge: Judge, answer: list[Piece], text: str) -> None:
    assert wrong(judge, changed(answer, Words, text=text))


def test_a_title_that_was_not_shown_is_seen(judge: Judge, answer: list[Piece]) -> None:
    (listed,) = (piece for piece in answer if isinstance(piece, Listed))
    shown = {pick.item.title for pick in listed.picks}
    hidden = next(title for title in tellable() if title not in shown)
    assert hidden in wrong(judge, changed(answer, Words, text=f"You may like {hidden}."))
    assert not wrong(judge, changed(answer, Words, text=f"You may like {hidden}."), f"is {hidden} there?")


def test_an_invented_item_is_seen(judge: Judge, answer: list[Piece]) -> None:
    (listed,) = (piece for piece in answer if isinstance(piece, Listed))
    pick = listed.picks[0]
    made_up = replace(pick, item=pick.item.model_copy(update={"id": "made-up"}))
    assert "catalogue" in wrong(judge, changed(answer, Listed, picks=(made_up, *listed.picks[1:])))
    renamed = replace(pick, item=pick.item.model_copy(update={"title": "Another"}))
    assert "catalogue" in wrong(judge, changed(answer, Listed, picks=(renamed, *listed.picks[1:])))
    assert "twice" in wrong(judge, changed(answer, Listed, picks=(pick, *listed.picks)))


def test_a_list_that_is_not_kept_is_seen(judge: Judge, answer: list[Piece]) -> None:
    done = answer[-1]
    assert isinstance(done, Done)
    forgotten = done.dialogue.model_copy(update={"lists": ()})
    assert "kept" in wrong(judge, changed(answer, Done, dialogue=forgotten))


def test_a_constraint_that_does_not_hold_is_seen(judge: Judge, answer: list[Piece]) -> None:
    done = answer[-1]
    assert isinstance(done, Done)
    limits = Constraints(max_year=1900)
    wish = Wish(id="w1", what="year", text="x", english="before 1900", chinese="x", constraints=limits)
    told = changed(answer, Understood, wishes=(wish,), new=("w1",))
    told = changed(told, Done, dialogue=done.dialogue.model_copy(update={"wishes": (wish,)}))
    assert "max_year" in wrong(judge, told)


# The same in every place where a title could stand

UNKNOWN = "The Unheard Opera"
"""A title that the judge was never told of."""


def first_pick(answer: list[Piece]) -> Pick:
    return next(piece for piece in answer if isinstance(piece, Listed)).picks[0]


def with_pick(answer: list[Piece], pick: Pick) -> list[Piece]:
    (listed,) = (piece for piece in answer if isinstance(piece, Listed))
    return changed(answer, Listed, picks=(pick, *listed.picks[1:]))


def before_the_end(answer: list[Piece], piece: Piece) -> list[Piece]:
    return [*answer[:-1], piece, answer[-1]]


def in_words(answer: list[Piece], title: str) -> list[Piece]:
    return changed(answer, Words, text=f"You will love “{title}”.")


def on_the_card(answer: list[Piece], title: str) -> list[Piece]:
    pick = first_pick(answer)
    return with_pick(answer, replace(pick, item=pick.item.model_copy(update={"title": title})))


def on_a_card_of_an_invented_item(answer: list[Piece], title: str) -> list[Piece]:
    pick = first_pick(answer)
    return with_pick(answer, replace(pick, item=pick.item.model_copy(update={"id": "made-up", "title": title})))


def in_the_description_of_a_card(answer: list[Piece], title: str) -> list[Piece]:
    pick = first_pick(answer)
    return with_pick(answer, replace(pick, item=pick.item.model_copy(update={"description": f"As {title}."})))


def as_what_is_played(answer: list[Piece], title: str) -> list[Piece]:
    pick = first_pick(answer)
    pick = replace(pick, item=pick.item.model_copy(update={"title": title}))
    return before_the_end(answer, Played(pick, 1, "handle"))


def in_a_reason(answer: list[Piece], title: str) -> list[Piece]:
    return with_pick(answer, replace(first_pick(answer), reason=Reason(f"Because you liked “{title}”")))


def in_evidence(answer: list[Piece], title: str) -> list[Piece]:
    evidence = Evidence("meaning", title, title, 1.0, "meaning")
    return with_pick(answer, replace(first_pick(answer), reason=Reason("Because it is close to that", (evidence,))))


def as_a_seed(answer: list[Piece], title: str) -> list[Piece]:
    pick = first_pick(answer)
    evidence = Evidence("seed", pick.item.id, title, 1.0, "history")
    return with_pick(answer, replace(pick, reason=Reason("Because it is close to that", (evidence,))))


def as_a_playlist(answer: list[Piece], title: str) -> list[Piece]:
    return before_the_end(answer, Wrote("playlist", f"The playlist “{title}” is made.", {"name": "For me"}))


def as_the_name_of_a_playlist(answer: list[Piece], title: str) -> list[Piece]:
    return before_the_end(answer, Wrote("playlist", "The playlist is made.", {"name": title}))


def on_a_playlist(answer: list[Piece], title: str) -> list[Piece]:
    items = [{"n": 1, "title": title, "kind": "movie"}]
    return before_the_end(answer, Wrote("playlist", "The playlist is made.", {"name": "For me", "items": items}))


def as_what_was_liked(answer: list[Piece], title: str) -> list[Piece]:
    return before_the_end(answer, Wrote("feedback", "Noted.", {"title": title, "recorded": "like"}))


def as_a_taste(answer: list[Piece], title: str) -> list[Piece]:
    return before_the_end(answer, Wrote("profile", "Noted.", {"understood": [{"name": title}], "left_out": []}))


def on_a_chip(answer: list[Piece], title: str) -> list[Piece]:
    wish = Wish(id="w1", what="condition", text="calm", english=f"like “{title}”", chinese=f"像《{title}》")
    done = answer[-1]
    assert isinstance(done, Done)
    told = changed(answer, Understood, wishes=(wish,), new=("w1",))
    return changed(told, Done, dialogue=done.dialogue.model_copy(update={"wishes": (wish,)}))


def in_a_question(answer: list[Piece], title: str) -> list[Piece]:
    return before_the_end(answer, Asked("q", f"Do you mean “{title}”?", (("yes", "yes"),)))


def as_a_way_out(answer: list[Piece], title: str) -> list[Piece]:
    return before_the_end(answer, Asked("relax:1", "What may give way?", ((f"without “{title}”", "never mind"),)))


def as_what_a_way_out_sends(answer: list[Piece], title: str) -> list[Piece]:
    return before_the_end(answer, Asked("relax:1", "What may give way?", (("the other", f"never mind “{title}”"),)))


def as_an_offer(answer: list[Piece], title: str) -> list[Piece]:
    return before_the_end(answer, Proposed("playlist", f"Save these as “{title}”", "Save these"))


def as_what_an_offer_sends(answer: list[Piece], title: str) -> list[Piece]:
    return before_the_end(answer, Proposed("playlist", "Save these", f"Save these as “{title}”"))


PLACES: tuple[Callable[[list[Piece], str], list[Piece]], ...] = (
    in_words,
    on_the_card,
    on_a_card_of_an_invented_item,
    in_the_description_of_a_card,
    as_what_is_played,
    in_a_reason,
    in_evidence,
    as_a_seed,
    as_a_playlist,
    as_the_name_of_a_playlist,
    on_a_playlist,
    as_what_was_liked,
    as_a_taste,
    on_a_chip,
    in_a_question,
    as_a_way_out,
    as_what_a_way_out_sends,
    as_an_offer,
    as_what_an_offer_sends,
)


@pytest.mark.parametrize("title", [INVENTED[0], INVENTED[4], UNKNOWN])
@pytest.mark.parametrize("place", PLACES)
def test_an_invented_title_is_seen_wherever_it_stands(
    place: Callable[[list[Piece], str], list[Piece]], title: str, judge: Judge, answer: list[Piece]
) -> None:
    assert wrong(judge, place(answer, title))
    # Also of somebody who has typed a lot, and so nearly every letter there is.
    much = " ".join(
        random.Random(5).choices(("calm", "the", "quick", "opera", "music", "不要", "velvet", "月球"), k=1_500)
    )
    assert wrong(judge, place(answer, title), much)


NEVER = (on_the_card, on_a_card_of_an_invented_item, in_the_description_of_a_card, as_what_is_played, as_a_seed,
         on_a_playlist, as_what_was_liked)  # fmt: skip
"""Places where a title of the catalogue must stand, whatever was typed."""


@pytest.mark.parametrize("title", [INVENTED[0], INVENTED[4], UNKNOWN])
@pytest.mark.parametrize("place", PLACES)
def test_it_is_the_title_that_is_seen_there(
    place: Callable[[list[Piece], str], list[Piece]], title: str, judge: Judge, answer: list[Piece]
) -> None:
    said = wrong(judge, place(answer, title), f"something calm, like {title}")
    assert bool(said) is (place in NEVER), said


@pytest.mark.parametrize("hint", MADE_UP)
def test_a_part_of_an_invented_title_is_seen_without_marks_and_capitals(
    hint: str, judge: Judge, answer: list[Piece]
) -> None:
    assert wrong(judge, changed(answer, Words, text=f"as in {hint.lower()} of course"))
    assert not wrong(judge, changed(answer, Words, text=f"There is no “{hint}” here."), f"play {hint}")


def test_a_title_may_be_meant_by_its_first_words(judge: Judge, answer: list[Piece]) -> None:
    item = next(item for item in judge.items.values() if item.title == "Seven Small Stories")
    told = changed(answer, Words, text="Playing “Seven Small Stories”.")
    told = before_the_end(told, Played(Pick(item, 0.0, ()), 1, "handle"))
    assert not wrong(judge, told, "播放《Seven Small 》")
    assert "played" in wrong(judge, told, "播放《Seven》")
    # The product may say what it has found, and not that there is what was typed with something of its own behind it.
    invented = changed(answer, Words, text="Playing “Seven Small Elephants”.")
    assert wrong(judge, invented, "播放《Seven Small 》")


def test_what_somebody_has_said_elsewhere_is_theirs_alone(engine: Engine, judge: Judge, answer: list[Piece]) -> None:
    said = "I like slow Japanese films and hate musicals"
    list(engine.chat("remembers", said))
    Listening(judge, "remembers").turn(said, [])
    told = list(engine.chat("remembers", "what do you know about me?"))
    text = "".join(piece.text for piece in told if isinstance(piece, Words))
    assert "musical" in text
    assert not wrong(judge, told, "what do you know about me?", "remembers")
    assert "musical" in wrong(judge, changed(answer, Words, text="You skip “musical”."), user="another")
    assert wrong(judge, changed(told, Words, text="You skip “slow Japanese”."), "about me?", "remembers")


def test_an_answer_without_an_end_is_seen(judge: Judge, answer: list[Piece]) -> None:
    assert "end" in wrong(judge, answer[:-1])
    assert "first" in wrong(judge, answer[1:])


@pytest.mark.parametrize(
    ("asked", "right"),
    [
        (Constraints(), True),
        (Constraints(genres=("comedy",)), True),
        (Constraints(without_genres=("COMEDY",)), False),
        (Constraints(min_year=1990, max_year=1999), True),
        (Constraints(years=((1980, 1989),)), False),
        (Constraints(max_duration_s=60.0), False),
        (Constraints(languages=("en",)), True),
        (Constraints(without_languages=("en",)), False),
        (Constraints(without_words=("lighthouse",)), False),
        (Constraints(without_words=("house",)), True),
        (Constraints(without_words=("长夜，lighthouse",)), True),
        (Constraints(without_words=("雨，lighthouse",)), False),
        (Constraints(without_words=("雨",)), False),
        (Constraints(exclude=("x",)), False),
        (Constraints(max_maturity=10), False),
        (Constraints(where=Not(of=Is(field="genre", value="Comedy"))), False),
        (Constraints(where=Is(field="mood", value="calm")), True),
    ],
)
def test_constraints_are_read_from_the_item(asked: Constraints, right: bool) -> None:
    item = items()[0].model_copy(
        update={
            "id": "x",
            "genres": ("Comedy",),
            "released": "1994",
            "duration_s": 90.0,
            "language": "en-GB",
            "description": "An old lighthouse. 雨夜。",
            "maturity": 12,
        }
    )
    assert (not unmet(item, asked)) is right


def test_what_an_item_does_not_tell_is_left_open() -> None:
    item = items()[0]
    assert holds(item, Is(field="mood", value="calm")) is None
    assert holds(item, Not(of=Is(field="mood", value="calm"))) is None


def test_every_name_of_a_list_in_quotation_marks_is_looked_at(judge: Judge, answer: list[Piece]) -> None:
    assert not wrong(judge, changed(answer, Words, text="都有“jazz、ambient”标签"))
    assert UNKNOWN in wrong(judge, changed(answer, Words, text=f"都有“jazz、{UNKNOWN}”标签"))
    # A chip may be such a list itself.
    wish = Wish(id="w1", what="either", text="x", english="x", chinese="汉语、只要音乐，或法语、只要电影")
    done = answer[-1]
    assert isinstance(done, Done)
    told = changed(answer, Understood, wishes=(wish,), new=("w1",))
    told = changed(told, Done, dialogue=done.dialogue.model_copy(update={"wishes": (wish,)}))
    assert not wrong(
        judge, before_the_end(told, Asked("q", f"不要求“{wish.chinese}”？", (("x", f"算了“{wish.chinese}”"),)))
    )


def test_who_has_told_of_an_invented_title_first_may_hear_it(judge: Judge, answer: list[Piece]) -> None:
    told = changed(answer, Words, text="月球上的裁缝！这部很好看。")
    assert not wrong(judge, told, "我看过月球上裁缝")
    assert wrong(judge, told, "月球，裁缝")
    assert wrong(judge, changed(answer, Words, text="as in parsnip"), "something with a tortoise")


def test_a_playlist_of_what_was_shown_needs_no_new_wish(engine: Engine, judge: Judge) -> None:
    listening = Listening(judge, "keeps")
    first = list(engine.chat("keeps", "something calm"))
    assert not listening.turn("something calm", first)
    (listed,) = (piece for piece in first if isinstance(piece, Listed))
    done = first[-1]
    assert isinstance(done, Done)
    wish = Wish(id="w9", what="year", text="x", english="x", chinese="x", constraints=Constraints(max_year=1900))
    wishes = (*done.dialogue.wishes, wish)
    end = Done(done.dialogue.model_copy(update={"wishes": wishes}), "code")
    made = Wrote("playlist", "The playlist “For me” is made.", {"name": "For me"})
    again = [Understood(wishes), made, listed, end]
    other = [Understood(wishes), made, replace(listed, picks=listed.picks[::-1]), end]
    assert not [what for what in listening.turn("save these as a playlist", again) if "max_year" in what]
    assert [what for what in listening.turn("save these as a playlist", other) if "max_year" in what]
    assert [what for what in listening.turn("others", [Understood(wishes), listed, end]) if "max_year" in what]
