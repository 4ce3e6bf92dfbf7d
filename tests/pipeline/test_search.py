"""Search finds by word, by part of a title, in any script."""

from dataclasses import replace

import numpy as np
import pytest

from segue.catalogue import Catalogue
from segue.dataset import History
from segue.errors import InvalidInput
from segue.items import Credit, Item, ItemKind
from segue.pipeline.answer import answer, request_of
from segue.pipeline.sources.meaning import Meaning
from segue.pipeline.sources.words import WordIndex, longest, matches, tokens
from segue.pipeline.stages import Request, World
from segue.pipeline.without import resolves, without
from segue.queries import Query
from segue.settings import Settings
from segue.understanding.align import Alignment, Bridge

from ..toy_world import catalogue, item

ITEMS = [
    item("night", title="雨夜钢琴", description="一个人弹琴到天亮", genres=("古典",)),
    item("rain", title="Rain on Piano Keys", tags=("rainy", "night"), creators=(Credit("Edgard Varèse", "composer"),)),
    item("drums", title="Drum Circle", description="Loud drums, no piano at all.", genres=("Percussion",)),
    item("long", title="Everything", description="piano " + "other words " * 200),
    item("jp", title="さくら横ちょう", lyrics_or_transcript="春の宵"),
    item("bare", title=None),
]
WORLD = World(catalogue(ITEMS), {}, {}, Settings())


def found(words, k=3, **fields):
    return [p.item.id for p in answer(WORLD, Query(recipe="search", words=words, k=k, **fields), now=0.0)]


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("piano", "rain"),
        ("PIANO keys", "rain"),
        ("钢琴", "night"),
        ("雨夜", "night"),
        ("弹琴", "night"),
        ("varese", "rain"),
        ("Percussion", "drums"),
        ("drum circel", "drums"),
        ("evrything", "long"),
        ("さくら", "jp"),
        ("ｐｉａｎｏ　ｋｅｙｓ", "rain"),
        ("bare", "bare"),
    ],
)
def test_first_hit(words, first):
    assert found(words)[0] == first


@pytest.mark.parametrize("words", ["zzzz qqqq", "!!!", "；。", "𝔘", "\u200b"])
def test_nothing_found_is_nothing(words):
    assert found(words) == []


def test_a_word_counts_more_where_it_matters_and_in_short_texts():
    assert found("piano") == ["rain", "drums", "long"]


def test_more_of_the_words_is_better():
    assert found("piano drums")[0] == "drums"


def test_tokens():
    assert tokens("Jazz-Rock 2024: 雨夜钢琴 é") == ["jazz", "rock", "2024", "雨夜", "夜钢", "钢琴", "e"]
    assert tokens("夜") == ["夜"]


def test_a_single_character_finds_titles():
    assert found("雨")[0] == "night"


def test_matches_name_field_and_words():
    assert matches("rain piano", ITEMS[1]) == {"title": ("rain", "piano")}
    assert matches("piano", ITEMS[2]) == {"description": ("piano",)}
    assert longest(matches("雨夜钢琴", ITEMS[0])["title"]) == ("雨夜钢琴",)


def test_reasons_say_which_words_matched_where():
    asked = Query(recipe="search", words="varese piano", k=1, language="zh")
    reason = answer(WORLD, asked, now=0.0).picks[0].reason
    assert reason.text == "因为它的作曲是Edgard Varèse"
    assert [(e.kind, e.ref, e.name) for e in reason.evidence] == [("words", "varese", "creators")]


def test_a_reason_names_the_other_name_that_was_found():
    """“classical” is 古典 in this catalogue; the title of what is found looks nothing like it."""
    asked = Query(recipe="search", words="classical", also=("古典",), k=1)
    (pick,) = answer(WORLD, asked, now=0.0).picks
    assert (pick.item.id, pick.reason.text) == ("night", "Because its genre is “古典”")
    request = request_of(WORLD, asked, None, 0.0, None)
    assert all(resolves(one, request) for one in pick.reason.evidence)
    left = without(request, pick.reason.evidence).query
    assert (left.words, left.also) == ("classical", ())


LABELLED = [
    item("a", title="One", creators=(Credit("雨声电台", "主播"), Credit("夏雨", "吉他")), genres=("Hard Bop",)),
    item("b", title="Two", tags=("雨夜漫步",), series="Northern Lights", creators=(Credit("Ann Lee", "actor"),)),
    item(
        "c", title="Three", description="The harbour", creators=(Credit("Bo Nox", "channel"), Credit("Bo Nox", "host"))
    ),
]


@pytest.mark.parametrize(
    ("words", "first", "en", "zh"),
    [
        ("电台", "a", "Because its host is 雨声电台", "因为它的主播是雨声电台"),
        ("夏雨", "a", "Because its guitarist is 夏雨", "因为它的吉他手是夏雨"),
        ("雨声电台 夏雨", "a", "Because 雨声电台 and 夏雨 took part in it", "因为雨声电台、夏雨参与了它"),
        ("bop", "a", "Because its genre is “Hard Bop”", "因为它的类型是“Hard Bop”"),
        ("漫步", "b", "Because it is tagged “雨夜漫步”", "因为它的标签里有“雨夜漫步”"),
        ("northern", "b", "Because it belongs to “Northern Lights”", "因为它出自《Northern Lights》"),
        ("lee", "b", "Because Ann Lee is in it", "因为有Ann Lee出演"),
        ("nox", "c", "Because its channel is Bo Nox", "因为它的频道是Bo Nox"),
        ("the harbour", "c", "Because its description mentions “harbour”", "因为简介里提到“harbour”"),
        ("the nothern", "b", "Because it belongs to “Northern Lights”", "因为它出自《Northern Lights》"),
    ],
)
def test_names_and_labels_are_told_whole(words, first, en, zh):
    there = World(catalogue(LABELLED), {}, {}, Settings())
    for language, said in (("en", en), ("zh", zh)):
        pick = answer(there, Query(recipe="search", words=words, k=1, language=language), now=0.0).picks[0]
        assert (pick.item.id, pick.reason.text) == (first, said)


def test_meaning_joins_the_words():
    vectors = {"text": np.eye(6, dtype=np.float32), "ngram": np.full((6, 2), np.nan, np.float32)}
    world = World(WORLD.catalogue, {}, vectors, Settings())
    encoded = {"text": np.eye(6, dtype=np.float32)[4], "ngram": np.zeros(2, np.float32)}
    got = answer(world, Query(recipe="search", words="nothing like it", k=1), now=0.0, words=encoded)
    assert got.picks[0].item.id == "jp"
    assert got.picks[0].reason.text == "Because its content is close to “nothing like it”"


def test_words_find_a_picture_that_nobody_described():
    vectors = {"text": np.eye(6, dtype=np.float32), "picture": np.eye(6, dtype=np.float32)[::-1].copy()}
    vectors["text"][2] = np.nan
    bridge = Bridge(np.zeros(6, np.float32), np.zeros(6, np.float32), np.eye(6, dtype=np.float32), 0.9, 0.1, 100)
    encoded = {"text": np.eye(6, dtype=np.float32)[3]}

    def scores(alignment):
        world = World(WORLD.catalogue, {}, vectors, Settings(), alignment=alignment)
        history, rng = History.empty(), np.random.default_rng(0)
        request = Request(Query(recipe="search", words="x"), world, history, 0.0, rng, words=encoded)
        return Meaning(10).compute(request)

    got = scores(Alignment({"picture": bridge}))
    assert got[2] == 1, "it has no words, and its picture is near"
    assert got[3] == pytest.approx(1 / 1.5), "its words are near, its picture is not"
    assert np.isnan(scores(Alignment({}))[2])
    assert np.isnan(scores(Alignment({"picture": replace(bridge, recall=0.1)}))[2]), "no better than chance"


def test_words_of_other_dimensions_are_refused_with_the_command_that_reads_again():
    world = World(WORLD.catalogue, {}, {"text": np.eye(6, dtype=np.float32)}, Settings())
    with pytest.raises(InvalidInput, match=r"3 dimensions .* have 6: run `segue understand`, then `segue train`"):
        answer(world, Query(recipe="search", words="piano"), now=0.0, words={"text": np.ones(3, np.float32)})


def test_a_picture_neither_helps_nor_harms_what_the_words_say():
    """Words and pictures are never close: raw cosines would put every item with a picture below those without."""
    nan = np.nan
    text = np.array([[0.8, 0.6], [0.6, 0.8], [0.0, 1.0], [0.1, 0.99], [0.0, 1.0], [0.0, 1.0]], np.float32)
    picture = np.array([[0.2, 0], [nan, nan], [0.1, 0], [0.1, 0], [nan, nan], [0.1, 0]], np.float32)
    world = World(WORLD.catalogue, {}, {"text": text, "picture": picture}, Settings())
    request = request_of(
        world, Query(recipe="search", words="x"), None, 0.0, {s: np.array([1, 0], np.float32) for s in world.vectors}
    )
    scores = Meaning().compute(request)
    assert scores is not None
    assert scores.argmax() == 0
    assert abs(np.nanmean(scores) - text[:, 0].mean()) < 0.05


def test_an_empty_catalogue_has_an_index():
    assert len(WordIndex.of(catalogue([])).search("piano")) == 0


TOPICS = [
    [f"{first}{last}" for last in ("an", "el", "ir", "os", "um", "ab", "ec", "id", "ot", "uv", "ax", "ez", "ik")]
    for first in ("bra", "cle", "dri", "flo", "gru", "kla", "ple", "pri", "sto", "tru", "vra", "zle", "smi", "sno")
]
"""Words that no two topics share."""
TELLING = [item(f"about-{n}", title=f"Work {n}", description=" ".join(words[:10])) for n, words in enumerate(TOPICS)]
EVERY_WORD = " ".join(word for words in TOPICS for word in words)


@pytest.mark.parametrize("where", ["title", "description", "tags", "genres", "creators", "lyrics_or_transcript"])
def test_filling_a_field_with_words_wins_no_search(where):
    """The words that only the filled item has are asked for, too: of all, it alone has them all."""
    filling = {
        "tags": tuple(EVERY_WORD.split()),
        "genres": tuple(EVERY_WORD.split()),
        "creators": tuple(Credit(word, "artist") for word in EVERY_WORD.split()),
    }.get(where, EVERY_WORD)
    own = {"title": "Something else", "description": "quite another matter", where: filling}
    index = WordIndex.of(catalogue([*TELLING, item("filled", **own)]))
    for n, words in enumerate(TOPICS):
        scores = index.search(" ".join(words[8:12]))
        assert int(np.argmax(scores)) == n
        assert scores[-1] > 0  # it is found


def test_a_long_description_takes_nothing_from_the_other_fields():
    long = item("long", title="Pelican", creators=(Credit("Ada Lumen", "composer"),), description=EVERY_WORD)
    short = long.model_copy(update={"description": "a bird"})
    for words in ("pelican", "lumen"):
        with_long, with_short = (WordIndex.of(catalogue([*TELLING, one])).search(words) for one in (long, short))
        assert int(np.argmax(with_long)) == len(TELLING)
        assert with_long[-1] > 0.3 * with_short[-1]  # by its length, as BM25 has it


def test_what_is_usual_is_a_matter_of_the_catalogue():
    """Where all have long descriptions, length says nothing."""
    turned = [[*TOPICS[n:], *TOPICS[:n]] for n in range(len(TOPICS))]
    told = [" ".join(word for words in topics for word in words) for topics in turned]
    every = [item(f"long-{n}", title=f"Work {n}", description=text) for n, text in enumerate(told)]
    worth = WordIndex.of(catalogue(every)).read.worth()
    assert np.all(worth == 1)


def test_one_character_is_found_inside_a_long_text() -> None:
    """Descriptions are indexed by pairs of characters; who refuses 雨 refuses 雨夜, too."""
    letter = Item(id="letter", kind=ItemKind.SHORT, title="信", description="雨夜里的一封信。")
    sun = Item(id="sun", kind=ItemKind.SHORT, title="晴天", description="阳光下的海。")
    index = WordIndex.of(Catalogue.build([letter, sun]))
    assert index.having("雨").tolist() == [True, False]
    assert index.having("雨夜").tolist() == [True, False]
    assert index.having("风").tolist() == [False, False]
