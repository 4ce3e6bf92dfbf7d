"""Topics and the vector of what was said: strength by polarity, age and number; each thing said once."""

import json

import numpy as np
import pytest

from segue.opinions import Opinion, Statement
from segue.profiles.said.topics import said_topics, said_vector

NOW = 1_800_000_000.0
DAY = 86_400.0


def said(n, topics=(), sentiment=None, days=0.0, kind="comment", item=None, train=True, vector=None, same=None):
    opinion = Opinion(sentiment, dict(topics), same=same or n)
    at = None if days is None else NOW - days * DAY
    return Statement(n, f"e{n}", kind, item, at, train, opinion, vector)


def test_liked_and_disliked_have_strength_date_and_evidence():
    found = said_topics(
        [
            said(1, {"genre:horror": 0.8, "aspect:music": -0.5}, days=1),
            said(2, {"genre:horror": 0.6, "genre:noir": None}, days=3),
            said(3, {"genre:musical": -0.9}, days=2),
        ],
        NOW,
    )
    assert [one.topic for one in found.liked] == ["genre:horror"]
    assert found.liked[0].events == ("e1", "e2")
    assert found.liked[0].at == NOW - DAY
    assert [one.topic for one in found.disliked] == ["genre:musical", "aspect:music"]
    assert [one.topic for one in found.looked_for] == ["genre:noir"]
    assert all(-1 <= one.strength <= 1 for one in (*found.liked, *found.disliked, *found.looked_for))
    assert json.loads(json.dumps(found.as_json()))["liked"][0]["topic"] == "genre:horror"


def test_what_was_said_long_ago_fades():
    old, new = (said_topics([said(1, {"genre:horror": 0.8}, days=d)], NOW).liked[0].strength for d in (180, 0))
    assert old == pytest.approx(np.tanh(0.4), abs=1e-3)
    assert new == pytest.approx(np.tanh(0.8), abs=1e-3)
    assert said_topics([said(1, {"genre:horror": 0.8}, days=None)], NOW).liked[0].strength == new


def test_a_change_of_mind_follows_the_latest_words():
    found = said_topics([said(1, {"genre:horror": 0.8}, days=700), said(2, {"genre:horror": -0.6}, days=1)], NOW)
    assert [one.topic for one in found.disliked] == ["genre:horror"]


def test_a_search_weighs_less_than_a_verdict_and_more_than_a_mention():
    search = said_topics([said(1, {"genre:horror": None}, kind="search")], NOW).looked_for[0].strength
    mention = said_topics([said(1, {"genre:horror": None})], NOW).looked_for[0].strength
    assert said_topics([said(1, {"genre:horror": 0.5})], NOW).liked[0].strength > search > mention > 0


def test_a_genre_named_over_an_item_is_in_doubt_and_a_part_of_it_is_not():
    def strength(topic, item):
        return said_topics([said(1, {topic: 0.5}, item=item)], NOW).liked[0].strength

    assert strength("genre:horror", "x") < strength("genre:horror", None)
    assert strength("aspect:story", "x") == strength("aspect:story", None)


def test_the_same_words_again_count_once_and_order_does_not_show():
    flood = [said(n, {"genre:horror": 0.5}, days=n, same=7) for n in range(1, 30)]
    once = said_topics(flood[:1], NOW)
    assert said_topics(flood, NOW) == said_topics(flood[::-1], NOW) == once
    mixed = [said(n, {"genre:horror": 0.1 * n, "genre:noir": -0.07 * n}, days=n * 1.7) for n in range(1, 9)]
    assert said_topics(mixed, NOW) == said_topics(mixed[::-1], NOW)


def test_incognito_words_are_not_read():
    assert said_topics([said(1, {"genre:horror": 0.5}, train=False)], NOW).liked == ()


def test_the_vector_points_to_what_is_praised_and_away_from_what_is_blamed():
    x, y = np.eye(2, dtype=np.float32)
    found = said_vector([said(1, sentiment=0.8, vector=x), said(2, sentiment=-0.4, vector=y)], NOW, 2)
    np.testing.assert_allclose(found, np.array([0.8, -0.4]) / np.hypot(0.8, 0.4), atol=1e-6)
    assert said_vector([said(1, kind="search", vector=x)], NOW, 2).tolist() == [1, 0]
    assert said_vector([said(1, sentiment=None, vector=x)], NOW, 2) is None
    assert said_vector([said(1, sentiment=0.8, vector=np.ones(3, np.float32))], NOW, 2) is None
    assert said_vector([], NOW, 2) is None
