"""What counts as somebody's own words: slips and another order, however much they have typed; nothing else."""

from __future__ import annotations

import random
import time

import pytest

from segue.testing.fuzz.turns import INVENTED, LONG
from segue.testing.fuzz.typed import Typed, plain


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("play Amber Meadow", "Amber Meadow"),
        ("play amber medow", "Amber Meadow"),
        ("meadow, amber", "Amber Meadow"),
        ("Ａｍｂｅｒ\u200b Meadow?", "Amber Meadow"),
        ("像沉默的灯塔那样的", "沉默的灯塔"),
        ("the long way rou", "The Long Way Round"),
        ("third, then calm", "calm third"),
    ],
)
def test_what_was_typed_is_an_echo(typed: str, told: str) -> None:
    assert Typed(typed).echoes(told)


def test_words_of_several_messages_may_stand_together() -> None:
    assert Typed("the third one", "calm").echoes("calm third")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("play Amber Meadow", "Amber Lanterns"),
        ("something calm", "The Grand Illusion of Nothing"),
        ("a film about rain", "Rain of Glass"),
        ("不要恐怖片", "恐怖的裁缝"),
        ("under 90 minutes", "Ninety Minutes in Paris"),
    ],
)
def test_anything_else_is_none(typed: str, told: str) -> None:
    assert not Typed(typed).echoes(told)


@pytest.mark.parametrize("title", INVENTED)
@pytest.mark.parametrize("sort", ["words", "letters", "Chinese", "one word again and again"])
def test_a_long_message_does_not_hold_every_title(title: str, sort: str) -> None:
    chance = random.Random(3)
    common = ["the", "of", "and", "calm", "comedy", "film", "about", "music", "not", "something", "雨", "不要"]
    letters = {"letters": range(97, 123), "Chinese": range(0x4E00, 0x9FFF)}
    message = {
        "words": " ".join(chance.choices(common, k=2_000)),
        "one word again and again": "no " * (LONG // 3),
    }.get(sort) or "".join(chr(chance.choice(letters[sort])) for _ in range(8_000))
    assert len(plain(message)) > 4_000
    began = time.process_time()
    assert not Typed(message).echoes(title)
    assert Typed(message, f"play {title}").echoes(title)
    assert time.process_time() - began < 20


def test_the_first_words_mean_a_title() -> None:
    assert Typed("播放《Seven Small 》").opens("Seven Small Stories")
    assert not Typed("play Seven").opens("Seven Small Stories")
    assert not Typed("Small Stories").opens("Seven Small Stories")
