"""The sample library: real files, equal by seed; listeners whose right answers are known."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from segue.catalogue import Catalogue
from segue.dataset import item_rows, preferences, watch_share
from segue.errors import InvalidInput
from segue.events import CONSUMED, Event, EventTable
from segue.ingest import media
from segue.ingest.origin import Problems
from segue.ingest.sampler.build import build
from segue.ingest.sampler.listeners import World, live
from segue.ingest.sampler.music import RATE, STYLES, compose
from segue.ingest.sampler.words import Work, works
from segue.ingest.sources.sampler import Sampler
from segue.items import Item, ItemKind
from segue.settings import MediaSettings, Settings
from segue.users import User

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SCALE = 0.08


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sample") / "library"
    build(path, seed=7, now=NOW, scale=SCALE)
    return path


@cache
def catalogue() -> list[Work]:
    return works(7, NOW)


@cache
def world(seed: int) -> World:
    return live(catalogue(), seed, NOW)


def read(path: Path) -> tuple[list[Item], list[User], list[Event], Problems]:
    problems = Problems()
    nouns = list(Sampler().read(path, problems))
    return (
        [n for n in nouns if isinstance(n, Item)],
        [n for n in nouns if isinstance(n, User)],
        [n for n in nouns if isinstance(n, Event)],
        problems,
    )


class TestLibrary:
    def test_what_is_read_is_whole(self, library: Path) -> None:
        items, users, events, problems = read(library)
        assert not problems.listed()
        assert len(users) == 24
        assert {e.item_id for e in events} - {None} <= {i.id for i in items}
        for item in items:
            assert item.title
            assert item.description
            assert item.tags
            assert item.cover_uri
            assert Path(item.cover_uri).stat().st_size > 500
            if item.kind in (ItemKind.GAME, ItemKind.AD):
                continue
            assert item.media_uri
            assert item.kind is ItemKind.LIVE or item.duration_s

    def test_every_file_can_be_played(self, library: Path) -> None:
        items = [i for i in read(library)[0] if i.media_uri]
        for item in items[:: max(1, len(items) // 12)] + items[-6:]:
            info = media.probe(Path(str(item.media_uri)), MediaSettings())
            assert info.has_audio
            assert info.has_video == (Path(str(item.media_uri)).suffix == ".webm")
            if item.duration_s:
                assert info.duration_s == pytest.approx(item.duration_s, abs=0.25)

    def test_talk_has_its_words(self, library: Path) -> None:
        said = {w.id: "\n".join(w.said) for w in works(7, NOW, SCALE) if w.said}
        assert said == {i.id: i.lyrics_or_transcript for i in read(library)[0] if i.kind is ItemKind.PODCAST_EPISODE}

    def test_equal_seeds_give_equal_libraries(self, library: Path, tmp_path: Path) -> None:
        build(tmp_path / "again", seed=7, now=NOW, scale=SCALE)

        def digest(root: Path) -> dict[str, str]:
            return {
                str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest()
                for p in sorted(root.rglob("*"))
                if p.is_file()
            }

        assert digest(library) == digest(tmp_path / "again")  # the very files, so what is heard in them too

    def test_a_stranger_is_not_overwritten(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.txt").write_text("mine")
        with pytest.raises(InvalidInput, match="not a sample library"):
            build(tmp_path, now=NOW, scale=SCALE)
        assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]

    def test_a_missing_file_costs_its_item_alone(self, library: Path, tmp_path: Path) -> None:
        import shutil

        copy = shutil.copytree(library, tmp_path / "copy")
        lost = next(copy.rglob("*.mp3"))
        lost.unlink()
        with (copy / "events.jsonl").open("a", encoding="utf-8") as file:
            file.write("{broken\n")
        items, _, events, problems = read(copy)
        whole_items, _, whole_events, _ = read(library)
        assert len(items) == len(whole_items) - 1
        assert len(events) == len(whole_events)
        assert dict(problems.rejected) == {"items": 1, "events": 1}

    @pytest.mark.slow
    def test_the_whole_library_is_small(self, tmp_path: Path) -> None:
        made = build(tmp_path / "whole", now=NOW)
        assert made.size_bytes <= 60e6
        assert made.items == 236
        assert made.users == 300


class TestWorks:
    def test_there_is_enough_of_everything(self) -> None:
        kinds = Counter(w.item.kind for w in catalogue())
        films = kinds[ItemKind.SHORT] + kinds[ItemKind.VIDEO] + kinds[ItemKind.EPISODE]
        assert kinds[ItemKind.TRACK] >= 60
        assert films >= 40
        assert kinds[ItemKind.PODCAST_EPISODE] >= 10
        assert kinds[ItemKind.LIVE] >= 8
        assert min(kinds[ItemKind.GAME], kinds[ItemKind.AD]) >= 10
        assert len({w.style for w in catalogue() if w.item.kind is ItemKind.TRACK}) >= 8
        assert len({w.id for w in catalogue()}) == len(catalogue())

    def test_both_languages_are_at_home(self) -> None:
        languages = Counter(w.item.language for w in catalogue())
        assert set(languages) == {"en", "zh"}
        assert min(languages.values()) / len(catalogue()) > 0.4
        assert {16, 18} <= {w.item.maturity for w in catalogue()}
        assert any(w.item.explicit for w in catalogue())

    def test_schedules_reach_around_now(self) -> None:
        streams = [w.item for w in catalogue() if w.item.kind is ItemKind.LIVE]
        on_air = [i for i in streams if i.available_from and i.available_until]
        assert len(on_air) == len(streams)
        current = [i for i in on_air if i.available_from <= NOW < i.available_until]  # type: ignore[operator]
        assert 0 < len(current) < len(streams)
        arrived = [w for w in catalogue() if w.item.available_from and w.item.available_from > NOW - timedelta(days=6)]
        assert len([w for w in arrived if w.item.kind is not ItemKind.LIVE]) >= 8


class TestMusic:
    @pytest.mark.parametrize("genre", ["lo-fi", "house", "metal", "chiptune", "baroque", "jazz"])
    def test_the_beat_can_be_heard(self, genre: str) -> None:
        piece = compose(genre, 20, np.random.default_rng(3))
        assert len(piece.sound) == 20 * RATE
        ratio = _tempo(piece.sound / 32768, piece.bpm) / piece.bpm
        assert min(abs(ratio - r) for r in (0.5, 1, 2)) < 0.05

    def test_genres_differ_in_brightness(self) -> None:
        bright = {g: _centroid(compose(g, 6, np.random.default_rng(1)).sound) for g in STYLES}
        assert bright["lo-fi"] < 0.6 * bright["baroque"]
        assert bright["ambient"] < 0.6 * bright["chiptune"]


def _tempo(sound: np.ndarray, about: float) -> float:
    hop = 256
    frames = np.lib.stride_tricks.sliding_window_view(sound, 1024)[::hop] * np.hanning(1024)
    onset = np.maximum(0, np.diff(np.log1p(50 * np.abs(np.fft.rfft(frames, axis=1))), axis=0)).sum(1)
    onset -= onset.mean()
    power = np.correlate(onset, onset, "full")[len(onset) :]
    bpm = 60 * RATE / hop / np.arange(1, len(power) + 1)
    return float(bpm[np.argmax(np.where((bpm > 40) & (bpm < 220), power * np.exp(-(np.log2(bpm / about) ** 2)), -1))])


def _centroid(sound: np.ndarray) -> float:
    power = np.abs(np.fft.rfft(sound))
    return float((np.fft.rfftfreq(len(sound), 1 / RATE) * power).sum() / power.sum())


class TestListeners:
    def test_events_are_whole_and_in_time(self) -> None:
        events = world(7).events
        assert 12_000 <= len(events) <= 40_000
        assert len({e.id for e in events}) == len(events)
        assert all(NOW - timedelta(days=62) < e.at < NOW for e in events if e.at)
        comments = [e.text for e in events if e.kind == "comment"]
        chinese = sum(any("\u4e00" <= c <= "\u9fff" for c in str(t)) for t in comments)
        assert 0.35 < chinese / len(comments) < 0.65

    def test_nobody_meets_what_is_not_for_them(self) -> None:
        items = {w.id: w.item for w in catalogue()}
        age = {p.user.id: p.age for p in world(7).listeners}
        for event in world(7).events:
            if event.item_id is not None and event.at:
                item = items[event.item_id]
                assert (item.maturity or 0) <= age[event.user_id]
                assert item.available_from is None or item.available_from <= event.at

    def test_equal_seeds_live_equal_lives(self) -> None:
        some = works(3, NOW, 0.2)
        once, again, other = (live(some, seed, NOW, 20).events for seed in (3, 3, 4))
        assert once == again != other

    @pytest.mark.parametrize("seed", [7, 8])
    def test_taste_beats_popularity(self, seed: int) -> None:
        """On the global time split an oracle is at least 3 × and EASE at least 2 × as good as most-popular."""
        made = world(seed)
        seen, liked, targets = _split(made)
        popular = np.tile(liked.sum(0), (len(liked), 1))
        gram = liked.T @ liked + 100 * np.eye(liked.shape[1])
        inverse = np.linalg.inv(gram)
        weights = -inverse / np.diag(inverse)
        np.fill_diagonal(weights, 0)
        oracle = np.array([made.utility(p, 57) for p in made.listeners])
        base, ease, best = (_ndcg(s, seen, targets) for s in (popular, liked @ weights, oracle))
        assert len(targets) >= 80
        assert best >= 3 * base
        assert ease >= 2 * base
        assert best >= ease

    def test_popularity_is_skewed_and_some_are_cold(self) -> None:
        seen, liked, targets = _split(world(7))
        counts = np.sort(liked.sum(0))[::-1]
        assert counts[: len(counts) // 10].sum() > 0.22 * counts.sum()
        assert not all(seen[u].any() for u in targets)  # people without a past
        late = {i for answers in targets.values() for i in answers}
        assert any(not seen[:, i].any() for i in late)  # works without one


@cache
def _columns(seed: int) -> tuple[EventTable, np.ndarray]:
    made = world(seed)
    table = EventTable.of(made.events)
    catalogue = Catalogue.build(w.item for w in made.works)
    return table, preferences(table, Settings().signals, watch_share(table, item_rows(table, catalogue), catalogue))


def _split(made: World) -> tuple[np.ndarray, np.ndarray, dict[int, set[int]]]:
    """Before the newest tenth of events: who met what, and who liked what; in it: the new things that each liked."""
    table, weights = _columns(next(s for s in (7, 8) if world(s) is made))
    item = {w.id: i for i, w in enumerate(made.works)}
    user = {p.user.id: u for u, p in enumerate(made.listeners)}
    rows = np.array([user[table.user_ids[u]] for u in table.users])
    columns = np.array([-1 if i < 0 else item[table.item_ids[i]] for i in table.items])
    cut = np.quantile(table.at, 0.9)
    seen = np.zeros((len(user), len(item)), dtype=bool)
    liked = np.zeros(seen.shape)
    targets: dict[int, set[int]] = {}
    consumed = np.isin(table.kinds, [list(type(made.events[0].kind)).index(k) for k in CONSUMED])
    for u, i, at, weight, met in zip(rows, columns, table.at, weights, consumed, strict=True):
        if i < 0:
            continue
        if at < cut:
            seen[u, i] |= met
            liked[u, i] = max(liked[u, i], float(weight > 0))
        elif weight > 0 and not seen[u, i]:
            targets.setdefault(u, set()).add(i)
    return seen, liked, targets


def _ndcg(score: np.ndarray, seen: np.ndarray, targets: dict[int, set[int]], k: int = 10) -> float:
    gain = 1 / np.log2(np.arange(2, k + 2))
    out = []
    for u, answers in targets.items():
        if seen[u].any():
            top = np.argsort(-np.where(seen[u], -np.inf, score[u]), kind="stable")[:k]
            out.append(sum(g for g, i in zip(gain, top, strict=True) if i in answers) / gain[: len(answers)].sum())
    return float(np.mean(out))
