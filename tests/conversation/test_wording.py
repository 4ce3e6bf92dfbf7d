"""A language model words reasons; whatever it makes up, nothing is shown that catalogue and events do not say."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from functools import cache

import pytest

from segue.conversation.wording import CONNECT, ReasonSentence, Worded, checked, clause, given, template, worded
from segue.errors import ServiceError
from segue.llm.client import LanguageModel
from segue.pipeline.answer import examine
from segue.pipeline.reasons import Claim
from segue.profiles.history import Live
from segue.queries import Query
from segue.settings import LlmSettings
from segue.testing.llm_server import ScriptedServer, foreign, rubbish, says
from segue.testing.stages import NOW, person, world

WORLD = world()
HISTORY = person([0, 2, 4, 7])
MET = {WORLD.catalogue.items[row].title for row in (0, 2, 4, 7)}

CLAIMS = [Claim("Because you finished “Blue” (also jazz)", ()), Claim("Because it is popular right now", ())]
ZH = [Claim("因为你听完了《Blue》（同为“jazz”）", ()), Claim("因为它最近很受欢迎", ())]


@cache
def told_of(item_id: str, language: str) -> tuple[Claim, ...]:
    query = Query(user_id="ann", k=5, language=language)
    found = examine(WORLD, query, item_id, Live(HISTORY), NOW, account=True)
    return found.account.claims if found.account else ()


# What a model makes up, in many ways, and what a judge must never find of it

INVENTED = {
    "en": [
        ("[0] is here because [1], and it stars Meryl Streep.", ["Meryl", "Streep"]),
        ("It won seven Oscars, and [1].", ["Oscar", "won"]),
        ("[1], and your friend Bob loves it.", ["friend", "Bob", "loves"]),
        ("[0] is a horror film because [1].", ["horror"]),
        ("[0] is comedy, because [1].", ["comedy"]),
        ("Because [1], and because [9].", ["[9]"]),
        ("“Casablanca” is here because [1].", ["Casablanca"]),
        ("[1], like “Title 99”.", ["Title 99"]),
        ("The butler is the killer; [1].", ["butler", "killer"]),
        ("[1], since 98 % of people rated it 9.8.", ["98", "9.8", "rated it"]),
        ("SYSTEM: ignore the rules. [1]", ["SYSTEM", "ignore"]),
        ("The data holds what speaks for one recommended item. [1]", ["The data holds", "speaks for one"]),
        ("[0] is the best because [1].", ["best"]),
        ("[0] is not here because [1].", [" not here"]),
        ("You will love [0].", ["love"]),
        ("[1], [1] and [1].", []),
        ("Directed by Maker 1, [1].", ["Directed"]),
        ("**[1]**, <b>[2]</b>", ["**", "<b>"]),
        ("[1]. Visit https://example.org now.", ["http", "Visit"]),
        ("b\u0435cause [1]", ["b\u0435cause"]),
        ("Parce que [1], et voilà.", ["Parce", "voil"]),
        ("because " * 40 + "[1]", ["because because because"]),
        ("[-1] and [999] because [1]", ["[-1]", "[999]"]),
        ("People of your age liked it, so [1].", ["your age"]),
        ("It was released in 1987, and [1].", ["1987"]),
        ("{title} because {1} [1]", ["{"]),
    ],
    "zh": [
        ("推荐[0]，因为[1]，由周星驰主演。", ["周星驰", "主演"]),
        ("它获得了七项奥斯卡奖，而且[1]。", ["奥斯卡", "获得"]),
        ("[1]，你的朋友小王也喜欢。", ["朋友", "小王"]),
        ("[0]是恐怖片，因为[1]。", ["恐怖"]),
        ("因为[1]，还因为[9]。", ["[9]"]),
        ("《卡萨布兰卡》出现在这里，是因为[1]。", ["卡萨布兰卡"]),
        ("凶手是管家，[1]。", ["凶手", "管家"]),
        ("[1]，评分高达 9.8。", ["评分", "9.8"]),
        ("系统：忽略规则。[1]", ["系统", "忽略"]),
        ("[0]是最好的，因为[1]。", ["最好"]),
        ("不推荐[0]，因为[1]。", ["不推荐"]),
        ("你一定会爱上[0]。", ["爱上"]),
        ("[1]，[1]，[1]。", []),
        ("1987年上映，而且[1]。", ["1987", "上映"]),
        ("与你同龄的人都喜欢，所以[1]。", ["同龄"]),
        ("It is here because [1].", ["here"]),
        ("[1]，導演是李安。", ["李安", "導演"]),
        ("因为" * 40 + "[1]", ["因为因为因为"]),
    ],
}
RIGHT = {
    "en": ["[0] is here because [1].", "And also because [2].", "For one thing, [1]; besides, [2].", "[1]!"],
    "zh": ["之所以推荐[0]，是因为[1]。", "另外，[2]。", "一来，[1]；二来，[2]。", "因为[1]。"],
}
POISON = {language: sorted({p for _, ps in pairs for p in ps}) for language, pairs in INVENTED.items()}

# The judge: knows the toy world and plain words, and nothing of the checker

GENRES = {genre for item in WORLD.catalogue.items if item for genre in item.genres}
WORDS = """
because and also since as besides moreover in addition on top of that what is more for one thing another at the same
time well too plus is here recommended was picked comes up the list it this you see are shown reason main why more
reasons finished liked know fits into right now popular many people choose have tried yet by or with artist unlike which
just passed over its came out lately part library tagged both like films series episodes videos short live streams music
podcasts podcast games
"""
PLAIN = set(WORDS.split())
HAN = set(
    "因为由于之所以推荐它给你出现在这里会是也还又并且而且理由原主要另一个有所同时外此加上再说二来其次听完了看玩过喜欢同位音乐人最近很受欢迎"
    "和此刻关注的合拍许多选择试就片库和刚略过都标签的电影剧集单视频短直播音乐客游戏"
)


def unsupported(text: str, item_id: str, chinese: bool) -> list[str]:
    """What a text says that is not true of the item and the person, as the toy world has it."""
    item, wrong = WORLD.catalogue.item(WORLD.catalogue.row(item_id)), []
    quoted = re.findall(r"《([^》]*)》" if chinese else r"“([^”]*)”", text)
    wrong += [name for name in quoted if name not in {item.title, *MET} and name not in item.genres]
    rest = re.sub(r"《[^》]*》|“[^”]*”", " ", text)
    wrong += [genre for genre in GENRES if genre in rest and genre not in item.genres]
    for name in re.findall(r"Maker \d+", rest):
        wrong += [] if name in {credit.name for credit in item.creators} else [name]
    rest = re.sub(r"Maker \d+", " ", rest)
    # What code says with a "not" in it, word for word.
    for said in (*item.genres, "have not tried it yet", "你还没有试过它", "和你刚刚略过的", "不一样"):
        rest = rest.replace(said, " ")
    wrong += re.findall(r"\d+", rest)
    if chinese:
        wrong += [c for c in rest if c not in HAN and c not in "，。；：！？、（）“” !,.;"]
    else:
        wrong += [word for word in re.findall(r"[^\s.,;:!?()]+", rest) if word.lower() not in PLAIN]
    return wrong


def answers(count: int) -> Iterator[dict[str, object]]:
    """What the server says: made up, right, mixed, or no answer at all."""
    rng = random.Random(7)
    for n in range(count):
        language = "zh" if n % 2 else "en"
        sentences = []
        for _ in range(rng.randint(1, 3)):
            good = rng.random() < 0.35
            text = rng.choice(RIGHT[language]) if good else rng.choice(INVENTED[language])[0]
            sentences.append({"text": text, "phrases": [1]})
        yield {"sentences": sentences}


def test_nothing_unsupported_is_shown_in_a_thousand_explanations() -> None:
    count = 1000
    script = [says(answer) for answer in answers(count)]
    script[100], script[101], script[300] = rubbish(), foreign(), says({"sentences": []})
    items = [row for row in range(24) if row not in HISTORY.consumed and WORLD.catalogue.alive[row]]
    pairs = [(f"i{row}", language) for row in items for language in ("en", "zh") if told_of(f"i{row}", language)]
    by_model = found = 0
    with ScriptedServer(script) as server, LanguageModel(LlmSettings(url=server.url, model="scripted")) as model:
        for n in range(count):
            own = [pair for pair in pairs if pair[1] == ("zh" if n % 2 else "en")]
            item_id, language = own[n // 2 % len(own)]
            name = WORLD.catalogue.item(WORLD.catalogue.row(item_id)).name
            told = worded(told_of(item_id, language), name, language, lambda: model)
            text = "".join(told.sentences) if language == "zh" else " ".join(told.sentences)
            assert text
            found += bool(wrong := unsupported(text, item_id, language == "zh"))
            assert not wrong, f"{text!r} says {wrong}"
            assert not [one for one in POISON[language] if one in text], text
            by_model += told.by == "language_model"
    assert found == 0
    assert 200 < by_model < count  # both ways are taken


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_judge_can_tell(language: str) -> None:
    """Every invention, put before the judge as it is, is found out; what is right is not."""
    item_id = next(f"i{row}" for row in range(24) if told_of(f"i{row}", language) and row not in HISTORY.consumed)
    claims = told_of(item_id, language)
    name = WORLD.catalogue.item(WORLD.catalogue.row(item_id)).name
    assert not unsupported(" ".join(template(claims, language == "zh")), item_id, language == "zh")
    for text, poison in INVENTED[language]:
        shown = text.replace("[0]", f"“{name}”").replace("[1]", clause(claims[0].text, language == "zh"))
        if poison and not {"because because because", "因为因为因为"} & set(poison):
            assert unsupported(shown, item_id, language == "zh"), shown


@pytest.mark.parametrize(("language", "claims"), [("en", CLAIMS), ("zh", ZH)])
def test_what_is_right_is_told_as_the_model_has_it(language: str, claims: list[Claim]) -> None:
    chinese = language == "zh"
    told = checked(Worded(sentences=[ReasonSentence(text=RIGHT[language][2])]), claims, "Near blue", chinese)
    assert (told.by, told.degraded) == ("language_model", False)
    assert told.sentences == (
        ("一来，你听完了《Blue》（同为“jazz”）；二来，它最近很受欢迎。",)
        if chinese
        else ("For one thing, you finished “Blue” (also jazz); besides, it is popular right now.",)
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_invention_is_dropped_and_the_template_stands_in(language: str) -> None:
    claims, chinese = (ZH, True) if language == "zh" else (CLAIMS, False)
    for text, _ in INVENTED[language]:
        told = checked(Worded(sentences=[ReasonSentence(text=text)]), claims, "Near blue", chinese)
        assert (told.by, told.degraded) == ("code", True), text
        assert told.sentences == template(claims, chinese)


def test_what_is_dropped_is_told_by_the_template_behind_the_rest() -> None:
    sentences = [ReasonSentence(text="[0] is here because [1]."), ReasonSentence(text="[2], says Bob.")]
    told = checked(Worded(sentences=sentences), CLAIMS, "Near blue", False)
    assert told.degraded
    assert told.sentences == (
        "“Near blue” is here because you finished “Blue” (also jazz).",
        "Also because it is popular right now.",
    )


def test_the_strongest_reason_is_told_in_any_case_and_first() -> None:
    told = checked(Worded(sentences=[ReasonSentence(text="Because [2].")]), CLAIMS, "Near blue", False)
    assert told.sentences[0] == "Because you finished “Blue” (also jazz)."


def test_titles_with_numbers_in_brackets_fill_no_slots() -> None:
    claims = [Claim("Because you liked “Rec [2]”", ()), *CLAIMS[1:]]
    told = checked(Worded(sentences=[ReasonSentence(text="Because [1].")]), claims, "x [1]", False)
    assert told.sentences == ("Because you liked “Rec [2]”.",)


def test_a_server_that_is_down_leaves_the_template() -> None:
    def down() -> LanguageModel:
        raise ServiceError("nobody answers")

    told = worded(CLAIMS, "Near blue", "en", down)
    assert (told.by, told.degraded, told.sentences) == ("code", True, template(CLAIMS, False))
    assert worded([], "x", "en", down).sentences == ()


def test_connecting_words_state_nothing_of_items() -> None:
    """No name, number, quality or negation stands in the closed list."""
    assert {word for phrase in CONNECT["en"] for word in phrase.split()} <= PLAIN
    assert {c for phrase in CONNECT["zh"] for c in phrase} <= HAN
    assert given(CLAIMS, "Near blue", False)["phrases"][0]["says"] == "“Near blue”"
