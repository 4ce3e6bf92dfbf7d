"""What is in the library: every work with its words, credits and schedule, read from ``world/*.toml``.

The words were written by hand; what is drawn from the seed here is only lengths and dates. Files are made later, from
what stands here (`build.py`), so metadata and events are the same whether or not any media is written.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from ...items import Credit, Item, ItemKind

PACE: Mapping[str, float] = {
    # music
    "ambient": -1.0, "jazz": 0.0, "lo-fi": -0.5, "synthwave": 0.2, "house": 0.5, "drum and bass": 1.0, "metal": 0.9,
    "chiptune": 0.6, "folk": -0.3, "baroque": 0.1, "guofeng": -0.6, "afrobeat": 0.4,
    # looks
    "rain": -0.6, "waves": -0.8, "mountains": -0.9, "starfield": -0.2, "tunnel": 0.7, "automaton": 0.3, "shapes": 0.5,
    "fireworks": 0.5, "kaleidoscope": 0.3, "glitch": 1.0, "plasma": -0.3, "swarm": 0.0,
    # games
    "racing": 0.8, "action": 0.9, "horror": 0.6, "platformer": 0.6, "rhythm": 0.6, "puzzle": -0.4, "strategy": -0.6,
    "simulation": -0.5, "adventure": -0.3,
}  # fmt: skip
"""Pace of a style, slowest -1, fastest 1; talk and adverts: 0."""

LOOK_GENRE: Mapping[str, str] = {
    "rain": "city rain", "waves": "sea", "mountains": "ink landscape", "starfield": "space", "tunnel": "neon road",
    "automaton": "cellular automata", "shapes": "animation", "fireworks": "fireworks", "kaleidoscope": "kaleidoscope",
    "glitch": "glitch horror", "plasma": "colour field", "swarm": "murmuration",
}  # fmt: skip
"""What a catalogue calls a look of `films.py`."""

MOODS_ZH: Mapping[str, str] = {
    "calm": "平静", "melancholic": "忧郁", "warm": "温暖", "joyful": "欢快", "playful": "俏皮", "tense": "紧张",
    "fierce": "猛烈", "dreamy": "梦幻", "curious": "好奇", "nostalgic": "怀旧",
}  # fmt: skip
"""The ten moods, English and Chinese."""

PROVIDER = "sampler"


@dataclass(frozen=True)
class Work:
    """An item of the library and what its files are made from."""

    item: Item
    """``media_uri`` and ``cover_uri`` are relative to the library."""
    style: str
    """What the choice model and the covers go by: a music genre, a look, a topic of talk, a sort of game."""
    sound: str | None = None
    """Genre of `music.py` that it sounds like; None: silent, or speech."""
    look: str | None = None
    """Look of `films.py`; None: no pictures."""
    moods: tuple[str, ...] = ()
    pace: float = 0.0
    said: tuple[str, ...] = ()
    """Lines of the transcript."""
    seconds: float | None = None
    """Length of its file; None: it has none."""

    @property
    def id(self) -> str:
        """The item's id."""
        return self.item.id


@cache
def world(name: str) -> dict[str, Any]:
    """One of the tables under ``world/``."""
    return tomllib.loads((files(__package__) / "world" / f"{name}.toml").read_text(encoding="utf-8"))


def works(seed: int, now: datetime, scale: float = 1.0) -> list[Work]:
    """All works: 120 tracks, 72 videos, 12 podcast episodes, 8 live streams, 12 games and 12 adverts.

    Args:
        scale: about this share of the works is kept, spread over everything, and of every length.
    """
    rng = np.random.default_rng([seed, 1])
    numbers: Counter[str] = Counter()

    def identify(prefix: str, style: str) -> str:
        name = f"{prefix}-{style.replace(' ', '-')}"
        numbers[name] += 1
        return f"{name}-{numbers[name]:02d}"

    def length(low: float, high: float) -> float:
        drawn = rng.uniform(low, high)  # drawn at every scale alike, so that equal seeds tell equal stories
        return float(round(max(drawn * min(scale, 1.0), 2.0), 1))

    def some(rows: list[Any]) -> list[Any]:
        """A share of the rows, spread evenly; a smaller library has fewer albums, and fewer tracks on each."""
        kept = max(1, round(len(rows) * scale**0.5))
        return [rows[k * len(rows) // kept] for k in range(kept)]

    out: list[Work] = []
    for album in some(world("music")["albums"]):
        out += _tracks(album, some(album["tracks"]), identify, length)
    for channel in some(world("videos")["channels"]):
        out += _videos(channel, some(channel["videos"]), identify, length, rng, now)
    for podcast in some(world("talk")["podcasts"]):
        out += _episodes(podcast, some(podcast["episodes"]), identify, length, rng, now)
    others = world("others")
    out += [_live(row, identify, length, now) for row in some(others["live"])]
    out += [_bare(ItemKind.GAME, row, identify, rng, now) for row in some(others["games"])]
    out += [_bare(ItemKind.AD, row, identify, rng, now) for row in some(others["ads"])]
    return list(_with_arrivals(out, now))


def _tracks(album: dict[str, Any], rows: list[Any], identify: Any, length: Any) -> Iterator[Work]:
    genre, folder = album["genre"], f"media/music/{file_name(album['artist'])}/{file_name(album['title'])}"
    for number, (title, line) in enumerate(rows, 1):
        seconds = length(20, 28)
        item = Item(
            **_shared(album),
            id=identify("track", genre),
            kind=ItemKind.TRACK,
            title=title,
            description=f"{line} {album['about']}" if album["language"] == "en" else f"{line}{album['about']}",
            creators=(Credit(album["artist"], "artist"), *_credits(album)),
            genres=(genre,),
            released=album["released"],
            duration_s=seconds,
            media_uri=f"{folder}/{number:02d} {file_name(title)}.mp3",
            cover_uri=f"{folder}/cover.jpg",
            album=album["title"],
            number=number,
        )
        yield Work(item, genre, sound=genre, moods=tuple(album["moods"]), pace=PACE[genre], seconds=seconds)


def _videos(
    channel: dict[str, Any], rows: list[Any], identify: Any, length: Any, rng: np.random.Generator, now: datetime
) -> Iterator[Work]:
    look, sound, kind = channel["look"], channel["sound"], ItemKind(channel["kind"])
    folder = f"media/video/{file_name(channel['name'])}"
    published = sorted(int(d) for d in rng.integers(62, 900, len(rows)))[::-1]
    for number, (title, line) in enumerate(rows, 1):
        seconds = length(6, 8) if kind is ItemKind.SHORT else length(7, 10)
        stem = f"{folder}/{number:02d} {file_name(title)}"
        item = Item(
            **_shared(channel),
            id=identify(kind.value, look),
            kind=kind,
            title=title,
            description=line,
            creators=(Credit(channel["name"], "channel"), *_credits(channel)),
            genres=(LOOK_GENRE[look], sound),
            released=_day(now, published[number - 1]),
            duration_s=seconds,
            media_uri=f"{stem}.webm",
            cover_uri=f"{stem}.jpg",
            series=channel.get("series"),
            season=1 if "series" in channel else None,
            number=number if "series" in channel else None,
        )
        pace = 0.7 * PACE[look] + 0.3 * PACE[sound]
        yield Work(item, look, sound, look, tuple(channel["moods"]), pace, seconds=seconds)


def _episodes(
    podcast: dict[str, Any], rows: list[Any], identify: Any, length: Any, rng: np.random.Generator, now: datetime
) -> Iterator[Work]:
    folder = f"media/podcasts/{file_name(podcast['title'])}"
    weeks = int(rng.integers(14, 40))
    for number, row in enumerate(rows, 1):
        seconds = length(30, 38)
        item = Item(
            **_shared(podcast),
            id=identify("podcast", podcast["slug"]),
            kind=ItemKind.PODCAST_EPISODE,
            title=row["title"],
            description=row["about"],
            creators=_credits(podcast),
            genres=("podcast", podcast["genre"]),
            released=_day(now, 7 * (weeks - number)),
            duration_s=seconds,
            lyrics_or_transcript="\n".join(row["said"]),
            media_uri=f"{folder}/{number:02d} {file_name(row['title'])}.opus",
            cover_uri=f"{folder}/cover.jpg",
            series=podcast["title"],
            number=number,
        )
        yield Work(item, podcast["genre"], moods=tuple(podcast["moods"]), said=tuple(row["said"]), seconds=seconds)


def _live(row: dict[str, Any], identify: Any, length: Any, now: datetime) -> Work:
    look, genre, seconds = row["look"], row["genre"], length(8, 8.5)
    start, end = (now + timedelta(hours=row[key]) for key in ("from_h", "until_h"))
    identity = identify("live", genre)
    item = Item(
        **_shared(row, extra={"schedule": [{"from": start.isoformat(), "until": end.isoformat()}]}),
        id=identity,
        kind=ItemKind.LIVE,
        title=row["title"],
        description=row["about"],
        creators=_credits(row),
        genres=("live", genre),
        media_uri=f"media/live/{identity}.webm",
        cover_uri=f"media/live/{identity}.jpg",
        available_from=start,
        available_until=end,
    )
    pace = 0.5 * (PACE[look] + PACE[genre])
    return Work(item, genre, genre, look, tuple(row["moods"]), pace, seconds=seconds)


def _bare(kind: ItemKind, row: dict[str, Any], identify: Any, rng: np.random.Generator, now: datetime) -> Work:
    identity = identify(kind.value, row["genre"])
    item = Item(
        **_shared(row),
        id=identity,
        kind=kind,
        title=row["title"],
        description=row["about"],
        creators=_credits(row),
        genres=(row["genre"],) if kind is ItemKind.GAME else ("advert", row["genre"]),
        released=_day(now, int(rng.integers(90, 1500))),
        cover_uri=f"covers/{identity}.jpg",
    )
    pace = PACE.get(row["genre"], 0.0) if kind is ItemKind.GAME else 0.0
    return Work(item, row["genre"], moods=tuple(row["moods"]), pace=pace)


def _with_arrivals(made: list[Work], now: datetime) -> Iterator[Work]:
    """The newest of every series and podcast, and one album, appear only in the last five days: cold items."""
    last = {w.item.series: w.id for w in made if w.item.series and (w.item.number or 0) > 1}
    fresh = {w.id for w in made if w.item.album == "早班电音"} | set(last.values())
    for order, work in enumerate(made):
        if work.id in fresh:
            days = 1 + order % 5
            arrived = {"available_from": now - timedelta(days=days), "released": _day(now, days)}
            work = Work(**{**work.__dict__, "item": work.item.model_copy(update=arrived)})
        yield work


def _shared(row: dict[str, Any], extra: dict[str, Any] | None = None) -> dict[str, Any]:
    """Fields that every sort of work takes from its table alike."""
    chinese = row["language"] == "zh"
    moods = [MOODS_ZH[m] for m in row["moods"]] if chinese else row["moods"]
    return {
        "language": row["language"],
        "tags": tuple(row["tags"]) + tuple(moods),
        "maturity": row.get("maturity"),
        "explicit": row.get("explicit"),
        "provider": PROVIDER,
        "extra": {"moods": list(row["moods"]), **(extra or {})},
    }


def _credits(row: dict[str, Any]) -> tuple[Credit, ...]:
    return tuple(Credit(name, role) for name, role in row.get("credits", ()))


def _day(now: datetime, days_ago: int) -> str:
    return (now - timedelta(days=days_ago)).date().isoformat()


def file_name(title: str) -> str:
    """A title as a file's name: no separators, nothing a shell or a URL stumbles over."""
    return re.sub(r"\s+", " ", re.sub(r'[\\/:*?"<>|.\'#%]+', "", title)).strip()
