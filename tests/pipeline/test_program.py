"""A program: as long as asked, neighbours that flow, nobody twice in a row; and sentences that ask for one."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest

from segue.candidates import Candidates
from segue.catalogue import Catalogue
from segue.items import Credit
from segue.pipeline.asking.labelled import labelled
from segue.pipeline.asking.programs import program
from segue.pipeline.rerankers.program import Program, arranged, slotted
from segue.pipeline.stages import Request, World
from segue.playlists import Length, Order
from segue.queries import Query
from segue.settings import Settings
from segue.testing.stages import RerankerContract

from ..toy_world import item
from .test_asking import NAMES, WORLD


def asked(durations, measures=None, kind="track", artists=None):
    items = [
        item(f"i{n}", kind, duration_s=d, creators=(Credit((artists or "abcdefghij")[n], "artist"),))
        for n, d in enumerate(durations)
    ]
    world = World(Catalogue.build(items), {}, {}, Settings(), measure=lambda: measures or {})
    return Request(Query(), world, None, 0.0, np.random.default_rng(0)), Candidates(
        np.arange(len(items), dtype=np.int32), scores={"final": -np.arange(len(items), dtype=np.float32)}
    )


class TestProgram(RerankerContract):
    def part(self):
        return Program(Length(items=5), Order.FLOW)


def test_time_is_filled_with_what_fits():
    request, candidates = asked([100, 300, None, 150, 40, 0, 60])
    assert Program(Length(seconds=260))(request, candidates).tolist() == [0, 3]
    assert Program(Length(seconds=300))(request, candidates).tolist() == [0, 3, 4]
    assert Program(Length(seconds=300), fixed={0: 1})(request, candidates).tolist() == []
    assert Program(Length(seconds=50))(request, candidates).tolist() == [4]


def test_what_rests_comes_last_and_fixed_places_count():
    request, candidates = asked([60] * 6)
    resting = np.array([0, 1, 2], np.int32)
    assert Program(Length(items=4), resting=resting)(request, candidates).tolist() == [3, 4, 5, 0]
    assert Program(Length(items=3), fixed={1: 5})(request, candidates.take(np.arange(5))).tolist() == [0, 1]
    own = Program(Length(items=4), Order.OWN, kept=[3, 1])
    assert own(request, candidates).tolist() == [3, 1, 0, 2]


def test_neighbours_flow():
    tempo = np.array([100, 180, 102, 176, 140, np.nan], np.float32)
    request, candidates = asked([60] * 6, {"tempo_bpm": tempo})
    order = Program(Length(items=6), Order.FLOW)(request, candidates).tolist()
    assert order[:2] == [0, 2]
    assert order[-2:] in ([3, 1], [1, 3])
    ranked, candidates = asked([60] * 6, {"tempo_bpm": tempo}, kind="movie")
    assert Program(Length(items=6), Order.FLOW)(ranked, candidates).tolist() == list(range(6))


@pytest.mark.parametrize("artists", sorted({"".join(p) for p in permutations("aaabbc")}))
def test_nobody_follows_themselves_where_that_can_be_avoided(artists):
    order = [artists[one] for one in arranged(artists, {})]
    assert sorted(order) == sorted(artists)
    assert all(a != b for a, b in pairwise(order))


def test_the_best_order_is_kept_where_nobody_repeats():
    assert arranged("abcab", {}) == [0, 1, 2, 3, 4]
    assert arranged(["a", "a", "a"], {}) == [0, 1, 2]
    assert arranged(["", "", ""], {}) == [0, 1, 2]
    # A fixed neighbour counts on both sides.
    assert arranged(["a", "b"], {1: "a"}) == [1, 0]
    assert slotted(2, {1: 7, 9: 8}) == [None, 7, None, 8]
    assert slotted(0, {3: 7}) == [7]


@pytest.mark.parametrize(
    ("sentences", "length", "rest"),
    [
        (("an hour of calm piano", "about an hour of calm piano"), Length(seconds=3600), "calm piano"),
        (("90 minutes of rain", "rain, 90 minutes in total", "rain for 90 minutes"), Length(seconds=5400), "rain"),
        (("90 分钟的雨", "雨，总共90分钟", "一个半小时的雨"), Length(seconds=5400), "雨"),
        (("make me a playlist of rain, 45 minutes in all", "a 45-minute mix of rain"), Length(seconds=2700), "rain"),
        (("twelve pieces of rain",), Length(items=12), "pieces of rain"),
        (("12首雨夜", "十二首雨夜"), Length(items=12), "雨夜"),
        (("songs under 3 minutes", "3分钟以内的歌", "不超过3分钟的歌", "第三部电影", "两个人的电影"), None, None),
        (("The Godfather", "No Country for Old Men"), None, None),
    ],
)  # fmt: skip
def test_the_length_is_the_lists_own(sentences, length, rest):
    for sentence in sentences:
        found = program(sentence, NAMES, 2026)
        assert found.length == length, sentence
        if rest is not None:
            assert found.rest.words == rest, sentence
            assert found.rest.constraints.max_duration_s is None, sentence


@pytest.mark.parametrize(
    ("sentence", "refresh", "channel"),
    [
        ("rain, renewed every day", "daily", False),
        ("a daily mix of rain", "daily", False),
        ("rain that is updated weekly", "weekly", False),
        ("rain, refreshed every hour", "hourly", False),
        ("雨，每天更新", "daily", False),
        ("每周换一批雨", "weekly", False),
        ("雨，每小时更新一次", "hourly", False),
        ("rain radio", None, True),
        ("a radio of rain", None, True),
        ("雨的电台", None, True),
        ("radio plays about rain", None, False),
        ("the daily news", None, False),
        ("everyday life", None, False),
    ],
)
def test_the_schedule_and_whether_it_plays_on(sentence, refresh, channel):
    found = program(sentence, NAMES, 2026)
    assert (found.refresh, found.channel) == (refresh, channel)


@pytest.mark.parametrize(
    "sentence", ["10 French comedies from the 90s, no horror, every day", "十部法语喜剧片，不要恐怖，每天更新"]
)
def test_every_part_can_be_taken_back(sentence):
    parts = program(sentence, NAMES, 2026).parts
    assert len(parts) >= 4
    for part in parts:
        left = program(part.without, NAMES, 2026).parts
        # Where a number has lost what it counts, it goes along.
        others = [one.english for one in parts if one is not part]
        assert [one.english for one in left] in (others, [one for one in others if one != "10 entries"])


def test_names_of_the_catalogue_are_what_a_list_is_of():
    assert labelled("40s", WORLD)[1] == ("40s",)
    assert labelled("Miles Davis", WORLD)[1] == ("Miles Davis",)
    assert labelled("太空", WORLD)[1] == ("太空",)
    both = labelled("comedy romance", WORLD)
    assert (both[0].op, both[1]) == ("all", ("Comedy", "Romance"))
    assert labelled("comedy or romance", WORLD)[0].op == "any"
    assert labelled("太空和恐怖", WORLD)[0].op == "any"
    for words in ("rain", "comedy about whales", "太空和鲸鱼", "", "the"):
        assert labelled(words, WORLD) is None
