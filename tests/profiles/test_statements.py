"""Taste stated in a sentence."""

import re

import pytest

from segue.catalogue import Catalogue
from segue.engine.stating import terms_of
from segue.items import Credit, Item
from segue.pipeline.stages import World
from segue.profiles.statements import Terms, understood
from segue.settings import Settings

HIRO, KAR = "creator:hayao miyazaki", "creator:王家卫"
JUDGED = [
    # (what is said, what is liked, what is disliked, whether something is left out)
    ("I like slow Japanese films and hate musicals", "mood:calm language:ja", "genre:musical", False),
    ("I love horror.", "genre:horror", "", False),
    ("I don't really like horror, but I love jazz", "genre:jazz", "genre:horror", False),
    ("no musicals please", "", "genre:musical", False),
    ("everything except horror", "", "genre:horror", False),
    ("horror and musicals bore me", "", "genre:horror genre:musical", False),
    ("I can't stand war movies", "", "genre:war", False),
    ("I'm a big fan of French comedies", "language:fr genre:comedy", "", False),
    ("I am not a fan of westerns", "", "genre:western", False),
    ("documentaries about nature, not war movies", "", "genre:war", None),
    ("I enjoy documentaries about nature, not war movies", "genre:documentary theme:nature", "genre:war", False),
    ("I hate podcasts", "", "kind:podcast", False),
    ("Jazz is my favourite, metal is not my thing", "genre:jazz", "genre:metal", False),
    ("I never watch thrillers", "", "genre:thriller", False),
    ("I adore feel-good movies and anything romantic", "mood:uplifting mood:romantic", "", False),
    ("I LOVE Sci-Fi!!! Hate romance.", "genre:science fiction", "genre:romance", False),
    ("I like Korean thrillers and Italian drama", "language:ko genre:thriller language:it genre:drama", "", False),
    ("I'm tired of superhero movies", "", "tag:superhero", False),
    ("not into hip hop, more into classical", "genre:classical", "genre:hip hop", False),
    ("I prefer melancholic folk music", "mood:melancholic genre:folk", "", False),
    ("My wife loves musicals", "", "", True),
    ("I don't hate horror", "", "", True),
    ("Do you like jazz?", "", "", True),
    ("I used to like jazz", "", "", True),
    ("I don't mind comedies", "", "", True),
    ("If it is funny I might like it", "", "", True),
    ("I love zymurgy", "", "", True),
    ("Hello there", "", "", False),
    ("I love Hayao Miyazaki but hate gore", HIRO, "", True),
    ("I like horror. Actually no, I hate horror", "", "genre:horror", False),
    ("我喜欢节奏慢的日本电影，讨厌歌舞片", "mood:calm language:ja", "genre:musical", False),
    ("恐怖片我受不了", "", "genre:horror", False),
    ("我对恐怖片不感兴趣", "", "genre:horror", False),
    ("喜欢王家卫", KAR, "", False),
    ("我不太喜欢爵士乐", "", "genre:jazz", False),
    ("最爱科幻和悬疑，不爱看爱情片", "genre:science fiction genre:mystery", "genre:romance", False),
    ("想看温馨的法国喜剧", "mood:uplifting language:fr genre:comedy", "", False),
    ("除了恐怖片都行", "", "", True),
    ("不要恐怖的，也不要战争片", "", "genre:horror genre:war", False),
    ("我老婆喜欢歌舞片", "", "", True),
    ("以前喜欢摇滚，现在喜欢爵士", "genre:jazz", "", True),
    ("你喜欢纪录片吗？", "", "", True),
    ("摇滚听腻了", "", "genre:rock", False),
    ("我爱 jazz，讨厌 horror", "genre:jazz", "genre:horror", False),
    ("我特别喜欢搞笑的韩国电影，但是不喜欢催泪的", "mood:funny language:ko", "mood:melancholic", False),
    ("特别喜欢民谣、古典和纯音乐", "genre:folk genre:classical tag:instrumental", "", False),
    ("动作片太无聊了，我更想看纪录片", "genre:documentary", "genre:action", False),
    ("我不讨厌恐怖片", "", "", True),
]
"""Judged before the reader was run on them; what it gets wrong stays here."""
RIGHT = 0.9


@pytest.fixture(scope="module")
def terms() -> Terms:
    creators = [Credit("Hayao Miyazaki", "director"), Credit("王家卫", "director")]
    items = [
        Item(id="a", kind="movie", title="A", genres=["Horror", "Musical"], language="ja", creators=creators),
        Item(id="b", kind="track", title="B", genres=["Jazz"]),
    ]
    return terms_of(World(Catalogue.build(items), {}, {}, Settings()))


def parted(topics):
    """ "genre:hip hop mood:calm" → both."""
    return set(re.split(r" (?=\w+:)", topics)) - {""}


def right(judged, terms):
    sentence, liked, disliked, left_out = judged
    found = understood(sentence, terms)
    return (
        {one.topic for one in found.stated if one.strength > 0} == parted(liked)
        and {one.topic for one in found.stated if one.strength < 0} == parted(disliked)
        and (left_out is None or bool(found.left_out) == left_out)
    )


def test_most_judged_sentences_are_read_right(terms):
    assert len(JUDGED) >= 40
    wrong = [judged[0] for judged in JUDGED if not right(judged, terms)]
    assert 1 - len(wrong) / len(JUDGED) >= RIGHT, wrong


@pytest.mark.parametrize(
    ("sentence", "stated"),
    [
        ("I can't say I like horror", {}),
        ("I loved horror when I was young", {}),
        ("小时候喜欢恐怖片", {}),
        ("I hate everything except jazz", {}),
        ("除了爵士都讨厌", {}),
        ("I like everything except horror", {"genre:horror": -0.8}),
        ("I like neither horror nor comedy", {"genre:horror": -0.8, "genre:comedy": -0.8}),
        ("I prefer comedy to horror", {"genre:comedy": 0.8}),
        ("I prefer to watch comedy", {"genre:comedy": 0.8}),
        ("比起恐怖片我更喜欢喜剧", {}),
        ("Nothing beats jazz", {"genre:jazz": 1.0}),
        ("没有比爵士更好听的", {}),
    ],
)
def test_no_sentence_is_taken_for_its_opposite(terms, sentence, stated):
    found = understood(sentence, terms)
    assert {one.topic: one.strength for one in found.stated} == stated
    assert bool(found.left_out) == (not stated)


def test_strength_follows_the_words(terms):
    def strength(sentence):
        return understood(sentence, terms).stated[0].strength

    assert strength("I love jazz") > strength("I like jazz") > strength("I kind of like jazz") > 0
    assert strength("我讨厌爵士") < strength("我不喜欢爵士") < strength("我有点不喜欢爵士") < 0


def test_long_and_odd_texts_are_read_or_left(terms):
    assert understood("", terms).stated == ()
    assert understood("🎉🎉🎉 <b>I love</b> jazz", terms).stated[0].topic == "genre:jazz"
    assert len(understood("I love jazz, I hate horror. " * 5000, terms).stated) == 2
