"""Someone with films alone asks for music, in a library where nobody has both: what media share must bring it over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from segue import Constraints, Engine, Event, EventKind, Item

from .conftest import BEGIN, SETTINGS

MOODS = {"quiet": "rain on a window at night", "fierce": "engines and shouting in the streets"}
MANY, FEW = 8, 3
PER_MOOD = 6


def items() -> list[Item]:
    return [
        Item(id=f"{mood}-{kind}-{n}", kind=kind, title=f"{kind} {n}", genres=(genre,), tags=(mood,), description=words)
        for mood, words in MOODS.items()
        for kind, genre in (("movie", "drama"), ("track", "electronic"), ("podcast_episode", "talk"))
        for n in range(PER_MOOD)
    ]


def events() -> list[Event]:
    """Filmgoers and listeners of either mood are different people; fierce music has many more listeners than quiet."""
    made = []
    for mood in MOODS:
        for kind, people in (("movie", FEW), ("track", MANY if mood == "fierce" else FEW)):
            for j in range(people):
                for n in range(PER_MOOD - 1):
                    user, item = f"{mood}-{kind}-{j}", f"{mood}-{kind}-{(j + n) % PER_MOOD}"
                    at = BEGIN + timedelta(hours=24 * n + j)
                    made.append(Event(id=f"{user}/{item}", user_id=user, item_id=item, kind=EventKind.COMPLETE, at=at))
    return made


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder: Path = tmp_path_factory.mktemp("across") / "workspace"
    Engine.create(folder)
    with (folder / "segue.toml").open("a") as settings:
        settings.write(SETTINGS)
    with Engine.open(folder) as engine:
        engine.add_items(items())
        assert engine.record(events()).accepted == len(events())
        engine.understand(only=["ngram"])
        assert engine.train().promoted
        yield engine


def moods(engine: Engine, user: str | None, kind: str, k: int = 3) -> list[str]:
    found = engine.recommend(user, k=k, constraints=Constraints(kinds=(kind,)))
    return [pick.item.tags[0] for pick in found]


def test_films_say_which_music_and_which_podcasts(library: Engine) -> None:
    assert moods(library, None, "track", 2) == ["fierce"] * 2  # what is popular
    assert moods(library, "quiet-movie-0", "track") == ["quiet"] * 3
    assert moods(library, "fierce-movie-0", "track") == ["fierce"] * 3
    assert moods(library, "quiet-movie-0", "podcast_episode") == ["quiet"] * 3  # which nobody has met
    assert moods(library, "fierce-track-0", "movie") == ["fierce"] * 3


def test_the_reason_is_told_in_both_languages(library: Engine) -> None:
    asked = Constraints(kinds=("track",))
    for language, expected in (("en", "Because you like “quiet” films"), ("zh", "因为你喜欢“quiet”的电影")):
        found = library.recommend("quiet-movie-0", constraints=asked, language=language)
        reason = next(iter(found)).reason
        assert reason is not None
        assert reason.text == expected
        assert reason.evidence[0].ref == "tag:quiet"
        assert reason.evidence[1].ref.startswith("quiet-movie-")


def test_one_liked_film_is_enough_and_one_liked_track_takes_over(library: Engine) -> None:
    library.record([library.event("ann", "quiet-movie-1", "like")])
    assert moods(library, "ann", "track") == ["quiet"] * 3
    library.record([library.event("ann", "fierce-track-1", "like")])
    assert moods(library, "ann", "track")[0] == "fierce"
    found = library.recommend("ann", constraints=Constraints(kinds=("track",)))
    assert all("across" not in pick.sources for pick in found)


def test_the_non_profiling_mode_crosses_nothing(library: Engine) -> None:
    found = library.recommend("quiet-movie-0", constraints=Constraints(kinds=("track",)), personal=False)
    assert all("across" not in pick.sources for pick in found)
