"""What a sentence asks for without exception holds for every entry: sentences in both languages on the sample library.

Each row says in code of its own what the sentence demands of an item, and how long the list is to be.
"""

# ruff: noqa: E501 - a case is one line

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from segue import Engine, Item
from segue.ingest.sampler.build import today
from segue.ingest.sampler.words import works

Demand = Callable[[Item], bool]


def kind(*kinds: str) -> Demand:
    return lambda item: item.kind in kinds


def genre(*names: str) -> Demand:
    return lambda item: bool({*item.genres} & {*names})


def having(*names: str) -> Demand:
    """A genre, a tag or a creator of that name."""
    return lambda item: bool({*item.genres, *item.tags, *(c.name for c in item.creators)} & {*names})


def no(demand: Demand) -> Demand:
    return lambda item: not demand(item)


def said(language: str) -> Demand:
    return lambda item: item.language == language


def year(low: int, high: int) -> Demand:
    return lambda item: item.year is not None and low <= item.year <= high


def lasts(low: float, high: float) -> Demand:
    return lambda item: item.duration_s is not None and low <= item.duration_s <= high


def says(word: str) -> Demand:
    return lambda item: word in " ".join((item.title or "", item.description or "", *item.genres, *item.tags)).lower()


def child(item: Item) -> bool:
    return not item.explicit and (item.maturity is None or item.maturity <= 12)


SONG, SHORT = kind("track"), kind("short", "video")
PODCAST = kind("podcast", "podcast_episode")
NOW = today().year

# (English, Chinese, entries at most, seconds at most, demands)
CASES: list[tuple[str, str, int, float, list[Demand]]] = [
    ("10 songs", "10首歌", 10, 0, [SONG]),
    ("12 songs in English", "12首英语歌曲", 12, 0, [SONG, said("en")]),
    ("eight songs in Chinese", "八首中文歌", 8, 0, [SONG, said("zh")]),
    ("15 jazz songs", "15首爵士音乐", 15, 0, [SONG, genre("jazz")]),
    ("half an hour of metal", "半小时的金属", 200, 1800, [genre("metal")]),
    ("five minutes of ambient music", "5分钟的氛围音乐", 200, 300, [SONG, genre("ambient")]),
    ("2 minutes of music without metal", "两分钟的音乐，不要金属", 200, 120, [SONG, no(genre("metal"))]),
    ("songs not in Chinese, 9 in total", "不要中文的歌曲，9首", 9, 0, [SONG, no(said("zh"))]),
    ("20 songs from 2024", "20首2024年的歌", 20, 0, [SONG, year(2024, 2024)]),
    ("songs before 2020", "2020年以前的歌", 20, 0, [SONG, year(0, 2019)]),
    ("songs after 2022, 6 of them", "2022年以后的歌，6首", 6, 0, [SONG, year(2022, NOW)]),
    ("songs from 2018 to 2021", "2018到2021年的歌曲", 20, 0, [SONG, year(2018, 2021)]),
    ("30 songs under 25 seconds", "30首25秒以内的歌", 30, 0, [SONG, lasts(0, 25)]),
    ("songs over 26 seconds", "超过26秒的歌曲", 20, 0, [SONG, lasts(26, 9e9)]),
    ("short videos about rain, 5 clips", "5个关于雨的短视频", 5, 0, [kind("short")]),
    ("four podcasts", "4个播客", 4, 0, [PODCAST]),
    ("three minutes of podcasts", "三分钟的播客", 200, 180, [PODCAST]),
    ("podcasts in Chinese, renewed every day", "中文播客，每天更新", 20, 0, [PODCAST, said("zh")]),
    ("games", "游戏", 20, 0, [kind("game")]),
    ("10 videos under 8 seconds", "10个8秒以内的视频", 10, 0, [SHORT, lasts(0, 8)]),
    ("folk or jazz for the next 2 minutes, no metal", "两分钟的民谣，不要金属", 200, 120, [no(genre("metal"))]),
    ("7 songs without rain", "7首歌，不要雨", 7, 0, [SONG]),
    ("lo-fi songs, updated every week", "低保真歌曲，每周更新", 20, 0, [SONG, having("lo-fi", "低保真")]),
    ("a radio of house music", "浩室音乐电台", 10, 0, [SONG, having("house", "浩室")]),
    ("20 songs for kids", "20首适合孩子听的歌", 20, 0, [child]),
    ("6 songs by Hollis Vane", "6首Hollis Vane的歌", 6, 0, [having("Hollis Vane")]),
    ("songs by 苏晚", "苏晚演唱的歌", 20, 0, [having("苏晚")]),
    ("one hour of synthwave", "一小时的合成器浪潮", 200, 3600, [genre("synthwave")]),
    ("10 songs, neither metal nor house", "10首歌，不要金属和浩室", 10, 0, [SONG, no(genre("metal", "house"))]),
    ("5 chiptune songs in Chinese from 2020 on", "5首中文的芯片音乐，2020年以后", 5, 0, [said("zh"), year(2020, NOW)]),
    ("endless afrobeat", "不停播放非洲节拍", 10, 0, [having("afrobeat", "非洲节拍")]),
    ("90 seconds of guofeng", "90秒的国风", 200, 90, [having("guofeng", "国风")]),
    ("no podcasts, no games, 30 songs", "30首歌，不要播客", 30, 0, [SONG]),
    ("calm songs in English, 10 minutes in all", "平静的英语歌曲，总共十分钟", 200, 600, [SONG, said("en")]),
    ("8 episodes that are shorter than 15 seconds", "8集15秒以内的剧集", 8, 0, [kind("episode", "series"), lasts(0, 15)]),
]  # fmt: skip


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The sample library without its files."""
    place: Path = tmp_path_factory.mktemp("sampled") / "w"
    Engine.create(place)
    with Engine.open(place) as engine:
        engine.add_items(work.item for work in works(7, today(), 1.0))
        engine.put_member("home", "Kim", "kim", max_maturity=12)
        yield engine


SENTENCES = [(row[n], *row[2:]) for row in CASES for n in (0, 1)]


@pytest.mark.parametrize(("sentence", "most", "seconds", "demands"), SENTENCES, ids=[s[0] for s in SENTENCES])
def test_every_entry_meets_what_the_sentence_demands(
    library: Engine, sentence: str, most: int, seconds: float, demands: list[Demand]
) -> None:
    made = library.make_playlist(None, sentence)
    found = library.find_items(entry.item for entry in made.entries)
    wrong = [item.id for item in found.values() if not all(demand(item) for demand in demands)]
    assert not wrong
    assert len(made.entries) <= most
    if seconds:
        assert sum(item.duration_s or 0 for item in found.values()) <= seconds
    there = [item for item in library.items() if item.kind != "ad" and all(demand(item) for demand in demands)]
    if there:
        assert made.entries, [chip.english for chip in made.understood]
    # A list that is shorter than asked for says so.
    short = len(made.entries) < most if not seconds else sum(i.duration_s or 0 for i in found.values()) < 0.9 * seconds
    assert bool(made.notes) == short
    # Made anew for a child, the age holds as well.
    own = library.make_playlist("kim", sentence)
    assert all((library.item(entry.item).maturity or 0) <= 12 for entry in own.entries)
    for one in (made, own):
        library.delete_playlist(one.id, one.user_id)


def test_there_are_sentences_enough() -> None:
    assert len(SENTENCES) >= 60
