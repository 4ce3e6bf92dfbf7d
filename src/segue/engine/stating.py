"""What somebody says they like, on its way in: which names are known, and which events it becomes."""

# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from ..events import Event, EventKind, now
from ..pipeline.asking.lexicon import GENRES, KIND_NAMES, KINDS, LANGUAGES
from ..pipeline.stages import World
from ..profiles.editing import after
from ..profiles.history import Live
from ..profiles.portrait_words import Names
from ..profiles.statements import ReadStatement, Stated, Terms, folded
from ..settings import Settings
from ..topics import topic_key
from ..understanding.annotators.vocabularies import vocabularies

SURFACE = "statement"
_MOODS = {
    "calm": "slow|slow paced|quiet|relaxing|gentle|peaceful|soothing|chill|mellow|慢|慢节奏|节奏慢|节奏缓慢|安静|舒缓|治愈|平静|放松",
    "cheerful": "happy|lighthearted|light hearted|joyful|欢快|轻松|开心|轻松愉快",
    "dark": "gloomy|grim|bleak|gritty|depressing|黑暗|暗黑|阴暗|压抑|沉重",
    "energetic": "fast|fast paced|upbeat|lively|loud|快节奏|节奏快|热血|燃|劲爆|吵闹",
    "funny": "hilarious|humorous|搞笑|幽默|好笑",
    "melancholic": "sad|tear jerker|tearjerker|melancholy|悲伤|伤感|催泪|忧伤|忧郁|虐心",
    "romantic": "浪漫",
    "scary": "creepy|frightening|吓人|可怕",
    "tense": "suspenseful|gripping|紧张|紧张刺激",
    "uplifting": "feel good|heartwarming|inspiring|heart warming|温馨|温暖|励志|暖心",
    "nostalgic": "retro|怀旧|复古",
    "thoughtful": "deep|thought provoking|slow burn|深刻|烧脑|有深度",
}
_SORTS = {"genres": "genre", "tags": "tag", "moods": "mood", "themes": "theme"}
_WIDE = ("genre", "mood", "tag", "theme", "language")
_FORMS = ("film", "movie", "music", "song", "story", "show", "片", "电影", "剧", "音乐", "歌", "类", "题材")
"""What stands behind a genre without saying more: "horror film", 恐怖片."""


def terms_of(world: World) -> Terms:
    """The names of the world's topics and of the built-in vocabularies, read once."""
    return world.derived("names of topics", lambda: _terms(world, world.settings))


def _terms(world: World, settings: Settings) -> Terms:
    names: dict[str, str] = {}
    for name, topic in _named(world, settings):
        plain = folded(name)
        if len(plain) >= 2 or (plain and not plain.isascii()):
            names.setdefault(plain, topic)
    wide = {name: topic for name, topic in names.items() if topic.partition(":")[0] in _WIDE}
    forms = {
        f"{name} {form}" if name.isascii() else f"{name}{form}": topic
        for name, topic in wide.items()
        for form in _FORMS
        if name.isascii() == form.isascii()
    }
    kinds = {folded(word): topic_key("kind", of[0].value) for word, of in KINDS.items()}
    kinds |= {folded(word): topic_key("kind", kind.value) for kind, pair in KIND_NAMES.items() for word in pair}
    return Terms({**forms, **names}, {word: topic for word, topic in kinds.items() if word not in names})


def _named(world: World, settings: Settings) -> Iterator[tuple[str, str]]:
    """Names with their topics; those of the catalogue come first."""
    topics = world.catalogue.topics
    own = {
        key.partition(":")[2]: key for key in topics.keys if key.partition(":")[0] in ("genre", "mood", "theme", "tag")
    }
    for key, name in zip(topics.keys, topics.names, strict=True):
        sort = key.partition(":")[0]
        if (
            sort in _SORTS.values()
            or (sort == "creator" and (" " in name or not name.isascii()))
            or (sort == "series" and " " in name)
        ):
            yield name, key
    for vocabulary, sort in _SORTS.items():
        for label, one in vocabularies(settings).get(vocabulary, {}).items():
            key = own.get(label, topic_key(sort, label))
            yield from ((name, key) for name in (label, one.zh) if name)
    for mood, names_of in _MOODS.items():
        yield from ((name, own.get(mood, topic_key("mood", mood))) for name in names_of.split("|"))
    for genre in GENRES:
        names = (*genre.english, *genre.chinese)
        key = next((own[name] for name in names if name in own), topic_key("genre", genre.english[0]))
        yield from ((name, key) for name in names)
    for tag, (name, english, chinese) in LANGUAGES.items():
        yield from ((word, topic_key("language", tag)) for word in (name, *english, *chinese))


def events_of(user_id: str, found: ReadStatement, live: Live, make: Callable[..., Event]) -> list[Event]:
    """A like or dislike of each topic, as strongly as it was said, after all that the person has done; where one that
    is liked is hidden, what hides it is cleared first, as `segue.profiles.editing` does.

    Args:
        make: `Engine.event`.
    """
    clock = after(live, now())
    said: list[tuple[EventKind, dict[str, Any]]] = []
    for one in found.stated:
        if one.strength > 0 and live.hidden_topics.get(one.topic, 0.0) > clock.timestamp():
            said.append((EventKind.CLEAR, {"topic": one.topic}))
        kind = EventKind.LIKE if one.strength > 0 else EventKind.DISLIKE
        said.append((kind, {"topic": one.topic, "value": abs(one.strength)}))
    return [
        make(user_id, None, kind, at=clock + timedelta(microseconds=n), source=SURFACE, **about)
        for n, (kind, about) in enumerate(said)
    ]


def as_json(world: World, found: ReadStatement, names: Names) -> dict[str, Any]:
    """The stable shape of `Engine.state`."""

    def told(one: Stated) -> dict[str, Any]:
        return {
            "topic": one.topic,
            "name": dict(names.of(one.topic, world.catalogue)),
            "strength": one.strength,
            "text": one.text,
            "items": len(world.catalogue.topics.rows(one.topic)),
        }

    return {"understood": [told(one) for one in found.stated], "left_out": list(found.left_out)}
