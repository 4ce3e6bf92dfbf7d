"""Films over time: shots and curves, the pictures made of them, and files that are not what they seem."""

from __future__ import annotations

import json
import os
import struct
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from segue import storage
from segue.ingest import media
from segue.items import Item, ItemKind
from segue.readings import Reading
from segue.settings import Settings
from segue.understanding import derived
from segue.understanding.encoders import look, shots
from segue.understanding.encoders.picture import PictureEncoder
from segue.understanding.run import understand

from .films import ffmpeg, film

LIMITS = Settings().media
SCENES = [("test", 3.0), ("red", 4.0), ("bars", 3.0), ("blue", 5.0), ("life", 3.0), ("rgb", 2.0), ("red", 2.0)]
BEGINS = [0.0, 3.0, 7.0, 10.0, 15.0, 18.0, 20.0]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    film(folder / "seven.mp4", SCENES)
    film(folder / "reversed.mp4", SCENES[::-1])
    return folder


def read(folder: Path, name: str, cover: str | None = None, **understanding: object) -> Reading:
    settings = Settings(media={"roots": (str(folder),)}, understanding=understanding)
    item = Item(id=name, kind=ItemKind.VIDEO, media_uri=name, cover_uri=cover)
    return PictureEncoder(settings, folder).encode([item])[0]


def test_shots_and_curves_are_where_the_film_has_them(films: Path) -> None:
    facts = read(films, "seven.mp4").facts
    timeline = facts["timeline"]
    assert facts["shots"] == 7
    assert [begin for begin, _, _ in timeline["shots"]] == pytest.approx(BEGINS, abs=0.11)
    assert [end for _, end, _ in timeline["shots"]] == pytest.approx([*BEGINS[1:], 22.0], abs=0.11)
    assert timeline["end_s"] == pytest.approx(22, abs=0.2)
    assert timeline["shots"][3][2][5:7] > "80"  # the blue one is blue
    assert {len(values) for values in timeline["curves"].values()} == {60}
    pace = np.array(timeline["curves"]["pace"])
    assert pace.mean() == pytest.approx(60 * 6 / 22, rel=0.25)
    # Light as it was measured on the pictures of each scene.
    times, pictures = media.frames(films / "seven.mp4", look.WIDTH, look.HEIGHT, 1.0, LIMITS)
    light = look.see(pictures).signals[:, 0]
    expected = np.interp((np.arange(60) + 0.5) / 60 * timeline["end_s"], times, light)
    assert np.corrcoef(timeline["curves"]["brightness"], expected)[0, 1] > 0.8
    assert len(timeline["palette"]) == 24
    assert len(json.dumps(timeline)) < 8000
    assert facts["confidence"] == 1


def test_order_counts_in_vector_and_parts(films: Path) -> None:
    forward, backward = read(films, "seven.mp4"), read(films, "reversed.mp4")
    assert forward.parts is not None
    assert backward.parts is not None
    assert forward.parts.shape[0] == 7
    np.testing.assert_allclose(np.linalg.norm(forward.parts, axis=1), 1, atol=1e-4)
    # The same shots, the other way round …
    assert ((forward.parts * backward.parts[::-1]).sum(axis=1) > 0.9).all()
    # … are another film, though by all that is averaged they are the same.
    assert forward.vector is not None
    assert backward.vector is not None
    still = PictureEncoder(Settings())._scaling.only(("colour", "tones", "light", "layout")).dim
    means = [v[:still] / np.linalg.norm(v[:still]) for v in (forward.vector, backward.vector)]
    assert means[0] @ means[1] > 0.99
    assert forward.vector @ backward.vector < 0.97


def test_a_film_of_any_length_is_held_a_few_pictures_at_a_time(films: Path) -> None:
    """What is kept of a picture is a small part of it, whatever the film's length."""
    seen = PictureEncoder(Settings())._look(films / "seven.mp4", 22.0, None).seen
    kept = sum(group.nbytes for group in seen.groups.values()) + seen.signals.nbytes + seen.small.nbytes
    assert kept / len(seen) < 0.1 * look.WIDTH * look.HEIGHT * 3


def test_many_shots_are_told_in_a_short_list() -> None:
    rng = np.random.default_rng(3)
    scenes = rng.integers(0, 255, (600, 1, 1, 3)).astype(np.uint8)
    noise = rng.integers(0, 40, (600, look.HEIGHT, look.WIDTH, 1)).astype(np.uint8)
    pictures = np.minimum(scenes, 215) + noise
    found = shots.film(np.arange(600) * 2.0, look.see(pictures), 1200.0)
    assert len(found.firsts) > 400
    told = shots.facts(found)
    assert told["shots"] == len(found.firsts)
    listed = told["timeline"]["shots"]
    assert len(listed) == 200
    assert all(before[1] == after[0] for before, after in pairwise(listed))
    assert len(shots.pieces(found)) == shots.PARTS
    assert sorted(np.concatenate(shots.pieces(found)).tolist()) == list(range(600))


def made(folder: Path, key: str) -> dict[str, int]:
    return {p.name: p.stat().st_size for p in (folder / derived.FOLDER / key).iterdir()}


def test_pictures_of_a_film_are_made_once_and_again_when_it_changes(tmp_path: Path) -> None:
    film(tmp_path / "a.mp4", SCENES)
    workspace = tmp_path
    settings = Settings(understanding={"workers": 1})
    with storage.open(f"sqlite:///{tmp_path}/segue.db") as store:
        store.put_items([Item(id="a", kind=ItemKind.VIDEO, media_uri="a.mp4")])
        understand(store, settings, only=["picture"], workspace=workspace)
        facts = next(store.readings(["a"])).facts
        key = facts["derived"]["key"]
        assert set(made(workspace, key)) == set(derived.NAMES)
        assert facts["derived"]["preview"] is True
        assert len(facts["derived"]["cells"]) == 7
        stamp = (workspace / derived.FOLDER / key / "sheet.jpg").stat().st_mtime_ns
        understand(store, settings, only=["picture"], workspace=workspace)
        # Another setting has the film read again, but its pictures stay.
        other = Settings(understanding={"workers": 1, "max_frames": 1999})
        assert understand(store, other, only=["picture"], workspace=workspace).done == 1
        assert (workspace / derived.FOLDER / key / "sheet.jpg").stat().st_mtime_ns == stamp
        film(tmp_path / "a.mp4", SCENES[:4])
        os.utime(tmp_path / "a.mp4", (1, 1))
        understand(store, other, only=["picture"], workspace=workspace)
        fresh = next(store.readings(["a"])).facts["derived"]["key"]
        assert fresh != key
        assert [p.name for p in (workspace / derived.FOLDER).iterdir()] == [fresh]
        ids, parts = zip(*store.parts("picture"), strict=True)
        assert ids == ("a",)
        assert parts[0].shape == (4, read(tmp_path, "a.mp4").parts.shape[1])  # type: ignore[union-attr]


def test_the_preview_and_the_sheet_can_be_seen(films: Path, tmp_path: Path) -> None:
    (films / derived.FOLDER).mkdir(exist_ok=True)
    facts = read(films, "seven.mp4").facts["derived"]
    folder = films / derived.FOLDER / facts["key"]
    preview = media.probe(folder / "preview.webm", LIMITS)
    assert preview.video_codec == "vp8"
    assert not preview.has_audio
    assert preview.duration_s == pytest.approx(4.8, abs=0.4)
    # Of four scenes, one from each quarter of the film.
    _, pictures = media.frames(folder / "preview.webm", 32, 18, 1.2, LIMITS)
    flat = pictures.reshape(len(pictures), -1).astype(float)
    apart = np.abs(flat[:, None] - flat[None]).mean(axis=2)
    assert len(pictures) == 4
    assert apart[~np.eye(4, dtype=bool)].min() > 10
    ffmpeg("-i", folder / "sheet.jpg", tmp_path / "sheet.png")
    width, height = struct.unpack(">II", (tmp_path / "sheet.png").read_bytes()[16:24])
    assert (width, height) == (4 * 240 + 3 * 4, 2 * 136 + 4)


def test_the_thumbnail_is_a_good_picture_and_not_the_first(tmp_path: Path) -> None:
    film(tmp_path / "dark.mp4", [("black", 3), ("grey", 0.5), ("red", 3), ("test", 5), ("black", 3)])
    looked = PictureEncoder(Settings())._look(tmp_path / "dark.mp4", 14.5, None)
    found = shots.film(looked.times, looked.seen, 14.5)
    assert 6.5 <= found.times[derived.thumbnail(found)] <= 11.6
    assert derived.thumbnail(found) != 0


def test_nothing_is_written_where_no_run_has_made_the_folder(films: Path, tmp_path: Path) -> None:
    film(tmp_path / "a.mp4", SCENES[:2])
    assert "derived" not in read(tmp_path, "a.mp4").facts
    assert not (tmp_path / derived.FOLDER).exists()


@pytest.mark.parametrize("key", ["../../etc", "0" * 31, "0" * 33, "G" * 32, None, 7])
def test_a_key_that_is_none_leads_nowhere(tmp_path: Path, key: object) -> None:
    (tmp_path / "thumbnail.jpg").write_bytes(b"private")
    assert derived.path_of(tmp_path, {"derived": {"key": key}}, "thumbnail.jpg") is None
    assert derived.path_of(tmp_path, {"derived": {"key": "0" * 32}}, "../thumbnail.jpg") is None


# Bad input


def test_a_black_film_has_no_look_but_its_cover_has(tmp_path: Path) -> None:
    film(tmp_path / "black.mp4", [("black", 4)])
    ffmpeg("-f", "lavfi", "-i", "color=c=red:size=64x64", "-frames:v", "1", tmp_path / "cover.jpg")
    alone = read(tmp_path, "black.mp4")
    assert (alone.vector, alone.problem) == (None, None)
    assert alone.facts == {"doubts": ["black"], "confidence": 0.0}
    covered = read(tmp_path, "black.mp4", cover="cover.jpg")
    assert covered.vector is not None
    assert covered.facts["doubts"] == ["black", "cover_only"]
    assert covered.facts["confidence"] < 0.5


def test_a_film_of_one_picture(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=320x180:rate=10", "-frames:v", "1", tmp_path / "one.mp4")
    found = read(tmp_path, "one.mp4")
    assert found.vector is not None
    assert found.parts is None
    assert found.facts["doubts"] == ["one_picture"]
    assert found.facts["confidence"] == 0.4


def test_a_film_of_one_colour_is_doubted(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "color=c=green:size=320x180:rate=10:duration=3", tmp_path / "green.mp4")
    facts = read(tmp_path, "green.mp4").facts
    assert "one_colour" in facts["doubts"]
    assert facts["confidence"] <= 0.3


def test_a_variable_frame_rate_keeps_its_times(tmp_path: Path) -> None:
    """Pictures that last ever longer: the first second has ten of them, the last ones stand for seconds."""
    ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10:duration=4", "-vf", "settb=1/1000,setpts=N*N*8"),
        *("-fps_mode", "vfr", "-g", "1", tmp_path / "vfr.mkv"),
    )
    looked = PictureEncoder(Settings())._look(tmp_path / "vfr.mkv", 12.2, None)
    gaps = np.diff(np.sort(looked.times))
    assert gaps.max() > 0.5
    assert looked.times.max() == pytest.approx(39 * 39 * 0.008, abs=0.5)
    assert read(tmp_path, "vfr.mkv").facts["confidence"] == 1


def test_a_file_that_claims_ten_hours(tmp_path: Path) -> None:
    film(tmp_path / "long.mkv", SCENES[:3])
    content = (tmp_path / "long.mkv").read_bytes()
    at = content.index(b"\x44\x89\x88") + 3  # the element Duration: a double, in milliseconds
    (tmp_path / "long.mkv").write_bytes(content[:at] + struct.pack(">d", 36_000_000.0) + content[at + 8 :])
    assert media.probe(tmp_path / "long.mkv", LIMITS).duration_s == pytest.approx(36_000)
    found = read(tmp_path, "long.mkv")
    assert found.vector is not None
    assert "wrong_length" in found.facts["doubts"]
    assert found.facts["confidence"] < 1
    assert found.facts["timeline"]["end_s"] < 60


def test_several_tracks(tmp_path: Path) -> None:
    """The first moving picture counts, with an embedded cover and more tracks around it."""
    film(tmp_path / "a.mp4", SCENES[:3])
    film(tmp_path / "b.mp4", [("life", 5)])
    ffmpeg("-f", "lavfi", "-i", "color=c=red:size=64x64", "-frames:v", "1", tmp_path / "cover.jpg")
    sound = ("-f", "lavfi", "-i", "sine=duration=10")
    inputs = ("-i", tmp_path / "cover.jpg", "-i", tmp_path / "a.mp4", "-i", tmp_path / "b.mp4", *sound, *sound)
    maps = [part for n in range(5) for part in ("-map", str(n))]
    ffmpeg(*inputs, *maps, "-c:v", "copy", "-disposition:v:0", "attached_pic", tmp_path / "many.mp4")
    many, one = read(tmp_path, "many.mp4"), read(tmp_path, "a.mp4")
    assert many.vector is not None
    assert one.vector is not None
    assert many.vector @ one.vector > 0.99
    assert many.facts["shots"] == 3


def test_a_turned_film_looks_as_it_is_shown(tmp_path: Path) -> None:
    film(tmp_path / "wide.mp4", [("bars", 4)])
    ffmpeg("-display_rotation", "90", "-i", tmp_path / "wide.mp4", "-c", "copy", tmp_path / "turned.mp4")
    ffmpeg("-i", tmp_path / "turned.mp4", tmp_path / "tall.mp4")  # turned for good
    (tmp_path / derived.FOLDER).mkdir()
    turned, tall, wide = (read(tmp_path, f"{name}.mp4") for name in ("turned", "tall", "wide"))
    assert turned.vector is not None
    assert tall.vector is not None
    assert wide.vector is not None
    assert turned.vector @ tall.vector > 0.97
    assert turned.vector @ wide.vector < 0.9
    thumbnail = derived.path_of(tmp_path, turned.facts, "thumbnail.jpg")
    assert thumbnail is not None
    ffmpeg("-i", thumbnail, tmp_path / "thumbnail.png")
    width, height = struct.unpack(">II", (tmp_path / "thumbnail.png").read_bytes()[16:24])
    assert (width, height) == (180, 320)


def test_a_file_that_is_cut_off_gives_what_is_there(tmp_path: Path) -> None:
    film(tmp_path / "whole.mp4", SCENES, "-movflags", "+faststart")
    content = (tmp_path / "whole.mp4").read_bytes()
    (tmp_path / "half.mp4").write_bytes(content[: len(content) // 2])
    found = read(tmp_path, "half.mp4")
    assert found.vector is not None
    assert "cut_off" in found.facts["doubts"]
    assert found.facts["confidence"] <= 0.7


def test_damage_in_the_middle_stops_nothing(tmp_path: Path) -> None:
    film(tmp_path / "whole.mp4", SCENES)
    content = bytearray((tmp_path / "whole.mp4").read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = np.random.default_rng(5).bytes(3000)
    (tmp_path / "hurt.mp4").write_bytes(content)
    found = read(tmp_path, "hurt.mp4")
    assert found.vector is not None
    assert found.problem is None


def test_size_and_colours_that_change_in_mid_stream(tmp_path: Path) -> None:
    """Each change would begin ffmpeg's chain anew: no picture after it may get lost, and stills stay with theirs."""
    whole = b""
    for n, (size, scene) in enumerate((("320x180", "bars"), ("640x480", "test"), ("176x144", "blue"))):
        film(tmp_path / "piece.mp4", [(scene, 4)])
        ffmpeg("-i", tmp_path / "piece.mp4", "-s", size, "-g", "10", tmp_path / f"{n}.ts")
        whole += (tmp_path / f"{n}.ts").read_bytes()
    (tmp_path / "mixed.ts").write_bytes(whole)
    stills = tmp_path / "stills"
    stills.mkdir()
    looked = PictureEncoder(Settings())._look(tmp_path / "mixed.ts", None, stills)
    assert len(looked.times) >= 9
    assert looked.times.max() > 10
    assert len(looked.stills) == len(looked.times)
    last = look.see(media_picture(looked.stills[-1], tmp_path))
    assert np.abs(last.signals[0] - looked.seen.signals[-1]).max() < 0.05


def media_picture(path: Path, folder: Path) -> np.ndarray:
    ffmpeg("-i", path, "-s", f"{look.WIDTH}x{look.HEIGHT}", "-f", "rawvideo", "-pix_fmt", "rgb24", folder / "raw")
    return np.frombuffer((folder / "raw").read_bytes(), np.uint8).reshape(1, look.HEIGHT, look.WIDTH, 3)


@pytest.mark.parametrize("content", [b"", b"\0" * 4096, b"no film at all"], ids=["empty", "zeros", "words"])
def test_what_is_no_film_is_a_problem_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.mp4").write_bytes(content)
    found = read(tmp_path, "bad.mp4")
    assert found.vector is None
    assert found.problem


def test_a_film_that_takes_too_long_gives_what_was_seen(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock is the real one; the film comes so slowly that it cannot be read in time."""
    real = media.run_ffmpeg

    def slow(args, **limits):  # type: ignore[no-untyped-def]
        if limits.get("take"):
            args = ["-readrate", "1", *args]
            limits["timeout_s"] = 3.0
        return real(args, **limits)

    monkeypatch.setattr(media.child, "run_ffmpeg", slow)
    found = read(films, "seven.mp4")
    assert found.vector is not None
    assert "unfinished" in found.facts["doubts"]
    assert found.facts["pictures"] < 15


@pytest.mark.data
def test_every_real_clip_is_read(data: Path, tmp_path: Path) -> None:
    folder = data / "video_clips" / "clips"
    (tmp_path / derived.FOLDER).mkdir()
    encoder = PictureEncoder(Settings(media={"roots": (str(folder),)}), tmp_path)
    clips = [Item(id=p.name, kind=ItemKind.VIDEO, media_uri=str(p)) for p in sorted(folder.iterdir())]
    readings = encoder.encode(clips)
    assert all(r.vector is not None and r.problem is None for r in readings)
    assert all(r.facts["derived"]["preview"] for r in readings)
    trailer = next(r for r in readings if r.item_id.startswith("echo"))
    assert trailer.facts["shots"] > 10
