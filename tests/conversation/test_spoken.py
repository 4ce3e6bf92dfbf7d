"""What a model says is handed on only where it holds."""

from __future__ import annotations

import pytest

from segue.conversation.spoken import Known, Spoken, fault
from segue.items import Credit
from segue.pipeline.asking.titles import Names
from segue.pipeline.sources.words import WordIndex

from ..toy_world import catalogue, item


@pytest.fixture(scope="module")
def names() -> Names:
    known = catalogue(
        [
            item("a", title="Harbour Light", creators=(Credit("Ada Lumen", "composer"),)),
            item("b", title="Slow Machine", creators=(Credit("Bo Tarr", "director"),)),
            item("c", title="雨夜钢琴"),
            item("d", title="静默轨道", creators=(Credit("林小雨", "director"),)),
            item("e", title="Inception"),
            item("f", title="Harbour"),
            item("g", title="{title}"),
        ]
    )
    return Names.of(known, WordIndex.of(known))


@pytest.fixture
def known(names: Names) -> Known:
    """One list of two was shown; the person has named a third."""
    found = Known(names)
    found.add_own("I liked Inception and something calm under 90 minutes")
    found.add_titles(["Harbour Light", "雨夜钢琴"])
    found.add({"items": [{"title": "Harbour Light", "creators": ["Ada Lumen"], "year": 1994, "minutes": 96.5}]})
    found.count = 2
    return found


@pytest.mark.parametrize(
    "sentence",
    [
        "[1] fits best, and [2] comes close.",
        "Number 2 is the calmer one.",
        "Here are two calm ones for tonight.",
        "[1] is from 1994 and runs about 96.5 minutes.",
        "You asked for less than 90 minutes, and I kept to that.",
        "It is by Ada Lumen, whom you may know.",
        "Since you liked “Inception”, [1] may suit you.",
        "“Harbour Light” is a quiet one.",
        "Harbour Light is a quiet one.",
        "On Friday I would try the French one, a Sci-Fi story.",
        "I'd start with [1].",
    ],
)
def test_what_holds_is_said(sentence: str, known: Known) -> None:
    assert fault(sentence, known, chinese=False) is None


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("[3] is better.", "number"),
        ("[0] is better.", "number"),
        ("【9】 is better.", "number"),
        ("Try number 7 tonight.", "number"),
        ("“The Silent Orbit” is what you want.", "title"),
        ("You would love 'The Silent Orbit' for sure.", "title"),
        ("You would love *The Silent Orbit* tonight.", "title"),
        ("You would love The Silent Orbit tonight.", "name"),
        ("You would love Interstellar tonight.", "name"),
        ("Interstellar is what you want.", "name"),
        ("The Silent Orbit waits for you.", "name"),
        ("Slow Machine is calm, too.", "name"),
        ("“Slow Machine” is calm, too.", "title"),
        ("It is by Bo Tarr, whom you may know.", "name"),
        ("It is from 1987 and very calm.", "figure"),
        ("It runs for 137 minutes.", "figure"),
        ("95 % of people like it.", "figure"),
        ("See https://films.example for more.", "address"),
        ("See films.example.com for more.", "address"),
        ("<b>[1]</b> is the one.", "address"),
        ("Тихий дождь над гаванью.", "language"),
        ("静かな雨の夜です。", "language"),
        ("我推荐第一个。", "language"),
        ("Esta película tranquila seguramente gustará mucho esta noche.", "language"),
        ("calm " * 200, "long"),
        ("“Harbour” is calm, too.", "title"),
        ("Harbour is calm, too.", "name"),
        ("“{title}” is calm, too.", "title"),
        ("Interstellar tonight.", "word"),
        ("Interstellar!", "word"),
        ("Zorblatt: try it tonight.", "word"),
        ("Try the glass cathedral tonight.", "word"),
    ],
)
def test_what_does_not_hold_is_not(sentence: str, wrong: str, known: Known) -> None:
    assert fault(sentence, known, chinese=False) == wrong


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("[1] 最合适，[2] 也不错。", None),
        ("第2个更安静。", None),
        ("《雨夜钢琴》很安静。", None),
        ("你喜欢 Inception，所以可以试试 [1]。", None),
        ("[3] 更好。", "number"),
        ("第 8 个更好。", "number"),
        ("《静默轨道》很好看。", "title"),
        ("静默轨道很好看。", "name"),
        ("这是林小雨的作品。", "name"),
        ("你会喜欢《不存在的电影》。", "title"),
        ("「不存在的电影」值得一看。", "title"),
        ("它拍于 1987 年。", "figure"),
        ("Here are two calm ones for you.", "language"),
        ("静かな夜ですね。", "language"),
        ("可以看看 Interstellar。", "name"),
        ("绿火车之恋！", "word"),
        ("绿火车之恋！这部很好看。", "word"),
        ("试试木头国王。", "word"),
        ("这些都比较安静，可以先看看[1]。", None),
        ("按照你的要求，我找到了几部安静的电影，第二个更短一点。", None),
    ],
)
def test_the_same_in_chinese(sentence: str, wrong: str | None, known: Known) -> None:
    assert fault(sentence, known, chinese=True) == wrong


def test_words_come_in_pieces_and_leave_as_sentences(known: Known) -> None:
    spoken = Spoken(known, chinese=False)
    text = "Here is one. [1] is calm! Try [9].\nOr “The Silent Orbit”? That is all"
    said = [sentence for c in text for sentence in spoken.feed(c)]
    assert said == ["Here is one.", "[1] is calm!"]
    assert list(spoken.rest()) == ["That is all"]
    assert spoken.dropped == ["number", "title"]


def test_a_sentence_without_end_is_cut_off(known: Known) -> None:
    spoken = Spoken(known, chinese=False)
    assert [one for _ in range(400) for one in spoken.feed("and on ")] == []
    assert "long" in spoken.dropped
