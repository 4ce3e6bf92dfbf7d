"""Copies are linked and nothing else is; links follow what becomes of the items; nothing is read twice."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from segue import storage
from segue.catalogue import Catalogue
from segue.items import Item, ItemKind
from segue.prints import Duplicate
from segue.settings import Settings
from segue.storage import Store
from segue.understanding import run
from segue.understanding.fingerprints import groups, index, picture, sound
from segue.understanding.run import understand

from .conftest import make

PRINTS = ["sound_print", "picture_print"]
RATE = sound.RATE


def melody(seed: int, seconds: float = 12.0) -> np.ndarray:
    """Chords with a soft attack, three a second."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    samples = np.zeros(len(time), np.float32)
    for at in np.arange(0, seconds, 1 / 3):
        inside = (time >= at) & (time < at + 0.5)
        for pitch in rng.uniform(150, 1900, size=3):
            own = time[inside] - at
            samples[inside] += (0.2 * np.sin(2 * np.pi * pitch * own) * np.exp(-4 * own)).astype(np.float32)
    return samples


def film(seed: int, pictures: int = 24, height: int = 96, width: int = 160) -> np.ndarray:
    """A view that moves over a landscape with as much of every scale as the world has, (pictures, height, width, 3)."""
    rng = np.random.default_rng(seed)
    size = 2 * width
    scale = np.hypot(*np.meshgrid(np.fft.fftfreq(size), np.fft.fftfreq(size)))
    waves = np.fft.fft2(rng.normal(size=(size, size))) / np.maximum(scale, 1 / size) ** 1.3
    land = np.fft.ifft2(waves).real
    land = np.clip(120 + 45 * land / land.std(), 0, 255).astype(np.uint8)
    step = rng.integers(2, 5, size=2)
    views = [land[n * step[0] :, n * step[1] :][:height, :width] for n in range(pictures)]
    return np.repeat(np.stack(views)[..., None], 3, axis=3)


def heard(samples: np.ndarray) -> bytes:
    found = sound.print_of(np.asarray(samples, np.float32))
    assert found is not None
    return found.codes


def seen(pictures: np.ndarray, duration: float = 6.0) -> bytes:
    found = picture.print_of(np.arange(len(pictures)) / 4, pictures, duration)
    assert found is not None
    return found.codes


# Sound


@pytest.mark.parametrize("change", ["louder", "softer", "clipped", "noise", "narrow"])
def test_a_changed_sound_is_the_same_recording(change: str) -> None:
    original = melody(1)
    noise = np.random.default_rng(0).normal(size=len(original)) * original.std() * 0.1
    smoothed = np.convolve(original, np.ones(3) / 3, mode="same")
    changed = {
        "louder": original * 3,
        "softer": original * 0.05,
        "clipped": np.clip(original * 4, -1, 1),
        "noise": original + noise,
        "narrow": smoothed,
    }[change]
    found = sound.compare(heard(original), heard(changed))
    assert found is not None
    assert found.similarity > 0.7
    assert (found.starts_s, found.other_starts_s) == (0, 0)
    assert found.covers == 1


def test_a_cut_sound_says_where_it_lies_in_the_whole() -> None:
    original = melody(2, 20)
    found = sound.compare(heard(original), heard(original[5 * RATE : 17 * RATE]))
    assert found is not None
    assert found.starts_s == pytest.approx(5, abs=0.07)
    assert found.other_starts_s == 0
    assert found.seconds == pytest.approx(12, abs=0.5)
    assert found.covers == pytest.approx(0.6, abs=0.03)
    back = sound.compare(heard(original[5 * RATE : 17 * RATE]), heard(original))
    assert back is not None
    assert back.other_starts_s == pytest.approx(5, abs=0.07)


def test_different_sounds_are_different() -> None:
    codes = [heard(melody(seed)) for seed in range(12)]
    assert not any(sound.compare(a, b) for n, a in enumerate(codes) for b in codes[:n])


def test_a_short_common_piece_is_no_copy() -> None:
    """A jingle at the beginning of two broadcasts."""
    jingle = melody(3, 4)
    one, other = (np.concatenate([jingle, melody(seed, 16)]) for seed in (4, 5))
    assert sound.compare(heard(one), heard(other)) is None


@pytest.mark.parametrize("what", ["nothing", "too short", "silence", "one tone", "one tone, fading", "a click"])
def test_what_tells_nothing_has_no_print(what: str) -> None:
    time = np.arange(5 * RATE) / RATE
    tone = np.sin(2 * np.pi * 440 * time).astype(np.float32)
    samples = {
        "nothing": tone[:0],
        "too short": melody(1, 0.6),
        "silence": np.zeros(5 * RATE, np.float32),
        "one tone": tone,
        "one tone, fading": (tone * np.exp(-0.2 * time)).astype(np.float32),
        "a click": np.eye(1, 5 * RATE, 9_000, dtype=np.float32)[0],
    }[what]
    found = sound.print_of(samples)
    if found is not None:  # whatever is heard in it must at least match no other sound
        assert not any(sound.compare(found.codes, heard(melody(seed))) for seed in range(6))
    if what in ("nothing", "too short", "silence", "one tone"):
        assert found is None


def test_noise_of_two_sources_is_two_recordings() -> None:
    noises = [np.random.default_rng(n).normal(size=5 * RATE).astype(np.float32) for n in range(6)]
    codes = [heard(samples) for samples in noises]
    assert not any(sound.compare(a, b) for n, a in enumerate(codes) for b in codes[:n])
    again = sound.compare(codes[0], heard(noises[0][RATE:]))
    assert again is not None


# Pictures


@pytest.mark.parametrize("change", ["brighter", "darker", "letterbox", "noise", "size", "cut off"])
def test_changed_pictures_are_near_duplicates(change: str) -> None:
    original = film(1)
    wide = original.astype(np.float32)
    box = np.zeros((len(original), 160, 160, 3), np.uint8)
    box[:, 32:128] = original
    changed = {
        "brighter": np.clip(wide + 25, 0, 255),
        "darker": wide * 0.6,
        "letterbox": box,
        "noise": np.clip(wide + np.random.default_rng(0).normal(scale=8, size=wide.shape), 0, 255),
        "size": wide[:, ::2, ::2],
        "cut off": wide[:, 3:-3, 5:-5],
    }[change].astype(np.uint8)
    found = picture.compare(seen(original), seen(changed))
    assert found is not None
    assert found.similarity > 0.85
    assert abs(found.starts_s - found.other_starts_s) < 0.3


def test_a_cut_film_says_where_it_lies_in_the_whole() -> None:
    original = film(2, 40)
    found = picture.compare(seen(original, 10), seen(original[12:36], 6))
    assert found is not None
    assert found.starts_s == pytest.approx(3, abs=0.3)
    assert found.other_starts_s == pytest.approx(0, abs=0.3)
    assert found.covers == pytest.approx(0.6, abs=0.05)


def test_different_films_are_different() -> None:
    codes = [seen(film(seed)) for seed in range(8)]
    assert not any(picture.compare(a, b) for n, a in enumerate(codes) for b in codes[:n])


def test_a_picture_that_lost_its_white_frame_is_found() -> None:
    framed = film(3, 1)
    framed[:, :2], framed[:, -2:], framed[:, :, :3], framed[:, :, -3:] = 255, 255, 255, 255
    bare = framed[:, 3:-3, 5:-5]
    one, other = (picture.print_of(np.zeros(1), pictures, 0) for pictures in (framed, bare))
    assert one is not None
    assert other is not None
    assert np.isin(other.asks, one.keys).any()
    assert picture.compare(one.codes, other.codes) is not None


def test_a_long_film_is_found_by_key_frames_of_other_moments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scenes of two seconds, a key frame every ten in both files: no two of them show the same scene."""
    for name, seed in (("film", 1000), ("other", 2000)):
        np.concatenate([film(seed + scene, 8) for scene in range(75)]).tofile(tmp_path / f"{name}.rgb")
        raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "160x96", "-r", "4", "-i", str(tmp_path / f"{name}.rgb"))
        keys = ("-g", "40", "-sc_threshold", "0", "-pix_fmt", "yuv420p")
        make(tmp_path / f"{name}.mp4", *raw, "-c:v", "libx264", *keys)
    late = ("-ss", "15", "-i", str(tmp_path / "film.mp4"), "-vf", "scale=120:72")
    make(tmp_path / "late.avi", *late, "-c:v", "mpeg4", "-g", "40", "-sc_threshold", "1000000000")

    def codes(name: str) -> bytes:
        found = picture.PicturePrint(Settings()).print_of_file(tmp_path / name)
        assert found is not None
        return found.codes

    found = picture.compare(codes("film.mp4"), codes("late.avi"))
    assert found is not None
    assert found.starts_s - found.other_starts_s == pytest.approx(15, abs=0.3)
    assert found.covers == pytest.approx(0.9, abs=0.02)
    assert picture.compare(codes("other.mp4"), codes("late.avi")) is None
    monkeypatch.setattr(picture, "PIECES", 0)
    assert picture.compare(codes("film.mp4"), codes("late.avi")) is None


def test_black_and_plain_pictures_have_no_print() -> None:
    for level in (0, 128, 255):
        assert picture.print_of(np.arange(4.0), np.full((4, 96, 160, 3), level, np.uint8), 4) is None


def test_one_picture_is_compared_more_strictly() -> None:
    stills = [seen(film(seed, 1), 0) for seed in range(8)]
    found = picture.compare(stills[0], stills[0])
    assert found is not None
    assert (found.similarity, found.seconds, found.covers) == (1, 0, 1)
    assert not any(picture.compare(a, b) for n, a in enumerate(stills) for b in stills[:n])


# The index


def test_the_index_finds_whoever_shares_most_keys() -> None:
    rng = np.random.default_rng(0)
    keys = rng.integers(0, 1 << index.KEY_BITS, size=(50, index.KEYS), dtype=np.uint32)
    keys[7, :40] = keys[3, :40]
    keys[9, :5] = keys[3, :5]
    keys[:, -1] = 77
    rows = np.repeat(np.arange(50, dtype=np.int32), index.KEYS)
    found, shared = index.Index(keys.ravel(), rows, keys[3]).find(keys[3], limit=3)
    assert found.tolist() == [3, 7, 9]
    assert shared.tolist()[1:] == [41, 6]


def test_a_key_that_everybody_has_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "COMMON", 10)
    keys = np.full(50, 77, np.uint32)
    found, _ = index.Index(keys, np.arange(50, dtype=np.int32), keys[:1]).find(keys[:1])
    assert len(found) == 0


def test_asking_forgives_the_weakest_bits() -> None:
    strength = np.full((1, 32), 5.0, np.float32)
    strength[0, [2, 9, 20]] = [0.1, -0.2, 0.3]
    word = np.array([0b1010], np.uint64)
    keys, asks = index.keys_of(strength, word)
    assert keys.tolist() == [0b1010]
    assert set(asks.tolist()) == {0b1010 ^ a ^ b ^ c for a in (0, 1 << 2) for b in (0, 1 << 9) for c in (0, 1 << 20)}


# The run


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A song and a film with copies of both, and files that hold nothing to be known by."""
    folder = tmp_path_factory.mktemp("library")
    for name, seed in (("song", 1), ("other", 2)):
        melody(seed).astype("<f4").tofile(folder / f"{name}.f32")
        make(folder / f"{name}.wav", "-f", "f32le", "-ar", str(RATE), "-ac", "1", "-i", str(folder / f"{name}.f32"))
    low = ("-ss", "1.5", "-i", str(folder / "song.wav"), "-ar", "22050", "-b:a", "32k", "-af", "volume=-10dB")
    make(folder / "song-low.mp3", *low)
    life = "life=size=80x48:rate=8:mold=20:death_color=#404040:life_color=#ffffff:seed={},scale=320:192"
    for name, seed in (("film", 3), ("another", 4)):
        source = ("-f", "lavfi", "-i", life.format(seed), "-t", "6", "-pix_fmt", "yuv420p")
        make(folder / f"{name}.mp4", *source)
    boxed = "scale=160:96,pad=160:120:0:12,eq=brightness=0.1"
    make(folder / "film-boxed.avi", "-i", str(folder / "film.mp4"), "-t", "5", "-vf", boxed, "-c:v", "mpeg4")
    make(folder / "still.jpg", "-i", str(folder / "another.mp4"), "-frames:v", "1")
    make(folder / "still.png", "-i", str(folder / "still.jpg"), "-vf", "scale=120:-2")
    make(folder / "black.mp4", "-f", "lavfi", "-i", "color=c=black:size=64x64:rate=10", "-t", "3")
    make(folder / "black2.mp4", "-f", "lavfi", "-i", "color=c=black:size=128x64:rate=5", "-t", "4")
    make(folder / "one.mp4", "-i", str(folder / "film.mp4"), "-frames:v", "1", "-pix_fmt", "yuv420p")
    for name, tone in (("tone440", 440), ("tone880", 880), ("tone440b", 440)):
        make(folder / f"{name}.wav", "-f", "lavfi", "-i", f"sine=frequency={tone}:duration=4")
    make(folder / "silent.wav", "-f", "lavfi", "-i", "anullsrc=r=22050:cl=mono:d=3")
    make(folder / "silent2.mp3", "-f", "lavfi", "-i", "anullsrc=r=22050:cl=mono:d=4")
    make(folder / "blip.wav", "-i", str(folder / "song.wav"), "-t", "0.3")
    (folder / "broken.mp4").write_bytes(np.random.default_rng(1).bytes(5000))
    return folder


@pytest.fixture
def place(library: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(library, tmp_path / "workspace"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with storage.open(f"sqlite:///{tmp_path}/segue.db") as opened:
        yield opened


def item(name: str, file: str | None = None) -> Item:
    return Item(id=name, kind=ItemKind.VIDEO, media_uri=file or name)


def read(store: Store, place: Path) -> run.UnderstandReport:
    return understand(store, Settings(understanding={"workers": 1}), only=PRINTS, workspace=place)


def links(store: Store) -> set[tuple[str, str, str]]:
    return {(link.kind, link.item_id, link.other_id) for link in store.duplicates()}


def test_copies_are_linked_and_nothing_else_is(store: Store, place: Path) -> None:
    names = sorted(p.name for p in place.iterdir() if p.suffix != ".f32")
    store.put_items([*map(item, names), item("song-again", "song.wav"), item("remote", "https://example.org/a.mp4")])
    report = read(store, place)
    assert {p["where"] for p in report.problems} == {"broken.mp4", "still.jpg", "still.png"}
    found = links(store)
    assert {pair for pair in found if pair[0] == "same_recording"} == {
        ("same_recording", "song-again", "song-low.mp3"),
        ("same_recording", "song-again", "song.wav"),
        ("same_recording", "song-low.mp3", "song.wav"),
    }
    pictures = {frozenset(pair[1:]) for pair in found if pair[0] == "near_duplicate"}
    assert {frozenset(("film-boxed.avi", "film.mp4")), frozenset(("still.jpg", "still.png"))} <= pictures
    families = [
        {"film-boxed.avi", "film.mp4", "one.mp4"},
        {"still.jpg", "still.png", "another.mp4"},
    ]  # a picture may be linked to the film that it was taken from
    assert all(any(pair <= family for family in families) for pair in pictures)
    (where,) = [link for link in store.duplicates("song-low.mp3") if link.other_id == "song.wav"]
    assert where.item_id == "song-low.mp3"
    assert where.other_starts_s - where.starts_s == pytest.approx(1.5, abs=0.1)
    assert where.covers == pytest.approx(10.5 / 12, abs=0.03)
    assert len(list(store.items())) == len(names) + 2  # nothing is ever deleted


def test_a_new_item_is_compared_without_reading_the_old_files(store: Store, place: Path) -> None:
    store.put_items([item("song.wav"), item("other.wav")])
    assert read(store, place).duplicates == 0
    (place / "other.wav").rename(place / "moved.wav")
    (place / "song.wav").chmod(0)
    store.put_items([item("song-low.mp3")])
    states = {s.space: s.done for s in read(store, place).spaces}
    assert states["sound_print"] <= 1
    assert links(store) == {("same_recording", "song-low.mp3", "song.wav")}


def test_a_changed_item_loses_its_links(store: Store, place: Path) -> None:
    store.put_items([item("song.wav"), item("song-low.mp3"), item("other.wav")])
    assert read(store, place).duplicates == 1
    assert read(store, place).duplicates == 0  # nothing new to compare …
    assert len(links(store)) == 1  # … and what was found stays
    shutil.copy(place / "other.wav", place / "song.wav")
    read(store, place)
    assert links(store) == {("same_recording", "other.wav", "song.wav")}
    shutil.copy(place / "silent.wav", place / "song.wav")
    read(store, place)
    assert links(store) == set()


def test_a_removed_item_takes_its_links_along(store: Store, place: Path) -> None:
    store.put_items([item("song.wav"), item("song-low.mp3")])
    read(store, place)
    store.remove_items(["song.wav"])
    assert links(store) == set()
    assert store.duplicates("song-low.mp3") == []
    store.put_items([item("song.wav")])
    read(store, place)
    assert len(links(store)) == 1


def test_a_run_killed_before_comparing_goes_on_there(
    store: Store, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put_items([item("song.wav"), item("song-low.mp3")])

    def killed(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(run, "link_duplicates", killed)
        with pytest.raises(KeyboardInterrupt):
            read(store, place)
    assert links(store) == set()
    report = read(store, place)
    assert (report.done, report.duplicates) == (0, 1)


# What is a copy


def test_recordings_are_followed_from_link_to_link() -> None:
    catalogue = Catalogue.build([item(name) for name in "abcdefg"])

    def link(one: str, other: str, covers: float = 0.9, space: str = "sound_print") -> Duplicate:
        return Duplicate(space, one, other, 0.9, 0, 0, 60, covers)

    found = groups.copies(
        catalogue,
        [
            link("a", "b"),
            link("b", "c"),
            link("c", "d", covers=0.1),  # a trailer
            link("d", "e", space="picture_print"),  # two songs over one picture
            link("f", "g", space="picture_print"),  # a silent film twice
            link("a", "gone"),
        ],
        sounding={"a", "b", "c", "d", "e"},
    )
    assert len(set(found[:3].tolist())) == 1
    assert found[3:5].tolist() == [-1, -1]
    assert found[5] == found[6] >= 0
    assert found[0] != found[5]
