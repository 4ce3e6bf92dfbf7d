"""What people say, read without weights: for, against, or undecided, and about what."""

import time

import pytest

from segue.events import EventKind
from segue.items import Credit
from segue.profiles.said import reader
from segue.profiles.said.names import Names
from segue.profiles.said.reader import read

from ..toy_world import catalogue, item

CATALOGUE = catalogue(
    [
        item(
            "a",
            "movie",
            title="The Long Night Train",
            genres=("Horror",),
            creators=(Credit("Agnès Varda", "director"),),
        ),
        item("b", "movie", title="It", genres=("Musical",), creators=(Credit("王家卫", "director"),)),
        item("c", "movie", title="重庆森林", genres=("爱情",)),
    ]
)
NAMES = Names.of(CATALOGUE, {"恐怖": "horror", "歌舞": "musical"})


@pytest.mark.parametrize(
    "text",
    [
        "I love it",
        "not bad",
        "An astonishing, tender film.",
        "It drags at first, but the ending is magnificent.",
        "不错",
        "太好看了！",
        "开头有点拖沓，但是结局非常感动",
        "不是不好看",
        "😍😍",
        "9/10",
        "五星",
        "★★★★☆",
        "剧情 superb, 音乐 very moving",
        "Not only funny but moving",
    ],
)
def test_praise(text):
    assert read(text).sentiment > 0


@pytest.mark.parametrize(
    "text",
    [
        "not good at all",
        "I don't like it.",
        "Great acting, but the story is dull and far too long.",
        "一点都不好看",
        "没什么意思，看不下去",
        "画面很美，但是剧情太烂",
        "2/10",
        "💩",
        "<b>awful</b> film",
        "never funny",
        "★☆☆☆☆",
        "剧情 is a mess, 音乐 gorgeous but 太长太无聊 and dull",
    ],
)
def test_complaint(text):
    assert read(text).sentiment < 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "the train leaves at nine",
        "第一集",
        "五星级酒店在三星堆附近",
        "1/5 of the way through",
        "呵呵，真是太好看了",
        'A "masterpiece", they said',
        "What a great film /s",
        "太好看了（狗头）",
        "yeah right, brilliant",
        "\u202e\u200b\x00",
        "🚂🚃",
        "Ничего не понял",
    ],
)
def test_what_is_unclear_is_left_undecided(text):
    assert read(text).sentiment is None


def test_irony_leaves_complaints_as_they_are():
    assert read("呵呵，烂片一部").sentiment < 0


def test_questions_and_conditions_say_less():
    plain = read("It is good.").sentiment
    assert read("Is it good?").sentiment < plain
    assert read("It would be good if it were shorter.").sentiment < plain


def test_strength_follows_degree():
    assert read("slightly dull").sentiment > read("dull").sentiment > read("extremely dull").sentiment


def test_parts_of_a_work_have_their_own_polarity():
    found = read("剧情无聊，但是音乐很好听。").topics
    assert found["aspect:story"] < 0 < found["aspect:music"]
    found = read("The score is gorgeous, the script is a mess").topics
    assert found["aspect:story"] < 0 < found["aspect:music"]


def test_what_the_catalogue_has_is_found_by_name():
    found = read("I love horror, and anything by Agnès Varda is wonderful. I hate musicals.", names=NAMES).topics
    assert found["genre:horror"] > 0
    assert found["creator:agnès varda"] > 0
    assert found["genre:musical"] < 0
    found = read("最喜欢王家卫的《重庆森林》，讨厌歌舞片", names=NAMES).topics
    assert found["creator:王家卫"] > 0
    assert found["item:c"] > 0


def test_a_title_of_one_common_word_needs_quotation_marks():
    assert "item:b" not in read("I love it", names=NAMES).topics
    assert "item:b" in read('I love "It"', names=NAMES).topics
    assert "item:a" in read("The Long Night Train was superb", names=NAMES).topics
    assert "item:a" not in read("we took the long night train", names=NAMES).topics


def test_a_search_is_of_interest_and_speaks_for_nothing():
    found = read("great horror", names=NAMES, kind=EventKind.SEARCH)
    assert found.sentiment is None
    assert dict(found.topics) == {"genre:horror": None}


def test_html_and_hidden_characters_are_no_words():
    assert read("<script>love love love</script>dull").sentiment < 0
    assert read("g\u200bood").sentiment > 0
    assert read("&lt;b&gt;superb&lt;/b&gt;").sentiment > 0


def test_a_text_of_100_kb_is_read_in_no_time():
    for piece in ("good ", "好", "<", "a", '"', "&amp;", "😀", "<b>", "《", "not "):
        text = piece * (100_000 // len(piece))
        began = time.process_time()
        read(text, names=NAMES)
        assert time.process_time() - began < 0.5
    assert read("dull " + "x " * 40_000 + " terrible").sentiment < 0


def test_thousands_of_comments_a_second():
    text = "Great acting and a moving score, but the story is dull and it drags. 音乐很好听，剧情有点拖沓。"
    began = time.process_time()
    for _ in range(500):
        read(text, names=NAMES)
    assert (time.process_time() - began) / 500 < 1e-3


def test_the_same_said_again_is_known_by_its_number():
    flood = "Buy cheap tickets at my wonderful shop!"
    assert reader.same(flood, "a") == reader.same("  buy CHEAP tickets at my wonderful shop!", "b") > 0
    assert reader.same("好看", "a") != reader.same("好看", "b")
    assert reader.same("好看", "a") == reader.same(" 好看 ", "a")


def test_the_same_text_is_always_read_alike():
    assert read("It is good.") == read("It is good.")
    assert read("It is good.").version == reader.version()
