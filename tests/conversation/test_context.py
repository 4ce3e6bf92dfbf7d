"""A conversation is read: who named what, how they feel about it, what is asked for and what is refused."""

import numpy as np
import pytest

from segue.conversation.context import MOST_TURNS, VIEWS, Turn, genres_in, heard, understood
from segue.pipeline.asking.lexicon import GENRES
from segue.profiles.said.names import Names

from ..toy_world import catalogue, item

FILMS = catalogue(
    [
        item("heat", "movie", title="Heat"),
        item("dark", "movie", title="The Dark Knight", genres=("action",)),
        item("lama", "movie", title="大话西游"),
    ]
)


def ideas(found):
    return {GENRES[genre].english[0] for genre in found}


def person(text, *rows):
    return Turn(text, True, rows)


def guide(text, *rows):
    return Turn(text, False, rows)


def test_titles_are_found_and_taken_out_of_the_words() -> None:
    turn = heard('I loved The Dark Knight and "Heat" but not the heat', True, Names.of(FILMS), FILMS.row_of)
    assert sorted(turn.rows) == [0, 1]
    assert "Dark" not in turn.text
    assert "the heat" in turn.text
    assert heard("《大话西游》很好看", True, Names.of(FILMS), FILMS.row_of).rows == (2,)


def test_a_mention_carries_what_the_person_says_of_it() -> None:
    context = understood(
        [person("I loved", 0), guide("Have you seen ?", 1), person("I hated it, so boring"), guide("What about ?", 2)]
    )
    first, second, third = context.mentions
    assert (first.row, first.by_person, second.row, second.by_person) == (0, True, 1, False)
    assert first.feeling > 0 > second.feeling
    assert third.feeling == 0


def test_praise_of_the_one_who_recommends_says_nothing_of_the_person() -> None:
    assert understood([guide("It is a wonderful, great film", 0)]).mentions[0].feeling == 0


@pytest.mark.parametrize(
    ("text", "asked", "refused"),
    [
        ("a scary movie please", {"horror"}, set()),
        ("Comedies or sci-fi", {"comedy", "science fiction"}, set()),
        ("anything but not horror", set(), {"horror"}),
        ("我想看喜剧,不要恐怖片", {"comedy"}, {"horror"}),
        ("a romantic comedy without cartoons", {"romance", "comedy"}, {"animation"}),
        ("😀 ???", set(), set()),
    ],
)
def test_genres_are_asked_for_or_refused(text: str, asked: set[str], refused: set[str]) -> None:
    context = understood([person(text)])
    assert asked <= ideas(context.asked)
    assert ideas(context.refused) >= refused
    assert not ideas(context.asked) & refused


def test_a_named_genre_is_found_once_by_its_longest_name() -> None:
    assert [GENRES[genre].english[0] for genre, _ in genres_in("martial arts")] == ["action"]


def test_what_was_said_later_counts_more() -> None:
    context = understood([person("comedy"), guide("which one"), person("horror")])
    weight = {GENRES[genre].english[0]: value for genre, value in context.asked.items()}
    assert weight["horror"] > weight["comedy"]
    assert context.words["horror"] > context.words["comedy"]


def test_old_and_new_ones_are_asked_for() -> None:
    assert understood([person("I like the classics")]).old > 0
    assert understood([person("最近的新片")]).new > 0
    assert understood([person("a film")]).old == 0


def test_of_a_long_conversation_the_end_is_read() -> None:
    context = understood([person("horror")] + [guide("hm")] * MOST_TURNS)
    assert len(context.turns) == MOST_TURNS
    assert not context.asked


@pytest.mark.parametrize("text", ["", " ", "x" * 100_000, "\x00\u202e", "恐怖" * 5_000])
def test_strange_messages_are_read_like_others(text: str) -> None:
    understood([person(text)])


def test_views_of_what_was_said() -> None:
    seen: list[str] = []

    def encode(texts):
        seen.extend(texts)
        return np.array([[len(text), 1.0] for text in texts], np.float32)

    context = understood([person("aa bb"), guide("cc", 0), person("dd")])
    views = context.heard_as(encode, np.zeros(2, np.float32))
    assert set(views) == set(VIEWS)
    assert seen == ["aa bb", "cc", "dd"]
    np.testing.assert_allclose(views["last"], [2, 1])
    assert views["all"][1] > views["asked"][1] > views["last"][1]
    assert not any(view.any() for view in understood([]).heard_as(encode, np.zeros(2, np.float32)).values())
