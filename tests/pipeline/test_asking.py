"""Sentences are taken apart alike in English and Chinese, and nothing that was typed is lost."""

# ruff: noqa: E501 - a case is one line

import itertools
import time

import numpy as np
import pytest

from segue.conversation.relaxing import meeting
from segue.dataset import History
from segue.items import Credit, ItemKind
from segue.pipeline.answer import answer
from segue.pipeline.asking.lexicon import TRADITIONAL
from segue.pipeline.asking.sentence import joined, understood
from segue.pipeline.asking.titles import Names
from segue.pipeline.sources.words import WordIndex, edits, folded
from segue.pipeline.stages import World
from segue.profiles.history import Live
from segue.queries import Constraints, Query
from segue.settings import Settings

from ..toy_world import catalogue, item

ITEMS = [
    item(
        "gf", "movie", title="The Godfather", genres=("Drama", "Crime"), released="1972", duration_s=10_500, language="en",
        creators=(Credit("Francis Ford Coppola", "director"), Credit("Al Pacino", "actor")),
    ),
    item("sh", "movie", title="The Shawshank Redemption", genres=("Drama",), released="1994"),
    item("nc", "movie", title="No Country for Old Men", genres=("Thriller",), released="2007"),
    item("ho", "movie", title="The Conjuring", genres=("Horror",), released="2013"),
    item("am", "movie", title="Amélie", genres=("Comedy", "Romance"), language="fr", released="2001", duration_s=7_300),
    item("doc", "movie", title="March of the Penguins", genres=("Documentary",), duration_s=4_800),
    item(
        "bw", "movie", title="霸王别姬", genres=("剧情",), language="zh",
        creators=(Credit("陈凯歌", "导演"), Credit("张国荣", "演员")),
    ),
    item("md", "track", title="Blue", creators=(Credit("Miles Davis", "artist"),), tags=("40s",), released="1959"),
    item("pod", "podcast_episode", title="Why the Night Is Dark", tags=("space", "太空")),
    item("vid", "video", title="Rain on a Window"),
    item("toy", "movie", title="Toy Story (1995)", genres=("Animation",), released="1995", duration_s=5_000),
]  # fmt: skip
CATALOGUE = catalogue(ITEMS)
NAMES = Names.of(CATALOGUE, WordIndex.of(CATALOGUE))
WORLD = World(CATALOGUE, {}, {}, Settings())


def limits(sentence):
    return understood(sentence, NAMES, 2026).constraints.model_dump(exclude_defaults=True)


@pytest.mark.parametrize(
    ("sentences", "expected"),
    [
        (("under 90 minutes", "90分钟以内", "less than an hour and a half", "一个半小时以内", "不超过九十分钟"),
         {"max_duration_s": 5400}),
        (("at least two hours", "两小时以上", "2 hours or more", "至少2小时"), {"min_duration_s": 7200}),
        (("between 90 and 120 minutes", "90到120分钟", "90-120 minutes", "90-120分钟"),
         {"min_duration_s": 5400, "max_duration_s": 7200}),
        (("about 100 minutes", "100分钟左右"), {"min_duration_s": 5100, "max_duration_s": 6900}),
        (("from 1994", "1994年的", "in 1994"), {"min_year": 1994, "max_year": 1994}),
        (("before 2000", "2000年以前", "2000年之前的"), {"max_year": 1999}),
        (("after 2010", "2010年以后的"), {"min_year": 2011}),
        (("since 2010", "2010年以来"), {"min_year": 2010}),
        (("the 80s", "from the eighties", "80年代", "80 年代", "八十年代", "1980s", "上世纪80年代的"),
         {"min_year": 1980, "max_year": 1989}),
        (("1990-1999", "1990年到1999年", "between 1990 and 1999"), {"min_year": 1990, "max_year": 1999}),
        (("this year", "今年的"), {"min_year": 2026, "max_year": 2026}),
        (("in French", "法语", "法语的", "French-language"), {"languages": ("fr",)}),
        (("not in English", "不要英语"), {"without_languages": ("en",)}),
        (("podcasts about rain", "关于雨的播客"), {"kinds": (ItemKind.PODCAST, ItemKind.PODCAST_EPISODE)}),
        (("not horror", "不要恐怖片", "no horror", "without horror", "不是恐怖片"),
         {"without_genres": ("horror", "恐怖", "惊悚")}),
        (("documentaries", "纪录片"), {"genres": ("documentary",)}),
        (("for kids", "适合小朋友看的"), {"max_maturity": 12, "allow_explicit": False}),
        (("without zombies", "不要zombies"), {"without_words": ("zombies",)}),
        (("not horror or comedy", "neither horror nor comedy", "no horror or comedy", "不要恐怖或喜剧", "不要恐怖片和喜剧片"),
         {"without_genres": ("horror", "恐怖", "惊悚", "comedy", "喜剧", "搞笑")}),
        (("neither in French nor in English", "not in French or English", "不要法语或英语"),
         {"without_languages": ("fr", "en")}),
        (("without zombies or vampires", "neither zombies nor vampires"), {"without_words": ("zombies", "vampires")}),
        (("in French or Chinese", "法语或中文"), {"languages": ("fr", "zh", "cn", "cmn", "yue")}),
        (("horror or comedy movies", "恐怖或喜剧电影"),
         {"kinds": (ItemKind.MOVIE,), "genres": ("horror", "comedy")}),
        (("70s or 80s", "from the seventies or the eighties", "七八十年代", "70年代或80年代"),
         {"min_year": 1970, "max_year": 1989}),
        (("60s or 80s", "from the sixties or the eighties", "the 1960s and the 1980s", "either 60s or 80s",
          "六十年代或八十年代", "60年代和80年代", "六、八十年代", "上世纪六十年代或者上世纪八十年代"),
         {"years": ((1960, 1969), (1980, 1989))}),
        (("60s, 70s or 90s", "the 60s, the 70s and the 90s", "六十年代、七十年代或九十年代", "90年代、60年代和70年代"),
         {"years": ((1960, 1979), (1990, 1999))}),
        (("60s to 80s", "between the 60s and the 80s", "from the sixties to the eighties", "60年代到80年代", "六十至八十年代"),
         {"min_year": 1960, "max_year": 1989}),
        (("older than the 80s", "before the eighties", "比80年代早", "比八十年代更早的", "80年代以前"), {"max_year": 1979}),
        (("newer than the 80s", "after the 80s", "比80年代新", "80年代以后的"), {"min_year": 1990}),
        (("since the 80s", "80年代以来"), {"min_year": 1980}),
        (("under 1h30", "less than 1h 30m"), {"max_duration_s": 5400}),
    ],
)  # fmt: skip
def test_both_languages_say_the_same(sentences, expected):
    for sentence in sentences:
        assert limits(sentence) == expected, sentence


@pytest.mark.parametrize(
    ("sentence", "credit"),
    [
        ("directed by francis ford copola", Credit("Francis Ford Coppola", "director")),
        ("movies starring Al Pacino", Credit("Al Pacino", "actor")),
        ("陈凯歌导演的电影", Credit("陈凯歌", "director")),
        ("张国荣主演的", Credit("张国荣", "actor")),
        ("songs by Miles Davis", Credit("Miles Davis", "")),
        ("张国荣的电影", Credit("张国荣", "")),
        ("张国荣的作品", Credit("张国荣", "")),
        ("张国荣导演的电影", Credit("张国荣", "")),
    ],
)
def test_people_are_found_by_name_and_role(sentence, credit):
    assert limits(sentence)["creators"] == (credit,)


@pytest.mark.parametrize(
    "sentence", ["like The Godfather", "similar to the godfather", "像The Godfather一样的", "像霸王别姬"]
)
def test_like_a_title_is_not_the_title(sentence):
    found = understood(sentence, NAMES, 2026)
    assert found.seeds in (("gf",), ("bw",))
    assert found.words == ""


@pytest.mark.parametrize("name", ["Miles Davis", "Mils Davis"])
def test_a_name_takes_no_more_words_than_are_its_own(name):
    assert limits(f"songs by {name}, not horror") == {
        "kinds": (ItemKind.TRACK,),
        "creators": (Credit("Miles Davis", ""),),
        "without_genres": ("horror", "恐怖", "惊悚"),
    }
    assert understood(f"songs by {name} about trains", NAMES, 2026).words == "trains"


@pytest.mark.parametrize(
    ("sentence", "seed", "leaning"),
    [
        ("something like The Godfather but calmer", "gf", "calmer"),
        ("像霸王别姬但更安静", "bw", "calmer"),
        ("和《霸王别姬》类似，但是更欢快一点的电影", "bw", "brighter"),
        ("movies similar to the godfahter but funnier", "gf", "funnier"),
    ],
)
def test_a_seed_and_a_direction(sentence, seed, leaning):
    found = understood(sentence, NAMES)
    assert (found.seeds, found.leanings, found.words) == ((seed,), (leaning,), "")


def test_newer_and_shorter_become_limits_beside_the_seed():
    assert limits("like the godfather but newer") == {"min_year": 1973}
    assert limits("like toy story but shorter")["max_duration_s"] == pytest.approx(4750)


@pytest.mark.parametrize("title", ["No Country for Old Men", "no country for old man", "no country for", "霸王別姬"])
def test_a_title_is_no_filter(title):
    found = understood(title, NAMES)
    assert (found.words, found.constraints, found.parts) == (title, Constraints(), ())


def test_a_tag_is_a_word_where_no_item_could_meet_the_filter():
    assert understood("40s music", NAMES).words == "40s"


def test_nothing_typed_is_lost():
    for sentence in (
        "a funny movie about a dog under 90 minutes, not horror",
        "我想看一部讲太空的电影，不要恐怖，两小时以内",
    ):
        found = understood(sentence, NAMES)
        said = " ".join((found.words, *(part.text for part in found.parts)))
        for word in ("dog", "funny", "90", "horror", "太空", "恐怖", "两小时", "电影"):
            assert (word in said) == (word in sentence), word


def test_each_part_can_be_taken_back():
    found = understood("comedies in French under 90 minutes", NAMES)
    assert [part.without for part in found.parts] == [
        "in French under 90 minutes", "comedies under 90 minutes", "comedies in French",
    ]  # fmt: skip


def test_years_of_the_caller_and_of_the_sentence_both_hold():
    read = understood("60s or 80s", NAMES, 2026).constraints
    stated = Constraints(years=((1965, 1985),))
    assert joined(stated, read).years == ((1965, 1969), (1980, 1985))
    nothing = joined(Constraints(years=((1900, 1910),)), read)
    assert nothing.years, "no constraint at all would admit every year"
    assert all(low > high for low, high in nothing.years)
    assert [(p.english, p.chinese) for p in understood("60s or 80s", NAMES).parts] == [
        ("the 1960s or the 1980s", "1960 年代或 1980 年代")
    ]


@pytest.mark.parametrize(
    ("stated", "read"),
    [
        (Constraints(genres=("Horror",)), Constraints(genres=("Comedy",))),
        (Constraints(kinds=(ItemKind.TRACK,)), Constraints(kinds=(ItemKind.MOVIE,))),
        (Constraints(kinds=(ItemKind.TRACK, ItemKind.MOVIE)), Constraints(kinds=(ItemKind.MOVIE, ItemKind.GAME))),
        (Constraints(languages=("fr",)), Constraints(languages=("en", "zh"))),
        (Constraints(creators=(Credit("Al Pacino", "actor"),)), Constraints(creators=(Credit("Miles Davis", ""),))),
    ],
)
def test_what_is_stated_holds_beside_what_is_read(stated, read):
    genres = [(), ("Horror",), ("Comedy",), ("Horror", "Comedy")]
    people = [(), (Credit("Al Pacino", "actor"),), (Credit("Miles Davis", "artist"), Credit("Al Pacino", "actor"))]
    every = [
        item(f"i{n}", kind, title=f"T{n}", genres=genre, language=language, creators=own)
        for n, (kind, genre, language, own) in enumerate(
            itertools.product(("movie", "track", "game"), genres, ("fr", "en"), people)
        )
    ]
    world = World(catalogue(every), {}, {}, Settings())
    one, other = meeting(world, stated), meeting(world, read)
    assert one.any()
    assert other.any()
    assert (meeting(world, joined(stated, read)) == (one & other)).all()


def test_what_contradicts_itself_is_read_as_said():
    assert limits("before 1950 after 2010") == {"max_year": 1949, "min_year": 2011}
    assert limits("horror movies, not horror")["without_genres"]


@pytest.mark.parametrize(
    "hostile",
    [
        "under " * 2000, "a" * 10_000, "不要" * 5000, "像" * 5000, "1" * 10_000, "\x00\x01\x1b[31m", "!!! ??? ;;;",
        "'; DROP TABLE items; --", "<script>alert(1)</script>", "under 0 minutes", "\u202erain\u202c", "like like like but but",
        "between and 90 to - minutes", "not not not", "by by by", "的的的的",
    ],
)  # fmt: skip
def test_hostile_sentences_are_words(hostile):
    began = time.process_time()
    found = understood(hostile, NAMES)
    assert time.process_time() - began < 2
    assert "\x00" not in found.words
    assert "\u202e" not in found.words
    query = Query(recipe="search", words=found.words[:90_000] or "x", constraints=found.constraints, k=3)
    assert answer(WORLD, query, now=0.0).degraded == ("not-trained",)


@pytest.mark.parametrize(
    ("typed", "first"),
    [("Godfahter", "gf"), ("shawshenk", "sh"), ("conjurring", "ho"), ("霸王別姬", "bw"), ("霸王别机", "bw"), ("amelie", "am")],
)  # fmt: skip
def test_misspelt_titles_are_found(typed, first):
    assert answer(WORLD, Query(recipe="search", words=typed, k=3), now=0.0).picks[0].item.id == first


def test_filters_alone_show_what_passes():
    found = answer(WORLD, Query(recipe="search", constraints=Constraints(genres=("drama",)), k=5), now=0.0)
    assert {pick.item.id for pick in found} == {"gf", "sh"}


def test_excluded_words_and_languages():
    def ids(**asked):
        return {
            p.item.id for p in answer(WORLD, Query(recipe="search", constraints=Constraints(**asked), k=20), now=0.0)
        }

    assert "pod" not in ids(without_words=("space",))
    assert "pod" in ids(without_words=("spaceship",))
    assert not {"gf"} & ids(without_languages=("en",))
    assert ids(creators=(Credit("al pacino", "actor"),)) == {"gf"}
    assert ids(creators=(Credit("al pacino", "director"),)) == set()


def test_leaning_moves_along_what_was_measured():
    n = len(ITEMS)
    energy = np.full(n, np.nan, np.float32)
    energy[[0, 1, 2]] = [0.8, 0.2, 0.9]
    vectors = {"mixed": np.ones((n, 2), np.float32) / np.float32(np.sqrt(2))}
    world = World(CATALOGUE, {}, vectors, Settings(), measure=lambda: {"energy": energy})
    asked = Query(recipe="search", seeds=("gf",), leanings=("calmer",), k=n)
    ranks = [pick.item.id for pick in answer(world, asked, now=0.0)]
    assert ranks.index("sh") < ranks.index("nc")
    assert "gf" not in ranks


def test_edits_and_traditional_characters():
    assert [edits("godfahter", "godfather", 2), edits("abc", "abd", 1), edits("abc", "xyz", 1)] == [1, 1, 2]
    assert folded("鋼琴") == folded("钢琴") == "钢琴"
    assert len(set(TRADITIONAL[::2])) == len(TRADITIONAL) // 2


def test_taste_counts_only_when_it_is_asked_for():
    n = len(ITEMS)
    vectors = {"mixed": np.eye(n, dtype=np.float32)}
    world = World(CATALOGUE, {}, vectors, Settings())
    told = Live(History.of([CATALOGUE.row("sh")], user_id="ann"))
    asked = Query(recipe="search", words="drama", user_id="ann", k=2)
    plain = [p.item.id for p in answer(world, asked, told, now=0.0)]
    mine = [p.item.id for p in answer(world, asked.model_copy(update={"by_taste": True}), told, now=0.0)]
    assert set(plain) == set(mine) == {"gf", "sh"}
    assert mine[0] == "sh"
    hidden = asked.model_copy(update={"by_taste": True, "personal": False})
    assert [p.item.id for p in answer(world, hidden, told, now=0.0)] == plain
